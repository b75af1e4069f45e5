// SPDX-License-Identifier: MIT OR Apache-2.0
/* Panics: see crash.h. Addresses are printed relative to the image, so that tools/symbolise.py
 * names them wherever the kernel was placed. */
#include <arch/machine.h>
#include <arch/trap.h>
#include <kernel/console.h>
#include <kernel/crash.h>

#define RECORD_MAGIC    0x6873617243617243ull
#define RECORD_TEXT     4000u /* and a terminating zero */
#define BACKTRACE_DEPTH 24u
#define TRACE_SHOWN     12u

struct crash_record {
	uint64_t magic;
	uint64_t size;
	uint64_t sum;
	char text[RECORD_TEXT + 1];
};

_Static_assert(sizeof(struct crash_record) <= PAGE_SIZE, "the record is one page");

static struct crash_record *record;
static struct crash_record previous;
static bool panicking;

uintptr_t __stack_chk_guard = 0x00000aff0dbaddafull;
extern const char kernel_start[];
extern const char kernel_text_end[];

static uint64_t text_sum(const struct crash_record *r)
{
	uint64_t sum = RECORD_MAGIC;

	for (uint64_t i = 0; i < r->size; i++)
		sum = (sum ^ (uint8_t)r->text[i]) * 0x100000001b3ull;
	return sum;
}

void crash_init(void *page)
{
	record = page;
	if (record->magic == RECORD_MAGIC && record->size <= RECORD_TEXT &&
		record->sum == text_sum(record))
		previous = *record;
	record->magic = 0;
	record->size = 0;
}

uint64_t crash_previous(const char **text)
{
	*text = previous.text;
	return previous.size;
}

void crash_note(char byte)
{
	if (panicking && record != NULL && record->size < RECORD_TEXT)
		record->text[record->size++] = byte;
}

static void print_code_address(uint64_t address)
{
	console_print("  kernel+{x}\n", address - (uint64_t)(uintptr_t)kernel_start);
}

static bool is_code(uint64_t address)
{
	return address >= (uint64_t)(uintptr_t)kernel_start &&
	       address < (uint64_t)(uintptr_t)kernel_text_end;
}

static void print_backtrace(const uint64_t *frame)
{
	console_text("backtrace:\n");
	for (uint32_t i = 0; i < BACKTRACE_DEPTH; i++) {
		uint64_t address = (uint64_t)(uintptr_t)frame;

		if (!arch_is_kernel_stack(address) || !is_code(frame[1]))
			break;
		print_code_address(frame[1]);
		frame = (const uint64_t *)(uintptr_t)frame[0];
	}
}

static void print_trace(const struct cpu *cpu)
{
	uint64_t end = cpu->trace.sequence;
	uint64_t start =
		end - cpu->trace.first > TRACE_SHOWN ? end - TRACE_SHOWN : cpu->trace.first;

	console_text("last events (tsc, event, thread, a, b):\n");
	for (; start < end; start++) {
		const struct trace_record *r = &cpu->trace.records[start & cpu->trace.mask];

		console_print("  {d} {d} {d}", r->tsc, r->event, r->thread);
		console_print(" {x} {x}\n", r->a, r->b);
	}
}

void panic(const char *reason, const struct trap_frame *trap)
{
	struct cpu *cpu = cpu_self();

	if (__atomic_exchange_n(&panicking, true, __ATOMIC_ACQ_REL))
		arch_halt(); /* several CPUs, or a panic in this one */
	console_text("\n*** Craton kernel panic: ");
	console_text(reason);
	console_print("\ncpu {d}, interface {x}\n", cpu->id, ABI_HASH);
	if (trap != NULL) {
		arch_print_trap(trap);
		print_code_address(trap->rip);
		print_backtrace((const uint64_t *)(uintptr_t)trap->rbp);
	} else {
		print_backtrace(__builtin_frame_address(0));
	}
	print_trace(cpu);
	console_text(
		"Please report this text, run through tools/symbolise.py, with what you did.\n");
	if (record != NULL) {
		record->sum = text_sum(record);
		record->magic = RECORD_MAGIC;
	}
	arch_stop_others();
	arch_panic_exit();
}

NORETURN void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	panic("kernel stack overrun", NULL);
}
