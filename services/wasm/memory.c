// SPDX-License-Identifier: MIT OR Apache-2.0
/* Regions of the address space, from the memory service, at random addresses: multiples of what it
 * gives at once. */
#include "program.h"

#include <abi/protocol/memory.h>
#include <craton/random.h>

#define UNIT       MEMORY_SHARED_UNIT
#define AREA_LOW   0x400000000000u /* above the runtime's own image and the compiled module */
#define AREA_SIZE  0x200000000000u
#define SIZE_MOST  ((uint64_t)1 << 40)
#define ARENA_LOW  (AREA_LOW + AREA_SIZE + SIZE_MOST)
#define ARENA_SIZE ((uint64_t)1 << 44)
#define WINDOW     ((uint64_t)1 << 30)
#define ATTEMPTS   16u
#define ACCESS     (RIGHT_READ | RIGHT_WRITE)

static_assert(ARENA_LOW + ARENA_SIZE + SIZE_MOST <= ABI_USER_ADDRESS_END);

/* Nothing else is ever placed there, so what comes into it later finds its place free. */
uint64_t memory_arena(void)
{
	return ARENA_LOW + random_number() % (ARENA_SIZE / UNIT) * UNIT;
}

static uint64_t anywhere(void)
{
	return AREA_LOW + random_number() % (AREA_SIZE / UNIT) * UNIT;
}

/* Small areas lie at random places of one window, so that they share page tables; the window is at
 * a random place itself. Only areas that are taken at once: what grows would run into another. */
static uint64_t place(uint64_t size)
{
	static uint64_t window;

	if (size > WINDOW / 4)
		return anywhere();
	if (window == 0)
		window = AREA_LOW + random_number() % (AREA_SIZE / WINDOW) * WINDOW;
	return window + random_number() % ((WINDOW - size) / UNIT) * UNIT;
}

static void *map(uint64_t size, uint64_t rights, uint64_t object)
{
	for (unsigned i = 0; size <= SIZE_MOST && i < ATTEMPTS; i++) {
		uint64_t address = place(size);
		uint64_t words[6] = {0, address, size, rights, object, 0};

		if (service_ask(SERVICE_NUMBER_MEMORY, MEMORY_MAP, words) == OK)
			return (void *)address;
	}
	return nullptr;
}

void *memory_reserve(uint64_t size)
{
	return map(size, 0, MEMORY_OBJECT_RESERVED);
}

void *memory_take(uint64_t size)
{
	return map(size, ACCESS, MEMORY_OBJECT_ANONYMOUS);
}

bool memory_take_at(void *address, uint64_t size)
{
	uint64_t words[6] = {
		0, (uint64_t)(uintptr_t)address, size, ACCESS, MEMORY_OBJECT_ANONYMOUS, 0};

	return service_ask(SERVICE_NUMBER_MEMORY, MEMORY_MAP, words) == OK;
}

bool memory_commit(void *address, uint64_t size)
{
	uint64_t words[6] = {0, (uint64_t)(uintptr_t)address, size, ACCESS};

	return service_ask(SERVICE_NUMBER_MEMORY, MEMORY_PROTECT, words) == OK;
}

void memory_release(void *address, uint64_t size)
{
	uint64_t words[6] = {0, (uint64_t)(uintptr_t)address, size};

	(void)!service_ask(SERVICE_NUMBER_MEMORY, MEMORY_UNMAP, words);
}
