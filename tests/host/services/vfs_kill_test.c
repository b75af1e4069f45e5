// SPDX-License-Identifier: MIT OR Apache-2.0
/* The restart contract of the VFS: random operations, each killed at every change of the estate
 * and once before its commit. After each kill a new instance must find exactly the state after the
 * last commit; at the end the operation is done, and the structure is checked.
 *
 * The state is all of the estate but the contents of free blocks. blocks.c is included, so that the
 * test can tell which are free. */
#include "vfs_fixture.h"

#include "../../../services/vfs/blocks.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  3000
#define CLIENTS 3

/* One operation with all that was drawn for it, so that it can be repeated. */
struct operation {
	unsigned kind;
	unsigned client;
	uint64_t id;
	uint64_t offset;
	size_t size;
	uint64_t flags;
	char path[32];
	char other[32];
};

static uint8_t *before;

static void take_snapshot(void)
{
	size_t size = estate_host_heap_size();

	if (before == nullptr)
		before = malloc(size);
	assert_non_null(before);
	memcpy(before, estate_host_heap(), size);
}

static bool is_used(uint32_t index)
{
	return (usage->map[index / WORD_BITS] >> index % WORD_BITS & 1) != 0;
}

static void assert_unchanged(const struct operation *o)
{
	const uint8_t *heap = estate_host_heap();
	size_t head = (size_t)(blocks - heap);

	for (size_t i = 0; i < head && memcmp(heap, before, head) != 0; i++) {
		if (heap[i] != before[i])
			fail_msg("operation %u (%s, %s): byte %zu changed", o->kind, o->path,
				o->other, i);
	}
	for (uint32_t i = 0; i < count; i++) {
		size_t at = head + (size_t)i * BLOCK_SIZE;

		if (is_used(i) && memcmp(heap + at, before + at, BLOCK_SIZE) != 0)
			fail_msg("operation %u (%s): block %u changed", o->kind, o->path, i);
	}
}

/* --- operations ------------------------------------------------------------------------------ */

static void draw_path(char *path)
{
	static const char *const directories[] = {"/tmp", "/tmp/d", "/tmp/d/e", "/home", "/tmp/l"};
	static const char *const names[] = {"a", "b", "d", "e", "l"};

	sprintf(path, "%s/%s", directories[(size_t)rand() % 5], names[(size_t)rand() % 5]);
}

static struct operation draw(void)
{
	static const uint64_t bases[] = {0, 3900, 8 * 4096 - 100, 1032 * 4096 - 100};
	static const uint64_t flags[] = {
		OPEN_FLAG_READ,
		OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE,
		OPEN_FLAG_WRITE | OPEN_FLAG_CREATE | OPEN_FLAG_TRUNCATE,
		OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_APPEND,
	};
	struct operation o = {
		.kind = (unsigned)rand() % 22,
		.client = (unsigned)rand() % CLIENTS,
		.id = (uint64_t)rand() % 12 + 1,
		.offset = bases[(size_t)rand() % 4] + (uint64_t)rand() % 300,
		.size = (size_t)rand() % (MESSAGE_BYTES + 1),
		.flags = flags[(size_t)rand() % 4],
	};

	draw_path(o.path);
	draw_path(o.other);
	return o;
}

static status_t do_names(const struct operation *o, struct client *c)
{
	struct vfs_bytes path = text_bytes(o->path);
	struct vfs_opened opened;

	switch (o->kind) {
	case 0:
	case 1:
	case 2:
		return vfs_open(c, 0, o->flags, path, &opened);
	case 3:
		return vfs_mkdir(c, 0, path);
	case 4:
		return vfs_unlink(c, 0, false, path);
	case 5:
		return vfs_unlink(c, 0, true, path);
	case 6:
	case 7:
		return vfs_rename(c, 0, path, 0, text_bytes(o->other));
	default:
		return vfs_symlink(c, 0, text_bytes("d"), path);
	}
}

static status_t do_files(const struct operation *o, struct client *c)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct vfs_bytes some = {bytes, o->size};
	uint64_t a, b;
	size_t done;

	memset(bytes, (int)o->offset, sizeof(bytes));
	switch (o->kind) {
	case 9:
		return vfs_read(c, o->id, bytes, o->size, &done);
	case 10:
	case 11:
		return vfs_write(c, o->id, some, &done);
	case 12:
	case 13:
		return vfs_write_at(c, o->id, o->offset, some, &done);
	case 14:
		return vfs_set_size(c, o->id, o->offset);
	case 15:
		return vfs_seek(c, o->id, (int64_t)o->offset, 0, &a);
	case 16:
		return vfs_pipe(c, &a, &b);
	case 17:
		return vfs_dup(c, o->id, &a);
	case 18:
		return vfs_share(o->client, o->id, (o->client + 1) % CLIENTS, &a);
	default:
		return client_close(c, o->id);
	}
}

static status_t do_link(const struct operation *o, struct client *c)
{
	struct vfs_name from = {.path = text_bytes(o->path)};
	struct vfs_name to = {.path = text_bytes(o->other)};

	return vfs_link(c, &from, o->offset % 2 != 0, &to);
}

/* What the service does with one request, but for the reply. */
static status_t perform(const struct operation *o)
{
	struct client *c = client_find(o->client);

	assert_non_null(c);
	if (o->kind >= 20)
		return do_link(o, c);
	return o->kind < 9 ? do_names(o, c) : do_files(o, c);
}

/* --- structure ------------------------------------------------------------------------------- */

/* Everything is given back when all numbers are closed and all files are removed. */
static void empty_directory(struct client *c, const char *path)
{
	struct directory_entry e;
	struct vfs_opened opened;
	uint8_t buffer[MESSAGE_BYTES];
	char child[256];
	size_t size;

	assert_int_equal(vfs_open(c, 0, OPEN_FLAG_READ, text_bytes(path), &opened), OK);
	while (vfs_readdir(c, opened.id, 0, buffer, sizeof(buffer), &size) == OK && size > 0) {
		memcpy(&e, buffer, sizeof(e));
		snprintf(child, sizeof(child), "%s/%.*s", path, (int)e.name_size,
			(const char *)buffer + sizeof(e));
		if (e.type == FILE_TYPE_DIRECTORY)
			empty_directory(c, child);
		assert_int_equal(
			vfs_unlink(c, 0, e.type == FILE_TYPE_DIRECTORY, text_bytes(child)), OK);
		estate_commit();
	}
	assert_int_equal(client_close(c, opened.id), OK);
	estate_commit();
}

static void assert_all_comes_back(void)
{
	struct vfs_opened opened;
	unsigned made = 0;
	char path[32];
	struct client *c;

	for (unsigned i = 0; i < CLIENTS; i++) {
		c = client_find(i);
		while (client_first_number(c) != 0) {
			assert_int_equal(client_close(c, client_first_number(c)), OK);
			estate_commit();
		}
	}
	empty_directory(c, "/tmp");
	empty_directory(c, "/home");
	assert_int_equal(usage->used, 0);
	for (uint32_t i = 0; i < words(); i++)
		assert_int_equal(usage->map[i], 0);
	do {
		estate_commit();
		sprintf(path, "/tmp/%u", made++);
	} while (vfs_open(c, 0, OPEN_FLAG_WRITE | OPEN_FLAG_CREATE, text_bytes(path), &opened) ==
		 OK);
	assert_int_equal(made, FIXTURE_NODES - 4 + 1);
}

/* --- the test -------------------------------------------------------------------------------- */

static unsigned long kills;
static unsigned long successes;

/* Does one operation in every way in which it can be killed, and then once without. */
static void kill_and_perform(const struct operation *o)
{
	jmp_buf killed;
	volatile unsigned long after = 0;

	take_snapshot();
	estate_kill = &killed;
	if (setjmp(killed) != 0) {
		after++;
		kills++;
		fixture_restart();
		assert_unchanged(o);
	}
	estate_kill_after = after;
	(void)!perform(o);
	estate_kill = nullptr;
	fixture_restart();
	assert_unchanged(o);
	if (perform(o) == OK)
		successes++;
	estate_commit();
}

static void test_kills(void **state)
{
	(void)state;
	srand(1);
	for (int pass = 0; pass < 4; pass++) {
		fixture_new();
		for (int i = 0; i < ROUNDS / 4; i++) {
			struct operation o = draw();

			kill_and_perform(&o);
		}
		assert_all_comes_back();
	}
	print_message("%lu operations, %lu kills\n", successes, kills);
	assert_true(successes > ROUNDS / 4 && kills > ROUNDS);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
