// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory that outlives the process and can be shared with clients: objects of the memory service,
 * known by keys of ours. Each lies at an address that its key gives, in all instances.
 * A unit has MEMORY_SHARED_UNIT bytes. Host tests have another implementation (share_host.c). */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/runtime.h>

#define SHARE_CLIENTS_MOST 256u
#define SHARE_PIPES_MOST   256u

enum share_key {
	SHARE_SHEET,
	SHARE_WINDOW, /* + index of a client */
	SHARE_PIPE = SHARE_WINDOW + SHARE_CLIENTS_MOST,
	SHARE_REMOTE = FILESYSTEM_CHANNEL_KEY, /* + volume: with the process of its file system */
	SHARE_UNITS_END = SHARE_REMOTE + 4,
};

static_assert(SHARE_REMOTE >= SHARE_PIPE + SHARE_PIPES_MOST);

#define SHARE_CHUNKS_MOST 4u /* of 2 MiB, for file systems */
#define SHARE_DRIVERS     4u /* of disks */

#define SHARE_POOL_STEP 512u /* blocks by which the pool grows */

/* Before the estate is opened: gives the memory service our address space, and maps what there is
 * of the pool. */
[[nodiscard]] status_t share_open(void);

/* Where the pool of blocks lies; `block_count`: what it may become. nullptr: no room. */
uint8_t *share_pool(uint32_t block_count);

/* Makes step `step` of the pool usable. ERR_NO_MEMORY. */
[[nodiscard]] status_t share_pool_grow(uint32_t step);

/* The memory service's number of a step of the pool, for the drivers of disks, which may reach it.
 */
uint64_t share_pool_object(uint32_t step);

/* 2 MiB that the drivers of disks may reach, too; where they lie is known before they are there,
 * and they are there from share_open() on until they are dropped. */
uint8_t *share_chunk_place(uint32_t index);
[[nodiscard]] status_t share_chunk(uint32_t index, uint64_t *object);
void share_chunk_drop(uint32_t index);

/* A unit that another service (enum service_number) offers; it is mapped at place `index`, below
 * SHARE_DRIVERS. */
[[nodiscard]] status_t share_find(uint64_t service, uint64_t key, uint32_t index, void **memory);

/* From now on a driver of disks (enum service_number), known as `index`, may reach the pool and the
 * chunks: what there is of them, and what comes. */
[[nodiscard]] status_t share_offer(uint64_t service, uint32_t index);

/* A unit, zeroed if it is new, at the expense of a program (0: ours). ERR_QUOTA, ERR_NO_MEMORY. */
[[nodiscard]] status_t share_unit(uint32_t key, uint64_t account, void **unit);
void share_drop(uint32_t key);

/* Another service (enum service_number) may map a unit, or a chunk, that is there. */
[[nodiscard]] status_t share_offer_unit(uint32_t key, uint64_t service);
[[nodiscard]] status_t share_offer_chunk(uint32_t index, uint64_t service);

/* What a program uses of its memory, in bytes, and its page faults. ERR_NOT_FOUND. */
struct share_use {
	uint64_t used;
	uint64_t peak;
	uint64_t limit;
	uint64_t faults;
};
[[nodiscard]] status_t share_use_of(uint64_t program, struct share_use *use);

/* Maps a unit into a program, which sees it there until it is taken back or the program ends. */
[[nodiscard]] status_t share_lend(
	uint32_t key, uint64_t program, uint64_t address, uint64_t rights);
void share_take_back(uint64_t program, uint64_t address);
