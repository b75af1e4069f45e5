// SPDX-License-Identifier: MIT OR Apache-2.0
/* See contents.h. All requests are of the class replay: an instance that was killed in between
 * leaves what its successor makes again. */
#include "contents.h"

#include "size.h"

#include <abi/protocol/memory.h>
#include <craton/client.h>
#include <craton/service.h>

#define KEY              0x1000u /* of the first step; lib/driver's are smaller */
#define CONTENTS_ADDRESS 0x200000000000u
#define GUESTS_ADDRESS   0x210000000000u
#define GUEST_ROOM       0x200000u /* bytes: no object is larger */
#define GUESTS_MOST      4096u
#define READ_WRITE       (RIGHT_READ | RIGHT_WRITE)
#define WHOLE_POOL       UINT64_MAX

static uint64_t guest_sizes[GUESTS_MOST]; /* 0: it is not mapped */

static status_t ask(uint32_t method, uint64_t words[6])
{
	static struct client memory; /* its sequence goes on */

	if (memory.page == nullptr)
		memory = client_of(SERVICE_NUMBER_MEMORY);
	return client_ask(&memory, method, words, 0);
}

static status_t map(uint64_t address, uint64_t size, uint64_t object)
{
	uint64_t words[6] = {service_start()->badge, address, size, READ_WRITE, object};

	return ask(MEMORY_MAP, words);
}

static void unmap(uint64_t address, uint64_t size)
{
	uint64_t words[6] = {service_start()->badge, address, size};

	(void)!ask(MEMORY_UNMAP, words);
}

/* --- its own ------------------------------------------------------------------------------------
 */

static uint64_t step_address(uint64_t step)
{
	return CONTENTS_ADDRESS + step * SIZE_STEP;
}

static status_t open_step(uint64_t step)
{
	uint64_t words[6] = {KEY + step, SIZE_STEP};
	status_t status = ask(MEMORY_SHARE_CREATE, words);

	return status == OK ? map(step_address(step), SIZE_STEP, words[0]) : status;
}

static void drop_step(uint64_t step)
{
	uint64_t words[6] = {KEY + step};

	unmap(step_address(step), SIZE_STEP);
	(void)!ask(MEMORY_SHARE_DESTROY, words);
}

/* Programs come first: what they can have left is at least as much as the disk takes. */
status_t contents_check(uint64_t size)
{
	uint64_t words[6] = {WHOLE_POOL};
	status_t status = ask(MEMORY_STATISTICS, words);
	uint64_t used = words[0];
	uint64_t total = words[2];

	if (status != OK)
		return status;
	return used < total && size <= (total - used) / 2 ? OK : ERR_QUOTA;
}

status_t contents_open(uint64_t size)
{
	status_t status = OK;

	for (uint64_t step = 0; status == OK && step * SIZE_STEP < size; step++)
		status = open_step(step);
	return status;
}

void contents_drop(uint64_t size)
{
	for (uint64_t step = 0; step * SIZE_STEP < size; step++)
		drop_step(step);
}

uint8_t *contents_at(uint64_t offset)
{
	return (uint8_t *)(CONTENTS_ADDRESS + offset);
}

/* --- of clients ---------------------------------------------------------------------------------
 */

static uint64_t guest_address(uint64_t object)
{
	return GUESTS_ADDRESS + (object - MEMORY_SHARED_FIRST) * GUEST_ROOM;
}

status_t guest_bytes(uint64_t object, uint64_t size, uint8_t **bytes)
{
	status_t status = OK;
	uint64_t *mapped;

	if (object < MEMORY_SHARED_FIRST || object - MEMORY_SHARED_FIRST >= GUESTS_MOST ||
		size > GUEST_ROOM)
		return ERR_RANGE;
	mapped = &guest_sizes[object - MEMORY_SHARED_FIRST];
	if (*mapped == 0)
		status = map(guest_address(object), size, object);
	if (status != OK)
		return status;
	*mapped = size;
	*bytes = (uint8_t *)guest_address(object);
	return OK;
}

void guest_forget(uint64_t object)
{
	uint64_t place = object - MEMORY_SHARED_FIRST;

	if (object < MEMORY_SHARED_FIRST || place >= GUESTS_MOST || guest_sizes[place] == 0)
		return;
	unmap(guest_address(object), guest_sizes[place]);
	guest_sizes[place] = 0;
}
