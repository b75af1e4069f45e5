// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the state of an exFAT volume has besides that of `struct fat`. */
#pragma once

#include "disk.h"

#include <fat/fs.h>

/* How far the up-case table was read. */
struct upcase_progress {
	uint64_t position; /* bytes */
	uint32_t units;    /* that are known */
	uint32_t sum;
	bool is_run; /* how many are their own capitals comes next */
};

/* Clusters full of zeros, for directories. */
#define SPARES 3u /* an operation needs no more */

enum spare_state : uint8_t {
	SPARE_NONE,
	SPARE_CLEARING,
	SPARE_READY,
	SPARE_FAILED, /* the device did not take the zeros */
};

struct spare {
	uint32_t cluster;
	enum spare_state state;
	bool is_started; /* the write, by this instance; in no transaction */
	uint32_t position;
	uint32_t writes; /* tells one from others */
};

/* Which directory has a cluster of entries; in no transaction. */
#define NOTES 512u

struct holder_note {
	uint32_t cluster; /* 0: none */
	uint64_t directory;
	struct chain chain;
};

/* How far the tree was gone through for that; in no transaction. */
struct climb {
	uint32_t cluster; /* wanted; 0: none */
	uint32_t depth;
	uint32_t count; /* of directories */
	uint64_t changes;
	struct {
		uint64_t directory;
		struct chain chain;
		uint32_t index;
	} stack[DEPTH_MOST];
};

struct exfat {
	struct upcase_progress upcase;
	/* Of the root, when it is mounted; in no transaction. */
	uint32_t root_index;
	struct exfat_table_entry bitmap_entry;
	struct exfat_table_entry upcase_entry;
	struct spare spares[SPARES];
	uint32_t spares_wanted; /* in no transaction, as the next */
	status_t spare_status;
	struct climb climb;
	struct holder_note notes[NOTES];
	uint16_t capitals[UPCASE_UNITS];
};

static inline struct exfat *own_of(const struct fat *fs)
{
	return fs->own;
}
