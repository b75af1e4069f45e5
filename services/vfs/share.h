// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory that outlives the process and can be shared with clients: objects of the memory service,
 * known by keys of ours. Each lies at an address that its key gives, in all instances.
 * A unit has MEMORY_SHARED_UNIT bytes. Host tests have another implementation (share_host.c). */
#pragma once

#include <craton/runtime.h>

#define SHARE_CLIENTS_MOST 256u
#define SHARE_PIPES_MOST   256u

enum share_key {
	SHARE_SHEET,
	SHARE_WINDOW, /* + index of a client */
	SHARE_PIPE = SHARE_WINDOW + SHARE_CLIENTS_MOST,
	SHARE_UNITS_END = SHARE_PIPE + SHARE_PIPES_MOST,
};

#define SHARE_POOL_STEP 512u /* blocks by which the pool grows */

/* Before the estate is opened: gives the memory service our address space, and maps what there is
 * of the pool. */
[[nodiscard]] status_t share_open(void);

/* Where the pool of blocks lies; `block_count`: what it may become. nullptr: no room. */
uint8_t *share_pool(uint32_t block_count);

/* Makes step `step` of the pool usable. ERR_NO_MEMORY. */
[[nodiscard]] status_t share_pool_grow(uint32_t step);

/* A unit, zeroed if it is new, at the expense of a program (0: ours). ERR_QUOTA, ERR_NO_MEMORY. */
[[nodiscard]] status_t share_unit(uint32_t key, uint64_t account, void **unit);
void share_drop(uint32_t key);

/* Maps a unit into a program, which sees it there until it is taken back or the program ends. */
[[nodiscard]] status_t share_lend(
	uint32_t key, uint64_t program, uint64_t address, uint64_t rights);
void share_take_back(uint64_t program, uint64_t address);
