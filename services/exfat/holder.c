// SPDX-License-Identifier: MIT OR Apache-2.0
/* Which directory holds an entry: see holder.h. */
#include "holder.h"

#include "directory.h"

#include <fat/table.h>

/* --- notes --------------------------------------------------------------------------------------
 */

static struct holder_note *note_of(struct fat *fs, uint32_t cluster)
{
	return &own_of(fs)->notes[cluster * 0x9e3779b1u >> 23];
}

static_assert(NOTES == 1u << (32 - 23));

void holder_note(struct fat *fs, uint64_t place, uint64_t directory, struct chain chain)
{
	uint32_t cluster = cluster_of_place(fs, place);
	struct holder_note *note = note_of(fs, cluster);

	note->cluster = 0;
	note->directory = directory;
	note->chain = chain;
	note->cluster = cluster;
}

void holder_forget_cluster(struct fat *fs, uint32_t cluster)
{
	if (note_of(fs, cluster)->cluster == cluster)
		note_of(fs, cluster)->cluster = 0;
}

void holder_forget_directory(struct fat *fs, uint64_t directory)
{
	struct exfat *own = own_of(fs);

	for (unsigned i = 0; i < NOTES; i++) {
		if (own->notes[i].directory == directory)
			own->notes[i].cluster = 0;
	}
}

void holder_forget_all(struct fat *fs)
{
	struct exfat *own = own_of(fs);

	memset(own->notes, 0, sizeof(own->notes));
	own->climb.cluster = 0;
}

/* --- from the root ------------------------------------------------------------------------------
 */

static status_t enter(struct fat *fs, uint64_t directory, struct chain chain)
{
	struct climb *climb = &own_of(fs)->climb;

	if (climb->depth == DEPTH_MOST)
		return ERR_NOT_SUPPORTED; /* what lies deeper is found while its place is known */
	if (climb->count++ == fs->g.clusters)
		return fat_corrupt(fs, "directories have no end", chain.start);
	climb->stack[climb->depth].directory = directory;
	climb->stack[climb->depth].chain = chain;
	climb->stack[climb->depth].index = 0;
	climb->depth++;
	return OK;
}

/* The next directory of the one on top; ERR_AGAIN: that has an entry in the cluster. */
static status_t look_on(struct fat *fs)
{
	struct climb *climb = &own_of(fs)->climb;
	uint32_t top = climb->depth - 1;
	uint64_t directory;
	struct chain chain;
	struct cursor c;
	struct set set;

	TRY(cursor_set(fs, &c, climb->stack[top].chain, climb->stack[top].index));
	do {
		climb->stack[top].index = c.index;
		TRY(set_next(&c, &set));
		if (cluster_of_place(fs, set.place) == climb->cluster)
			return ERR_AGAIN;
	} while (!set_is_directory(&set));
	climb->stack[top].index = c.index;
	if (stream_chain(fs, &set.entries[SET_STREAM].stream, &chain) != OK || chain.start == 0)
		return OK;
	directory = exfat_directory_id_of(fs, &set);
	return enter(fs, directory, chain);
}

static status_t climb_to(struct fat *fs, uint32_t cluster)
{
	struct climb *climb = &own_of(fs)->climb;

	if (climb->cluster != cluster || climb->changes != fs->changes) {
		climb->cluster = cluster;
		climb->changes = fs->changes;
		climb->depth = 0;
		climb->count = 0;
		TRY(enter(fs, NODE_ROOT, (struct chain){.start = fs->g.root_cluster}));
	}
	while (climb->depth > 0) {
		status_t status = look_on(fs);

		if (status == ERR_NOT_FOUND)
			climb->depth--;
		else if (status != OK)
			return status;
	}
	return ERR_NOT_FOUND;
}

status_t holder_find(struct fat *fs, uint64_t place, uint64_t *directory, struct chain *chain)
{
	struct climb *climb = &own_of(fs)->climb;
	uint32_t cluster = cluster_of_place(fs, place);
	const struct holder_note *note = note_of(fs, cluster);
	status_t status;

	if (note->cluster == cluster) {
		*directory = note->directory;
		*chain = note->chain;
		return OK;
	}
	status = climb_to(fs, cluster);
	if (status != FILE_LATER)
		climb->cluster = 0;
	if (status != ERR_AGAIN)
		return status;
	*directory = climb->stack[climb->depth - 1].directory;
	*chain = climb->stack[climb->depth - 1].chain;
	holder_note(fs, place, *directory, *chain);
	return OK;
}
