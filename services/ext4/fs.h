// SPDX-License-Identifier: MIT OR Apache-2.0
/* The state of a volume, private to the file system. */
#pragma once

#include "buffer.h"
#include "format.h"
#include "journal.h"

#include <craton/estate.h>

/* Who an I/O belongs to, in the top bits of its id. */
enum io_owner : uint8_t {
	IO_BUFFER = 1,
	IO_JOURNAL,
	IO_MOUNT,
};
#define IO_OWNER_SHIFT 60u

#define RETAINED_MOST  1024u
#define ORPHANS_MOST   1024u
#define REPLAY_REVOKES 8192u

/* What the superblock says, checked. */
struct geometry {
	uint32_t block_size;
	uint32_t block_shift;
	uint64_t blocks;
	uint32_t first_block; /* 1 with blocks of 1 KiB, else 0 */
	uint32_t blocks_per_group;
	uint32_t inodes_per_group;
	uint32_t groups;
	uint32_t inodes;
	uint32_t first_inode; /* that is not reserved */
	uint32_t inode_size;
	uint32_t group_desc_size;
	uint32_t csum_seed;
	uint32_t hash_seed[4];
	uint8_t hash_version; /* of new directories, with the signedness of names */
	bool hash_is_unsigned;
	uint8_t uuid[16];
	uint32_t reserved_desc_blocks;
	uint32_t backup_groups[2];
	bool has_sparse_super;
	bool has_sparse_super2;
	bool has_metadata_csum;
	bool has_gdt_csum;
	bool has_filetype;
	bool has_dir_index;
	bool has_dir_nlink;
	bool has_huge_file;
};

enum mount_phase : uint8_t {
	MOUNT_NONE,
	MOUNT_SUPER,
	MOUNT_COPY, /* the superblock was written in part: its copy */
	MOUNT_MEND,
	MOUNT_LOG_PARTS,
	MOUNT_LOG_SUPER,
	MOUNT_SCAN,
	MOUNT_REPLAY,
	MOUNT_REPLAY_SYNC,
	MOUNT_RESET_LOG,
	MOUNT_MARK, /* the superblock: in use */
	MOUNT_ORPHANS,
	MOUNT_DONE,
	MOUNT_FAILED,
	UNMOUNT_SYNC,
	UNMOUNT_FLUSH,
	UNMOUNT_LOG,
	UNMOUNT_MARK,
	UNMOUNT_DONE,
};

struct replay_revoke {
	uint64_t block;
	uint32_t sequence;
	uint32_t next; /* in the hash: number + 1 */
};
#define REPLAY_HASH 1024u

/* Mounting, and the one read or write that it has under way. */
struct mount {
	enum mount_phase phase;
	status_t status;
	bool io_is_under_way;
	bool io_is_done;
	status_t io_status;
	struct engine_io io;
	uint64_t io_count;
	uint64_t ticket;
	bool was_replayed;
	bool was_mended; /* the superblock */
	uint32_t log_inode;
	/* Replay. */
	bool log_64bit;
	uint8_t log_checksums; /* version: 0, 2, 3 */
	uint32_t start;        /* of the log that was found; 0: it is empty */
	uint32_t start_sequence;
	uint32_t window; /* block of the log that the stage begins with; 0: none */
	uint32_t window_count;
	uint32_t position;
	uint32_t sequence;
	uint32_t end_sequence;
	uint32_t tag; /* where the next tag of the descriptor lies; 0: no descriptor */
	uint32_t revoke_count;
	uint32_t *revoke_hash; /* number + 1 */
	struct replay_revoke *revokes;
};

/* Inodes that live on without a name, or are open. */
struct retained {
	uint32_t inode;
	uint32_t count;
};

struct orphan {
	uint32_t inode;
	bool is_cut; /* it became shorter: blocks behind its end are to be freed */
};

struct ext4 {
	const struct engine_environment *environment; /* of this instance */
	uint64_t volume_size;
	bool read_only;
	char trouble[96];
	struct geometry g;
	struct buffer_cache cache;
	struct journal journal;
	struct mount mount;
	uint32_t retained_count;
	struct retained retained[RETAINED_MOST];
	uint32_t orphan_count;
	struct orphan orphans[ORPHANS_MOST];
	uint32_t next_group;             /* where the last directory went */
	uint8_t scratch[EXT4_BLOCK_MAX]; /* within one operation */
};

static inline uint8_t *bytes_of(const struct ext4 *fs, const struct buffer *b)
{
	return buffer_bytes(&fs->cache, b, fs->g.block_size);
}
