// SPDX-License-Identifier: MIT OR Apache-2.0
/* The map of clusters: see bitmap.h. */
#include "bitmap.h"

#include <fat/buffer.h>
#include <fat/cursor.h>
#include <fat/table.h>

#define PIECE_BITS (CHUNK * 8)

static status_t piece_of(struct fat *fs, uint32_t bit, struct buffer **b)
{
	uint64_t at = (uint64_t)(bit / PIECE_BITS) * CHUNK;

	return fat_buffer_get(
		fs, fs->g.count_offset + at, piece_size(fs->g.count_size, at), BUFFER_BITMAP, b);
}

status_t bitmap_get(struct fat *fs, uint32_t cluster, bool *is_taken)
{
	uint32_t bit = cluster - CLUSTER_FIRST;
	struct buffer *b;

	TRY(piece_of(fs, bit, &b));
	*is_taken = (bytes_of(fs, b)[bit % PIECE_BITS / 8] >> bit % 8 & 1) != 0;
	return OK;
}

status_t bitmap_set(struct fat *fs, uint32_t cluster, bool is_taken)
{
	uint32_t bit = cluster - CLUSTER_FIRST;
	uint8_t mask = (uint8_t)(1u << bit % 8);
	struct buffer *b;
	uint8_t *byte;

	TRY(piece_of(fs, bit, &b));
	byte = bytes_of(fs, b) + bit % PIECE_BITS / 8;
	fat_buffer_change(fs, b, byte, 1);
	*byte = (uint8_t)(is_taken ? *byte | mask : *byte & ~mask);
	return OK;
}

/* --- what is free -------------------------------------------------------------------------------
 */

/* Taken now, or on the device. */
static uint8_t taken_at(const struct fat *fs, const struct buffer *b, uint32_t byte)
{
	uint8_t taken = bytes_of(fs, b)[byte];

	return b->shadow != 0 ? taken | shadow_of(fs, b)[byte] : taken;
}

/* The first one from `*bit` to the end of the piece in which that lies, or `end`. */
static status_t find_in_piece(struct fat *fs, uint32_t *bit, uint32_t end, bool *is_found)
{
	struct buffer *b;
	uint32_t piece_end = *bit / PIECE_BITS * PIECE_BITS + PIECE_BITS;

	end = end < piece_end ? end : piece_end;
	*is_found = false;
	TRY(piece_of(fs, *bit, &b));
	while (*bit < end) {
		uint8_t taken = taken_at(fs, b, *bit % PIECE_BITS / 8);

		if (taken == 0xff) {
			*bit = (*bit / 8 + 1) * 8;
			continue;
		}
		if ((taken >> *bit % 8 & 1) == 0) {
			*is_found = true;
			return OK;
		}
		++*bit;
	}
	*bit = end;
	return OK;
}

status_t bitmap_find_usable(struct fat *fs, uint32_t *at, uint32_t end, bool *is_found)
{
	uint32_t bit = *at - CLUSTER_FIRST;
	status_t status = OK;

	*is_found = false;
	while (status == OK && bit < end - CLUSTER_FIRST && !*is_found)
		status = find_in_piece(fs, &bit, end - CLUSTER_FIRST, is_found);
	*at = bit + CLUSTER_FIRST;
	return status;
}

uint32_t bitmap_count_free(
	const struct fat *fs, uint64_t position, const uint8_t *part, uint32_t size)
{
	uint64_t count = fs->g.clusters - CLUSTER_FIRST;
	uint32_t free = 0;

	for (uint64_t i = 0; i < (uint64_t)size * 8 && position * 8 + i < count; i++)
		free += (part[i / 8] >> i % 8 & 1) == 0;
	return free;
}
