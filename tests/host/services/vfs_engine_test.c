// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files within the VFS: files on a volume that Linux's tools made, through the VFS's
 * requests, over a disk that ends its requests in any order. The VFS is killed at any saved change;
 * the power goes; the disk fails. Checked by a model, and by Linux's tools.
 * VFS_SEED: begins elsewhere; VFS_CUTS: how often the power goes; VFS_PLACEMENT=process: the engine
 * is in a process of its own, which is killed, too. */
#include "vfs_callers.h"
#include "vfs_disk.h"
#include "vfs_drive.h"
#include "vfs_remote.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CUTS      800u
#define HOSTILE   60u /* changed volumes of each form */
#define FILES     24u
#define FILE_MOST 60000u
#define FLAGS     (OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE)

static struct file {
	bool exists;
	uint64_t size;
	uint8_t bytes[FILE_MOST];
} files[FILES], lasting[FILES];

static bool is_touched[FILES]; /* since the last sync */
static unsigned kill_most;
static unsigned kills;
static jmp_buf killed;
static char path[64];
static struct caller *const c = &callers[0];

/* --- the disk -----------------------------------------------------------------------------------
 */

static void shell(const char *format)
{
	char command[600];
	int status;

	(void)snprintf(command, sizeof(command), format, path, path, path);
	status = system(command);
	if (status != 0)
		fail_msg("status %d: %s", status, command);
}

struct form {
	const char *make;  /* a command; %s: the file */
	const char *check; /* another; silent if all is well */
	unsigned mebibytes;
	unsigned sector; /* what the device writes as a whole */
};

#define EXT4(options)                                               \
	{"E2FSPROGS_FAKE_TIME=1700000000 /sbin/mkfs.ext4 -q -F -U " \
	 "00000000-0000-4000-8000-000000000001 " options " %s",     \
		"/sbin/e2fsck -fn %s", 12, 1024}
/* What fsck.fat finds it says, whatever its status is. */
#define FAT(size, options) \
	{"/sbin/mkfs.fat -i 12345678 " options " %s", "/sbin/fsck.fat -nv %s", size, 512}

#define EXFAT(size, options) \
	{"/sbin/mkfs.exfat " options " %s", "/sbin/fsck.exfat -n %s", size, 512}

static const struct form forms[] = {
	EXT4("-b 1024"),
	EXT4("-b 4096"),
	EXT4("-b 2048 -O ^metadata_csum,^64bit"),
	FAT(4, "-F 12"),
	FAT(12, "-F 16 -s 1 -f 1"),
	FAT(40, "-F 32 -s 1"),
	FAT(12, "-F 32 -s 8"),
	FAT(12, "-F 16 -s 2 -S 1024"),
	EXFAT(12, "-b 4K -c 512"),
	EXFAT(16, "-b 4K -c 4K"),
	EXFAT(40, "-b 4K -c 128K"),
	{"python3 tests/system/exfat_image.py make %s 24 4096 8192", "/sbin/fsck.exfat -n %s", 24,
		4096},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* For reading only. */
static const struct form disc = {
	"sh -c 'd=%s.d; mkdir -p $d/d && for i in 1 2 4 5; do seq 5000 >$d/file$i; seq 900 "
	">$d/d/file$((i * "
	"3)); done; ln -s file1 $d/file7; genisoimage -quiet -R -J -o %s $d; rm -r $d'",
	nullptr, 1, 512};

/* Files of which another system wrote only the first bytes: behind them is anything. */
static const struct form part_written = {
	"sh -c 'v=%s; mkdir -p $v.d && for i in 1 2 4 5 7 8; do { seq 3; head -c 20000 "
	"/dev/zero; } >$v.d/file$i; done; python3 tests/system/exfat_image.py make $v 4 512 4096 "
	"$v.d; rm -r $v.d'",
	"/sbin/fsck.exfat -n %s", 4, 512};

static const struct form *form = &forms[0];

static void make_disk(const struct form *wanted)
{
	char format[500];

	form = wanted;
	(void)snprintf(path, sizeof(path), "/dev/shm/vfs-engine-test-%d.img", (int)getpid());
	(void)unlink(path);
	(void)snprintf(format, sizeof(format), "truncate -s %uM %%s", form->mebibytes);
	shell(format);
	(void)snprintf(format, sizeof(format), "%s >/dev/null 2>&1", form->make);
	shell(format);
	drive_host_load(path);
	drive_host_sector(form->sector);
	(void)unlink(path);
}

static void check_disk(void)
{
	char format[256];

	drive_host_save(path);
	(void)snprintf(
		format, sizeof(format), "%s >%%s.log 2>&1 || { cat %%s.log; false; }", form->check);
	shell(format);
	shell("rm -f %s %s.log");
}

/* --- calls --------------------------------------------------------------------------------------
 */

/* Another machine, without a past. */
static void begin_machine(void)
{
	remote_host_new();
	(void)callers_setup(nullptr);
}

static void drive(void)
{
	remote_host_run();
	callers_drive();
}

static void arm(void)
{
	remote_host_kill(kill_most);
	estate_kill = kill_most > 0 ? &killed : nullptr;
	estate_kill_after = kill_most > 0 ? (unsigned long)rand() % kill_most : 0;
}

static void revive(void)
{
	kills++;
	estate_kill = nullptr;
	callers_restart(true, nullptr);
}

/* Until it is answered; whoever is killed meanwhile goes on. */
static status_t ask(uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
{
	volatile bool is_sent = false;
	volatile unsigned turns = 0;

	if (setjmp(killed) != 0)
		revive();
	arm();
	if (!is_sent) {
		is_sent = true;
		call(c, method, words, bytes, size);
	}
	while (c->is_waiting) {
		turns++;
		assert_true(turns < 200000);
		if (!drive_host_finish((unsigned)rand()) && turns % 8 == 0)
			callers_wait(100000000);
		disk_finish_all(); /* the other volume */
		drive();
	}
	estate_kill = nullptr;
	remote_host_kill(0);
	return c->status;
}

static status_t open_name(const char *name, uint64_t flags, uint64_t *id)
{
	uint64_t words[6] = {0, flags, strlen(name)};
	status_t status = ask(VFS_OPEN, words, name, strlen(name));

	*id = status == OK ? c->results[0] : 0;
	return status;
}

static void close_id(uint64_t id)
{
	uint64_t words[6] = {id};

	assert_int_equal(ask(VFS_CLOSE, words, "", 0), OK);
}

static status_t mount_disk(void)
{
	uint64_t words[6] = {0, 0, 3, 7};

	return ask(VFS_MOUNT, words, "vda/mnt", 7);
}

static status_t unmount_disk(void)
{
	uint64_t words[6] = {0, 4};

	return ask(VFS_UNMOUNT, words, "/mnt", 4);
}

static const char *name_of(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), i % 3 == 0 ? "/mnt/d/file%u" : "/mnt/file%u", i);
	return name;
}

/* --- operations ---------------------------------------------------------------------------------
 */

/* A file that stays open, whatever happens to its name. */
static struct {
	uint64_t id; /* 0: none */
	int name;    /* -1: it has none any more */
	struct file orphan;
} held;

static struct file *held_file(void)
{
	return held.name < 0 ? &held.orphan : &files[held.name];
}

/* The name stands for something else from now on. */
static void lose(unsigned i)
{
	if (held.id == 0 || held.name != (int)i)
		return;
	held.orphan = files[i];
	held.name = -1;
}

static void write_to(uint64_t id, struct file *f)
{
	uint64_t offset = (uint64_t)rand() % (FILE_MOST / 2);
	uint64_t size = 1 + (uint64_t)rand() % (MEMORY_SHARED_UNIT - 4096);
	uint64_t words[6];
	uint8_t byte = (uint8_t)rand();

	if (rand() % 2 != 0 && f->exists)
		offset = f->size < FILE_MOST - 1 ? f->size : 0; /* at its end */
	if (size > FILE_MOST - offset)
		size = FILE_MOST - offset;
	/* What is reported after a kill may be less than what happened: so it is written to its
	 * end. */
	for (uint64_t done = 0; done < size; done += c->results[0]) {
		memcpy(words, (uint64_t[6]){id, offset + done, size - done, DATA_PLACE_WINDOW},
			sizeof(words));
		memset(window_of(c), byte, size - done);
		assert_int_equal(ask(VFS_WRITE_AT, words, "", 0), OK);
		assert_true(c->results[0] > 0 && c->results[0] <= size - done);
	}
	if (!f->exists)
		f->size = 0;
	f->exists = true;
	if (offset > f->size)
		memset(f->bytes + f->size, 0, offset - f->size);
	memset(f->bytes + offset, byte, size);
	f->size = offset + size > f->size ? offset + size : f->size;
}

static void write_some(unsigned i)
{
	uint64_t id;

	assert_int_equal(open_name(name_of(i), FLAGS, &id), OK);
	write_to(id, &files[i]);
	close_id(id);
}

static void resize(unsigned i)
{
	struct file *f = &files[i];
	uint64_t words[6] = {0, (uint64_t)rand() % FILE_MOST};

	if (!f->exists)
		return;
	assert_int_equal(open_name(name_of(i), FLAGS, &words[0]), OK);
	assert_int_equal(ask(VFS_SET_SIZE, words, "", 0), OK);
	if (words[1] > f->size)
		memset(f->bytes + f->size, 0, words[1] - f->size);
	f->size = words[1];
	close_id(words[0]);
}

static void unlink_one(unsigned i)
{
	uint64_t words[6] = {0, 0, strlen(name_of(i))};

	assert_int_equal(ask(VFS_UNLINK, words, name_of(i), strlen(name_of(i))),
		files[i].exists ? OK : ERR_NOT_FOUND);
	lose(i);
	files[i].exists = false;
}

/* Capital and small letters are the same on FAT and exFAT: it is found by its old name, too. */
static void respell(unsigned i)
{
	char both[128];
	uint64_t words[6] = {0, 0, strlen(name_of(i))};

	if (form->sector == 1024 || !files[i].exists)
		return;
	(void)snprintf(both, sizeof(both), "%s", name_of(i));
	(void)snprintf(both + words[2], sizeof(both) - words[2], "%s%s%u",
		i % 3 == 0 ? "/mnt/d/" : "/mnt/", rand() % 2 != 0 ? "FILE" : "fIle", i);
	words[3] = strlen(both);
	assert_int_equal(ask(VFS_RENAME, words, both, strlen(both)), OK);
}

static void rename_one(unsigned from, unsigned to)
{
	char both[128];
	uint64_t words[6] = {0, 0, strlen(name_of(from))};

	(void)snprintf(both, sizeof(both), "%s", name_of(from));
	(void)snprintf(both + words[2], sizeof(both) - words[2], "%s", name_of(to));
	words[3] = strlen(both);
	assert_int_equal(ask(VFS_RENAME, words, both, strlen(both)),
		files[from].exists ? OK : ERR_NOT_FOUND);
	if (from == to || !files[from].exists)
		return;
	lose(to);
	files[to] = files[from];
	files[from].exists = false;
	if (held.id != 0 && held.name == (int)from)
		held.name = (int)to;
}

static void check_contents(uint64_t id, const struct file *f)
{
	for (uint64_t at = 0; at < f->size;) {
		uint64_t words[6] = {id, at, MEMORY_SHARED_UNIT, DATA_PLACE_WINDOW};

		assert_int_equal(ask(VFS_READ_AT, words, "", 0), OK);
		assert_true(c->results[0] > 0 && c->results[0] <= f->size - at);
		assert_memory_equal(window_of(c), f->bytes + at, c->results[0]);
		at += c->results[0];
	}
}

static void check_file(unsigned i, const struct file *f)
{
	uint64_t id;
	status_t status = open_name(name_of(i), OPEN_FLAG_READ, &id);

	assert_int_equal(status, f->exists ? OK : ERR_NOT_FOUND);
	if (status != OK)
		return;
	assert_int_equal(c->results[2], f->size);
	check_contents(id, f);
	close_id(id);
}

static void let_go(void)
{
	if (held.id == 0)
		return;
	check_contents(held.id, held_file());
	close_id(held.id);
	held.id = 0;
}

static void hold(unsigned i)
{
	let_go();
	if (!files[i].exists)
		return;
	assert_int_equal(open_name(name_of(i), FLAGS, &held.id), OK);
	held.name = (int)i;
}

static void use_held(void)
{
	if (held.id == 0)
		return;
	if (held.name >= 0)
		is_touched[held.name] = true;
	write_to(held.id, held_file());
}

static void sync_files(void)
{
	uint64_t words[6] = {0};

	assert_int_equal(ask(VFS_SYNC, words, "", 0), OK);
	memcpy(lasting, files, sizeof(lasting));
	memset(is_touched, 0, sizeof(is_touched));
}

static void step(void)
{
	unsigned i = (unsigned)rand() % FILES;
	unsigned what = (unsigned)rand() % 20;

	if (what < 13)
		is_touched[i] = true;
	if (what < 6) {
		write_some(i);
	} else if (what < 8) {
		resize(i);
	} else if (what < 11) {
		unlink_one(i);
	} else if (what < 13) {
		unsigned to = (unsigned)rand() % FILES;

		is_touched[to] = true;
		rename_one(i, to);
	} else if (what < 16) {
		check_file(i, &files[i]);
	} else if (what < 17) {
		is_touched[i] = true;
		respell(i);
		hold(i);
	} else if (what < 19) {
		use_held();
	} else {
		sync_files();
	}
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void begin(unsigned seed, const struct form *wanted_form)
{
	uint64_t words[6] = {0, 6};

	const char *wanted = getenv("VFS_SEED"); /* begins elsewhere */

	srand(seed + (wanted != NULL ? (unsigned)atoi(wanted) * 1000 : 0));
	kill_most = 0;
	held.id = 0;
	begin_machine();
	callers_allow(c);
	make_disk(wanted_form);
	memset(files, 0, sizeof(files));
	memset(is_touched, 0, sizeof(is_touched));
	assert_int_equal(mount_disk(), OK);
	assert_int_equal(ask(VFS_MKDIR, words, "/mnt/d", 6), OK);
	sync_files();
}

static void begin_disc(void)
{
	kill_most = 0;
	held.id = 0;
	begin_machine();
	callers_allow(c);
	make_disk(&disc);
	assert_int_equal(mount_disk(), OK);
}

static void end(void)
{
	kill_most = 0;
	let_go();
	for (unsigned i = 0; i < FILES; i++)
		check_file(i, &files[i]);
	assert_int_equal(unmount_disk(), OK);
	check_disk();
	assert_int_equal(mount_disk(), OK);
	for (unsigned i = 0; i < FILES; i++)
		check_file(i, &files[i]);
	assert_int_equal(unmount_disk(), OK);
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i, &forms[i]);
		for (unsigned steps = 0; steps < 1200; steps++)
			step();
		end();
	}
}

static void test_kills(void **state)
{
	(void)state;
	kills = 0;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 10, &forms[i]);
		kill_most = 400;
		for (unsigned steps = 0; steps < 500; steps++)
			step();
		let_go();
		assert_int_equal(unmount_disk(), OK);
		assert_int_equal(mount_disk(), OK);
		end();
	}
	printf("%u kills, and %u of the engine's process\n", kills, remote_host_kills());
	assert_true(kills > 300);
}

/* Only what was not touched since the last sync is known. */
static void test_cuts(void **state)
{
	const char *wanted = getenv("VFS_CUTS");
	unsigned cuts = wanted != NULL ? (unsigned)atoi(wanted) : CUTS;

	(void)state;
	for (unsigned cut = 0; cut < cuts; cut++) {
		begin(cut + 100, &forms[cut % FORMS]);
		for (unsigned i = (unsigned)rand() % 80; i > 0; i--)
			step();
		for (unsigned i = (unsigned)rand() % 20; i > 0; i--) {
			(void)drive_host_finish((unsigned)rand());
			drive();
		}
		drive_host_cut();
		held.id = 0;
		begin_machine();
		callers_allow(c);
		kill_most = cut % 3 == 0 ? 300 : 0; /* while it mends */
		assert_int_equal(mount_disk(), OK);
		kill_most = 0;
		for (unsigned i = 0; i < FILES; i++) {
			if (!is_touched[i])
				check_file(i, &lasting[i]);
		}
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

/* --- volumes that lie ---------------------------------------------------------------------------
 */

static void spoil(const char *file)
{
	FILE *f = fopen(file, "r+b");
	static const int few[] = {1, 4, 30, 300};

	assert_non_null(f);
	for (int n = few[rand() % 4]; n > 0; n--) {
		long at = rand() % (form->mebibytes < 12 ? 40000 : 700000);

		if (form == &disc)
			at = 32768 + rand() % 40000;

		(void)fseek(f, at, SEEK_SET);
		(void)fputc(rand() % 3 == 0 ? 0xff : rand(), f);
	}
	(void)fclose(f);
}

/* Whatever is answered: it is answered. */
static void try_all(void)
{
	uint64_t id;
	uint64_t words[6] = {0, 0, 0};

	for (unsigned i = 0; i < FILES; i++) {
		const char *name = name_of(i);

		if (open_name(name, FLAGS, &id) == OK) {
			uint64_t at[6] = {id, (uint64_t)rand() % 4 * 9000, 5000, DATA_PLACE_WINDOW};

			(void)ask(VFS_READ_AT, at, "", 0);
			(void)ask(VFS_WRITE_AT, at, "", 0);
			at[1] = (uint64_t)rand() % FILE_MOST;
			(void)ask(VFS_SET_SIZE, at, "", 0);
			(void)ask(VFS_CLOSE, at, "", 0);
		}
		words[2] = strlen(name);
		if (rand() % 2 != 0)
			(void)ask(VFS_UNLINK, words, name, strlen(name));
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i == 0 ? "/mnt" : "/mnt/d";
		uint64_t read[6] = {0};

		if (open_name(name, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, &read[0]) != OK)
			continue;
		(void)ask(VFS_READDIR, read, "", 0);
		(void)ask(VFS_CLOSE, read, "", 0);
	}
	(void)ask(VFS_SYNC, words, "", 0);
}

static void try_changed(const char *good)
{
	char copy[200];

	(void)snprintf(copy, sizeof(copy), "cp %s %%s", good);
	shell(copy);
	spoil(path);
	begin_machine();
	callers_allow(c);
	drive_host_load(path);
	if (mount_disk() == OK)
		try_all();
	(void)unmount_disk();
}

static void test_hostile_disc(void **state)
{
	char good[80];

	(void)state;
	begin_disc();
	for (unsigned i = 1; i < 15; i++) {
		uint64_t id;
		bool is_there = i == 1 || i == 2 || i == 4 || i == 5 || i == 7 || i == 3 ||
				i == 6 || i == 12;

		assert_int_equal(
			open_name(name_of(i), OPEN_FLAG_READ, &id), is_there ? OK : ERR_NOT_FOUND);
		if (is_there)
			close_id(id);
	}
	assert_int_equal(unmount_disk(), OK);
	(void)snprintf(good, sizeof(good), "%s.good", path);
	drive_host_save(good);
	drive_host_allow_shared(true);
	for (unsigned n = 0; n < 5 * HOSTILE; n++)
		try_changed(good);
	drive_host_allow_shared(false);
	(void)unlink(good);
	(void)unlink(path);
}

static void test_hostile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		char good[80];

		begin(i + 500, &forms[i]);
		for (unsigned steps = 0; steps < 60; steps++)
			step();
		let_go();
		assert_int_equal(unmount_disk(), OK);
		(void)snprintf(good, sizeof(good), "%s.good", path);
		drive_host_save(good);
		drive_host_allow_shared(true);
		for (unsigned n = 0; n < HOSTILE; n++)
			try_changed(good);
		drive_host_allow_shared(false);
		(void)unlink(good);
		(void)unlink(path);
	}
}

/* --- some things by themselves ------------------------------------------------------------------
 */

/* Whether a directory, which has few, shows a name, spelled just so. */
static bool shows(const char *directory, const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, strlen(directory)};
	uint64_t read[6] = {0};
	uint8_t bytes[MESSAGE_BYTES];
	uint64_t size;
	bool is_shown = false;

	assert_int_equal(ask(VFS_OPEN, words, directory, strlen(directory)), OK);
	read[0] = c->results[0];
	assert_int_equal(ask(VFS_READDIR, read, "", 0), OK);
	size = c->results[0];
	memcpy(bytes, c->reply, sizeof(bytes));
	for (uint64_t at = 0; at < size;) {
		struct directory_entry entry;

		memcpy(&entry, bytes + at, sizeof(entry));
		if (entry.name_size == strlen(name) &&
			memcmp(bytes + at + sizeof(entry), name, entry.name_size) == 0)
			is_shown = true;
		at += (sizeof(entry) + entry.name_size + 7) & ~7ul;
	}
	close_id(read[0]);
	return is_shown;
}

static void test_spelling(void **state)
{
	static const char *const names[] = {"Some File.text", "some file.TEXT", "SOME File.text",
		"NAME.TXT", "name.txt", "Name.Txt", "NAME.TXT"};
	uint64_t id;

	(void)state;
	for (unsigned i = 4; i < 10; i++) {
		begin(1, &forms[i]);
		for (unsigned n = 1; n < sizeof(names) / sizeof(names[0]); n++) {
			char both[128];
			uint64_t words[6] = {0, 0, 5 + strlen(names[n - 1])};

			(void)snprintf(
				both, sizeof(both), "/mnt/%s/mnt/%s", names[n - 1], names[n]);
			words[3] = strlen(both);
			if (n == 1) {
				assert_int_equal(open_name("/mnt/Some File.text", FLAGS, &id), OK);
				close_id(id);
			}
			assert_int_equal(ask(VFS_RENAME, words, both, strlen(both)), OK);
			assert_true(shows("/mnt", names[n]));
			assert_false(shows("/mnt", names[n - 1]));
			assert_int_equal(open_name("/mnt/nAmE.tXt", OPEN_FLAG_READ, &id),
				n < 3 ? ERR_NOT_FOUND : OK);
			if (n >= 3)
				close_id(id);
		}
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

static status_t rename_path(const char *both, size_t first)
{
	uint64_t words[6] = {0, 0, first, strlen(both)};

	return ask(VFS_RENAME, words, both, strlen(both));
}

static void open_path(const char *name)
{
	uint64_t id;

	assert_int_equal(open_name(name, OPEN_FLAG_READ, &id), OK);
	close_id(id);
}

/* Directories know what holds them, also where nothing on the volume says so. */
static void test_parents(void **state)
{
	uint64_t words[6] = {0, 8};

	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 40, &forms[i]);
		assert_int_equal(ask(VFS_MKDIR, words, "/mnt/d/e", 8), OK);
		write_some(1);
		for (unsigned n = 0; n < 20; n++) {
			kill_most = 40;
			open_path("/mnt/d/e/../../file1");
			assert_int_equal(rename_path("/mnt/d/e/mnt/g", 8), OK);
			open_path("/mnt/g/../file1");
			assert_int_equal(rename_path("/mnt/d/mnt/g/d", 6), OK);
			open_path("/mnt/g/d/../../file1");
			kill_most = 0;
			assert_int_equal(rename_path("/mnt/g/mnt/g/d/x", 6), ERR_INVALID_ARGUMENT);
			kill_most = 40;
			assert_int_equal(rename_path("/mnt/g/d/mnt/d", 8), OK);
			open_path("/mnt/d/../file1");
			assert_int_equal(rename_path("/mnt/g/mnt/d/e", 6), OK);
		}
		end();
	}
}

static void write_at(unsigned i, uint64_t offset)
{
	struct file *f = &files[i];
	uint64_t words[6] = {0, offset, 10, DATA_PLACE_WINDOW};

	assert_int_equal(open_name(name_of(i), FLAGS, &words[0]), OK);
	memset(window_of(c), 'x', 10);
	assert_int_equal(ask(VFS_WRITE_AT, words, "", 0), OK);
	memset(f->bytes + offset, 'x', 10);
	f->size = offset + 10 > f->size ? offset + 10 : f->size;
	close_id(words[0]);
}

/* What is behind the first bytes does not come to light, whatever is written behind it. */
static void test_part_written(void **state)
{
	static const uint64_t offsets[] = {9000, 6, 30000, 300, 20006, 4096, 500, 8192, 20000};

	(void)state;
	for (unsigned turn = 0; turn < 9; turn++) {
		kill_most = 0;
		held.id = 0;
		begin_machine();
		callers_allow(c);
		make_disk(&part_written);
		memset(files, 0, sizeof(files));
		assert_int_equal(mount_disk(), OK);
		for (unsigned i = 1; i < 9; i++) {
			files[i].exists = i % 3 != 0;
			files[i].size = i % 3 != 0 ? 20006 : 0;
			memcpy(files[i].bytes, "1\n2\n3\n", 6);
			check_file(i, &files[i]);
		}
		kill_most = turn % 2 != 0 ? 200 : 0;
		for (unsigned i = 1; i < 9; i++) {
			if (files[i].exists)
				write_at(i, offsets[(turn + i) % 9]);
			if (files[i].exists && i > 4)
				write_at(i, offsets[turn] + 1000);
		}
		end();
	}
}

/* A disk that fails for a while: who asks hears of it, and asks with success later. */
static void test_read_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		uint64_t id;

		begin(1, &forms[i]);
		write_some(3);
		assert_int_equal(unmount_disk(), OK);
		assert_int_equal(mount_disk(), OK);
		drive_host_fail(100);
		assert_int_equal(open_name("/mnt/d/file3", OPEN_FLAG_READ, &id), ERR_IO);
		assert_int_equal(open_name("/mnt/d/file3", OPEN_FLAG_READ, &id), ERR_IO);
		drive_host_fail(0);
		check_file(3, &files[3]);
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

/* Killed while it comes and goes. */
static void test_mount_kills(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 20, &forms[i]);
		write_some(3);
		assert_int_equal(unmount_disk(), OK);
		for (unsigned n = 0; n < 40; n++) {
			kill_most = 60;
			assert_int_equal(mount_disk(), OK);
			check_file(3, &files[3]);
			assert_int_equal(unmount_disk(), OK);
		}
		kill_most = 0;
		check_disk();
	}
	shell("head -c 12M /dev/urandom >%s");
	drive_host_load(path);
	(void)unlink(path);
	for (unsigned n = 0; n < 40; n++) {
		kill_most = 30;
		assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	}
	kill_most = 0;
}

static void test_busy(void **state)
{
	uint64_t id;

	(void)state;
	begin(1, &forms[0]);
	assert_int_equal(mount_disk(), ERR_BUSY);
	write_some(1);
	assert_int_equal(open_name(name_of(1), OPEN_FLAG_READ, &id), OK);
	assert_int_equal(unmount_disk(), ERR_BUSY);
	close_id(id);
	assert_int_equal(unmount_disk(), OK);
	assert_int_equal(unmount_disk(), ERR_INVALID_ARGUMENT);
	assert_int_equal(open_name(name_of(1), OPEN_FLAG_READ, &id), ERR_NOT_FOUND);
	check_disk();
}

/* More files are opened and closed than can be kept, none of which needs the disk. */
static void make_many(const struct form *wanted, const char *like, unsigned many, unsigned rounds)
{
	begin(1, wanted);
	for (unsigned i = 0; i < many * rounds; i++) {
		char name[64];
		uint64_t id;

		(void)snprintf(name, sizeof(name), like, i % many);
		assert_int_equal(open_name(name, FLAGS, &id), OK);
		close_id(id);
	}
	end();
}

/* More files are opened and closed than can be kept, none of which needs the disk; and more with
 * alike names than have short ones with a number of one digit. */
static void test_many(void **state)
{
	(void)state;
	make_many(&forms[1], "/mnt/d/many%u", 1300, 3);
	make_many(&forms[5], "/mnt/d/many%u", 1300, 2);
	make_many(&forms[4], "/mnt/d/all begin alike %u.text", 400, 2);
	make_many(&forms[8], "/mnt/d/all begin alike %u.text", 1300, 2);
	make_many(&forms[9], "/mnt/d/all begin alike, and have names of many entries %u.text", 400,
		2);
}

static void test_no_file_system(void **state)
{
	uint64_t words[6] = {0, 0, 3, 7};

	(void)state;
	begin(1, &forms[0]);
	assert_int_equal(unmount_disk(), OK);
	shell("head -c 12M /dev/urandom >%s");
	drive_host_load(path);
	(void)unlink(path);
	assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	assert_int_equal(ask(VFS_MOUNT, words, "vdb/mnt", 7), ERR_NOT_FOUND);
	assert_int_equal(ask(VFS_MOUNT, words, "vda/nix", 7), ERR_NOT_FOUND);
	make_disk(&forms[1]);
	drive_host_fail(100);
	assert_int_equal(mount_disk(), ERR_IO);
	drive_host_fail(0);
	assert_int_equal(mount_disk(), OK);
	assert_int_equal(unmount_disk(), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_file_system),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_part_written),
		cmocka_unit_test(test_read_again),
		cmocka_unit_test(test_mount_kills),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_hostile_disc),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
