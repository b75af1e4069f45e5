// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_drive.h. */
#include "vfs_drive.h"

#include "blocks.h"
#include "share.h"
#include "share_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNIT        0u
#define SECTOR_MOST 4096u

struct old_sector {
	uint64_t number;
	uint8_t bytes[SECTOR_MOST];
};

static uint8_t *image;
static uint64_t size;
static struct block_slot slots[BLOCK_SLOTS];
static struct block_piece pieces[BLOCK_SLOTS][BLOCK_PIECES]; /* of each; ends with size 0 */
static size_t bad_sector = SIZE_MAX; /* byte on the disk that cannot be moved */
static struct old_sector *olds;
static size_t old_count;
static size_t old_room;
static unsigned failing;
static unsigned sector = SECTOR_MOST;
static bool is_connected;
static bool may_share;
static bool is_protected;

void drive_host_set(uint8_t *bytes, uint64_t count)
{
	free(image);
	image = bytes;
	size = count;
	memset(slots, 0, sizeof(slots));
	old_count = 0;
	failing = 0;
	bad_sector = SIZE_MAX;
	is_protected = false;
}

bool drive_host_is_protected(void)
{
	return is_protected;
}

void drive_host_load(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	uint64_t count;

	assert_non_null(file);
	(void)fseek(file, 0, SEEK_END);
	count = (uint64_t)ftell(file);
	rewind(file);
	bytes = malloc(count);
	assert_true(bytes != NULL && fread(bytes, 1, count, file) == count);
	(void)fclose(file);
	drive_host_set(bytes, count);
}

void drive_host_sector(unsigned bytes)
{
	sector = bytes;
}

void drive_host_allow_shared(bool allow)
{
	may_share = allow;
}

void drive_host_save(const char *path)
{
	FILE *file = fopen(path, "wb");

	assert_true(file != NULL && fwrite(image, 1, size, file) == size);
	(void)fclose(file);
}

void drive_host_fail(unsigned percent)
{
	failing = percent;
}

void drive_host_spoil(size_t at)
{
	bad_sector = at;
}

size_t drive_host_find(const uint8_t *page)
{
	size_t found = SIZE_MAX;

	for (size_t at = 0; at + BLOCK_SIZE <= size; at += BLOCK_SECTOR) {
		if (memcmp(image + at, page, BLOCK_SIZE) != 0)
			continue;
		assert_true(found == SIZE_MAX);
		found = at;
	}
	assert_true(found != SIZE_MAX);
	return found;
}

/* --- requests -----------------------------------------------------------------------------------
 */

/* Bytes between a slot's pieces and a buffer. */
static void copy(const struct block_slot *slot, uint8_t *buffer, bool is_out)
{
	const struct block_piece *list = pieces[slot - slots];

	for (unsigned i = 0; i < BLOCK_PIECES && list[i].size > 0; i++) {
		uint8_t *bytes = (uint8_t *)share_host_object(slot->object) + list[i].offset;

		memcpy(is_out ? bytes : buffer, is_out ? buffer : bytes, list[i].size);
		buffer += list[i].size;
	}
}

static void spoil(const struct block_slot *slot)
{
	const struct block_piece *list = pieces[slot - slots];

	for (unsigned i = 0; i < BLOCK_PIECES && list[i].size > 0; i++)
		memset((uint8_t *)share_host_object(slot->object) + list[i].offset, 0xee,
			list[i].size);
}

static void keep_old(uint64_t number)
{
	if (old_count == old_room) {
		old_room = old_room * 2 + 1024;
		olds = realloc(olds, old_room * sizeof(*olds));
		assert_non_null(olds);
	}
	olds[old_count].number = number;
	memcpy(olds[old_count++].bytes, image + number * sector, sector);
}

static void write_bytes(const struct block_slot *slot)
{
	bool lasts = (slot->flags & BLOCK_LASTING) != 0;

	for (uint64_t at = slot->offset / sector * sector; !lasts && at < slot->offset + slot->size;
		at += sector)
		keep_old(at / sector);
	copy(slot, image + slot->offset, false);
}

static void perform(const struct block_slot *slot)
{
	switch (slot->operation) {
	case BLOCK_OPERATION_READ:
		copy(slot, image + slot->offset, true);
		break;
	case BLOCK_OPERATION_WRITE:
		write_bytes(slot);
		break;
	default:
		old_count = 0;
		break;
	}
}

static bool is_bad(const struct block_slot *slot)
{
	return (unsigned)rand() % 100 < failing ||
	       (slot->offset <= bad_sector && bad_sector < slot->offset + slot->size);
}

bool drive_host_finish(unsigned choice)
{
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		struct block_slot *slot = &slots[(i + choice) % BLOCK_SLOTS];

		if (slot->state != BLOCK_STATE_REQUESTED)
			continue;
		slot->status = is_bad(slot) ? (uint64_t)-ERR_IO : 0;
		if (slot->status == 0)
			perform(slot);
		else if (slot->operation == BLOCK_OPERATION_READ)
			spoil(slot);
		slot->state = BLOCK_STATE_DONE;
		return true;
	}
	return false;
}

void drive_host_cut(void)
{
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		if (slots[i].state == BLOCK_STATE_REQUESTED &&
			slots[i].operation == BLOCK_OPERATION_WRITE && rand() % 2 != 0)
			write_bytes(&slots[i]);
	}
	memset(slots, 0, sizeof(slots));
	while (old_count > 0) {
		const struct old_sector *old = &olds[--old_count];

		if (rand() % 2 != 0)
			memcpy(image + old->number * sector, old->bytes, sector);
	}
}

/* --- for the VFS --------------------------------------------------------------------------------
 */

bool drive_open(void)
{
	return true;
}

status_t drive_connect(uint64_t unit)
{
	assert_int_equal(unit, UNIT);
	is_connected = true;
	return OK;
}

bool drive_is_used(uint64_t unit)
{
	assert_int_equal(unit, UNIT);
	return is_connected;
}

void drive_look(void)
{
}

bool drive_is_changed(uint64_t bits)
{
	(void)bits;
	return false;
}

bool drive_next_gone(uint64_t *number)
{
	(void)number;
	return false;
}

void drive_let_go(uint64_t number)
{
	(void)number;
}

const struct block_unit *drive_next(uint64_t *number)
{
	return drive_unit(*number);
}

bool drive_is_same_disk(uint64_t a, uint64_t b)
{
	return a == b;
}

const struct block_unit *drive_unit(uint64_t number)
{
	static struct block_unit unit = {.name = "vda"};

	unit.size = size;
	return number == UNIT ? &unit : nullptr;
}

status_t drive_find(const char *name, size_t name_size, uint64_t *number)
{
	*number = UNIT;
	return name_size == 3 && memcmp(name, "vda", 3) == 0 ? OK : ERR_NOT_FOUND;
}

static bool share_memory(const struct block_piece *a, const struct block_piece *b)
{
	for (unsigned n = 0; n < BLOCK_PIECES * BLOCK_PIECES; n++) {
		const struct block_piece *one = &a[n % BLOCK_PIECES];
		const struct block_piece *other = &b[n / BLOCK_PIECES];

		if (one->size != 0 && other->size != 0 &&
			one->offset < other->offset + other->size &&
			other->offset < one->offset + one->size)
			return true;
	}
	return false;
}

/* No two requests reach the same bytes of the disk or of memory, unless both read the disk. */
static void assert_apart(const struct block_slot *a, const struct block_slot *b,
	const struct block_piece list[BLOCK_PIECES])
{
	bool writes =
		a->operation == BLOCK_OPERATION_WRITE || b->operation == BLOCK_OPERATION_WRITE;

	assert_false(!may_share && writes && a->offset < b->offset + b->size &&
		     b->offset < a->offset + a->size);
	assert_false(
		!may_share && a->object == b->object && a->size != 0 && b->size != 0 &&
		(a->operation == BLOCK_OPERATION_READ || b->operation == BLOCK_OPERATION_READ) &&
		share_memory(pieces[a - slots], list));
}

static bool is_nonsense(const struct block_slot *slot)
{
	return (slot->offset | slot->size) % BLOCK_SECTOR != 0 || slot->offset > size ||
	       slot->size > size - slot->offset;
}

static bool put(const struct block_slot *slot, const struct block_piece list[BLOCK_PIECES])
{
	struct block_slot *place = nullptr;

	assert_true(is_connected);
	assert_int_equal(slot->unit, UNIT);
	assert_true(!is_nonsense(slot) || may_share);
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		if (slots[i].state == BLOCK_STATE_FREE)
			place = &slots[i];
		else if (slots[i].id == slot->id && slots[i].unit == slot->unit)
			return true;
		else if (slots[i].state == BLOCK_STATE_REQUESTED)
			assert_apart(&slots[i], slot, list);
	}
	if (place == nullptr)
		return false;
	*place = *slot;
	place->state = is_nonsense(slot) ? BLOCK_STATE_DONE : BLOCK_STATE_REQUESTED;
	place->status = is_nonsense(slot) ? (uint64_t)-ERR_RANGE : 0;
	memcpy(pieces[place - slots], list, sizeof(pieces[0]));
	return true;
}

bool drive_begin(const struct block_slot *request, struct drive_bytes bytes)
{
	struct block_piece list[BLOCK_PIECES] = {{(uint32_t)bytes.offset, request->size}};
	struct block_slot slot = *request;

	slot.object = bytes.object;
	return put(&slot, list);
}

/* Requests are cut anywhere. */
uint32_t drive_begin_pages(const struct block_slot *request, const uint32_t *blocks, uint32_t into)
{
	struct block_piece list[BLOCK_PIECES] = {0};
	struct block_slot slot = *request;
	uint32_t most = 1 + (uint32_t)rand() % BLOCK_PIECES;
	uint32_t step = (blocks[0] - 1) / SHARE_POOL_STEP;

	slot.object = share_pool_object(step);
	slot.size = 0;
	for (uint32_t i = 0; i < most && slot.size < request->size; i++) {
		uint32_t left = request->size - slot.size;
		uint32_t part = left < BLOCK_SIZE - into ? left : BLOCK_SIZE - into;

		if ((blocks[i] - 1) / SHARE_POOL_STEP != step)
			break;
		list[i] = (struct block_piece){
			(blocks[i] - 1) % SHARE_POOL_STEP * BLOCK_SIZE + into, part};
		slot.size += part;
		into = 0;
	}
	return put(&slot, list) ? slot.size : 0;
}

bool drive_find_begun(uint64_t unit, uint64_t *id, uint64_t last)
{
	uint64_t found = UINT64_MAX;

	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		const struct block_slot *slot = &slots[i];

		if (slot->state != BLOCK_STATE_FREE && slot->unit == unit && slot->id >= *id &&
			slot->id <= last && slot->id < found)
			found = slot->id;
	}
	*id = found;
	return found != UINT64_MAX;
}

void drive_kick(void)
{
}

bool drive_end(uint64_t *unit, uint64_t *id, status_t *status)
{
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		if (slots[i].state != BLOCK_STATE_DONE)
			continue;
		*unit = slots[i].unit;
		*id = slots[i].id;
		*status = -(status_t)slots[i].status;
		slots[i].state = BLOCK_STATE_FREE;
		return true;
	}
	return false;
}

status_t drive_forget(uint64_t unit, uint64_t object)
{
	assert_int_equal(unit, UNIT);
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		if (slots[i].state == BLOCK_STATE_REQUESTED && slots[i].object == object)
			return ERR_BUSY;
	}
	return OK;
}

status_t drive_protect(uint64_t unit, bool is_on)
{
	assert_int_equal(unit, UNIT);
	assert_true(is_connected);
	is_protected = is_on;
	return OK;
}
