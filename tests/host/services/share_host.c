// SPDX-License-Identifier: MIT OR Apache-2.0
/* See share_host.h. */
#include "share_host.h"

#include "blocks.h"
#include "pipe.h"

#include <craton/estate.h>
#include <stdlib.h>
#include <string.h>

#define LOANS 64u

static struct loan {
	uint64_t program;
	uint64_t address;
	void *unit;
} loans[LOANS];

static void *units[SHARE_UNITS_END];
static bool is_exhausted;

void share_host_new(void)
{
	for (unsigned i = 0; i < SHARE_UNITS_END; i++) {
		free(units[i]);
		units[i] = nullptr;
	}
	memset(loans, 0, sizeof(loans));
	is_exhausted = false;
}

void share_host_exhaust(bool exhausted)
{
	is_exhausted = exhausted;
}

static struct loan *loan_at(uint64_t program, uint64_t address)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (loans[i].program == program && loans[i].address == address)
			return &loans[i];
	}
	return nullptr;
}

void *share_host_lent(uint64_t program, uint64_t address)
{
	const struct loan *loan = loan_at(program, address);

	return loan != nullptr ? loan->unit : nullptr;
}

uint8_t *share_pool(uint32_t block_count)
{
	return estate_allocate((size_t)block_count * BLOCK_SIZE, BLOCK_SIZE);
}

status_t share_pool_grow(uint32_t step)
{
	(void)step;
	return is_exhausted ? ERR_NO_MEMORY : OK;
}

status_t share_use_of(uint64_t program, struct share_use *use)
{
	*use = (struct share_use){program * 4096, program * 8192, 1u << 20, 7};
	return OK;
}

status_t share_unit(uint32_t key, uint64_t account, void **unit)
{
	(void)account;
	if (units[key] == nullptr && is_exhausted)
		return ERR_QUOTA;
	if (units[key] == nullptr)
		units[key] = calloc(1, MEMORY_SHARED_UNIT);
	*unit = units[key];
	return *unit != nullptr ? OK : ERR_NO_MEMORY;
}

void share_drop(uint32_t key)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (units[key] != nullptr && loans[i].unit == units[key])
			loans[i] = (struct loan){0};
	}
	free(units[key]);
	units[key] = nullptr;
}

status_t share_lend(uint32_t key, uint64_t program, uint64_t address, uint64_t rights)
{
	struct loan *loan = loan_at(program, address);

	(void)rights;
	if (loan != nullptr)
		return loan->unit == units[key] ? OK : ERR_ALREADY_MAPPED;
	loan = loan_at(0, 0);
	if (loan == nullptr)
		return ERR_NO_MEMORY;
	*loan = (struct loan){program, address, units[key]};
	return OK;
}

void share_take_back(uint64_t program, uint64_t address)
{
	struct loan *loan = loan_at(program, address);

	if (loan != nullptr)
		*loan = (struct loan){0};
}

/* --- memory that disks reach ---------------------------------------------------------------------
 */

#define CHUNK_BYTES  0x200000u
#define OBJECT_CHUNK 100u
#define OBJECT_POOL  200u

static _Alignas(4096) uint8_t chunks[SHARE_CHUNKS_MOST][CHUNK_BYTES];

uint8_t *share_chunk_place(uint32_t index)
{
	return chunks[index];
}

status_t share_chunk(uint32_t index, uint64_t *object)
{
	*object = OBJECT_CHUNK + index;
	return is_exhausted ? ERR_NO_MEMORY : OK;
}

void share_chunk_drop(uint32_t index)
{
	memset(chunks[index], 0xdd, CHUNK_BYTES);
}

uint64_t share_pool_object(uint32_t step)
{
	return OBJECT_POOL + step;
}

status_t share_offer(uint64_t service, uint32_t index)
{
	(void)service;
	(void)index;
	return OK;
}

status_t share_find(uint64_t service, uint64_t key, uint32_t index, void **memory)
{
	(void)index;
	(void)service;
	(void)key;
	(void)memory;
	return ERR_NOT_FOUND;
}

void *share_host_object(uint64_t object)
{
	return object >= OBJECT_POOL
		       ? block_data((uint32_t)(object - OBJECT_POOL) * SHARE_POOL_STEP + 1)
		       : chunks[object - OBJECT_CHUNK];
}

static unsigned wakes;

void pipe_wake(uint32_t *word)
{
	(void)word;
	wakes++;
}

unsigned share_host_wakes(void)
{
	return wakes;
}
