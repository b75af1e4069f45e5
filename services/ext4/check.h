// SPDX-License-Identifier: MIT OR Apache-2.0
/* Blocks by their kind: what is checked when one comes from the device, and what is completed in
 * the copy that goes there. */
#pragma once

#include "buffer.h"

/* Checksum and shape. ERR_CORRUPT; FILE_LATER. */
[[nodiscard]] status_t block_check(struct ext4 *fs, uint64_t block, const uint8_t *bytes,
	enum block_kind kind, uint32_t owner);

/* Before blocks are copied: what other blocks say of this one. They are in the transaction, too. */
void block_prepare(struct ext4 *fs, struct buffer *buffer);

/* Puts the checksum into a copy. */
void block_seal(const struct ext4 *fs, uint8_t *bytes, enum block_kind kind, uint32_t owner);

/* Where the entries of an index are in its block; 0: it is none. */
uint32_t index_offset(const struct ext4 *fs, const uint8_t *bytes);

/* Something cannot be on a sound volume: says so, and allows no changes from now on. */
void note_corrupt(struct ext4 *fs, const char *what, uint64_t where);

[[nodiscard]] static inline status_t corrupt(struct ext4 *fs, const char *what, uint64_t where)
{
	note_corrupt(fs, what, where);
	return ERR_CORRUPT;
}

/* The reason that ext4_trouble() gives; the first is kept. */
void trouble(struct ext4 *fs, const char *text);
