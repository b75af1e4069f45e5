// SPDX-License-Identifier: MIT OR Apache-2.0
/* The restart contract of cached files. Callers write, read, cut and sync files on a device that
 * ends what it has to do in any order and sometimes fails; the VFS is killed at every change of the
 * estate and around every commit, and now and then its file system with it. A model knows what each
 * file holds: no byte is mixed up, and what a sync was answered for lasts.
 *
 * Caller i alone changes file i, so that the model needs no order between callers. */
#include "cache_internal.h"
#include "vfs_callers.h"
#include "vfs_disk.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_PAGES 14u
#define FILE_MOST  (FILE_PAGES * BLOCK_SIZE)
#define FLAGS      (OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE)

static struct file {
	uint8_t bytes[FILE_MOST];
	uint64_t size;
	uint64_t changes;
	uint64_t ids[CALLERS]; /* by caller; 0: it has not opened it */
	bool exists;
	bool is_unsure; /* what its owner wrote last may have happened or not */
} files[CALLERS];

static uint8_t fill_byte;
static unsigned long kills;
static unsigned long syncs;
static unsigned long answers;

static const char *path_of(unsigned file)
{
	static const char *const paths[CALLERS] = {"/disk/a", "/disk/b", "/disk/c", "/disk/d"};

	return paths[file];
}

/* --- the structure --------------------------------------------------------------------------- */

static unsigned list_length(const struct page_list *list)
{
	unsigned length = 0;

	for (uint32_t block = list->first; block != 0; block = page_at(block)->next) {
		assert_true(page_at(block)->next != 0 || list->last == block);
		length++;
	}
	return length;
}

static void check_object(const struct object *object, unsigned pages, unsigned changed)
{
	unsigned there = 0;

	for (uint64_t i = page_map_next(&object->map, 0); i != UINT64_MAX;
		i = page_map_next(&object->map, i + 1)) {
		assert_int_equal(page_find(object, i)->index, i);
		assert_ptr_equal(object_of(page_find(object, i)), object);
		there++;
	}
	assert_int_equal(object->pages, pages);
	assert_int_equal(there, pages);
	assert_int_equal(list_length(&object->changed), changed);
}

static void check_structure(void)
{
	static unsigned pages[CACHE_OBJECTS + 1];
	static unsigned changed[CACHE_OBJECTS + 1];
	unsigned counts[PAGE_FAILED + 1] = {0};

	memset(pages, 0, sizeof(pages));
	memset(changed, 0, sizeof(changed));
	for (uint32_t block = 1; block <= pages_count(); block++) {
		const struct page *page = page_at(block);

		counts[page->state]++;
		if (page->state == PAGE_FREE)
			continue;
		pages[page->object]++;
		changed[page->object] += page->state == PAGE_CHANGED || page->state == PAGE_WRITING;
	}
	assert_int_equal(cache->busy, counts[PAGE_FILLING] + counts[PAGE_WRITING]);
	assert_int_equal(cache->changed, counts[PAGE_CHANGED] + counts[PAGE_WRITING]);
	assert_int_equal(cache->clean_count, counts[PAGE_CLEAN]);
	assert_int_equal(list_length(&cache->clean), counts[PAGE_CLEAN]);
	for (uint32_t i = 1; i <= cache->unused_object; i++) {
		if (object_at(i)->volume != 0)
			check_object(object_at(i), pages[i], changed[i]);
	}
}

/* --- answers --------------------------------------------------------------------------------- */

enum action { OPEN, CLOSE, WRITE, READ, RESIZE, SYNC, SYNC_ALL, UNLINK, ACTIONS };

/* What a caller's data are. */
enum { DATA_ACTION, DATA_FILE, DATA_BYTE, DATA_CHANGES };

/* The only caller that changes a file has asked for a change, which may have happened. */
static bool is_in_doubt(unsigned file)
{
	const struct caller *owner = &callers[file];
	enum action action = (enum action)owner->data[DATA_ACTION];

	if (files[file].is_unsure)
		return true;
	return owner->is_waiting && (action == WRITE || action == RESIZE || action == UNLINK);
}

static void apply_write(const struct caller *c, struct file *f, uint64_t size)
{
	uint64_t end = c->words[1] + size;

	if (c->words[1] > f->size)
		memset(f->bytes + f->size, 0, c->words[1] - f->size);
	memset(f->bytes + c->words[1], (int)c->data[DATA_BYTE], size);
	f->size = end > f->size ? end : f->size;
	f->changes++;
}

static void answered_write(const struct caller *c, struct file *f)
{
	assert_true(c->results[0] > 0 && c->results[0] <= c->words[2]);
	apply_write(c, f, c->results[0]);
}

static void answered_read(const struct caller *c, const struct file *f)
{
	uint64_t offset = c->words[1];
	uint64_t left = offset < f->size ? f->size - offset : 0;
	uint64_t done = c->results[0];

	if (is_in_doubt((unsigned)c->data[DATA_FILE]))
		return;
	assert_true(done <= left && (done > 0 || left == 0));
	assert_memory_equal(window_of(c), f->bytes + offset, done);
}

static void answered_resize(const struct caller *c, struct file *f)
{
	if (c->words[1] > f->size)
		memset(f->bytes + f->size, 0, c->words[1] - f->size);
	f->size = c->words[1];
	f->changes++;
}

static void answered_sync(const struct caller *c, const struct file *f, unsigned file)
{
	uint64_t node = f->exists ? disk_find(path_of(file) + strlen("/disk/")) : 0;

	if (f->changes != c->data[DATA_CHANGES] || is_in_doubt(file) || node == 0)
		return;
	syncs++;
	assert_int_equal(disk_size(node), f->size);
	assert_memory_equal(disk_lasting(node), f->bytes, f->size);
}

static void answered(struct caller *c)
{
	unsigned file = (unsigned)c->data[DATA_FILE];
	unsigned number = (unsigned)(c - callers);
	struct file *f = &files[file];

	answers++;
	if (c->status != OK) {
		assert_true(c->status == ERR_IO || c->status == ERR_NO_SPACE ||
			    c->status == ERR_NOT_FOUND);
		assert_true(c->status != ERR_NOT_FOUND || file != number || !f->exists);
		return;
	}
	switch ((enum action)c->data[DATA_ACTION]) {
	case OPEN:
		f->ids[number] = c->results[0];
		if (file == number)
			f->exists = true;
		break;
	case CLOSE:
		f->ids[number] = 0;
		if (file == number && !f->exists)
			f->size = 0;
		break;
	case WRITE:
		answered_write(c, f);
		break;
	case READ:
		answered_read(c, f);
		break;
	case RESIZE:
		answered_resize(c, f);
		break;
	case SYNC:
		answered_sync(c, f, file);
		break;
	case UNLINK: /* it is there as long as its owner has it open */
		f->exists = false;
		f->changes++;
		break;
	default:
		break;
	}
}

/* --- requests -------------------------------------------------------------------------------- */

static void ask(struct caller *c, enum action action, unsigned file, uint32_t method,
	const uint64_t words[6], const char *bytes)
{
	c->data[DATA_ACTION] = action;
	c->data[DATA_FILE] = file;
	c->data[DATA_CHANGES] = files[file].changes;
	c->answered = answered;
	call(c, method, words, bytes, strlen(bytes));
}

static void ask_open(struct caller *c, unsigned file)
{
	bool own = file == (unsigned)(c - callers);
	uint64_t words[6] = {0, own ? FLAGS : OPEN_FLAG_READ, strlen(path_of(file))};

	ask(c, OPEN, file, VFS_OPEN, words, path_of(file));
}

static void ask_write(struct caller *c, unsigned file)
{
	uint64_t words[6] = {
		files[file].ids[file], (uint64_t)rand() % (FILE_MOST - 1), 0, DATA_PLACE_WINDOW};
	uint64_t most = FILE_MOST - words[1];

	words[2] = 1 + (uint64_t)rand() % (3 * BLOCK_SIZE);
	if (rand() % 3 == 0) {
		words[1] -= words[1] % BLOCK_SIZE;
		words[2] = BLOCK_SIZE * (1 + (uint64_t)rand() % 3);
		most = FILE_MOST - words[1];
	}
	if (rand() % 2 != 0) { /* mostly the same pages */
		words[1] %= BLOCK_SIZE;
		most = FILE_MOST - words[1];
	}
	words[2] = words[2] < most ? words[2] : most;
	c->data[DATA_BYTE] = ++fill_byte;
	memset(window_of(c), fill_byte, words[2]);
	ask(c, WRITE, file, VFS_WRITE_AT, words, "");
}

static void ask_read(struct caller *c, unsigned file, uint64_t id)
{
	uint64_t words[6] = {id, (uint64_t)rand() % FILE_MOST,
		(uint64_t)rand() % (4 * BLOCK_SIZE) + 1, DATA_PLACE_WINDOW};

	ask(c, READ, file, VFS_READ_AT, words, "");
}

/* Nobody else has it open, so that the model need not know files without names. */
static bool is_alone(unsigned file)
{
	for (unsigned i = 0; i < CALLERS; i++) {
		if (i != file && (files[file].ids[i] != 0 || callers[i].is_waiting))
			return false;
	}
	return true;
}

static void ask_change(struct caller *c, unsigned file)
{
	uint64_t words[6] = {files[file].ids[file], (uint64_t)rand() % FILE_MOST};

	if (rand() % 6 != 0) {
		ask_write(c, file);
	} else if (rand() % 4 != 0) {
		ask(c, RESIZE, file, VFS_SET_SIZE, words, "");
	} else if (is_alone(file)) {
		uint64_t names[6] = {0, 0, strlen(path_of(file))};

		ask(c, UNLINK, file, VFS_UNLINK, names, path_of(file));
	}
}

static void ask_something(struct caller *c)
{
	unsigned number = (unsigned)(c - callers);
	unsigned file = rand() % 3 != 0 ? number : (unsigned)rand() % CALLERS;
	uint64_t id = files[file].ids[number];

	if (id == 0 && callers[file].is_waiting && callers[file].data[DATA_ACTION] == UNLINK)
		return; /* it would have a file without a name */
	if (id == 0) {
		ask_open(c, file);
		return;
	}
	switch (rand() % 12) {
	case 0:
		ask(c, CLOSE, file, VFS_CLOSE, (uint64_t[6]){id}, "");
		break;
	case 1:
	case 2:
		ask(c, SYNC, file, VFS_SYNC, (uint64_t[6]){id}, "");
		break;
	case 3:
		ask(c, SYNC_ALL, file, VFS_SYNC, (uint64_t[6]){0}, "");
		break;
	case 4:
	case 5:
	case 6:
		ask_read(c, file, id);
		break;
	default:
		if (file == number && files[file].exists)
			ask_change(c, file);
		else
			ask_read(c, file, id);
	}
}

/* --- the test -------------------------------------------------------------------------------- */

static void one_event(void)
{
	struct caller *c = &callers[(unsigned)rand() % CALLERS];
	unsigned what = (unsigned)rand() % 8;

	if (what == 0)
		callers_wait(CACHE_AGE_NS / 2);
	else if (c->is_waiting || what < 4)
		(void)callers_device((unsigned)rand());
	else
		ask_something(c);
}

/* --- callers that give up -------------------------------------------------------------------- */

/* Somebody whose write was interrupted by a kill, and who will not ask again. */
static struct caller *choose_gone(void)
{
	for (unsigned i = 0; i < CALLERS && rand() % 2 != 0; i++) {
		if (callers[i].is_waiting && callers[i].data[DATA_ACTION] == WRITE) {
			files[callers[i].data[DATA_FILE]].is_unsure = true;
			return &callers[i];
		}
	}
	return nullptr;
}

static bool is_like(struct file *now, const struct file *f)
{
	return now->size == f->size && memcmp(now->bytes, f->bytes, f->size) == 0;
}

/* The write is done, or as much of it as lies in one page, or nothing of it. */
static void find_out(struct caller *c, struct file *now)
{
	struct file *f = &files[c->data[DATA_FILE]];
	uint64_t page_rest = BLOCK_SIZE - c->words[1] % BLOCK_SIZE;
	static struct file old;

	old = *f;
	if (is_like(now, f))
		return;
	apply_write(c, f, page_rest < c->words[2] ? page_rest : c->words[2]);
	if (is_like(now, f))
		return;
	*f = old;
	apply_write(c, f, c->words[2]);
	assert_true(is_like(now, f));
}

static void look_after(struct caller *c)
{
	static struct file now;
	static struct caller request;
	uint64_t id = c->words[0];

	request = *c;
	c->answered = nullptr;
	c->data[DATA_ACTION] = READ;
	now.size = disk_size(disk_find(path_of((unsigned)c->data[DATA_FILE]) + strlen("/disk/")));
	for (uint64_t at = 0; at < now.size;) {
		size_t done;

		if (read_file(c, id, at, now.bytes + at, 8000, &done) == OK)
			at += done;
	}
	find_out(&request, &now);
	files[c->data[DATA_FILE]].is_unsure = false;
}

/* --- lives ----------------------------------------------------------------------------------- */

static void begin(unsigned seed, unsigned later, unsigned failing, uint32_t capacity)
{
	void *none = nullptr;

	srand(seed);
	memset(files, 0, sizeof(files));
	(void)callers_setup(&none);
	disk_set_capacity(capacity);
	disk_set_trouble(later, failing);
}

/* So many events, killed at kill point `at` and each time after `again` more. */
static void run(unsigned events, unsigned long at, unsigned long again)
{
	static jmp_buf killed;
	static volatile unsigned done;
	static volatile unsigned long next;

	done = 0;
	next = at;
	estate_kill_after = at;
	if (setjmp(killed) != 0) {
		struct caller *gone = choose_gone();

		kills++;
		next = again;
		callers_restart(rand() % 2 != 0, gone);
		check_structure();
		if (gone != nullptr)
			look_after(gone);
		estate_kill_after = next;
	}
	while (done < events) {
		done = done + 1;
		estate_kill = &killed;
		one_event();
		estate_kill = nullptr;
	}
}

static void sync_all(void)
{
	disk_set_trouble(0, 0);
	for (unsigned i = 0; i < CALLERS; i++) {
		while (callers[i].is_waiting)
			assert_true(callers_device((unsigned)rand()));
		callers[i].answered = nullptr;
	}
	while (callers_device(0)) /* also failures that were not told yet */
		;
	assert_int_equal(call_to_end(&callers[0], VFS_SYNC, (uint64_t[6]){0}, "", 0), OK);
}

static void check_file(unsigned file)
{
	struct file *f = &files[file];
	struct caller *c = &callers[file];
	uint64_t node = disk_find(path_of(file) + strlen("/disk/"));
	uint8_t bytes[FILE_MOST];
	size_t done;

	assert_int_equal(node != 0, f->exists);
	if (node == 0)
		return;
	assert_int_equal(disk_size(node), f->size);
	assert_memory_equal(disk_lasting(node), f->bytes, f->size);
	for (uint64_t at = 0; f->ids[file] != 0 && at < f->size; at += done) {
		size_t size = f->size - at < 8000 ? f->size - at : 8000;

		assert_int_equal(read_file(c, f->ids[file], at, bytes, size, &done), OK);
		assert_true(done > 0);
		assert_memory_equal(bytes, f->bytes + at, done);
	}
}

static void finish(void)
{
	sync_all();
	check_structure();
	for (unsigned i = 0; i < CALLERS; i++)
		check_file(i);
	for (unsigned i = 0; i < CALLERS; i++) {
		(void)!unlink_file(&callers[i], path_of(i));
		for (unsigned j = 0; j < CALLERS; j++) {
			if (files[i].ids[j] != 0)
				assert_int_equal(close_file(&callers[j], files[i].ids[j]), OK);
		}
	}
	while (callers_device(0))
		;
	assert_int_equal(disk_nodes_used(), 0);
	assert_int_equal(blocks_used(), 0);
}

/* One short life for each kill point. */
static void test_every_kill_point(void **state)
{
	(void)state;
	for (unsigned long at = 0; at < 1300; at++) {
		begin((unsigned)at % 5 + 1, at % 2 != 0 ? 10 : 0, at % 3 == 0 ? 10 : 0, 40);
		run(140, at, UINT32_MAX);
		finish();
	}
	print_message("%lu kills, %lu answers, %lu syncs\n", kills, answers, syncs);
	assert_true(kills > 1100);
}

/* Long lives with many kills. */
static void test_many_kills(void **state)
{
	(void)state;
	kills = answers = syncs = 0;
	for (unsigned seed = 1; seed <= 24; seed++) {
		begin(seed, seed % 3 * 8, seed % 4 * 5, seed % 2 != 0 ? 30 : 1000);
		for (unsigned i = 0; i < 60; i++)
			run(30, (unsigned long)rand() % 150, (unsigned long)rand() % 150);
		finish();
	}
	print_message("%lu kills, %lu answers, %lu syncs\n", kills, answers, syncs);
	assert_true(kills > 3000 && syncs > 500);
}

/* The same without kills finds what they would hide. */
static void test_no_kills(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 16; seed++) {
		begin(seed, seed % 3 * 8, seed % 4 * 5, seed % 2 != 0 ? 30 : 1000);
		run(3000, UINT32_MAX, UINT32_MAX);
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_kills),
		cmocka_unit_test(test_every_kill_point),
		cmocka_unit_test(test_many_kills),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
