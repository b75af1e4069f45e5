// SPDX-License-Identifier: MIT OR Apache-2.0
// The WASI layer's own structures and its handlers.
#ifndef WASM_WASI_INTERNAL_H
#define WASM_WASI_INTERNAL_H

#include "base/array.h"
#include "wasm/wasi.h"

// A list of strings as args_get and environ_get hand it out: the bytes, zero-terminated.
struct string_list {
	char *bytes;
	uint32_t size;
	uint32_t count;
};

struct descriptor_slot {
	struct wasi_descriptor entry; // description null: free
	uint32_t name_size;
};

struct wasi {
	const struct wasm_allocator *allocator;
	const struct wasi_host *host;
	void *self; // the host's
	struct string_list arguments;
	struct string_list environment;
	struct array slots; // struct descriptor_slot
	uint32_t limit;
	uint32_t exit_code;
};

typedef const union wasm_value values_t;

// One handler per function: `v` are the arguments in the order of the specification.
typedef enum wasi_errno wasi_handler(
	struct wasi *w, const struct wasm_instance *m, const union wasm_value *v);

wasi_handler wasi_args_get, wasi_args_sizes_get, wasi_environ_get, wasi_environ_sizes_get,
	wasi_clock_res_get, wasi_clock_time_get, wasi_fd_advise, wasi_fd_allocate, wasi_fd_close,
	wasi_fd_datasync, wasi_fd_fdstat_get, wasi_fd_fdstat_set_flags, wasi_fd_fdstat_set_rights,
	wasi_fd_filestat_get, wasi_fd_filestat_set_size, wasi_fd_filestat_set_times, wasi_fd_pread,
	wasi_fd_prestat_get, wasi_fd_prestat_dir_name, wasi_fd_pwrite, wasi_fd_read,
	wasi_fd_readdir, wasi_fd_renumber, wasi_fd_seek, wasi_fd_sync, wasi_fd_tell, wasi_fd_write,
	wasi_path_create_directory, wasi_path_filestat_get, wasi_path_filestat_set_times,
	wasi_path_link, wasi_path_open, wasi_path_readlink, wasi_path_remove_directory,
	wasi_path_rename, wasi_path_symlink, wasi_path_unlink_file, wasi_poll_oneoff,
	wasi_random_get, wasi_sched_yield, wasi_sock_accept, wasi_sock_recv, wasi_sock_send,
	wasi_sock_shutdown;

// Copies a result into memory; WASI_FAULT when it does not fit.
static inline enum wasi_errno store_result(
	const struct wasm_instance *m, uint32_t address, const void *value, uint32_t size)
{
	return wasm_memory_write(m, address, value, size) ? WASI_SUCCESS : WASI_FAULT;
}

// The buffers that a scatter or gather argument names. Longer vectors are worked on in part, as if
// less data had been there.
constexpr uint32_t WASI_VECTOR_LIMIT = 128;
struct wasi_vector {
	struct wasi_buffer buffers[WASI_VECTOR_LIMIT];
	uint32_t count;
};
// The beginning of what moves bytes: `v` is a descriptor, which needs `rights`, and an array of
// buffers. Every buffer must lie in memory, also those that are left out: WASI_FAULT. WASI_INVAL: 4
// GiB or more in all.
enum wasi_errno wasi_transfer_begin(struct wasi *w, const struct wasm_instance *m, values_t *v,
	uint64_t rights, struct wasi_descriptor *entry, struct wasi_vector *vector);
const struct wasi_const_buffer *wasi_vector_constant(const struct wasi_vector *vector);
// Stores how many bytes were moved.
enum wasi_errno wasi_store_size(const struct wasm_instance *m, uint32_t address, size_t size);

// Looks a path argument up in memory and checks its text: WASI_FAULT, WASI_NOENT (empty),
// WASI_NOTCAPABLE (absolute, or leads out by its text), WASI_INVAL (NUL), WASI_ILSEQ (not UTF-8),
// WASI_NAMETOOLONG. The clean path is in `storage`.
constexpr uint32_t WASI_PATH_LIMIT = 4096;
struct path_storage {
	char text[WASI_PATH_LIMIT];
};
enum wasi_errno path_read(const struct wasm_instance *m, uint32_t address, uint32_t size,
	struct path_storage *storage, struct wasi_path *path);

// Flags of path_filestat_set_times and fd_filestat_set_times that make sense together.
bool fstflags_ok(uint32_t flags);

#endif
