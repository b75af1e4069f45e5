// SPDX-License-Identifier: MIT OR Apache-2.0
/* Address spaces, mappings, faults, upcalls, registers. */
#include "framework.h"

#define PATH(handle) ((handle) & 0xffffff)
#define PAGE         4096u
#define HIGH         150u
#define RW           (RIGHT_READ | RIGHT_WRITE)

static void test_map_errors(void)
{
	handle_t frame = make(OBJECT_FRAME, 13);
	handle_t readable = copy(frame, RIGHT_READ);
	uint64_t at = free_address(2 * PAGE);
	uint64_t missing = 0;
	handle_t space = root->space;

	CHECK_STATUS(address_space_map(space, frame, 1, at, 1, RW, &missing), ERR_ALIGNMENT);
	CHECK_STATUS(address_space_map(space, frame, 0, at + 8, 1, RW, &missing), ERR_ALIGNMENT);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 0, RW, &missing), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 3, RW, &missing), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, PAGE, at, 2, RW, &missing), ERR_RANGE);
	CHECK_STATUS(
		address_space_map(space, frame, ~(uint64_t)0xfff, at, 2, RW, &missing), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, 0, 0, 1, RW, &missing), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, 0, ABI_USER_ADDRESS_END, 1, RW, &missing),
		ERR_RANGE);
	CHECK_STATUS(
		address_space_map(space, frame, 0, ABI_USER_ADDRESS_END - PAGE, 2, RW, &missing),
		ERR_RANGE);
	CHECK_STATUS(
		address_space_map(space, frame, 0, 0xffff800000000000, 1, RW, &missing), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 1, RIGHT_WRITE, &missing),
		ERR_INVALID_ARGUMENT);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 1, RW | RIGHT_EXECUTE, &missing),
		ERR_INVALID_ARGUMENT);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 1, 1u << 20, &missing),
		ERR_INVALID_ARGUMENT);
	CHECK_STATUS(address_space_map(space, readable, 0, at, 1, RW, &missing), ERR_RIGHTS);
	CHECK_STATUS(address_space_map(space, frame, 0, at, 2, RW, &missing), OK);
	CHECK_STATUS(address_space_map(space, frame, 0, at + 0x10000, 2, RW, &missing),
		ERR_ALREADY_MAPPED);
	CHECK_STATUS(address_space_map(space, readable, 0, at, 1, RIGHT_READ, &missing),
		ERR_ALREADY_MAPPED);
	CHECK_STATUS(address_space_unmap(space, readable), ERR_NOT_MAPPED);
	CHECK_STATUS(address_space_protect(space, readable, RIGHT_READ), ERR_NOT_MAPPED);
	CHECK_STATUS(address_space_protect(space, frame, RW | RIGHT_EXECUTE), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(address_space_protect(space, frame, RIGHT_READ), OK);
	CHECK_STATUS(address_space_unmap(space, frame), OK);
	CHECK_STATUS(address_space_unmap(space, frame), ERR_NOT_MAPPED);
}

static void test_map_and_clear(void)
{
	handle_t memory = make(OBJECT_UNTYPED, 16);
	uint64_t slot = next_slot();
	uint64_t at = free_address(PAGE);
	uint64_t tag;
	uint64_t missing;
	volatile uint64_t *words = (volatile uint64_t *)at;

	for (unsigned round = 0; round < 3; round++) {
		CHECK_STATUS(
			untyped_retype(memory, OBJECT_FRAME, 12, 1, root->cnode, slot, &tag), OK);
		CHECK_STATUS(address_space_map(
				     root->space, handle_of(slot, tag), 0, at, 1, RW, &missing),
			OK);
		CHECK(words[0] == 0 && words[511] == 0);
		words[0] = 0x1234;
		words[511] = 0x5678;
		CHECK_STATUS(cnode_revoke(root->cnode, PATH(memory)), OK); /* unmaps */
		CHECK_STATUS(untyped_reset(memory), OK);
	}
}

static void test_large_mapping(void)
{
	handle_t frame = make(OBJECT_FRAME, 21);
	uint64_t at = free_address(2u << 20);
	uint64_t missing;

	CHECK_STATUS(address_space_map(root->space, frame, 0, at, 512, RW, &missing), OK);
	*(volatile uint64_t *)(at + (1u << 20)) = 5;
	CHECK_STATUS(address_space_unmap(root->space, frame), OK);
	CHECK_STATUS(
		address_space_map(root->space, frame, 1u << 20, at + PAGE, 256, RW, &missing), OK);
	CHECK(*(volatile uint64_t *)(at + PAGE) == 5);
	CHECK_STATUS(address_space_unmap(root->space, frame), OK);
}

static volatile uint64_t *cloned;

static void writer(struct worker *self)
{
	*cloned = 6; /* faults until somebody gives it a page of its own */
	self->words[0] = *cloned;
}

/* A range in two spaces: who writes first is told, the other's contents stay. */
static void test_clone(void)
{
	handle_t space = make(OBJECT_ADDRESS_SPACE, 0);
	handle_t faults = make(OBJECT_ENDPOINT, 0);
	handle_t reply = make(OBJECT_REPLY, 0);
	handle_t frame;
	uint64_t to = next_slot();
	uint64_t missing = 0;
	struct message m;
	status_t status;

	cloned = map_page(&frame);
	*cloned = 5;
	while ((status = address_space_clone(space, root->space, root->cnode, PATH(frame), to, 1,
			&missing)) == ERR_NEED_TABLES) {
		for (uint64_t i = 0; i < missing; i++)
			CHECK_STATUS(address_space_give_tables(space, root->cnode,
					     PATH(make(OBJECT_PAGE_TABLE, 0)), 1),
				OK);
	}
	CHECK_STATUS(status, OK);
	worker_start(&workers[0], writer, nullptr, HIGH, (unsigned)root->cpu_count - 1, faults);
	CHECK_STATUS(sys_recv(reply, faults, &m, 0, soon(10000)), OK);
	CHECK(m.words[0] == FAULT_PAGE && m.words[1] == (uint64_t)cloned && m.words[2] == 5);
	CHECK(*cloned == 5);
	CHECK_STATUS(cnode_delete(root->cnode, to), OK);
	CHECK_STATUS(address_space_protect(root->space, frame, RW), OK);
	m = (struct message){.info = message_info(FAULT_REPLY_RESUME, 0, 0)};
	CHECK_STATUS(sys_reply(reply, &m), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == 6);
}

static void test_tables(void)
{
	handle_t space = make(OBJECT_ADDRESS_SPACE, 0);
	handle_t frame = make(OBJECT_FRAME, 12);
	handle_t tables[4];
	uint64_t missing = 0;

	CHECK_STATUS(
		address_space_map(space, frame, 0, 0x400000, 1, RW, &missing), ERR_NEED_TABLES);
	CHECK(missing == 3 || missing == 4); /* user mode's top table under isolation */
	for (unsigned i = 0; i < missing; i++) {
		tables[i] = make(OBJECT_PAGE_TABLE, 0);
		CHECK_STATUS(address_space_give_tables(space, root->cnode, PATH(tables[i]), 1), OK);
	}
	CHECK_STATUS(address_space_give_tables(space, root->cnode, PATH(tables[0]), 1), ERR_BUSY);
	CHECK_STATUS(address_space_give_tables(space, root->cnode, PATH(frame), 1), ERR_WRONG_TYPE);
	CHECK_STATUS(address_space_give_tables(space, root->cnode, next_slot(), 1), ERR_STALE);
	CHECK_STATUS(address_space_give_tables(space, root->cnode, 2, 65), ERR_RANGE);
	CHECK_STATUS(address_space_map(space, frame, 0, 0x400000, 1, RW, &missing), OK);
	CHECK_STATUS(address_space_unmap(space, frame), OK);
	/* The tables went back to the pool with the last page. */
	CHECK_STATUS(address_space_map(space, frame, 0, 0x7f0000000000, 1, RW, &missing), OK);
	/* A table in use takes the space with it; nothing else breaks. */
	CHECK_STATUS(cnode_delete(root->cnode, PATH(tables[1])), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(frame)), OK);
	frame = make(OBJECT_FRAME, 12);
	CHECK_STATUS(address_space_map(space, frame, 0, 0x400000, 1, RW, &missing), ERR_PEER_DEAD);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(space)), OK);
}

/* --- faults
 * ------------------------------------------------------------------------------------------ */

static volatile uint64_t *fault_address;

static void toucher(struct worker *self)
{
	*fault_address = 7;
	self->words[0] = *fault_address;
}

static void test_fault_handler(void)
{
	handle_t faults = make(OBJECT_ENDPOINT, 0);
	handle_t badged = mint(faults, RIGHT_WRITE, 13);
	handle_t reply = make(OBJECT_REPLY, 0);
	handle_t frame = make(OBJECT_FRAME, 12);
	struct message m;
	uint64_t missing;

	fault_address = (volatile uint64_t *)free_address(PAGE);
	worker_start(&workers[0], toucher, nullptr, HIGH, 0, badged);
	CHECK_STATUS(sys_recv(reply, faults, &m, 0, soon(1000)), OK);
	CHECK(m.badge == 13 && m.words[0] == FAULT_PAGE);
	CHECK(m.words[1] == (uint64_t)fault_address && m.words[2] == 1);
	CHECK_STATUS(
		address_space_map(root->space, frame, 0, (uint64_t)fault_address, 1, RW, &missing),
		OK);
	m = (struct message){.info = message_info(FAULT_REPLY_RESUME, 0, 0)};
	CHECK_STATUS(sys_reply(reply, &m), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == 7);
}

static void divider(struct worker *self)
{
	uint64_t zero = 0;

	/* In assembly: a compiler may assume that nobody divides by zero. */
	__asm__ volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\tdivq %0" ::"r"(zero) : "rax", "rdx");
	self->words[0] = 1;
}

static void test_fault_kinds(void)
{
	handle_t faults = make(OBJECT_ENDPOINT, 0);
	handle_t reply = make(OBJECT_REPLY, 0);
	struct message m;

	worker_start(&workers[0], divider, nullptr, HIGH, 0, faults);
	CHECK_STATUS(sys_recv(reply, faults, &m, 0, soon(1000)), OK);
	CHECK(m.words[0] == FAULT_ARITHMETIC);
	m = (struct message){.info = message_info(FAULT_REPLY_STOP, 0, 0)};
	CHECK_STATUS(sys_reply(reply, &m), OK);
	CHECK(workers[0].done == 0);
}

/* --- upcalls
 * ------------------------------------------------------------------------------------------- */

static uint8_t upcall_stack[16384] __attribute__((aligned(16)));
static volatile uint64_t upcall_kind;
static volatile uint64_t upcall_count;

[[gnu::used]] static void upcall_body(struct upcall_frame *frame)
{
	struct message m = {0};

	upcall_kind = frame->kind;
	upcall_count++;
	if (frame->kind == FAULT_ILLEGAL)
		frame->registers.rip += 2; /* over the ud2 */
	(void)!abi_enter(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0, &m);
}

static void trapper(struct worker *self)
{
	uint64_t kept = 0x1122334455667788;

	__asm__ volatile("ud2" : "+r"(kept));
	self->words[0] = kept;
	self->words[1] = 1;
	while (upcall_count < 2 && self->argument != nullptr)
		;
}

static void set_upcall(struct worker *worker, uint64_t mask)
{
	handle_t frame;
	void *page = map_page(&frame);

	CHECK_STATUS(
		thread_set_upcall(worker->thread, (uint64_t)upcall_body,
			(uint64_t)upcall_stack + sizeof(upcall_stack), frame, (uint64_t)page, mask),
		OK);
}

static void test_upcall(void)
{
	upcall_count = 0;
	worker_prepare(&workers[0], trapper, nullptr, HIGH, 0, 0);
	CHECK_STATUS(thread_set_upcall(
			     workers[0].thread, ABI_USER_ADDRESS_END, 0, root->time_frame, 0, 0),
		ERR_RIGHTS);
	set_upcall(&workers[0], 1u << FAULT_ILLEGAL);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	worker_join(&workers[0]);
	CHECK(upcall_kind == FAULT_ILLEGAL && workers[0].words[0] == 0x1122334455667788);
}

static void test_interrupt(void)
{
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t bits;

	upcall_count = 0;
	worker_prepare(&workers[0], trapper, (void *)1, 50, 0, 0);
	set_upcall(&workers[0], 1u << FAULT_ILLEGAL);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	CHECK_STATUS(sys_wait(pause, 1, soon(10), &bits), ERR_DEADLINE);
	CHECK(upcall_count == 1 && workers[0].done == 0);
	CHECK_STATUS(thread_interrupt(workers[0].thread, 5), OK);
	worker_join(&workers[0]);
	CHECK(upcall_kind == FAULT_INTERRUPT);
}

static void self_interrupter(struct worker *self)
{
	self->status = thread_interrupt(self->thread, 77);
	self->words[0] = upcall_count; /* it was delivered before the call returned */
}

static void test_interrupt_self(void)
{
	upcall_count = 0;
	upcall_kind = 0;
	worker_prepare(&workers[0], self_interrupter, nullptr, 50, 0, 0);
	workers[0].status = 1;
	set_upcall(&workers[0], 0);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	worker_join(&workers[0]);
	CHECK(upcall_kind == FAULT_INTERRUPT && workers[0].words[0] == 1);
	CHECK_STATUS(workers[0].status, OK);
}

/* System calls below 20 are another system's: they go to the upcall, whose own are the kernel's. */
#define FOREIGN_CALLS 20u

static volatile uint64_t foreign_number;

[[gnu::used]] static void foreign_body(struct upcall_frame *frame)
{
	struct message m = {0};

	upcall_count++;
	foreign_number = frame->address;
	frame->registers.rax = frame->registers.rdi + 1;
	(void)!abi_enter(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0, &m);
}

static void foreigner(struct worker *self)
{
	for (uint64_t number = 0; number < SYSCALL_COUNT; number++) {
		struct message m = {0};
		uint64_t before = upcall_count;

		if (abi_enter(number, 41, 0, 0, 0, &m) == 42 && upcall_count == before + 1 &&
			foreign_number == number)
			self->words[0]++;
	}
	self->done = 1;
	*(volatile uint64_t *)0 = 0; /* it has no call to stop itself: the fault does */
}

static void test_foreign(void)
{
	handle_t frame;
	void *page = map_page(&frame);

	upcall_count = 0;
	worker_prepare(&workers[0], foreigner, nullptr, 50, 0, 0);
	CHECK_STATUS(
		thread_set_upcall(workers[0].thread, (uint64_t)foreign_body,
			(uint64_t)upcall_stack + sizeof(upcall_stack), frame, (uint64_t)page, 0),
		OK);
	CHECK_STATUS(thread_set_foreign(workers[0].thread, FOREIGN_CALLS), OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == SYSCALL_COUNT && upcall_count == SYSCALL_COUNT);
}

static void test_upcall_return_alone(void)
{
	struct message m = {0};

	CHECK_STATUS(abi_enter(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0, &m), ERR_INVALID_ARGUMENT);
}

/* --- registers
 * ------------------------------------------------------------------------------------------- */

static void idler(struct worker *self)
{
	self->words[0] = 1;
}

static void test_registers(void)
{
	struct thread_registers registers;
	struct thread_registers bad;
	handle_t none;

	worker_prepare(&workers[0], idler, nullptr, HIGH, 0, 0);
	none = copy(workers[0].thread, RIGHT_CONTROL);
	CHECK_STATUS(
		thread_get_registers(none, (uint64_t)&registers, sizeof(registers)), ERR_RIGHTS);
	CHECK_STATUS(
		thread_get_registers(workers[0].thread, (uint64_t)&registers, sizeof(registers)),
		OK);
	CHECK(registers.rdi == (uint64_t)&workers[0]);
	CHECK_STATUS(thread_get_registers(workers[0].thread, (uint64_t)&registers, 8),
		ERR_INVALID_ARGUMENT);
	CHECK_STATUS(thread_get_registers(workers[0].thread, 0x3000, sizeof(registers)),
		ERR_BAD_ADDRESS);
	CHECK_STATUS(thread_get_registers(workers[0].thread, 0xffff800000000000, sizeof(registers)),
		ERR_BAD_ADDRESS);
	CHECK_STATUS(thread_get_registers(root->thread, (uint64_t)&registers, sizeof(registers)),
		ERR_BUSY);
	bad = registers;
	bad.rip = 0x8000000000000000;
	CHECK_STATUS(
		thread_set_registers(workers[0].thread, (uint64_t)&bad, sizeof(bad)), ERR_RANGE);
	bad = registers;
	bad.rip = 0x0000800000000000;
	CHECK_STATUS(
		thread_set_registers(workers[0].thread, (uint64_t)&bad, sizeof(bad)), ERR_RANGE);
	bad = registers;
	bad.rflags = ~(uint64_t)0; /* what user mode may not set is dropped */
	CHECK_STATUS(thread_set_registers(workers[0].thread, (uint64_t)&bad, sizeof(bad)), OK);
	CHECK_STATUS(
		thread_get_registers(workers[0].thread, (uint64_t)&bad, sizeof(registers)), OK);
	CHECK((bad.rflags & 0x3000) == 0 && (bad.rflags & 0x200) != 0);
	CHECK_STATUS(
		thread_set_registers(workers[0].thread, (uint64_t)&registers, sizeof(registers)),
		OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	worker_join(&workers[0]);
}

const struct test memory_tests[] = {
	{"memory/map_errors", test_map_errors},
	{"memory/map_and_clear", test_map_and_clear},
	{"memory/large_mapping", test_large_mapping},
	{"memory/clone", test_clone},
	{"memory/tables", test_tables},
	{"memory/fault_handler", test_fault_handler},
	{"memory/fault_kinds", test_fault_kinds},
	{"memory/upcall", test_upcall},
	{"memory/interrupt", test_interrupt},
	{"memory/interrupt_self", test_interrupt_self},
	{"memory/foreign", test_foreign},
	{"memory/upcall_return_alone", test_upcall_return_alone},
	{"memory/registers", test_registers},
	{nullptr, nullptr},
};
