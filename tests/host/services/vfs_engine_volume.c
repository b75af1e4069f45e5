// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_engine_volume.h. */
#include "vfs_engine_volume.h"

#include "mounts.h"
#include "vfs_drive.h"
#include "vfs_remote.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file files[FILES];
struct file lasting[FILES];
bool is_touched[FILES];
unsigned kill_most;
unsigned kills;
char path[64];
struct caller *const c = &callers[0];

static jmp_buf killed;

/* A file that stays open, whatever happens to its name. */
static struct {
	uint64_t id; /* 0: none */
	int name;    /* -1: it has none any more */
	struct file orphan;
} held;

/* --- the disk -----------------------------------------------------------------------------------
 */

void shell(const char *format)
{
	char command[600];
	int status;

	(void)snprintf(command, sizeof(command), format, path, path, path);
	status = system(command);
	if (status != 0)
		fail_msg("status %d: %s", status, command);
}

#define EXT4(options)                                               \
	{"E2FSPROGS_FAKE_TIME=1700000000 /sbin/mkfs.ext4 -q -F -U " \
	 "00000000-0000-4000-8000-000000000001 " options " %s",     \
		"/sbin/e2fsck -fn %s", 12, 1024}
/* What fsck.fat finds it says, whatever its status is. */
#define FAT(size, options) \
	{"/sbin/mkfs.fat -i 12345678 " options " %s", "/sbin/fsck.fat -nv %s", size, 512}

#define EXFAT(size, options) \
	{"/sbin/mkfs.exfat " options " %s", "/sbin/fsck.exfat -n %s", size, 512}

const struct form forms[FORMS] = {
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

const struct form disc = {
	"sh -c 'd=%s.d; mkdir -p $d/d && for i in 1 2 4 5; do seq 5000 >$d/file$i; seq 900 "
	">$d/d/file$((i * "
	"3)); done; ln -s file1 $d/file7; genisoimage -quiet -R -J -o %s $d; rm -r $d'",
	nullptr, 1, 512};

const struct form part_written = {
	"sh -c 'v=%s; mkdir -p $v.d && for i in 1 2 4 5 7 8; do { seq 3; head -c 20000 "
	"/dev/zero; } >$v.d/file$i; done; python3 tests/system/exfat_image.py make $v 4 512 4096 "
	"$v.d; rm -r $v.d'",
	"/sbin/fsck.exfat -n %s", 4, 512};

const struct form *form = &forms[0];

void make_disk(const struct form *wanted)
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

void check_disk(void)
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
void begin_machine(void)
{
	kill_most = 0;
	held.id = 0;
	remote_host_new();
	(void)callers_setup(nullptr);
	callers_allow(c);
}

void drive(void)
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
status_t ask(uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
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

status_t open_name(const char *name, uint64_t flags, uint64_t *id)
{
	uint64_t words[6] = {0, flags, strlen(name)};
	status_t status = ask(VFS_OPEN, words, name, strlen(name));

	*id = status == OK ? c->results[0] : 0;
	return status;
}

void close_id(uint64_t id)
{
	uint64_t words[6] = {id};

	assert_int_equal(ask(VFS_CLOSE, words, "", 0), OK);
}

static status_t mount_with(uint64_t flags)
{
	uint64_t words[6] = {0, flags, 3, 7};

	return ask(VFS_MOUNT, words, "vda/mnt", 7);
}

status_t mount_disk(void)
{
	return mount_with(0);
}

status_t mount_disk_for_reading(void)
{
	return mount_with(MOUNT_READ_ONLY);
}

status_t unmount_disk(void)
{
	uint64_t words[6] = {0, 4};

	return ask(VFS_UNMOUNT, words, "/mnt", 4);
}

const char *name_of(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), i % 3 == 0 ? "/mnt/d/file%u" : "/mnt/file%u", i);
	return name;
}

/* --- operations ---------------------------------------------------------------------------------
 */

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

static void reset_access(struct file *f)
{
	f->access[0] = 0644;
	f->access[1] = 0;
	f->access[2] = 0;
}

void write_some(unsigned i)
{
	uint64_t id;

	if (!files[i].exists)
		reset_access(&files[i]);
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

static bool keeps_access(void)
{
	return form->sector == 1024;
}

static void change_access(unsigned i)
{
	struct file *f = &files[i];
	uint64_t words[6] = {0};

	if (!f->exists)
		return;
	for (unsigned n = 0; n < 3; n++) {
		uint32_t value = (uint32_t)rand() & (n == 0 ? ACCESS_MODE : 0x7fffffff);
		bool leave = rand() % 3 == 0;

		words[n + 1] = leave ? ACCESS_LEAVE : value;
		if (!leave && keeps_access())
			f->access[n] = value;
	}
	assert_int_equal(open_name(name_of(i), OPEN_FLAG_READ, &words[0]), OK);
	assert_int_equal(
		ask(VFS_SET_ACCESS, words, "", 0), keeps_access() ? OK : ERR_NOT_SUPPORTED);
	words[1] = ACCESS_MODE + 1;
	assert_int_equal(ask(VFS_SET_ACCESS, words, "", 0), ERR_INVALID_ARGUMENT);
	close_id(words[0]);
}

static void check_access(uint64_t id, const struct file *f)
{
	uint64_t words[6] = {id};
	struct file_attributes a;

	assert_int_equal(ask(VFS_STAT, words, "", 0), OK);
	memcpy(&a, c->reply, sizeof(a));
	assert_int_equal(a.mode, f->access[0]);
	assert_int_equal(a.owner, f->access[1]);
	assert_int_equal(a.group, f->access[2]);
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

void check_file(unsigned i, const struct file *f)
{
	uint64_t id;
	status_t status = open_name(name_of(i), OPEN_FLAG_READ, &id);

	assert_int_equal(status, f->exists ? OK : ERR_NOT_FOUND);
	if (status != OK)
		return;
	assert_int_equal(c->results[2], f->size);
	check_contents(id, f);
	check_access(id, f);
	close_id(id);
}

void let_go(void)
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

void step(void)
{
	unsigned i = (unsigned)rand() % FILES;
	unsigned what = (unsigned)rand() % 21;

	if (what < 13 || what == 20)
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
	} else if (what < 20) {
		sync_files();
	} else {
		change_access(i);
	}
}

/* --- beginning and end -------------------------------------------------------------------------
 */

void begin(unsigned seed, const struct form *wanted_form)
{
	uint64_t words[6] = {0, 6};

	const char *wanted = getenv("VFS_SEED"); /* begins elsewhere */

	srand(seed + (wanted != NULL ? (unsigned)atoi(wanted) * 1000 : 0));
	begin_machine();
	make_disk(wanted_form);
	memset(files, 0, sizeof(files));
	for (unsigned i = 0; i < FILES; i++)
		reset_access(&files[i]);
	memset(is_touched, 0, sizeof(is_touched));
	assert_int_equal(mount_disk(), OK);
	assert_int_equal(ask(VFS_MKDIR, words, "/mnt/d", 6), OK);
	sync_files();
}

void begin_disc(void)
{
	begin_machine();
	make_disk(&disc);
	assert_int_equal(mount_disk(), OK);
}

void end(void)
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
