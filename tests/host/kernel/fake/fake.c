// SPDX-License-Identifier: MIT OR Apache-2.0
/* The fake machine: see fake.h. */
#include "fake.h"

#include "iommu.h"

#include <arch/asm.h>
#include <arch/clock.h>
#include <arch/cpu_init.h>
#include <arch/iommu.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/boot_memory.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/delete.h>
#include <kernel/entry.h>
#include <kernel/fastpath.h>
#include <kernel/fault.h>
#include <kernel/lock.h>
#include <kernel/root.h>
#include <kernel/sched.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE  ((uint64_t)64 << 20)
#define LINES       24u
#define KERNEL_SIZE ((uint64_t)1 << 20) /* kept by the kernel, at the arena's start */
#define BUNDLE_SIZE ((uint64_t)3 << PAGE_SHIFT)

struct clock clock = {.multiplier = (uint64_t)1 << CLOCK_SHIFT, .hz = 1000000000};
time_ns fake_now;
struct cpu *fake_cpu;
struct fake_counts fake_counts;
struct thread *fake_root;
const struct root_info *fake_info;
bool fake_lines_masked[LINES];
char fake_console[4096];
uint64_t fake_memory_start;
uint64_t fake_memory_end;

static struct cpu cpu_memory[FAKE_CPUS];
static bool interrupt_sent[FAKE_CPUS];
static bool general_entry[FAKE_CPUS]; /* no short ways */
static time_ns timer_at[FAKE_CPUS];
static uint64_t loaded_root;
static jmp_buf idle;

void fake_fail(const char *file, unsigned line, const char *text)
{
	fprintf(stderr, "%s:%u: not so: %s\n", file, line, text);
	abort();
}

void panic(const char *reason, const struct trap_frame *trap)
{
	(void)trap;
	fprintf(stderr, "kernel panic: %s\n", reason);
	abort();
}

void crash_note(char byte)
{
	(void)byte;
}

uint64_t crash_previous(const char **text)
{
	*text = "earlier";
	return 7;
}

/* --- the CPU ---------------------------------------------------------------------------------- */

uint64_t cr3_read(void)
{
	return loaded_root;
}

void cr3_write(uint64_t value)
{
	loaded_root = value;
	fake_counts.flushes++;
}

void invlpg(uint64_t address)
{
	(void)address;
	fake_counts.invalidated++;
}

void arch_timer_set(struct cpu *cpu, time_ns when)
{
	timer_at[cpu->id] = when;
}

void arch_send_reschedule(struct cpu *cpu)
{
	fake_counts.interrupts++;
	interrupt_sent[cpu->id] = true;
}

void arch_pull_into_kernel(struct cpu *cpu)
{
	fake_counts.pulls++;
	interrupt_sent[cpu->id] = true;
}

void arch_flush_requested(struct cpu *cpu)
{
	cpu->drop_space = false;
	cpu->flush_request = false;
}

void arch_idle(struct cpu *cpu)
{
	kernel_unlock(cpu);
	longjmp(idle, 1);
}

void arch_thread_unload(struct thread *thread)
{
	thread->vector_saved = !thread->vector_dead;
	thread->vector_dead = false;
}

void arch_thread_load(struct thread *thread)
{
	thread->vector_saved = false;
	arch_tls_switch(thread);
}

/* --- devices ---------------------------------------------------------------------------------- */

void arch_set_entry(bool general)
{
	general_entry[fake_cpu->id] = general;
}

void arch_console_put(char byte)
{
	fake_console[fake_counts.console++ % sizeof(fake_console)] = byte;
}

uint64_t arch_port_in(uint16_t port, uint64_t width)
{
	return (port * 0x01010101u) & (((uint64_t)1 << 8 * width) - 1);
}

void arch_port_out(uint16_t port, uint64_t width, uint64_t value)
{
	(void)port;
	(void)width;
	(void)value;
	fake_counts.port_writes++;
}

void arch_stop_others(void)
{
}

void arch_halt(void)
{
	fake_counts.halts++;
	longjmp(idle, 1);
}

void arch_reset(void)
{
	arch_halt();
}

static status_t irq_take(struct cpu *cpu, uint32_t line, struct irq **result)
{
	for (uint32_t i = 0; i < ARCH_IRQ_COUNT; i++) {
		struct irq *irq = &cpu->arch.irqs[i];

		if (irq->used)
			continue;
		*irq = (struct irq){.line = line, .cpu = (uint8_t)cpu->id, .used = true};
		irq->vector = (uint8_t)i;
		*result = irq;
		return OK;
	}
	return ERR_TOO_MANY;
}

status_t arch_irq_allocate_line(uint64_t line, uint64_t flags, struct irq **irq)
{
	(void)flags;
	if (line >= LINES)
		return ERR_RANGE;
	for (uint32_t i = 0; i < ARCH_IRQ_COUNT; i++) {
		const struct irq *other = &cpus[0]->arch.irqs[i];

		if (other->used && other->line == line)
			return ERR_BUSY;
	}
	fake_lines_masked[line] = true;
	return irq_take(cpus[0], (uint32_t)line, irq);
}

status_t arch_irq_allocate_msi(uint64_t cpu, struct irq **irq, uint64_t *address, uint64_t *data)
{
	status_t status;

	if (cpu >= cpu_count)
		return ERR_RANGE;
	status = irq_take(cpus[cpu], IRQ_MSI, irq);
	if (status == OK)
		arch_irq_message(*irq, address, data);
	return status;
}

void arch_irq_message(const struct irq *irq, uint64_t *address, uint64_t *data)
{
	*address = 0xfee00000u | (uint64_t)irq->cpu << 12;
	*data = irq->vector;
}

void arch_irq_free(struct irq *irq)
{
	*irq = (struct irq){0};
}

void arch_irq_mask(struct irq *irq, bool masked)
{
	FAKE_CHECK(irq->line < LINES);
	fake_lines_masked[irq->line] = masked;
}

/* --- user memory ------------------------------------------------------------------------------ */

static uint8_t *user_byte(uint64_t address)
{
	const struct thread *thread = fake_cpu->entry.current;
	const uint32_t *word;

	if (address >= ABI_USER_ADDRESS_END || thread == NULL)
		return NULL;
	word = arch_user_word(thread->space, address & ~(uint64_t)3);
	return word == NULL ? NULL : (uint8_t *)(uintptr_t)word + (address & 3);
}

bool arch_copy_from_user(void *to, uint64_t from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const uint8_t *byte = user_byte(from + i);

		if (byte == NULL)
			return false;
		((uint8_t *)to)[i] = *byte;
	}
	return true;
}

bool arch_copy_to_user(uint64_t to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t *byte = user_byte(to + i);

		if (byte == NULL)
			return false;
		*byte = ((const uint8_t *)from)[i];
	}
	return true;
}

/* --- boot ------------------------------------------------------------------------------------- */

void *boot_allocate(uint32_t order)
{
	uint64_t physical = boot_memory_take(order);

	FAKE_CHECK(physical != 0);
	memset(virtual_of(physical), 0, (size_t)1 << order);
	return virtual_of(physical);
}

/* Physical addresses begin at ARENA_SIZE, so that 0 stays free and alignment is the same. */
static void arena_make(void)
{
	uint64_t start;
	void *memory;

	if (physmap_base != 0)
		return;
	memory = mmap(NULL, 2 * ARENA_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	FAKE_CHECK(memory != MAP_FAILED);
	start = ((uint64_t)(uintptr_t)memory + ARENA_SIZE - 1) & ~(ARENA_SIZE - 1);
	physmap_base = start - ARENA_SIZE;
}

static void cpu_start(uint32_t id)
{
	struct cpu *cpu = &cpu_memory[id];

	memset(cpu, 0, sizeof(*cpu));
	cpu->id = id;
	cpu->entry.self = cpu;
	cpu->entry.kernel_root = ARENA_SIZE;
	cpu->online = true;
	cpus[id] = cpu;
	timer_at[id] = TIME_NEVER;
	interrupt_sent[id] = false;
	general_entry[id] = false;
	sched_init(cpu);
}

static void boot_kernel(uint64_t bytes)
{
	static const char line[] = "test";
	struct memory_range *map = virtual_of(ARENA_SIZE + PAGE_SIZE);
	char *command = virtual_of(ARENA_SIZE + 2 * PAGE_SIZE);
	const uint8_t *dmar;
	uint32_t dmar_size = 0;
	struct boot_info boot = {
		.memory_map = physical_of(map),
		.memory_map_count = 4,
		.bundle = ARENA_SIZE + 4 * PAGE_SIZE,
		.bundle_size = BUNDLE_SIZE,
		.command_line = physical_of(command),
		.command_line_size = sizeof(line),
		.root_entry = 0x400000,
		.root_segment_count = 1,
		.root_segments = {{ARENA_SIZE + 3 * PAGE_SIZE, 0x400000, PAGE_SIZE,
			RIGHT_READ | RIGHT_EXECUTE}},
	};

	memcpy(command, line, sizeof(line));
	map[0] = (struct memory_range){0, PAGE_SIZE, MEMORY_KIND_USABLE, 0};
	map[1] = (struct memory_range){ARENA_SIZE, KERNEL_SIZE, MEMORY_KIND_KERNEL, 0};
	map[2] =
		(struct memory_range){ARENA_SIZE + KERNEL_SIZE, KERNEL_SIZE, MEMORY_KIND_USABLE, 0};
	map[3] = (struct memory_range){ARENA_SIZE + bytes, bytes, MEMORY_KIND_USABLE, 0};
	boot_memory_init(map, 4);
	dmar = fake_iommu_table(&dmar_size);
	iommu_init(dmar, dmar_size);
	root_start(&boot, FAKE_ECAM, FAKE_ECAM_SIZE);
}

/* The first task's thread is the only one that is ready now. */
static void root_find(void)
{
	fake_cpu = cpus[0];
	fake_reschedule(cpus[0]);
	fake_root = cpus[0]->entry.current;
	FAKE_CHECK(fake_root != NULL);
	fake_info = (const struct root_info *)(const void *)arch_user_word(
		fake_root->space, ROOT_INFO_ADDRESS);
	FAKE_CHECK(fake_info != NULL);
}

void fake_boot(uint32_t count, uint64_t bytes)
{
	arena_make();
	memset(virtual_of(ARENA_SIZE), 0, KERNEL_SIZE * 2);
	memset(virtual_of(ARENA_SIZE + bytes), 0xa5, bytes); /* old contents */
	fake_counts = (struct fake_counts){0};
	fake_now = 1000000;
	loaded_root = 0;
	cpu_count = count;
	kernel_has_others = count > 1;
	for (uint32_t i = 0; i < count; i++)
		cpu_start(i);
	fake_cpu = cpus[0];
	fake_memory_start = (uint64_t)(uintptr_t)virtual_of(ARENA_SIZE + bytes);
	fake_memory_end = fake_memory_start + bytes;
	boot_kernel(bytes);
	root_find();
}

/* Everything that was made lies in untyped memory or in the first task's own objects. */
void fake_end(void)
{
	struct slot *slots = fake_root->cspace->container.slots;

	fake_cpu = cpus[0];
	thread_stop(fake_root);
	for (uint32_t i = CNODE_RESERVED; i <= fake_root->cspace->mask; i++) {
		status_t status;

		if (slots[i].type != OBJECT_UNTYPED)
			continue;
		do {
			struct slice slice = {.left = SLICE_STEPS};

			status = slot_revoke(fake_root, &slots[i], &slice);
		} while (status == ERR_AGAIN);
		FAKE_CHECK(status == OK && slot_first_derived(&slots[i]) == NULL);
	}
	fake_settle();
}

/* --- entries ---------------------------------------------------------------------------------- */

static void entry_begin(struct cpu *cpu)
{
	fake_cpu = cpu;
	cpu->entry.in_kernel = 1;
}

static void interrupt_begin(struct cpu *cpu)
{
	entry_begin(cpu);
	if (cpu->entry.current == NULL)
		return;
	cpu->entry.current->frame.full = 1;
	cpu->entry.current->vector_dead = false;
}

/* As in entry.S: what the short way does not do is left to the general one. */
static bool short_way_done;

#define SHORT_WAY_FAIL(name)                                                       \
	FASTPATH(name)                                                             \
	{                                                                          \
		(void)self, (void)handle, (void)info, (void)deadline, (void)other; \
		(void)w0, (void)w1, (void)w2, (void)w3, (void)w4, (void)w5;        \
		short_way_done = false;                                            \
	}

#define SHORT_WAYS_OUT(prefix)                                                                     \
	FASTPATH(prefix##exit)                                                                     \
	{                                                                                          \
		struct frame *frame = &self->frame;                                                \
                                                                                                   \
		(void)other;                                                                       \
		memcpy(frame->words, (uint64_t[6]){w0, w1, w2, w3, w4, w5}, sizeof(frame->words)); \
		frame->args[0] = handle;                                                           \
		frame->args[1] = info;                                                             \
		frame->args[2] = deadline;                                                         \
		frame->number = (uint64_t)OK;                                                      \
		short_way_done = true;                                                             \
	}                                                                                          \
	FASTPATH(prefix##resume)                                                                   \
	{                                                                                          \
		(void)self, (void)handle, (void)info, (void)deadline, (void)other;                 \
		(void)w0, (void)w1, (void)w2, (void)w3, (void)w4, (void)w5;                        \
		short_way_done = true;                                                             \
	}                                                                                          \
	SHORT_WAY_FAIL(prefix##call_fail)                                                          \
	SHORT_WAY_FAIL(prefix##reply_recv_fail)                                                    \
	SHORT_WAY_FAIL(prefix##send_fail)                                                          \
	SHORT_WAY_FAIL(prefix##signal_fail)                                                        \
	SHORT_WAY_FAIL(prefix##yield_fail)                                                         \
	/* False: it goes the general way. */                                                      \
	static bool prefix##try(struct thread *self)                                               \
	{                                                                                          \
		const struct frame *f = &self->frame;                                              \
		const uint64_t *w = f->words;                                                      \
		const uint64_t *a = f->args;                                                       \
                                                                                                   \
		short_way_done = false;                                                            \
		if (f->number == SYSCALL_CALL)                                                     \
			prefix##call(                                                              \
				w[3], w[4], w[5], self, a[0], a[1], a[2], a[3], w[0], w[1], w[2]); \
		else if (f->number == SYSCALL_REPLY_RECV)                                          \
			prefix##reply_recv(                                                        \
				w[3], w[4], w[5], self, a[0], a[1], a[2], a[3], w[0], w[1], w[2]); \
		else if (f->number == SYSCALL_SEND)                                                \
			prefix##send(                                                              \
				w[3], w[4], w[5], self, a[0], a[1], a[2], a[3], w[0], w[1], w[2]); \
		else if (f->number == SYSCALL_SIGNAL)                                              \
			prefix##signal(                                                            \
				w[3], w[4], w[5], self, a[0], a[1], a[2], a[3], w[0], w[1], w[2]); \
		else if (f->number == SYSCALL_YIELD)                                               \
			prefix##yield(                                                             \
				w[3], w[4], w[5], self, a[0], a[1], a[2], a[3], w[0], w[1], w[2]); \
		return short_way_done;                                                             \
	}

SHORT_WAYS_OUT(fastpath_)
SHORT_WAYS_OUT(fastpath_locked_)

bool fake_short_way(struct cpu *cpu)
{
	struct thread *self = cpu->entry.current;

	entry_begin(cpu);
	self->frame.full = 0;
	if (general_entry[cpu->id])
		return false;
	return cpu_count > 1 ? fastpath_locked_try(self) : fastpath_try(self);
}

void fake_general_way(struct cpu *cpu)
{
	entry_begin(cpu);
	cpu->entry.current->frame.full = 0;
	if (setjmp(idle) == 0)
		syscall_enter(cpu, cpu->entry.current);
}

void fake_syscall(struct cpu *cpu)
{
	if (!fake_short_way(cpu))
		fake_general_way(cpu);
}

/* As interrupt_enter in the architecture's code. */
static void interrupt_end(struct cpu *cpu, struct thread *self)
{
	if (self != NULL && cpu->entry.current == self)
		upcall_interrupt(self);
	kernel_leave(cpu);
}

void fake_timer(struct cpu *cpu)
{
	struct thread *self = cpu->entry.current;

	interrupt_begin(cpu);
	timer_at[cpu->id] = TIME_NEVER;
	if (setjmp(idle) != 0)
		return;
	kernel_enter(cpu);
	sched_timer(cpu);
	interrupt_end(cpu, self);
}

void fake_reschedule(struct cpu *cpu)
{
	struct thread *self = cpu->entry.current;

	interrupt_begin(cpu);
	interrupt_sent[cpu->id] = false;
	if (setjmp(idle) != 0)
		return;
	kernel_enter(cpu);
	cpu->reschedule = true;
	interrupt_end(cpu, self);
}

void fake_interrupt(struct cpu *cpu, struct irq *irq)
{
	struct thread *self = cpu->entry.current;

	interrupt_begin(cpu);
	if (setjmp(idle) != 0)
		return;
	kernel_enter(cpu);
	irq_deliver(cpu, irq);
	interrupt_end(cpu, self);
}

void fake_fault(struct cpu *cpu, uint64_t kind, uint64_t address, uint64_t access)
{
	struct thread *self = cpu->entry.current;

	interrupt_begin(cpu);
	if (setjmp(idle) != 0)
		return;
	kernel_enter(cpu);
	if (self != NULL)
		fault_raise(cpu, self, kind, address, access);
	interrupt_end(cpu, self);
}

void fake_settle(void)
{
	bool again = true;

	for (uint32_t round = 0; again; round++) {
		again = false;
		FAKE_CHECK(round < 1000); /* CPUs that interrupt each other for ever */
		for (uint32_t i = 0; i < cpu_count; i++) {
			if (!interrupt_sent[i] && !cpus[i]->reschedule)
				continue;
			fake_reschedule(cpus[i]);
			again = true;
		}
	}
}

static struct cpu *next_timer(time_ns end)
{
	struct cpu *next = NULL;

	for (uint32_t i = 0; i < cpu_count; i++) {
		if (timer_at[i] <= end && (next == NULL || timer_at[i] < timer_at[next->id]))
			next = cpus[i];
	}
	return next;
}

void fake_pass(time_ns duration)
{
	time_ns end = fake_now + duration;
	struct cpu *cpu;

	fake_settle();
	while ((cpu = next_timer(end)) != NULL) {
		if (timer_at[cpu->id] > fake_now)
			fake_now = timer_at[cpu->id];
		fake_timer(cpu);
		fake_settle();
	}
	fake_now = end;
}

struct cpu *fake_cpu_of(const struct thread *thread)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->entry.current == thread)
			return cpus[i];
	}
	return NULL;
}

/* --- copies of the machine -------------------------------------------------------------------- */

struct region {
	void *start;
	size_t size;
};

#define REGIONS 4u

static void regions(struct region list[REGIONS])
{
	list[0] = (struct region){virtual_of(ARENA_SIZE),
		fake_memory_end - (uint64_t)(uintptr_t)virtual_of(ARENA_SIZE)};
	list[1] = (struct region){cpu_memory, sizeof(cpu_memory)};
	list[2] = (struct region){timer_at, sizeof(timer_at)};
	list[3] = (struct region){&loaded_root, sizeof(loaded_root)};
}

static uint8_t *copies[FAKE_COPIES][REGIONS];
static bool interrupts_saved[FAKE_COPIES][FAKE_CPUS];
static struct cpu *cpu_saved[FAKE_COPIES];

void fake_save(uint32_t copy)
{
	struct region list[REGIONS];

	regions(list);
	for (uint32_t i = 0; i < REGIONS; i++) {
		if (copies[copy][i] == NULL)
			copies[copy][i] = malloc(list[i].size);
		FAKE_CHECK(copies[copy][i] != NULL);
		memcpy(copies[copy][i], list[i].start, list[i].size);
	}
	memcpy(interrupts_saved[copy], interrupt_sent, sizeof(interrupt_sent));
	cpu_saved[copy] = fake_cpu;
}

void fake_restore(uint32_t copy)
{
	struct region list[REGIONS];

	regions(list);
	for (uint32_t i = 0; i < REGIONS; i++)
		memcpy(list[i].start, copies[copy][i], list[i].size);
	memcpy(interrupt_sent, interrupts_saved[copy], sizeof(interrupt_sent));
	fake_cpu = cpu_saved[copy];
}

void fake_compare(uint32_t copy, void (*differs)(const uint64_t *now, uint64_t then))
{
	struct region list[REGIONS];

	regions(list);
	for (uint32_t i = 0; i < REGIONS; i++) {
		const uint8_t *now = list[i].start;
		const uint8_t *then = copies[copy][i];

		for (size_t at = 0; at < list[i].size; at += sizeof(uint64_t)) {
			uint64_t word;

			if (at % PAGE_SIZE == 0 && list[i].size - at >= PAGE_SIZE &&
				memcmp(now + at, then + at, PAGE_SIZE) == 0) {
				at += PAGE_SIZE - sizeof(uint64_t);
				continue;
			}
			memcpy(&word, then + at, sizeof(word));
			if (memcmp(now + at, &word, sizeof(word)) != 0)
				differs((const uint64_t *)(const void *)(now + at), word);
		}
	}
	FAKE_CHECK(memcmp(interrupts_saved[copy], interrupt_sent, sizeof(interrupt_sent)) == 0);
}
