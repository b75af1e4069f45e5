// SPDX-License-Identifier: MIT OR Apache-2.0
/* Private to remote.c, remote_calls.c and remote_disk.c. */
#pragma once

#include "remote_link.h"

#include <abi/protocol/block.h>
#include <craton/block_client.h>
#include <craton/file_engine.h>

#define REMOTES_MOST  4u
#define REMOTE_MEMORY 0x200000u /* bytes of an engine's memory */

/* In the estate. */
struct remote_state {
	uint64_t begun;     /* transactions so far; changed outside of transactions here */
	uint64_t committed; /* the last that was kept */
	uint64_t read_only; /* nothing may be written to the disk; as `begun`, like the next */
	uint64_t failed;    /* the process could not be started */
};

/* Where contents of a file lie together. */
struct known_run {
	uint32_t method; /* map or map_write; 0: none */
	uint64_t node;
	uint64_t offset; /* in the file */
	struct engine_run run;
};

struct remote {
	unsigned index;
	unsigned kind;
	const struct engine_environment *environment;
	uint8_t *memory; /* the engine's */
	struct filesystem_channel *channel;
	struct remote_state *state;
	uint64_t open;         /* transaction that has begun and not ended; 0: none */
	uint64_t steps;        /* of it, that were done */
	uint64_t patience;     /* with one that did not answer; 0: it does */
	uint64_t silent_until; /* it is not asked before */
	bool has_waiters;      /* somebody was not told of the end of that */
	uint32_t told;         /* files of which the process was told whether they are clean */
	struct name first;     /* the first name of the operation */
	/* Entries of a directory that came with one that was asked for; until something changes. */
	bool has_items;
	uint32_t item_count;
	uint64_t items_directory;
	uint64_t items_cookie;
	struct known_run run;
	/* Requests of the process to the disk. */
	uint64_t under_way[BLOCK_SLOTS / 64];
	uint64_t ids[BLOCK_SLOTS]; /* of those */
	bool is_news;              /* one has ended */
};

extern struct remote remotes[REMOTES_MOST];
extern unsigned remote_count;

/* --- remote_calls.c -----------------------------------------------------------------------------
 */

/* An operation: `words` from 2 on are its arguments, what comes back is in all. The first changes
 * nothing, the second is a step of the transaction. */
[[nodiscard]] status_t remote_look(void *fs, uint32_t method, uint64_t words[6]);
[[nodiscard]] status_t remote_change(void *fs, uint32_t method, uint64_t words[6]);

/* The names of the next operation. The VFS has checked what they can be; a target fits a message.
 */
void remote_put_first(struct remote *r, struct name name);
void remote_put_second(struct remote *r, struct name text);

/* What the process is told: that the last transaction has ended, and how. */
void remote_tell_end(struct remote *r, uint64_t transaction, bool is_kept);

/* What it told of directories, and where contents lie, may be so no more behind an operation. */
void remote_forget_answers(struct remote *r, uint32_t method);

void remote_end_silence(struct remote *r);

/* --- remote_disk.c ------------------------------------------------------------------------------
 */

/* Begins what the process has put into slots. */
void remote_disk_work(struct remote *r);
void remote_disk_done(struct remote *r, uint64_t id, status_t status);
bool remote_disk_is_quiet(const struct remote *r);

/* All slots are free. */
void remote_disk_reset(struct remote *r);
