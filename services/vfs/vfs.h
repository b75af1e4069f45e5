// SPDX-License-Identifier: MIT OR Apache-2.0
/* The operations of the VFS on a client's behalf, without messages. What a client passes is checked
 * here; each operation either is done or has no effect (but see vfs_write).
 * Tests: tests/host/services/vfs_*_test.c */
#pragma once

#include "cache.h"
#include "description.h"

struct vfs_sizes {
	uint32_t descriptions;
	uint32_t clients;
	uint32_t pipes;
	uint32_t nodes;
	uint32_t blocks;
	uint32_t locks;
};

/* A path or other bytes of a client. */
struct vfs_bytes {
	const uint8_t *data;
	size_t size;
};

/* A path from a directory (0: the root). */
struct vfs_name {
	uint64_t directory;
	struct vfs_bytes path;
};

/* Opens what the estate holds, and mounts; then cache_resume() goes on with what was under way.
 * False: the estate is too small. */
bool vfs_start(const struct vfs_sizes *sizes, const void *bundle, uint64_t bundle_size);

struct vfs_opened {
	uint64_t id;
	uint64_t loaded; /* bytes in the window */
	uint32_t slot;   /* in the sheet */
	uint32_t stamp;
	struct file_attributes attributes;
};

[[nodiscard]] status_t vfs_open(struct client *client, uint64_t directory, uint64_t flags,
	struct vfs_bytes path, struct vfs_opened *opened);
[[nodiscard]] status_t vfs_read(
	struct client *client, uint64_t id, void *buffer, size_t size, size_t *done);
/* Of a long write only a part may find room. */
[[nodiscard]] status_t vfs_write(
	struct client *client, uint64_t id, struct vfs_bytes bytes, size_t *done);
[[nodiscard]] status_t vfs_read_at(struct client *client, uint64_t id, uint64_t offset,
	void *buffer, size_t size, size_t *done);
[[nodiscard]] status_t vfs_write_at(
	struct client *client, uint64_t id, uint64_t offset, struct vfs_bytes bytes, size_t *done);
/* The stamp of a description's file as it is now; 0: it is none. */
uint32_t vfs_stamp(struct client *client, uint64_t id);
[[nodiscard]] status_t vfs_seek(
	struct client *client, uint64_t id, int64_t offset, uint64_t whence, uint64_t *out);
[[nodiscard]] status_t vfs_stat(
	struct client *client, uint64_t id, struct file_attributes *attributes);
[[nodiscard]] status_t vfs_stat_path(struct client *client, uint64_t directory, bool follow,
	struct vfs_bytes path, struct file_attributes *attributes);
/* Fills the buffer, with room for one entry at least, as the protocol says. */
[[nodiscard]] status_t vfs_readdir(struct client *client, uint64_t id, uint64_t cookie,
	uint8_t *buffer, size_t size, size_t *done);
[[nodiscard]] status_t vfs_mkdir(struct client *client, uint64_t directory, struct vfs_bytes path);
[[nodiscard]] status_t vfs_symlink(
	struct client *client, uint64_t directory, struct vfs_bytes target, struct vfs_bytes path);
[[nodiscard]] status_t vfs_readlink(struct client *client, uint64_t directory,
	struct vfs_bytes path, void *buffer, size_t size, size_t *done);
[[nodiscard]] status_t vfs_unlink(
	struct client *client, uint64_t directory, bool of_directory, struct vfs_bytes path);
/* A second name for a file; `follow`: of what a symbolic link leads to. ERR_IS_DIRECTORY,
 * ERR_CROSS_DEVICE, ERR_NOT_SUPPORTED: files of this file system have one name only. */
[[nodiscard]] status_t vfs_link(
	struct client *client, const struct vfs_name *from, bool follow, const struct vfs_name *to);
[[nodiscard]] status_t vfs_rename(struct client *client, uint64_t from_directory,
	struct vfs_bytes from, uint64_t to_directory, struct vfs_bytes to);
[[nodiscard]] status_t vfs_set_size(struct client *client, uint64_t id, uint64_t size);
/* Sets or tests a lock on a range of a file: see vfs.lock. */
[[nodiscard]] status_t vfs_lock(
	struct client *client, uint64_t id, uint64_t operation, uint64_t offset, uint64_t size);
/* Sees to it that a file's contents and attributes last (0: those of all files). Once for each
 * description: ERR_IO, ERR_NO_SPACE if something of the file could not be written. */
[[nodiscard]] status_t vfs_sync(struct client *client, uint64_t id, struct sync_progress *progress);
[[nodiscard]] status_t vfs_set_times(
	struct client *client, uint64_t id, uint64_t accessed, uint64_t modified);
/* See vfs.set_access. */
[[nodiscard]] status_t vfs_set_access(
	struct client *client, uint64_t id, uint64_t mode, uint64_t owner, uint64_t group);
[[nodiscard]] status_t vfs_set_flags(struct client *client, uint64_t id, uint64_t flags);
[[nodiscard]] status_t vfs_pipe(struct client *client, uint64_t *read_id, uint64_t *write_id);
/* The reading end of a pipe with the changes of a description's file: see watch.h. */
[[nodiscard]] status_t vfs_watch(
	struct client *client, uint64_t id, uint64_t events, uint64_t *read_id);
[[nodiscard]] status_t vfs_dup(struct client *client, uint64_t id, uint64_t *out);
/* Maps a pipe into the client. */
[[nodiscard]] status_t vfs_map_pipe(struct client *client, uint64_t id, uint64_t *end);
[[nodiscard]] status_t vfs_share(
	uint64_t from_badge, uint64_t id, uint64_t to_badge, uint64_t *out);
[[nodiscard]] status_t vfs_program(struct vfs_bytes path, uint64_t *offset, uint64_t *size);

/* Some of a program file's contents, and its attributes. ERR_NOT_FOUND, ERR_IS_DIRECTORY,
 * ERR_CORRUPT. */
[[nodiscard]] status_t vfs_program_read(struct vfs_bytes path, uint64_t offset, void *buffer,
	size_t room, struct file_attributes *attributes, size_t *done);
/* The volume `index`. ERR_NOT_FOUND: there are not so many. */
[[nodiscard]] status_t vfs_volume(uint64_t index, struct volume_status *status);
