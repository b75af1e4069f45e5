// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pieces of the tables and directories in memory. What an operation finds missing it notes, and
 * answers FILE_LATER; fat_fat_buffers_work() reads it. One that is changed has a shadow, which says
 * what is on the device, and stays until the two are the same (commit.h). Invariant: each byte of
 * the volume is in one buffer at most. */
#pragma once

#include "fs.h"

/* At the beginning. */
void fat_buffers_start(struct fat *fs);

static inline uint8_t *bytes_of(const struct fat *fs, const struct buffer *b)
{
	return fs->bytes + (size_t)(b - fs->cache.buffers) * CHUNK;
}

/* What is on the device; the buffer has a shadow. */
static inline uint8_t *shadow_of(const struct fat *fs, const struct buffer *b)
{
	return fs->shadows + (size_t)(b->shadow - 1) * CHUNK;
}

/* FILE_LATER; ERR_IO. */
[[nodiscard]] status_t fat_buffer_get(struct fat *fs, uint64_t offset, uint32_t size,
	enum buffer_kind kind, struct buffer **buffer);

/* A piece of a new directory, full of zeros and changed. FILE_LATER: no buffer is free. */
[[nodiscard]] status_t fat_buffer_new(
	struct fat *fs, uint64_t offset, uint32_t size, struct buffer **buffer);

/* Begins each operation that changes something. FILE_LATER: a round has to end first.
 * ERR_READ_ONLY. */
[[nodiscard]] status_t change_begin(struct fat *fs);

/* A part of its bytes is going to be changed. */
void fat_buffer_change(struct fat *fs, struct buffer *buffer, const void *part, size_t size);

/* These bytes of the volume will be something else; nothing of them is changed. FILE_LATER. */
[[nodiscard]] status_t fat_buffers_drop(struct fat *fs, uint64_t offset, uint32_t size);

/* Starts reads of what is wanted. Commits. */
bool fat_buffers_work(struct fat *fs);
void fat_buffers_resume(struct fat *fs);
void fat_buffer_io_done(struct fat *fs, uint64_t id, status_t status);
