# SPDX-License-Identifier: MIT OR Apache-2.0
# The shell, the commands and the demonstration programs: WASM files made by stock clang.
# Part of the build; also works by itself: make -f apps/apps.mk [apps | apps-test]

ifndef GENERATED
BUILD     ?= build
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := apps
GENERATED := $(BUILD)/gen/.stamp
include mk/tools.mk mk/flags.mk mk/rules.mk
$(GENERATED): $(wildcard abi/*.toml abi/services/*.toml abi/gen/*.py)
	$(call say,GEN,abi)
	$(Q)$(PYTHON) abi/gen/abigen.py --out $(BUILD)/gen
	@touch $@
APPS_ALONE := 1
endif

APPS_CC   ?= $(CC)
WASI_SYSROOT ?= /usr
WASI_LIB  := $(WASI_SYSROOT)/lib/wasm32-wasi
WASM_RT   ?= $(shell $(APPS_CC) -print-resource-dir)/lib/wasi/libclang_rt.builtins-wasm32.a

APPS_INCLUDE := -I$(BUILD)/gen/wasm/include -Ilib/wasm -Ilib -Iwasm/include -I$(BUILD)/gen/apps
CFLAGS_wasm32 = --target=wasm32-wasi -std=c23 -O2 -nostdlibinc \
	-isystem $(WASI_SYSROOT)/include/wasm32-wasi $(WARNINGS) -g0 -fno-ident \
	-D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)/= $(APPS_INCLUDE)
# The stack lies below the data, so that running out of it is a trap and not corruption.
LDFLAGS_wasm32 := --target=wasm32-wasi -nostdlib -Wl,--stack-first -Wl,-z,stack-size=524288 \
	-Wl,--gc-sections -Wl,--strip-all
WASM_LIBS = -L$(WASI_LIB) -lc $(WASM_RT)

$(eval $(call compile_rules,wasm32,$$(CFLAGS_wasm32)))

# $(1): file below $(BUILD)/apps, $(2): sources
define wasm_program
$(BUILD)/apps/$(1): $(call objects,wasm32,$(2))
	@mkdir -p $$(@D)
	$$(call say,WASM,$$@)
	$$(Q)$$(APPS_CC) $$(LDFLAGS_wasm32) $(WASI_LIB)/crt1-command.o $$^ $$(WASM_LIBS) -o $$@
endef

LIB_WASM   := $(wildcard lib/wasm/*.c)
APPS_LIB   := $(wildcard apps/lib/*.c)
SHELL_SRCS := $(wildcard apps/shell/*.c)
CMDS_SRCS  := $(wildcard apps/commands/*.c) lib/hash/sha256.c
DEMOS      := $(patsubst apps/demos/%.c,%,$(wildcard apps/demos/*.c))

$(eval $(call wasm_program,sh.wasm,$(SHELL_SRCS) $(APPS_LIB) $(LIB_WASM)))
$(eval $(call wasm_program,cmds.wasm,$(CMDS_SRCS) $(APPS_LIB) $(LIB_WASM)))
$(foreach d,$(DEMOS),$(eval $(call wasm_program,demos/$(d).wasm,apps/demos/$(d).c $(LIB_WASM))))

# The WASM engine's tool.
$(BUILD)/apps/wasm.wasm: $(call wasm_objects,wasm32,$(WASM_COMMAND_PARTS)) $(call objects,wasm32,$(LIB_WASM))
	@mkdir -p $(@D)
	$(call say,WASM,$@)
	$(Q)$(APPS_CC) $(LDFLAGS_wasm32) $(WASI_LIB)/crt1-command.o $^ $(WASM_LIBS) -o $@

# The names of kernel objects, calls and the like, for `caps` and `trace`.
SYSTEM_NAMES := $(BUILD)/gen/apps/system_names.h
$(SYSTEM_NAMES): $(wildcard abi/*.toml abi/services/*.toml) apps/commands/system_names.py
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) apps/commands/system_names.py abi >$@
$(BUILD)/obj/wasm32/apps/commands/caps.o $(BUILD)/obj/wasm32/apps/commands/trace_json.o: $(SYSTEM_NAMES)

# One command name per line: what the shell looks for beside cmds.wasm.
$(BUILD)/apps/commands.list: apps/commands/commands.h
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)sed -n 's/^COMMAND("\([^"]*\)".*/\1/p' $< >$@

APPS_FILES := $(BUILD)/apps/sh.wasm $(BUILD)/apps/cmds.wasm $(BUILD)/apps/commands.list \
	$(DEMOS:%=$(BUILD)/apps/demos/%.wasm)

# In the image all programs are compiled ahead of time. The commands are one file under many names,
# which the bundle stores once.
COMMANDS := $(shell awk -F'"' '/^COMMAND/ { print $$2 }' apps/commands/commands.h)
$(BUILD)/apps/%.cwasm: $(BUILD)/apps/%.wasm $(WASM_TOOL)
	$(call say,CWASM,$@)
	$(Q)$(WASM_TOOL) compile $< -o $@

# The pages of `man`, in one file: each file of the bundle takes whole pages of memory.
MANUAL := $(BUILD)/apps/manual
$(MANUAL): apps/commands/commands.h apps/shell/builtin.c $(wildcard apps/manual/*)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) apps/manual/manual.py apps/commands/commands.h apps/shell/builtin.c \
		apps/manual/commands.txt apps/manual/shell.txt apps/manual/programs.txt >$@.new
	@mv $@.new $@
$(eval $(call bundle_file,share/man/manual,$(MANUAL)))

$(eval $(call bundle_file,bin/sh,$(BUILD)/apps/sh.cwasm))
$(foreach c,$(COMMANDS),$(eval $(call bundle_file,bin/$(c),$(BUILD)/apps/cmds.cwasm)))
$(eval $(call bundle_file,bin/wasm,$(BUILD)/apps/wasm.cwasm))
$(eval $(call bundle_file,bin/commands.list,$(BUILD)/apps/commands.list))
$(foreach d,$(DEMOS),$(eval $(call bundle_file,share/demos/$(d),$(BUILD)/apps/demos/$(d).cwasm)))

.PHONY: apps apps-test
apps: $(APPS_FILES) ## Build the shell, the commands and the demonstration programs

# --- tests ----------------------------------------------------------------------------------------

NODE ?= node
APPS_CASES := $(wildcard tests/host/apps/cases/*.sh tests/host/apps/*.mjs)
APPS_TEST := $(NODE) --no-warnings --stack-size=4000 tests/host/apps/run_cases.mjs $(BUILD)/apps
APPS_TERMINAL := $(NODE) --no-warnings --stack-size=4000 tests/host/apps/run_terminal.mjs $(BUILD)/apps
$(eval $(call add_test,apps/terminal,$(APPS_TERMINAL),$(APPS_FILES) $(APPS_CASES)))
$(eval $(call add_test,apps/cases,$(APPS_TEST),$(APPS_FILES) $(APPS_CASES)))

# Natively, under sanitizers: the parts of the shell that need no system, and the whole of it with
# craton.h over POSIX.
APPS_NATIVE := -Wno-unknown-attributes -Wno-ignored-attributes $(APPS_INCLUDE) -Iapps \
	-D_GNU_SOURCE
APPS_POSIX  := tests/host/apps/craton_posix.c
SHELL_PARTS := $(filter-out apps/shell/main.c,$(SHELL_SRCS))
CMDS_PARTS  := apps/commands/regex.c apps/commands/regex_parse.c
define apps_unit_test
$(eval $(call host_test,apps_$(1),tests/host/apps/$(1)_test.c $(2) $(APPS_LIB) $(APPS_POSIX),$(APPS_NATIVE)))
endef
$(call apps_unit_test,text,)
$(call apps_unit_test,parser,$(SHELL_PARTS))
$(call apps_unit_test,expand,$(SHELL_PARTS))
$(call apps_unit_test,editor,$(SHELL_PARTS))
$(call apps_unit_test,regex,$(CMDS_PARTS))
$(eval $(call fuzzer,shell_parse,tests/fuzz/shell_parse.c $(SHELL_PARTS) $(APPS_LIB) \
	$(APPS_POSIX),$(APPS_NATIVE)))
$(eval $(call fuzzer,regex,tests/fuzz/regex.c $(CMDS_PARTS) $(APPS_LIB),$(APPS_NATIVE)))
$(eval $(call host_program,host,sh,$(SHELL_SRCS) $(APPS_LIB) $(APPS_POSIX),$(APPS_NATIVE),))
$(eval $(call add_test,apps/native,NATIVE=$(BUILD)/tests/host/sh $(APPS_TEST),$(BUILD)/tests/host/sh))

apps-test: $(APPS_FILES) $(BUILD)/tests/host/sh ## Run the cases of the shell and the commands
	$(APPS_TEST)
	$(APPS_TERMINAL)
	NATIVE=$(BUILD)/tests/host/sh $(APPS_TEST)
ifdef APPS_ALONE
UNIT_TESTS := $(foreach t,text parser expand editor regex,$(BUILD)/tests/host/apps_$(t))
apps-test: apps-unit
.PHONY: apps-unit
apps-unit: $(UNIT_TESTS)
	$(foreach t,$^,$(t) &&) true
endif
