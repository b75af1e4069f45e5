// SPDX-License-Identifier: MIT OR Apache-2.0
/* The form of the journal's log: where its blocks lie, and what a transaction looks like in it.
 * A transaction is descriptors, each followed by the blocks that it names, revoked blocks, and the
 * commit block. */
#pragma once

#include "fs.h"

/* Numbers in the log are big-endian. */
static inline uint32_t log_32(uint32_t value)
{
	return __builtin_bswap32(value);
}

static inline uint16_t log_16(uint16_t value)
{
	return __builtin_bswap16(value);
}

/* The block of the volume where a block of the log lies; `*count` becomes smaller if fewer follow
 * there. */
uint64_t log_place(const struct journal *j, uint32_t position, uint32_t *count);

/* So many blocks on, round the end. */
uint32_t log_after(const struct journal *j, uint32_t position, uint32_t count);

/* So many blocks can be written without reaching the tail. */
bool log_has_room(const struct journal *j, uint32_t blocks);

/* Checksum of bytes of the log, with its seed. */
uint32_t log_checksum(const struct journal *j, const void *bytes, size_t size);

/* Of a block that a descriptor names. */
uint32_t log_block_checksum(
	const struct journal *j, uint32_t sequence, const uint8_t *bytes, uint32_t size);

/* Puts the running transaction, in the order of its list, into the stage, and its places into the
 * list of copies. How many blocks it takes; 0 if nothing was changed or there is no log. */
uint32_t log_fill_stage(struct ext4 *fs);

/* The copies are what they were, where the log needed another first word. */
void log_unescape(struct ext4 *fs);

/* Completes the log's superblock, which says where a replay begins: at the head, or that there is
 * nothing to replay. */
void log_fill_super(struct ext4 *fs);
void log_fill_empty_super(struct ext4 *fs);
