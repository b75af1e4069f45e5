// SPDX-License-Identifier: MIT OR Apache-2.0
// The import module "wasi_snapshot_preview1".
#include "wasi/internal.h"

// In the order of their names. X(name, signature, handler), OWN(name, signature)
#define WASI_FUNCTION_LIST(X, OWN)                                       \
	X(args_get, "ii:i", args_get)                                    \
	X(args_sizes_get, "ii:i", args_sizes_get)                        \
	X(clock_res_get, "ii:i", clock_res_get)                          \
	X(clock_time_get, "iIi:i", clock_time_get)                       \
	X(environ_get, "ii:i", environ_get)                              \
	X(environ_sizes_get, "ii:i", environ_sizes_get)                  \
	X(fd_advise, "iIIi:i", fd_advise)                                \
	X(fd_allocate, "iII:i", fd_allocate)                             \
	X(fd_close, "i:i", fd_close)                                     \
	X(fd_datasync, "i:i", fd_datasync)                               \
	X(fd_fdstat_get, "ii:i", fd_fdstat_get)                          \
	X(fd_fdstat_set_flags, "ii:i", fd_fdstat_set_flags)              \
	X(fd_fdstat_set_rights, "iII:i", fd_fdstat_set_rights)           \
	X(fd_filestat_get, "ii:i", fd_filestat_get)                      \
	X(fd_filestat_set_size, "iI:i", fd_filestat_set_size)            \
	X(fd_filestat_set_times, "iIIi:i", fd_filestat_set_times)        \
	X(fd_pread, "iiiIi:i", fd_pread)                                 \
	X(fd_prestat_dir_name, "iii:i", fd_prestat_dir_name)             \
	X(fd_prestat_get, "ii:i", fd_prestat_get)                        \
	X(fd_pwrite, "iiiIi:i", fd_pwrite)                               \
	X(fd_read, "iiii:i", fd_read)                                    \
	X(fd_readdir, "iiiIi:i", fd_readdir)                             \
	X(fd_renumber, "ii:i", fd_renumber)                              \
	X(fd_seek, "iIii:i", fd_seek)                                    \
	X(fd_sync, "i:i", fd_sync)                                       \
	X(fd_tell, "ii:i", fd_tell)                                      \
	X(fd_write, "iiii:i", fd_write)                                  \
	X(path_create_directory, "iii:i", path_create_directory)         \
	X(path_filestat_get, "iiiii:i", path_filestat_get)               \
	X(path_filestat_set_times, "iiiiIIi:i", path_filestat_set_times) \
	X(path_link, "iiiiiii:i", path_link)                             \
	X(path_open, "iiiiiIIii:i", path_open)                           \
	X(path_readlink, "iiiiii:i", path_readlink)                      \
	X(path_remove_directory, "iii:i", path_remove_directory)         \
	X(path_rename, "iiiiii:i", path_rename)                          \
	X(path_symlink, "iiiii:i", path_symlink)                         \
	X(path_unlink_file, "iii:i", path_unlink_file)                   \
	X(poll_oneoff, "iiii:i", poll_oneoff)                            \
	OWN(proc_exit, "i:")                                             \
	OWN(proc_raise, "i:i")                                           \
	X(random_get, "ii:i", random_get)                                \
	X(sched_yield, ":i", sched_yield)                                \
	X(sock_accept, "iii:i", sock_accept)                             \
	X(sock_recv, "iiiiii:i", sock_recv)                              \
	X(sock_send, "iiiii:i", sock_send)                               \
	X(sock_shutdown, "ii:i", sock_shutdown)

#define X(name, signature, handler)                                                        \
	static enum wasm_trap call_##name(                                                 \
		struct wasm_instance *caller, void *environment, union wasm_value *values) \
	{                                                                                  \
		values[0].i64 = wasi_##handler(environment, caller, values);               \
		return WASM_TRAP_NONE;                                                     \
	}
#define OWN(name, signature)
WASI_FUNCTION_LIST(X, OWN)
#undef X
#undef OWN

static enum wasm_trap call_proc_exit(
	struct wasm_instance *, void *environment, union wasm_value *values)
{
	wasi_set_exit_code(environment, values[0].i32);
	return WASM_TRAP_EXIT;
}

// Signals end the program as a shell would report it: 128 and the signal's number.
static enum wasm_trap call_proc_raise(
	struct wasm_instance *, void *environment, union wasm_value *values)
{
	wasi_set_exit_code(environment, 128 + (values[0].i32 & 127));
	return WASM_TRAP_EXIT;
}

static const char module_name[] = "wasi_snapshot_preview1";

const struct wasm_host_function wasi_functions[] = {
#define OWN(name, signature)        WASM_HOST_FUNCTION(module_name, #name, signature, call_##name),
#define X(name, signature, handler) OWN(name, signature)
	WASI_FUNCTION_LIST(X, OWN)
#undef X
#undef OWN
};
const size_t wasi_function_count = sizeof(wasi_functions) / sizeof(wasi_functions[0]);
