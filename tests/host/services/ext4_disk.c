// SPDX-License-Identifier: MIT OR Apache-2.0
/* See ext4_disk.h. */
#include "ext4_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MOST 24u
#define SECTOR       1024u /* written whole: the superblock has no second copy that is current */

/* A sector as it was before it was written, for what is not flushed. */
struct old_sector {
	uint64_t number;
	uint8_t bytes[SECTOR];
};

static uint8_t *image;
static uint8_t *kept;
static uint64_t size;
static struct engine_io pending[PENDING_MOST];
static unsigned pending_count;
static struct old_sector *olds;
static size_t old_count;
static size_t old_room;
static unsigned trouble_after;
static unsigned trouble_count;

void disk_load(const char *path)
{
	FILE *file = fopen(path, "rb");

	assert(file != NULL);
	(void)fseek(file, 0, SEEK_END);
	size = (uint64_t)ftell(file);
	rewind(file);
	free(image);
	image = malloc(size);
	assert(image != NULL && fread(image, 1, size, file) == size);
	(void)fclose(file);
	pending_count = 0;
	old_count = 0;
	trouble_count = 0;
}

void disk_save(const char *path)
{
	FILE *file = fopen(path, "wb");

	assert(file != NULL && fwrite(image, 1, size, file) == size);
	(void)fclose(file);
}

uint64_t disk_size(void)
{
	return size;
}

void disk_keep(void)
{
	free(kept);
	kept = malloc(size);
	assert(kept != NULL);
	memcpy(kept, image, size);
}

void disk_restore(void)
{
	memcpy(image, kept, size);
	pending_count = 0;
	old_count = 0;
}

/* --- what is not flushed -----------------------------------------------------------------------
 */

static void keep_old(uint64_t sector)
{
	if (old_count == old_room) {
		old_room = old_room * 2 + 1024;
		olds = realloc(olds, old_room * sizeof(*olds));
		assert(olds != NULL);
	}
	olds[old_count].number = sector;
	memcpy(olds[old_count++].bytes, image + sector * SECTOR, SECTOR);
}

void disk_write_now(uint64_t offset, const void *bytes, size_t count)
{
	assert(offset <= size && count <= size - offset);
	for (uint64_t at = offset / SECTOR; at < (offset + count + SECTOR - 1) / SECTOR; at++)
		keep_old(at);
	memcpy(image + offset, bytes, count);
}

void disk_read_now(uint64_t offset, void *bytes, size_t count)
{
	assert(offset <= size && count <= size - offset);
	memcpy(bytes, image + offset, count);
}

/* Writes are undone from the last on, each sector or not: what stays is a subset of them. */
void disk_cut(unsigned (*random)(void))
{
	while (pending_count > 0) {
		const struct engine_io *io = &pending[--pending_count];

		if (io->kind == ENGINE_WRITE && random() % 2 == 0)
			disk_write_now(io->offset, io->bytes, io->size);
	}
	while (old_count > 0) {
		const struct old_sector *old = &olds[--old_count];

		if (random() % 2 == 0)
			memcpy(image + old->number * SECTOR, old->bytes, SECTOR);
	}
}

/* --- requests ----------------------------------------------------------------------------------
 */

bool disk_start(void *self, const struct engine_io *io)
{
	(void)self;
	for (unsigned i = 0; i < pending_count; i++) {
		if (pending[i].id == io->id)
			return true;
	}
	if (pending_count == PENDING_MOST)
		return false;
	pending[pending_count++] = *io;
	return true;
}

static void do_io(const struct engine_io *io)
{
	switch (io->kind) {
	case ENGINE_READ:
		disk_read_now(io->offset, io->bytes, io->size);
		break;
	case ENGINE_WRITE:
		if (io->lasting) /* as if a flush of just this came after it */
			memcpy(image + io->offset, io->bytes, io->size);
		else
			disk_write_now(io->offset, io->bytes, io->size);
		break;
	case ENGINE_FLUSH:
		old_count = 0;
		break;
	}
}

bool disk_end_one(unsigned which, uint64_t *id, status_t *status)
{
	struct engine_io io;

	if (pending_count == 0)
		return false;
	which %= pending_count;
	io = pending[which];
	pending[which] = pending[--pending_count];
	*id = io.id;
	*status = OK;
	if (trouble_count > 0 && trouble_after == 0) {
		trouble_count--;
		*status = ERR_IO;
		return true;
	}
	trouble_after -= trouble_after > 0;
	do_io(&io);
	return true;
}

unsigned disk_pending(void)
{
	return pending_count;
}

void disk_set_trouble(unsigned after, unsigned count)
{
	trouble_after = after;
	trouble_count = count;
}
