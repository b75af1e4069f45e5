// SPDX-License-Identifier: MIT OR Apache-2.0
/* Descriptions and numbers: see description.h. */
#include "description.h"

#include "cache.h"
#include "lock.h"
#include "pipe.h"
#include "share.h"
#include "watch.h"

#include <craton/estate.h>

#define KEPT_PART 8u /* of the descriptions: kept for clients with few numbers */

struct table {
	uint32_t free; /* list through next_free: description + 1 */
	uint32_t free_count;
	uint32_t unused; /* descriptions from here on were never used */
};

static struct table *table;
static struct description *descriptions;
static struct client *clients;
static void *windows[SHARE_CLIENTS_MOST];
static uint32_t description_count;
static uint32_t client_count;

/* --- windows --------------------------------------------------------------------------------- */

static uint32_t window_key(const struct client *c)
{
	return SHARE_WINDOW + (uint32_t)(c - clients);
}

/* Those of the clients that there are, in a new instance. */
static bool map_windows(void)
{
	for (uint32_t i = 0; i < client_count; i++) {
		struct client *c = &clients[i];

		if (c->has_window && share_unit(window_key(c), client_badge(c), &windows[i]) != OK)
			return false;
	}
	return true;
}

static status_t give_window(struct client *c)
{
	uint64_t badge = client_badge(c);
	uint64_t sheet = c->arena + MEMORY_SHARED_UNIT;
	status_t status = share_unit(window_key(c), badge, &windows[c - clients]);

	if (status == OK)
		status = share_lend(window_key(c), badge, c->arena, RIGHT_READ | RIGHT_WRITE);
	if (status == OK) {
		status = share_lend(SHARE_SHEET, badge, sheet, RIGHT_READ);
		if (status != OK)
			share_take_back(badge, c->arena);
	}
	if (status == OK)
		ESTATE_SET(c->has_window, 1);
	else
		share_drop(window_key(c));
	return status;
}

status_t client_attach(struct client *c, uint64_t arena, bool window)
{
	uint64_t badge = client_badge(c);
	uint64_t size = (uint64_t)(CLIENT_NUMBERS + 2) * MEMORY_SHARED_UNIT;
	uint64_t old = c->arena;
	status_t status;

	if (badge == 0 || badge >= BADGE_SERVICE)
		return ERR_NOT_SUPPORTED;
	if (arena == 0 || arena % MEMORY_SHARED_UNIT != 0 || arena >= ABI_USER_ADDRESS_END - size)
		return ERR_RANGE;
	if (old != 0 && old != arena)
		return ERR_EXISTS;
	ESTATE_SET(c->arena, arena);
	if (!window || c->has_window)
		return OK;
	status = give_window(c);
	if (status != OK)
		ESTATE_SET(c->arena, old);
	return status;
}

uint64_t client_place(const struct client *c, uint64_t id)
{
	return c->arena != 0 ? c->arena + (1 + id) * MEMORY_SHARED_UNIT : 0;
}

void client_is_program(
	struct client *client, uint64_t parent, bool may_mount, const uint8_t *name, size_t size)
{
	ESTATE_SET(client->may_mount, may_mount);
	ESTATE_SET(client->parent, parent);
	estate_save(client->name, sizeof(client->name));
	memset(client->name, 0, sizeof(client->name));
	memcpy(client->name, name, size);
}

const struct client *client_at(uint64_t index)
{
	return index < client_count ? &clients[index] : nullptr;
}

uint8_t *client_window(const struct client *c)
{
	return c->has_window ? windows[c - clients] : nullptr;
}

bool descriptions_open(uint32_t descriptions_most, uint32_t clients_most)
{
	description_count = descriptions_most;
	client_count = clients_most;
	table = estate_allocate(sizeof(*table), 64);
	descriptions = estate_allocate(description_count * sizeof(*descriptions), 64);
	clients = estate_allocate(client_count * sizeof(*clients), 64);
	return table != nullptr && descriptions != nullptr && clients != nullptr &&
	       client_count <= SHARE_CLIENTS_MOST && map_windows();
}

/* --- clients --------------------------------------------------------------------------------- */

/* The client with a key (0: a free place), searched from where its badge would be. */
static struct client *search(uint64_t key, uint64_t badge)
{
	for (uint32_t i = 0; i < client_count; i++) {
		struct client *c = &clients[(badge + i) % client_count];

		if (c->key == key)
			return c;
	}
	return nullptr;
}

struct client *client_known(uint64_t badge)
{
	return search(badge + 1, badge);
}

struct client *client_find(uint64_t badge)
{
	struct client *c = client_known(badge);

	if (c != nullptr)
		return c;
	c = search(0, badge);
	if (c != nullptr)
		ESTATE_SET(c->key, badge + 1);
	return c;
}

void client_forget(struct client *c)
{
	if (c->has_window)
		share_drop(window_key(c));
	ESTATE_SET(c->has_window, 0);
	ESTATE_SET(c->arena, 0);
	ESTATE_SET(c->may_mount, 0);
	ESTATE_SET(c->name[0], 0);
	ESTATE_SET(c->key, 0);
}

/* --- numbers --------------------------------------------------------------------------------- */

struct description *client_description(const struct client *c, uint64_t id)
{
	if (id == 0 || id > CLIENT_NUMBERS || c->numbers[id - 1] == 0)
		return nullptr;
	return &descriptions[c->numbers[id - 1] - 1];
}

status_t client_check_room(const struct client *c, unsigned numbers, unsigned needed)
{
	uint32_t left = description_count - table->unused + table->free_count;
	uint32_t kept = c->used + numbers > CLIENT_FEW ? description_count / KEPT_PART : 0;

	if (CLIENT_NUMBERS - c->used < numbers || (needed > 0 && left < kept + needed))
		return ERR_TOO_MANY;
	return OK;
}

uint64_t client_first_number(const struct client *c)
{
	for (uint64_t id = 1; id <= CLIENT_NUMBERS; id++) {
		if (c->numbers[id - 1] != 0)
			return id;
	}
	return 0;
}

uint64_t client_add(struct client *c, struct description *d)
{
	uint64_t id = 1;

	while (c->numbers[id - 1] != 0)
		id++;
	ESTATE_SET(c->used, c->used + 1);
	ESTATE_SET(c->numbers[id - 1], (uint16_t)(d - descriptions + 1));
	ESTATE_SET(d->references, d->references + 1);
	return id;
}

uint32_t description_number(const struct description *d)
{
	return (uint32_t)(d - descriptions);
}

/* --- descriptions ---------------------------------------------------------------------------- */

static struct description *take(void)
{
	struct description *d;

	estate_save(table, sizeof(*table));
	if (table->free == 0)
		return &descriptions[table->unused++];
	d = &descriptions[table->free - 1];
	table->free = d->next_free;
	table->free_count--;
	return d;
}

struct description *client_open(struct client *c, enum description_kind kind, uint64_t *id)
{
	struct description *d = take();

	estate_save(d, sizeof(*d));
	*d = (struct description){.kind = kind};
	*id = client_add(c, d);
	return d;
}

static void let_go(const struct description *d, uint32_t number)
{
	switch (d->kind) {
	case DESCRIPTION_PIPE_READ:
		pipe_close(d->pipe, PIPE_END_READ);
		watch_end(d->pipe);
		break;
	case DESCRIPTION_PIPE_WRITE:
		pipe_close(d->pipe, PIPE_END_WRITE);
		break;
	default:
		locks_release(d->place, number);
		place_let_go(d->place);
		break;
	}
}

static void end(struct description *d)
{
	struct description old = *d;

	estate_save(d, sizeof(*d));
	estate_save(table, sizeof(*table));
	*d = (struct description){.next_free = table->free};
	table->free = (uint32_t)(d - descriptions) + 1;
	table->free_count++;
	let_go(&old, description_number(d));
}

status_t client_close(struct client *c, uint64_t id)
{
	struct description *d = client_description(c, id);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (is_pipe(d))
		pipe_leave(d->pipe, client_badge(c), client_place(c, id));
	ESTATE_SET(c->used, c->used - 1);
	ESTATE_SET(c->numbers[id - 1], 0);
	ESTATE_SET(d->references, d->references - 1);
	if (d->references == 0)
		end(d);
	return OK;
}
