// SPDX-License-Identifier: MIT OR Apache-2.0
/* The list of a request whose bytes lie in several pieces (abi/services/block.toml). Tests:
 * tests/host/lib/block_test.c */
#pragma once

#include <craton/block_server.h>

/* Notes in `r`, whose size is checked, where its bytes are. Each entry of the list, which a client
 * writes at any time, is read once. `physical`, `object_size`: of the object. ERR_RANGE,
 * ERR_ALIGNMENT. */
[[nodiscard]] status_t pieces_take(const struct block_piece list[BLOCK_PIECES], uint64_t physical,
	uint64_t object_size, struct block_request *r);
