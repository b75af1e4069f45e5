// SPDX-License-Identifier: MIT OR Apache-2.0
/* See ramdisk.h. The contents are in memory that outlives the instance, and a request that was
 * killed in the middle is done again from its beginning: the same bytes to the same place. */
#include "ramdisk.h"

#include "contents.h"
#include "size.h"

#include <craton/estate.h>

#define SECTOR 512u

/* In the estate. */
struct disk {
	uint64_t size;    /* bytes; 0: there is none */
	uint64_t is_made; /* all of its memory was there once: it holds what clients wrote */
};

static struct disk *disk;
static bool is_open; /* in this instance */
static uint8_t scratch[BLOCK_SCRATCH];

/* --- requests -----------------------------------------------------------------------------------
 */

static void move_part(const struct block_request *r, uint64_t offset, uint8_t *bytes, uint32_t size)
{
	if (r->operation == BLOCK_OPERATION_READ)
		memcpy(bytes, contents_at(offset), size);
	else
		memcpy(contents_at(offset), bytes, size);
}

/* lib/block has checked the request against the disk and the object. */
static status_t move_bytes(const struct block_request *r)
{
	uint64_t offset = r->offset;
	uint8_t *bytes;
	status_t status;

	if (r->token == BLOCK_TOKEN_OWN) {
		move_part(r, offset, scratch, r->size);
		return OK;
	}
	status = guest_bytes(r->object, r->object_size, &bytes);
	for (uint32_t i = 0; status == OK && i < r->part_count; i++) {
		const struct block_part *part = &r->parts[i];

		move_part(r, offset, bytes + (part->physical - r->object_physical), part->size);
		offset += part->size;
	}
	return status;
}

static status_t do_request(const struct block_request *r)
{
	switch (r->operation) {
	case BLOCK_OPERATION_READ:
	case BLOCK_OPERATION_WRITE:
		return move_bytes(r);
	case BLOCK_OPERATION_DISCARD:
		memset(contents_at(r->offset), 0, r->size);
		return OK;
	default:
		return OK; /* what was written is where it stays */
	}
}

static bool begin(const struct block_request *r)
{
	block_done(r->token, is_open ? do_request(r) : ERR_IO);
	return true;
}

/* It has no device that would say something, or wait for it. */
static void take_no_ends(unsigned nth)
{
	(void)nth;
}

static void kick_nobody(void)
{
}

const struct block_driver ramdisk_driver = {
	.name = "ramdisk",
	.begin = begin,
	.take_ends = take_no_ends,
	.kick = kick_nobody,
	.forget = guest_forget,
};

/* --- start --------------------------------------------------------------------------------------
 */

static status_t choose_size(const char *text)
{
	uint64_t size = 0;
	status_t status = size_parse(text, &size);

	if (status == OK)
		status = contents_check(size);
	if (status == OK)
		ESTATE_SET(disk->size, size);
	estate_commit();
	return status;
}

/* The size is committed before the memory is asked for: an instance that is killed in between
 * counts what it made itself as nobody else's. */
static status_t make(void)
{
	status_t status = contents_open(disk->size);

	if (status == OK) {
		ESTATE_SET(disk->is_made, 1);
	} else if (disk->is_made == 0) {
		contents_drop(disk->size);
		ESTATE_SET(disk->size, 0);
	}
	estate_commit();
	return status;
}

status_t ramdisk_open(const char *text)
{
	status_t status = OK;

	is_open = false;
	disk = estate_allocate(sizeof(*disk), alignof(struct disk));
	if (disk == nullptr)
		return ERR_NO_MEMORY;
	if (disk->size == 0)
		status = choose_size(text);
	if (status == OK)
		status = make();
	if (status != OK)
		return status;
	is_open = true;
	block_add_disk(&(struct block_disk){
		.name = "ram0",
		.size = disk->size,
		.sector = SECTOR,
		.scratch = scratch,
	});
	return OK;
}
