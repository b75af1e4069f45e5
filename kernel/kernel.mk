# SPDX-License-Identifier: MIT OR Apache-2.0
# The microkernel: portable core and architecture.

KERNEL_ARCH    := x86_64
KERNEL_SOURCES := $(sort $(wildcard kernel/core/*.c kernel/arch/$(KERNEL_ARCH)/*.c \
	kernel/arch/$(KERNEL_ARCH)/*.S))
KERNEL_CFLAGS  := -Ikernel/arch/$(KERNEL_ARCH)/include
KERNEL         := $(BUILD)/kernel.elf

$(KERNEL): $(call objects,kernel,$(KERNEL_SOURCES)) kernel/kernel.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS_pie) -T kernel/kernel.lds -o $@ $(filter %.o,$^)

# The short ways of calls: registers are what they are about.
$(call objects,kernel,$(foreach folder,core arch/$(KERNEL_ARCH),$(wildcard \
	kernel/$(folder)/fastpath*.c))): KERNEL_CFLAGS += -fomit-frame-pointer

$(eval $(call bundle_file,kernel,$(KERNEL).stripped))
