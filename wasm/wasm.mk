# SPDX-License-Identifier: MIT OR Apache-2.0
# The WASM engine: host tools and tests, and the libraries for Craton. Included by the top-level
# Makefile; alone: make -f wasm/wasm.mk (from the top of the tree).

BUILD       ?= build
ifeq ($(origin CC),default)
CC          := clang-19
endif
AR          := $(if $(filter default,$(origin AR)),llvm-ar-19,$(AR))
HOST_CFLAGS ?= -O2 -g
USER_CFLAGS ?= --target=x86_64-unknown-none-elf -O2 -g -ffreestanding -fno-stack-protector \
               -mno-red-zone -fPIE
WASM_TESTSUITE ?= ../shared/wasm-testsuite

WASM_WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes \
                 -Wmissing-prototypes -Wno-unused-const-variable
WASM_FLAGS    := -std=c23 $(WASM_WARNINGS) -Iwasm/include -Iwasm -MMD -MP

WASM_BASE     := $(wildcard wasm/base/*.c)
WASM_COMPILER := $(wildcard wasm/decode/*.c wasm/validate/*.c wasm/compile/*.c \
                 wasm/compile/x86_64/*.c wasm/image/*.c)
WASM_RUNTIME  := $(wildcard wasm/runtime/*.c) wasm/runtime/x86_64/enter.S
WASM_WASI     := $(filter-out wasm/wasi/host_posix.c,$(wildcard wasm/wasi/*.c))
WASM_HOST     := $(wildcard wasm/platform/host/*.c) wasm/wasi/host_posix.c
# What the runtime takes from the decoder: constant expressions, images, texts.
WASM_SHARED   := wasm/decode/reader.c wasm/decode/instruction.c wasm/decode/opcodes.c \
                 wasm/image/image.c wasm/image/engine_hash.c wasm/compile/cpu.c \
                 $(WASM_BASE)

# The engine's identity: a hash over all that decides what images contain.
WASM_HASHED := $(sort $(wildcard wasm/base/* wasm/decode/* wasm/validate/* wasm/compile/*.c \
               wasm/compile/x86_64/* wasm/image/* wasm/layout/* wasm/include/wasm/image.h \
               wasm/include/wasm/trap.h wasm/include/wasm/types.h))
WASM_HASH_FILE := $(BUILD)/gen/wasm/engine_hash.flags

$(WASM_HASH_FILE): $(WASM_HASHED)
	@mkdir -p $(@D)
	@printf -- '-DWASM_ENGINE_HASH=0x%sull\n' "$$(cat $^ | sha256sum | cut -c1-16)" > $@

wasm_host_objects = $(patsubst wasm/%,$(BUILD)/host/wasm/%.o,$(1))
wasm_user_objects = $(patsubst wasm/%,$(BUILD)/user/wasm/%.o,$(1))

$(BUILD)/host/wasm/image/engine_hash.c.o $(BUILD)/user/wasm/image/engine_hash.c.o \
$(BUILD)/asan/wasm/image/engine_hash.c.o: $(WASM_HASH_FILE)
WASM_HASH_FLAG = $(if $(filter %engine_hash.c,$<),@$(WASM_HASH_FILE))

$(BUILD)/host/wasm/%.c.o: wasm/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -D_GNU_SOURCE $(WASM_FLAGS) $(WASM_HASH_FLAG) -c $< -o $@
$(BUILD)/host/wasm/%.S.o: wasm/%.S
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c $< -o $@
$(BUILD)/user/wasm/%.c.o: wasm/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Iwasm/freestanding $(WASM_FLAGS) $(WASM_HASH_FLAG) -c $< -o $@
$(BUILD)/user/wasm/%.S.o: wasm/%.S
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c $< -o $@

WASM_ENGINE_OBJECTS := $(call wasm_host_objects,$(WASM_BASE) $(WASM_COMPILER) $(WASM_RUNTIME) \
                       $(WASM_WASI) $(WASM_HOST))

$(BUILD)/host/cwasm: $(WASM_ENGINE_OBJECTS) $(call wasm_host_objects,wasm/tools/cwasm.c wasm/tools/file.c)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@

$(BUILD)/host/wast: $(WASM_ENGINE_OBJECTS) $(call wasm_host_objects,$(wildcard wasm/tools/wat/*.c \
                    wasm/tools/wast/*.c) wasm/tools/file.c)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@

$(BUILD)/user/lib/libwasm_runtime.a: $(call wasm_user_objects,$(WASM_RUNTIME) $(WASM_WASI) $(WASM_SHARED))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
# Holds what the runtime library holds of the shared parts, too: link one or both, in any order.
$(BUILD)/user/lib/libwasm_compiler.a: $(call wasm_user_objects,$(WASM_COMPILER) $(WASM_BASE))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

-include $(wildcard $(BUILD)/host/wasm/*/*.d $(BUILD)/host/wasm/*/*/*.d \
	$(BUILD)/user/wasm/*/*.d $(BUILD)/user/wasm/*/*/*.d)
