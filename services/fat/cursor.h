// SPDX-License-Identifier: MIT OR Apache-2.0
/* Going through the entries of a directory, each of 32 bytes. */
#pragma once

#include "buffer.h"

struct cursor {
	struct fat *fs;
	struct chain chain;
	uint32_t index; /* of the entry that comes next */
	uint32_t cluster;
	struct buffer *buffer; /* in which it lies, if that is known */
	uint32_t in_buffer;
	struct buffer *last; /* in which the last one lay */
};

/* Before an entry that lies there; the index counts from the beginning of the cluster. `chain`:
 * that of its directory, which concerns what lies in other clusters; none: nothing does. */
void cursor_set_at(struct fat *fs, struct cursor *cursor, struct chain chain, uint64_t place);
/* Before the index-th entry. */
[[nodiscard]] status_t cursor_set(
	struct fat *fs, struct cursor *cursor, struct chain chain, uint32_t index);
/* The next entry, which may be free. ERR_NOT_FOUND: the directory has no more room. */
[[nodiscard]] status_t cursor_next(struct cursor *cursor, struct dirent **entry, uint64_t *place);
/* The next entry becomes this. */
[[nodiscard]] status_t cursor_put(struct cursor *cursor, const void *entry, uint64_t *place);
/* The entry behind it, if there is one, is the end: what lay behind the end must not come to light.
 */
[[nodiscard]] status_t cursor_put_end(struct cursor *cursor);

/* The entry that lies at a place. */
[[nodiscard]] status_t entry_at(
	struct fat *fs, uint64_t place, struct buffer **buffer, struct dirent **entry);
/* The cluster in which it lies. */
uint32_t cluster_of_place(const struct fat *fs, uint64_t place);

/* How many bytes from `at` on are one piece. */
uint32_t piece_size(uint64_t whole, uint64_t at);

static inline uint32_t entries_per_cluster(const struct fat *fs)
{
	return fs->g.cluster_size / ENTRY_SIZE;
}

/* The root of a small volume lies beside the clusters. */
static inline bool is_fixed_root(struct chain chain)
{
	return chain.start == 0;
}

/* That those entries can be changed without waiting. */
[[nodiscard]] status_t entries_touch(
	struct fat *fs, struct chain chain, uint32_t first, uint32_t last);
