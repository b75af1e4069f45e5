// SPDX-License-Identifier: MIT OR Apache-2.0
/* Serving requests in slots: see craton/block_server.h. A slot says whose turn it is; what is under
 * way is known here only, so a new instance begins all that is requested. */
#include "partition.h"
#include "pieces.h"

#include <abi/syscall.h>
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>

#define CLIENTS      PROCESS_SERVICES /* by the number of their service */
#define OBJECTS_MOST 1024u
#define SLOT_SHIFT   8u /* of a token */
#define READ_WAIT_NS 30000000000u

/* An object of a client in which requests have been: pinned. */
struct pinned {
	uint64_t object; /* 0: free */
	uint64_t physical;
	uint64_t size;
	uint64_t clients; /* bit per client */
};

struct block_server {
	uint64_t connected; /* bit per client */
	uint32_t unit_count;
	struct block_unit units[BLOCK_UNITS_MOST];
	uint32_t nths[BLOCK_UNITS_MOST];    /* whose device each is on */
	uint64_t holders[BLOCK_UNITS_MOST]; /* of one that is gone: bit per client */
	uint64_t guards[BLOCK_UNITS_MOST];  /* who only reads it: the same */
	uint32_t pinned_used;               /* entries below were used */
	struct pinned pinned[OBJECTS_MOST];
};

static const struct block_driver *driver;
static status_t own_status = ERR_AGAIN; /* of a request of our own: it has not ended */
static uint64_t end_count;
static struct block_server *state;
static struct block_slot *slots[CLIENTS];
static uint64_t under_way[CLIENTS][BLOCK_SLOTS / 64];
static uint16_t objects[CLIENTS][BLOCK_SLOTS]; /* of what is under way: pinned */
static uint8_t devices[CLIENTS][BLOCK_SLOTS];  /* the same: which has it */
/* Of what is under way: what was at the last look, and what was begun after its device was reset.
 */
static uint64_t aged[CLIENTS][BLOCK_SLOTS / 64];
static uint64_t again[CLIENTS][BLOCK_SLOTS / 64];
static uint64_t untold; /* bit per client: requests of it have ended */

bool block_open(const struct block_driver *definition)
{
	driver = definition;
	memset(slots, 0, sizeof(slots));
	memset(under_way, 0, sizeof(under_way));
	memset(again, 0, sizeof(again));
	untold = 0;
	state = estate_allocate(sizeof(*state), 64);
	return state != nullptr;
}

/* --- units --------------------------------------------------------------------------------------
 */

/* Part of a transaction. A number is given again when nobody has requests for what had it. */
static struct block_unit *new_unit(unsigned nth)
{
	uint32_t i = 0;

	while (i < state->unit_count && (state->units[i].is_gone == 0 || state->holders[i] != 0))
		i++;
	if (i == BLOCK_UNITS_MOST)
		return nullptr;
	if (i == state->unit_count)
		ESTATE_SET(state->unit_count, i + 1);
	ESTATE_SET(state->guards[i], 0);
	estate_save(&state->units[i], sizeof(state->units[i]));
	ESTATE_SET(state->nths[i], nth);
	return &state->units[i];
}

status_t block_wait_own(unsigned nth)
{
	uint64_t deadline = time_now() + READ_WAIT_NS;
	status_t status;

	driver->kick();
	while (own_status == ERR_AGAIN) {
		/* A device that does not stop to interrupt ends each wait. */
		if (driver_wait(nth, deadline) != OK || time_now() >= deadline)
			return ERR_IO;
		driver->take_ends(nth);
		driver->kick();
	}
	status = own_status;
	own_status = ERR_AGAIN;
	return status;
}

/* For the partition table, before requests are served. */
static status_t read_now(void *self, uint64_t offset, void *bytes, size_t size)
{
	const struct block_disk *d = self;
	const struct block_request request = {
		.token = BLOCK_TOKEN_OWN,
		.operation = BLOCK_OPERATION_READ,
		.disk = d->number,
		.size = (uint32_t)size,
		.offset = offset,
		.part_count = 1,
		.parts = {{d->scratch_physical, (uint32_t)size}},
	};
	status_t status = size <= BLOCK_SCRATCH ? OK : ERR_RANGE;

	own_status = ERR_AGAIN;
	if (status == OK)
		status = driver->begin(&request) ? block_wait_own(d->nth) : ERR_IO;
	if (status == OK)
		memcpy(bytes, d->scratch, size);
	return status;
}

static bool ends_with_digit(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && name[size - 1] >= '0' && name[size - 1] <= '9';
}

static void add_partitions(const struct block_unit *disk, const struct block_disk *d)
{
	static struct partition found[PARTITIONS_MOST];
	const char *separator = ends_with_digit((const char *)disk->name) ? "p" : "";
	uint32_t count;
	struct partition_disk table = {(void *)(uintptr_t)d, d->size, d->sector, read_now};
	status_t status = partitions_find(&table, found, &count);

	if (status != OK)
		debug_print("%s: the partition table cannot be read: %ld\n",
			(const char *)disk->name, status);
	for (uint32_t i = 0; i < count; i++) {
		struct block_unit *unit = new_unit(d->nth);

		if (unit == nullptr)
			return;
		*unit = (struct block_unit){
			.offset = found[i].offset,
			.size = found[i].size,
			.disk = disk->disk,
			.is_read_only = disk->is_read_only,
		};
		print_to((char *)unit->name, sizeof(unit->name), "%s%s%u", (const char *)disk->name,
			separator, found[i].number);
		memcpy(unit->type, found[i].type, sizeof(unit->type));
	}
}

void block_name_disk(char name[16], const char *prefix, uint32_t nth)
{
	print_to(name, 16, "%s%c", prefix, (int)('a' + nth % 26));
}

static bool is_name_used(const char *name)
{
	for (uint32_t i = 0; i < state->unit_count; i++) {
		if (state->units[i].is_gone == 0 &&
			strcmp((const char *)state->units[i].name, name) == 0)
			return true;
	}
	return false;
}

void block_name_next(char name[16], const char *prefix)
{
	uint32_t nth = 0;

	do {
		block_name_disk(name, prefix, nth++);
	} while (is_name_used(name) && nth < BLOCK_UNITS_MOST);
}

/* Clients look again. */
static void tell_change(void)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		if (slots[client] != nullptr)
			__atomic_add_fetch(block_changes(slots[client]), 1, __ATOMIC_RELEASE);
		if (service_start()->signals[client] != 0)
			(void)!sys_signal(service_start()->signals[client]);
	}
}

/* Units keep their numbers: only the first instance that sees the disk finds them. */
void block_add_disk(const struct block_disk *disk)
{
	struct block_unit *unit;

	for (uint32_t i = 0; i < state->unit_count; i++) {
		if (state->units[i].is_gone == 0 && state->units[i].disk == disk->number)
			return;
	}
	unit = new_unit(disk->nth);
	if (unit == nullptr) {
		debug_print("%s: no number is left for %s\n", driver->name, disk->name);
		return;
	}
	*unit = (struct block_unit){
		.size = disk->size, .disk = disk->number, .is_read_only = disk->is_read_only};
	print_to((char *)unit->name, sizeof(unit->name), "%s", disk->name);
	print_to((char *)unit->type, sizeof(unit->type), "disk");
	add_partitions(unit, disk);
	estate_commit();
	tell_change();
}

void block_remove_disks(unsigned nth)
{
	bool is_changed = false;

	for (uint32_t i = 0; i < state->unit_count; i++) {
		if (state->nths[i] != nth || state->units[i].is_gone != 0)
			continue;
		ESTATE_SET(state->units[i].is_gone, 1);
		ESTATE_SET(state->holders[i], state->connected);
		is_changed = true;
	}
	estate_commit();
	if (is_changed)
		tell_change();
}

/* --- objects ------------------------------------------------------------------------------------
 */

static struct pinned *find_pinned(uint64_t object)
{
	for (uint32_t i = 0; i < state->pinned_used; i++) {
		if (state->pinned[i].object == object)
			return &state->pinned[i];
	}
	return nullptr;
}

static struct pinned *free_pinned(void)
{
	struct pinned *entry = find_pinned(0);

	if (entry == nullptr && state->pinned_used < OBJECTS_MOST) {
		ESTATE_SET(state->pinned_used, state->pinned_used + 1);
		entry = &state->pinned[state->pinned_used - 1];
	}
	return entry;
}

/* The object's place in memory: asked once, as it stays there. */
static status_t pin(uint64_t object, uint32_t client, struct pinned **out)
{
	struct pinned *entry = object != 0 ? find_pinned(object) : nullptr;
	struct pinned new = {.object = object};
	status_t status = object != 0 ? OK : ERR_INVALID_ARGUMENT;

	if (entry == nullptr && status == OK) {
		entry = free_pinned();
		status = entry != nullptr ? driver_pin(object, &new.physical, &new.size)
					  : ERR_TOO_MANY;
		if (status != OK)
			return status;
		estate_save(entry, sizeof(*entry));
		*entry = new;
	}
	if (status != OK)
		return status;
	if ((entry->clients >> client & 1) == 0)
		ESTATE_SET(entry->clients, entry->clients | (uint64_t)1 << client);
	estate_commit();
	*out = entry;
	return OK;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static uint32_t state_of(const struct block_slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);
}

static bool get(uint64_t bits[CLIENTS][BLOCK_SLOTS / 64], uint32_t client, uint32_t slot)
{
	return (bits[client][slot / 64] >> slot % 64 & 1) != 0;
}

static void set(uint64_t bits[CLIENTS][BLOCK_SLOTS / 64], uint32_t client, uint32_t slot, bool is)
{
	uint64_t bit = (uint64_t)1 << slot % 64;
	uint64_t *word = &bits[client][slot / 64];

	*word = is ? *word | bit : *word & ~bit;
}

static bool is_under_way(uint32_t client, uint32_t slot)
{
	return get(under_way, client, slot);
}

static void set_under_way(uint32_t client, uint32_t slot, bool is)
{
	set(under_way, client, slot, is);
	set(aged, client, slot, false);
}

static void finish(uint32_t client, uint32_t slot, status_t status)
{
	struct block_slot *s = &slots[client][slot];

	set_under_way(client, slot, false);
	set(again, client, slot, false);
	s->status = (uint64_t)-status;
	__atomic_store_n(&s->state, BLOCK_STATE_DONE, __ATOMIC_RELEASE);
	untold |= (uint64_t)1 << client;
}

/* Once for all that has ended. A new instance signals all clients. */
static void tell_ends(void)
{
	for (uint32_t client = 0; untold != 0; client++) {
		if ((untold >> client & 1) == 0)
			continue;
		untold &= ~((uint64_t)1 << client);
		(void)!sys_signal(service_start()->signals[client]);
	}
}

static const struct block_piece *list_of(uint32_t client, uint32_t slot)
{
	const uint8_t *lists = (const uint8_t *)slots[client] + BLOCK_LISTS_OFFSET;

	return (const struct block_piece *)lists + slot * BLOCK_PIECES;
}

static_assert(BLOCK_CHANGES_OFFSET + sizeof(uint64_t) <= BLOCK_LISTS_OFFSET);
static_assert(BLOCK_LISTS_OFFSET + BLOCK_SLOTS * BLOCK_PIECES * sizeof(struct block_piece) <=
	      MEMORY_SHARED_UNIT);

/* The bytes of a request, in an object that is pinned then. */
static status_t take_bytes(
	uint32_t client, uint32_t slot, const struct block_slot *s, struct block_request *r)
{
	struct pinned *object;
	status_t status = pin(s->object, client, &object);

	if (status != OK)
		return status;
	objects[client][slot] = (uint16_t)(object - state->pinned);
	r->object = s->object;
	r->object_physical = object->physical;
	r->object_size = object->size;
	if ((s->flags & BLOCK_SCATTERED) != 0)
		return pieces_take(list_of(client, slot), object->physical, object->size, r);
	if (s->object_offset > object->size || s->size > object->size - s->object_offset)
		return ERR_RANGE;
	r->part_count = 1;
	r->parts[0] = (struct block_part){object->physical + s->object_offset, s->size};
	return OK;
}

/* A part of a disk is written by nobody as long as one of its clients only reads what it lies in,
 * or what lies in it. */
static bool is_guarded(const struct block_unit *unit)
{
	for (uint32_t i = 0; i < state->unit_count; i++) {
		const struct block_unit *other = &state->units[i];

		if (state->guards[i] != 0 && other->is_gone == 0 && other->disk == unit->disk &&
			other->offset < unit->offset + unit->size &&
			unit->offset < other->offset + other->size)
			return true;
	}
	return false;
}

static bool changes(uint32_t operation)
{
	return operation == BLOCK_OPERATION_WRITE || operation == BLOCK_OPERATION_DISCARD;
}

/* What the client wrote is read once, here. */
static status_t check(uint32_t client, uint32_t slot, struct block_request *r)
{
	const struct block_slot s = slots[client][slot];
	const struct block_unit *unit;

	if (s.unit >= state->unit_count)
		return ERR_NOT_FOUND;
	unit = &state->units[s.unit];
	if (unit->is_gone != 0)
		return ERR_IO;
	*r = (struct block_request){
		.operation = s.operation,
		.disk = unit->disk,
		.nth = state->nths[s.unit],
		.size = s.size,
		.offset = unit->offset + s.offset,
		.lasting = (s.flags & BLOCK_LASTING) != 0,
	};
	if (s.operation > BLOCK_OPERATION_DISCARD)
		return ERR_INVALID_ARGUMENT;
	if (s.operation != BLOCK_OPERATION_READ && unit->is_read_only != 0)
		return ERR_READ_ONLY;
	if (changes(s.operation) && is_guarded(unit))
		return ERR_READ_ONLY;
	if (s.operation == BLOCK_OPERATION_FLUSH)
		return OK;
	if ((s.offset | s.size) % BLOCK_SECTOR != 0)
		return ERR_ALIGNMENT;
	if ((s.flags & BLOCK_SCATTERED) == 0 && s.object_offset % BLOCK_ALIGNMENT != 0)
		return ERR_ALIGNMENT;
	if (s.size == 0 || s.offset > unit->size || s.size > unit->size - s.offset)
		return ERR_RANGE;
	if (s.operation == BLOCK_OPERATION_DISCARD)
		return OK;
	if (s.size > BLOCK_REQUEST_MOST)
		return ERR_RANGE;
	return take_bytes(client, slot, &s, r);
}

/* `full` has a bit for each disk that takes no more. A request may end while it begins. */
static void begin(uint32_t client, uint32_t slot, uint64_t *full)
{
	struct block_request r;
	status_t status = check(client, slot, &r);

	if (status != OK) {
		finish(client, slot, status);
		return;
	}
	r.token = client << SLOT_SHIFT | slot;
	devices[client][slot] = (uint8_t)r.nth;
	set_under_way(client, slot, true);
	if (driver->begin(&r))
		return;
	set_under_way(client, slot, false);
	*full |= (uint64_t)1 << r.disk;
}

static bool is_for(uint64_t disks, const struct block_slot *slot)
{
	uint64_t unit = __atomic_load_n(&slot->unit, __ATOMIC_RELAXED);

	return unit < state->unit_count && (disks >> state->units[unit].disk & 1) != 0;
}

void block_work(void)
{
	uint64_t full = 0;

	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (state_of(&slots[client][i]) == BLOCK_STATE_REQUESTED &&
				!is_under_way(client, i) && !is_for(full, &slots[client][i]))
				begin(client, i, &full);
		}
	}
	tell_ends();
}

void block_end_all(unsigned nth)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (is_under_way(client, i) && devices[client][i] == nth)
				finish(client, i, ERR_IO);
		}
	}
	tell_ends();
}

/* --- devices that do not answer -----------------------------------------------------------------
 */

static bool is_at(uint32_t client, uint32_t slot, unsigned nth)
{
	return is_under_way(client, slot) && devices[client][slot] == nth;
}

/* Requested, and not begun: the device takes no more. */
static bool waits_for(uint32_t client, uint32_t slot, unsigned nth)
{
	uint64_t unit = __atomic_load_n(&slots[client][slot].unit, __ATOMIC_RELAXED);

	return state_of(&slots[client][slot]) == BLOCK_STATE_REQUESTED &&
	       !is_under_way(client, slot) && unit < state->unit_count && state->nths[unit] == nth;
}

bool block_is_busy(void)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; i < BLOCK_SLOTS / 64; i++) {
			if (under_way[client][i] != 0)
				return true;
		}
	}
	return false;
}

uint64_t block_late(void)
{
	uint64_t late = 0;

	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (is_under_way(client, i) && get(aged, client, i))
				late |= (uint64_t)1 << devices[client][i];
		}
	}
	memcpy(aged, under_way, sizeof(aged));
	return late;
}

static bool was_begun_again(unsigned nth)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (is_at(client, i, nth) && get(again, client, i))
				return true;
		}
	}
	return false;
}

bool block_begin_again(unsigned nth)
{
	if (was_begun_again(nth))
		return false;
	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (!is_at(client, i, nth))
				continue;
			set_under_way(client, i, false);
			set(again, client, i, true);
		}
	}
	return true;
}

void block_end_silent(unsigned nth)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
			if (is_at(client, i, nth) || waits_for(client, i, nth))
				finish(client, i, ERR_TIMED_OUT);
		}
	}
	tell_ends();
}

uint64_t block_end_count(void)
{
	return end_count;
}

void block_done(uint32_t token, status_t status)
{
	end_count++;
	if (token == BLOCK_TOKEN_OWN) {
		own_status = status;
		return;
	}
	finish(token >> SLOT_SHIFT, token & ((1u << SLOT_SHIFT) - 1), status);
}

/* --- clients ------------------------------------------------------------------------------------
 */

static status_t map_slots(uint32_t client, uint64_t *object)
{
	void *memory;
	status_t status = driver_share(BLOCK_KEY + client, client, &memory, object);

	if (status == OK)
		slots[client] = memory;
	return status;
}

void block_start(void)
{
	for (uint32_t client = 0; client < CLIENTS; client++) {
		uint64_t object;

		if ((state->connected >> client & 1) != 0 && map_slots(client, &object) != OK)
			debug_print("block: client %u is lost\n", client);
	}
	tell_change(); /* the instance before may have died before it did */
	block_work();
}

static bool client_of(const struct request *request, uint32_t *client)
{
	uint64_t number = request->badge - BADGE_SERVICE;

	*client = (uint32_t)number;
	return request->badge >= BADGE_SERVICE && number < CLIENTS;
}

static status_t list_handler(struct request *request)
{
	if (request->words[0] >= state->unit_count)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, &state->units[request->words[0]], sizeof(struct block_unit));
	request->words[0] = sizeof(struct block_unit);
	request->reply_size = sizeof(struct block_unit);
	return OK;
}

static status_t connect_handler(struct request *request)
{
	uint32_t client;
	status_t status = client_of(request, &client) ? OK : ERR_ACCESS;

	if (status == OK)
		status = map_slots(client, &request->words[0]);
	if (status == OK)
		ESTATE_SET(state->connected, state->connected | (uint64_t)1 << client);
	return status;
}

static bool is_used(uint32_t client, const struct pinned *object)
{
	for (uint32_t i = 0; slots[client] != nullptr && i < BLOCK_SLOTS; i++) {
		if (is_under_way(client, i) && &state->pinned[objects[client][i]] == object)
			return true;
	}
	return false;
}

static status_t forget_handler(struct request *request)
{
	struct pinned *entry = find_pinned(request->words[0]);
	uint32_t client;

	if (!client_of(request, &client))
		return ERR_ACCESS;
	if (entry == nullptr || (entry->clients >> client & 1) == 0)
		return OK;
	if (is_used(client, entry))
		return ERR_BUSY;
	estate_save(entry, sizeof(*entry));
	entry->clients &= ~((uint64_t)1 << client);
	if (entry->clients == 0) {
		if (driver->forget != nullptr)
			driver->forget(entry->object);
		driver_unpin(entry->object);
		entry->object = 0;
	}
	return OK;
}

static status_t let_go_handler(struct request *request)
{
	uint64_t unit = request->words[0];
	uint32_t client;

	if (!client_of(request, &client))
		return ERR_ACCESS;
	if (unit >= state->unit_count)
		return ERR_NOT_FOUND;
	if (state->units[unit].is_gone == 0)
		return ERR_BUSY;
	ESTATE_SET(state->holders[unit], state->holders[unit] & ~((uint64_t)1 << client));
	return OK;
}

static status_t protect_handler(struct request *request)
{
	uint64_t unit = request->words[0];
	uint64_t guards;
	uint32_t client;

	if (!client_of(request, &client) || (state->connected >> client & 1) == 0)
		return ERR_ACCESS;
	if (unit >= state->unit_count)
		return ERR_NOT_FOUND;
	guards = state->guards[unit] & ~((uint64_t)1 << client);
	if (request->words[1] != 0)
		guards |= (uint64_t)1 << client;
	ESTATE_SET(state->guards[unit], guards);
	return OK;
}

const struct service_method block_methods[] = {
	[BLOCK_LIST] = {list_handler, RESTART_PURE},
	[BLOCK_CONNECT] = {connect_handler, RESTART_REPLAY},
	[BLOCK_FORGET] = {forget_handler, RESTART_REPLAY},
	[BLOCK_LET_GO] = {let_go_handler, RESTART_REPLAY},
	[BLOCK_PROTECT] = {protect_handler, RESTART_REPLAY},
};

const uint32_t block_method_count = sizeof(block_methods) / sizeof(block_methods[0]);
