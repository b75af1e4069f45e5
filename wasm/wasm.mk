# SPDX-License-Identifier: MIT OR Apache-2.0
# The WASM engine: host tools, tests and benchmarks, and the libraries for Craton. The top-level
# Makefile includes this; alone, from the top of the tree: make -f wasm/wasm.mk [wasm-test|wasm-bench].

BUILD ?= build
ifeq ($(.DEFAULT_GOAL),)
.DEFAULT_GOAL := wasm
endif
ifeq ($(origin CC),default)
CC := clang-19
endif
ifeq ($(origin AR),default)
AR := llvm-ar-19
endif
PYTHON ?= python3

HOST_CFLAGS ?= -O2 -g
# Flags of the top level if it is there; otherwise ones that do.
ifeq ($(origin CFLAGS_user),undefined)
WASM_USER_CFLAGS := -target x86_64-unknown-none-elf -ffreestanding -nostdlibinc -O2 -g -fPIE \
	-fdirect-access-external-data -fno-stack-protector -fno-omit-frame-pointer $(USER_CFLAGS)
else
WASM_USER_CFLAGS = $(CFLAGS_user)
endif

WASM_TESTSUITE ?= ../shared/wasm-testsuite

WASM_WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes
WASM_FLAGS := -std=c23 $(WASM_WARNINGS) -Iwasm/include -Iwasm -Ilib -MMD -MP
WASM_PATHS := -ffile-prefix-map=$(CURDIR)=.

# --- sources ----------------------------------------------------------------------------------------

# Its only source from elsewhere: lib/hash.
WASM_BASE     := $(wildcard wasm/base/*.c) lib/hash/sha256.c
WASM_COMPILER := $(wildcard wasm/decode/*.c wasm/validate/*.c wasm/compile/*.c \
	wasm/compile/x86_64/*.c wasm/image/*.c)
WASM_RUNTIME  := $(wildcard wasm/runtime/*.c) $(addprefix wasm/runtime/x86_64/,enter.S fiber.S)
WASM_WASI     := $(filter-out wasm/wasi/host_posix.c,$(wildcard wasm/wasi/*.c))
WASM_HOST     := $(wildcard wasm/platform/host/*.c) wasm/wasi/host_posix.c
WASM_WAT      := $(wildcard wasm/tools/wat/*.c)
# What the runtime takes from the compiler's parts: constant expressions, images, texts.
WASM_SHARED   := wasm/decode/reader.c wasm/decode/instruction.c wasm/decode/opcodes.c \
	wasm/image/image.c wasm/image/engine_hash.c wasm/compile/cpu.c $(WASM_BASE)
WASM_ENGINE   := $(WASM_BASE) $(WASM_COMPILER) $(WASM_RUNTIME) $(WASM_WASI) $(WASM_HOST)

# The engine's identity: a hash over all that decides what images contain.
WASM_HASHED := $(sort $(wildcard wasm/base/* wasm/decode/* wasm/validate/* wasm/compile/*.c \
	wasm/compile/x86_64/* wasm/image/* wasm/layout/* wasm/include/wasm/image.h \
	wasm/include/wasm/trap.h wasm/include/wasm/types.h lib/hash/*))
WASM_HASH_FILE := $(BUILD)/gen/wasm/engine_hash.flags

$(WASM_HASH_FILE): $(WASM_HASHED)
	@mkdir -p $(@D)
	@printf -- '-DWASM_ENGINE_HASH=0x%sull\n' "$$(cat $^ | sha256sum | cut -c1-16)" > $@

# --- objects ----------------------------------------------------------------------------------------

wasm_objects = $(patsubst %,$(BUILD)/$(1)/wasm/%.o,$(patsubst wasm/%,%,$(2)))
WASM_HASH_FLAG = $(if $(filter %engine_hash.c,$<),@$(WASM_HASH_FILE))

# $(1): folder below build, $(2): flags
define wasm_rules
$(BUILD)/$(1)/wasm/image/engine_hash.c.o: $(WASM_HASH_FILE)
$(BUILD)/$(1)/wasm/%.c.o: wasm/%.c wasm/wasm.mk | $$(GENERATED)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $(2) $$(WASM_FLAGS) $$(WASM_HASH_FLAG) -c $$< -o $$@
$(BUILD)/$(1)/wasm/lib/%.c.o: lib/%.c wasm/wasm.mk
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $(2) $$(WASM_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/wasm/%.S.o: wasm/%.S wasm/wasm.mk
	@mkdir -p $$(@D)
	$$(call say,AS,$$<)
	$$(Q)$$(CC) $(2) -c $$< -o $$@
endef
$(eval $(call wasm_rules,host,$$(HOST_CFLAGS) $$(WASM_PATHS) -D_GNU_SOURCE))
$(eval $(call wasm_rules,user,-Iwasm/freestanding $$(WASM_USER_CFLAGS)))

WASM_HOST_ENGINE := $(call wasm_objects,host,$(WASM_ENGINE))

# The tool. It reads machine code with Zydis.
WASM_TOOL       := $(BUILD)/bin/wasm
WASM_TOOL_PARTS := $(filter-out %/disassemble_bytes.c,$(wildcard wasm/tools/wasm/*.c)) $(wildcard wasm/tools/wast/*.c) \
	wasm/tools/file.c $(WASM_WAT)
$(WASM_TOOL): $(WASM_HOST_ENGINE) $(call wasm_objects,host,$(WASM_TOOL_PARTS))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(filter %.o,$^) -lZydis -o $@
$(BUILD)/host/wasm_compile_bench: $(WASM_HOST_ENGINE) $(call wasm_objects,host,\
		wasm/bench/compile_bench.c wasm/tools/file.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(filter %.o,$^) -o $@

$(BUILD)/host/wasm_instance_bench: $(WASM_HOST_ENGINE) $(call wasm_objects,host,\
		wasm/bench/instance_bench.c wasm/tools/file.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(filter %.o,$^) -o $@

# The same tool as a program of Craton: the compiler, and no runtime.
WASM_COMMAND_PARTS := $(filter-out wasm/compile/cpu.c,$(WASM_COMPILER)) $(WASM_BASE) $(WASM_WAT) wasm/tools/file.c \
	$(addprefix wasm/tools/wasm/,main.c common.c modules.c objdump.c disassemble_bytes.c craton/run.c)
$(eval $(call wasm_rules,wasm32,$$(CFLAGS_wasm32)))

# Both libraries hold the shared parts: link one or both, in any order.
$(BUILD)/user/lib/libwasm_runtime.a: $(call wasm_objects,user,$(WASM_RUNTIME) $(WASM_WASI) $(WASM_SHARED))
$(BUILD)/user/lib/libwasm_compiler.a: $(call wasm_objects,user,$(WASM_COMPILER) $(WASM_BASE))
$(BUILD)/user/lib/libwasm_runtime.a $(BUILD)/user/lib/libwasm_compiler.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

-include $(wildcard $(foreach v,host user asan fuzz wasm32,$(foreach d,* */* */*/*,$(BUILD)/$(v)/wasm/$(d)/*.d)))

# --- test and benchmark programs ----------------------------------------------------------------------

# clang for wasm32-wasi with Debian's wasi-libc.
WASM_CC := $(CC) --target=wasm32-wasi -O2 -nostdlibinc -isystem /usr/include/wasm32-wasi -nostdlib \
	-L/usr/lib/wasm32-wasi /usr/lib/wasm32-wasi/crt1-command.o
WASM_CC_LIBRARIES := -lc -lm $(firstword $(wildcard \
	/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a \
	/usr/lib/llvm-19/lib/clang/19/lib/wasm32-unknown-wasi/libclang_rt.builtins.a))

WASM_PROGRAMS := $(patsubst tests/host/wasm/programs/%.c,$(BUILD)/tests/wasm/%.wasm,\
	$(wildcard tests/host/wasm/programs/*.c))
$(BUILD)/tests/wasm/%.wasm: tests/host/wasm/programs/%.c
	@mkdir -p $(@D)
	$(Q)$(WASM_CC) $< -o $@ $(WASM_CC_LIBRARIES)
$(BUILD)/tests/wasm/hello.wasm: wasm/bench/hello.c
	@mkdir -p $(@D)
	$(Q)$(WASM_CC) -Wl,--strip-all $< -o $@ $(WASM_CC_LIBRARIES)
$(BUILD)/tests/wasm/kernels.wasm: wasm/bench/kernels.c
	@mkdir -p $(@D)
	$(Q)$(WASM_CC) -Wl,--strip-all $< -o $@ $(WASM_CC_LIBRARIES)
$(BUILD)/tests/wasm/kernels_simd.wasm: wasm/bench/kernels.c
	@mkdir -p $(@D)
	$(Q)$(WASM_CC) -msimd128 -Wl,--strip-all $< -o $@ $(WASM_CC_LIBRARIES)
$(BUILD)/tests/wasm/kernels: wasm/bench/kernels.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 $< -o $@ -lm

# The oracle: shares the decoder with the engine.
WASM_INTERPRETER := $(wildcard tests/host/wasm/interpreter/*.c)

$(BUILD)/tests/wasm/run_exports: tests/host/wasm/run_exports.c $(WASM_INTERPRETER) $(WASM_HOST_ENGINE) \
		$(call wasm_objects,host,wasm/tools/file.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE -I. $(filter-out -MMD -MP,$(WASM_FLAGS)) $^ -o $@ -lm

# Scripts of instructions, with results from a model in Python.
WASM_MADE_SCRIPTS := $(BUILD)/tests/wasm/vector.wast $(BUILD)/tests/wasm/atomic.wast
$(BUILD)/tests/wasm/%.wast: tests/host/wasm/%_script.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< >$@.new && mv $@.new $@

# Everything once more under sanitizers, for the unit tests and the suite.
WASM_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
$(eval $(call wasm_rules,asan,-O1 -g $$(WASM_SANITIZE) -D_GNU_SOURCE))
WASM_ASAN_ENGINE := $(call wasm_objects,asan,$(WASM_ENGINE) $(WASM_WAT) wasm/tools/file.c)

$(BUILD)/tests/wasm/wasm_asan: $(WASM_ASAN_ENGINE) $(call wasm_objects,asan,$(wildcard wasm/tools/wast/*.c) \
		$(filter-out %_zydis.c,$(wildcard wasm/tools/wasm/*.c)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(WASM_SANITIZE) $(filter %.o,$^) -o $@
$(BUILD)/tests/wasm/%_test: tests/host/wasm/%_test.c tests/host/wasm/support.c $(WASM_ASAN_ENGINE)
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -g $(WASM_SANITIZE) -D_GNU_SOURCE -I. $(filter-out -MMD -MP,$(WASM_FLAGS)) \
		$^ -o $@ -lcmocka
WASM_FUZZ := -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE
$(eval $(call wasm_rules,fuzz,$$(WASM_FUZZ)))
.SECONDARY: $(call wasm_objects,fuzz,$(WASM_ENGINE))
$(BUILD)/tests/wasm/%_fuzz: tests/fuzz/wasm_%.c $(call wasm_objects,fuzz,$(WASM_ENGINE))
	@mkdir -p $(@D)
	$(Q)$(CC) $(WASM_FUZZ) -I. $(filter-out -MMD -MP,$(WASM_FLAGS)) $^ -o $@ -lm
$(BUILD)/tests/wasm/execute_fuzz: tests/host/wasm/generate.c $(WASM_INTERPRETER)
$(BUILD)/tests/wasm/wat_fuzz: $(call wasm_objects,fuzz,$(WASM_WAT))
$(BUILD)/tests/wasm/generate: tests/host/wasm/generate.c tests/host/wasm/generate_main.c \
		wasm/decode/opcodes.c wasm/tools/file.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -D_GNU_SOURCE -I. $(filter-out -MMD -MP,$(WASM_FLAGS)) $^ -o $@

# --- what make test and make bench run ------------------------------------------------------------------

WASM_T := $(BUILD)/tests/wasm
WASM_RANDOM ?= 60
WASM_FUZZ_SECONDS ?= 5

WASM_TEST_NEEDS := $(addprefix $(WASM_T)/,engine_test exception_test instances_test windows_test fibers_test float_test wasi_test wasi_functions_test threads_test wasm_asan run_exports generate compile_fuzz \
	image_fuzz execute_fuzz wat_fuzz) $(WASM_PROGRAMS) $(WASM_MADE_SCRIPTS) $(WASM_TOOL)
wasm_test_unit         := $(WASM_T)/engine_test && $(WASM_T)/exception_test && $(WASM_T)/instances_test && $(WASM_T)/windows_test && $(WASM_T)/fibers_test && $(WASM_T)/float_test && $(WASM_T)/wasi_test && $(WASM_T)/wasi_functions_test && \
	$(WASM_T)/threads_test
# Our own scripts always; the official suite where it is. Of the threads proposal, what does not
# repeat older rules (one memory, one table).
WASM_SCRIPTS := $(wildcard tests/host/wasm/scripts/*.wast) $(WASM_MADE_SCRIPTS)
WASM_SUITE   := $(wildcard $(addprefix $(WASM_TESTSUITE)/,*.wast legacy/*.wast \
	proposals/threads/atomic.wast proposals/threads/exports.wast \
	proposals/wide-arithmetic/*.wast))
ifeq ($(WASM_SUITE),)
WASM_NO_SUITE := echo "no official suite in '$(WASM_TESTSUITE)' (WASM_TESTSUITE): our own scripts alone" &&
endif
wasm_test_suite        := $(WASM_NO_SUITE) $(WASM_TOOL) spec -q $(WASM_SCRIPTS) $(WASM_SUITE)
# Without any of this machine's CPU features.
wasm_test_suite-baseline := $(WASM_NO_SUITE) WAST_BASELINE_CPU=1 $(WASM_TOOL) spec -q $(WASM_SCRIPTS) $(WASM_SUITE)
# Throwing an exception skips frames of C functions, for which the fake stack has to be searched.
wasm_test_suite-asan   := $(WASM_NO_SUITE) ASAN_OPTIONS=detect_stack_use_after_return=0 $(WASM_T)/wasm_asan spec -q $(WASM_SCRIPTS) $(WASM_SUITE)
wasm_test_tool         := $(PYTHON) tests/host/wasm/tool.py $(WASM_TOOL)
wasm_test_programs     := $(PYTHON) tests/host/wasm/programs.py $(WASM_TOOL) \
	$(WASM_T)/programs $(WASM_PROGRAMS)
wasm_test_differential := $(PYTHON) tests/host/wasm/differential.py $(WASM_T)/run_exports \
	$(WASM_T)/generate $(WASM_T)/random $(WASM_RANDOM)
wasm_test_fuzz-compile := $(WASM_T)/compile_fuzz -max_total_time=$(WASM_FUZZ_SECONDS) \
	-max_len=4000 -rss_limit_mb=3000 -verbosity=0
wasm_test_fuzz-execute := $(WASM_T)/execute_fuzz -max_total_time=$(WASM_FUZZ_SECONDS) \
	-max_len=4000 -len_control=0 -rss_limit_mb=3000 -verbosity=0
wasm_test_fuzz-wat     := $(WASM_T)/wat_fuzz -max_total_time=$(WASM_FUZZ_SECONDS) \
	-dict=tests/fuzz/wasm_wat.dict -max_len=4000 -verbosity=0
wasm_test_fuzz-image   := $(WASM_T)/image_fuzz -max_total_time=$(WASM_FUZZ_SECONDS) \
	-max_len=20000 -verbosity=0
WASM_TESTS := unit tool suite suite-baseline suite-asan programs differential fuzz-compile fuzz-image fuzz-execute fuzz-wat

WASM_BENCH_NEEDS := $(WASM_TOOL) $(BUILD)/host/wasm_compile_bench $(WASM_T)/kernels \
	$(WASM_T)/kernels.wasm $(WASM_T)/kernels_simd.wasm $(BUILD)/host/wasm_instance_bench $(WASM_T)/hello.wasm
WASM_BENCH := $(PYTHON) wasm/bench/run.py $(WASM_TOOL) $(BUILD)/host/wasm_compile_bench \
	$(WASM_T)/kernels $(WASM_T)/kernels.wasm $(WASM_T)/kernels_simd.wasm $(WASM_T)/kernels.wasm \
	$(BUILD)/host/wasm_instance_bench $(WASM_T)/hello.wasm

ifneq ($(origin add_test),undefined)
$(foreach t,$(WASM_TESTS),$(eval $(call add_test,wasm/$(t),$(wasm_test_$(t)),$(WASM_TEST_NEEDS))))
$(eval $(call add_bench,wasm/engine,$(WASM_BENCH),$(WASM_BENCH_NEEDS)))
endif

.PHONY: wasm wasm-test wasm-bench
wasm: $(WASM_TOOL) $(BUILD)/user/lib/libwasm_runtime.a \
	$(BUILD)/user/lib/libwasm_compiler.a
wasm-test: $(WASM_TEST_NEEDS)
	@set -e; $(foreach t,$(WASM_TESTS),echo '== $(t)'; $(wasm_test_$(t));)
wasm-bench: $(WASM_BENCH_NEEDS)
	@$(WASM_BENCH)

# Beside V8, as a table. Compilation is measured with SQLite, or with MODULE=file.
.PHONY: bench-wasm
BENCH_MODULE := $(if $(MODULE),$(MODULE),$(BUILD)/apps/ports/sqlite3.wasm)
bench-wasm: $(WASM_BENCH_NEEDS) $(BENCH_MODULE) ## The WASM engine beside native code and V8 (node)
	@$(PYTHON) wasm/bench/peers.py $(WASM_TOOL) $(BUILD)/host/wasm_compile_bench $(WASM_T)/kernels \
		$(WASM_T)/kernels.wasm $(WASM_T)/kernels_simd.wasm $(BENCH_MODULE) \
		$(BUILD)/host/wasm_instance_bench $(WASM_T)/hello.wasm
