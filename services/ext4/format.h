// SPDX-License-Identifier: MIT OR Apache-2.0
/* What lies on the device: structures of ext4, little-endian. Followed: the Linux kernel's
 * documentation of the ext4 data structures and of the journal (jbd2), which is big-endian. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SUPER_OFFSET  1024u
#define SUPER_MAGIC   0xef53u
#define ROOT_INODE    2u
#define JOURNAL_INODE 8u

/* Features that old kernels need not know. */
#define COMPAT_HAS_JOURNAL   0x4u
#define COMPAT_DIR_INDEX     0x20u
#define COMPAT_SPARSE_SUPER2 0x200u
#define COMPAT_ORPHAN_FILE   0x1000u

/* Features without which the volume may not be read. */
#define INCOMPAT_FILETYPE    0x2u
#define INCOMPAT_RECOVER     0x4u
#define INCOMPAT_JOURNAL_DEV 0x8u
#define INCOMPAT_META_BG     0x10u
#define INCOMPAT_EXTENTS     0x40u
#define INCOMPAT_64BIT       0x80u
#define INCOMPAT_MMP         0x100u
#define INCOMPAT_FLEX_BG     0x200u
#define INCOMPAT_EA_INODE    0x400u
#define INCOMPAT_DIRDATA     0x1000u
#define INCOMPAT_CSUM_SEED   0x2000u
#define INCOMPAT_LARGEDIR    0x4000u
#define INCOMPAT_INLINE_DATA 0x8000u
#define INCOMPAT_ENCRYPT     0x10000u
#define INCOMPAT_CASEFOLD    0x20000u

/* Features without which it may not be written. */
#define RO_COMPAT_SPARSE_SUPER   0x1u
#define RO_COMPAT_LARGE_FILE     0x2u
#define RO_COMPAT_BTREE_DIR      0x4u
#define RO_COMPAT_HUGE_FILE      0x8u
#define RO_COMPAT_GDT_CSUM       0x10u
#define RO_COMPAT_DIR_NLINK      0x20u
#define RO_COMPAT_EXTRA_ISIZE    0x40u
#define RO_COMPAT_QUOTA          0x100u
#define RO_COMPAT_BIGALLOC       0x200u
#define RO_COMPAT_METADATA_CSUM  0x400u
#define RO_COMPAT_READONLY       0x1000u
#define RO_COMPAT_PROJECT        0x2000u
#define RO_COMPAT_VERITY         0x8000u
#define RO_COMPAT_ORPHAN_PRESENT 0x10000u

#define STATE_CLEAN 0x1u
#define STATE_ERROR 0x2u

#define FLAG_SIGNED_HASH   0x1u
#define FLAG_UNSIGNED_HASH 0x2u

struct super_block {
	uint32_t inodes_count;
	uint32_t blocks_count_lo;
	uint32_t r_blocks_count_lo;
	uint32_t free_blocks_count_lo;
	uint32_t free_inodes_count;
	uint32_t first_data_block;
	uint32_t log_block_size; /* 1024 << this */
	uint32_t log_cluster_size;
	uint32_t blocks_per_group;
	uint32_t clusters_per_group;
	uint32_t inodes_per_group;
	uint32_t mtime;
	uint32_t wtime;
	uint16_t mnt_count;
	uint16_t max_mnt_count;
	uint16_t magic;
	uint16_t state;
	uint16_t errors;
	uint16_t minor_rev_level;
	uint32_t lastcheck;
	uint32_t checkinterval;
	uint32_t creator_os;
	uint32_t rev_level; /* 0: inodes of 128 bytes, no features */
	uint16_t def_resuid;
	uint16_t def_resgid;
	uint32_t first_ino;
	uint16_t inode_size;
	uint16_t block_group_nr;
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint32_t feature_ro_compat;
	uint8_t uuid[16];
	char volume_name[16];
	char last_mounted[64];
	uint32_t algorithm_usage_bitmap;
	uint8_t prealloc_blocks;
	uint8_t prealloc_dir_blocks;
	uint16_t reserved_gdt_blocks;
	uint8_t journal_uuid[16];
	uint32_t journal_inum;
	uint32_t journal_dev;
	uint32_t last_orphan; /* first of the list of inodes to be deleted or cut */
	uint32_t hash_seed[4];
	uint8_t def_hash_version;
	uint8_t jnl_backup_type;
	uint16_t desc_size;
	uint32_t default_mount_opts;
	uint32_t first_meta_bg;
	uint32_t mkfs_time;
	uint32_t jnl_blocks[17];
	uint32_t blocks_count_hi;
	uint32_t r_blocks_count_hi;
	uint32_t free_blocks_count_hi;
	uint16_t min_extra_isize;
	uint16_t want_extra_isize;
	uint32_t flags;
	uint16_t raid_stride;
	uint16_t mmp_interval;
	uint64_t mmp_block;
	uint32_t raid_stripe_width;
	uint8_t log_groups_per_flex;
	uint8_t checksum_type;
	uint16_t reserved_pad;
	uint64_t kbytes_written;
	uint8_t snapshot[20];
	uint32_t error_count;
	uint8_t error_records[104];
	uint8_t mount_opts[64];
	uint32_t usr_quota_inum;
	uint32_t grp_quota_inum;
	uint32_t overhead_clusters;
	uint32_t backup_bgs[2];
	uint8_t encrypt_algos[4];
	uint8_t encrypt_pw_salt[16];
	uint32_t lpf_ino;
	uint32_t prj_quota_inum;
	uint32_t checksum_seed;
	uint8_t time_hi[8];
	uint16_t encoding;
	uint16_t encoding_flags;
	uint32_t orphan_file_inum;
	uint32_t reserved[94];
	uint32_t checksum;
};
static_assert(sizeof(struct super_block) == 1024);
static_assert(offsetof(struct super_block, hash_seed) == 0xec);
static_assert(offsetof(struct super_block, blocks_count_hi) == 0x150);
static_assert(offsetof(struct super_block, checksum_seed) == 0x270);

#define GROUP_INODE_UNINIT 0x1u /* neither bitmap nor table of inodes were ever written */
#define GROUP_BLOCK_UNINIT 0x2u
#define GROUP_INODE_ZEROED 0x4u

/* The first 32 bytes are all there is without the feature 64bit. */
struct group_desc {
	uint32_t block_bitmap_lo;
	uint32_t inode_bitmap_lo;
	uint32_t inode_table_lo;
	uint16_t free_blocks_count_lo;
	uint16_t free_inodes_count_lo;
	uint16_t used_dirs_count_lo;
	uint16_t flags;
	uint32_t exclude_bitmap_lo;
	uint16_t block_bitmap_csum_lo;
	uint16_t inode_bitmap_csum_lo;
	uint16_t itable_unused_lo;
	uint16_t checksum;
	uint32_t block_bitmap_hi;
	uint32_t inode_bitmap_hi;
	uint32_t inode_table_hi;
	uint16_t free_blocks_count_hi;
	uint16_t free_inodes_count_hi;
	uint16_t used_dirs_count_hi;
	uint16_t itable_unused_hi;
	uint32_t exclude_bitmap_hi;
	uint16_t block_bitmap_csum_hi;
	uint16_t inode_bitmap_csum_hi;
	uint32_t reserved;
};
static_assert(sizeof(struct group_desc) == 64);
#define GROUP_DESC_SMALL 32u

#define MODE_TYPE      0xf000u
#define MODE_FIFO      0x1000u
#define MODE_CHARACTER 0x2000u
#define MODE_DIRECTORY 0x4000u
#define MODE_BLOCK     0x6000u
#define MODE_REGULAR   0x8000u
#define MODE_SYMLINK   0xa000u
#define MODE_SOCKET    0xc000u
#define MODE_WRITE     0222u

#define INODE_IMMUTABLE   0x10u
#define INODE_APPEND      0x20u
#define INODE_ENCRYPT     0x800u
#define INODE_INDEX       0x1000u
#define INODE_HUGE_FILE   0x40000u
#define INODE_EXTENTS     0x80000u
#define INODE_VERITY      0x100000u
#define INODE_EA_INODE    0x200000u
#define INODE_INLINE_DATA 0x10000000u

#define INODE_BLOCK_WORDS 15u
#define INODE_BLOCK_BYTES 60u

struct inode_record {
	uint16_t mode;
	uint16_t uid_lo;
	uint32_t size_lo;
	uint32_t atime;
	uint32_t ctime;
	uint32_t mtime;
	uint32_t dtime; /* of a removed one; on the list of orphans: the next of them */
	uint16_t gid_lo;
	uint16_t links_count;
	uint32_t blocks_lo; /* in sectors of 512 bytes, or blocks (INODE_HUGE_FILE) */
	uint32_t flags;
	uint32_t version;
	uint32_t block[INODE_BLOCK_WORDS];
	uint32_t generation;
	uint32_t file_acl_lo;
	uint32_t size_hi;
	uint32_t obso_faddr;
	uint16_t blocks_hi;
	uint16_t file_acl_hi;
	uint16_t uid_hi;
	uint16_t gid_hi;
	uint16_t checksum_lo;
	uint16_t reserved;
	/* From here on only if the inode is larger than 128 bytes, as far as extra_isize says. */
	uint16_t extra_isize;
	uint16_t checksum_hi;
	uint32_t ctime_extra;
	uint32_t mtime_extra;
	uint32_t atime_extra;
	uint32_t crtime;
	uint32_t crtime_extra;
	uint32_t version_hi;
	uint32_t projid;
};
static_assert(sizeof(struct inode_record) == 160);
#define INODE_SMALL 128u

#define EXTENT_MAGIC       0xf30au
#define EXTENT_WRITTEN_MAX 0x8000u /* longer: the rest is the length of one never written */
#define EXTENT_DEPTH_MAX   5u

struct extent_header {
	uint16_t magic;
	uint16_t entries;
	uint16_t max;
	uint16_t depth; /* 0: of extents, else of indices */
	uint32_t generation;
};

struct extent_index {
	uint32_t block; /* first of the file */
	uint32_t leaf_lo;
	uint16_t leaf_hi;
	uint16_t unused;
};

struct extent {
	uint32_t block; /* first of the file */
	uint16_t length;
	uint16_t start_hi;
	uint32_t start_lo;
};
static_assert(sizeof(struct extent_header) == 12 && sizeof(struct extent) == 12 &&
	      sizeof(struct extent_index) == 12);

/* An entry of a directory; its name follows. */
struct dir_entry {
	uint32_t inode; /* 0: unused */
	uint16_t length;
	uint8_t name_length;
	uint8_t type;
};
#define DIR_ENTRY_HEAD 8u
#define DIR_NAME_MAX   255u

#define DIR_TYPE_REGULAR   1u
#define DIR_TYPE_DIRECTORY 2u
#define DIR_TYPE_CHARACTER 3u
#define DIR_TYPE_BLOCK     4u
#define DIR_TYPE_FIFO      5u
#define DIR_TYPE_SOCKET    6u
#define DIR_TYPE_SYMLINK   7u
#define DIR_TYPE_CHECKSUM  0xdeu

/* With metadata_csum the last entry of a block of entries. */
struct dir_tail {
	uint32_t zero;
	uint16_t length; /* 12 */
	uint8_t zero_name;
	uint8_t type; /* DIR_TYPE_CHECKSUM */
	uint32_t checksum;
};

/* Of an indexed directory's first block, behind the entries `.` and `..`. */
#define INDEX_ROOT_INFO 0x18u
struct index_root_info {
	uint32_t zero;
	uint8_t hash_version;
	uint8_t info_length; /* 8 */
	uint8_t levels;
	uint8_t unused;
};

/* The first has limit and count in place of a hash. */
struct index_entry {
	union {
		uint32_t hash;
		struct {
			uint16_t limit;
			uint16_t count;
		};
	};
	uint32_t block;
};
struct index_tail {
	uint32_t zero;
	uint32_t checksum;
};

#define HASH_LEGACY            0u
#define HASH_HALF_MD4          1u
#define HASH_TEA               2u
#define HASH_LEGACY_UNSIGNED   3u
#define HASH_HALF_MD4_UNSIGNED 4u
#define HASH_TEA_UNSIGNED      5u

/* --- the journal: all numbers are big-endian ---------------------------------------------------
 */

#define JOURNAL_MAGIC       0xc03b3998u
#define LOG_DESCRIPTOR      1u
#define LOG_COMMIT          2u
#define JOURNAL_SUPER_V1    3u
#define JOURNAL_SUPER_V2    4u
#define LOG_REVOKE          5u
#define JOURNAL_COMPAT_CSUM 1u /* of version 1 */
#define JOURNAL_HAS_REVOKE  1u
#define JOURNAL_64BIT       2u
#define JOURNAL_ASYNC       4u
#define JOURNAL_CSUM_V2     8u
#define JOURNAL_CSUM_V3     16u
#define JOURNAL_FAST_COMMIT 32u

#define TAG_ESCAPED   1u /* the block began with the magic, which was set to 0 */
#define TAG_SAME_UUID 2u
#define TAG_DELETED   4u
#define TAG_LAST      8u

struct journal_header {
	uint32_t magic;
	uint32_t type;
	uint32_t sequence;
};

struct journal_super {
	struct journal_header header;
	uint32_t block_size;
	uint32_t max_length; /* blocks of the journal */
	uint32_t first;      /* where its log begins */
	uint32_t sequence;   /* of the first transaction in it */
	uint32_t start;      /* where that lies; 0: the journal is empty */
	uint32_t error;
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint32_t feature_ro_compat;
	uint8_t uuid[16];
	uint32_t users;
	uint32_t dyn_super;
	uint32_t max_transaction;
	uint32_t max_trans_data;
	uint8_t checksum_type;
	uint8_t padding2[3];
	uint32_t fast_commit_blocks;
	uint32_t head;
	uint32_t padding[40];
	uint32_t checksum;
	uint8_t user_ids[16 * 48];
};
static_assert(sizeof(struct journal_super) == 1024);

/* With CSUM_V3. */
struct journal_tag3 {
	uint32_t block;
	uint32_t flags;
	uint32_t block_high;
	uint32_t checksum;
};

/* Without; block_high only with JOURNAL_64BIT. */
struct journal_tag {
	uint32_t block;
	uint16_t checksum;
	uint16_t flags;
	uint32_t block_high;
};

struct journal_commit {
	struct journal_header header;
	uint8_t checksum_type;
	uint8_t checksum_size;
	uint8_t padding[2];
	uint32_t checksum[8];
	uint64_t seconds;
	uint32_t nanoseconds;
};

struct journal_revoke {
	struct journal_header header;
	uint32_t count; /* bytes used of the block */
};

#define JOURNAL_CHECKSUM_CRC32C 4u
#define JOURNAL_TAIL            4u /* checksum at the end of descriptor and revoke blocks */
