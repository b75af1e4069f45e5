# SPDX-License-Identifier: MIT OR Apache-2.0
# Tests that belong to no single component: the interface, the tools, the loaders under QEMU.

$(eval $(call add_test,abi/generator,$(PYTHON) -m unittest discover -s tests/abi,))
$(eval $(call add_test,abi/golden,$(PYTHON) abi/gen/abigen.py --check,))
$(eval $(call add_test,tools/unit,$(PYTHON) -m unittest discover -s tests/tools,))
$(eval $(call add_test,tree/format,$(MAKE) --no-print-directory format-check,))
$(eval $(call add_test,tree/rules,$(PYTHON) tools/lint.py --rules,))
$(foreach part,boot drivers kernel lib services wasm,$(eval \
	$(call add_test,tree/lint-$(part),$(PYTHON) tools/lint.py $(part),$(GENERATED))))
$(eval $(call add_test,tree/reproducible,tools/reproducible.sh,$(addprefix \
	$(BUILD)/,boot/craton.elf boot/BOOTX64.EFI craton.bundle craton.img)))

# --- the loaders ----------------------------------------------------------------------------------

$(BUILD)/tests/boot/kernel: $(call objects,kernel,tests/boot/probe_kernel.c) kernel/kernel.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS_pie) -e probe_entry -T kernel/kernel.lds -o $@ $(filter %.o,$^)

$(BUILD)/tests/boot/init: $(call objects,user,tests/boot/probe_init.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS_pie) -o $@ $^

BOOT_TEST_NEEDS := $(addprefix $(BUILD)/,boot/craton.elf boot/BOOTX64.EFI tests/boot/kernel tests/boot/init)
BOOT_CASES := pvh pvh-6-gib pvh-4-cpus pvh-fixed pvh-command uefi uefi-6-gib uefi-options \
	unknown-option help no-kernel no-init cut-kernel no-bundle not-a-bundle cut-bundle \
	flipped-header flipped-hash flipped-table flipped-kernel flipped-text uefi-unknown-option \
	uefi-flipped-kernel uefi-no-bundle
$(foreach case,$(BOOT_CASES),$(eval $(call \
	add_test,boot/$(case),$(PYTHON) tests/boot/boot_test.py $(case),$(BOOT_TEST_NEEDS))))

$(eval $(call add_bench,boot/loader,$(PYTHON) tests/boot/boot_bench.py,$(BOOT_TEST_NEEDS)))
