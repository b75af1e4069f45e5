# SPDX-License-Identifier: MIT OR Apache-2.0
# The driver of virtio disks.

$(eval $(call driver,virtio-blk,drivers/virtio-blk/main.c))
