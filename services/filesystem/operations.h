// SPDX-License-Identifier: MIT OR Apache-2.0
/* The operations of the protocol, in terms of the engine. */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/file_engine.h>

struct volume {
	const struct file_engine *engine;
	void *fs; /* nullptr: there is no volume */
};

extern struct volume volume;

enum operation_kind {
	OPERATION_LOOKS,
	OPERATION_CHANGES, /* a step of a transaction */
	OPERATION_ALONE,   /* not while one is open: it commits by itself */
};

struct operation {
	/* Arguments are in words[2] to words[5] and in the channel, results from words[0] on; as
	 * the engine's own, FILE_LATER among them. Does not commit. */
	status_t (*perform)(struct filesystem_channel *channel, uint64_t words[6]);
	enum operation_kind kind;
};

/* nullptr: there is none with this number. */
const struct operation *operation_of(uint32_t method);
