// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a file system offers to the VFS. A node is a file system's number of a file or directory; it
 * stays valid while it is retained. The VFS checks types, names (1 to 255 bytes, no slash, not `.`
 * or `..`) and read-only volumes before it calls. Each call is part of the caller's transaction;
 * one that answers FILE_LATER has begun what it needs, and changed nothing. When something has come
 * (`event`), the request is made again from its start, and so the call is. */
#pragma once

#include <craton/file_engine.h>

#define PAGE_RUN_MOST 64u

/* Neighbouring pages of a file on their way between a file system and the cache. */
struct page_run {
	uint64_t id; /* to say that it has ended; the same when a new instance asks again */
	uint64_t node;
	uint64_t offset; /* in the file */
	uint32_t count;  /* pages */
	bool is_write;
	bool is_again; /* the instance before may have begun it */
	/* Of the pool (blocks.h): where the bytes of each page are or go. */
	uint32_t blocks[PAGE_RUN_MOST];
};

struct volume;

struct file_system_ops {
	const char *name;

	/* ERR_NOT_FOUND. */
	status_t (*lookup)(struct volume *v, uint64_t directory, struct name name, uint64_t *node);
	/* The directory that holds this one; not called for the root. */
	status_t (*parent)(struct volume *v, uint64_t directory, uint64_t *node);
	/* All but the device. */
	status_t (*attributes)(struct volume *v, uint64_t node, struct file_attributes *attributes);
	/* The entry at `*cookie` (0: the first), and the cookie of the next. ERR_NOT_FOUND: the
	 * end. */
	status_t (*next)(struct volume *v, uint64_t directory, uint64_t *cookie,
		struct directory_item *item);
	/* A regular file, a device or a symbolic link; 0 bytes: the end. ERR_CORRUPT. */
	status_t (*read)(struct volume *v, uint64_t node, uint64_t offset, void *buffer,
		size_t size, size_t *done);
	/* Bytes that are there and bytes that are used. */
	status_t (*space)(struct volume *v, uint64_t *total, uint64_t *used);
	/* The word of the sheet that changes with the node (sheet.h); nullptr: nodes never change.
	 */
	uint32_t (*sheet_slot)(struct volume *v, uint64_t node);
	/* The node is opened: it must be kept, even without a name, until it is released. Either
	 * may be nullptr: there is nothing to do. ERR_CORRUPT. */
	status_t (*retain)(struct volume *v, uint64_t node);
	void (*release)(struct volume *v, uint64_t node);
	/* Where a file lies in the boot bundle; nullptr if files do not. */
	status_t (*place)(struct volume *v, uint64_t node, uint64_t *offset, uint64_t *size);

	/* Makes a regular file, a directory, or a symbolic link with its target. */
	status_t (*create)(struct volume *v, uint64_t directory, struct name name,
		enum file_type type, struct name target, uint64_t *node);
	/* Some bytes may be written before the space ends. ERR_NO_SPACE: none was. */
	status_t (*write)(struct volume *v, uint64_t node, uint64_t offset, const void *bytes,
		size_t size, size_t *done);
	status_t (*set_size)(struct volume *v, uint64_t node, uint64_t size);
	status_t (*set_times)(
		struct volume *v, uint64_t node, uint64_t accessed, uint64_t modified);
	/* As vfs.set_access; the values were checked. nullptr: there are none. */
	status_t (*set_access)(
		struct volume *v, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group);
	/* Gives a file, not a directory, one more name. nullptr: files have one only. */
	status_t (*link)(struct volume *v, uint64_t node, struct entry_name name);
	/* Removes a name of a node. ERR_NOT_EMPTY. */
	status_t (*remove)(struct volume *v, uint64_t node, struct entry_name name);
	/* Moves a node's name; `replaced` (0: none) is another node, of the same kind, that has the
	 * new name now. ERR_NOT_EMPTY; ERR_INVALID_ARGUMENT: a directory would move into itself. */
	status_t (*rename)(struct volume *v, uint64_t node, struct entry_name from,
		struct entry_name to, uint64_t replaced);

	/* --- files on a device, whose pages are cached (cache.h). Of them `read` is called for
	 * symbolic links only, `write` never; nodes are retained and released once, however often
	 * they are open, and one that is open is not deleted before it is released.
	 *
	 * Begin to fill pages, zeros where the file has no bytes, or to write them back, as much as
	 * the file has. The end is told by cache_run_done(), if this answers OK. The id may be
	 * known already, from an instance that died: then its end is told (again), and nothing else
	 * begun. Bytes do not change while they are written. */
	status_t (*fill)(struct volume *v, const struct page_run *run);
	status_t (*write_back)(struct volume *v, const struct page_run *run);
	/* Bytes will be changed: writing them back later will not fail for want of space, the file
	 * has this size at least, and is modified now. ERR_NO_SPACE. */
	status_t (*reserve)(struct volume *v, uint64_t node, uint64_t offset, uint64_t size);
	/* What has been written back so far of a node (0: of all), names, attributes and all, lasts
	 * if the power goes. A request that is made again brings the ticket that it was given, 0
	 * first. */
	status_t (*sync)(struct volume *v, uint64_t node, uint64_t *ticket);
	/* Bits of the service's notification came: it looks whether something of its has ended. */
	void (*event)(struct volume *v, uint64_t bits);
};

/* A mounted file system. */
struct volume {
	const struct file_system_ops *ops;
	const char *kind; /* for people */
	uint64_t root;
	bool is_read_only; /* calls that change something are not made */
	/* Where it is mounted; for the first volume nowhere. */
	uint32_t parent_volume;
	uint64_t parent_node;
	const char *name;
	/* For people: nullptr: it lies in the root, and on no device. */
	const char *path;
	const char *device;
};
