# SPDX-License-Identifier: MIT OR Apache-2.0
# The device manager.

$(eval $(call program,devices,$(addprefix services/devices/,main.c pci.c registers.c),svc/devices))
$(eval $(call host_test,pci,tests/host/services/pci_test.c services/devices/pci.c,-Ilib/include -Iservices/devices))
