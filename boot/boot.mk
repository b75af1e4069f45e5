# SPDX-License-Identifier: MIT OR Apache-2.0
# The two loaders, their tests and their fuzzers.

BOOT_COMMON := $(addprefix boot/common/,bundle.c elf.c entropy.c handover.c memory.c options.c \
	paging.c ranges.c trampoline.S) $(SODIUM_HASH)
BOOT_PVH    := $(addprefix boot/pvh/,entry.S main.c memory.c serial.c)
BOOT_UEFI   := $(addprefix boot/uefi/,main.c console.c files.c graphics.c memory.c)

$(BUILD)/boot/craton.elf: $(call objects,pvh,$(BOOT_COMMON) $(BOOT_PVH)) boot/pvh/pvh.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -static --no-undefined -z noexecstack -z max-page-size=4096 --build-id=none \
		-T boot/pvh/pvh.lds -o $@ $(filter %.o,$^)

# /Brepro: no time stamp.
$(BUILD)/boot/BOOTX64.EFI: $(call objects,uefi,$(BOOT_COMMON) $(BOOT_UEFI))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LLD_LINK) /subsystem:efi_application /entry:efi_main /nodefaultlib /Brepro \
		/out:$@ $^

# --- tests ----------------------------------------------------------------------------------------

BOOT_TEST_FLAGS := -Iboot/include -Ilib

$(eval $(call host_test,boot_bundle,tests/host/boot_bundle_test.c boot/common/bundle.c \
	$(SODIUM_HASH),$(BOOT_TEST_FLAGS)))
$(eval $(call host_test,boot_elf,tests/host/boot_elf_test.c boot/common/elf.c,$(BOOT_TEST_FLAGS)))
$(eval $(call host_test,boot_ranges,tests/host/boot_ranges_test.c boot/common/ranges.c,$(BOOT_TEST_FLAGS)))
$(eval $(call host_test,boot_options,tests/host/boot_options_test.c boot/common/options.c,$(BOOT_TEST_FLAGS)))
$(eval $(call host_test,boot_paging,tests/host/boot_paging_test.c boot/common/paging.c,$(BOOT_TEST_FLAGS)))
$(eval $(call fuzzer,boot_bundle,tests/fuzz/boot_bundle.c boot/common/bundle.c $(SODIUM_HASH),$(BOOT_TEST_FLAGS)))
$(eval $(call fuzzer,boot_elf,tests/fuzz/boot_elf.c boot/common/elf.c,$(BOOT_TEST_FLAGS)))
