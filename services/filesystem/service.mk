# SPDX-License-Identifier: MIT OR Apache-2.0
# A file system in a process of its own.

FILESYSTEM_CORE := $(addprefix services/filesystem/,volume.c operations.c engines.c)
$(eval $(call program,filesystem,services/filesystem/main.c $(FILESYSTEM_CORE) lib/block/client.c lib/random/random.c \
	$(EXT4_CORE) $(FAT_CORE) $(EXFAT_CORE) $(ISO9660_CORE),svc/filesystem))
