// SPDX-License-Identifier: MIT OR Apache-2.0
/* The state of a volume, private to the file system. */
#pragma once

#include "format.h"

#include <craton/estate.h>
#include <craton/file_engine.h>

#define CHUNK        4096u /* bytes of a buffer, at most */
#define CLUSTER_MOST 65536u
#define TABLES_MOST  2u

/* Whose an I/O is, in the top bits of its id. */
enum io_owner : uint8_t {
	IO_READ = 1,
	IO_WRITE,
	IO_FLUSH,
	IO_MOUNT,
	IO_ZERO,
	IO_VARIANT,
};
#define IO_OWNER_SHIFT 58u

/* Clusters of a file or directory. */
struct chain {
	uint32_t start; /* 0: none */
	uint32_t run;   /* so many that lie side by side; 0: the table leads from one to the next */
};

/* What the boot sector says, checked. Bytes. */
struct geometry {
	uint32_t bits; /* of an entry of the table: 12, 16, 32 */
	uint32_t sector_size;
	uint32_t cluster_size;
	uint32_t cluster_shift;
	uint32_t clusters;     /* their numbers end here, from CLUSTER_FIRST on */
	uint32_t root_cluster; /* FAT32 */
	uint32_t tables;
	uint64_t table_offsets[TABLES_MOST];
	uint64_t table_size;
	uint64_t root_offset; /* FAT12, FAT16 */
	uint64_t root_size;
	uint64_t data_offset;
	uint64_t count_offset; /* what says which clusters are free; exFAT: the map of them */
	uint64_t count_size;
	uint32_t info_offset;    /* 0: none */
	uint32_t directory_most; /* entries */
	uint64_t size_most;      /* of a file */
	bool is_wide;            /* exFAT: all bits of the table's entries count */
};

enum buffer_state : uint8_t {
	BUFFER_EMPTY,
	BUFFER_READING,
	BUFFER_VALID,
	BUFFER_FAILED,
};

enum buffer_kind : uint8_t {
	BUFFER_TABLE,
	BUFFER_DIRECTORY,
	BUFFER_BITMAP, /* exFAT: which clusters are taken */
};

struct buffer {
	uint64_t offset; /* on the volume */
	uint32_t next;   /* in the hash, or of those that are empty: number + 1 */
	uint32_t reads;  /* tells ends of old reads from that of this one */
	uint16_t size;
	uint16_t shadow; /* what is on the device, if it is changed: number + 1 */
	enum buffer_state state;
	enum buffer_kind kind;
	bool is_new;     /* nothing on the device is of it */
	uint8_t writing; /* bit per copy that the phase writes */
	uint8_t started; /* of them, by this instance; in no transaction */
	bool was_used;   /* since the hand passed; in no transaction */
	bool was_told;   /* that it could not be read: somebody; in no transaction */
};

#define BUFFERS        192u
#define SHADOWS        120u
#define BUFFER_HEADS   256u
#define BUFFERS_WANTED 8u

struct buffer_cache {
	uint32_t hand;
	uint32_t empty; /* number + 1 */
	uint32_t empty_count;
	uint32_t reading;
	uint32_t changed; /* have a shadow */
	/* In no transaction: what is missing. */
	bool room_is_wanted;
	uint32_t wanted_count;
	struct {
		uint64_t offset;
		uint16_t size;
		enum buffer_kind kind;
	} wanted[BUFFERS_WANTED];
	uint32_t hash[BUFFER_HEADS]; /* number + 1 */
	bool shadow_is_used[SHADOWS];
	struct buffer buffers[BUFFERS];
};

enum commit_phase : uint8_t {
	COMMIT_IDLE,
	COMMIT_MARK,  /* the volume is in use */
	COMMIT_NEW,   /* clusters of directories, empty */
	COMMIT_GROW,  /* clusters are taken */
	COMMIT_LONG,  /* pieces of long names; exFAT: what follows an entry */
	COMMIT_SHORT, /* entries are added and changed */
	COMMIT_GONE,  /* entries are removed */
	COMMIT_FREE,  /* clusters are freed */
	COMMIT_FLUSH,
};

struct commit {
	enum commit_phase phase;
	bool is_flushing;  /* what the phase wrote */
	bool is_started;   /* that flush, by this instance; in no transaction */
	bool has_written;  /* the phase did */
	bool has_contents; /* of files were written since the last flush */
	bool is_wanted;    /* in no transaction */
	bool failed;       /* the device did not take something: nothing is changed any more */
	bool is_marked;    /* on the device, the volume is in use */
	uint64_t rounds;   /* that have ended */
	uint64_t changed_since;
};

/* Chains of clusters that no file has any more, to be freed step by step. */
#define LOOSE_MOST  256u
#define LOOSE_SPARE 32u

/* Pages that may be written in another order than that in which they lie: twice what the VFS has on
 * their way (services/vfs/cache_run.c). */
#define FAT_NOTED 512u

/* A file or directory that is open, or has bytes on their way. */
struct node {
	uint64_t id;    /* 0: free */
	uint64_t place; /* of its entry; 0: it has none any more */
	uint64_t size;
	uint64_t reach;    /* what is behind it reads as zeros; FAT: the size */
	uint64_t valid;    /* so many bytes are on the device: its entry says so */
	uint64_t zeroed;   /* from `reach` up to here the device has zeros */
	uint64_t tail;     /* where the last page that was written ends, if it is no whole one */
	uint64_t modified; /* if it has no name */
	uint64_t written[FAT_NOTED / 64]; /* bit per page behind the one where `valid` ends */
	struct chain chain;
	uint32_t last;     /* of its clusters */
	uint32_t clusters; /* how many; UINT32_MAX: not counted yet */
	uint32_t linked;   /* of those that lie side by side: the table leads through them */
	struct chain
		holder; /* exFAT: of the directory with its entry, as far as that; 0: unknown */
	bool is_retained;
	bool is_locked; /* marked as read-only */
	bool is_ragged; /* the sector in which `valid` ends may have anything behind it */
	uint32_t next;  /* in the hash, or free: number + 1 */
};

#define NODES_MOST 1216u
#define NODE_HEADS 256u

struct node_table {
	uint32_t free; /* number + 1 */
	uint32_t unused;
	uint32_t idle;  /* nodes that are not retained */
	uint32_t moved; /* nodes whose number is not their place */
	uint32_t hash[NODE_HEADS];
	struct node nodes[NODES_MOST];
};

/* Where clusters of long chains are, so that they are not walked again; in no transaction. */
#define MARKS       256u
#define MARK_STRIDE 64u

struct mark {
	uint32_t start;
	uint32_t index; /* of the chain, in strides */
	uint32_t cluster;
	uint32_t cuts; /* when it was made */
};

/* For a free cluster from `from` on: what was looked through does not fit into memory together. */
struct search {
	uint32_t from;
	uint32_t at;   /* goes on here */
	uint32_t left; /* clusters that were not looked at; 0: none is under way */
};

/* Zeros that are being written between a file's old end and where it goes on. */
struct growth {
	bool is_under_way;
	bool is_started; /* by this instance; in no transaction */
	uint32_t io_count;
	uint64_t node;
	uint64_t from; /* in the file */
	uint64_t offset;
	uint32_t size;
	bool is_tail; /* the rest of a sector, from `stage` */
	/* In no transaction: what is wanted, 0: nothing; and how that ended. */
	bool is_alone; /* nothing else is written to it */
	bool is_stuck; /* its clusters lie side by side, and are too many to be linked at once */
	status_t status;
	uint32_t ignored; /* how often others asked since */
	uint64_t wanted;
	uint64_t wanted_size;
	uint64_t wanted_zeros;
};

/* How far a directory that does not fit into the buffers was looked through when something was
 * missing, so that the same operation goes on there; in no transaction. */
#define SCANS 8u
#define TAILS 9u /* numbers that short names have before chance is asked */

struct scan {
	uint32_t start;
	uint32_t index;
	uint64_t key;     /* what it is about */
	uint64_t changes; /* of the volume's buffers, up to then */
	/* For a name that is looked for: */
	uint32_t origin; /* where the search began; it ends there */
	bool is_around;  /* it has passed the end */
	/* For a new name: */
	uint32_t wanted; /* free entries, side by side */
	uint32_t first;  /* the first of those that were found last */
	uint32_t run;
	uint32_t end;          /* behind the first that ends the directory; 0: it was not seen */
	bool tails[TAILS + 1]; /* numbers that are in use behind the name */
	bool is_taken;         /* the name itself is in use */
	bool is_salted_taken;
	uint8_t short_name[11];
	uint8_t salted_name[11];
};

/* The next name that is looked for in a directory is mostly behind the last; in no transaction. */
#define FOUND_LAST 16u

struct found_last {
	uint32_t start;
	uint32_t index;
	uint64_t changes;
};

enum mount_phase : uint8_t {
	MOUNT_NONE,
	MOUNT_BOOT,
	MOUNT_INFO,      /* what describes the volume besides */
	MOUNT_COPY_READ, /* the second table is made equal to the first */
	MOUNT_COPY_READ_SECOND,
	MOUNT_COPY_WRITE,
	MOUNT_TREE, /* mending */
	MOUNT_LOST,
	MOUNT_COUNT,
	MOUNT_DONE,
	MOUNT_FAILED,
	UNMOUNT_SYNC,
	UNMOUNT_INFO,
	UNMOUNT_FLUSH,
	UNMOUNT_MARK,
	UNMOUNT_DONE,
};

struct mount {
	enum mount_phase phase;
	status_t status;
	bool io_is_under_way;
	bool io_is_done;
	bool io_is_started; /* by this instance; in no transaction */
	status_t io_status;
	struct engine_io io;
	uint32_t io_count;
	uint64_t position;
};

#define DEPTH_MOST 64u

/* Mending; in no transaction: a new instance begins again. */
struct mend {
	uint32_t depth;
	struct {
		struct chain chain;
		uint32_t index; /* of its next entry */
		uint32_t parent;
		uint32_t secondaries; /* exFAT: entries that come next and belong to the last */
		uint32_t end; /* index + 1 of what says that there is no more, but there is */
	} stack[DEPTH_MOST];
	/* The long name before the entry. */
	uint32_t long_first;
	uint32_t long_next; /* order of the piece that comes next; 0: none */
	uint8_t long_sum;
	bool has_long;
	/* The chain of an entry that is being followed. */
	bool is_walking;
	bool is_directory;
	uint64_t place;
	struct chain chain;
	uint32_t cluster;
	uint32_t count;
	uint32_t needed; /* 0: as many as there are */
	uint32_t lost;   /* the next cluster to look at */
};

struct fat {
	const struct engine_environment *environment; /* of this instance */
	const struct variant *variant;                /* the same */
	uint64_t volume_size;
	bool read_only;
	char trouble[96];
	struct geometry g;
	uint8_t *boot; /* the boot sector, and the one with the count */
	uint8_t *info;
	uint8_t *stage; /* STAGE_SIZE */
	uint8_t *zeros; /* STAGE_SIZE */
	uint8_t *shadows;
	uint8_t *bytes; /* of buffers */
	uint8_t *map;   /* bit per cluster: what mending has seen */
	uint32_t map_size;
	uint32_t free_clusters;
	uint32_t next_free; /* where to look for a free one */
	uint32_t cuts;      /* how often a chain became shorter; in no transaction */
	struct buffer_cache cache;
	struct commit commit;
	struct node_table nodes;
	struct growth growth;
	struct mount mount;
	struct mend mend;
	uint32_t loose_count;
	struct chain loose[LOOSE_MOST];
	struct mark marks[MARKS];
	struct mark measured; /* how far a chain was measured; in no transaction */
	struct search search; /* the same */
	uint64_t changes;     /* of buffers; in no transaction */
	uint32_t salt;        /* the same */
	uint64_t seed;        /* of keys */
	uint32_t oldest_scan;
	struct found_last found_last[FOUND_LAST]; /* by directory */
	struct scan scans[SCANS];
	void *own; /* of the variant */
};

#define STAGE_SIZE 65536u

/* --- nodes -------------------------------------------------------------------------------------
 */

#define NODE_DIRECTORY ((uint64_t)1 << 62)
#define NODE_ROOT      NODE_DIRECTORY

static inline bool is_directory(uint64_t node)
{
	return (node & NODE_DIRECTORY) != 0;
}

/* Why it is not mounted, or only read: the first reason stays. */
void fat_note_trouble(struct fat *fs, const char *what, uint64_t number);
/* The volume is not sound: it is only read from now on. */
[[nodiscard]] status_t fat_corrupt(struct fat *fs, const char *what, uint64_t where);
