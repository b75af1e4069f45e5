// SPDX-License-Identifier: MIT OR Apache-2.0
/* From the loader's hand-over to the first task: memory, CPUs, clock, and the capabilities that
 * stand for everything the kernel does not keep. */
#include <arch/acpi.h>
#include <arch/apic.h>
#include <arch/asm.h>
#include <arch/clock_init.h>
#include <arch/cpu_init.h>
#include <arch/features.h>
#include <arch/iommu.h>
#include <arch/isolation.h>
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <arch/stacks.h>
#include <kernel/boot_memory.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/entry.h>
#include <kernel/lock.h>
#include <kernel/root.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <kernel/trace.h>

#define PHYSMAP 0xffff800000000000ull /* boot/README.md: fixed by the hand-over */

static struct cpu boot_cpu;

extern uintptr_t __stack_chk_guard;
void entry_leave(void);
NORETURN void kernel_main(uint64_t boot_info);

void *boot_allocate(uint32_t order)
{
	uint64_t physical = boot_memory_take(order);

	if (physical == 0)
		panic("not enough memory to start", NULL);
	memset(virtual_of(physical), 0, (size_t)1 << order);
	return virtual_of(physical);
}

uint64_t boot_low_page(void)
{
	return boot_memory_take_below(PAGE_SHIFT, 0xa0000);
}

struct cpu *boot_make_cpu(uint32_t id, uint32_t apic)
{
	uint32_t order = 64 - (uint32_t)__builtin_clzll(sizeof(struct cpu) - 1);
	struct cpu *cpu = boot_allocate(order);

	cpu->id = id;
	cpu->entry.self = cpu;
	cpu->entry.apic_id = apic;
	cpu->entry.kernel_root = cpus[0]->entry.kernel_root;
	stacks_make(cpu);
	isolation_add_cpu(cpu);
	sched_init(cpu);
	return cpu;
}

static void check_boot_info(const struct boot_info *info)
{
	if (info->magic != BOOT_MAGIC || info->size != sizeof(*info))
		panic("the loader's boot information is malformed", NULL);
	if (info->abi_hash != ABI_HASH)
		panic("loader and kernel were built from different interfaces", NULL);
	if (info->physmap != PHYSMAP)
		panic("the physical map is not where it should be", NULL);
}

/* What follows `name` at the begin of an option, or NULL. The line after `cmd=` is no option. */
static const char *option_find(const char *line, const char *name)
{
	while (*line != 0) {
		uint32_t i = 0;

		while (name[i] != 0 && line[i] == name[i])
			i++;
		if (name[i] == 0)
			return line + i;
		if (line[0] == 'c' && line[1] == 'm' && line[2] == 'd' && line[3] == '=')
			return NULL;
		while (*line != 0 && *line != ' ')
			line++;
		while (*line == ' ')
			line++;
	}
	return NULL;
}

static bool option_is(const char *line, const char *option)
{
	const char *end = option_find(line, option);

	return end != NULL && (*end == 0 || *end == ' ');
}

static bool isolation_is_due(const char *line)
{
	if (option_is(line, "kpti=on"))
		return true;
	return features.meltdown && !option_is(line, "kpti=off");
}

static void init_boot_cpu(const struct boot_info *info)
{
	cpus[0] = &boot_cpu;
	boot_cpu.entry.kernel_root = info->page_table;
	sched_init(&boot_cpu);
	features_detect();
	stacks_make(&boot_cpu);
	if (isolation_is_due(virtual_of(info->command_line)))
		isolation_start(info->page_table);
	isolation_add_cpu(&boot_cpu);
	idt_init();
	cpu_init(&boot_cpu);
	boot_cpu.online = true;
}

/* The loader's mapping of itself goes: user space belongs to address spaces. */
static void drop_loader_mappings(const struct boot_info *info)
{
	uint64_t *root = virtual_of(info->page_table);

	memset(root, 0, PAGE_SIZE / 2);
	cr3_write(info->page_table);
}

static void init_machine(const struct boot_info *info, struct acpi_machine *machine)
{
	acpi_read(info->rsdp, machine);
	iommu_init(machine->dmar, machine->dmar_size);
	clock_init(machine->hpet);
	apic_init(machine);
	apic_init_cpu(&boot_cpu);
	apic_timer_calibrate();
}

/* The number after `name=` on the command line, else `fallback`. */
static uint64_t option_number(const char *line, const char *name, uint64_t fallback)
{
	const char *digit = option_find(line, name);
	uint64_t value = 0;

	if (digit == NULL || *digit < '0' || *digit > '9')
		return fallback;
	while (*digit >= '0' && *digit <= '9')
		value = value * 10 + (uint64_t)(*digit++ - '0');
	return value;
}

/* For a test of what happens then (fault=stack). */
static NORETURN void overflow_stack(uint64_t top)
{
	__asm__ volatile("mov %0, %%rsp\n1:\tpush %0\n\tjmp 1b" : : "r"(top) : "memory");
	__builtin_unreachable();
}

static void print_crash(void)
{
	const char *text;

	if (crash_previous(&text) == 0)
		return;
	console_text("The kernel panicked before this boot and said:\n");
	console_text(text);
	console_text("End of what it said before this boot.\n");
}

void kernel_main(uint64_t boot_info)
{
	const struct boot_info *info;
	static struct acpi_machine machine;
	const char *line;
	uint32_t limit;

	physmap_base = PHYSMAP;
	info = virtual_of(boot_info);
	cpus[0] = &boot_cpu;
	msr_write(MSR_GS_BASE, (uint64_t)(uintptr_t)&boot_cpu);
	boot_cpu.entry.self = &boot_cpu;
	check_boot_info(info);
	__stack_chk_guard = info->entropy[3] & ~(uint64_t)0xff;
	boot_memory_init(virtual_of(info->memory_map), info->memory_map_count);
	crash_init(
		virtual_of(boot_memory_take(PAGE_SHIFT))); /* first: the same page at each boot */
	init_boot_cpu(info);
	drop_loader_mappings(info);
	init_machine(info, &machine);
	line = virtual_of(info->command_line);
	if (!option_is(line, "log=quiet"))
		console_print("Craton kernel, interface {x}, TSC {d} MHz\n", ABI_HASH,
			clock.hz / 1000000);
	if (arch_isolation_root != 0 && !option_is(line, "log=quiet"))
		console_text("kernel isolation: on\n");
	else if (arch_isolation_root == 0 && features.meltdown)
		console_text("warning: this CPU can read kernel memory speculatively, and kernel "
			     "isolation is off (kpti=off)\n");
	print_crash();
	if (option_is(line, "fault=stack"))
		overflow_stack(boot_cpu.entry.kernel_stack);
	kernel_watch = option_is(line, "log=debug") ? WATCH_TIME : 0;
	trace_events = !option_is(line, "trace=off");
	limit = (uint32_t)option_number(line, "smp=", CPU_MAX);
	kernel_has_others = machine.cpu_count > 1 && limit > 1;
	cpu_set_entry();
	kernel_lock(&boot_cpu);
	smp_start(machine.apic_ids, machine.cpu_count, limit);
	if (option_is(line, "trace=calls"))
		trace_set_mode(TRACE_MODE_EVENTS | TRACE_MODE_CALLS);
	root_start(info, machine.ecam, machine.ecam_size);
	boot_cpu.reschedule = true;
	entry_leave();
	__builtin_unreachable();
}
