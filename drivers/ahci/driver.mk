# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of SATA disks.

$(eval $(call program,ahci,drivers/ahci/main.c drivers/ahci/port.c drivers/ahci/command.c,drv/ahci))
