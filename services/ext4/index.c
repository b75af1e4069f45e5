// SPDX-License-Identifier: MIT OR Apache-2.0
/* Indices of directories: see index.h. */
#include "index.h"

#include "check.h"
#include "dir_block.h"
#include "name_hash.h"

#define LEVELS       2u
#define BLOCK_MASK   0x0fffffffu
#define CONTINUES    1u
#define ROOT_OFFSET  (INDEX_ROOT_INFO + (uint32_t)sizeof(struct index_root_info))
#define ENTRIES_MOST (EXT4_BLOCK_MAX / 12u)

struct level {
	struct buffer *buffer;
	struct index_entry *entries; /* the first with limit and count */
	uint32_t at;
};

struct path {
	uint32_t depth; /* levels - 1 */
	uint8_t hash_version;
	uint32_t hash;
	struct level levels[LEVELS];
};

static struct index_root_info *info_of(const struct ext4 *fs, const struct buffer *root)
{
	return (struct index_root_info *)(bytes_of(fs, root) + INDEX_ROOT_INFO);
}

static uint32_t count_of(const struct level *level)
{
	return level->entries->count;
}

static uint32_t block_at(const struct level *level, uint32_t at)
{
	return level->entries[at].block & BLOCK_MASK;
}

/* --- going down --------------------------------------------------------------------------------
 */

static status_t take_level(struct ext4 *fs, const struct inode *directory, uint32_t block,
	uint32_t offset, struct level *level)
{
	if (block >= dir_block_count(fs, directory))
		return corrupt(fs, "index of directory", directory->number);
	TRY(dir_block_get(fs, directory, block, BLOCK_INDEX, &level->buffer));
	if (index_offset(fs, bytes_of(fs, level->buffer)) != offset)
		return corrupt(fs, "index of directory", directory->number);
	level->entries = (struct index_entry *)(bytes_of(fs, level->buffer) + offset);
	return OK;
}

/* The last entry whose key is not larger; the first has none. */
static uint32_t search(const struct level *level, uint32_t hash)
{
	uint32_t low = 0;
	uint32_t high = count_of(level);

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (level->entries[middle].hash <= hash)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static status_t find(
	struct ext4 *fs, const struct inode *directory, struct name name, struct path *path)
{
	struct level *root = &path->levels[0];
	const struct index_root_info *info;

	TRY(take_level(fs, directory, 0, ROOT_OFFSET, root));
	info = info_of(fs, root->buffer);
	path->depth = info->levels;
	path->hash_version = info->hash_version;
	if (path->hash_version <= HASH_TEA && fs->g.hash_is_unsigned)
		path->hash_version += HASH_LEGACY_UNSIGNED;
	if (path->depth >= LEVELS ||
		!name_hash(path->hash_version, fs->g.hash_seed, name, &path->hash))
		return corrupt(fs, "index of directory", directory->number);
	root->at = search(root, path->hash);
	if (path->depth == 0)
		return OK;
	TRY(take_level(fs, directory, block_at(root, root->at), DIR_ENTRY_HEAD, &path->levels[1]));
	path->levels[1].at = search(&path->levels[1], path->hash);
	return OK;
}

static status_t leaf_of(struct ext4 *fs, const struct inode *directory, const struct path *path,
	struct buffer **buffer)
{
	const struct level *last = &path->levels[path->depth];
	uint32_t block = block_at(last, last->at);

	if (block == 0 || block >= dir_block_count(fs, directory))
		return corrupt(fs, "index of directory", directory->number);
	return dir_block_get(fs, directory, block, BLOCK_DIRECTORY, buffer);
}

/* The next leaf, if it has names with the same hash. */
static status_t go_on(
	struct ext4 *fs, const struct inode *directory, struct path *path, bool *goes_on)
{
	uint32_t i = path->depth;
	uint32_t key;

	*goes_on = false;
	while (path->levels[i].at + 1 >= count_of(&path->levels[i])) {
		if (i-- == 0)
			return OK;
	}
	key = path->levels[i].entries[++path->levels[i].at].hash;
	if ((key & CONTINUES) == 0 || (key & ~CONTINUES) != path->hash)
		return OK;
	*goes_on = true;
	if (i == path->depth)
		return OK;
	path->levels[1].at = 0;
	return take_level(fs, directory, block_at(&path->levels[0], path->levels[0].at),
		DIR_ENTRY_HEAD, &path->levels[1]);
}

status_t index_find(
	struct ext4 *fs, const struct inode *directory, struct name name, struct dir_place *place)
{
	struct path path;
	struct buffer *leaf;
	bool goes_on = true;

	TRY(find(fs, directory, name, &path));
	while (goes_on) {
		TRY(leaf_of(fs, directory, &path, &leaf));
		if (dir_block_find(fs, leaf, name, place))
			return OK;
		TRY(go_on(fs, directory, &path, &goes_on));
	}
	return ERR_NOT_FOUND;
}

/* --- nodes -------------------------------------------------------------------------------------
 */

static bool is_full(const struct level *level)
{
	return count_of(level) >= level->entries->limit;
}

static void save_level(struct ext4 *fs, const struct level *level)
{
	buffer_change(fs, level->buffer, level->entries,
		((size_t)count_of(level) + 1) * sizeof(struct index_entry));
}

/* Behind the entry that was taken; there is room. */
static void put(struct ext4 *fs, struct level *level, uint32_t key, uint32_t block)
{
	struct index_entry *place = &level->entries[level->at + 1];

	save_level(fs, level);
	memmove(place + 1, place, (count_of(level) - level->at - 1) * sizeof(*place));
	place->hash = key;
	place->block = block;
	level->entries->count++;
}

/* A node below the root, empty. */
static status_t add_node(
	struct ext4 *fs, const struct inode *directory, uint32_t *block, struct level *node)
{
	struct dir_entry whole = {.length = (uint16_t)fs->g.block_size};
	uint32_t tail = fs->g.has_metadata_csum ? sizeof(struct index_tail) : 0;
	uint8_t *bytes;

	TRY(dir_block_append(fs, directory, BLOCK_INDEX, block, &node->buffer));
	bytes = bytes_of(fs, node->buffer);
	memset(bytes, 0, fs->g.block_size);
	memcpy(bytes, &whole, sizeof(whole));
	node->entries = (struct index_entry *)(bytes + DIR_ENTRY_HEAD);
	node->entries->limit =
		(uint16_t)((fs->g.block_size - DIR_ENTRY_HEAD - tail) / sizeof(struct index_entry));
	return OK;
}

/* Entries from `from` on go to a node. */
static void move_entries(const struct level *level, uint32_t from, struct level *node)
{
	uint32_t count = count_of(level) - from;

	for (uint32_t i = 1; i < count; i++)
		node->entries[i] = level->entries[from + i];
	node->entries->block = level->entries[from].block;
	node->entries->count = (uint16_t)count;
}

/* All that the root holds goes to a node below it. */
static status_t grow(struct ext4 *fs, const struct inode *directory, struct path *path)
{
	struct level *root = &path->levels[0];
	struct index_root_info *info = info_of(fs, root->buffer);
	struct level node;
	uint32_t block;

	TRY(add_node(fs, directory, &block, &node));
	move_entries(root, 0, &node);
	buffer_change(fs, root->buffer, info, sizeof(*info));
	save_level(fs, root);
	info->levels = 1;
	root->entries->count = 1;
	root->entries->block = block;
	return OK;
}

static status_t split_node(struct ext4 *fs, const struct inode *directory, struct path *path)
{
	struct level *old = &path->levels[1];
	uint32_t kept = count_of(old) / 2;
	uint32_t key = old->entries[kept].hash;
	struct level node;
	uint32_t block;

	TRY(add_node(fs, directory, &block, &node));
	move_entries(old, kept, &node);
	save_level(fs, old);
	old->entries->count = (uint16_t)kept;
	put(fs, &path->levels[0], key, block);
	return OK;
}

/* --- leaves ------------------------------------------------------------------------------------
 */

struct item {
	uint32_t hash;
	uint16_t offset;
	uint16_t size;
};

/* The entries of a leaf by their hashes. */
static uint32_t list_items(
	const struct ext4 *fs, const struct path *path, const uint8_t *bytes, struct item *items)
{
	uint32_t count = 0;
	const struct dir_entry *e;

	for (uint32_t at = 0; at < dir_block_room(fs); at += e->length) {
		struct item item = {.offset = (uint16_t)at};
		uint32_t place = count;

		e = (const struct dir_entry *)(bytes + at);
		if (e->inode == 0 || e->name_length == 0)
			continue;
		(void)name_hash(path->hash_version, fs->g.hash_seed,
			(struct name){dir_name(e), e->name_length}, &item.hash);
		item.size = (uint16_t)dir_entry_size(e->name_length);
		for (; place > 0 && items[place - 1].hash > item.hash; place--)
			items[place] = items[place - 1];
		items[place] = item;
		count++;
	}
	return count;
}

/* Fills a block with entries that lie elsewhere. */
static void pack(const struct ext4 *fs, struct buffer *buffer, const uint8_t *from,
	const struct item *items, uint32_t count)
{
	uint8_t *bytes = bytes_of(fs, buffer);
	struct dir_entry *last = (struct dir_entry *)bytes;
	uint32_t at = 0;

	dir_block_init(fs, buffer);
	for (uint32_t i = 0; i < count; at += items[i++].size) {
		last = (struct dir_entry *)(bytes + at);
		memcpy(last, from + items[i].offset, items[i].size);
		last->length = items[i].size;
	}
	if (count > 0)
		last->length = (uint16_t)(dir_block_room(fs) - (uint32_t)((uint8_t *)last - bytes));
}

/* Where about half of the bytes are; at least one item stays, and one goes. */
static uint32_t middle_of(const struct item *items, uint32_t count)
{
	uint32_t whole = 0;
	uint32_t sum = 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		whole += items[i].size;
	while (kept + 1 < count && (kept == 0 || sum + items[kept].size <= whole / 2))
		sum += items[kept++].size;
	return kept;
}

/* The names with larger hashes go to a new leaf; the index has room. */
static status_t split_leaf(
	struct ext4 *fs, const struct inode *directory, struct path *path, struct buffer *leaf)
{
	struct item items[ENTRIES_MOST];
	uint32_t count = list_items(fs, path, bytes_of(fs, leaf), items);
	uint32_t kept = middle_of(items, count);
	struct buffer *more;
	uint32_t block;
	uint32_t key;

	if (count < 2)
		return corrupt(fs, "leaf of directory", directory->number);
	key = items[kept].hash;
	if (items[kept - 1].hash == key)
		key |= CONTINUES;
	TRY(dir_block_append(fs, directory, BLOCK_DIRECTORY, &block, &more));
	memcpy(fs->scratch, bytes_of(fs, leaf), fs->g.block_size);
	buffer_change(fs, leaf, bytes_of(fs, leaf), fs->g.block_size);
	pack(fs, more, fs->scratch, items + kept, count - kept);
	pack(fs, leaf, fs->scratch, items, kept);
	put(fs, &path->levels[path->depth], key, block);
	return OK;
}

/* One step towards room for a name. */
static status_t make_room(
	struct ext4 *fs, const struct inode *directory, struct path *path, struct buffer *leaf)
{
	if (!is_full(&path->levels[path->depth]))
		return split_leaf(fs, directory, path, leaf);
	if (path->depth == 0)
		return grow(fs, directory, path);
	if (!is_full(&path->levels[0]))
		return split_node(fs, directory, path);
	return ERR_NO_SPACE;
}

status_t index_add(struct ext4 *fs, const struct inode *directory, struct name name, uint32_t inode,
	uint8_t type)
{
	struct path path;
	struct buffer *leaf;

	for (;;) {
		TRY(find(fs, directory, name, &path));
		TRY(leaf_of(fs, directory, &path, &leaf));
		if (dir_block_add(fs, leaf, name, inode, type))
			return OK;
		TRY(make_room(fs, directory, &path, leaf));
	}
}

/* --- a new one ---------------------------------------------------------------------------------
 */

/* Behind `.` and `..`, whose entry covers the rest for who knows no index. */
static void fill_root(const struct ext4 *fs, uint8_t *bytes, uint32_t leaf)
{
	struct index_root_info info = {
		.hash_version = fs->g.hash_version, .info_length = sizeof(info)};
	struct index_entry first = {.block = leaf};
	struct dir_entry parent;
	uint32_t tail = fs->g.has_metadata_csum ? sizeof(struct index_tail) : 0;

	memcpy(&parent, bytes + 12, sizeof(parent));
	parent.length = (uint16_t)(fs->g.block_size - 12);
	memcpy(bytes + 12, &parent, sizeof(parent));
	memset(bytes + INDEX_ROOT_INFO, 0, fs->g.block_size - INDEX_ROOT_INFO);
	memcpy(bytes + INDEX_ROOT_INFO, &info, sizeof(info));
	first.limit = (uint16_t)((fs->g.block_size - ROOT_OFFSET - tail) / sizeof(first));
	first.count = 1;
	memcpy(bytes + ROOT_OFFSET, &first, sizeof(first));
}

static bool has_dots(const uint8_t *bytes)
{
	const struct dir_entry *self = (const struct dir_entry *)bytes;
	const struct dir_entry *parent = (const struct dir_entry *)(bytes + 12);

	return self->length == 12 && self->name_length == 1 && parent->name_length == 2 &&
	       memcmp(dir_name(self), ".", 1) == 0 && memcmp(dir_name(parent), "..", 2) == 0;
}

/* All entries but `.` and `..` go to a leaf. */
status_t index_make(struct ext4 *fs, const struct inode *directory)
{
	struct item items[ENTRIES_MOST];
	struct path path = {.hash_version = fs->g.hash_version};
	struct buffer *root;
	struct buffer *leaf;
	uint32_t block;
	uint32_t count;
	uint32_t kept = 0;

	TRY(dir_block_get(fs, directory, 0, BLOCK_DIRECTORY, &root));
	if (!has_dots(bytes_of(fs, root)) || path.hash_version > HASH_TEA)
		return corrupt(fs, "directory", directory->number);
	TRY(dir_block_append(fs, directory, BLOCK_DIRECTORY, &block, &leaf));
	count = list_items(fs, &path, bytes_of(fs, root), items);
	for (uint32_t i = 0; i < count; i++) {
		if (items[i].offset >= 24)
			items[kept++] = items[i];
	}
	pack(fs, leaf, bytes_of(fs, root), items, kept);
	buffer_change(fs, root, bytes_of(fs, root), fs->g.block_size);
	fill_root(fs, bytes_of(fs, root), block);
	ESTATE_SET(root->kind, BLOCK_INDEX);
	inode_change(fs, directory);
	directory->raw->flags |= INODE_INDEX;
	inode_seal(fs, directory);
	return OK;
}
