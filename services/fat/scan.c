// SPDX-License-Identifier: MIT OR Apache-2.0
/* Looking through directories: see scan.h. */
#include "scan.h"

uint64_t scan_key(const struct fat *fs, struct name text, bool is_new)
{
	return name_key(text, fs->seed + (is_new ? 1 : 0));
}

struct scan *scan_of(struct fat *fs, uint32_t start, uint64_t key)
{
	struct scan *s;

	for (s = fs->scans; s < fs->scans + SCANS; s++) {
		if (s->start == start && s->key == key && s->changes == fs->changes)
			return s;
	}
	s = &fs->scans[fs->oldest_scan++ % SCANS];
	*s = (struct scan){.start = start, .key = key, .changes = fs->changes};
	return s;
}

static struct scan *search_of(struct fat *fs, uint32_t start, struct name text)
{
	struct scan *s = scan_of(fs, start, scan_key(fs, text, false));
	const struct found_last *last = &fs->found_last[start % FOUND_LAST];

	if (s->index == 0 && !s->is_around && last->start == start &&
		last->changes == fs->changes) {
		s->index = last->index;
		s->origin = last->index;
	}
	return s;
}

/* Up to the end, or to where the search began. */
static status_t search(struct cursor *c, struct scan *s,
	status_t (*match)(struct cursor *cursor, void *context), void *context)
{
	status_t status;

	TRY(cursor_set(c->fs, c, c->chain, s->index));
	for (;;) {
		s->index = c->index;
		if (s->is_around && c->index >= s->origin)
			return ERR_NOT_FOUND;
		status = match(c, context);
		if (status != ERR_AGAIN)
			return status;
	}
}

status_t scan_find(struct fat *fs, struct chain chain, struct name text,
	status_t (*match)(struct cursor *cursor, void *context), void *context)
{
	struct scan *s = search_of(fs, chain.start, text);
	struct cursor c = {.fs = fs, .chain = chain};
	status_t status = search(&c, s, match, context);

	if (status == ERR_NOT_FOUND && !s->is_around) {
		s->is_around = true;
		s->index = 0;
		status = search(&c, s, match, context);
	}
	if (status == OK)
		fs->found_last[chain.start % FOUND_LAST] =
			(struct found_last){chain.start, c.index, fs->changes};
	return status;
}
