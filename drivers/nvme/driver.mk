# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of NVMe disks.

$(eval $(call driver,nvme,drivers/nvme/main.c drivers/nvme/controller.c drivers/nvme/queue.c))
$(eval $(call host_test,nvme,tests/host/drivers/nvme_test.c $(addprefix drivers/nvme/,main.c queue.c) lib/block/pieces.c lib/print/print.c,-Ilib/include -Idrivers/nvme))
