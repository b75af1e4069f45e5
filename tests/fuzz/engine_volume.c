// SPDX-License-Identifier: MIT OR Apache-2.0
/* Volumes of each file system, made by Linux's tools, with changed bytes: whatever is asked of them
 * is answered, nothing goes on for ever, and no request leaves the disk.
 * Input: which volume; then changes, three bytes for the place and one for what is put there. */
#include "../host/services/vfs_callers.h"
#include "../host/services/vfs_disk.h"
#include "../host/services/vfs_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURNS     20000u
#define CHANGE    4u
#define DIRECTORY "/dev/shm/engine-volume-fuzz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct volume_form {
	const char *make; /* %s: the volume; the directory "tree" is to be on it */
	uint32_t mebibytes;
	uint32_t metadata; /* bytes from the start, in which most of what describes it lies */
};

static const struct volume_form forms[] = {
	{"/sbin/mkfs.ext4 -q -F -b 1024 -d tree %s", 4, 400000},
	{"/sbin/mkfs.fat -F 12 %s && mcopy -s -i %s tree/* ::", 1, 20000},
	{"/sbin/mkfs.fat -F 16 -s 1 %s && mcopy -s -i %s tree/* ::", 4, 40000},
	{"/sbin/mkfs.fat -F 32 -s 1 %s && mcopy -s -i %s tree/* ::", 34, 40000},
	{"python3 $OLDPWD/tests/system/exfat_image.py make %s 2 512 512 tree vendor", 2, 60000},
	{"genisoimage -quiet -R -J -o %s tree", 0, 90000},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static struct caller *const c = &callers[0];
static uint8_t *images[FORMS];
static size_t sizes[FORMS];

static void run(const char *command)
{
	if (system(command) != 0) {
		(void)fprintf(stderr, "failed: %s\n", command);
		abort();
	}
}

static void make_volume(unsigned i)
{
	char command[512];
	char make[256];
	FILE *file;

	(void)snprintf(make, sizeof(make), forms[i].make, "v", "v");
	(void)snprintf(command, sizeof(command),
		"rm -rf %s && mkdir -p %s/tree/d && cd %s && { for n in 1 2 3; do seq 3000 "
		">tree/file$n; seq 9 "
		">tree/d/'a long name of file '$n; done; } && truncate -s %uM v && { %s; } "
		">/dev/null 2>&1",
		DIRECTORY, DIRECTORY, DIRECTORY, forms[i].mebibytes, make);
	run(command);
	file = fopen(DIRECTORY "/v", "rb");
	if (file == NULL)
		abort();
	(void)fseek(file, 0, SEEK_END);
	sizes[i] = (size_t)ftell(file);
	rewind(file);
	images[i] = malloc(sizes[i]);
	if (images[i] == NULL || fread(images[i], 1, sizes[i], file) != sizes[i])
		abort();
	(void)fclose(file);
	run("rm -r " DIRECTORY);
}

static status_t ask(uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
{
	unsigned turns = 0;

	call(c, method, words, bytes, size);
	while (c->is_waiting) {
		if (turns++ == TURNS)
			abort();
		if (!drive_host_finish(0))
			callers_wait(100000000);
		disk_finish_all(); /* the other volume */
		callers_drive();
	}
	return c->status;
}

static void use_file(const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE, strlen(name)};
	uint64_t at[6] = {0, 3000, 9000, DATA_PLACE_WINDOW};

	if (ask(VFS_OPEN, words, name, strlen(name)) != OK)
		return;
	at[0] = c->results[0];
	(void)ask(VFS_READ_AT, at, "", 0);
	(void)ask(VFS_WRITE_AT, at, "", 0);
	at[1] = 20000;
	(void)ask(VFS_SET_SIZE, at, "", 0);
	(void)ask(VFS_CLOSE, at, "", 0);
}

static void list(const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, strlen(name)};
	uint64_t read[6] = {0};

	if (ask(VFS_OPEN, words, name, strlen(name)) != OK)
		return;
	read[0] = c->results[0];
	(void)ask(VFS_READDIR, read, "", 0);
	(void)ask(VFS_CLOSE, read, "", 0);
}

static void use_volume(void)
{
	static const char moved[] = "/mnt/file1/mnt/d/moved";
	uint64_t mount[6] = {0, 0, 3, 7};
	uint64_t rename[6] = {0, 0, 10, sizeof(moved) - 1};
	uint64_t unlink[6] = {0, 0, 10};
	uint64_t unmount[6] = {0, 4};

	if (ask(VFS_MOUNT, mount, "vda/mnt", 7) != OK)
		return;
	list("/mnt");
	list("/mnt/d");
	use_file("/mnt/file2");
	use_file("/mnt/d/a long name of file 2");
	use_file("/mnt/d/a new one");
	(void)ask(VFS_RENAME, rename, moved, sizeof(moved) - 1);
	(void)ask(VFS_UNLINK, unlink, "/mnt/file3", 10);
	(void)ask(VFS_SYNC, unmount, "", 0);
	(void)ask(VFS_UNMOUNT, unmount, "/mnt", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned form = size > 0 ? data[0] % FORMS : 0;
	uint8_t *copy;

	if (images[form] == NULL)
		make_volume(form);
	copy = malloc(sizes[form]);
	if (copy == NULL)
		abort();
	memcpy(copy, images[form], sizes[form]);
	for (size_t i = 1; i + CHANGE <= size; i += CHANGE) {
		uint32_t place = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2];

		copy[place % forms[form].metadata] = data[i + 3];
	}
	srand(1);
	(void)callers_setup(nullptr);
	callers_allow(c);
	drive_host_set(copy, sizes[form]);
	drive_host_allow_shared(true);
	use_volume();
	return 0;
}
