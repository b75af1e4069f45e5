// SPDX-License-Identifier: MIT OR Apache-2.0
/* Where the bytes of a request lie: see pieces.h and craton/block_server.h. */
#include "pieces.h"

/* Sizes first: then nothing that is added up can run over. */
static status_t check_size(const struct block_piece *piece, uint32_t left)
{
	if (piece->size == 0 || piece->size > left)
		return ERR_RANGE;
	if (piece->offset % BLOCK_PAGE != 0)
		return ERR_ALIGNMENT;
	return piece->size == left || piece->size % BLOCK_PAGE == 0 ? OK : ERR_ALIGNMENT;
}

static void append(struct block_request *r, uint64_t physical, uint32_t size)
{
	struct block_part *last = &r->parts[r->part_count - 1];

	if (r->part_count > 0 && last->physical + last->size == physical)
		last->size += size;
	else
		r->parts[r->part_count++] = (struct block_part){physical, size};
}

status_t pieces_take(const struct block_piece list[BLOCK_PIECES], uint64_t physical,
	uint64_t object_size, struct block_request *r)
{
	uint32_t left = r->size;

	r->part_count = 0;
	for (uint32_t i = 0; left > 0; i++) {
		struct block_piece piece;
		status_t status;

		if (i == BLOCK_PIECES)
			return ERR_RANGE;
		memcpy(&piece, &list[i], sizeof(piece));
		status = check_size(&piece, left);
		if (status != OK)
			return status;
		if (piece.offset > object_size || piece.size > object_size - piece.offset)
			return ERR_RANGE;
		append(r, physical + piece.offset, piece.size);
		left -= piece.size;
	}
	return OK;
}

uint32_t block_parts(const struct block_request *r, uint32_t done, struct block_limits limits,
	struct block_part parts[BLOCK_PIECES], uint32_t *count)
{
	uint32_t bytes = 0;

	*count = 0;
	for (uint32_t i = 0; i < r->part_count && *count < limits.parts; i++) {
		uint32_t size = r->parts[i].size;
		uint32_t into = done < size ? done : size;

		done -= into;
		while (into < size && *count < limits.parts) {
			uint32_t part =
				size - into < limits.part_size ? size - into : limits.part_size;

			parts[*count] = (struct block_part){r->parts[i].physical + into, part};
			++*count;
			into += part;
			bytes += part;
		}
	}
	return bytes;
}
