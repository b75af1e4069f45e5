// SPDX-License-Identifier: MIT OR Apache-2.0
/* See ext4_volume.h. */
#include "ext4_volume.h"

#include "estate_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ESTATE_SIZE (4u << 20)
#define MEMORY_SIZE (2u << 20)
#define REQUEST     65536u

struct ext4 *volume;
static uint8_t *memory;
static uint64_t seed = 1;
static uint64_t now = 1700000000000000000u;
static unsigned turns_left;
static char image_path[64];

unsigned volume_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33);
}

void volume_seed(unsigned value)
{
	seed = value * 2654435761u + 1;
}

static uint64_t time_now(void *self)
{
	(void)self;
	return now += 1000;
}

static uint32_t random_number(void *self)
{
	(void)self;
	return volume_random();
}

static const struct engine_environment environment = {
	.start = disk_start, .now = time_now, .random = random_number};

/* --- files of the host -------------------------------------------------------------------------
 */

static void remove_image(void)
{
	(void)unlink(image_path);
}

static const char *image_file(void)
{
	if (image_path[0] == 0) {
		(void)snprintf(
			image_path, sizeof(image_path), "/dev/shm/ext4-test-%d.img", (int)getpid());
		(void)atexit(remove_image);
	}
	return image_path;
}

static void run(const char *command)
{
	int ended = system(command);

	if (ended != 0)
		fail_msg("status %d: %s", ended, command);
}

void volume_make(const char *options, unsigned kibibytes)
{
	char command[512];
	char id[64];

	(void)unlink(image_file());
	(void)snprintf(id, sizeof(id), "00000000-0000-4000-8000-0000%08x", volume_random());
	(void)snprintf(command, sizeof(command),
		"E2FSPROGS_FAKE_TIME=1700000000 /sbin/mkfs.ext4 -q -F -U %s "
		"-E lazy_itable_init=1,hash_seed=%s %s %s %uk",
		id, id, options, image_file(), kibibytes);
	run(command);
	disk_load(image_file());
}

void volume_shell(const char *format)
{
	char command[1024];

	disk_save(image_file());
	(void)snprintf(command, sizeof(command), format, image_file());
	run(command);
	disk_load(image_file());
}

void volume_check(void)
{
	char command[256];

	disk_save(image_file());
	(void)snprintf(command, sizeof(command),
		"/sbin/e2fsck -fn %s >/tmp/ext4-test-%d.log 2>&1 || { cat /tmp/ext4-test-%d.log; "
		"false; }",
		image_file(), (int)getpid(), (int)getpid());
	run(command);
	(void)snprintf(command, sizeof(command), "/tmp/ext4-test-%d.log", (int)getpid());
	(void)unlink(command);
}

/* --- kills
 * ---------------------------------------------------------------------------------------- */

jmp_buf volume_killed;
static unsigned kill_most;
static unsigned kills;
static uint64_t operation;
static uint64_t *operation_done; /* in the estate */

void volume_set_kills(unsigned after)
{
	kill_most = after;
	volume_disarm();
}

unsigned volume_kills(void)
{
	return kills;
}

static void arm(void)
{
	estate_kill = kill_most > 0 ? &volume_killed : nullptr;
	estate_kill_after = kill_most > 0 ? volume_random() % kill_most : 0;
}

void volume_disarm(void)
{
	estate_kill = nullptr;
}

void volume_begin(void)
{
	operation++;
	arm();
}

void volume_end(status_t status)
{
	if (status != OK) {
		estate_rollback();
		return;
	}
	ESTATE_SET(*operation_done, operation);
	estate_commit();
}

status_t volume_revive(void)
{
	kills++;
	volume_disarm();
	volume_restart();
	arm();
	return *operation_done == operation ? OK : FILE_LATER;
}

/* --- instances ---------------------------------------------------------------------------------
 */

static void open_volume(void)
{
	volume = ext4_open((struct engine_parameters){&environment, memory, MEMORY_SIZE});
	assert_non_null(volume);
	operation_done = estate_allocate(sizeof(*operation_done), 8);
	assert_non_null(operation_done);
}

void volume_open(bool read_only)
{
	(void)estate_host_new(ESTATE_SIZE);
	free(memory);
	memory = aligned_alloc(4096, MEMORY_SIZE);
	assert_non_null(memory);
	memset(memory, 0, MEMORY_SIZE);
	open_volume();
	ext4_reset(volume, disk_size(), read_only);
}

void volume_restart(void)
{
	(void)estate_host_reopen();
	open_volume();
	ext4_resume(volume);
}

void volume_limit_turns(unsigned turns)
{
	turns_left = turns;
}

void volume_turn(void)
{
	uint64_t id;
	status_t status;

	if (turns_left > 0 && --turns_left == 0)
		fail_msg("it goes on for ever");
	(void)ext4_work(volume);
	if (disk_end_one(volume_random(), &id, &status))
		ext4_io_done(volume, id, status);
	else
		now += 100000000;
}

void volume_mount(void)
{
	status_t status = VOLUME_DO(ext4_mount(volume));

	if (status != OK)
		fail_msg("mount: %d, %s", (int)status, ext4_trouble(volume));
}

void volume_unmount(void)
{
	assert_int_equal(VOLUME_DO(ext4_unmount(volume)), OK);
}

/* --- contents ----------------------------------------------------------------------------------
 */

void volume_sync(void)
{
	uint64_t ticket = 0;

	assert_int_equal(VOLUME_DO(ext4_sync(volume, &ticket)), OK);
}

static status_t write_part(uint32_t inode, uint64_t offset, const uint8_t *bytes, size_t size)
{
	struct engine_run run;
	status_t status = OK;

	for (size_t done = 0; status == OK && done < size; done += run.size) {
		uint32_t rest = (uint32_t)(size - done);

		status = VOLUME_DO(ext4_map_write(volume, inode, offset + done, rest, &run));
		if (status == OK)
			assert_false(run.is_hole);
		if (status == OK)
			disk_write_now(run.offset, bytes + done, run.size);
	}
	return status == OK ? VOLUME_DO(ext4_written(volume, inode, offset, (uint32_t)size))
			    : status;
}

/* Whole pages, as the cache of the VFS would: what lies around comes from the file. */
static status_t write_pages(uint32_t inode, uint64_t offset, const uint8_t *bytes, size_t size)
{
	static uint8_t pages[REQUEST + 8192];
	uint64_t first = offset / 4096 * 4096;
	uint64_t end = (offset + size + 4095) / 4096 * 4096;
	status_t status;
	struct ext4_attributes a;
	uint64_t known; /* up to here it is the file's: what is being cut can be seen behind it */

	status = volume_read(inode, first, pages, (size_t)(end - first));
	if (status == OK)
		status = VOLUME_DO(ext4_attributes(volume, inode, &a));
	if (status != OK)
		return status;
	known = a.size < first ? first : a.size;
	if (known < end)
		memset(pages + (known - first), 0, (size_t)(end - known));
	memcpy(pages + (offset - first), bytes, size);
	status = VOLUME_DO(ext4_reserve(volume, inode, offset, size));
	if (status == OK)
		status = VOLUME_DO(ext4_attributes(volume, inode, &a));
	if (status != OK)
		return status;
	a.size = (a.size + ext4_block_size(volume) - 1) / ext4_block_size(volume) *
		 ext4_block_size(volume);
	end = end < a.size ? end : a.size;
	return write_part(inode, first, pages, (size_t)(end - first));
}

status_t volume_write(uint32_t inode, uint64_t offset, const void *bytes, size_t size)
{
	status_t status = OK;

	for (size_t done = 0; status == OK && done < size;) {
		size_t part = size - done < REQUEST / 2 ? size - done : REQUEST / 2;

		status = write_pages(inode, offset + done, (const uint8_t *)bytes + done, part);
		done += part;
	}
	return status;
}

status_t volume_read(uint32_t inode, uint64_t offset, void *bytes, size_t size)
{
	struct engine_run run;
	status_t status = OK;

	for (size_t done = 0; status == OK && done < size; done += run.size) {
		status = VOLUME_DO(
			ext4_map(volume, inode, offset + done, (uint32_t)(size - done), &run));
		if (status == OK && run.is_hole)
			memset((uint8_t *)bytes + done, 0, run.size);
		else if (status == OK)
			disk_read_now(run.offset, (uint8_t *)bytes + done, run.size);
	}
	return status;
}

status_t volume_find(const char *path, uint32_t *inode)
{
	status_t status = OK;

	*inode = EXT4_ROOT;
	while (status == OK && *path != 0) {
		size_t size = 0;

		while (path[size] != 0 && path[size] != '/')
			size++;

		if (size > 0)
			status = VOLUME_DO(
				ext4_lookup(volume, *inode, (struct name){path, size}, inode));
		path += size + (path[size] == '/');
	}
	return status;
}
