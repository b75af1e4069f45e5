// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories: see directory.h. */
#include "directory.h"

#include "entry.h"
#include "holder.h"
#include "spare.h"
#include "upcase.h"

#include <craton/print.h>
#include <fat/node.h>
#include <fat/scan.h>
#include <fat/table.h>

uint64_t exfat_directory_id_of(struct fat *fs, const struct set *set)
{
	uint64_t id = set->place | (set_is_directory(set) ? NODE_DIRECTORY : 0);

	return node_at(fs, set->place, id);
}

status_t exfat_directory_chain(struct fat *fs, uint64_t id, struct chain *chain)
{
	struct node n;

	TRY(node_look(fs, id, &n));
	*chain = n.chain;
	return chain->start != 0 ? OK : fat_corrupt(fs, "a directory without clusters", n.place);
}

status_t exfat_directory_get(struct fat *fs, struct chain chain, uint32_t index, struct set *set)
{
	struct cursor c;

	TRY(cursor_set(fs, &c, chain, index));
	return set_next(&c, set);
}

status_t exfat_directory_is_empty(struct fat *fs, struct chain chain, bool *is_empty)
{
	struct set set;
	status_t status = exfat_directory_get(fs, chain, 0, &set);

	*is_empty = status == ERR_NOT_FOUND;
	return *is_empty ? OK : status;
}

/* --- names --------------------------------------------------------------------------------------
 */

size_t exfat_directory_text(const struct set *set, char text[NAME_MOST + 1])
{
	size_t size = name_to(set->name.units, set->name.count, text);
	bool is_dots = (size == 1 || (size == 2 && text[1] == '.')) && text[0] == '.';

	if (size != 0 && !is_dots)
		return size;
	return print_to(text, NAME_MOST + 1, "~%x-%x", set->first,
		set->entries[SET_STREAM].stream.name_hash);
}

struct wanted {
	uint64_t directory;
	struct name text;
	struct fat_name name;
	bool is_name; /* else only text for one that is not shown as it is */
	uint16_t hash;
	struct set *set;
};

static bool has_text(const struct wanted *w)
{
	char text[NAME_MOST + 1];

	return w->text.text[0] == '~' && exfat_directory_text(w->set, text) == w->text.size &&
	       memcmp(text, w->text.text, w->text.size) == 0;
}

static bool may_be(const struct wanted *w)
{
	return w->set->state != SET_SOUND ||
	       w->set->entries[SET_STREAM].stream.name_hash == w->hash;
}

static status_t match(struct cursor *c, void *context)
{
	const struct wanted *w = context;

	TRY(set_next(c, w->set));
	if (w->is_name && may_be(w) && upcase_is_same(c->fs, &w->set->name, &w->name))
		return OK;
	return has_text(w) ? OK : ERR_AGAIN;
}

status_t exfat_directory_find(struct fat *fs, uint64_t id, struct name text, struct set *set)
{
	struct wanted w = {.directory = id, .text = text, .set = set};
	struct chain chain;

	if (text.size == 0)
		return ERR_NOT_FOUND;
	TRY(exfat_directory_chain(fs, id, &chain));
	w.is_name = name_from(text, &w.name) == OK;
	if (w.is_name)
		w.hash = upcase_hash(fs, &w.name);
	TRY(scan_find(fs, chain, text, match, &w));
	holder_note(fs, set->place, id, chain);
	return OK;
}

/* --- adding -------------------------------------------------------------------------------------
 */

/* Free now and on the device. */
static bool is_free(const struct fat *fs, const struct buffer *b, const union exfat_entry *entry)
{
	const union exfat_entry *old = entry;

	if (entry_is_used(entry))
		return false;
	if (b->shadow != 0)
		old = (const union exfat_entry *)(shadow_of(fs, b) +
						  (entry->bytes - bytes_of(fs, b)));
	return !entry_is_used(old);
}

/* Nothing that lost its name has its number from there. */
static bool is_nobodys(struct fat *fs, uint64_t place)
{
	return node_find(fs, place) == nullptr && node_find(fs, place | NODE_DIRECTORY) == nullptr;
}

/* What is behind the end is free, whatever it says of itself. */
static bool is_usable(struct fat *fs, const struct buffer *b, const union exfat_entry *entry,
	uint64_t place, struct scan *s)
{
	if (entry->type == TYPE_END && s->end == 0)
		s->end = s->index + 1;
	return (s->end != 0 || is_free(fs, b, entry)) && is_nobodys(fs, place);
}

/* Free entries side by side; at the end there may be fewer than wanted. */
static status_t survey(struct fat *fs, struct chain chain, struct scan *s)
{
	struct cursor c;
	union exfat_entry *entry;
	uint64_t place;
	status_t status = OK;

	TRY(cursor_set(fs, &c, chain, s->index));
	while (s->run < s->wanted) {
		s->index = c.index;
		status = exfat_next_entry(&c, &entry, &place);
		if (status != OK)
			break;
		if (!is_usable(fs, c.last, entry, place, s))
			s->run = 0;
		else if (s->run++ == 0)
			s->first = s->index;
		s->index = c.index;
	}
	if (s->run == 0)
		s->first = c.index;
	return status == ERR_NOT_FOUND ? OK : status;
}

/* That it can be done without waiting: what is changed has a long directory looked through again
 * from its start. */
static status_t prepare_extension(struct fat *fs, uint64_t id, uint32_t clusters)
{
	struct node *n;

	TRY(node_get(fs, id, &n));
	TRY(node_measure(fs, n));
	if ((uint64_t)(n->clusters + clusters) * entries_per_cluster(fs) > fs->g.directory_most)
		return ERR_NO_SPACE;
	TRY(spares_prepare(fs, clusters));
	TRY(chain_touch(fs, n->chain, n->last));
	return exfat_touch(fs, n);
}

static status_t extend(struct fat *fs, uint64_t id, struct chain *chain)
{
	struct node *n;
	uint32_t cluster;

	TRY(node_get(fs, id, &n));
	TRY(node_measure(fs, n));
	TRY(spare_take(fs, &cluster));
	holder_forget_cluster(fs, cluster);
	holder_forget_directory(fs, id);
	estate_save(n, sizeof(*n));
	TRY(node_append(fs, n, cluster));
	n->size = (uint64_t)n->clusters << fs->g.cluster_shift;
	n->reach = n->size;
	n->valid = n->size;
	n->zeroed = n->size;
	*chain = n->chain;
	return node_store(fs, n, 0);
}

status_t exfat_directory_make_room(
	struct fat *fs, uint64_t id, struct name text, uint32_t count, struct room *room)
{
	struct scan *s;
	uint32_t missing;

	TRY(exfat_directory_chain(fs, id, &room->chain));
	s = scan_of(fs, room->chain.start, scan_key(fs, text, true));
	s->wanted = count;
	TRY(survey(fs, room->chain, s));
	room->first = s->first;
	room->is_at_end = s->end != 0 && s->first + count >= s->end;
	TRY(entries_touch(fs, room->chain, s->first, s->first + count));
	missing = s->run < count ? count - s->run : 0;
	missing = (missing + entries_per_cluster(fs) - 1) / entries_per_cluster(fs);
	if (missing > 0)
		TRY(prepare_extension(fs, id, missing));
	for (; missing > 0; missing--)
		TRY(extend(fs, id, &room->chain));
	return entries_touch(fs, room->chain, room->first, room->first + count);
}

static status_t ends_there(struct fat *fs, const struct room *room, uint32_t count, bool *is_end)
{
	struct cursor c;
	union exfat_entry *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, room->chain, room->first + count - 1));
	TRY(exfat_next_entry(&c, &entry, &place));
	*is_end = room->is_at_end || entry->type == TYPE_END;
	return OK;
}

status_t exfat_directory_put(struct fat *fs, const struct room *room, struct set *set)
{
	struct cursor c;
	bool is_end;

	TRY(ends_there(fs, room, set->count, &is_end));
	TRY(cursor_set(fs, &c, room->chain, room->first));
	set->first = room->first;
	TRY(set_write(&c, set));
	return is_end ? cursor_put_end(&c) : OK;
}

status_t exfat_directory_remove(struct fat *fs, struct chain chain, const struct set *set)
{
	struct cursor c;

	TRY(cursor_set(fs, &c, chain, set->first));
	return set_remove(&c, set->count);
}
