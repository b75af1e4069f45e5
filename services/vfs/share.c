// SPDX-License-Identifier: MIT OR Apache-2.0
/* Shared memory from the memory service: see share.h. All requests are of the class replay: one
 * that a kill undoes here is made again and finds what it had done. */
#include "share.h"

#include "blocks.h"
#include "pipe.h"

#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/service.h>

#define UNITS_ADDRESS 0x500000000u
#define POOL_ADDRESS  0x600000000u
#define POOL_KEY      0x10000u
#define CHUNK_ADDRESS 0x580000000u
#define CHUNK_KEY     FILESYSTEM_MEMORY_KEY
#define FOUND_ADDRESS 0x590000000u
#define POOL_STEPS    64u
#define CHUNK_BYTES   STEP_BYTES
#define STEP_BYTES    ((uint64_t)SHARE_POOL_STEP * BLOCK_SIZE)
#define READ_WRITE    (RIGHT_READ | RIGHT_WRITE)

static struct client memory;
static uint64_t drivers[SHARE_DRIVERS];           /* that may reach pool and chunks; 0: none */
static uint64_t pool_objects[POOL_STEPS];         /* 0: it is not there */
static uint64_t chunk_objects[SHARE_CHUNKS_MOST]; /* 0: it is not there */

static status_t ask(uint32_t method, uint64_t words[6])
{
	return client_ask(&memory, method, words, 0);
}

static uint64_t own(void)
{
	return service_start()->badge;
}

static status_t map(
	uint64_t program, uint64_t address, uint64_t size, uint64_t rights, uint64_t object)
{
	uint64_t words[6] = {program, address, size, rights, object, 0};

	return ask(MEMORY_MAP, words);
}

/* Object `key`, made if `size` is not 0, in our own space. */
static status_t map_object(
	uint64_t key, uint64_t size, uint64_t account, uint64_t address, uint64_t *object)
{
	uint64_t words[6] = {key, size, account};
	status_t status = ask(MEMORY_SHARE_CREATE, words);

	*object = words[0];
	return status == OK
		       ? map(own(), address, size != 0 ? size : STEP_BYTES, READ_WRITE, words[0])
		       : status;
}

static status_t map_own(uint64_t key, uint64_t size, uint64_t account, uint64_t address)
{
	uint64_t object;

	return map_object(key, size, account, address, &object);
}

static status_t offer(uint64_t key, uint64_t service)
{
	uint64_t words[6] = {key, service};

	return ask(MEMORY_SHARE_OFFER, words);
}

/* The same; drivers of disks may reach it. */
static status_t map_for_disks(uint64_t key, uint64_t size, uint64_t address, uint64_t *object)
{
	status_t status = map_object(key, size, 0, address, object);

	for (unsigned i = 0; status == OK && i < SHARE_DRIVERS; i++) {
		if (drivers[i] != 0)
			status = offer(key, drivers[i]);
	}
	if (status != OK)
		*object = 0;
	return status;
}

status_t share_offer(uint64_t service, uint32_t index)
{
	status_t status = OK;

	drivers[index] = service;
	for (uint64_t i = 0; status == OK && i < POOL_STEPS; i++) {
		if (pool_objects[i] != 0)
			status = offer(POOL_KEY + i, service);
	}
	for (uint64_t i = 0; status == OK && i < SHARE_CHUNKS_MOST; i++) {
		if (chunk_objects[i] != 0)
			status = offer(CHUNK_KEY + i, service);
	}
	return status;
}

static status_t map_step(uint64_t step, uint64_t size)
{
	return map_for_disks(
		POOL_KEY + step, size, POOL_ADDRESS + step * STEP_BYTES, &pool_objects[step]);
}

uint64_t share_pool_object(uint32_t step)
{
	return pool_objects[step];
}

/* --- chunks --------------------------------------------------------------------------------------
 */

uint8_t *share_chunk_place(uint32_t index)
{
	return (uint8_t *)(CHUNK_ADDRESS + index * CHUNK_BYTES);
}

static status_t map_chunk(uint32_t index, uint64_t size)
{
	return map_for_disks(CHUNK_KEY + index, size, CHUNK_ADDRESS + index * CHUNK_BYTES,
		&chunk_objects[index]);
}

status_t share_chunk(uint32_t index, uint64_t *object)
{
	status_t status = chunk_objects[index] == 0 ? map_chunk(index, CHUNK_BYTES) : OK;

	*object = chunk_objects[index];
	return status;
}

void share_chunk_drop(uint32_t index)
{
	uint64_t unmap[6] = {own(), CHUNK_ADDRESS + index * CHUNK_BYTES, CHUNK_BYTES};
	uint64_t words[6] = {CHUNK_KEY + index};

	chunk_objects[index] = 0;
	(void)!ask(MEMORY_UNMAP, unmap);
	(void)!ask(MEMORY_SHARE_DESTROY, words);
}

status_t share_find(uint64_t service, uint64_t key, uint32_t index, void **found)
{
	uint64_t address = FOUND_ADDRESS + index * (uint64_t)MEMORY_SHARED_UNIT;
	uint64_t words[6] = {service, key};
	status_t status = ask(MEMORY_SHARE_FIND, words);

	*found = (void *)address;
	return status == OK ? map(own(), address, MEMORY_SHARED_UNIT, READ_WRITE, words[0])
			    : status;
}

status_t share_offer_chunk(uint32_t index, uint64_t service)
{
	return offer(CHUNK_KEY + index, service);
}

/* --- units and the pool --------------------------------------------------------------------------
 */

static uint64_t unit_address(uint32_t key)
{
	return UNITS_ADDRESS + (uint64_t)key * MEMORY_SHARED_UNIT;
}

status_t share_open(void)
{
	struct call call = {.send = {service_start()->handles[PROCESS_SLOT_SPACE]}};
	status_t status;

	memory = client_of(SERVICE_NUMBER_MEMORY);
	status = client_call(&memory, MEMORY_ADOPT, &call);
	for (uint64_t step = 0; status == OK && step < POOL_STEPS; step++)
		status = map_step(step, 0);
	for (uint32_t i = 0; i < SHARE_CHUNKS_MOST; i++)
		(void)!map_chunk(i, 0); /* it need not be there */
	return status == ERR_NOT_FOUND ? OK : status;
}

uint8_t *share_pool(uint32_t block_count)
{
	(void)block_count;
	return (uint8_t *)POOL_ADDRESS;
}

status_t share_pool_grow(uint32_t step)
{
	return map_step(step, STEP_BYTES);
}

status_t share_use_of(uint64_t program, struct share_use *use)
{
	uint64_t words[6] = {program};
	status_t status = ask(MEMORY_STATISTICS, words);

	*use = (struct share_use){words[0], words[1], words[2], words[3]};
	return status;
}

status_t share_unit(uint32_t key, uint64_t account, void **unit)
{
	*unit = (void *)unit_address(key);
	return map_own(key, MEMORY_SHARED_UNIT, account, unit_address(key));
}

status_t share_offer_unit(uint32_t key, uint64_t service)
{
	return offer(key, service);
}

void share_drop(uint32_t key)
{
	uint64_t words[6] = {key};

	share_take_back(own(), unit_address(key));
	(void)!ask(MEMORY_SHARE_DESTROY, words);
}

status_t share_lend(uint32_t key, uint64_t program, uint64_t address, uint64_t rights)
{
	uint64_t words[6] = {key};
	status_t status = ask(MEMORY_SHARE_CREATE, words);

	return status == OK ? map(program, address, MEMORY_SHARED_UNIT, rights, words[0]) : status;
}

void share_take_back(uint64_t program, uint64_t address)
{
	uint64_t words[6] = {program, address, MEMORY_SHARED_UNIT};

	(void)!ask(MEMORY_UNMAP, words); /* the program may have gone or unmapped it */
}

void pipe_wake(uint32_t *word)
{
	uint64_t woken;

	(void)!sys_futex_wake((uint64_t)(uintptr_t)word, UINT32_MAX, &woken);
}
