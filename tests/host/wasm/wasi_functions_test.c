// SPDX-License-Identifier: MIT OR Apache-2.0
// Every function of WASI 0.1 by a table: its type, the rights that it needs and no others, what it
// says of descriptors that are closed and of pointers that lead out of memory, and that nothing
// stays open after an error. What the functions do with good arguments: wasi_test.c, programs/.
#include "tests/host/wasm/support.h"
#include "wasm/wasi.h"
#include "wasm/wasi_posix.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// What the first descriptor of a function is.
enum kind { NOTHING, FILE_, FOLDER, LISTENER, CONNECTION };

// One letter for each argument:
//   f  the descriptor in question    d  a directory with all rights
//   p q k m  paths: a file, a name that is free, a link, a directory; n their size
//   o O  places for results          v  an array of one buffer
//   b B  larger places; s their size y  a subscription to a clock
//   digits  numbers
struct row {
	const char *name;
	const char *signature; // of the specification: i and I for 32 and 64 bits
	const char *arguments;
	enum kind kind;
	uint64_t rights;
	enum wasi_errno error; // with these rights and good arguments
};

#define R(right) WASI_RIGHT_##right

static const struct row rows[] = {
	{"args_get", "ii:i", "bB", NOTHING, 0, WASI_SUCCESS},
	{"args_sizes_get", "ii:i", "oO", NOTHING, 0, WASI_SUCCESS},
	{"environ_get", "ii:i", "bB", NOTHING, 0, WASI_SUCCESS},
	{"environ_sizes_get", "ii:i", "oO", NOTHING, 0, WASI_SUCCESS},
	{"clock_res_get", "ii:i", "0o", NOTHING, 0, WASI_SUCCESS},
	{"clock_res_get", "ii:i", "9o", NOTHING, 0, WASI_INVAL},
	{"clock_time_get", "iIi:i", "10o", NOTHING, 0, WASI_SUCCESS},
	{"clock_time_get", "iIi:i", "90o", NOTHING, 0, WASI_INVAL},
	{"fd_advise", "iIIi:i", "f000", FILE_, R(FD_ADVISE), WASI_SUCCESS},
	{"fd_advise", "iIIi:i", "f009", FILE_, R(FD_ADVISE), WASI_INVAL},
	{"fd_allocate", "iII:i", "f0s", FILE_, R(FD_ALLOCATE), WASI_SUCCESS},
	{"fd_close", "i:i", "f", FILE_, 0, WASI_SUCCESS},
	{"fd_datasync", "i:i", "f", FILE_, R(FD_DATASYNC), WASI_SUCCESS},
	{"fd_fdstat_get", "ii:i", "fb", FILE_, 0, WASI_SUCCESS},
	{"fd_fdstat_set_flags", "ii:i", "f1", FILE_, R(FD_FDSTAT_SET_FLAGS), WASI_SUCCESS},
	{"fd_fdstat_set_flags", "ii:i", "fs", FILE_, R(FD_FDSTAT_SET_FLAGS), WASI_INVAL},
	{"fd_fdstat_set_rights", "iII:i", "f00", FILE_, 0, WASI_SUCCESS},
	{"fd_fdstat_set_rights", "iII:i", "f10", FILE_, 0, WASI_NOTCAPABLE},
	{"fd_filestat_get", "ii:i", "fb", FILE_, R(FD_FILESTAT_GET), WASI_SUCCESS},
	{"fd_filestat_set_size", "iI:i", "fs", FILE_, R(FD_FILESTAT_SET_SIZE), WASI_SUCCESS},
	{"fd_filestat_set_times", "iIIi:i", "f001", FILE_, R(FD_FILESTAT_SET_TIMES), WASI_SUCCESS},
	{"fd_filestat_set_times", "iIIi:i", "f003", FILE_, R(FD_FILESTAT_SET_TIMES), WASI_INVAL},
	{"fd_pread", "iiiIi:i", "fv10o", FILE_, R(FD_READ) | R(FD_SEEK), WASI_SUCCESS},
	{"fd_prestat_get", "ii:i", "fo", FOLDER, 0, WASI_SUCCESS},
	{"fd_prestat_get", "ii:i", "fo", FILE_, 0, WASI_BADF},
	{"fd_prestat_dir_name", "iii:i", "fbs", FOLDER, 0, WASI_SUCCESS},
	{"fd_prestat_dir_name", "iii:i", "fb0", FOLDER, 0, WASI_NAMETOOLONG},
	{"fd_pwrite", "iiiIi:i", "fv10o", FILE_, R(FD_WRITE) | R(FD_SEEK), WASI_SUCCESS},
	{"fd_read", "iiii:i", "fv1o", FILE_, R(FD_READ), WASI_SUCCESS},
	{"fd_readdir", "iiiIi:i", "fbs0o", FOLDER, R(FD_READDIR), WASI_SUCCESS},
	{"fd_readdir", "iiiIi:i", "fbs0o", FILE_, R(FD_READDIR), WASI_NOTDIR},
	{"fd_renumber", "ii:i", "ff", FILE_, 0, WASI_SUCCESS},
	{"fd_renumber", "ii:i", "df", FILE_, 0, WASI_SUCCESS},
	{"fd_seek", "iIii:i", "f00o", FILE_, R(FD_SEEK), WASI_SUCCESS},
	{"fd_seek", "iIii:i", "f09o", FILE_, R(FD_SEEK), WASI_INVAL},
	{"fd_sync", "i:i", "f", FILE_, R(FD_SYNC), WASI_SUCCESS},
	{"fd_tell", "ii:i", "fo", FILE_, R(FD_TELL), WASI_SUCCESS},
	{"fd_write", "iiii:i", "fv1o", FILE_, R(FD_WRITE), WASI_SUCCESS},
	{"path_create_directory", "iii:i", "fqn", FOLDER, R(PATH_CREATE_DIRECTORY), WASI_SUCCESS},
	{"path_create_directory", "iii:i", "fpn", FOLDER, R(PATH_CREATE_DIRECTORY), WASI_EXIST},
	{"path_filestat_get", "iiiii:i", "f0pnb", FOLDER, R(PATH_FILESTAT_GET), WASI_SUCCESS},
	{"path_filestat_get", "iiiii:i", "f0qnb", FOLDER, R(PATH_FILESTAT_GET), WASI_NOENT},
	{"path_filestat_set_times", "iiiiIIi:i", "f0pn001", FOLDER, R(PATH_FILESTAT_SET_TIMES),
		WASI_SUCCESS},
	{"path_link", "iiiiiii:i", "f0pndqn", FOLDER, R(PATH_LINK_SOURCE), WASI_SUCCESS},
	{"path_link", "iiiiiii:i", "d0pnfqn", FOLDER, R(PATH_LINK_TARGET), WASI_SUCCESS},
	{"path_open", "iiiiiIIii:i", "f0pn0000o", FOLDER, R(PATH_OPEN), WASI_SUCCESS},
	{"path_open", "iiiiiIIii:i", "f0qn1000o", FOLDER, R(PATH_OPEN) | R(PATH_CREATE_FILE),
		WASI_SUCCESS},
	{"path_open", "iiiiiIIii:i", "f0pn8000o", FOLDER, R(PATH_OPEN) | R(PATH_FILESTAT_SET_SIZE),
		WASI_SUCCESS},
	{"path_open", "iiiiiIIii:i", "f0pn2000o", FOLDER, R(PATH_OPEN), WASI_NOTDIR},
	{"path_readlink", "iiiiii:i", "fknbso", FOLDER, R(PATH_READLINK), WASI_SUCCESS},
	{"path_readlink", "iiiiii:i", "fpnbso", FOLDER, R(PATH_READLINK), WASI_INVAL},
	{"path_remove_directory", "iii:i", "fmn", FOLDER, R(PATH_REMOVE_DIRECTORY), WASI_SUCCESS},
	{"path_remove_directory", "iii:i", "fpn", FOLDER, R(PATH_REMOVE_DIRECTORY), WASI_NOTDIR},
	{"path_rename", "iiiiii:i", "fpndqn", FOLDER, R(PATH_RENAME_SOURCE), WASI_SUCCESS},
	{"path_rename", "iiiiii:i", "dpnfqn", FOLDER, R(PATH_RENAME_TARGET), WASI_SUCCESS},
	{"path_symlink", "iiiii:i", "pnfqn", FOLDER, R(PATH_SYMLINK), WASI_SUCCESS},
	{"path_symlink", "iiiii:i", "pnfmn", FOLDER, R(PATH_SYMLINK), WASI_EXIST},
	{"path_unlink_file", "iii:i", "fpn", FOLDER, R(PATH_UNLINK_FILE), WASI_SUCCESS},
	{"path_unlink_file", "iii:i", "fqn", FOLDER, R(PATH_UNLINK_FILE), WASI_NOENT},
	{"poll_oneoff", "iiii:i", "yb1o", NOTHING, 0, WASI_SUCCESS},
	{"poll_oneoff", "iiii:i", "yb0o", NOTHING, 0, WASI_INVAL},
	{"proc_exit", "i:", "7", NOTHING, 0, WASI_SUCCESS},
	{"proc_raise", "i:i", "6", NOTHING, 0, WASI_SUCCESS},
	{"random_get", "ii:i", "bs", NOTHING, 0, WASI_SUCCESS},
	{"sched_yield", ":i", "", NOTHING, 0, WASI_SUCCESS},
	{"sock_accept", "iii:i", "f0o", LISTENER, R(SOCK_ACCEPT), WASI_SUCCESS},
	{"sock_accept", "iii:i", "fso", LISTENER, R(SOCK_ACCEPT), WASI_INVAL},
	{"sock_accept", "iii:i", "f0o", CONNECTION, R(SOCK_ACCEPT), WASI_INVAL},
	{"sock_accept", "iii:i", "f0o", FILE_, R(SOCK_ACCEPT), WASI_NOTSOCK},
	{"sock_recv", "iiiiii:i", "fv10oO", CONNECTION, R(FD_READ), WASI_SUCCESS},
	{"sock_recv", "iiiiii:i", "fv11oO", CONNECTION, R(FD_READ), WASI_SUCCESS},
	{"sock_recv", "iiiiii:i", "fv14oO", CONNECTION, R(FD_READ), WASI_INVAL},
	{"sock_recv", "iiiiii:i", "fv10oO", LISTENER, R(FD_READ), WASI_NOTCONN},
	{"sock_recv", "iiiiii:i", "fv10oO", FILE_, R(FD_READ), WASI_NOTSOCK},
	{"sock_send", "iiiii:i", "fv10o", CONNECTION, R(FD_WRITE), WASI_SUCCESS},
	{"sock_send", "iiiii:i", "fv11o", CONNECTION, R(FD_WRITE), WASI_INVAL},
	{"sock_send", "iiiii:i", "fv10o", FILE_, R(FD_WRITE), WASI_NOTSOCK},
	{"sock_shutdown", "ii:i", "f3", CONNECTION, R(SOCK_SHUTDOWN), WASI_SUCCESS},
	{"sock_shutdown", "ii:i", "f0", CONNECTION, R(SOCK_SHUTDOWN), WASI_INVAL},
	{"sock_shutdown", "ii:i", "f3", FILE_, R(SOCK_SHUTDOWN), WASI_NOTSOCK},
};
constexpr size_t ROWS = sizeof(rows) / sizeof(rows[0]);

// --- The world of one call ---------------------------------------------------------------------

constexpr uint32_t OUTSIDE = 65536; // the memory has one page
constexpr uint32_t CLOSED = 99;

struct world {
	struct wasi *wasi;
	char folder[64];
	int peer; // of LISTENER and CONNECTION, or -1
	uint32_t tested;
	uint32_t directory;
};

static struct test_program program;

static uint32_t add(struct world *world, int fd, uint64_t rights, const char *name)
{
	assert_true(fd >= 0);
	struct wasi_descriptor entry = {wasi_posix_description(fd), rights, rights, name};
	uint32_t number;
	assert_int_equal(wasi_descriptor_insert(world->wasi, &entry, 0, &number), WASI_SUCCESS);
	return number;
}

static int open_in(const struct world *world, const char *name, int flags)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", world->folder, name);
	return open(path, flags, 0644);
}

// A socket that listens, with a client that waits to be accepted.
static int listener(int *client)
{
	struct sockaddr_in place = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(place);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&place, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&place, &size), 0);
	*client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*client, (struct sockaddr *)&place, size), 0);
	return fd;
}

static int open_kind(struct world *world, enum kind kind)
{
	int pair[2];
	switch (kind) {
	case FILE_:
		return open_in(world, "p", O_RDWR);
	case LISTENER:
		return listener(&world->peer);
	case CONNECTION:
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_int_equal(write(pair[1], "text", 4), 4);
		world->peer = pair[1];
		return pair[0];
	default:
		return open_in(world, ".", O_RDONLY | O_DIRECTORY);
	}
}

static void write_memory(uint32_t address, const void *bytes, uint32_t size)
{
	assert_true(wasm_memory_write(program.instance, address, bytes, size));
}

static void fill_memory(void)
{
	uint32_t buffer[2] = {1024, 4};
	uint64_t subscription[6] = {1, WASI_EVENT_CLOCK, WASI_CLOCK_MONOTONIC, 0, 0, 0};
	write_memory(16, buffer, sizeof(buffer));
	write_memory(32, "pqkm", 4);
	write_memory(12288, subscription, sizeof(subscription));
}

static struct world make_world(enum kind kind, uint64_t rights)
{
	static const char *const texts[] = {"NAME=value"};
	struct world world = {.folder = "/tmp/wasi-functions-XXXXXX", .peer = -1};
	struct wasi_config config = {.allocator = &wasm_host_allocator,
		.host = &wasi_posix_host,
		.arguments = texts,
		.argument_count = 1,
		.environment = texts,
		.environment_count = 1};
	char path[128];
	assert_non_null(mkdtemp(world.folder));
	assert_int_equal(close(open_in(&world, "p", O_CREAT | O_WRONLY)), 0);
	snprintf(path, sizeof(path), "%s/m", world.folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/k", world.folder);
	assert_int_equal(symlink("p", path), 0);
	assert_int_equal(wasi_create(&config, &world.wasi), WASM_OK);
	world.directory =
		add(&world, open_in(&world, ".", O_RDONLY | O_DIRECTORY), WASI_RIGHTS_ALL, "/d");
	world.tested =
		add(&world, open_kind(&world, kind), rights, kind == FOLDER ? "/t" : nullptr);
	fill_memory();
	return world;
}

static void end_world(struct world *world)
{
	char command[128];
	wasi_destroy(world->wasi);
	if (world->peer >= 0)
		close(world->peer);
	snprintf(command, sizeof(command), "rm -r %s", world->folder);
	assert_int_equal(system(command), 0);
}

// --- Calls -------------------------------------------------------------------------------------

// As wasm_host_modules_resolve_sorted wants them; each is found, and what lies between is not.
static void test_order(void **)
{
	struct wasm_host_module module = {wasi_functions, wasi_function_count, nullptr};
	struct wasm_host_modules modules = {&module, 1};
	for (size_t i = 0; i < wasi_function_count; i++) {
		const struct wasm_host_function *f = &wasi_functions[i];
		struct wasm_import_name name = {f->module, f->name, (uint32_t)strlen(f->module),
			(uint32_t)f->name_size, WASM_EXTERN_FUNCTION};
		struct wasm_extern found = {};
		if (i > 0)
			assert_true(strcmp(wasi_functions[i - 1].name, f->name) < 0);
		assert_true(wasm_host_modules_resolve_sorted(&modules, &name, &found));
		assert_ptr_equal(found.host_call, f->call);
		name.name_size--;
		assert_false(wasm_host_modules_resolve_sorted(&modules, &name, &found));
		name.name_size++;
		name.module_size--;
		assert_false(wasm_host_modules_resolve_sorted(&modules, &name, &found));
	}
}

static const struct wasm_host_function *find(const char *name)
{
	for (size_t i = 0; i < wasi_function_count; i++)
		if (strcmp(wasi_functions[i].name, name) == 0)
			return &wasi_functions[i];
	fail_msg("there is no function %s", name);
	return nullptr;
}

static uint64_t value_of(char letter, const struct world *world)
{
	static const struct {
		char letter;
		uint32_t value;
	} values[] = {{'o', 8}, {'O', 48}, {'v', 16}, {'p', 32}, {'q', 33}, {'k', 34}, {'m', 35},
		{'n', 1}, {'b', 4096}, {'B', 8192}, {'s', 64}, {'y', 12288}};
	if (letter >= '0' && letter <= '9')
		return (uint64_t)(letter - '0');
	if (letter == 'f')
		return world->tested;
	if (letter == 'd')
		return world->directory;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].letter == letter)
			return values[i].value;
	fail_msg("no meaning of `%c'", letter);
	return 0;
}

// The result of a call with argument `at` replaced, if it is one; nothing may stay open after an
// error.
static enum wasi_errno call(const struct row *row, uint64_t rights, size_t at, uint32_t other)
{
	struct world world = make_world(row->kind, rights);
	union wasm_value values[10] = {};
	for (size_t i = 0; row->arguments[i] != 0; i++)
		values[i].i64 = i == at ? other : value_of(row->arguments[i], &world);
	uint32_t end = wasi_descriptor_end(world.wasi);
	enum wasm_trap trap = find(row->name)->call(program.instance, world.wasi, values);
	enum wasi_errno error = (enum wasi_errno)values[0].i64;
	if (trap != WASM_TRAP_NONE) {
		assert_int_equal(trap, WASM_TRAP_EXIT);
		assert_int_equal(
			wasi_exit_code(world.wasi), strcmp(row->name, "proc_exit") == 0 ? 7 : 134);
		error = WASI_SUCCESS;
	}
	if (error != WASI_SUCCESS)
		assert_int_equal(wasi_descriptor_end(world.wasi), end);
	end_world(&world);
	return error;
}

constexpr size_t NONE = SIZE_MAX;

static void expect(const struct row *row, enum wasi_errno error, enum wasi_errno expected,
	const char *what, size_t which)
{
	if (error != expected)
		fail_msg("%s(%s), %s %zu: %u, not %u", row->name, row->arguments, what, which,
			error, expected);
}

// --- Tests -------------------------------------------------------------------------------------

static void test_all_are_there(void **)
{
	constexpr size_t FUNCTIONS = 46;
	size_t distinct = 0;
	assert_int_equal(wasi_function_count, FUNCTIONS);
	for (size_t i = 0; i < ROWS; i++) {
		const struct wasm_host_function *function = find(rows[i].name);
		assert_string_equal(function->module, "wasi_snapshot_preview1");
		assert_string_equal(function->signature, rows[i].signature);
		assert_int_equal(strcspn(rows[i].signature, ":"), strlen(rows[i].arguments));
		distinct += i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;
	}
	assert_int_equal(distinct, FUNCTIONS);
}

static void test_rights(void **)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		expect(row, call(row, row->rights, NONE, 0), row->error, "exactly its rights", 0);
		for (size_t bit = 0; bit < 30; bit++)
			if ((row->rights >> bit & 1) != 0)
				expect(row, call(row, WASI_RIGHTS_ALL & ~(1ull << bit), NONE, 0),
					WASI_NOTCAPABLE, "all rights but", bit);
	}
}

static void test_closed_descriptors(void **)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t at = 0; rows[i].arguments[at] != 0; at++)
			if (strchr("fd", rows[i].arguments[at]) != nullptr)
				expect(&rows[i], call(&rows[i], WASI_RIGHTS_ALL, at, CLOSED),
					WASI_BADF, "a closed descriptor as argument", at);
}

static void test_pointers(void **)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t at = 0; rows[i].arguments[at] != 0; at++)
			if (rows[i].error == WASI_SUCCESS &&
				strchr("oOvbBypqkm", rows[i].arguments[at]) != nullptr)
				expect(&rows[i], call(&rows[i], rows[i].rights, at, OUTSIDE),
					WASI_FAULT, "a pointer that leads out as argument", at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_all_are_there),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_closed_descriptors),
		cmocka_unit_test(test_pointers),
	};
	program = test_instantiate("(memory (export \"memory\") 1)", nullptr);
	int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
	test_destroy(&program);
	return failed;
}
