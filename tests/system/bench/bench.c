// SPDX-License-Identifier: MIT OR Apache-2.0
/* See bench.h. */
#include "bench.h"

#define EXIT_PORT  0xf4u
#define FIRST_SLOT 1024u
#define ORDER      26u /* log2 of the memory that `make` takes */
#define OTHER_CODE 0x40000000u

const struct root_info *root;
static uint64_t slots = FIRST_SLOT;
handle_t memory;
uint64_t samples[ROUNDS];
static uint64_t overhead;
handle_t endpoint;
handle_t reply;

[[noreturn]] void finish(unsigned status)
{
	(void)!platform_power(root->platform, 2, EXIT_PORT, status);
	for (;;)
		;
}

void must(status_t status, const char *what)
{
	if (status == OK)
		return;
	debug_print("%s: error %ld\n", what, status);
	finish(1);
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

void report(const char *name, uint64_t divisor)
{
	sort_samples();
	debug_print("%s %lu instructions\n", name,
		(samples[ROUNDS / 2] - (samples[ROUNDS / 2] > overhead ? overhead : 0)) / divisor);
}

/* --- objects ---------------------------------------------------------------------------------- */

uint64_t next_slot(void)
{
	return slots++;
}

handle_t make(uint64_t type, uint64_t size)
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

/* Only yields. */
extern const char yielder_code[];
extern const char yielder_code_end[];
__asm__(".pushsection .rodata\n"
	".globl yielder_code, yielder_code_end\n"
	"yielder_code:\n"
	"	mov $7, %eax\n"
	"	syscall\n"
	"	jmp yielder_code\n"
	"yielder_code_end:\n"
	".popsection");

static handle_t start_remote(const char *first, const char *end, unsigned priority)
{
	handle_t space = make(OBJECT_ADDRESS_SPACE, 0);
	handle_t code = make(OBJECT_FRAME, 12);
	static uint64_t next = 0x5000000000;
	uint64_t own = next;
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

	next += 2 * PAGE;
	give_tables(space, 4);
	must(address_space_map(root->space, code, 0, own, 1, RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	must(address_space_map(
		     root->space, data, 0, own + PAGE, 1, RIGHT_READ | RIGHT_WRITE, &missing),
		"map");
	memcpy((void *)own, first, (size_t)(end - first));
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
	return thread;
}

void start_remote_server(unsigned priority)
{
	(void)start_remote(server_code, server_code_end, priority);
}

handle_t start_remote_yielder(unsigned priority)
{
	return start_remote(yielder_code, yielder_code_end, priority);
}

/* --- rounds ---------------------------------------------------------------------------------- */

static void bench_overhead(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = ticks();

		samples[i] = ticks() - start;
	}
	sort_samples();
	overhead = samples[ROUNDS / 2];
}

void bench_call(const char *name, unsigned words, uint64_t deadline)
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

static void map_time(void)
{
	uint64_t missing;

	(void)!address_space_map(
		root->space, root->time_frame, 0, PROCESS_TIME_ADDRESS, 1, RIGHT_READ, &missing);
}

void bench_begin(const void *argument)
{
	root = argument;
	debug_print_init(root->platform);
	map_time();
	must(thread_set_priority(root->thread, 100, root->thread), "priority");
	find_memory();
	give_tables(root->space, 24);
	endpoint = make(OBJECT_ENDPOINT, 0);
	reply = make(OBJECT_REPLY, 0);
	bench_overhead();
}
