// SPDX-License-Identifier: MIT OR Apache-2.0
/* The arena: the part of the address space where the vfs puts what it shares with this program. It
 * is not reserved, as the vfs fills it later; nothing else is put there. */
#include "host.h"

static uint64_t arena;
static bool has_window;
static bool was_refused; /* the window, for want of memory */

static status_t attach(bool window)
{
	uint64_t place = arena != 0 ? arena : memory_arena();
	uint64_t words[6] = {place, window};
	status_t status = service_ask(SERVICE_NUMBER_VFS, VFS_ATTACH, words);

	if (status == OK)
		arena = place;
	return status;
}

uint8_t *arena_window(void)
{
	if (!has_window && !was_refused) {
		has_window = attach(true) == OK;
		was_refused = !has_window;
	}
	return has_window ? (uint8_t *)arena : nullptr;
}

const uint32_t *arena_sheet(void)
{
	return has_window ? (const uint32_t *)(arena + MEMORY_SHARED_UNIT) : nullptr;
}

void *arena_place(uint64_t id)
{
	if (arena == 0 && attach(false) != OK)
		return nullptr;
	return (void *)(arena + (1 + id) * MEMORY_SHARED_UNIT);
}
