// SPDX-License-Identifier: MIT OR Apache-2.0
/* The file system ext4, as an engine of files (file_engine.h, where the rules are).
 *
 * Changes reach the device through the journal (journal.h): together, or not at all.
 * Tests: tests/host/services/ext4_*_test.c */
#pragma once

#include <craton/file_engine.h>

#define EXT4_NAME_MAX  255u
#define EXT4_BLOCK_MAX 4096u
#define EXT4_ROOT      2u /* the inode of the root directory */

struct ext4;
extern const struct file_engine ext4_engine;

/* Carves the state from the memory, where it may be already. nullptr: that is too small. */
struct ext4 *ext4_open(struct engine_parameters parameters);

/* Begins with a volume; the memory was full of zeros. */
void ext4_reset(struct ext4 *fs, uint64_t volume_size, bool read_only);

/* Starts again what was under way when the instance before died. Nothing for a new one. */
void ext4_resume(struct ext4 *fs);

/* --- work: not within a transaction; these commit ----------------------------------------------
 */

/* Starts what was found missing and goes on with what is left to do. True: there may be more to do
 * at once. */
bool ext4_work(struct ext4 *fs);
void ext4_io_done(struct ext4 *fs, uint64_t id, status_t status);

/* True: nothing is under way, and nothing is left to be written. */
bool ext4_is_idle(const struct ext4 *fs);

/* True: nothing is under way. */
bool ext4_is_quiet(const struct ext4 *fs);

/* --- the volume: all that follow are operations, and may answer FILE_LATER --------------------
 * Of all: ERR_IO, and ERR_CORRUPT for what cannot be on a sound volume: it can be read only from
 * then on. ERR_READ_ONLY. */

/* Checks the volume, replays its journal, deletes what was about to be deleted.
 * ERR_BAD_IMAGE: no ext4; ERR_NOT_SUPPORTED: ext4_trouble() names the feature. */
[[nodiscard]] status_t ext4_mount(struct ext4 *fs);

/* After everything was synchronised: marks the volume clean. */
[[nodiscard]] status_t ext4_unmount(struct ext4 *fs);

/* Why the volume is not mounted, or read-only; empty if there is no reason. */
const char *ext4_trouble(const struct ext4 *fs);
bool ext4_is_read_only(const struct ext4 *fs);
uint32_t ext4_block_size(const struct ext4 *fs);

struct ext4_space {
	uint64_t total; /* bytes */
	uint64_t free;
	uint64_t inodes;
	uint64_t free_inodes;
};
[[nodiscard]] status_t ext4_space(struct ext4 *fs, struct ext4_space *space);

/* All changes up to now last. `*ticket`: 0 first, then what it was. */
[[nodiscard]] status_t ext4_sync(struct ext4 *fs, uint64_t *ticket);

/* --- files and directories, by inode -----------------------------------------------------------
 */

struct ext4_attributes {
	uint64_t size;
	uint64_t accessed_ns, modified_ns, changed_ns;
	uint32_t generation;
	uint16_t mode; /* type and permissions as on the volume */
	uint16_t links;
	uint32_t owner, group;
};
[[nodiscard]] status_t ext4_attributes(
	struct ext4 *fs, uint32_t inode, struct ext4_attributes *attributes);
[[nodiscard]] status_t ext4_set_times(
	struct ext4 *fs, uint32_t inode, uint64_t accessed, uint64_t modified);

/* ACCESS_LEAVE: as it is. `mode`: without the type. */
[[nodiscard]] status_t ext4_set_access(
	struct ext4 *fs, uint32_t inode, uint32_t mode, uint32_t owner, uint32_t group);

[[nodiscard]] status_t ext4_lookup(
	struct ext4 *fs, uint32_t directory, struct name name, uint32_t *inode);

struct ext4_entry {
	uint32_t inode;
	uint16_t type; /* as in a mode; 0: unknown */
	uint8_t size;
	char name[EXT4_NAME_MAX];
};
/* The entry at `*cookie` (0: the first), and the cookie of the next; `.` and `..` are left out.
 * ERR_NOT_FOUND: the end. */
[[nodiscard]] status_t ext4_next(
	struct ext4 *fs, uint32_t directory, uint64_t *cookie, struct ext4_entry *entry);

/* `mode` with the type: a regular file, a directory, or a link with its target (< 4096 bytes). */
[[nodiscard]] status_t ext4_create(struct ext4 *fs, uint32_t directory, struct name name,
	uint16_t mode, struct name target, uint32_t *inode);
[[nodiscard]] status_t ext4_link(
	struct ext4 *fs, uint32_t inode, uint32_t directory, struct name name);
/* A node that is retained lives on without a name. ERR_NOT_EMPTY. */
[[nodiscard]] status_t ext4_remove(struct ext4 *fs, uint32_t directory, struct name name);
/* ERR_NOT_EMPTY, ERR_INVALID_ARGUMENT: a directory would move into itself. */
[[nodiscard]] status_t ext4_rename(
	struct ext4 *fs, uint32_t from, struct name old_name, uint32_t to, struct name new_name);
[[nodiscard]] status_t ext4_read_link(
	struct ext4 *fs, uint32_t inode, uint64_t offset, void *bytes, size_t size, size_t *done);

/* Kept until it is released, even without a name. ERR_TOO_MANY. */
[[nodiscard]] status_t ext4_retain(struct ext4 *fs, uint32_t inode);
[[nodiscard]] status_t ext4_release(struct ext4 *fs, uint32_t inode);

/* --- contents ---------------------------------------------------------------------------------
 */

/* Where `size` bytes from `offset` on lie: the first piece of them. Whole blocks' worth can be
 * asked for behind the file's end: what is there means nothing (it may be about to be freed). */
[[nodiscard]] status_t ext4_map(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size, struct engine_run *run);
/* The same for writing: there is room where ext4_reserve() made it; elsewhere is a hole, and zeros
 * need no room. Blocks are written whole, with zeros behind the file's end, so that nothing else
 * comes to light when it grows. */
[[nodiscard]] status_t ext4_map_write(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size, struct engine_run *run);
/* The bytes of a run are on the device: from now on they count. */
[[nodiscard]] status_t ext4_written(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size);
/* Makes room for at most 64 KiB, in pages of 4 KiB; the file has this size at least, and is
 * modified now. ERR_NO_SPACE, ERR_RANGE. */
[[nodiscard]] status_t ext4_reserve(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint64_t size);
[[nodiscard]] status_t ext4_set_size(struct ext4 *fs, uint32_t inode, uint64_t size);
