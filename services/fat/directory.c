// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories: see directory.h. */
#include "directory.h"

#include "node.h"
#include "scan.h"
#include "table.h"

#define DOT_NAME  ".          "
#define DOTS_NAME "..         "

void entry_set_start(struct dirent *entry, uint32_t start)
{
	entry->start_high = (uint16_t)(start >> 16);
	entry->start_low = (uint16_t)start;
}

uint32_t fat_directory_start(const struct fat *fs, uint64_t node)
{
	uint32_t start = (uint32_t)node;

	return start == 0 && fs->g.bits == 32 ? fs->g.root_cluster : start;
}

uint64_t fat_directory_node(const struct fat *fs, uint32_t start)
{
	return NODE_DIRECTORY | (fs->g.bits == 32 && start == fs->g.root_cluster ? 0 : start);
}

/* --- names -------------------------------------------------------------------------------------
 */

/* The long name that the pieces so far make. */
struct pieces {
	uint32_t first;
	uint32_t expected; /* order of the piece that comes next; 0: it is complete */
	uint32_t count;    /* units */
	uint8_t checksum;
	bool is_there;
};

static void add_piece(
	struct pieces *p, const struct long_entry *piece, uint32_t index, struct fat_name *name)
{
	uint32_t order = piece->order & LONG_ORDER;
	uint16_t units[LONG_UNITS];
	uint32_t at;

	if ((piece->order & LONG_LAST) != 0) {
		*p = (struct pieces){.first = index,
			.expected = order,
			.checksum = piece->checksum,
			.is_there = true};
		p->count = order * LONG_UNITS;
	}
	if (!p->is_there || order == 0 || order > LONG_PIECES || order != p->expected ||
		piece->checksum != p->checksum) {
		p->is_there = false;
		return;
	}
	p->expected--;
	at = (order - 1) * LONG_UNITS;
	piece_units(piece, units);
	for (uint32_t i = 0; i < LONG_UNITS; i++) {
		if (units[i] == 0 && at + i < p->count)
			p->count = at + i;
		else if (at + i < LONG_MOST)
			name->units[at + i] = units[i];
	}
}

static void take_name(const struct pieces *p, struct named *found)
{
	bool is_long = p->is_there && p->expected == 0 && p->count > 0 && p->count <= LONG_MOST &&
		       p->checksum == name_checksum(found->entry.name);

	found->first = found->index;
	if (!is_long) {
		name_of_short(&found->entry, &found->name);
		return;
	}
	found->first = p->first;
	found->name.count = p->count;
}

static bool is_dots(const struct dirent *entry)
{
	return entry->name[0] == '.';
}

status_t fat_directory_next(struct cursor *c, struct named *found)
{
	struct pieces pieces = {.is_there = false};
	struct dirent *entry;

	for (;;) {
		TRY(cursor_next(c, &entry, &found->place));
		if (entry->name[0] == ENTRY_END)
			return ERR_NOT_FOUND;
		if (entry->name[0] != ENTRY_FREE &&
			(entry->attributes & ATTR_LONG_MASK) == ATTR_LONG) {
			add_piece(&pieces, (const struct long_entry *)entry, c->index - 1,
				&found->name);
			continue;
		}
		if (entry->name[0] != ENTRY_FREE && (entry->attributes & ATTR_LABEL) == 0 &&
			!is_dots(entry))
			break;
		pieces.is_there = false;
	}
	found->index = c->index - 1;
	found->entry = *entry;
	take_name(&pieces, found);
	return OK;
}

/* By the long name or the short one. */
static bool has_name(const struct named *found, const struct fat_name *name)
{
	struct fat_name other;

	if (found->name.count == name->count && name_is_same(&found->name, name))
		return true;
	if (found->first == found->index || name->count > SHORT_SIZE + 1)
		return false;
	name_of_short(&found->entry, &other);
	return name_is_same(&other, name);
}

/* The next name is it; ERR_AGAIN: it is another. */
struct wanted {
	struct fat_name name;
	struct named *found;
};

static status_t match(struct cursor *c, void *context)
{
	const struct wanted *w = context;

	TRY(fat_directory_next(c, w->found));
	return has_name(w->found, &w->name) ? OK : ERR_AGAIN;
}

status_t fat_directory_find(struct fat *fs, uint32_t start, struct name text, struct named *found)
{
	struct wanted w = {.found = found};

	if (name_from(text, &w.name) != OK)
		return ERR_NOT_FOUND;
	return scan_find(fs, chain_of(start), text, match, &w);
}

status_t fat_directory_is_empty(struct fat *fs, uint32_t start, bool *is_empty)
{
	struct named found;
	struct cursor c;
	status_t status;

	TRY(cursor_set(fs, &c, chain_of(start), 0));
	status = fat_directory_next(&c, &found);
	*is_empty = status == ERR_NOT_FOUND;
	return *is_empty ? OK : status;
}

/* --- adding ------------------------------------------------------------------------------------
 */

static bool is_same_short(const struct dirent *entry, const uint8_t *short_name)
{
	return memcmp(entry->name, short_name, SHORT_SIZE) == 0;
}

static void note_short(struct scan *s, const struct dirent *entry)
{
	uint8_t other[SHORT_SIZE];
	uint32_t tilde = 0;

	while (tilde < SHORT_SIZE && entry->name[tilde] != '~')
		tilde++;
	s->is_taken = s->is_taken || is_same_short(entry, s->short_name);
	s->is_salted_taken = s->is_salted_taken || is_same_short(entry, s->salted_name);
	for (uint32_t i = 1; tilde < SHORT_SIZE && i <= TAILS; i++) {
		memcpy(other, s->short_name, SHORT_SIZE);
		name_number(other, i, false, 0);
		s->tails[i] = s->tails[i] || is_same_short(entry, other);
	}
}

/* Free now and on the device, and no file that lost its name has its number from there. */
static bool is_usable(
	struct fat *fs, const struct buffer *b, const struct dirent *entry, uint64_t place)
{
	const struct dirent *old = entry;

	if (!entry_is_free(entry))
		return false;
	if (b->shadow != 0)
		old = (const struct dirent *)(shadow_of(fs, b) +
					      ((const uint8_t *)entry - bytes_of(fs, b)));
	return entry_is_free(old) && node_find(fs, place) == nullptr;
}

static void survey_entry(struct fat *fs, struct scan *s, const struct cursor *c,
	const struct dirent *entry, uint64_t place)
{
	if (!entry_is_free(entry) && entry->attributes != ATTR_LONG)
		note_short(s, entry);
	if (s->run >= s->wanted)
		return;
	if (!is_usable(fs, c->last, entry, place))
		s->run = 0;
	else if (s->run++ == 0)
		s->first = s->index;
}

/* Free entries, and short names like the wanted one. */
static status_t survey(struct fat *fs, struct scan *s)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, chain_of(s->start), s->index));
	for (;;) {
		s->index = c.index;
		status = cursor_next(&c, &entry, &place);
		if (status != OK || (entry->name[0] == ENTRY_END && s->run >= s->wanted))
			break;
		survey_entry(fs, s, &c, entry, place);
	}
	if (s->run == 0)
		s->first = c.index;
	return status == ERR_NOT_FOUND ? OK : status;
}

static status_t clear_cluster(struct fat *fs, uint32_t cluster, struct buffer **first)
{
	for (uint32_t at = 0; at < fs->g.cluster_size; at += CHUNK) {
		struct buffer *b;

		TRY(fat_buffer_new(fs, cluster_offset(fs, cluster) + at,
			piece_size(fs->g.cluster_size, at), &b));
		if (at == 0)
			*first = b;
	}
	return OK;
}

/* A cluster more. */
static status_t extend(struct fat *fs, uint32_t start, struct scan *s)
{
	uint32_t count;
	uint32_t last;
	uint32_t cluster;
	struct buffer *b;

	if (is_fixed_root(chain_of(start)))
		return ERR_NO_SPACE;
	TRY(chain_measure(fs, chain_of(start), &count, &last));
	if ((uint64_t)(count + 1) * entries_per_cluster(fs) > fs->g.directory_most)
		return ERR_NO_SPACE;
	TRY(chain_grow(fs, last, &cluster));
	TRY(clear_cluster(fs, cluster, &b));
	s->run += entries_per_cluster(fs);
	return OK;
}

static status_t was_end(struct fat *fs, uint32_t start, uint32_t index, bool *is_end)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, chain_of(start), index));
	TRY(cursor_next(&c, &entry, &place));
	*is_end = entry->name[0] == ENTRY_END;
	return OK;
}

static status_t put_name(struct fat *fs, uint32_t start, const struct scan *s,
	const struct fat_name *name, const struct dirent *entry, uint64_t *place)
{
	struct cursor c;
	struct long_entry piece;
	bool is_end;

	TRY(was_end(fs, start, s->first + s->wanted - 1, &is_end));
	TRY(cursor_set(fs, &c, chain_of(start), s->first));
	for (uint32_t order = s->wanted - 1; order > 0; order--) {
		piece_fill(&piece, name, order, name_checksum(entry->name));
		TRY(cursor_put(&c, &piece, place));
	}
	TRY(cursor_put(&c, entry, place));
	return is_end ? cursor_put_end(&c) : OK;
}

/* A short name that no other entry has; false: chance was unlucky. */
static bool choose_short(const struct scan *s, uint8_t name[SHORT_SIZE])
{
	for (uint32_t i = 1; i <= TAILS; i++) {
		if (s->tails[i])
			continue;
		name_number(name, i, false, 0);
		return true;
	}
	memcpy(name, s->salted_name, SHORT_SIZE);
	return !s->is_salted_taken;
}

/* A new name, and the short one that goes with it. */
struct new_name {
	struct fat_name name;
	uint8_t short_name[SHORT_SIZE];
	uint32_t wanted; /* entries */
	bool is_short;   /* there is no other */
	bool is_whole;
};

static status_t prepare_name(struct name text, struct new_name *n)
{
	TRY(name_from(text, &n->name));
	n->is_short = name_fits_short(&n->name, n->short_name);
	n->is_whole = n->is_short || name_make_short(&n->name, n->short_name);
	n->wanted = n->is_short ? 1 : 1 + (n->name.count + LONG_UNITS - 1) / LONG_UNITS;
	return OK;
}

static void begin_survey(const struct fat *fs, struct scan *s, const struct new_name *n)
{
	uint32_t salt = (uint32_t)(s->key >> 20) + fs->salt * 0x9e37u;

	*s = (struct scan){.start = s->start, .key = s->key, .changes = s->changes};
	s->wanted = n->wanted;
	memcpy(s->short_name, n->short_name, SHORT_SIZE);
	memcpy(s->salted_name, n->short_name, SHORT_SIZE);
	name_number(s->salted_name, 1 + (salt >> 16) % TAILS, true, (uint16_t)salt);
}

/* Where the name goes, and its short one; nothing is changed. */
static status_t plan(
	struct fat *fs, uint32_t start, struct name text, struct new_name *n, struct scan *out)
{
	struct scan *s = scan_of(fs, start, scan_key(fs, text, true));

	for (;;) {
		TRY(prepare_name(text, n));
		if (s->wanted == 0 || memcmp(s->short_name, n->short_name, SHORT_SIZE) != 0)
			begin_survey(fs, s, n);
		TRY(survey(fs, s));
		if (n->is_short && s->is_taken)
			return ERR_EXISTS;
		if ((n->is_whole && !s->is_taken) || choose_short(s, n->short_name))
			break;
		fs->salt++;
		s->wanted = 0;
	}
	TRY(entries_touch(fs, chain_of(start), s->first, s->first + s->wanted));
	*out = *s;
	return OK;
}

status_t fat_directory_prepare(struct fat *fs, uint32_t start, struct name text)
{
	struct new_name n;
	struct scan seen;

	return plan(fs, start, text, &n, &seen);
}

status_t fat_directory_add(struct fat *fs, uint32_t start, struct name text,
	const struct dirent *like, uint64_t *place)
{
	struct new_name n;
	struct scan seen;
	struct dirent entry = *like;

	TRY(plan(fs, start, text, &n, &seen));
	memcpy(entry.name, n.short_name, SHORT_SIZE);
	entry.case_flags = 0;
	while (seen.run < seen.wanted)
		TRY(extend(fs, start, &seen));
	return put_name(fs, start, &seen, &n.name, &entry, place);
}

status_t fat_directory_respell(
	struct fat *fs, uint32_t start, struct name text, const struct named *old, uint64_t *place)
{
	uint8_t short_name[SHORT_SIZE];
	struct fat_name name;

	TRY(name_from(text, &name));
	if (!name_fits_short(&name, short_name) ||
		memcmp(short_name, old->entry.name, SHORT_SIZE) != 0)
		return fat_directory_add(fs, start, text, &old->entry, place);
	*place = old->place; /* the short name is the new one: the long one goes */
	return old->first < old->index ? fat_directory_remove(fs, start, old->first, old->index - 1)
				       : OK;
}

status_t fat_directory_remove(struct fat *fs, uint32_t start, uint32_t first, uint32_t last)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, chain_of(start), first));
	for (uint32_t i = first; i <= last; i++) {
		TRY(cursor_next(&c, &entry, &place));
		fat_buffer_change(fs, c.last, entry, ENTRY_SIZE);
		entry->name[0] = ENTRY_FREE;
	}
	return OK;
}

status_t fat_directory_make(
	struct fat *fs, uint32_t parent, const struct dirent *like, uint32_t *start)
{
	struct buffer *b = nullptr;
	struct dirent *entries;

	TRY(chain_grow(fs, 0, start));
	TRY(clear_cluster(fs, *start, &b));
	entries = (struct dirent *)bytes_of(fs, b);
	for (unsigned i = 0; i < 2; i++) {
		entries[i] = *like;
		entries[i].attributes = ATTR_DIRECTORY;
		entries[i].case_flags = 0;
		memcpy(entries[i].name, i == 0 ? DOT_NAME : DOTS_NAME, SHORT_SIZE);
	}
	entry_set_start(&entries[0], *start);
	entry_set_start(&entries[1], (uint32_t)fat_directory_node(fs, parent));
	return OK;
}
