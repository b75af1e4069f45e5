// SPDX-License-Identifier: MIT OR Apache-2.0
/* Benchmarks of the kernel: prints lines `name value unit`. Under instruction counting a tick of
 * the time-stamp counter is an instruction; elsewhere it is a cycle. Every figure is the median of
 * rounds; what reading the counter costs is taken off. */
#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

#define ROUNDS     101u
#define INNER      16u
#define EXIT_PORT  0xf4u
#define NEVER      ABI_DEADLINE_NEVER
#define STACK      16384u
#define FIRST_SLOT 1024u
#define ORDER      24u
#define OTHER_CODE 0x40000000u
#define PAGE       4096u

static const struct root_info *root;
static uint64_t slots = FIRST_SLOT;
static handle_t memory;
static uint64_t samples[ROUNDS];
static uint64_t overhead;
static handle_t endpoint;
static handle_t reply;
static handle_t notification;
static handle_t own_thread;
static uint64_t started;
static uint64_t finished;
static uint8_t stacks[4][STACK] __attribute__((aligned(16)));
static handle_t threads[4];
static struct message_page *pages[4];

[[noreturn]] static void finish(unsigned status)
{
	(void)!platform_power(root->platform, 2, EXIT_PORT, status);
	for (;;)
		;
}

static void must(status_t status, const char *what)
{
	if (status == OK)
		return;
	debug_print("%s: error %ld\n", what, status);
	finish(1);
}

static inline uint64_t ticks(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static void sort_samples(void)
{
	for (unsigned i = 1; i < ROUNDS; i++)
		for (unsigned j = i; j > 0 && samples[j] < samples[j - 1]; j--) {
			uint64_t t = samples[j];

			samples[j] = samples[j - 1];
			samples[j - 1] = t;
		}
}

static void report(const char *name, uint64_t divisor)
{
	sort_samples();
	debug_print("%s %lu instructions\n", name,
		(samples[ROUNDS / 2] - (samples[ROUNDS / 2] > overhead ? overhead : 0)) / divisor);
}

/* --- objects ---------------------------------------------------------------------------------- */

static handle_t make(uint64_t type, uint64_t size)
{
	uint64_t tag;
	uint64_t slot = slots++;

	must(untyped_retype(memory, type, size, 1, root->cnode, slot, &tag), "retype");
	return handle_of(slot, tag);
}

static void find_memory(void)
{
	for (uint64_t i = 0; i < root->untyped_count; i++) {
		uint64_t tag;

		if (root->untyped[i].device != 0 || root->untyped[i].order < ORDER)
			continue;
		must(untyped_retype(root->untyped[i].handle, OBJECT_UNTYPED, ORDER, 1, root->cnode,
			     slots, &tag),
			"memory");
		memory = handle_of(slots++, tag);
		must(untyped_reset(memory), "reset");
		return;
	}
	finish(1);
}

static void give_tables(handle_t space, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		handle_t table = make(OBJECT_PAGE_TABLE, 0);

		must(address_space_give_tables(space, root->cnode, table & 0xffffff, 1), "tables");
	}
}

/* --- a second address space --------------------------------------------------------------------
 */

/* Position-independent server and waiter, copied to a page of the other space. Its registers hold
 * the handles. */
extern const char server_code[];
extern const char server_code_end[];
__asm__(".pushsection .rodata\n"
	".globl server_code, server_code_end\n"
	"server_code:\n"
	/* rbp: reply handle, r15 is lost in each call: kept on the stack; (rsp): endpoint */
	"	mov $2, %eax\n" /* recv(reply rdi, flags rsi, deadline rdx, endpoint rbx) */
	"	mov %rbp, %rdi\n"
	"	xor %esi, %esi\n"
	"	mov $-1, %rdx\n"
	"	mov (%rsp), %rbx\n"
	"	syscall\n"
	"1:	mov $1, %eax\n" /* reply_recv(reply, info, deadline, endpoint) */
	"	mov %rbp, %rdi\n"
	"	mov $-1, %rdx\n"
	"	mov (%rsp), %rbx\n"
	"	syscall\n"
	"	jmp 1b\n"
	"server_code_end:\n"
	".popsection");

static void start_remote_server(unsigned priority)
{
	handle_t space = make(OBJECT_ADDRESS_SPACE, 0);
	handle_t code = make(OBJECT_FRAME, 12);
	uint64_t own = 0x5000000000;
	uint64_t tag;
	uint64_t missing;
	uint64_t *words;
	struct thread_registers registers = {
		.rip = OTHER_CODE, .rsp = OTHER_CODE + PAGE + PAGE - 64};
	handle_t thread = make(OBJECT_THREAD, 0);
	handle_t context = make(OBJECT_SCHED_CONTEXT, 0);
	handle_t data = make(OBJECT_FRAME, 12);
	handle_t page = make(OBJECT_FRAME, 12);
	handle_t executable;

	give_tables(space, 4);
	must(address_space_map(root->space, code, 0, own, 1, RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	must(address_space_map(
		     root->space, data, 0, own + PAGE, 1, RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	memcpy((void *)own, server_code, (size_t)(server_code_end - server_code));
	words = (uint64_t *)(own + PAGE + PAGE - 64);
	words[0] = endpoint;
	registers.rbp = reply;
	must(cnode_copy(root->cnode, slots, code, RIGHT_ALL, &tag), "copy");
	executable = handle_of(slots++, tag);
	must(address_space_map(
		     space, executable, 0, OTHER_CODE, 1, RIGHT_READ | RIGHT_EXECUTE, &missing),
		"map");
	must(cnode_copy(root->cnode, slots, data, RIGHT_ALL, &tag), "copy");
	must(address_space_map(space, handle_of(slots++, tag), 0, OTHER_CODE + PAGE, 1,
		     RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	must(sched_context_configure(context, 0, 10000000, 0, 0), "context");
	must(thread_configure(thread, root->cnode, space, page, context, 0, 0), "thread");
	must(thread_set_registers(thread, (uint64_t)&registers, sizeof(registers)), "registers");
	must(thread_set_priority(thread, priority, root->thread), "priority");
	must(thread_resume(thread), "resume");
}

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

static void bench_overhead(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		samples[i] = ticks() - start;
	}
	sort_samples();
	overhead = samples[ROUNDS / 2];
}

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

static void bench_call(const char *name, unsigned words, uint64_t deadline)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t until = deadline == NEVER ? NEVER : time_now() + deadline;
		struct message m;
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++) {
			m.info = message_info(1, words, 0);
			(void)!sys_call(endpoint, &m, until);
		}
		samples[i] = ticks() - start;
	}
	report(name, INNER);
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

static void bench_send(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct message m = {.info = message_info(1, 2, 0)};

		started = ticks();
		(void)!sys_send(endpoint, &m, NEVER);
		samples[i] = finished - started;
	}
	report("send_to_higher_priority", 1);
}

static void high_waiter(void)
{
	uint64_t bits;

	for (;;) {
		(void)!sys_wait(notification, 1, NEVER, &bits);
		finished = ticks();
	}
}

static void bench_signal(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		started = ticks();
		(void)!sys_signal(notification);
		samples[i] = finished - started;
	}
	report("signal_to_higher_priority", 1);
}

static void bench_signal_alone(void)
{
	handle_t alone = make(OBJECT_NOTIFICATION, 0);

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		for (unsigned k = 0; k < INNER; k++)
			(void)!sys_signal(alone);
		samples[i] = ticks() - start;
	}
	report("signal_no_switch", INNER);
}

static void yielder(void)
{
	for (;;) {
		finished = ticks();
		(void)!sys_yield();
	}
}

static void bench_yield(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		started = ticks();
		(void)!sys_yield();
		samples[i] = finished - started;
	}
	report("yield_to_another_thread", 1);
}

/* --- faults
 * ----------------------------------------------------------------------------------------- */

static void faulter(void)
{
	for (;;)
		__asm__ volatile("ud2");
}

/* Handler at the lower priority: each round trip is one fault. */
static void bench_fault(void)
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
	report("fault_handle_resume", INNER);
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
	uint64_t slot = slots;
	handle_t small = make(OBJECT_UNTYPED, 17);

	slots += 32;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t tag;
		uint64_t start = ticks();

		(void)!untyped_retype(small, OBJECT_FRAME, 12, 32, root->cnode, slot + 1, &tag);
		samples[i] = ticks() - start;
		(void)!cnode_revoke(root->cnode, small & 0xffffff);
		(void)!untyped_reset(small);
	}
	report("retype_frame", 32);
}

/* --- growth
 * ------------------------------------------------------------------------------------------- */

/* Other threads that wait: the cost of a call must not depend on them. */
static void bench_growth(void)
{
	static const unsigned counts[] = {10, 100, 1000};
	handle_t table = make(OBJECT_CNODE, 12);
	uint64_t made = 0;
	char name[48];

	for (unsigned c = 0; c < 3; c++) {
		for (; made < counts[c]; made++) {
			uint64_t tag;

			must(cnode_mint(table, made + 2, endpoint, RIGHT_ALL, made + 1, &tag),
				"mint");
		}
		print_to(name, sizeof(name), "call_reply_with_%u_capabilities", counts[c]);
		bench_call(name, 4, NEVER);
	}
}

static void map_time(void)
{
	uint64_t missing;

	(void)!address_space_map(
		root->space, root->time_frame, 0, PROCESS_TIME_ADDRESS, 1, RIGHT_READ, &missing);
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

void program_main(const void *argument)
{
	root = argument;
	debug_print_init(root->platform);
	map_time();
	must(thread_set_priority(root->thread, 100, root->thread), "priority");
	find_memory();
	give_tables(root->space, 24);
	endpoint = make(OBJECT_ENDPOINT, 0);
	own_thread = make(OBJECT_ENDPOINT, 0); /* where faults arrive */
	reply = make(OBJECT_REPLY, 0);
	bench_overhead();
	if (is_isolated()) {
		start_remote_server(150);
		bench_call("call_reply_round_trip_isolated", 4, NEVER);
		bench_call("call_reply_10_words_isolated", 10, NEVER);
		finish(0);
	}
	bench_null();
	start_remote_server(150);
	bench_call("call_reply_round_trip", 4, NEVER);
	bench_call("call_reply_with_deadline", 4, 1000000000);
	bench_call("call_reply_10_words", 10, NEVER);
	bench_vector_call();
	bench_growth();
	endpoint = make(OBJECT_ENDPOINT, 0);
	start_thread(0, high_receiver, 150);
	bench_send();
	notification = make(OBJECT_NOTIFICATION, 0);
	start_thread(1, high_waiter, 150);
	bench_signal();
	bench_signal_alone();
	start_thread(2, yielder, 100);
	bench_yield();
	must(thread_stop(threads[2]), "stop");
	reply = make(OBJECT_REPLY, 0);
	start_thread(3, faulter, 90);
	bench_fault();
	must(thread_stop(threads[3]), "stop");
	bench_map();
	bench_retype();
	finish(0);
}
