// SPDX-License-Identifier: MIT OR Apache-2.0
/* See watch.h. */
#include "watch.h"

#include "cache.h"
#include "pipe.h"

#include <craton/estate.h>

#define EVENT_MOST (sizeof(struct change_event) + NAME_MOST + 8)

struct watch {
	struct place place;
	uint64_t account;
	uint64_t events; /* enum change_kind that are wanted; 0: free */
	uint32_t pipe;
	uint32_t has_lost; /* events, of which the reader was not told */
	/* What was told last: as long as nobody has read it, it need not be told again. */
	uint64_t last_inode;
	uint32_t last_kind; /* 0: it had a name */
};

struct watches {
	uint64_t count; /* that are used: mostly none, and nothing needs to be looked for */
	struct watch list[WATCHES_MOST];
};

static struct watches *table;

bool watches_open(void)
{
	table = estate_allocate(sizeof(*table), 64);
	return table != nullptr;
}

status_t watch_check_room(uint64_t account)
{
	unsigned own = 0;

	for (unsigned i = 0; i < WATCHES_MOST; i++)
		own += table->list[i].events != 0 && table->list[i].account == account;
	if (own >= WATCHES_OF_CLIENT)
		return ERR_QUOTA;
	return table->count < WATCHES_MOST ? OK : ERR_TOO_MANY;
}

void watch_make(struct place place, uint64_t events, uint32_t pipe, uint64_t account)
{
	struct watch *w = table->list;

	while (w->events != 0)
		w++;
	estate_save(w, sizeof(*w));
	*w = (struct watch){.place = place, .events = events, .pipe = pipe, .account = account};
	ESTATE_SET(table->count, table->count + 1);
}

void watch_end(uint32_t pipe)
{
	for (unsigned i = 0; i < WATCHES_MOST; i++) {
		struct watch *w = &table->list[i];
		struct place place = w->place;

		if (w->events == 0 || w->pipe != pipe)
			continue;
		estate_save(w, sizeof(*w));
		*w = (struct watch){0};
		ESTATE_SET(table->count, table->count - 1);
		pipe_close(pipe, PIPE_END_WRITE);
		place_let_go(place);
		return;
	}
}

static bool put(struct watch *w, uint64_t inode, enum change_kind kind, struct name name)
{
	uint8_t bytes[EVENT_MOST] = {0};
	struct change_event event = {
		.inode = inode, .kind = kind, .name_size = (uint32_t)name.size};
	size_t size = (sizeof(event) + name.size + 7) / 8 * 8;

	memcpy(bytes, &event, sizeof(event));
	if (name.size > 0)
		memcpy(bytes + sizeof(event), name.text, name.size);
	return pipe_tell(w->pipe, bytes, size);
}

static void tell(struct watch *w, uint64_t inode, enum change_kind kind, struct name name)
{
	bool is_same = name.size == 0 && w->last_kind == kind && w->last_inode == inode;

	if ((w->events & kind) == 0 || (is_same && pipe_has_bytes(w->pipe)))
		return;
	estate_save(w, sizeof(*w));
	if (w->has_lost != 0)
		w->has_lost = !put(w, 0, CHANGE_KIND_LOST, (struct name){0});
	if (w->has_lost == 0 && !put(w, inode, kind, name))
		w->has_lost = !put(w, 0, CHANGE_KIND_LOST, (struct name){0});
	w->last_inode = inode;
	w->last_kind = name.size == 0 ? kind : 0;
}

static bool is_watched(const struct watch *w, struct place place)
{
	return w->events != 0 && place_is_same(w->place, place);
}

void watch_name(struct place directory, struct name name, enum change_kind kind)
{
	for (unsigned i = 0; table->count > 0 && i < WATCHES_MOST; i++) {
		if (is_watched(&table->list[i], directory))
			tell(&table->list[i], 0, kind, name);
	}
}

void watch_node(struct place place, struct place directory, enum change_kind kind)
{
	for (unsigned i = 0; table->count > 0 && i < WATCHES_MOST; i++) {
		struct watch *w = &table->list[i];
		struct file_attributes a = {0};
		status_t status;

		if (!is_watched(w, place) && !is_watched(w, directory))
			continue;
		status = place_attributes(place, &a);
		tell(w, status == OK ? a.inode : 0, kind, (struct name){0});
	}
}
