// SPDX-License-Identifier: MIT OR Apache-2.0
/* See xattr.h. */
#include "xattr.h"

#include "bitmap.h"
#include "check.h"

#include <hash/crc.h>

#define XATTR_MAGIC 0xea020000u

struct xattr_header {
	uint32_t magic;
	uint32_t references;
	uint32_t blocks;
	uint32_t hash;
	uint32_t checksum;
};

static uint32_t checksum(const struct ext4 *fs, uint64_t block, struct xattr_header *header)
{
	uint32_t said = header->checksum;
	uint32_t sum = crc32c(fs->g.csum_seed, &block, sizeof(block));

	header->checksum = 0;
	sum = crc32c(sum, header, fs->g.block_size);
	header->checksum = said;
	return sum;
}

static status_t let_go(struct ext4 *fs, uint64_t block)
{
	struct buffer *buffer;
	struct xattr_header *header;

	TRY(buffer_get(fs, block, BLOCK_PLAIN, 0, &buffer));
	header = (struct xattr_header *)bytes_of(fs, buffer);
	if (header->magic != XATTR_MAGIC || header->references == 0 ||
		(fs->g.has_metadata_csum && header->checksum != checksum(fs, block, header)))
		return corrupt(fs, "block of attributes", block);
	if (header->references == 1) {
		buffer_forget(fs, block);
		return blocks_free(fs, block, 1);
	}
	buffer_change(fs, buffer, header, sizeof(*header));
	header->references--;
	if (fs->g.has_metadata_csum)
		header->checksum = checksum(fs, block, header);
	return OK;
}

status_t xattr_drop(struct ext4 *fs, const struct inode *inode)
{
	uint64_t block = inode->raw->file_acl_lo | (uint64_t)inode->raw->file_acl_hi << 32;

	if (block == 0)
		return OK;
	TRY(let_go(fs, block));
	inode_change(fs, inode);
	inode->raw->file_acl_lo = 0;
	inode->raw->file_acl_hi = 0;
	inode_add_blocks(fs, inode, -1);
	inode_seal(fs, inode);
	return OK;
}
