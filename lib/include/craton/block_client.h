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
};

/* `request`: all but state and status. False: no slot is free. */
bool block_client_begin(struct block_client *client, const struct block_slot *request);

struct block_end {
	uint64_t unit;
	uint64_t id;
	status_t status;
};

/* The end of a request, whose slot is free now. False: none has ended. */
bool block_client_end(struct block_client *client, struct block_end *end);
