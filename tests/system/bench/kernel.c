// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's operations one by one: the table of docs/figures.md. Rows have the suffixes of how
 * the machine was started: `_isolated` (kpti=on), `_several_cpus`. */
#include "bench.h"

#define STACK 16384u

static handle_t notification;
static handle_t own_thread;
static uint64_t started;
static uint64_t finished;
static uint8_t stacks[4][STACK] __attribute__((aligned(16)));
static handle_t threads[4];
static struct message_page *pages[4];

static void start_thread(unsigned number, void (*entry)(void), unsigned priority)
{
	struct thread_registers registers = {
		.rip = (uint64_t)entry, .rsp = (uint64_t)stacks[number] + STACK - 8};
	handle_t context = make(OBJECT_SCHED_CONTEXT, 0);
	handle_t page = make(OBJECT_FRAME, 12);
	uint64_t missing;

	pages[number] = (struct message_page *)(0x5100000000 + number * PAGE);
	must(address_space_map(root->space, page, 0, (uint64_t)pages[number], 1,
		     RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	threads[number] = make(OBJECT_THREAD, 0);
	must(sched_context_configure(context, 0, 10000000, 0, 0), "context");
	must(thread_configure(
		     threads[number], root->cnode, root->space, page, context, own_thread, 0),
		"thread");
	must(thread_set_registers(threads[number], (uint64_t)&registers, sizeof(registers)),
		"registers");
	must(thread_set_priority(threads[number], priority, root->thread), "priority");
	must(thread_resume(threads[number]), "resume");
}

/* --- rows ----------------------------------------------------------------------------------------
 */

static void bench_null(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();
		uint64_t hash;

		for (unsigned k = 0; k < INNER; k++)
			(void)!sys_abi(&hash);
		samples[i] = ticks() - start;
	}
	report("null_system_call", INNER);
}

static void bench_vector_call(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct message m;
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++) {
			__asm__ volatile("movq %%rax, %%xmm3" ::: "xmm3");
			m.info = message_info(1, 4, 0);
			(void)!sys_call(endpoint, &m, NEVER);
		}
		samples[i] = ticks() - start;
	}
	report("call_reply_live_vectors", INNER);
}

/* Receives and notes when it ran. */
static void high_receiver(void)
{
	struct message m;

	for (;;) {
		(void)!sys_recv(0, endpoint, &m, 0, NEVER);
		finished = ticks();
	}
}

static void bench_send(const char *name)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct message m = {.info = message_info(1, 2, 0)};

		started = ticks();
		(void)!sys_send(endpoint, &m, NEVER);
		samples[i] = finished - started;
	}
	report(name, 1);
}

static void high_waiter(void)
{
	uint64_t bits;

	for (;;) {
		(void)!sys_wait(notification, 1, NEVER, &bits);
		finished = ticks();
	}
}

static void bench_signal(const char *name)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		started = ticks();
		(void)!sys_signal(notification);
		samples[i] = finished - started;
	}
	report(name, 1);
}

static void bench_signal_alone(const char *name)
{
	handle_t alone = make(OBJECT_NOTIFICATION, 0);

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++)
			(void)!sys_signal(alone);
		samples[i] = ticks() - start;
	}
	report(name, INNER);
}

static void yielder(void)
{
	for (;;) {
		finished = ticks();
		(void)!sys_yield();
	}
}

static void bench_yield(const char *name)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		started = ticks();
		(void)!sys_yield();
		samples[i] = finished - started;
	}
	report(name, 1);
}

/* To a thread of another address space and back. */
static void bench_yield_process(const char *name)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++)
			(void)!sys_yield();
		samples[i] = ticks() - start;
	}
	report(name, 2u * INNER);
}

/* --- faults
 * ----------------------------------------------------------------------------------------- */

static void faulter(void)
{
	for (;;)
		__asm__ volatile("ud2");
}

/* Handler at the lower priority: each round trip is one fault. */
static void bench_fault(const char *name)
{
	struct message m;

	must(sys_recv(reply, own_thread, &m, 0, NEVER), "fault");
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++) {
			m.info = message_info(FAULT_REPLY_RESUME, 0, 0);
			(void)!sys_reply_recv(reply, own_thread, &m, NEVER);
		}
		samples[i] = ticks() - start;
	}
	report(name, INNER);
}

/* --- memory
 * ------------------------------------------------------------------------------------------ */

static void bench_map(void)
{
	handle_t frame = make(OBJECT_FRAME, 21);
	uint64_t missing;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		(void)!address_space_map(root->space, frame, 0, 0x5200001000, 511,
			RIGHT_READ | RIGHT_WRITE, &missing);
		samples[i] = ticks() - start;
		(void)!address_space_unmap(root->space, frame);
	}
	report("map_page_in_large_request", 511);
}

static void bench_retype(void)
{
	handle_t table = make(OBJECT_CNODE, 7);
	uint64_t slot = next_slot();
	handle_t small;
	uint64_t tag;

	must(untyped_retype(memory, OBJECT_UNTYPED, 17, 1, root->cnode, slot, &tag), "retype");
	small = handle_of(slot, tag);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		(void)!untyped_retype(small, OBJECT_FRAME, 12, 32, table, 2, &tag);
		samples[i] = ticks() - start;
		(void)!cnode_revoke(root->cnode, slot);
		(void)!untyped_reset(small);
	}
	report("retype_frame", 32);
}

static bool is_isolated(void)
{
	static const char option[] = "kpti=on";

	for (const char *line = (const char *)root->command_line; *line != 0; line++) {
		if (strncmp(line, option, sizeof(option) - 1) == 0)
			return true;
	}
	return false;
}

/* What users with such a machine meet most. */
static void bench_calls(const char *suffix)
{
	char name[64];

	print_to(name, sizeof(name), "call_reply_round_trip%s", suffix);
	bench_call(name, 4, NEVER);
	print_to(name, sizeof(name), "call_reply_10_words%s", suffix);
	bench_call(name, 10, NEVER);
}

static void bench_wakes(const char *suffix)
{
	char name[64];

	endpoint = make(OBJECT_ENDPOINT, 0);
	start_thread(0, high_receiver, 150);
	print_to(name, sizeof(name), "send_to_higher_priority%s", suffix);
	bench_send(name);
	notification = make(OBJECT_NOTIFICATION, 0);
	start_thread(1, high_waiter, 150);
	print_to(name, sizeof(name), "signal_to_higher_priority%s", suffix);
	bench_signal(name);
	print_to(name, sizeof(name), "signal_no_switch%s", suffix);
	bench_signal_alone(name);
}

static void bench_yields(const char *suffix)
{
	handle_t other;
	char name[64];

	start_thread(2, yielder, 100);
	print_to(name, sizeof(name), "yield_to_another_thread%s", suffix);
	bench_yield(name);
	must(thread_stop(threads[2]), "stop");
	other = start_remote_yielder(100);
	print_to(name, sizeof(name), "yield_to_another_process%s", suffix);
	bench_yield_process(name);
	must(thread_stop(other), "stop");
}

static void bench_faults(const char *suffix)
{
	char name[64];

	reply = make(OBJECT_REPLY, 0);
	start_thread(3, faulter, 90);
	print_to(name, sizeof(name), "fault_handle_resume%s", suffix);
	bench_fault(name);
	must(thread_stop(threads[3]), "stop");
}

void program_main(const void *argument)
{
	const char *suffix;

	bench_begin(argument);
	suffix = is_isolated() ? "_isolated" : root->cpu_count > 1 ? "_several_cpus" : "";
	own_thread = make(OBJECT_ENDPOINT, 0); /* where faults arrive */
	start_remote_server(150);
	bench_calls(suffix);
	if (*suffix == 0) {
		bench_null();
		bench_call("call_reply_with_deadline", 4, 1000000000);
		bench_vector_call();
	}
	bench_wakes(suffix);
	bench_yields(suffix);
	bench_faults(suffix);
	if (*suffix == 0) {
		bench_map();
		bench_retype();
	}
	finish(0);
}
