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

/* --- requests -----------------------------------------------------------------------------------
 */

static uint8_t *bytes_at(const struct block_slot *slot)
{
	return (uint8_t *)share_host_object(slot->object) + slot->object_offset;
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
	memcpy(image + slot->offset, bytes_at(slot), slot->size);
}

static void perform(const struct block_slot *slot)
{
	switch (slot->operation) {
	case BLOCK_OPERATION_READ:
		memcpy(bytes_at(slot), image + slot->offset, slot->size);
		break;
	case BLOCK_OPERATION_WRITE:
		write_bytes(slot);
		break;
	default:
		old_count = 0;
		break;
	}
}

bool drive_host_finish(unsigned choice)
{
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		struct block_slot *slot = &slots[(i + choice) % BLOCK_SLOTS];

		if (slot->state != BLOCK_STATE_REQUESTED)
			continue;
		slot->status = (unsigned)rand() % 100 < failing ? (uint64_t)-ERR_IO : 0;
		if (slot->status == 0)
			perform(slot);
		else if (slot->operation == BLOCK_OPERATION_READ)
			memset(bytes_at(slot), 0xee, slot->size);
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

/* No two requests reach the same bytes of the disk or of memory, unless both read the disk. */
static void assert_apart(const struct block_slot *a, const struct block_slot *b)
{
	bool writes =
		a->operation == BLOCK_OPERATION_WRITE || b->operation == BLOCK_OPERATION_WRITE;

	assert_false(!may_share && writes && a->offset < b->offset + b->size &&
		     b->offset < a->offset + a->size);
	assert_false(
		!may_share && a->object == b->object && a->size != 0 && b->size != 0 &&
		(a->operation == BLOCK_OPERATION_READ || b->operation == BLOCK_OPERATION_READ) &&
		a->object_offset < b->object_offset + b->size &&
		b->object_offset < a->object_offset + a->size);
}

bool drive_begin(const struct block_slot *request, struct drive_bytes bytes)
{
	struct block_slot slot = *request;
	struct block_slot *place = nullptr;
	bool is_bad;

	slot.object = bytes.object;
	slot.object_offset = bytes.offset;
	assert_true(is_connected);
	assert_int_equal(slot.unit, UNIT);
	is_bad = (slot.offset | slot.size) % BLOCK_SECTOR != 0 || slot.offset > size ||
		 slot.size > size - slot.offset;
	assert_true(!is_bad || may_share);
	assert_false(is_protected && slot.operation == BLOCK_OPERATION_WRITE);
	for (unsigned i = 0; i < BLOCK_SLOTS; i++) {
		if (slots[i].state == BLOCK_STATE_FREE)
			place = &slots[i];
		else if (slots[i].id == slot.id && slots[i].unit == slot.unit)
			return true;
		else if (slots[i].state == BLOCK_STATE_REQUESTED)
			assert_apart(&slots[i], &slot);
	}
	if (place == nullptr)
		return false;
	slot.state = is_bad ? BLOCK_STATE_DONE : BLOCK_STATE_REQUESTED;
	slot.status = is_bad ? (uint64_t)-ERR_RANGE : 0;
	*place = slot;
	return true;
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
