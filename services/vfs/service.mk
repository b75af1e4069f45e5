# SPDX-License-Identifier: MIT OR Apache-2.0
# The virtual file system.

VFS_CORE := $(addprefix services/vfs/,vfs.c files.c names.c walk.c volume.c description.c pipe.c \
	bundlefs.c tmpfs.c tmpfs_node.c tmpfs_data.c blocks.c) boot/common/bundle.c boot/common/sha256.c
$(eval $(call program,vfs,$(VFS_CORE) $(addprefix services/vfs/,main.c wall_time.c),svc/vfs))
