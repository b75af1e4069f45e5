// SPDX-License-Identifier: MIT OR Apache-2.0
/* The slots of a disk driver's client (abi/services/block.toml). A request is known by its unit and
 * id; one that is in a slot already, from an instance that died, goes on.
 * Tests: tests/host/lib/block_test.c */
#pragma once

#include <abi/protocol/block.h>
#include <craton/runtime.h>

struct block_client {
	struct block_slot *slots; /* nullptr: there is no driver */
	bool is_begun;            /* something was put into a slot since the driver was told */
	uint32_t share;           /* slots that one unit may have; 0: all */
};

/* `request`: all but state and status. False: no slot is free, or the unit has its share. */
bool block_client_begin(struct block_client *client, const struct block_slot *request);

/* The same for bytes in `count` pieces, at most BLOCK_PIECES; `request` has BLOCK_SCATTERED. The
 * slots are those that a driver shares. */
bool block_client_begin_list(struct block_client *client, const struct block_slot *request,
	const struct block_piece *pieces, uint32_t count);

/* A request of the unit that is in a slot, also one that has ended: the one with the smallest id
 * from `*id` to `last`, which becomes `*id`. False: there is none. */
bool block_client_find(
	const struct block_client *client, uint64_t unit, uint64_t *id, uint64_t last);

struct block_end {
	uint64_t unit;
	uint64_t id;
	status_t status;
};

/* The end of a request, whose slot is free now. False: none has ended. */
bool block_client_end(struct block_client *client, struct block_end *end);
