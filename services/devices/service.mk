# SPDX-License-Identifier: MIT OR Apache-2.0
# The device manager.

$(eval $(call program,devices,$(addprefix services/devices/,main.c config.c confine.c dmar.c drivers.c interrupt.c pci.c plug.c registers.c slot.c table.c windows.c),svc/devices))
$(eval $(call host_test,pci,tests/host/services/pci_test.c services/devices/pci.c,-Ilib/include -Iservices/devices))
$(eval $(call host_test,slot,tests/host/services/slot_test.c services/devices/slot.c services/devices/pci.c,-Ilib/include -Iservices/devices))
$(eval $(call host_test,windows,tests/host/services/windows_test.c $(addprefix services/devices/,windows.c config.c pci.c) tests/host/services/estate_host.c \
	lib/print/print.c lib/print/debug.c,-include tests/host/services/windows_calls.h -Ilib/include -Iservices/devices -Itests/host/services))
$(foreach part,disks kills,$(eval $(call add_test,system/disk-hotplug-$(part),$(PYTHON) tests/system/hotplug_test.py $(part) --smp 2,$(LOADER) $(BUILD)/craton.bundle)))
$(eval $(call host_test,dmar,tests/host/services/dmar_test.c $(addprefix services/devices/,dmar.c pci.c),-Ilib/include -Iservices/devices))
$(eval $(call fuzzer,dmar,tests/fuzz/dmar.c $(addprefix services/devices/,dmar.c pci.c),-Ilib/include -Iservices/devices))
