// SPDX-License-Identifier: MIT OR Apache-2.0
/* Blocks of the volume in memory. What an operation finds missing it notes, and answers FILE_LATER;
 * buffers_work() reads it. A block that is changed belongs to the journal's running transaction and
 * stays until it lies in its place on the device.
 * Operations take empty buffers only, because what they do may be undone: buffers_work() gives up
 * blocks that were not used for long so that there are some.
 * Invariants: a block is in one buffer at most; a buffer that is running or going home is valid. */
#pragma once

#include "ext4.h"

/* What a block is for: how it is checked when it has been read, and sealed before it is written. */
enum block_kind : uint8_t {
	BLOCK_UNKNOWN, /* just read */
	BLOCK_PLAIN,
	BLOCK_SUPER,
	BLOCK_GROUPS,
	BLOCK_BLOCK_BITMAP, /* owner: the group */
	BLOCK_INODE_BITMAP,
	BLOCK_INODES,
	BLOCK_EXTENTS, /* owner: checksum seed of the inode */
	BLOCK_DIRECTORY,
	BLOCK_INDEX,
};

enum buffer_state : uint8_t {
	BUFFER_EMPTY,
	BUFFER_READING,
	BUFFER_VALID,
	BUFFER_FAILED,
};

struct buffer {
	uint64_t block;
	uint32_t next; /* in the hash, or of those that are empty: number + 1 */
	uint32_t owner;
	uint32_t reads; /* tells ends of old reads from that of this one */
	enum buffer_state state;
	enum block_kind kind;
	uint32_t checked; /* which of its inodes' checksums were found right; in no transaction */
	bool was_used;    /* since the hand passed; in no transaction */
	bool was_told;    /* that it could not be read: somebody; in no transaction */
	/* Rounds of the journal in which it was changed: the last, and the one before. */
	uint64_t last_round;
	uint64_t round_before;
};

#define BUFFERS_WANTED 8u

struct buffer_cache {
	struct buffer *buffers;
	uint32_t *hash; /* number + 1 */
	uint8_t *bytes;
	size_t bytes_size;
	uint32_t count;
	uint32_t hash_mask;
	uint32_t hand;
	uint32_t empty; /* number + 1 */
	uint32_t empty_count;
	uint32_t reading; /* how many are being read */
	/* In no transaction: what is missing. */
	bool room_is_wanted;
	uint32_t wanted_count;
	uint64_t wanted[BUFFERS_WANTED];
};

struct ext4;

/* Carves the tables; the rest of the memory is for blocks. */
bool buffers_open(struct ext4 *fs, struct engine_parameters *memory);
/* With the block size: forgets everything. */
void buffers_start(struct ext4 *fs, uint32_t block_size);

static inline uint8_t *buffer_bytes(
	const struct buffer_cache *cache, const struct buffer *b, uint32_t size)
{
	return cache->bytes + (size_t)(b - cache->buffers) * size;
}

/* The block, checked as one of this kind; BLOCK_UNKNOWN: as it is. FILE_LATER; ERR_IO; ERR_CORRUPT.
 */
[[nodiscard]] status_t buffer_get(struct ext4 *fs, uint64_t block, enum block_kind kind,
	uint32_t owner, struct buffer **buffer);

/* A block that was just allocated, full of zeros and part of the running transaction. FILE_LATER:
 * no buffer is free. */
[[nodiscard]] status_t buffer_new(struct ext4 *fs, uint64_t block, enum block_kind kind,
	uint32_t owner, struct buffer **buffer);

/* The same for one whose contents will all be written now, whatever it is and was: nothing is read.
 * Only while the journal is replayed. */
[[nodiscard]] status_t buffer_overwrite(struct ext4 *fs, uint64_t block, struct buffer **buffer);

/* A part of its bytes is going to be changed. */
void buffer_change(struct ext4 *fs, struct buffer *buffer, const void *part, size_t size);

/* The block is free now: it is not written, and what the log holds of it is revoked. */
void buffer_forget(struct ext4 *fs, uint64_t block);

/* Starts reads of what is wanted. Commits. */
bool buffers_work(struct ext4 *fs);
void buffers_resume(struct ext4 *fs);
bool buffer_io_done(struct ext4 *fs, uint64_t id, status_t status);
bool buffers_are_idle(const struct ext4 *fs);
