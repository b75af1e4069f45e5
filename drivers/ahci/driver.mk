# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of SATA disks.

$(eval $(call driver,ahci,drivers/ahci/main.c drivers/ahci/port.c drivers/ahci/command.c))
$(eval $(call host_test,ahci,tests/host/drivers/ahci_test.c $(addprefix drivers/ahci/,port.c command.c),-Ilib/include -Idrivers/ahci))
