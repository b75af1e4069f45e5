// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a file system on a volume offers to whoever runs it (the VFS: services/vfs/enginefs.c), and
 * what it stands on: a device that reads and writes some time later.
 *
 * All state is in memory that outlives the process and that each instance maps at the same address
 * before it opens the estate, so the estate can save parts of it; each operation is part of its
 * caller's transaction. An operation that needs something which is not there yet answers
 * FILE_LATER: the caller undoes the transaction, lets work() start what is missing, and does the
 * operation again from its start when io_done() was told of something. So an operation is written
 * as if all blocks were there, and a kill at any instant is the same as one that was undone.
 *
 * Contents of files are moved by the caller, from and to where map() says.
 * Engines: services/ext4, services/fat, services/exfat, services/iso9660. Tests:
 * tests/host/services/vfs_engine_test.c, vfs_engine_cases_test.c */
#pragma once

#include <abi/protocol/block.h>
#include <abi/protocol/vfs.h>
#include <craton/runtime.h>

#define NAME_MOST 255u

/* Not an error: what cannot be done yet. */
#define FILE_LATER ((status_t)2)

/* Within an operation: what is not OK ends it, FILE_LATER like an error. */
#define TRY(call)                           \
	do {                                \
		status_t try_status = call; \
		if (try_status != OK)       \
			return try_status;  \
	} while (0)

struct name {
	const char *text; /* not terminated */
	size_t size;
};

/* A number for a name (FNV-1a). Who must not be given two names with the same begins with a secret.
 */
static inline uint64_t name_key(struct name name, uint64_t seed)
{
	for (size_t i = 0; i < name.size; i++)
		seed = (seed ^ (uint8_t)name.text[i]) * 0x100000001b3u;
	return seed;
}

/* A name in a directory. */
struct entry_name {
	uint64_t directory;
	struct name name;
};

struct directory_item {
	uint64_t node;
	uint64_t inode;
	enum file_type type;
	char name[NAME_MOST + 1]; /* terminated */
	size_t name_size;
};

/* --- what an engine stands on -------------------------------------------------------------------
 */

/* As disks call them. */
enum engine_io_kind : uint8_t {
	ENGINE_READ = BLOCK_OPERATION_READ,
	ENGINE_WRITE = BLOCK_OPERATION_WRITE,
	ENGINE_FLUSH = BLOCK_OPERATION_FLUSH, /* what was written before it lasts if the power
						 goes */
};

/* `id` tells which is meant, and is smaller than ENGINE_IDS; a new instance starts what was under
 * way again under the same id. */
struct engine_io {
	uint64_t id;
	uint64_t offset; /* bytes, on the volume; whole sectors of 512 */
	void *bytes;     /* of the engine's memory */
	uint32_t size;
	enum engine_io_kind kind;
	bool lasting; /* a write: it lasts when it has ended */
};

#define ENGINE_IDS ((uint64_t)1 << 62)

struct engine_environment {
	void *self;
	/* Begins, or goes on if one with this id is under way; the end is told by io_done(), not
	 * from within. False: too many are under way, try later. */
	bool (*start)(void *self, const struct engine_io *io);
	/* Nanoseconds since 1970. */
	uint64_t (*now)(void *self);
	uint32_t (*random)(void *self);
	/* For operations only. Within the caller's transaction: a node's number means another file
	 * from now on, or none. */
	void (*forget)(void *self, uint64_t node);
	/* For operations only. OK: no page of a file is changed and not written back yet.
	 * FILE_LATER: that is done now. ERR_IO: it cannot be done. */
	status_t (*clean)(void *self, uint64_t node);
};

struct engine_parameters {
	const struct engine_environment *environment;
	uint8_t *memory; /* page-aligned */
	size_t memory_size;
};

/* Cuts memory off, in whole pages: the same calls give the same places in each instance. nullptr:
 * there is no more. */
static inline void *engine_carve(struct engine_parameters *parameters, size_t size)
{
	uint8_t *part = parameters->memory;

	size = (size + 4095) & ~(size_t)4095;
	if (size > parameters->memory_size)
		return nullptr;
	parameters->memory += size;
	parameters->memory_size -= size;
	return part;
}

/* --- what it offers -----------------------------------------------------------------------------
 */

/* Bytes of a file that lie together. */
struct engine_run {
	uint64_t offset; /* bytes, on the volume */
	uint32_t size;   /* bytes; reading: if they end within a block, all behind them are zeros */
	bool is_hole;    /* reads as zeros; offset means nothing */
};

struct file_engine {
	const char *name;
	uint64_t root;    /* node of the root directory */
	bool has_aliases; /* a name can be spelled in several ways */

	/* Carves the state of one volume, as an instance before left it; zeros: it is new. nullptr:
	 * the memory is too small. */
	void *(*open)(struct engine_parameters parameters);
	/* Begins with a volume; the state is new. In no transaction. */
	void (*reset)(void *fs, uint64_t volume_size, bool read_only);
	/* Starts again what was under way when the instance before died. */
	void (*resume)(void *fs);

	/* --- not within a transaction; these commit. `work`: true: there may be more to do at once
	 */
	bool (*work)(void *fs);
	void (*io_done)(void *fs, uint64_t id, status_t status);
	/* Nothing is under way; and nothing is left to be written either. */
	bool (*is_quiet)(const void *fs);
	bool (*is_idle)(const void *fs);
	/* Nothing is left for tidy(). nullptr: never is. */
	bool (*is_tidy)(const void *fs);

	/* --- operations, which may all answer FILE_LATER, ERR_IO, ERR_READ_ONLY, or ERR_CORRUPT
	 * for what cannot be on a sound volume: it can be read only from then on.
	 *
	 * Checks the volume and mends what a power cut left. ERR_BAD_IMAGE: it is of another kind;
	 * ERR_NOT_SUPPORTED: trouble() names what. This and unmount() may commit: they are no part
	 * of a transaction, and answer again what they did when they had come to their end. */
	status_t (*mount)(void *fs);
	/* After everything was synchronised: marks the volume clean. */
	status_t (*unmount)(void *fs);
	/* Why the volume is not mounted, or read-only; empty if there is no reason. */
	const char *(*trouble)(const void *fs);
	bool (*is_read_only)(const void *fs);
	/* Contents are read and written in these. */
	uint32_t (*block_size)(const void *fs);
	/* Bytes. */
	status_t (*space)(void *fs, uint64_t *total, uint64_t *used);
	/* All changes up to now last. `*ticket`: 0 first, then what it was. */
	status_t (*sync)(void *fs, uint64_t *ticket);

	/* The first operation of a transaction: is done with one of the nodes that were released
	 * and of which something is left to do that the pages of files are concerned by. `*cursor`
	 * (0: all nodes) moves on whatever is answered; ERR_NOT_FOUND: there is none behind it. */
	status_t (*tidy)(void *fs, uint64_t *cursor);

	/* Names: as in `struct file_system_ops` (services/vfs/file_system.h). */
	status_t (*lookup)(void *fs, uint64_t directory, struct name name, uint64_t *node);
	status_t (*parent)(void *fs, uint64_t directory, uint64_t *node);
	status_t (*attributes)(void *fs, uint64_t node, struct file_attributes *attributes);
	status_t (*next)(
		void *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item);
	status_t (*read_link)(
		void *fs, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done);
	/* A node is kept until it is released, even without a name. ERR_TOO_MANY. */
	status_t (*retain)(void *fs, uint64_t node);
	status_t (*release)(void *fs, uint64_t node);

	/* Those of a file system that is never changed may be nullptr from here on. */
	status_t (*create)(void *fs, struct entry_name name, enum file_type type,
		struct name target, uint64_t *node);
	status_t (*link)(void *fs, uint64_t node, struct entry_name name); /* may be nullptr */
	status_t (*remove)(void *fs, struct entry_name name);
	status_t (*rename)(void *fs, struct entry_name from, struct entry_name to);
	status_t (*set_times)(void *fs, uint64_t node, uint64_t accessed, uint64_t modified);
	/* As vfs.set_access; the values were checked. nullptr: the volume keeps none. */
	status_t (*set_access)(
		void *fs, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group);
	/* Pages behind the end have gone from the cache, and nothing of them is under way. */
	status_t (*set_size)(void *fs, uint64_t node, uint64_t size);
	/* Makes room for at most 64 KiB, in pages of 4 KiB; the file has this size at least, and is
	 * modified now. ERR_NO_SPACE, ERR_RANGE. */
	status_t (*reserve)(void *fs, uint64_t node, uint64_t offset, uint64_t size);

	/* Where `size` bytes from `offset` on lie: the first piece of them. Whole blocks' worth can
	 * be asked for behind the file's end: what is there means nothing. */
	status_t (*map)(
		void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run);
	/* The same for writing: there is room where reserve() made it; elsewhere is a hole, and
	 * zeros need no room. Blocks are written whole, with zeros behind the file's end, so that
	 * nothing else comes to light when it grows. */
	status_t (*map_write)(
		void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run);
	/* Bytes that the file has are on the device: from now on they count. */
	status_t (*written)(void *fs, uint64_t node, uint64_t offset, uint32_t size);
};
