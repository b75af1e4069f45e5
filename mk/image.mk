# SPDX-License-Identifier: MIT OR Apache-2.0
# The boot bundle and the disk image, from what the components registered.

BUNDLE := $(BUILD)/craton.bundle
LOADER := $(BUILD)/boot/craton.elf
EFI    := $(BUILD)/boot/BOOTX64.EFI
ESP    := $(BUILD)/craton.img

$(eval $(call bundle_file,share/text/LICENSE-APACHE,LICENSE-APACHE))
$(eval $(call bundle_file,share/text/LICENSE-MIT,LICENSE-MIT))

# The list is a file of its own, so that a changed list rebuilds the bundle.
BUNDLE_LIST := $(BUILD)/bundle.list
$(BUNDLE_LIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(sort $(BUNDLE_SPECS)) >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUNDLE): $(BUNDLE_LIST) $(BUNDLE_FILES) tools/mkbundle.py tools/bundle.py $(GENERATED)
	$(call say,BUNDLE,$@)
	$(Q)$(PYTHON) tools/mkbundle.py --list $(BUNDLE_LIST) --out $@

$(ESP): $(EFI) $(BUNDLE) boot/boot.txt tools/mkesp.py
	$(call say,IMAGE,$@)
	$(Q)$(PYTHON) tools/mkesp.py --out $@ --efi $(EFI) --bundle $(BUNDLE) --options boot/boot.txt
