// SPDX-License-Identifier: MIT OR Apache-2.0
// WASI: descriptors, rights, pointers, and that no path leads out of a directory. Functions are
// called directly, with an instance that only has a memory.
#include "tests/host/wasm/support.h"
#include "wasi/internal.h"
#include "wasm/wasi_posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct fixture {
	struct test_program program;
	struct wasi *wasi;
	char folder[64];
};

constexpr uint32_t DIRECTORY = 3; // after the three streams

static uint32_t add(struct fixture *f, int fd, uint64_t rights, const char *name)
{
	struct wasi_descriptor entry = {wasi_posix_description(fd), rights, rights, name};
	uint32_t number;
	assert_int_equal(wasi_descriptor_insert(f->wasi, &entry, 0, &number), WASI_SUCCESS);
	return number;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *arguments[] = {"program", "one"};
	struct wasi_config config = {.allocator = &wasm_host_allocator,
		.host = &wasi_posix_host,
		.arguments = arguments,
		.argument_count = 2,
		.descriptor_limit = 16};
	char path[128];
	f->program = test_instantiate("(memory (export \"memory\") 1)", nullptr);
	assert_int_equal(wasi_create(&config, &f->wasi), WASM_OK);
	strcpy(f->folder, "/tmp/wasi-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(path, sizeof(path), "%s/link", f->folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/up", f->folder);
	assert_int_equal(symlink("..", path), 0);
	for (uint32_t i = 0; i < 3; i++)
		add(f, open("/dev/null", O_RDWR), WASI_RIGHTS_STREAM_IN, nullptr);
	add(f, open(f->folder, O_RDONLY | O_DIRECTORY), WASI_RIGHTS_ALL, "/d");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];
	wasi_destroy(f->wasi);
	test_destroy(&f->program);
	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	int removed = system(command);
	free(f);
	return removed;
}

// Puts text into memory; returns its address.
static uint32_t put(struct fixture *f, const char *text)
{
	assert_true(wasm_memory_write(f->program.instance, 1024, text, (uint32_t)strlen(text) + 1));
	return 1024;
}

static enum wasi_errno open_path(
	struct fixture *f, const char *path, uint16_t oflags, uint64_t rights, uint32_t *number)
{
	union wasm_value v[9] = {{.i32 = DIRECTORY}, {.i32 = 1}, {.i32 = put(f, path)},
		{.i32 = (uint32_t)strlen(path)}, {.i32 = oflags}, {.i64 = rights}, {.i64 = rights},
		{.i32 = 0}, {.i32 = 8}};
	enum wasi_errno error = wasi_path_open(f->wasi, f->program.instance, v);
	assert_true(wasm_memory_read(f->program.instance, 8, number, 4));
	return error;
}

static void test_escapes(void **state)
{
	static const char *const paths[] = {"/etc/passwd", "..", "../x", "a/../../x", "./..",
		"link", "up/etc", "up", "a/../../../etc/passwd"};
	uint32_t number;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		enum wasi_errno error = open_path(*state, paths[i], 0, WASI_RIGHT_FD_READ, &number);
		assert_true(error == WASI_NOTCAPABLE || error == WASI_NOENT);
		error = open_path(*state, paths[i], WASI_OFLAG_CREAT,
			WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, &number);
		assert_true(error != WASI_SUCCESS);
	}
}

static enum wasi_errno transfer(struct fixture *f, wasi_handler *handler, uint32_t number,
	uint32_t address, uint32_t size, uint32_t *done)
{
	uint32_t vector[2] = {address, size};
	union wasm_value v[4] = {{.i32 = number}, {.i32 = 16}, {.i32 = 1}, {.i32 = 8}};
	assert_true(wasm_memory_write(f->program.instance, 16, vector, 8));
	enum wasi_errno error = handler(f->wasi, f->program.instance, v);
	assert_true(wasm_memory_read(f->program.instance, 8, done, 4));
	return error;
}

static void test_file(void **state)
{
	uint32_t number, done;
	uint64_t both = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK;
	assert_int_equal(open_path(*state, "./x//y", WASI_OFLAG_CREAT, both, &number), WASI_NOENT);
	assert_int_equal(open_path(*state, "./x", WASI_OFLAG_CREAT, both, &number), WASI_SUCCESS);
	put(*state, "hello");
	assert_int_equal(transfer(*state, wasi_fd_write, number, 1024, 5, &done), WASI_SUCCESS);
	assert_int_equal(done, 5);
	assert_int_equal(open_path(*state, "x", 0, WASI_RIGHT_FD_READ, &number), WASI_SUCCESS);
	assert_int_equal(transfer(*state, wasi_fd_read, number, 2048, 100, &done), WASI_SUCCESS);
	assert_int_equal(done, 5);
	assert_int_equal(transfer(*state, wasi_fd_write, number, 2048, 1, &done), WASI_NOTCAPABLE);
}

static void test_pointers(void **state)
{
	uint32_t number, done;
	assert_int_equal(open_path(*state, "x", WASI_OFLAG_CREAT, WASI_RIGHT_FD_READ, &number),
		WASI_SUCCESS);
	assert_int_equal(transfer(*state, wasi_fd_read, number, 65535, 2, &done), WASI_FAULT);
	assert_int_equal(
		transfer(*state, wasi_fd_read, number, 0xffffffff, 0xffffffff, &done), WASI_FAULT);
	struct fixture *f = *state;
	union wasm_value v[4] = {{.i32 = number}, {.i32 = 65530}, {.i32 = 0x20000000}, {.i32 = 8}};
	assert_int_equal(wasi_fd_read(f->wasi, f->program.instance, v), WASI_FAULT);
	union wasm_value r[2] = {{.i32 = 60000}, {.i32 = 10000}};
	assert_int_equal(wasi_random_get(f->wasi, f->program.instance, r), WASI_FAULT);
}

static void test_rights(void **state)
{
	struct fixture *f = *state;
	uint32_t number;
	union wasm_value v[3] = {
		{.i32 = DIRECTORY}, {.i64 = WASI_RIGHTS_READ_ONLY}, {.i64 = WASI_RIGHTS_READ_ONLY}};
	assert_int_equal(wasi_fd_fdstat_set_rights(f->wasi, f->program.instance, v), WASI_SUCCESS);
	assert_int_equal(open_path(f, "new", WASI_OFLAG_CREAT, WASI_RIGHT_FD_READ, &number),
		WASI_NOTCAPABLE);
	assert_int_equal(open_path(f, "x", 0, WASI_RIGHT_FD_WRITE, &number), WASI_NOTCAPABLE);
	union wasm_value more[3] = {
		{.i32 = DIRECTORY}, {.i64 = WASI_RIGHTS_ALL}, {.i64 = WASI_RIGHTS_ALL}};
	assert_int_equal(
		wasi_fd_fdstat_set_rights(f->wasi, f->program.instance, more), WASI_NOTCAPABLE);
}

static void test_descriptors(void **state)
{
	struct fixture *f = *state;
	uint32_t number = 0;
	assert_int_equal(wasi_descriptor_end(f->wasi), 4);
	assert_int_equal(wasi_descriptor_duplicate(f->wasi, DIRECTORY, 10, &number), WASI_SUCCESS);
	assert_int_equal(number, 10);
	assert_int_equal(wasi_descriptor_close(f->wasi, DIRECTORY), WASI_SUCCESS);
	assert_int_equal(wasi_descriptor_close(f->wasi, DIRECTORY), WASI_BADF);
	assert_int_equal(wasi_descriptor_duplicate(f->wasi, 99, 0, &number), WASI_BADF);
	while (wasi_descriptor_duplicate(f->wasi, 10, 0, &number) == WASI_SUCCESS)
		assert_in_range(number, 0, 15);
	assert_int_equal(wasi_descriptor_duplicate(f->wasi, 10, 0, &number), WASI_MFILE);
	assert_int_equal(wasi_descriptor_end(f->wasi), 16);
}

static void test_poll(void **state)
{
	struct fixture *f = *state;
	uint64_t clock[6] = {42, WASI_EVENT_CLOCK, WASI_CLOCK_MONOTONIC, 1000000, 0, 0};
	union wasm_value v[4] = {{.i32 = 4096}, {.i32 = 4096}, {.i32 = 1}, {.i32 = 8}};
	uint64_t event[4];
	uint32_t count;
	assert_true(wasm_memory_write(f->program.instance, 4096, clock, sizeof(clock)));
	assert_int_equal(wasi_poll_oneoff(f->wasi, f->program.instance, v), WASI_SUCCESS);
	assert_true(wasm_memory_read(f->program.instance, 8, &count, 4));
	assert_true(wasm_memory_read(f->program.instance, 4096, event, sizeof(event)));
	assert_int_equal(count, 1);
	assert_int_equal(event[0], 42);
	v[2].i32 = 0;
	assert_int_equal(wasi_poll_oneoff(f->wasi, f->program.instance, v), WASI_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_escapes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pointers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rights, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_poll, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
