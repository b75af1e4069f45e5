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

# What runs once or seldom is compiled for size.
KERNEL_SELDOM := $(addprefix kernel/core/,boot_memory.c console.c dma.c panic.c platform.c root.c trace.c) \
	$(addprefix kernel/arch/$(KERNEL_ARCH)/,acpi.c apic.c boot.c clock.c cpu.c features.c \
	ioapic.c iommu.c isolation.c kernel_map.c smp.c stacks.c)
$(call objects,kernel,$(KERNEL_SELDOM)): KERNEL_CFLAGS += -Oz

$(eval $(call bundle_file,kernel,$(KERNEL).stripped))
