// SPDX-License-Identifier: MIT OR Apache-2.0
/* Inodes, in their blocks. */
#pragma once

#include "fs.h"

struct inode {
	uint32_t number;
	uint32_t seed; /* of the checksums of what belongs to it */
	struct buffer *buffer;
	struct inode_record *raw; /* its second part is there if inodes are larger than 128 bytes */
};

/* One that is in use. ERR_CORRUPT; ERR_NOT_FOUND: it is not. */
[[nodiscard]] status_t inode_get(struct ext4 *fs, uint32_t number, struct inode *inode);
/* One that was just allocated: all zeros, with a new generation. */
[[nodiscard]] status_t inode_new(
	struct ext4 *fs, uint32_t number, uint16_t mode, struct inode *inode);

/* Before it is changed; and the checksum after it. */
void inode_change(struct ext4 *fs, const struct inode *inode);
void inode_seal(const struct ext4 *fs, const struct inode *inode);

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	return (inode->raw->mode & MODE_TYPE) == type;
}

uint64_t inode_size(const struct inode *inode);
/* The rest is between inode_change() and inode_seal(). */
void inode_set_size(const struct inode *inode, uint64_t size);
/* So many more blocks belong to it. */
void inode_add_blocks(const struct ext4 *fs, const struct inode *inode, int64_t blocks);

enum inode_time {
	INODE_ACCESSED,
	INODE_MODIFIED,
	INODE_CHANGED,
};
uint64_t inode_time(const struct ext4 *fs, const struct inode *inode, enum inode_time which);
void inode_set_time(
	const struct ext4 *fs, const struct inode *inode, enum inode_time which, uint64_t time);
/* Modified and changed now. */
void inode_touch(const struct ext4 *fs, const struct inode *inode);
