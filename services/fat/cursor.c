// SPDX-License-Identifier: MIT OR Apache-2.0
/* Going through directories: see cursor.h. */
#include "cursor.h"

#include "table.h"

/* --- places ------------------------------------------------------------------------------------
 */

uint32_t piece_size(uint64_t whole, uint64_t at)
{
	return whole - at < CHUNK ? (uint32_t)(whole - at) : CHUNK;
}

/* The piece of the root, or of a cluster, in which a byte of the volume lies. */
static status_t piece_at(struct fat *fs, uint64_t offset, struct buffer **buffer)
{
	const struct geometry *g = &fs->g;
	uint64_t base = g->root_offset;
	uint64_t whole = g->root_size;
	uint64_t at;

	if (offset >= g->data_offset) {
		base = g->data_offset +
		       (offset - g->data_offset) / g->cluster_size * g->cluster_size;
		whole = g->cluster_size;
	}
	at = (offset - base) / CHUNK * CHUNK;
	return fat_buffer_get(fs, base + at, piece_size(whole, at), BUFFER_DIRECTORY, buffer);
}

status_t entry_at(struct fat *fs, uint64_t place, struct buffer **buffer, struct dirent **entry)
{
	uint64_t offset = place * ENTRY_SIZE;

	TRY(piece_at(fs, offset, buffer));
	*entry = (struct dirent *)(bytes_of(fs, *buffer) + (offset - (*buffer)->offset));
	return OK;
}

uint32_t cluster_of_place(const struct fat *fs, uint64_t place)
{
	uint64_t offset = place * ENTRY_SIZE;

	return (uint32_t)((offset - fs->g.data_offset) >> fs->g.cluster_shift) + CLUSTER_FIRST;
}

/* --- going through -----------------------------------------------------------------------------
 */

/* ERR_NOT_FOUND: there is no such entry. */
static status_t find_piece(struct cursor *c)
{
	struct fat *fs = c->fs;
	uint64_t offset;

	c->buffer = nullptr;
	if (c->index >= fs->g.directory_most)
		return ERR_NOT_FOUND;
	if (is_fixed_root(c->chain)) {
		if ((uint64_t)c->index * ENTRY_SIZE >= fs->g.root_size)
			return ERR_NOT_FOUND;
		offset = fs->g.root_offset + (uint64_t)c->index * ENTRY_SIZE;
	} else {
		if (c->cluster == 0)
			return ERR_NOT_FOUND;
		offset = cluster_offset(fs, c->cluster) +
			 (uint64_t)(c->index % entries_per_cluster(fs)) * ENTRY_SIZE;
	}
	TRY(piece_at(fs, offset, &c->buffer));
	c->in_buffer = (uint32_t)(offset - c->buffer->offset);
	return OK;
}

status_t cursor_set(struct fat *fs, struct cursor *c, struct chain chain, uint32_t index)
{
	*c = (struct cursor){.fs = fs, .chain = chain, .index = index, .cluster = chain.start};
	if (is_fixed_root(chain) && fs->g.root_size > 0)
		return OK;
	if (!cluster_is_sound(fs, chain.start))
		return fat_corrupt(fs, "a directory without clusters", chain.start);
	return chain_at(fs, chain, index / entries_per_cluster(fs), &c->cluster);
}

void cursor_set_at(struct fat *fs, struct cursor *c, struct chain chain, uint64_t place)
{
	uint64_t in_heap = place - fs->g.data_offset / ENTRY_SIZE;

	uint32_t cluster = cluster_of_place(fs, place);

	*c = (struct cursor){.fs = fs,
		.chain = chain.start != 0 ? chain : (struct chain){cluster, 1},
		.index = (uint32_t)(in_heap % entries_per_cluster(fs)),
		.cluster = cluster};
}

status_t cursor_next(struct cursor *c, struct dirent **entry, uint64_t *place)
{
	if (c->buffer == nullptr)
		TRY(find_piece(c));
	c->last = c->buffer;
	*entry = (struct dirent *)(bytes_of(c->fs, c->buffer) + c->in_buffer);
	*place = (c->buffer->offset + c->in_buffer) / ENTRY_SIZE;
	c->index++;
	c->in_buffer += ENTRY_SIZE;
	if (c->in_buffer < c->buffer->size)
		return OK;
	c->buffer = nullptr;
	if (!is_fixed_root(c->chain) && c->index % entries_per_cluster(c->fs) == 0)
		TRY(chain_step(c->fs, c->chain, c->cluster, &c->cluster));
	return OK;
}

status_t cursor_put(struct cursor *c, const void *entry, uint64_t *place)
{
	struct dirent *at;

	TRY(cursor_next(c, &at, place));
	fat_buffer_change(c->fs, c->last, at, ENTRY_SIZE);
	memcpy(at, entry, ENTRY_SIZE);
	return OK;
}

status_t cursor_put_end(struct cursor *c)
{
	struct dirent *entry;
	uint64_t place;
	status_t status = cursor_next(c, &entry, &place);

	if (status != OK)
		return status == ERR_NOT_FOUND ? OK : status;
	if (entry->name[0] == ENTRY_END)
		return OK;
	fat_buffer_change(c->fs, c->last, entry, ENTRY_SIZE);
	entry->name[0] = ENTRY_END;
	return OK;
}

status_t entries_touch(struct fat *fs, struct chain chain, uint32_t first, uint32_t last)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, chain, first));
	for (uint32_t i = first; i <= last; i++) {
		status = cursor_next(&c, &entry, &place);
		if (status != OK)
			return status == ERR_NOT_FOUND ? OK : status;
	}
	return OK;
}
