# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of virtio disks.

$(eval $(call program,virtio-blk,drivers/virtio-blk/main.c,drv/virtio-blk))
