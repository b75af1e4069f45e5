// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on names: see names.h. */
#include "names.h"

#include "directory.h"
#include "node.h"
#include "table.h"
#include "time.h"

/* The number of what a name stands for. ERR_CORRUPT. */
static status_t node_of(struct fat *fs, const struct named *found, uint64_t *id)
{
	uint32_t start = start_of(&found->entry);

	if ((found->entry.attributes & ATTR_DIRECTORY) == 0) {
		*id = node_at(fs, found->place, found->place);
		return OK;
	}
	if (!cluster_is_sound(fs, start))
		return fat_corrupt(fs, "a directory without clusters", start);
	*id = fat_directory_node(fs, start);
	return OK;
}

/* The name that it had is gone. */
static status_t lose(struct fat *fs, uint64_t id, const struct dirent *entry)
{
	return node_lose(fs, id, chain_of(start_of(entry)),
		time_of(entry->modified_date, entry->modified_time));
}

static bool is_of_directory(const struct named *found)
{
	return (found->entry.attributes & ATTR_DIRECTORY) != 0;
}

status_t names_lookup(struct fat *fs, uint64_t directory, struct name name, uint64_t *node)
{
	struct named found;

	TRY(fat_directory_find(fs, fat_directory_start(fs, directory), name, &found));
	return node_of(fs, &found, node);
}

static status_t read_parent(struct fat *fs, uint32_t start, uint32_t *parent)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, chain_of(start), 1));
	TRY(cursor_next(&c, &entry, &place));
	if (entry->name[0] != '.' || entry->name[1] != '.')
		return fat_corrupt(fs, "a directory does not say what holds it", start);
	*parent = start_of(entry);
	if (*parent != 0 && !cluster_is_sound(fs, *parent))
		return fat_corrupt(fs, "a directory without clusters", *parent);
	return OK;
}

status_t names_parent(struct fat *fs, uint64_t directory, uint64_t *node)
{
	uint32_t parent = 0;

	if (directory != NODE_ROOT)
		TRY(read_parent(fs, fat_directory_start(fs, directory), &parent));
	*node = fat_directory_node(fs, parent);
	return OK;
}

/* A name that is too long for the system, or no text, is shown by the short one. */
status_t names_next(
	struct fat *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct named found;
	struct cursor c;

	if (*cookie >= DIRECTORY_MOST)
		return ERR_NOT_FOUND;
	TRY(cursor_set(fs, &c, chain_of(fat_directory_start(fs, directory)), (uint32_t)*cookie));
	TRY(fat_directory_next(&c, &found));
	TRY(node_of(fs, &found, &item->node));
	item->inode = item->node;
	item->type = is_of_directory(&found) ? FILE_TYPE_DIRECTORY : FILE_TYPE_REGULAR;
	item->name_size = name_to(found.name.units, found.name.count, item->name);
	if (item->name_size == 0) {
		name_of_short(&found.entry, &found.name);
		item->name_size = name_to(found.name.units, found.name.count, item->name);
	}
	if (item->name_size == 0)
		return fat_corrupt(fs, "an entry without a name", found.place);
	*cookie = c.index;
	return OK;
}

/* --- creating ----------------------------------------------------------------------------------
 */

static struct dirent new_entry(const struct fat *fs, uint8_t attributes)
{
	struct dirent entry = {.attributes = attributes};
	uint64_t now = time_current(fs);

	entry_set_modified(&entry, now);
	entry_set_accessed(&entry, now);
	entry.created_date = entry.modified_date;
	entry.created_time = entry.modified_time;
	entry.created_10ms = (uint8_t)(now / 10000000 % 200);
	return entry;
}

static status_t create_directory(struct fat *fs, struct entry_name name, uint64_t *node)
{
	struct dirent entry = new_entry(fs, ATTR_DIRECTORY);
	uint32_t parent = fat_directory_start(fs, name.directory);
	struct buffer *b;
	struct dirent *added;
	uint64_t place;
	uint32_t start;

	TRY(fat_directory_prepare(fs, parent, name.name));
	TRY(chain_prepare(fs));
	TRY(fat_directory_add(fs, parent, name.name, &entry, &place));
	TRY(fat_directory_make(fs, parent, &entry, &start));
	TRY(entry_at(fs, place, &b, &added));
	fat_buffer_change(fs, b, added, ENTRY_SIZE);
	entry_set_start(added, start);
	*node = fat_directory_node(fs, start);
	return OK;
}

/* Nothing is added to a directory that was removed. */
static status_t check_holder(struct fat *fs, uint64_t directory)
{
	const struct node *n = node_find(fs, directory);

	return n != nullptr && n->place == 0 ? ERR_NOT_FOUND : OK;
}

status_t names_create(struct fat *fs, struct entry_name name, enum file_type type, uint64_t *node)
{
	struct dirent entry = new_entry(fs, ATTR_ARCHIVE);
	status_t status;

	if (type != FILE_TYPE_REGULAR && type != FILE_TYPE_DIRECTORY)
		return ERR_NOT_SUPPORTED;
	TRY(change_begin(fs));
	TRY(check_holder(fs, name.directory));
	status = type == FILE_TYPE_DIRECTORY
			 ? create_directory(fs, name, node)
			 : fat_directory_add(fs, fat_directory_start(fs, name.directory), name.name,
				   &entry, node);
	if (status == OK)
		fs->environment->forget(fs->environment->self, *node);
	return status;
}

/* --- removing ----------------------------------------------------------------------------------
 */

static status_t check_empty(struct fat *fs, const struct named *found)
{
	bool is_empty;

	if (!is_of_directory(found))
		return OK;
	TRY(fat_directory_is_empty(fs, start_of(&found->entry), &is_empty));
	return is_empty ? OK : ERR_NOT_EMPTY;
}

status_t names_remove(struct fat *fs, struct entry_name name)
{
	uint32_t start = fat_directory_start(fs, name.directory);
	struct named found;
	uint64_t node = 0;

	TRY(change_begin(fs));
	TRY(fat_directory_find(fs, start, name.name, &found));
	TRY(node_of(fs, &found, &node));
	TRY(check_empty(fs, &found));
	TRY(fat_directory_remove(fs, start, found.first, found.index));
	return lose(fs, node, &found.entry);
}

/* --- renaming ----------------------------------------------------------------------------------
 */

/* A directory does not go into itself. */
static status_t check_below(struct fat *fs, uint32_t moved, uint64_t directory)
{
	uint32_t at = fat_directory_start(fs, directory);

	for (unsigned depth = 0; fat_directory_node(fs, at) != NODE_ROOT; depth++) {
		uint32_t parent = 0;

		if (at == moved)
			return ERR_INVALID_ARGUMENT;
		if (depth == DIRECTORY_MOST)
			return fat_corrupt(fs, "directories hold each other", at);
		TRY(read_parent(fs, at, &parent));
		at = fat_directory_start(fs, parent);
	}
	return OK;
}

static status_t set_parent(struct fat *fs, uint32_t start, uint64_t parent)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, chain_of(start), 1));
	TRY(cursor_next(&c, &entry, &place));
	if (start_of(entry) == (uint32_t)parent)
		return OK;
	fat_buffer_change(fs, c.last, entry, ENTRY_SIZE);
	entry_set_start(entry, (uint32_t)parent);
	return OK;
}

/* The entry of what is replaced becomes that of what replaces it, at once: under this name there is
 * always one or the other. */
static status_t replace(
	struct fat *fs, const struct named *from, const struct named *to, uint64_t *place)
{
	struct buffer *b;
	struct dirent *entry;
	uint64_t node = 0;
	struct dirent merged = from->entry;

	TRY(node_of(fs, to, &node));
	TRY(check_empty(fs, to));
	memcpy(merged.name, to->entry.name, SHORT_SIZE);
	merged.case_flags = to->entry.case_flags;
	TRY(entry_at(fs, to->place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	*entry = merged;
	*place = to->place;
	return lose(fs, node, &to->entry);
}

/* `from` lies in another directory, or the same. */
static status_t put(struct fat *fs, struct entry_name to, uint64_t from_directory,
	const struct named *from, uint64_t *place)
{
	uint32_t start = fat_directory_start(fs, to.directory);
	struct named found;
	bool is_there = false;
	status_t status = fat_directory_find(fs, start, to.name, &found);

	if (status == ERR_NOT_FOUND)
		status = fat_directory_prepare(fs, start, to.name);
	else
		is_there = status == OK;
	if (status != OK)
		return status;
	TRY(entries_touch(
		fs, chain_of(fat_directory_start(fs, from_directory)), from->first, from->index));
	if (is_of_directory(from))
		TRY(entries_touch(fs, chain_of(start_of(&from->entry)), 0, 1));
	if (!is_there)
		return fat_directory_add(fs, start, to.name, &from->entry, place);
	if (found.place == from->place)
		return fat_directory_respell(fs, start, to.name, from, place);
	if (is_of_directory(from) != is_of_directory(&found))
		return is_of_directory(from) ? ERR_NOT_DIRECTORY : ERR_IS_DIRECTORY;
	return replace(fs, from, &found, place);
}

status_t names_rename(struct fat *fs, struct entry_name from, struct entry_name to)
{
	uint32_t start = fat_directory_start(fs, from.directory);
	struct named found;
	struct node *n = nullptr;
	uint64_t node = 0;
	uint64_t place;

	TRY(change_begin(fs));
	TRY(check_holder(fs, to.directory));
	TRY(fat_directory_find(fs, start, from.name, &found));
	TRY(node_of(fs, &found, &node));
	if (is_of_directory(&found))
		TRY(check_below(fs, start_of(&found.entry), to.directory));
	else
		TRY(node_get(fs, node, &n)); /* it keeps its number as long as that is known */
	TRY(put(fs, to, from.directory, &found, &place));
	if (place == found.place)
		return OK; /* its name is spelled otherwise, and it stays where it is */
	TRY(fat_directory_remove(fs, start, found.first, found.index));
	if (n != nullptr)
		node_move(fs, n, place);
	return is_of_directory(&found) ? set_parent(fs, start_of(&found.entry), to.directory) : OK;
}
