# SPDX-License-Identifier: MIT OR Apache-2.0
# Compiler and linker flags of each variant. An object's variant is the folder below build/obj.

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-unused-command-line-argument $(if $(filter 0,$(WERROR)),,-Werror)
COMMON   := -g -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(BUILD)=build -fno-common -fno-ident -I$(BUILD)/gen/include
# Not `-ffreestanding`: each move of eight bytes would be a call then, which `-fbuiltin` does not change.
BARE     := -target x86_64-unknown-none-elf -nostdlibinc

# Frame pointers stay on: the panic's backtrace needs nothing else.
CFLAGS_kernel = $(BARE) -std=c17 -O2 -fPIE -fdirect-access-external-data -mno-red-zone \
	-mgeneral-regs-only -fstack-protector-strong -mstack-protector-guard=global \
	-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-Wthread-safety $(WARNINGS) $(COMMON) -Ikernel/include $(KERNEL_CFLAGS)

CFLAGS_user = $(BARE) -std=c23 -O2 -fPIE -fdirect-access-external-data \
	-fstack-protector-strong -mstack-protector-guard=global -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables $(WARNINGS) $(COMMON) -Ilib/include $(USER_CFLAGS)

# Functions that move memory must not call themselves.
$(BUILD)/obj/user/lib/runtime/string.o: USER_CFLAGS += -fno-builtin
$(BUILD)/obj/kernel/kernel/core/memory.o: KERNEL_CFLAGS += -fno-builtin

# The loaders. The PVH one runs before SSE is set up; both read hostile files.
LOADER_FLAGS := -std=c23 -O2 -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fno-asynchronous-unwind-tables -Iboot/include -Iboot/include/freestanding -Ilib
CFLAGS_pvh  = $(BARE) -ffreestanding -fno-pic -mcmodel=small $(LOADER_FLAGS) $(WARNINGS) $(COMMON)
CFLAGS_uefi = -target x86_64-unknown-windows -ffreestanding -nostdlibinc -fshort-wchar \
	-mno-stack-arg-probe -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 \
	$(LOADER_FLAGS) $(WARNINGS) $(COMMON) -gcodeview

# Host tests and fuzzers: the same sources under sanitizers.
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=all
COVER     := -fprofile-instr-generate -fcoverage-mapping -O0
HOST      := -D_DEFAULT_SOURCE -O1 -fno-omit-frame-pointer $(WARNINGS) $(COMMON)
CFLAGS_host = -std=c23 $(HOST) $(SANITIZE) $(if $(COVERAGE),$(COVER))
CFLAGS_fuzz = -std=c23 $(HOST) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# One text segment, one of constants, one of data; only R_X86_64_RELATIVE relocations.
LDFLAGS_pie := -static -pie --no-dynamic-linker -z text -z noexecstack -z max-page-size=4096 \
	-z separate-code --no-undefined --build-id=sha1 --gc-sections --hash-style=gnu
