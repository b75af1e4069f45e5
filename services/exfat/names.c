// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on names: see names.h. */
#include "names.h"

#include "directory.h"
#include "holder.h"
#include "spare.h"
#include "stamp.h"

#include <fat/node.h>
#include <fat/table.h>
#include <fat/time.h>

#define DEPTH_LIMIT 65536u /* of directories in each other */

static struct exfat_stream_entry *stream_of(struct set *set)
{
	return &set->entries[SET_STREAM].stream;
}

/* --- looking ------------------------------------------------------------------------------------
 */

status_t exfat_lookup(struct fat *fs, uint64_t directory, struct name name, uint64_t *node)
{
	struct set set;

	TRY(exfat_directory_find(fs, directory, name, &set));
	*node = exfat_directory_id_of(fs, &set);
	return OK;
}

status_t exfat_parent(struct fat *fs, uint64_t directory, uint64_t *node)
{
	struct node n;
	struct chain chain;

	*node = NODE_ROOT;
	if (directory == NODE_ROOT)
		return OK;
	TRY(node_look(fs, directory, &n));
	return n.place != 0 ? holder_find(fs, n.place, node, &chain) : ERR_NOT_FOUND;
}

status_t exfat_next(
	struct fat *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct set set;
	struct cursor c;
	struct chain chain;

	if (*cookie >= fs->g.directory_most)
		return ERR_NOT_FOUND;
	TRY(exfat_directory_chain(fs, directory, &chain));
	TRY(cursor_set(fs, &c, chain, (uint32_t)*cookie));
	TRY(set_next(&c, &set));
	holder_note(fs, set.place, directory, chain);
	item->node = exfat_directory_id_of(fs, &set);
	item->inode = item->node;
	item->type = set_is_directory(&set) ? FILE_TYPE_DIRECTORY : FILE_TYPE_REGULAR;
	item->name_size = exfat_directory_text(&set, item->name);
	*cookie = c.index;
	return OK;
}

/* --- creating -----------------------------------------------------------------------------------
 */

/* Nothing is added to a directory that was removed. */
static status_t check_holder(struct fat *fs, uint64_t directory)
{
	const struct node *n = node_find(fs, directory);

	return n != nullptr && n->place == 0 ? ERR_NOT_FOUND : OK;
}

static void begin_set(const struct fat *fs, struct set *set, uint16_t attributes)
{
	uint64_t now = time_current(fs);

	memset(set->entries, 0, sizeof(set->entries));
	set->count = 0;
	set->entries[SET_FILE].file =
		(struct exfat_file_entry){.type = TYPE_FILE, .attributes = attributes};
	stamp_set_created(&set->entries[SET_FILE].file, now);
	stamp_set_modified(&set->entries[SET_FILE].file, now);
	stamp_set_accessed(&set->entries[SET_FILE].file, now);
	set->entries[SET_STREAM].stream =
		(struct exfat_stream_entry){.type = TYPE_STREAM, .flags = STREAM_HAS_CLUSTERS};
}

/* A new directory has one cluster. */
static status_t give_cluster(struct fat *fs, struct set *set)
{
	uint32_t cluster;

	TRY(spare_take(fs, &cluster));
	holder_forget_cluster(fs, cluster);
	stream_of(set)->size = fs->g.cluster_size;
	stream_of(set)->valid = fs->g.cluster_size;
	stream_set_chain(stream_of(set), (struct chain){cluster, 1});
	return OK;
}

/* For a directory, and for the one that gets its name to become longer. */
static uint32_t spares_for(const struct fat *fs, uint32_t entries)
{
	return 1 + (entries + entries_per_cluster(fs) - 1) / entries_per_cluster(fs);
}

status_t exfat_create(struct fat *fs, struct entry_name name, enum file_type type, uint64_t *node)
{
	bool is_dir = type == FILE_TYPE_DIRECTORY;
	struct fat_name units;
	struct room room;
	struct set set;

	if (type != FILE_TYPE_REGULAR && !is_dir)
		return ERR_NOT_SUPPORTED;
	TRY(change_begin(fs));
	TRY(check_holder(fs, name.directory));
	TRY(name_from(name.name, &units));
	if (is_dir)
		TRY(spares_prepare(fs, spares_for(fs, set_size_for(&units))));
	begin_set(fs, &set, is_dir ? ATTR_DIRECTORY : ATTR_ARCHIVE);
	set_give_name(fs, &set, &units);
	TRY(exfat_directory_make_room(fs, name.directory, name.name, set.count, &room));
	if (is_dir)
		TRY(give_cluster(fs, &set));
	TRY(exfat_directory_put(fs, &room, &set));
	holder_note(fs, set.place, name.directory, room.chain);
	*node = exfat_directory_id_of(fs, &set);
	fs->environment->forget(fs->environment->self, *node);
	return OK;
}

/* --- removing -----------------------------------------------------------------------------------
 */

static status_t check_empty(struct fat *fs, const struct set *set)
{
	struct chain chain;
	bool is_empty;

	if (!set_is_directory(set))
		return OK;
	TRY(exfat_directory_chain(fs, exfat_directory_id_of(fs, set), &chain));
	TRY(exfat_directory_is_empty(fs, chain, &is_empty));
	return is_empty ? OK : ERR_NOT_EMPTY;
}

/* Clusters of entries behind the name. */
static void free_others(struct fat *fs, const struct set *set)
{
	for (uint32_t i = set_size_for(&set->name); i < set->count; i++) {
		const struct exfat_stream_entry *other = &set->entries[i].stream;
		struct chain chain;

		if ((other->flags & STREAM_HAS_CLUSTERS) != 0 &&
			stream_chain(fs, other, &chain) == OK && chain.start != 0)
			chain_free(fs, chain);
	}
}

/* The name that it had is gone. */
static status_t lose(struct fat *fs, uint64_t id, const struct set *set)
{
	struct chain chain;

	if (stream_chain(fs, &set->entries[SET_STREAM].stream, &chain) != OK)
		return fat_corrupt(fs, "a file cannot have its clusters", set->place);
	if (is_directory(id))
		holder_forget_directory(fs, id);
	return node_lose(fs, id, chain, stamp_modified(&set->entries[SET_FILE].file));
}

status_t exfat_remove(struct fat *fs, struct entry_name name)
{
	struct chain chain;
	struct set set;
	uint64_t id;

	TRY(change_begin(fs));
	TRY(exfat_directory_find(fs, name.directory, name.name, &set));
	TRY(exfat_directory_chain(fs, name.directory, &chain));
	TRY(check_empty(fs, &set));
	id = exfat_directory_id_of(fs, &set);
	TRY(exfat_directory_remove(fs, chain, &set));
	free_others(fs, &set);
	return lose(fs, id, &set);
}

/* --- renaming -----------------------------------------------------------------------------------
 */

/* A directory does not go into itself. */
static status_t check_below(struct fat *fs, uint64_t moved, uint64_t directory)
{
	for (unsigned depth = 0; directory != NODE_ROOT; depth++) {
		if (directory == moved)
			return ERR_INVALID_ARGUMENT;
		if (depth == DEPTH_LIMIT)
			return fat_corrupt(fs, "directories hold each other", directory);
		TRY(exfat_parent(fs, directory, &directory));
	}
	return OK;
}

static status_t write_at(struct fat *fs, struct chain chain, struct set *set)
{
	struct cursor c;

	TRY(cursor_set(fs, &c, chain, set->first));
	return set_write(&c, set);
}

/* Its name gets letters of another size: as many units, in the same entries. */
static status_t respell(struct fat *fs, struct entry_name to, struct set *set)
{
	struct fat_name units;
	struct chain chain;

	TRY(exfat_directory_chain(fs, to.directory, &chain));
	TRY(name_from(to.name, &units));
	set_give_name(fs, set, &units);
	return write_at(fs, chain, set);
}

static uint32_t count_others(const struct set *set)
{
	return set->count - set_size_for(&set->name);
}

/* The entries that few know go with the file, if the set that it gets has room for them. */
static void take_others(struct fat *fs, const struct set *from, struct set *to)
{
	uint32_t name_end = set_size_for(&to->name);
	uint32_t others = count_others(from);

	if (others > count_others(to)) {
		free_others(fs, from);
		others = 0;
	}
	memcpy(&to->entries[name_end], &from->entries[set_size_for(&from->name)],
		others * sizeof(to->entries[0]));
	to->count = name_end + others;
}

/* `spare`: entries behind it that are free from now on. */
static status_t write_shorter(struct fat *fs, struct chain chain, struct set *set, uint32_t spare)
{
	struct cursor c;

	TRY(cursor_set(fs, &c, chain, set->first));
	TRY(set_write(&c, set));
	return set_remove(&c, spare);
}

/* The set of what is replaced becomes that of what replaces it, at once: under this name there is
 * always one or the other. */
static status_t replace(struct fat *fs, const struct set *from, uint64_t directory, struct set *to)
{
	struct exfat_file_entry *file = &to->entries[SET_FILE].file;
	struct exfat_stream_entry *stream = stream_of(to);
	const struct exfat_stream_entry *source = &from->entries[SET_STREAM].stream;
	struct set replaced = *to;
	struct chain chain;
	uint64_t id = exfat_directory_id_of(fs, to);

	if (set_is_directory(from) != set_is_directory(to))
		return set_is_directory(from) ? ERR_NOT_DIRECTORY : ERR_IS_DIRECTORY;
	TRY(check_empty(fs, to));
	TRY(exfat_directory_chain(fs, directory, &chain));
	take_others(fs, from, to);
	*file = from->entries[SET_FILE].file;
	file->secondaries = (uint8_t)(to->count - 1);
	stream->flags = source->flags;
	stream->valid = source->valid;
	stream->start = source->start;
	stream->size = source->size;
	TRY(write_shorter(fs, chain, to, replaced.count - to->count));
	free_others(fs, &replaced);
	return lose(fs, id, &replaced);
}

/* A second set for it, with another name. */
static status_t put_new(
	struct fat *fs, struct entry_name to, const struct set *from, uint64_t *place)
{
	struct fat_name units;
	struct set set;
	struct room room;
	uint32_t others = count_others(from);

	TRY(name_from(to.name, &units));
	set = *from;
	set.count = set_size_for(&units) + others;
	if (set.count > SET_MOST)
		return ERR_TOO_LONG;
	memmove(&set.entries[set_size_for(&units)], &from->entries[set_size_for(&from->name)],
		others * sizeof(set.entries[0]));
	set_give_name(fs, &set, &units);
	TRY(exfat_directory_make_room(fs, to.directory, to.name, set.count, &room));
	TRY(exfat_directory_put(fs, &room, &set));
	*place = set.place;
	holder_note(fs, set.place, to.directory, room.chain);
	return OK;
}

/* It has its set there, and its old one goes. */
static status_t move(struct fat *fs, struct node *n, uint64_t place, struct entry_name from,
	struct entry_name to, const struct set *old)
{
	struct chain chain;
	struct chain holder;

	TRY(exfat_directory_chain(fs, from.directory, &chain));
	TRY(exfat_directory_chain(fs, to.directory, &holder));
	TRY(exfat_directory_remove(fs, chain, old));
	node_move(fs, n, place);
	estate_save(&n->holder, sizeof(holder));
	n->holder = holder;
	return OK;
}

status_t exfat_rename(struct fat *fs, struct entry_name from, struct entry_name to)
{
	struct set set;
	struct set there;
	struct node *n;
	uint64_t id;
	uint64_t place;
	struct chain chain;
	status_t status;

	TRY(change_begin(fs));
	TRY(check_holder(fs, to.directory));
	TRY(exfat_directory_find(fs, from.directory, from.name, &set));
	id = exfat_directory_id_of(fs, &set);
	if (set_is_directory(&set))
		TRY(check_below(fs, id, to.directory));
	TRY(node_get(fs, id, &n)); /* it keeps its number as long as that is known */
	TRY(exfat_directory_chain(fs, from.directory, &chain));
	TRY(entries_touch(fs, chain, set.first, set.first + set.count - 1));
	status = exfat_directory_find(fs, to.directory, to.name, &there);
	if (status == ERR_NOT_FOUND) {
		TRY(put_new(fs, to, &set, &place));
		return move(fs, n, place, from, to, &set);
	}
	if (status != OK || there.place == set.place)
		return status != OK ? status : respell(fs, to, &set);
	TRY(replace(fs, &set, to.directory, &there));
	return move(fs, n, there.place, from, to, &set);
}
