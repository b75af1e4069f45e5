// SPDX-License-Identifier: MIT OR Apache-2.0
/* The process of a file system that answers whatever it likes, writes anything into the memory that
 * it shares with the VFS, and asks its disk for anything: the VFS answers its own clients, or lets
 * them wait, and stays whole.
 * Input: bytes that decide what is answered, and then where random numbers begin that do. */
#include "../host/services/vfs_callers.h"
#include "../host/services/vfs_disk.h"
#include "../host/services/vfs_drive.h"

#include "remote_link.h"
#include "share.h"

#include <abi/protocol/block.h>
#include <stdlib.h>
#include <string.h>

#define TURNS 60u
#define CALLS 300u /* then it answers no more */
#define DISK  0x100000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct caller *const c = &callers[0];
static const uint8_t *input;
static size_t left;
static uint64_t seed;
static unsigned calls;

static uint8_t byte(void)
{
	if (left > 0) {
		left--;
		seed = (seed ^ *input) * 0x100000001b3u;
		return *input++;
	}
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint8_t)(seed >> 32);
}

/* Small, near a border, or anything. */
static uint64_t number(void)
{
	static const uint64_t special[] = {0, 1, 2, 11, 4096, 0x7fffffffffffffff, UINT64_MAX,
		UINT32_MAX, 0x200000, 255, 256, 65536};
	uint8_t kind = byte();
	uint64_t value = 0;

	if (kind < 128)
		return kind;
	if (kind < 240)
		return special[kind % (sizeof(special) / sizeof(special[0]))];
	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | byte();
	return value;
}

/* --- the process --------------------------------------------------------------------------------
 */

bool remote_is_wanted(void)
{
	return true;
}

uint8_t *remote_channel(unsigned index)
{
	void *unit;

	return share_unit(SHARE_REMOTE + index, 0, &unit) == OK ? unit : NULL;
}

status_t remote_start(unsigned index)
{
	(void)index;
	return byte() == 1 ? ERR_BAD_IMAGE : OK;
}

static void write_state(struct filesystem_channel *channel)
{
	channel->wanted_clean = byte() == 1 ? number() : 0;
	channel->clean_count = (uint32_t)number();
	channel->first_size = (uint32_t)number();
	channel->forgotten_count = byte() == 2 ? (uint32_t)number() : 0;
	channel->forgotten[0] = number();
	channel->block_size = byte() == 3 ? (uint32_t)number() : 1024;
	channel->is_read_only = byte() == 4;
	channel->is_tidy = byte() != 5;
	channel->item_count = (uint32_t)number();
	memset(channel->trouble, byte(), sizeof(channel->trouble));
}

static void write_answer(struct filesystem_channel *channel)
{
	struct file_attributes a = {.type = byte() % 2 == 0 ? FILE_TYPE_DIRECTORY : byte() % 8,
		.inode = number(),
		.size = number()};

	memcpy(channel->answer, &a, sizeof(a));
}

static void write_items(uint8_t *unit)
{
	struct filesystem_item *items = (struct filesystem_item *)(unit + FILESYSTEM_ITEMS_OFFSET);

	for (unsigned i = byte() % 4; i > 0; i--) {
		struct filesystem_item *item = &items[byte() % FILESYSTEM_ITEMS];

		*item = (struct filesystem_item){
			number(), number(), number(), byte() % 9, (uint32_t)number() % 300, {0}};
		memset(item->name, byte() % 4 == 0 ? 0 : 'x', byte());
	}
}

static void write_slots(uint8_t *unit)
{
	struct block_slot *slots = (struct block_slot *)(unit + FILESYSTEM_SLOTS_OFFSET);

	for (unsigned i = byte() % 4; i > 0; i--) {
		slots[byte() % BLOCK_SLOTS] = (struct block_slot){
			.state = byte() % 4,
			.operation = byte() % 5,
			.id = number(),
			.offset = number(),
			.object_offset = number(),
			.size = (uint32_t)number(),
		};
	}
}

status_t remote_call(
	unsigned index, uint32_t method, uint32_t sequence, uint64_t patience_ns, uint64_t words[6])
{
	static const status_t statuses[] = {OK, OK, OK, OK, OK, OK, ERR_AGAIN, ERR_NOT_FOUND,
		ERR_IO, ERR_BAD_IMAGE, ERR_CRASHED, 1, 2, -100000, ERR_DEADLINE, ERR_READ_ONLY};
	uint8_t *unit = remote_channel(index);

	(void)method;
	(void)sequence;
	(void)patience_ns;
	for (unsigned i = 0; i < 6; i++)
		words[i] = number();
	write_state((struct filesystem_channel *)unit);
	write_answer((struct filesystem_channel *)unit);
	write_items(unit);
	write_slots(unit);
	return calls++ >= CALLS ? ERR_CRASHED : statuses[byte() % 16];
}

void remote_signal(unsigned index)
{
	(void)index;
}

/* --- the VFS's client ---------------------------------------------------------------------------
 */

/* False: it waits for ever, which it may. */
static bool ask(uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
{
	call(c, method, words, bytes, size);
	for (unsigned turns = 0; c->is_waiting; turns++) {
		if (turns == TURNS)
			return false;
		if (!drive_host_finish(0))
			callers_wait(300000000);
		disk_finish_all(); /* the other volume */
		callers_drive();
	}
	return true;
}

static bool use_file(const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE, strlen(name)};
	uint64_t at[6] = {0, 3000, 9000, DATA_PLACE_WINDOW};

	if (!ask(VFS_OPEN, words, name, strlen(name)))
		return false;
	if (c->status != OK)
		return true;
	at[0] = c->results[0];
	if (!ask(VFS_READ_AT, at, "", 0) || !ask(VFS_WRITE_AT, at, "", 0))
		return false;
	return ask(VFS_SYNC, at, "", 0) && ask(VFS_CLOSE, at, "", 0);
}

static bool list(const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, strlen(name)};
	uint64_t read[6] = {0};

	if (!ask(VFS_OPEN, words, name, strlen(name)))
		return false;
	if (c->status != OK)
		return true;
	read[0] = c->results[0];
	return ask(VFS_READDIR, read, "", 0) && ask(VFS_CLOSE, read, "", 0);
}

static bool use_volume(void)
{
	static const char moved[] = "/mnt/a/mnt/d/b";
	uint64_t mount[6] = {0, 0, 3, 7};
	uint64_t rename[6] = {0, 0, 6, sizeof(moved) - 1};
	uint64_t link[6] = {0, 8};
	uint64_t unlink[6] = {0, 0, 6};
	uint64_t volume[6] = {7};
	uint64_t unmount[6] = {0, 4};

	return ask(VFS_MOUNT, mount, "vda/mnt", 7) && list("/mnt") && use_file("/mnt/d/file") &&
	       ask(VFS_RENAME, rename, moved, sizeof(moved) - 1) &&
	       ask(VFS_READLINK, link, "/mnt/d/b", 8) && ask(VFS_UNLINK, unlink, "/mnt/a", 6) &&
	       use_file("/mnt/a") && ask(VFS_VOLUME, volume, "", 0) &&
	       ask(VFS_UNMOUNT, unmount, "/mnt", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	left = size;
	seed = 0xcbf29ce484222325u;
	calls = 0;
	(void)callers_setup(nullptr);
	callers_allow(c);
	drive_host_set(calloc(1, DISK), DISK);
	drive_host_allow_shared(true);
	(void)use_volume();
	return 0;
}

uint64_t remote_bit(unsigned index)
{
	return 2u << index;
}
