# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of a disk in memory.

RAMDISK_PARTS := $(addprefix drivers/ramdisk/,ramdisk.c contents.c size.c)
$(eval $(call driver,ramdisk,drivers/ramdisk/main.c $(RAMDISK_PARTS)))
$(eval $(call host_test,ramdisk,tests/host/drivers/ramdisk_test.c tests/host/services/estate_host.c $(RAMDISK_PARTS),-Ilib/include -Idrivers/ramdisk -Itests/host/services -D_GNU_SOURCE))
$(eval $(call add_test,system/disk-ramdisk,$(PYTHON) tests/system/ramdisk_test.py,$(LOADER) $(BUILD)/craton.bundle))
