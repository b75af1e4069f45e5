// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs the tests and ends the emulator with their result. */
#include "framework.h"

#define FIRST_SLOT   1024u
#define MEMORY_ORDER 22u
#define EXIT_PORT    0xf4u
#define TABLES       64u
#define PRIORITY     100u

const struct root_info *root;
unsigned checks_failed;
handle_t test_memory;
struct worker workers[8];

static uint64_t used_slots = FIRST_SLOT;
static uint64_t addresses = 0x10000000000;
static uint64_t memory_slot;

[[noreturn]] static void finish(unsigned status)
{
	(void)!platform_power(root->platform, 2, EXIT_PORT, status);
	for (;;)
		;
}

uint64_t next_slot(void)
{
	return used_slots++;
}

handle_t make(uint64_t type, uint64_t size)
{
	uint64_t slot = next_slot();
	uint64_t tag;
	status_t status = untyped_retype(test_memory, type, size, 1, root->cnode, slot, &tag);

	if (status != OK) {
		debug_print("  cannot make an object of type %lu: %ld\n", type, status);
		finish(1);
	}
	return handle_of(slot, tag);
}

handle_t mint(handle_t source, uint64_t rights, uint64_t badge)
{
	uint64_t slot = next_slot();
	uint64_t tag = 0;

	CHECK_STATUS(cnode_mint(root->cnode, slot, source, rights, badge, &tag), OK);
	return handle_of(slot, tag);
}

handle_t copy(handle_t source, uint64_t rights)
{
	uint64_t slot = next_slot();
	uint64_t tag = 0;

	CHECK_STATUS(cnode_copy(root->cnode, slot, source, rights, &tag), OK);
	return handle_of(slot, tag);
}

uint64_t free_address(uint64_t size)
{
	uint64_t address = addresses;

	addresses += (size + 0x3fffff) & ~(uint64_t)0x1fffff;
	return address;
}

static void map(handle_t frame, uint64_t address, uint64_t pages, uint64_t rights)
{
	uint64_t missing = 0;

	CHECK_STATUS(
		address_space_map(root->space, frame, 0, address, pages, rights, &missing), OK);
}

/* Tables for all that the tests map here. They are never taken back: that would empty the space. */
static void give_tables(void)
{
	uint64_t slot = next_slot();
	uint64_t tag;

	used_slots += TABLES;
	for (uint64_t i = 0; i < TABLES; i += 32) {
		CHECK_STATUS(untyped_retype(test_memory, OBJECT_PAGE_TABLE, 0, 32, root->cnode,
				     slot + i, &tag),
			OK);
		CHECK_STATUS(address_space_give_tables(root->space, root->cnode, slot + i, 32), OK);
	}
}

void *map_page(handle_t *frame)
{
	uint64_t address = free_address(4096);

	*frame = make(OBJECT_FRAME, 12);
	map(*frame, address, 1, RIGHT_READ | RIGHT_WRITE);
	return (void *)address;
}

/* --- workers ---------------------------------------------------------------------------------- */

static void worker_main(struct worker *worker)
{
	worker->entry(worker);
	worker->done = 1;
	for (;;)
		(void)!thread_stop(worker->thread);
}

void worker_prepare(struct worker *worker, void (*entry)(struct worker *self), void *argument,
	unsigned priority, unsigned cpu, handle_t fault_endpoint)
{
	struct thread_registers registers = {
		.rip = (uint64_t)worker_main,
		.rsp = (uint64_t)worker->stack + THREAD_STACK - 8,
		.rdi = (uint64_t)worker,
	};
	handle_t page;

	worker->entry = entry;
	worker->argument = argument;
	worker->done = 0;
	worker->thread = make(OBJECT_THREAD, 0);
	worker->context = make(OBJECT_SCHED_CONTEXT, 0);
	worker->page = map_page(&page);
	CHECK_STATUS(sched_context_configure(worker->context, cpu, 5000000, 0, 0), OK);
	CHECK_STATUS(thread_configure(worker->thread, root->cnode, root->space, page,
			     worker->context, fault_endpoint, 0),
		OK);
	CHECK_STATUS(
		thread_set_registers(worker->thread, (uint64_t)&registers, sizeof(registers)), OK);
	CHECK_STATUS(thread_set_priority(worker->thread, priority, root->thread), OK);
}

void worker_start(struct worker *worker, void (*entry)(struct worker *self), void *argument,
	unsigned priority, unsigned cpu, handle_t fault_endpoint)
{
	worker_prepare(worker, entry, argument, priority, cpu, fault_endpoint);
	CHECK_STATUS(thread_resume(worker->thread), OK);
}

void worker_join(struct worker *worker)
{
	uint64_t deadline = soon(10000);
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t bits;

	while (worker->done == 0 && time_now() < deadline)
		(void)!sys_wait(pause, 1, soon(1), &bits);
	CHECK(worker->done == 1);
}

/* --- running ------------------------------------------------------------------------------------
 */

static void find_memory(void)
{
	for (uint64_t i = 0; i < root->untyped_count; i++) {
		uint64_t tag;

		if (root->untyped[i].device != 0 || root->untyped[i].order < MEMORY_ORDER)
			continue;
		memory_slot = next_slot();
		if (untyped_retype(root->untyped[i].handle, OBJECT_UNTYPED, MEMORY_ORDER, 1,
			    root->cnode, memory_slot, &tag) != OK)
			continue;
		test_memory = handle_of(memory_slot, tag);
		(void)!untyped_reset(test_memory);
		return;
	}
	debug_print("no memory for tests\n");
	finish(1);
}

static void prepare(void)
{
	find_memory();
	give_tables();
	find_memory(); /* the tests' own; the first piece keeps the tables */
}

static void clean_up(void)
{
	uint64_t size;
	uint64_t used;
	uint64_t address;

	for (uint64_t slot = memory_slot + 1; slot < used_slots; slot++)
		(void)!cnode_delete(root->cnode, slot);
	used_slots = memory_slot + 1;
	CHECK_STATUS(cnode_revoke(root->cnode, memory_slot), OK);
	CHECK_STATUS(untyped_reset(test_memory), OK);
	CHECK_STATUS(untyped_info(test_memory, &size, &used, &address), OK);
	CHECK(used == 0);
	memset(workers, 0, sizeof(workers));
	addresses = 0x10000000000;
}

static void run(const struct test *tests, unsigned *passed, unsigned *failed)
{
	for (; tests->name != nullptr; tests++) {
		unsigned before = checks_failed;

		tests->run();
		clean_up();
		debug_print("%s %s\n", checks_failed == before ? "ok" : "FAIL", tests->name);
		if (checks_failed == before)
			(*passed)++;
		else
			(*failed)++;
	}
}

/* The time page, at the address that the library expects. */
static void map_time(void)
{
	uint64_t missing;

	(void)!address_space_map(
		root->space, root->time_frame, 0, PROCESS_TIME_ADDRESS, 1, RIGHT_READ, &missing);
}

/* For `make bench`, which runs the tests under instruction counting. */
static void print_statistics(void)
{
	uint64_t idle, interrupts, switches, longest, spurious;

	CHECK_STATUS(platform_statistics(
			     root->platform, 0, &idle, &interrupts, &switches, &longest, &spurious),
		OK);
	debug_print("longest_time_without_interrupts %lu ticks\n", longest);
}

void program_main(const void *argument)
{
	unsigned passed = 0;
	unsigned failed = 0;
	uint64_t pages;
	uint64_t violations = 1;

	root = argument;
	debug_print_init(root->platform);
	map_time();
	(void)!thread_set_priority(root->thread, PRIORITY, root->thread);
	prepare();
	run(capability_tests, &passed, &failed);
	run(ipc_tests, &passed, &failed);
	run(memory_tests, &passed, &failed);
	run(irq_tests, &passed, &failed);
	run(sched_tests, &passed, &failed);
	run(trace_tests, &passed, &failed);
	print_statistics();
	CHECK_STATUS(platform_check_wx(root->platform, root->space, &pages, &violations), OK);
	CHECK(violations == 0);
	debug_print("%u passed, %u failed, %lu pages checked for W^X\n", passed, failed, pages);
	finish(checks_failed == 0 ? 0 : 1);
}
