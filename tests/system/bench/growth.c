// SPDX-License-Identifier: MIT OR Apache-2.0
/* How the cost of a call grows with what else there is: threads that wait with a deadline, and
 * capabilities of the endpoint. No operation may depend on what others own. */
#include "bench.h"

#define BLOCK        2000u /* threads in one CNode, and their contexts behind them */
#define BLOCK_RADIX  12u
#define FIRST        2u /* slots 0 and 1 of a CNode are its own */
#define RETYPE_COUNT 32u
#define HOUR         3600000000000ull

/* Waits to receive for ever after; needs no stack. */
extern const char waiter_code[];
__asm__(".pushsection .text\n"
	"waiter_code:\n"
	"	mov $2, %eax\n" /* recv(reply 0, flags 0, deadline rdx, endpoint rbx) */
	"	xor %edi, %edi\n"
	"	xor %esi, %esi\n"
	"	syscall\n"
	"	jmp waiter_code\n"
	".popsection");

static handle_t crowd_endpoint;
static uint64_t first_tag;

/* `count` objects in consecutive slots from `index` of a table; `first_tag` is the first's. */
static void make_many(handle_t table, uint64_t type, uint64_t index, uint64_t count)
{
	for (uint64_t made = 0; made < count; made += RETYPE_COUNT) {
		uint64_t part = count - made < RETYPE_COUNT ? count - made : RETYPE_COUNT;
		uint64_t tag;

		must(untyped_retype(memory, type, 0, part, table, index + made, &tag), "retype");
		first_tag = made == 0 ? tag : first_tag;
	}
}

static handle_t handle_in(handle_t table, uint64_t index, uint64_t tag)
{
	uint64_t radix = (uint64_t)__builtin_ctzll(root->cnode_slots);

	return handle_of(handle_path(table) | index << radix, tag);
}

static void start_waiter(handle_t thread, handle_t context, uint64_t deadline)
{
	struct thread_registers registers = {
		.rip = (uint64_t)waiter_code, .rbx = crowd_endpoint, .rdx = deadline};

	must(sched_context_configure(context, 0, 10000000, 0, 0), "context");
	must(thread_configure(thread, root->cnode, root->space, 0, context, 0, 0), "thread");
	must(thread_set_registers(thread, (uint64_t)&registers, sizeof(registers)), "registers");
	must(thread_set_priority(thread, 120, root->thread), "priority");
	must(thread_resume(thread), "resume");
}

/* Up to BLOCK threads, each waiting with a deadline of its own. */
static void start_block(uint64_t count)
{
	handle_t table = make(OBJECT_CNODE, BLOCK_RADIX);
	uint64_t thread_tag;
	uint64_t context_tag;

	make_many(table, OBJECT_THREAD, FIRST, count);
	thread_tag = first_tag;
	make_many(table, OBJECT_SCHED_CONTEXT, FIRST + count, count);
	context_tag = first_tag;
	for (uint64_t i = 0; i < count; i++)
		start_waiter(handle_in(table, FIRST + i, thread_tag + i),
			handle_in(table, FIRST + count + i, context_tag + i),
			time_now() + HOUR + i * 7919);
}

static void bench_threads(void)
{
	static const uint64_t counts[] = {10, 100, 1000, 10000};
	uint64_t made = 0;
	char name[64];

	crowd_endpoint = make(OBJECT_ENDPOINT, 0);
	for (unsigned c = 0; c < 4; c++) {
		while (made < counts[c]) {
			uint64_t left = counts[c] - made;
			uint64_t count = left < BLOCK ? left : BLOCK;

			start_block(count);
			made += count;
		}
		print_to(name, sizeof(name), "call_reply_with_%lu_threads", counts[c]);
		bench_call(name, 4, 1000000000);
	}
}

static void bench_capabilities(void)
{
	static const uint64_t counts[] = {10, 100, 1000, 10000, 100000};
	handle_t table = make(OBJECT_CNODE, 17);
	uint64_t made = 0;
	char name[64];

	for (unsigned c = 0; c < 5; c++) {
		for (; made < counts[c]; made++) {
			uint64_t tag;

			must(cnode_mint(table, made + FIRST, endpoint, RIGHT_ALL, made + 1, &tag),
				"mint");
		}
		print_to(name, sizeof(name), "call_reply_with_%lu_capabilities", counts[c]);
		bench_call(name, 4, NEVER);
	}
}

void program_main(const void *argument)
{
	bench_begin(argument);
	start_remote_server(150);
	bench_call("call_reply_alone", 4, NEVER);
	bench_threads();
	bench_capabilities();
	finish(0);
}
