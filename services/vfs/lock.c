// SPDX-License-Identifier: MIT OR Apache-2.0
/* Locks on ranges of files: see lock.h. The locks of a file are in one of a few lists, found by the
 * file's number; those of one owner do not overlap. */
#include "lock.h"

#include <craton/estate.h>

#define LISTS 256u

typedef uint32_t link_t; /* index + 1; 0: none */

struct lock {
	struct place file;
	struct lock_range range;
	uint32_t owner;
	uint32_t kind; /* enum lock_kind */
	link_t next;   /* of the list, or free */
	uint32_t reserved;
};

struct lock_table {
	link_t free;
	uint32_t unused; /* locks from here on were never used */
	uint32_t count;  /* in use */
	link_t lists[LISTS];
	struct lock locks[];
};

static struct lock_table *table;
static uint32_t lock_count;

bool locks_open(uint32_t count)
{
	lock_count = count;
	table = estate_allocate(sizeof(*table) + count * sizeof(table->locks[0]), 64);
	return table != nullptr;
}

static link_t *list_of(struct place file)
{
	uint64_t key = (file.node * 31 + file.volume) * 0x9e3779b97f4a7c15u;

	return &table->lists[key >> 56];
}

static bool overlaps(struct lock_range a, struct lock_range b)
{
	return a.start < b.end && b.start < a.end;
}

static bool is_owned(const struct lock *lock, struct place file, uint32_t owner)
{
	return lock->owner == owner && place_is_same(lock->file, file);
}

/* --- the pool --------------------------------------------------------------------------------- */

static void add(struct place file, uint32_t owner, enum lock_kind kind, struct lock_range range)
{
	link_t *list = list_of(file);
	link_t link = table->free;
	struct lock *lock;

	if (link != 0) {
		ESTATE_SET(table->free, table->locks[link - 1].next);
	} else {
		ESTATE_SET(table->unused, table->unused + 1);
		link = table->unused;
	}
	lock = &table->locks[link - 1];
	estate_save(lock, sizeof(*lock));
	*lock = (struct lock){
		.file = file, .range = range, .owner = owner, .kind = kind, .next = *list};
	ESTATE_SET(*list, link);
	ESTATE_SET(table->count, table->count + 1);
}

/* Takes the lock that a link leads to off its list. */
static void drop(link_t *link)
{
	link_t own = *link;
	struct lock *lock = &table->locks[own - 1];

	ESTATE_SET(*link, lock->next);
	ESTATE_SET(lock->next, table->free);
	ESTATE_SET(table->free, own);
	ESTATE_SET(table->count, table->count - 1);
}

/* --- setting ---------------------------------------------------------------------------------- */

/* Removes a range from what an owner has: of locks that reach beyond it the rest stays. */
static void clear(struct place file, uint32_t owner, struct lock_range range)
{
	for (link_t *link = list_of(file); *link != 0;) {
		struct lock *lock = &table->locks[*link - 1];
		struct lock old = *lock;

		if (!is_owned(lock, file, owner) || !overlaps(old.range, range)) {
			link = &lock->next;
			continue;
		}
		drop(link);
		if (old.range.start < range.start)
			add(file, owner, old.kind,
				(struct lock_range){old.range.start, range.start});
		if (old.range.end > range.end)
			add(file, owner, old.kind, (struct lock_range){range.end, old.range.end});
		link = list_of(file); /* what was added stands at the beginning */
	}
}

/* A change adds two locks at most: itself, and the second half of one that it divides. */
static status_t check_room(struct place file, uint32_t owner)
{
	uint32_t owned = 0;

	for (link_t link = *list_of(file); link != 0; link = table->locks[link - 1].next)
		owned += is_owned(&table->locks[link - 1], file, owner);
	return table->count + 2 > lock_count || owned + 2 > LOCKS_OF_ONE ? ERR_TOO_MANY : OK;
}

/* Unlocking exactly what was locked, or more, needs no room. */
static bool divides(struct place file, uint32_t owner, struct lock_range range)
{
	for (link_t link = *list_of(file); link != 0; link = table->locks[link - 1].next) {
		const struct lock *lock = &table->locks[link - 1];

		if (is_owned(lock, file, owner) && lock->range.start < range.start &&
			lock->range.end > range.end)
			return true;
	}
	return false;
}

status_t lock_test(struct place file, uint32_t owner, enum lock_kind kind, struct lock_range range)
{
	for (link_t link = *list_of(file); link != 0; link = table->locks[link - 1].next) {
		const struct lock *lock = &table->locks[link - 1];

		if (lock->owner != owner && place_is_same(lock->file, file) &&
			overlaps(lock->range, range) &&
			(kind == LOCK_KIND_EXCLUSIVE || lock->kind == LOCK_KIND_EXCLUSIVE))
			return ERR_WOULD_BLOCK;
	}
	return OK;
}

status_t lock_set(struct place file, uint32_t owner, enum lock_kind kind, struct lock_range range)
{
	status_t status = OK;

	if (kind != LOCK_KIND_NONE)
		status = lock_test(file, owner, kind, range);
	if (status == OK && (kind != LOCK_KIND_NONE || divides(file, owner, range)))
		status = check_room(file, owner);
	if (status != OK)
		return status;
	clear(file, owner, range);
	if (kind != LOCK_KIND_NONE)
		add(file, owner, kind, range);
	return OK;
}

void locks_release(struct place file, uint32_t owner)
{
	for (link_t *link = list_of(file); *link != 0;) {
		if (is_owned(&table->locks[*link - 1], file, owner))
			drop(link);
		else
			link = &table->locks[*link - 1].next;
	}
}
