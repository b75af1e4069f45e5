# SPDX-License-Identifier: MIT OR Apache-2.0
# What can be asked of make.

RUN_SETTINGS := CMD TRACE APP ARGS SMP MEM HEADLESS ACCEL ICOUNT TIMEOUT DIRECT OPTIONS DISK
# As they were given: a `$` in CMD belongs to the shell in the system.
$(foreach s,$(RUN_SETTINGS),$(if $(filter-out undefined,$(origin $(s))),\
	$(eval override $(s) := $$(value $(s)))))
export $(RUN_SETTINGS) BUILD

.PHONY: FORCE all help deps run trace test tests-built coverage bench debug doctor format format-check lint clean \
	abi-check abi-accept generated
FORCE:

all: $(LOADER) $(EFI) $(BUNDLE) $(ESP) ## Build everything that is booted

help: ## This list
	@echo 'usage: make [target] [SETTING=value]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' mk/targets.mk wasm/wasm.mk | column -t -s'|' | sed 's/^/  /'
	@sed -n 's/^#: //p' mk/targets.mk

#: settings of `make run`:
#:   CMD='line'    run a shell line without a display, print its output, exit with its status
#:   APP=file      put a WASM program of this machine into the system and run it (ARGS='...')
#:   DISK=file,...  disks of the machine: raw images, changed in place; file:ro cannot be written
#:   BUS=virtio|nvme|sata  what the disks are
#:   PORTS=n      PCI Express ports, for disks that are plugged and pulled (QEMU's monitor: Ctrl-A C)
#:   IOMMU=1      a machine that confines what devices reach
#:   SMP=n MEM=mib HEADLESS=1 DIRECT=1 (no firmware) ACCEL=auto|kvm|tcg ICOUNT=1 TIMEOUT=seconds
#:   OPTIONS='...' boot options; OPTIONS=help lists them
#: V=1 shows whole commands; BUILD=folder builds elsewhere.

$(DEPS): mk/packages.txt tools/deps.sh
	@mkdir -p $(@D)
	@tools/deps.sh
	@touch $@

deps: ## Install missing Debian packages, saying which
	@mkdir -p $(BUILD) && tools/deps.sh && touch $(DEPS) && echo 'Nothing is missing.'

$(GENERATED): $(wildcard abi/*.toml abi/services/*.toml abi/gen/*.py) | $(DEPS)
	$(call say,GEN,abi)
	$(Q)$(PYTHON) abi/gen/abigen.py --out $(BUILD)/gen --docs $(BUILD)/docs/reference
	@touch $@

generated: $(GENERATED) ## Only the headers and pages that come from abi/

run: all ## Build and boot in QEMU (see settings below)
	@$(PYTHON) tools/run.py

OUT ?= trace.json
trace: all ## Run CMD with the kernel's trace on; OUT=file takes it for Perfetto (trace.json)
	@TRACE='$(OUT)' $(PYTHON) tools/run.py

tests-built: $(DEPS) $(TEST_NEEDS) ## Build what `make test` runs, and the list of it
	$(file >$(BUILD)/tests.list,$(TEST_LINES))
	@:

test: tests-built ## Run all tests, or with T=part those whose name contains it
	@$(PYTHON) tools/testsuite.py $(BUILD)/tests.list $(T)

coverage: $(DEPS) ## Print line and branch coverage of the host tests
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage COVERAGE=1 T=host/ test
	@tools/coverage.sh $(BUILD)/coverage

bench: all $(BENCH_NEEDS) ## Print the figures, one per line, and write build/bench.json
	$(file >$(BUILD)/bench.list,$(BENCH_LINES))
	@$(PYTHON) tools/bench.py $(BUILD)/bench.list $(B)

debug: all ## Boot and wait for gdb, with symbols
	@$(PYTHON) tools/run.py --debug

doctor: ## Say what this machine lacks
	@$(PYTHON) tools/doctor.py

C_FILES = $(shell git ls-files '$(P)*.c' '$(P)*.h')

format: ## Format the C sources in place, or with P=folder/ those there
	@$(FORMAT) -i $(C_FILES)

format-check: ## Fail if a C source is not formatted
	@$(FORMAT) --dry-run -Werror $(C_FILES)

lint: $(GENERATED) ## Static analysis
	@$(PYTHON) tools/lint.py

abi-check: ## Fail if the interface differs from abi/abi.golden
	@$(PYTHON) abi/gen/abigen.py --check

abi-accept: ## Renew abi/abi.golden after an intended change
	@$(PYTHON) abi/gen/abigen.py --accept && echo 'abi/abi.golden is up to date.'

clean: ## Remove everything that was made
	rm -rf $(BUILD)
