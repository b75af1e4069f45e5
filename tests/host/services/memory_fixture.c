// SPDX-License-Identifier: MIT OR Apache-2.0
/* See memory_fixture.h. */
#include "memory_fixture.h"

[[noreturn]] void memory_program_main(const void *argument);
#define program_main memory_program_main
#include "../../../services/memory/main.c"
#undef program_main
#include "../../../services/memory/pool.c"
#include "../../../services/memory/slot.c"

#include <stdlib.h>
#include <string.h>

static struct process_start start_page;
uint8_t message[MESSAGE_BYTES];

const struct process_start *service_start(void)
{
	return &start_page;
}

void debug_print(const char *format, ...)
{
	(void)format;
}

void debug_print_init(handle_t platform)
{
	(void)platform;
}

void service_run(const struct service *service)
{
	(void)service;
	abort();
}

void service_session_end(uint64_t badge)
{
	(void)badge;
}

void service_receive_window(uint64_t index, uint64_t count)
{
	(void)index;
	(void)count;
}

/* --- instances and requests ------------------------------------------------------------------ */

/* What an instance does before it opens its estate. */
static void open_tables(void)
{
	memset(root_tags, 0, sizeof(root_tags));
	memset(cnodes, 0, sizeof(cnodes));
	memset(has_group, 0, sizeof(has_group));
	tables_open();
}

static void start(bool restarted)
{
	memory = estate_allocate(sizeof(*memory), PAGE);
	assert_non_null(memory);
	tables_find(memory);
	if (restarted)
		pool_adopt();
	else
		pool_init();
	estate_commit();
}

int setup_with(uint64_t bytes)
{
	start_page.handles[PROCESS_SLOT_CNODE] = KERNEL_CNODE;
	start_page.handles[PROCESS_SLOT_SPACE] = KERNEL_OWN;
	start_page.signals[SERVICE_NUMBER_PROCESS] = KERNEL_SIGNAL;
	window = (uintptr_t)kernel_window();
	tables_at = (uintptr_t)kernel_tables(sizeof(struct tables));
	kernel_new(bytes);
	open_tables();
	estate_host_new(ESTATE_SIZE);
	start(false);
	return 0;
}

int setup(void **state)
{
	(void)state;
	return setup_with(MACHINE);
}

void restart(void)
{
	estate_kill = nullptr;
	open_tables();
	assert_true(estate_host_reopen());
	start(true);
}

uint64_t results[6];
handle_t sent[2];

status_t ask(uint64_t badge, uint32_t method, const uint64_t words[6], size_t size)
{
	struct request request = {
		.badge = badge, .method = method, .bytes = message, .size = size, .handles_in = 1};
	status_t status;

	memcpy(request.words, words, sizeof(request.words));
	status = methods[method].handler(&request);
	estate_commit();
	memcpy(results, request.words, sizeof(results));
	memcpy(sent, request.send, sizeof(sent));
	return status;
}

status_t make(uint64_t pid, uint64_t quota)
{
	return ASK(0, MEMORY_SPACE_CREATE, pid, quota);
}

status_t map(uint64_t pid, uint64_t address, uint64_t pages, uint64_t flags, uint64_t object)
{
	return ASK(0, MEMORY_MAP, pid, address, pages * PAGE, flags, object, 0);
}

status_t fault(uint64_t pid, uint64_t address, uint64_t access)
{
	struct request request = {.badge = pid, .words = {FAULT_PAGE, address, access}};
	status_t status = fault_handler(&request);

	estate_commit();
	return status;
}

uint64_t slot_of_space(uint64_t pid)
{
	return meta_slot(meta_oldest(space_find(pid)), META_SPACE);
}

/* What the program does: it touches the byte, with a fault if it must. nullptr: it is stopped. */
uint8_t *touch(uint64_t pid, uint64_t address, bool write)
{
	uint64_t rights = write ? RW : RIGHT_READ;
	uint8_t *byte = kernel_byte(slot_of_space(pid), address, rights);

	if (byte == nullptr &&
		fault(pid, address, write ? ACCESS_WRITE_BIT : 0) == FAULT_REPLY_RESUME)
		byte = kernel_byte(slot_of_space(pid), address, rights);
	return byte;
}

uint64_t used_by(uint64_t pid)
{
	assert_int_equal(ASK(0, MEMORY_STATISTICS, pid), OK);
	return results[0];
}

uint64_t used_of_all(void)
{
	assert_int_equal(ASK(0, MEMORY_STATISTICS, UINT64_MAX), OK);
	return results[0];
}

uint64_t total_of_all(void)
{
	assert_int_equal(ASK(0, MEMORY_STATISTICS, UINT64_MAX), OK);
	return results[2];
}
