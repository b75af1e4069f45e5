// SPDX-License-Identifier: MIT OR Apache-2.0
// What the WASI layer asks of the system underneath: one table of functions. wasi/host_posix.c is
// the Linux one; Craton's is written against this page.
//
// Division of work
// - The WASI layer (wasi/) owns the descriptor numbers and the rights of each, checks every pointer
//   against linear memory, and checks paths lexically.
// - The backend owns *open descriptions*: `struct wasi_description` is a type of its own, opaque
//   here. A description holds the offset, the fdflags and whatever the file needs; several
//   descriptors (also of other processes) may share one. It is reference counted by the backend:
//   `retain` and `release` below. Functions borrow descriptions unless they say that they give one.
//
// Rules for all functions
// - Buffers are borrowed for the call only. They point into linear memory or the layer's stack, do
//   not overlap the backend's own data, but the program may make several of them overlap.
// - Result: an errno of WASI; WASI_SUCCESS alone means that outputs are set.
// - Blocking: read, write, poll and those that wait for storage may block the calling thread. A
// wait
//   that is ended because the program was interrupted returns WASI_INTR; the engine then traps at
//   the program's next loop head or call if the instance was interrupted.
//   With WASI_FDFLAG_NONBLOCK on the description, read and write return WASI_AGAIN instead.
// - Every function pointer must be set. What a system cannot do returns WASI_NOTSUP or WASI_NOSYS.
//
// Paths: relative, without a leading '/', not zero-terminated, valid UTF-8 without NUL bytes,
// shorter than 4096 bytes; components "." and empty ones removed. Empty path: the directory itself.
// A trailing '/' is kept (the last component must be a directory, or a link to one). A path that
// could leave the directory by its text alone never gets here; ".." stays where it follows a
// component that might be a link ("a/../b"), since removing both would be wrong then. The backend
// must make sure that symbolic links met on the way, and ".." behind them, do not lead out of
// `directory` (WASI_NOTCAPABLE, or WASI_PERM).
#ifndef WASM_WASI_HOST_H
#define WASM_WASI_HOST_H

#include "wasm/wasi_types.h"

#include <stddef.h>
#include <stdint.h>

struct wasi_description;

struct wasi_path {
	const char *text;
	uint32_t size;
};

struct wasi_buffer {
	void *bytes;
	size_t size;
};

struct wasi_const_buffer {
	const void *bytes;
	size_t size;
};

struct wasi_open {
	struct wasi_path path;
	uint16_t oflags;  // enum wasi_oflags
	uint16_t fdflags; // enum wasi_fdflags, the new description's
	bool follow;      // follow a symbolic link in the last component
	bool read;        // the descriptor will have FD_READ or FD_READDIR
	bool write;       // the descriptor will have FD_WRITE, or size and allocation rights
};

// One thing that poll waits for.
struct wasi_poll_item {
	struct wasi_description *description; // null: the timeout
	enum wasi_eventtype type;
	enum wasi_clock clock; // WASI_EVENT_CLOCK
	bool absolute;         // timeout is a time of `clock`, else a duration
	uint64_t timeout;      // nanoseconds
	bool ready;            // output
	enum wasi_errno error; // output, with ready
	uint16_t flags;        // output: WASI_EVENT_HANGUP
	uint64_t available;    // output: bytes that can be read or written, 1 if unknown
};

// Receives directory entries; returns false to stop before this one.
struct wasi_directory_sink {
	void *self;
	bool (*entry)(void *self, const struct wasi_dirent *entry, const char *name);
};

struct wasi_host {
	// --- descriptions -----------------------------------------------------------------
	void (*retain)(void *self, struct wasi_description *description);
	// Drops one reference; the last one closes. Errors of delayed writes come from close.
	enum wasi_errno (*release)(void *self, struct wasi_description *description);

	// Type of what is open; never blocks.
	enum wasi_filetype (*filetype)(void *self, struct wasi_description *description);
	enum wasi_errno (*get_flags)(
		void *self, struct wasi_description *description, uint16_t *fdflags);
	enum wasi_errno (*set_flags)(
		void *self, struct wasi_description *description, uint16_t fdflags);

	// --- bytes ------------------------------------------------------------------------
	// Up to the buffers' total, fewer when less is there; 0 with SUCCESS is the end. Streams
	// wait for at least one byte. read and write use and move the description's offset
	// (append: at the end); the p forms take the offset and move nothing.
	enum wasi_errno (*read)(void *self, struct wasi_description *description,
		const struct wasi_buffer *buffers, size_t count, size_t *done);
	enum wasi_errno (*write)(void *self, struct wasi_description *description,
		const struct wasi_const_buffer *buffers, size_t count, size_t *done);
	enum wasi_errno (*pread)(void *self, struct wasi_description *description,
		const struct wasi_buffer *buffers, size_t count, uint64_t offset, size_t *done);
	enum wasi_errno (*pwrite)(void *self, struct wasi_description *description,
		const struct wasi_const_buffer *buffers, size_t count, uint64_t offset,
		size_t *done);
	// New offset to `*offset`. WASI_SPIPE for streams, WASI_INVAL for a negative result.
	enum wasi_errno (*seek)(void *self, struct wasi_description *description, int64_t delta,
		enum wasi_whence whence, uint64_t *offset);

	// --- attributes of an open file -----------------------------------------------------
	enum wasi_errno (*stat)(
		void *self, struct wasi_description *description, struct wasi_filestat *stat);
	enum wasi_errno (*set_size)(
		void *self, struct wasi_description *description, uint64_t size);
	// fstflags: enum wasi_fstflags, never SET and NOW of the same time together.
	enum wasi_errno (*set_times)(void *self, struct wasi_description *description,
		uint64_t accessed, uint64_t modified, uint16_t fstflags);
	enum wasi_errno (*allocate)(
		void *self, struct wasi_description *description, uint64_t offset, uint64_t size);
	enum wasi_errno (*sync)(void *self, struct wasi_description *description, bool data_only);

	// --- directories --------------------------------------------------------------------
	// Hands the entries from `cookie` on (0: from the start) to the sink until it declines or
	// there are no more. "." and ".." are included where the system has them.
	enum wasi_errno (*read_directory)(void *self, struct wasi_description *directory,
		uint64_t cookie, const struct wasi_directory_sink *sink);
	// Gives a new description, to be released.
	enum wasi_errno (*open_at)(void *self, struct wasi_description *directory,
		const struct wasi_open *open, struct wasi_description **description);
	enum wasi_errno (*stat_at)(void *self, struct wasi_description *directory,
		struct wasi_path path, bool follow, struct wasi_filestat *stat);
	enum wasi_errno (*set_times_at)(void *self, struct wasi_description *directory,
		struct wasi_path path, bool follow, uint64_t accessed, uint64_t modified,
		uint16_t fstflags);
	enum wasi_errno (*make_directory_at)(
		void *self, struct wasi_description *directory, struct wasi_path path);
	enum wasi_errno (*remove_directory_at)(
		void *self, struct wasi_description *directory, struct wasi_path path);
	enum wasi_errno (*unlink_at)(
		void *self, struct wasi_description *directory, struct wasi_path path);
	enum wasi_errno (*rename_at)(void *self, struct wasi_description *from_directory,
		struct wasi_path from, struct wasi_description *to_directory, struct wasi_path to);
	enum wasi_errno (*link_at)(void *self, struct wasi_description *from_directory,
		struct wasi_path from, bool follow, struct wasi_description *to_directory,
		struct wasi_path to);
	// `target` is stored as it is, any text without NUL.
	enum wasi_errno (*symlink_at)(void *self, struct wasi_path target,
		struct wasi_description *directory, struct wasi_path path);
	// Up to `size` bytes of the target, silently cut.
	enum wasi_errno (*read_link_at)(void *self, struct wasi_description *directory,
		struct wasi_path path, char *target, size_t size, size_t *done);

	// --- sockets: WASI_NOTSOCK for a description that is none ---------------------------
	// Takes a connection off a listening socket and gives its description, to be released,
	// with these fdflags. Waits for one, unless the listening socket is NONBLOCK.
	// WASI_INVAL if it does not listen.
	enum wasi_errno (*accept)(void *self, struct wasi_description *description,
		uint16_t fdflags, struct wasi_description **accepted);
	// As read. riflags: enum wasi_riflags; `*roflags`: enum wasi_roflags.
	enum wasi_errno (*receive)(void *self, struct wasi_description *description,
		const struct wasi_buffer *buffers, size_t count, uint16_t riflags, size_t *done,
		uint16_t *roflags);
	// As write. WASI_PIPE when the peer has gone; no signal.
	enum wasi_errno (*send)(void *self, struct wasi_description *description,
		const struct wasi_const_buffer *buffers, size_t count, size_t *done);
	// Ends the directions in `sdflags` (enum wasi_sdflags, at least one).
	enum wasi_errno (*shutdown)(
		void *self, struct wasi_description *description, uint8_t sdflags);

	// --- time, waiting, and the rest ----------------------------------------------------
	// Nanoseconds. WASI_INVAL for a clock that is not there.
	enum wasi_errno (*clock_time)(void *self, enum wasi_clock clock, uint64_t *time);
	enum wasi_errno (*clock_resolution)(
		void *self, enum wasi_clock clock, uint64_t *resolution);
	// Waits until at least one item is ready and marks all that are. count >= 1.
	enum wasi_errno (*poll)(void *self, struct wasi_poll_item *items, size_t count);
	enum wasi_errno (*random)(void *self, void *bytes, size_t size);
	enum wasi_errno (*yield)(void *self);
};

#endif
