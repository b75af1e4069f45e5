// SPDX-License-Identifier: MIT OR Apache-2.0
/* Trees of extents: see extent.h. A change that finds a node full makes room in it first, step by
 * step, and looks for its place again. */
#include "extent.h"

#include "bitmap.h"
#include "check.h"
#include "indirect.h"

#define ROOT_MAX      4u
#define UNWRITTEN_MAX (EXTENT_WRITTEN_MAX - 1)
#define CUT_RUNS      16u /* of one operation */
#define CUT_BLOCKS    32u /* that the journal knows */
#define LEVELS        (EXTENT_DEPTH_MAX + 1)

/* A node on the way down, and the entry that was taken; entries - 1 < at < 0 if it has none. */
struct level {
	struct buffer *buffer; /* nullptr: the inode */
	struct extent_header *header;
	uint32_t at;
};

struct path {
	struct ext4 *fs;
	const struct inode *inode;
	uint32_t depth;
	struct level levels[LEVELS]; /* the last: of extents */
};

/* --- entries -----------------------------------------------------------------------------------
 */

static struct extent *extents_of(const struct extent_header *header)
{
	return (struct extent *)(uintptr_t)(header + 1);
}

static struct extent_index *indices_of(const struct extent_header *header)
{
	return (struct extent_index *)(uintptr_t)(header + 1);
}

static struct level *leaf_of(struct path *path)
{
	return &path->levels[path->depth];
}

static bool is_unwritten(const struct extent *e)
{
	return e->length > EXTENT_WRITTEN_MAX;
}

static uint32_t length_of(const struct extent *e)
{
	return is_unwritten(e) ? e->length - EXTENT_WRITTEN_MAX : e->length;
}

static uint64_t start_of(const struct extent *e)
{
	return e->start_lo | (uint64_t)e->start_hi << 32;
}

static struct extent make(uint32_t at, uint64_t block, uint32_t count, bool unwritten)
{
	return (struct extent){
		.block = at,
		.length = (uint16_t)(count + (unwritten ? EXTENT_WRITTEN_MAX : 0)),
		.start_hi = (uint16_t)(block >> 32),
		.start_lo = (uint32_t)block,
	};
}

static uint64_t child_of(const struct extent_index *index)
{
	return index->leaf_lo | (uint64_t)index->leaf_hi << 32;
}

/* Both kinds of entry begin with their block of the file. */
static uint32_t key_of(const struct extent_header *header, uint32_t at)
{
	return extents_of(header)[at].block;
}

/* --- going down --------------------------------------------------------------------------------
 */

static struct extent_header *root_of(const struct inode *inode)
{
	return (struct extent_header *)inode->raw->block;
}

/* The last entry that begins at a block of the file or before; the first if none does. */
static uint32_t search(const struct extent_header *header, uint32_t block)
{
	uint32_t low = 0;
	uint32_t high = header->entries;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (key_of(header, middle) <= block)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Keys rise; extents do not overlap, and lie on the volume. */
static bool is_in_order(const struct ext4 *fs, const struct extent_header *header)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < header->entries; i++) {
		const struct extent *e = &extents_of(header)[i];

		if (e->block < end)
			return false;
		end = (uint64_t)e->block + 1;
		if (header->depth > 0)
			continue;
		end = (uint64_t)e->block + length_of(e);
		if (length_of(e) == 0 || end > EXTENT_END || start_of(e) <= fs->g.first_block ||
			start_of(e) + length_of(e) > fs->g.blocks)
			return false;
	}
	return true;
}

static status_t go_down(struct path *path, uint32_t block)
{
	struct ext4 *fs = path->fs;

	for (uint32_t i = 0; i < path->depth; i++) {
		struct level *level = &path->levels[i];
		struct level *next = &path->levels[i + 1];
		uint32_t known;

		level->at = search(level->header, block);
		TRY(buffer_get(fs, child_of(&indices_of(level->header)[level->at]), BLOCK_EXTENTS,
			path->inode->seed, &next->buffer));
		next->header = (struct extent_header *)bytes_of(fs, next->buffer);
		known = next->buffer->checked;
		if (next->header->depth != path->depth - i - 1 ||
			(known == 0 && !is_in_order(fs, next->header)))
			return corrupt(fs, "extents of inode", path->inode->number);
		next->buffer->checked = 1;
	}
	return OK;
}

static status_t find(struct ext4 *fs, const struct inode *inode, uint32_t block, struct path *path)
{
	struct extent_header *root = root_of(inode);
	struct level *leaf;

	if (root->magic != EXTENT_MAGIC || root->max != ROOT_MAX || root->entries > ROOT_MAX ||
		root->depth > EXTENT_DEPTH_MAX || (root->entries == 0 && root->depth > 0) ||
		!is_in_order(fs, root))
		return corrupt(fs, "extents of inode", inode->number);
	*path = (struct path){.fs = fs, .inode = inode, .depth = root->depth};
	path->levels[0].header = root;
	TRY(go_down(path, block));
	leaf = leaf_of(path);
	leaf->at = search(leaf->header, block);
	return OK;
}

/* The next block of the file that has an extent behind the one that was found. */
static uint32_t next_key(const struct path *path)
{
	for (uint32_t i = path->depth + 1; i-- > 0;) {
		const struct level *level = &path->levels[i];

		if (level->at + 1 < level->header->entries)
			return key_of(level->header, level->at + 1);
	}
	return EXTENT_END;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static void describe(struct path *path, uint32_t at, struct extent_run *run)
{
	const struct level *leaf = leaf_of(path);
	const struct extent *e = &extents_of(leaf->header)[leaf->at];
	uint32_t end = next_key(path);

	*run = (struct extent_run){0};
	if (leaf->header->entries == 0) {
		run->count = EXTENT_END - at;
	} else if (at < e->block) {
		run->count = e->block - at;
	} else if (at - e->block < length_of(e)) {
		run->block = start_of(e) + (at - e->block);
		run->count = length_of(e) - (at - e->block);
		run->is_unwritten = is_unwritten(e);
	} else {
		run->count = end - at;
	}
}

status_t extent_find(struct ext4 *fs, const struct inode *inode, uint32_t at, uint32_t most,
	struct extent_run *run)
{
	struct path path;

	if ((inode->raw->flags & INODE_EXTENTS) == 0)
		return indirect_find(fs, inode, at, most, run);
	TRY(find(fs, inode, at, &path));
	describe(&path, at, run);
	if (run->count > most)
		run->count = most;
	return OK;
}

status_t extent_goal(struct ext4 *fs, const struct inode *inode, uint32_t at, uint64_t *goal)
{
	uint32_t group = (inode->number - 1) / fs->g.inodes_per_group;
	struct path path;
	const struct level *leaf;
	const struct extent *e;

	TRY(find(fs, inode, at, &path));
	leaf = leaf_of(&path);
	e = &extents_of(leaf->header)[leaf->at];
	if (leaf->header->entries > 0 && at >= e->block)
		*goal = start_of(e) + (at - e->block);
	else
		*goal = fs->g.first_block + (uint64_t)group * fs->g.blocks_per_group;
	return OK;
}

/* --- nodes -------------------------------------------------------------------------------------
 */

static void save_node(struct path *path, const struct level *level)
{
	if (level->buffer == nullptr)
		inode_change(path->fs, path->inode);
	else
		buffer_change(path->fs, level->buffer, level->header,
			sizeof(struct extent_header) +
				((size_t)level->header->entries + 1) * sizeof(struct extent));
}

static void seal_node(struct path *path, const struct level *level)
{
	if (level->buffer == nullptr)
		inode_seal(path->fs, path->inode);
}

static void set_blocks(struct path *path, int64_t more)
{
	inode_change(path->fs, path->inode);
	inode_add_blocks(path->fs, path->inode, more);
	inode_seal(path->fs, path->inode);
}

/* A new node at the level of another. */
static status_t add_node(
	struct path *path, uint64_t goal, uint32_t depth, struct level *node, uint64_t *block)
{
	struct ext4 *fs = path->fs;
	uint32_t count;

	TRY(blocks_allocate(fs, goal, 1, block, &count));
	TRY(buffer_new(fs, *block, BLOCK_EXTENTS, path->inode->seed, &node->buffer));
	node->buffer->checked = 1;
	node->header = (struct extent_header *)bytes_of(fs, node->buffer);
	node->header->magic = EXTENT_MAGIC;
	node->header->max =
		(uint16_t)((fs->g.block_size - sizeof(*node->header)) / sizeof(struct extent));
	node->header->depth = (uint16_t)depth;
	set_blocks(path, 1);
	return OK;
}

static struct extent_index make_index(uint32_t key, uint64_t block)
{
	return (struct extent_index){
		.block = key, .leaf_lo = (uint32_t)block, .leaf_hi = (uint16_t)(block >> 32)};
}

/* The entry is put at a place of a node that has room. */
static void put(struct path *path, const struct level *level, uint32_t at, const void *entry)
{
	struct extent_header *header = level->header;
	struct extent *place = &extents_of(header)[at];

	save_node(path, level);
	memmove(place + 1, place, (header->entries - at) * sizeof(*place));
	memcpy(place, entry, sizeof(*place));
	header->entries++;
	seal_node(path, level);
}

static void take_out(struct path *path, const struct level *level, uint32_t at)
{
	struct extent_header *header = level->header;
	struct extent *place = &extents_of(header)[at];

	save_node(path, level);
	memmove(place, place + 1, (header->entries - at - 1) * sizeof(*place));
	header->entries--;
	seal_node(path, level);
}

/* What the root holds goes to a node below it. */
static status_t grow(struct path *path)
{
	struct level *root = &path->levels[0];
	struct extent_header *header = root->header;
	struct level node = {0};
	struct extent_index index;
	uint64_t block;

	if (header->depth == EXTENT_DEPTH_MAX)
		return ERR_NO_SPACE;
	TRY(add_node(path, 0, header->depth, &node, &block));
	memcpy(node.header + 1, header + 1, header->entries * sizeof(struct extent));
	node.header->entries = header->entries;
	index = make_index(key_of(header, 0), block);
	save_node(path, root);
	header->depth++;
	header->entries = 1;
	memset(header + 1, 0, ROOT_MAX * sizeof(struct extent));
	memcpy(header + 1, &index, sizeof(index));
	seal_node(path, root);
	return OK;
}

/* The later entries of a node go to a new one beside it; its parent has room. Who appends gets an
 * almost empty node and leaves a full one. */
static status_t split(struct path *path, uint32_t at)
{
	struct level *old = &path->levels[at];
	uint32_t entries = old->header->entries;
	uint32_t kept = old->at + 1 == entries ? entries - 1 : entries / 2;
	struct level node = {0};
	struct extent_index index;
	uint64_t block;

	TRY(add_node(path, old->buffer->block, old->header->depth, &node, &block));
	memcpy(node.header + 1, &extents_of(old->header)[kept],
		(entries - kept) * sizeof(struct extent));
	node.header->entries = (uint16_t)(entries - kept);
	save_node(path, old);
	old->header->entries = (uint16_t)kept;
	index = make_index(key_of(node.header, 0), block);
	put(path, &path->levels[at - 1], path->levels[at - 1].at + 1, &index);
	return OK;
}

static bool is_full(const struct level *level)
{
	return level->header->entries >= level->header->max;
}

/* One step towards room in the leaf. */
static status_t make_room(struct path *path)
{
	uint32_t level = path->depth;

	while (level > 0 && is_full(&path->levels[level - 1]))
		level--;
	return level == 0 ? grow(path) : split(path, level);
}

/* The path to a block, with room for an entry in its leaf. */
static status_t find_room(
	struct ext4 *fs, const struct inode *inode, uint32_t block, struct path *path)
{
	TRY(find(fs, inode, block, path));
	while (is_full(leaf_of(path))) {
		TRY(make_room(path));
		TRY(find(fs, inode, block, path));
	}
	return OK;
}

/* The leaf's first key became smaller: so do those above. */
static void lower_keys(struct path *path, uint32_t key)
{
	for (uint32_t i = path->depth; i > 0 && path->levels[i].at == 0; i--) {
		const struct level *above = &path->levels[i - 1];
		struct extent_index *index = &indices_of(above->header)[above->at];

		if (index->block <= key)
			return;
		save_node(path, above);
		index->block = key;
		seal_node(path, above);
	}
}

static status_t insert(struct ext4 *fs, const struct inode *inode, struct extent entry)
{
	struct path path;
	struct level *leaf;

	TRY(find_room(fs, inode, entry.block, &path));
	leaf = leaf_of(&path);
	if (leaf->header->entries > 0 && key_of(leaf->header, leaf->at) < entry.block)
		leaf->at++;
	put(&path, leaf, leaf->at, &entry);
	lower_keys(&path, entry.block);
	return OK;
}

/* --- changes -----------------------------------------------------------------------------------
 */

static bool follows(
	const struct extent *e, uint32_t at, uint64_t block, uint32_t count, bool unwritten)
{
	return is_unwritten(e) == unwritten && e->block + length_of(e) == at &&
	       start_of(e) + length_of(e) == block &&
	       length_of(e) + count <= (unwritten ? UNWRITTEN_MAX : EXTENT_WRITTEN_MAX);
}

static void set_extent(struct path *path, struct extent *e, struct extent value)
{
	save_node(path, leaf_of(path));
	*e = value;
	seal_node(path, leaf_of(path));
}

status_t extent_add(
	struct ext4 *fs, const struct inode *inode, uint32_t at, const struct extent_run *run)
{
	struct path path;
	struct level *leaf;
	struct extent *e;

	TRY(find(fs, inode, at, &path));
	leaf = leaf_of(&path);
	e = &extents_of(leaf->header)[leaf->at];
	set_blocks(&path, run->count);
	if (leaf->header->entries == 0 ||
		!follows(e, at, run->block, run->count, run->is_unwritten))
		return insert(fs, inode, make(at, run->block, run->count, run->is_unwritten));
	set_extent(&path, e,
		make(e->block, start_of(e), length_of(e) + run->count, run->is_unwritten));
	return OK;
}

/* The blocks from the beginning of an unwritten extent go to the written one before it. False: they
 * do not follow it. */
static bool join_before(struct path *path, uint32_t count)
{
	struct level *leaf = leaf_of(path);
	struct extent *e = &extents_of(leaf->header)[leaf->at];
	struct extent *before = e - 1;

	if (leaf->at == 0 || !follows(before, e->block, start_of(e), count, false))
		return false;
	save_node(path, leaf);
	*before = make(before->block, start_of(before), length_of(before) + count, false);
	if (count < length_of(e))
		*e = make(e->block + count, start_of(e) + count, length_of(e) - count, true);
	seal_node(path, leaf);
	return true;
}

status_t extent_set_written(struct ext4 *fs, const struct inode *inode, uint32_t at, uint32_t count)
{
	struct path path;
	struct level *leaf;
	struct extent *e;
	struct extent old;
	uint32_t before;

	TRY(find(fs, inode, at, &path));
	leaf = leaf_of(&path);
	e = &extents_of(leaf->header)[leaf->at];
	old = *e;
	before = at - old.block;
	if (before == 0 && join_before(&path, count)) {
		if (count == length_of(&old))
			take_out(&path, leaf, leaf->at);
		return OK;
	}
	if (before == 0) {
		set_extent(&path, e, make(at, start_of(&old), count, false));
	} else {
		set_extent(&path, e, make(old.block, start_of(&old), before, true));
		TRY(insert(fs, inode, make(at, start_of(&old) + before, count, false)));
	}
	if (before + count == length_of(&old))
		return OK;
	return insert(fs, inode,
		make(at + count, start_of(&old) + before + count, length_of(&old) - before - count,
			true));
}

/* --- cutting -----------------------------------------------------------------------------------
 */

/* A leaf without entries goes, and so do the nodes above that become empty. */
static status_t drop_empty(struct path *path)
{
	struct level *root = &path->levels[0];

	for (uint32_t i = path->depth; i > 0 && path->levels[i].header->entries == 0; i--) {
		uint64_t block = path->levels[i].buffer->block;

		buffer_forget(path->fs, block);
		TRY(blocks_free(path->fs, block, 1));
		set_blocks(path, -1);
		take_out(path, &path->levels[i - 1], path->levels[i - 1].at);
	}
	if (root->header->entries == 0 && root->header->depth > 0) {
		save_node(path, root);
		root->header->depth = 0;
		seal_node(path, root);
	}
	return OK;
}

/* Blocks that the journal knows: at most CUT_BLOCKS. */
static void forget(struct ext4 *fs, uint64_t block, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		buffer_forget(fs, block + i);
}

/* The end of the last extent, down to `from`. */
static status_t cut_last(struct path *path, uint32_t from, bool is_data)
{
	struct level *leaf = leaf_of(path);
	struct extent *e = &extents_of(leaf->header)[leaf->at];
	uint32_t length = length_of(e);
	uint32_t kept = e->block < from ? from - e->block : 0;
	uint64_t first;

	if (!is_data && length - kept > CUT_BLOCKS)
		kept = length - CUT_BLOCKS;
	first = start_of(e) + kept;
	if (!is_data)
		forget(path->fs, first, length - kept);
	TRY(blocks_free(path->fs, first, length - kept));
	set_blocks(path, -(int64_t)(length - kept));
	if (kept > 0)
		set_extent(path, e, make(e->block, start_of(e), kept, is_unwritten(e)));
	else
		take_out(path, leaf, leaf->at);
	return drop_empty(path);
}

status_t extent_cut(
	struct ext4 *fs, const struct inode *inode, uint32_t from, bool is_data, bool *done)
{
	uint32_t freed = fs->journal.freed_count;
	struct path path;
	const struct level *leaf;
	const struct extent *e;

	*done = false;
	while (fs->journal.freed_count - freed < CUT_RUNS) {
		TRY(find(fs, inode, EXTENT_END, &path));
		leaf = leaf_of(&path);
		e = &extents_of(leaf->header)[leaf->at];
		*done = leaf->header->entries == 0 || e->block + length_of(e) <= from;
		if (*done)
			return OK;
		TRY(cut_last(&path, from, is_data));
		if (!is_data)
			return OK;
	}
	return OK;
}

void extents_init(const struct inode *inode)
{
	struct extent_header header = {.magic = EXTENT_MAGIC, .max = ROOT_MAX};

	inode->raw->flags |= INODE_EXTENTS;
	memcpy(inode->raw->block, &header, sizeof(header));
}
