// SPDX-License-Identifier: MIT OR Apache-2.0
/* Entries of tmpfs directories: see tmpfs_entry.h. */
#include "tmpfs_entry.h"

#include "wall_time.h"

#include <craton/estate.h>

#define HASH_SIZE    1024u
#define COOKIE_SHIFT 16u /* order above, entry number below */

struct table {
	uint64_t next_order;
	uint32_t free;   /* list through hash_next */
	uint32_t unused; /* entries from this number on were never used */
	uint32_t hash[HASH_SIZE];
};

static struct table *table;
static struct tmpfs_entry *entries;
static uint32_t count;

bool tmpfs_entries_open(uint32_t entry_count)
{
	count = entry_count < 1u << COOKIE_SHIFT ? entry_count : (1u << COOKIE_SHIFT) - 1;
	table = estate_allocate(sizeof(*table), 64);
	entries = estate_allocate(count * sizeof(*entries), 64);
	return table != nullptr && entries != nullptr;
}

static struct tmpfs_entry *entry_of(uint64_t number)
{
	return number != 0 ? &entries[number - 1] : nullptr;
}

static uint32_t number_of(const struct tmpfs_entry *entry)
{
	return (uint32_t)(entry - entries) + 1;
}

bool tmpfs_entries_left(void)
{
	return table->free != 0 || table->unused < count;
}

static struct tmpfs_entry *take(void)
{
	struct tmpfs_entry *entry = entry_of(table->free);

	if (entry != nullptr) {
		ESTATE_SET(table->free, entry->hash_next);
		return entry;
	}
	ESTATE_SET(table->unused, table->unused + 1);
	return &entries[table->unused - 1];
}

/* --- the hash table -------------------------------------------------------------------------- */

/* FNV-1a over directory and name. */
static uint32_t *hash_head(uint32_t directory, struct name name)
{
	uint32_t hash = 2166136261u ^ directory * 0x9e3779b1u;

	for (size_t i = 0; i < name.size; i++)
		hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
	return &table->hash[(hash ^ hash >> 16) % HASH_SIZE];
}

static bool is_called(const struct tmpfs_entry *entry, uint32_t directory, struct name name)
{
	return entry->directory == directory && entry->name_size == name.size &&
	       memcmp(entry->name, name.text, name.size) == 0;
}

struct tmpfs_entry *tmpfs_find(const struct tmpfs_node *directory, struct name name)
{
	uint32_t number = (uint32_t)tmpfs_number(directory);
	struct tmpfs_entry *entry = entry_of(*hash_head(number, name));

	while (entry != nullptr && !is_called(entry, number, name))
		entry = entry_of(entry->hash_next);
	return entry;
}

static void leave_hash(const struct tmpfs_entry *entry)
{
	uint32_t *link = hash_head(entry->directory, (struct name){entry->name, entry->name_size});

	while (entry_of(*link) != entry)
		link = &entry_of(*link)->hash_next;
	ESTATE_SET(*link, entry->hash_next);
}

/* --- a directory's list ---------------------------------------------------------------------- */

static void touch(struct tmpfs_node *directory)
{
	directory->modified = wall_time();
	directory->changed = directory->modified;
}

/* The entry is saved. */
static void append(struct tmpfs_entry *entry, struct tmpfs_node *directory)
{
	uint32_t number = number_of(entry);

	tmpfs_save(directory);
	entry->previous = directory->last;
	entry->next = 0;
	if (directory->last != 0)
		ESTATE_SET(entry_of(directory->last)->next, number);
	else
		directory->first = number;
	directory->last = number;
	directory->entries++;
	touch(directory);
}

static void leave_list(const struct tmpfs_entry *entry)
{
	struct tmpfs_node *directory = tmpfs_node(entry->directory);

	tmpfs_save(directory);
	if (entry->previous != 0)
		ESTATE_SET(entry_of(entry->previous)->next, entry->next);
	else
		directory->first = entry->next;
	if (entry->next != 0)
		ESTATE_SET(entry_of(entry->next)->previous, entry->previous);
	else
		directory->last = entry->previous;
	directory->entries--;
	touch(directory);
}

/* --- names of nodes -------------------------------------------------------------------------- */

static void count_name(struct tmpfs_node *node, uint32_t names, uint32_t directory)
{
	tmpfs_save(node);
	node->names = names;
	node->changed = wall_time();
	if (node->type == FILE_TYPE_DIRECTORY)
		node->parent = directory;
}

void tmpfs_link(struct tmpfs_node *node, struct tmpfs_node *directory, struct name name)
{
	uint32_t number = (uint32_t)tmpfs_number(directory);
	uint32_t *head = hash_head(number, name);
	struct tmpfs_entry *entry = take();

	estate_save(entry, offsetof(struct tmpfs_entry, name) + name.size + 1);
	entry->node = (uint32_t)tmpfs_number(node);
	entry->directory = number;
	entry->order = table->next_order + 1;
	ESTATE_SET(table->next_order, entry->order);
	memcpy(entry->name, name.text, name.size);
	entry->name[name.size] = 0;
	entry->name_size = (uint32_t)name.size;
	entry->hash_next = *head;
	ESTATE_SET(*head, number_of(entry));
	append(entry, directory);
	count_name(node, node->names + 1, number);
}

void tmpfs_unlink(struct tmpfs_entry *entry)
{
	struct tmpfs_node *node = tmpfs_node(entry->node);

	leave_hash(entry);
	leave_list(entry);
	estate_save(entry, offsetof(struct tmpfs_entry, name));
	entry->node = 0;
	entry->hash_next = table->free;
	ESTATE_SET(table->free, number_of(entry));
	count_name(node, node->names - 1, 0);
}

/* --- reading directories --------------------------------------------------------------------- */

static uint64_t cookie_of(const struct tmpfs_entry *entry)
{
	return entry->order << COOKIE_SHIFT | number_of(entry);
}

uint64_t tmpfs_cookie_after(const struct tmpfs_entry *entry)
{
	const struct tmpfs_entry *next = entry_of(entry->next);

	return next != nullptr ? cookie_of(next) : (entry->order + 1) << COOKIE_SHIFT;
}

/* A cookie's entry may have gone since: then it stands for the first behind it. */
const struct tmpfs_entry *tmpfs_entry_at(const struct tmpfs_node *directory, uint64_t cookie)
{
	uint64_t number = cookie & ((1u << COOKIE_SHIFT) - 1);
	const struct tmpfs_entry *entry = number <= count ? entry_of(number) : nullptr;

	if (entry != nullptr && entry->node != 0 && entry->directory == tmpfs_number(directory) &&
		cookie_of(entry) == cookie)
		return entry;
	entry = entry_of(directory->first);
	while (entry != nullptr && entry->order < cookie >> COOKIE_SHIFT)
		entry = entry_of(entry->next);
	return entry;
}
