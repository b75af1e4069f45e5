// SPDX-License-Identifier: MIT OR Apache-2.0
/* The journal (jbd2): changes of blocks reach the device together or not at all.
 *
 * Operations change blocks in memory; those are the running transaction. A round makes it last: its
 * blocks are copied to the stage in the form of the log, so operations can go on; the stage is
 * written to the log, the device flushed, the commit block written. Then the copies are written to
 * their places. The next round begins when they are there. The log's tail is moved when its room is
 * needed. Without a log (`logging` is false) a round writes the copies to their places and flushes.
 *
 * Each step is in the estate, so a new instance does the step again; all are harmless when
 * repeated. Invariant: a block that a transaction freed is not given to another file before that
 * transaction lasts. */
#pragma once

#include "buffer.h"

#define JOURNAL_CREDITS     80u /* blocks that one operation changes at most */
#define JOURNAL_FREES       40u /* runs of blocks that it frees, and blocks that it revokes, at most */
#define JOURNAL_FREED       512u
#define JOURNAL_REVOKED     512u
#define JOURNAL_BLOCKS_MOST 1024u /* of a transaction */
#define JOURNAL_DELAY_NS    5000000000u
#define JOURNAL_PARTS       16u /* pieces that the log may lie in */
#define JOURNAL_WRITES      16u /* under way at once */
#define JOURNAL_WRITE_MOST  64u /* blocks */

enum journal_step : uint8_t {
	JOURNAL_IDLE,
	JOURNAL_TAIL_FLUSH, /* what lies in its place must last before the log forgets it */
	JOURNAL_TAIL_WRITE,
	JOURNAL_LOG, /* the stage, but for the commit block */
	JOURNAL_LOG_FLUSH,
	JOURNAL_COMMIT,
	JOURNAL_HOME,
	JOURNAL_HOME_FLUSH, /* without a log */
};

/* Blocks that the running transaction, or the one that is made to last, freed. */
struct freed_run {
	uint64_t block;
	uint32_t count;
	uint64_t round;
};

/* So many blocks of the log from `first` on lie at `block` of the volume. */
struct log_part {
	uint32_t first;
	uint32_t count;
	uint64_t block;
};

struct home_copy {
	uint64_t block;
	uint32_t stage;  /* which block of the stage */
	bool is_escaped; /* there the block's first word is changed */
};

struct journal {
	/* The log, as it was found. */
	bool logging;
	bool has_64bit;
	bool has_checksums; /* version 3 */
	uint32_t seed;
	uint32_t first; /* block of the log after its superblock */
	uint32_t length;
	uint32_t part_count;
	struct log_part parts[JOURNAL_PARTS];
	/* Where it stands. */
	uint32_t head;     /* next block to be written */
	uint32_t tail;     /* where a replay would begin */
	uint32_t sequence; /* of the next transaction */
	/* The running transaction. */
	uint32_t running_count;
	uint32_t running_max;
	uint64_t running_since;
	uint32_t revoked_count;
	uint32_t freed_count;
	/* Rounds. */
	enum journal_step step;
	bool is_wanted; /* a round, as soon as there can be one */
	bool failed;    /* the device did not take something: nothing is changed any more */
	uint64_t round; /* of the running transaction */
	uint64_t rounds_lasting; /* the last that does */
	uint32_t stage_blocks;   /* of the log, commit block included */
	uint32_t home_count;
	/* The step's writes: the next one, and those under way (number + 1; 0: none). */
	uint32_t next;
	uint32_t under_way[JOURNAL_WRITES];
	bool is_started[JOURNAL_WRITES]; /* by this instance; in no transaction */
	uint64_t io;
	uint32_t *running; /* numbers of buffers */
	struct home_copy *home;
	uint8_t *stage;
	uint32_t stage_size;
	uint8_t *page; /* for the log's superblock */
	uint64_t revoked[JOURNAL_REVOKED];
	struct freed_run freed[JOURNAL_FREED];
};

/* Carves the tables, and a stage of so many bytes. */
bool journal_open(struct ext4 *fs, struct engine_parameters *memory, uint32_t stage_size);
/* With the block size: nothing is running. */
void journal_start(struct ext4 *fs);

/* Each operation that changes something begins so. FILE_LATER: a round has to come first.
 * ERR_READ_ONLY. */
[[nodiscard]] status_t journal_begin(struct ext4 *fs);

/* The block was changed by the running transaction; an earlier content is on its way to its place.
 */
bool journal_is_running(const struct ext4 *fs, const struct buffer *buffer);
bool journal_is_homing(const struct ext4 *fs, const struct buffer *buffer);

void journal_add(struct ext4 *fs, struct buffer *buffer);
void journal_remove(struct ext4 *fs, struct buffer *buffer);
void journal_revoke(struct ext4 *fs, uint64_t block);
void journal_freed(struct ext4 *fs, uint64_t block, uint32_t count);
/* How many blocks from this one on cannot be given to a file yet (0: it can). */
uint32_t journal_holds(const struct ext4 *fs, uint64_t block);

/* What was changed up to now lasts when this is OK. */
[[nodiscard]] status_t journal_sync(struct ext4 *fs, uint64_t *ticket);

/* Commits (the estate). */
bool journal_work(struct ext4 *fs);
void journal_resume(struct ext4 *fs);
bool journal_io_done(struct ext4 *fs, uint64_t id, status_t status);
