# SPDX-License-Identifier: MIT OR Apache-2.0
# The file system ext4.

EXT4_CORE := $(addprefix services/ext4/,ext4.c engine.c mount.c replay.c super.c journal.c log.c buffer.c check.c \
	group.c bitmap.c inode.c extent.c indirect.c directory.c dir_block.c index.c name_hash.c \
	names.c file.c orphan.c xattr.c) lib/hash/crc.c

EXT4_TEST       := $(addprefix tests/host/services/,ext4_volume.c ext4_model.c ext4_disk.c estate_host.c) lib/print/print.c
EXT4_TEST_FLAGS := -Ilib/include -Iservices/ext4 -Itests/host/services -Ilib
$(foreach part,basic random hostile,$(eval $(call host_test,ext4_$(part),\
	tests/host/services/ext4_$(part)_test.c $(EXT4_CORE) $(EXT4_TEST),$(EXT4_TEST_FLAGS))))
