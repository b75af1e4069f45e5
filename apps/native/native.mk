# SPDX-License-Identifier: MIT OR Apache-2.0
# Native programs: ELF files that are started at the prompt like the others.

$(eval $(call program,native,apps/native/native.c,share/demos/native))

$(eval $(call add_test,system/native,$(PYTHON) tests/system/native_test.py,$(LOADER) $(BUILD)/craton.bundle))
