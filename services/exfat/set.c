// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sets of entries: see set.h. */
#include "set.h"

#include "upcase.h"

#include <fat/table.h>

/* --- single entries -----------------------------------------------------------------------------
 */

bool entry_is_known(uint8_t type, bool is_root)
{
	bool is_critical = (type & (TYPE_SECONDARY | TYPE_BENIGN)) == 0;

	if ((type & TYPE_IN_USE) == 0 || !is_critical || type == TYPE_FILE)
		return true;
	return is_root && (type == TYPE_BITMAP || type == TYPE_UPCASE || type == TYPE_LABEL);
}

status_t exfat_next_entry(struct cursor *c, union exfat_entry **entry, uint64_t *place)
{
	struct dirent *any;

	TRY(cursor_next(c, &any, place));
	*entry = (union exfat_entry *)any;
	return OK;
}

status_t stream_chain(struct fat *fs, const struct exfat_stream_entry *stream, struct chain *chain)
{
	uint64_t most = (uint64_t)(fs->g.clusters - CLUSTER_FIRST) << fs->g.cluster_shift;
	uint32_t count;

	*chain = (struct chain){0};
	if (stream->size > most)
		return ERR_CORRUPT;
	count = clusters_for(fs, stream->size);
	if (count == 0)
		return OK;
	if (!cluster_is_sound(fs, stream->start))
		return ERR_CORRUPT;
	chain->start = stream->start;
	if ((stream->flags & STREAM_IS_RUN) == 0)
		return OK;
	chain->run = count;
	return count <= fs->g.clusters - stream->start ? OK : ERR_CORRUPT;
}

void stream_set_chain(struct exfat_stream_entry *stream, struct chain chain)
{
	bool is_there = stream->size > 0;

	stream->start = is_there ? chain.start : 0;
	stream->flags &= (uint8_t)~STREAM_IS_RUN;
	stream->flags |= STREAM_HAS_CLUSTERS;
	if (is_there && chain.run > 0)
		stream->flags |= STREAM_IS_RUN;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* 6.3.3 */
static uint16_t sum_of(const struct set *set)
{
	const uint8_t *bytes = set->entries[0].bytes;
	uint16_t sum = 0;

	for (uint32_t i = 0; i < set->count * ENTRY_SIZE; i++) {
		if (i == offsetof(struct exfat_file_entry, sum) ||
			i == offsetof(struct exfat_file_entry, sum) + 1)
			continue;
		sum = (uint16_t)((uint16_t)(sum << 15 | sum >> 1) + bytes[i]);
	}
	return sum;
}

static bool take_name(struct set *set)
{
	uint32_t count = set->entries[SET_STREAM].stream.name_units;

	set->name.count = count;
	if (count == 0 || SET_NAME + (count + NAME_UNITS - 1) / NAME_UNITS > set->count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const union exfat_entry *e = &set->entries[SET_NAME + i / NAME_UNITS];

		if (e->type != TYPE_NAME)
			return false;
		set->name.units[i] = e->name.units[i % NAME_UNITS];
	}
	return true;
}

/* What follows the name must be such that it can be kept as it is (8.2). */
static enum set_state state_of(const struct fat *fs, struct set *set)
{
	const struct exfat_stream_entry *stream = &set->entries[SET_STREAM].stream;

	if (set->count <= SET_NAME || stream->type != TYPE_STREAM || !take_name(set))
		return SET_BROKEN;
	for (uint32_t i = set_size_for(&set->name); i < set->count; i++) {
		if ((set->entries[i].type & TYPE_BENIGN) == 0)
			return SET_UNKNOWN;
	}
	if (sum_of(set) != set->entries[SET_FILE].file.sum ||
		stream->name_hash != upcase_hash(fs, &set->name))
		return SET_SUM;
	return SET_SOUND;
}

status_t set_read(struct cursor *c, struct set *set)
{
	uint32_t wanted = 1;
	uint64_t place;

	set->first = c->index;
	set->state = SET_BROKEN;
	for (set->count = 0; set->count < wanted; set->count++) {
		struct cursor before = *c;
		union exfat_entry *entry;
		status_t status = exfat_next_entry(c, &entry, &place);

		if (status == ERR_NOT_FOUND)
			return OK;
		TRY(status);
		if (set->count == 0) {
			set->place = place;
			wanted = 1u + entry->file.secondaries;
		} else if (!entry_is_used(entry) || !entry_is_secondary(entry)) {
			*c = before; /* it is none of them */
			return OK;
		}
		if (wanted > SET_MOST)
			return OK;
		set->entries[set->count] = *entry;
	}
	set->state = state_of(c->fs, set);
	return OK;
}

/* On a volume that is written to there are none of those: it is only read from then on. */
static bool is_usable(struct fat *fs, const struct set *set)
{
	static const char *const troubles[] = {
		[SET_SUM] = "the sum of a file's entries, or its name's, is wrong",
		[SET_UNKNOWN] = "a file has entries that are not known",
		[SET_BROKEN] = "entries of a file are missing",
	};

	if (set->state == SET_SOUND)
		return true;
	fs->read_only = true;
	fat_note_trouble(fs, troubles[set->state], set->place);
	return set->state == SET_SUM;
}

status_t set_next(struct cursor *c, struct set *set)
{
	bool is_root = c->chain.start == c->fs->g.root_cluster;

	for (;;) {
		struct cursor before = *c;
		union exfat_entry *entry;
		uint64_t place;

		TRY(exfat_next_entry(c, &entry, &place));
		if (entry->type == TYPE_END)
			return ERR_NOT_FOUND;
		if (!entry_is_known(entry->type, is_root))
			return fat_corrupt(
				c->fs, "a directory has an entry that is not known", place);
		if (entry->type != TYPE_FILE)
			continue;
		*c = before;
		TRY(set_read(c, set));
		if (is_usable(c->fs, set))
			return OK;
	}
}

/* --- writing ------------------------------------------------------------------------------------
 */

uint32_t set_size_for(const struct fat_name *name)
{
	return SET_NAME + (name->count + NAME_UNITS - 1) / NAME_UNITS;
}

/* Others that it has are behind the name. */
void set_give_name(const struct fat *fs, struct set *set, const struct fat_name *name)
{
	struct exfat_stream_entry *stream = &set->entries[SET_STREAM].stream;
	uint32_t end = set_size_for(name);

	for (uint32_t i = SET_NAME; i < end; i++) {
		struct exfat_name_entry *piece = &set->entries[i].name;

		*piece = (struct exfat_name_entry){.type = TYPE_NAME};
		for (uint32_t unit = 0; unit < NAME_UNITS; unit++) {
			uint32_t at = (i - SET_NAME) * NAME_UNITS + unit;

			piece->units[unit] = at < name->count ? name->units[at] : 0;
		}
	}
	stream->name_units = (uint8_t)name->count;
	stream->name_hash = upcase_hash(fs, name);
	set->name = *name;
	set->count = set->count > end ? set->count : end;
	set->entries[SET_FILE].file.secondaries = (uint8_t)(set->count - 1);
}

status_t set_write(struct cursor *c, struct set *set)
{
	set->entries[SET_FILE].file.sum = sum_of(set);
	for (uint32_t i = 0; i < set->count; i++) {
		union exfat_entry *entry;
		uint64_t place;

		TRY(exfat_next_entry(c, &entry, &place));
		if (i == 0)
			set->place = place;
		if (memcmp(entry->bytes, set->entries[i].bytes, ENTRY_SIZE) == 0)
			continue;
		fat_buffer_change(c->fs, c->last, entry, ENTRY_SIZE);
		*entry = set->entries[i];
	}
	return OK;
}

status_t set_remove(struct cursor *c, uint32_t count)
{
	for (; count > 0; count--) {
		union exfat_entry *entry;
		uint64_t place;

		TRY(exfat_next_entry(c, &entry, &place));
		fat_buffer_change(c->fs, c->last, entry, ENTRY_SIZE);
		entry->type &= (uint8_t)~TYPE_IN_USE;
	}
	return OK;
}
