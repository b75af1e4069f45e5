// SPDX-License-Identifier: MIT OR Apache-2.0
/* Craton underneath WASI: open descriptions, and the functions of struct wasi_host on them. */
#pragma once

#include "program.h"

#include <abi/protocol/process.h>
#include <abi/protocol/vfs.h>
#include <abi/wasm_imports.h>

/* What a descriptor stands for; `id` names the description in the vfs. The offset of a file that
 * this program opened is here until a child gets the file (contents.c). */
struct wasi_description {
	uint32_t kind; /* enum descriptor_kind */
	uint32_t references;
	uint64_t id; /* vfs: of the description; process: its pid */
	uint16_t fdflags;
	uint8_t filetype; /* enum wasi_filetype */
	bool is_root;
	bool has_offset; /* `offset` counts, not the vfs's */
	bool is_known;   /* `slot` is, and `attributes` as long as the sheet shows `stamp` there */
	uint32_t slot;
	uint32_t stamp;
	uint64_t offset;
	struct file_attributes attributes;
	bool has_ended;           /* a process whose end was taken: `exit` holds it */
	struct pipe_shared *pipe; /* where it is mapped, once it was used */
	enum pipe_end pipe_end;
	struct process_exit exit;
	struct channel_side *channel; /* an end of a channel, once it was used */
};

typedef struct wasi_description description_t;
typedef enum wasi_errno errno_t;

extern const struct wasi_host craton_host;

/* --- errno.c ---------------------------------------------------------------------------------- */

/* The errno for a status of a service. Never SUCCESS for anything but OK. */
errno_t errno_of(status_t status);

/* The same for the start of a program. */
errno_t errno_of_spawn(status_t status);

/* --- description.c ---------------------------------------------------------------------------- */

/* A description with one reference, or nullptr. */
description_t *description_make(uint32_t kind, uint64_t id, enum wasi_filetype filetype);
void description_retain(void *self, description_t *description);
errno_t description_release(void *self, description_t *description);
enum wasi_filetype description_filetype(void *self, description_t *description);
errno_t description_get_flags(void *self, description_t *description, uint16_t *fdflags);
errno_t description_set_flags(void *self, description_t *description, uint16_t fdflags);

/* True for a device of the vfs's: it has neither an offset that counts nor an end. */
static inline bool is_device(const description_t *description)
{
	return description->kind == DESCRIPTOR_KIND_VFS &&
	       description->filetype == WASI_FILETYPE_CHARACTER_DEVICE;
}

/* OPEN_FLAG_* for fdflags. */
uint64_t open_flags_of(uint16_t fdflags);
enum wasi_filetype filetype_of(uint64_t file_type);

/* Rights that make sense for what is open. */
uint64_t rights_of(const description_t *description);

/* --- bytes.c ---------------------------------------------------------------------------------- */

errno_t bytes_read(void *self, description_t *description, const struct wasi_buffer *buffers,
	size_t count, size_t *done);
errno_t bytes_write(void *self, description_t *description, const struct wasi_const_buffer *buffers,
	size_t count, size_t *done);
errno_t bytes_pread(void *self, description_t *description, const struct wasi_buffer *buffers,
	size_t count, uint64_t offset, size_t *done);
errno_t bytes_pwrite(void *self, description_t *description,
	const struct wasi_const_buffer *buffers, size_t count, uint64_t offset, size_t *done);
errno_t bytes_seek(void *self, description_t *description, int64_t delta, enum wasi_whence whence,
	uint64_t *offset);

/* --- arena.c: what the vfs shares with this program
 * ----------------------------------------------- */

/* The window, MEMORY_SHARED_UNIT bytes, asked for when it is needed first; nullptr: there is no
 * memory for it. The sheet comes with it. */
uint8_t *arena_window(void);
const uint32_t *arena_sheet(void);

/* Where the object of a number of the vfs's is put; nullptr: nowhere. */
void *arena_place(uint64_t id);

/* --- pipes.c
 * -------------------------------------------------------------------------------------- */

/* True for a pipe's end: WASI has no file type for it. */
static inline bool is_pipe(const description_t *description)
{
	return description->kind == DESCRIPTOR_KIND_VFS &&
	       description->filetype == WASI_FILETYPE_UNKNOWN;
}

/* Wait, unless the end is set not to (ERR_WOULD_BLOCK). ERR_CANCELLED: an interrupt came. 0 bytes
 * read: nobody writes any more; ERR_BROKEN_PIPE: nobody reads any more. */
[[nodiscard]] status_t pipes_read(
	description_t *description, void *bytes, size_t size, uint64_t *done);
[[nodiscard]] status_t pipes_write(
	description_t *description, const void *bytes, size_t size, uint64_t *done);

/* Waits until the end is ready, or the deadline (0: does not wait). */
[[nodiscard]] status_t pipes_poll(description_t *description, uint64_t deadline, bool *ready);

/* --- contents.c: bytes of regular files, through the window that is shared with the vfs
 * ----------- */

/* Before a file is opened to be read: OPEN_FLAG_LOAD if there is a window, which then no longer
 * holds anything else. */
uint64_t contents_load_flag(void);

/* Notes what the vfs said when it opened a file: the reply's words. */
void contents_opened(description_t *description, const uint64_t words[6],
	const struct file_attributes *attributes);

/* Before the file is closed. */
void contents_closed(const description_t *description);

/* At the offset, which moves on, or at a place. Fewer bytes than asked for do not mean the end, 0
 * bytes do. */
[[nodiscard]] status_t contents_read(
	description_t *description, void *bytes, size_t size, uint64_t *done);
[[nodiscard]] status_t contents_read_at(const description_t *description, void *bytes, size_t size,
	uint64_t offset, uint64_t *done);
[[nodiscard]] status_t contents_write(
	description_t *description, const void *bytes, size_t size, uint64_t *done);
[[nodiscard]] status_t contents_write_at(const description_t *description, const void *bytes,
	size_t size, uint64_t offset, uint64_t *done);

/* The attributes, of which the size serves seeking. */
[[nodiscard]] status_t contents_attributes(
	description_t *description, struct file_attributes *attributes);

/* Leaves the offset to the vfs, because others will move it, too. */
[[nodiscard]] status_t contents_share(description_t *description);

/* --- files.c: attributes, and what is done by path -------------------------------------------- */

errno_t file_stat(void *self, description_t *description, struct wasi_filestat *stat);
errno_t file_set_size(void *self, description_t *description, uint64_t size);
errno_t file_set_times(void *self, description_t *description, uint64_t accessed, uint64_t modified,
	uint16_t fstflags);
errno_t file_allocate(void *self, description_t *description, uint64_t offset, uint64_t size);
errno_t file_sync(void *self, description_t *description, bool data_only);

errno_t path_open(void *self, description_t *directory, const struct wasi_open *open,
	description_t **description);
errno_t path_stat(void *self, description_t *directory, struct wasi_path path, bool follow,
	struct wasi_filestat *stat);
errno_t path_set_times(void *self, description_t *directory, struct wasi_path path, bool follow,
	uint64_t accessed, uint64_t modified, uint16_t fstflags);

/* --- directories.c ---------------------------------------------------------------------------- */

errno_t directory_read(void *self, description_t *directory, uint64_t cookie,
	const struct wasi_directory_sink *sink);
errno_t directory_make(void *self, description_t *directory, struct wasi_path path);
errno_t directory_remove(void *self, description_t *directory, struct wasi_path path);
errno_t path_unlink(void *self, description_t *directory, struct wasi_path path);
errno_t path_rename(void *self, description_t *from_directory, struct wasi_path from,
	description_t *to_directory, struct wasi_path to);
errno_t path_link(void *self, description_t *from_directory, struct wasi_path from, bool follow,
	description_t *to_directory, struct wasi_path to);
errno_t path_symlink(
	void *self, struct wasi_path target, description_t *directory, struct wasi_path path);
errno_t path_read_link(void *self, description_t *directory, struct wasi_path path, char *target,
	size_t size, size_t *done);

/* One request of the vfs about a path: its bytes go behind the words. */
[[nodiscard]] status_t vfs_path_call(
	uint32_t method, const description_t *directory, struct wasi_path path, struct call *call);

/* --- clock.c ---------------------------------------------------------------------------------- */

errno_t clock_time(void *self, enum wasi_clock clock, uint64_t *time);
errno_t clock_resolution(void *self, enum wasi_clock clock, uint64_t *resolution);

/* --- poll.c ----------------------------------------------------------------------------------- */

errno_t poll_items(void *self, struct wasi_poll_item *items, size_t count);

/* --- descriptors.c: what the program starts with ---------------------------------------------- */

/* The terminal counts as one (a character device) where a person may be: the output of a command
 * that the system was booted for is taken by a program, which wants no colours and columns. */
enum wasi_filetype terminal_type(void);

errno_t descriptors_init(struct wasi *wasi, const struct start_data *data);

/* --- craton_channel.c --------------------------------------------------------------------------
 */

/* An end of a channel is closed. */
[[nodiscard]] status_t channel_side_close(description_t *description);

/* --- process.c -------------------------------------------------------------------------------- */

/* Takes the end of a child. ERR_WOULD_BLOCK with `now`; ERR_CANCELLED if an interrupt came. */
[[nodiscard]] status_t process_take_end(description_t *process, bool now);
