// SPDX-License-Identifier: MIT OR Apache-2.0
/* Starting the other CPUs: Intel SDM volume 3, section 8.4.4. */
#include <arch/apic.h>
#include <arch/asm.h>
#include <arch/cpu_init.h>
#include <arch/machine.h>
#include <arch/physmap.h>
#include <kernel/console.h>
#include <kernel/entry.h>
#include <kernel/lock.h>
#include <kernel/sched.h>
#include <kernel/time.h>

/* Long, for the CPU of a virtual machine can be kept from running by its host. */
#define START_TIMEOUT_NS 10000000000u
/* A start-up message can be lost before the CPU has seen INIT: sent again until the CPU is there.
 */
#define STARTUP_RETRY_NS 10000000u
#define INIT_SETTLE_NS   100000u
#define ENTRY_FLAGS      0x63u /* present, writable, accessed, dirty */

extern const char trampoline_start[];
extern const char trampoline_end[];

/* The end of the trampoline's page. */
struct trampoline_data {
	uint64_t root;
	uint64_t stack;
	uint64_t entry;
	uint64_t cpu;
};

#define TRAMPOLINE_DATA (PAGE_SIZE - sizeof(struct trampoline_data))

void entry_leave(void);

/* First C code of another CPU, on its own stack. */
static NORETURN void smp_entry(struct cpu *cpu)
{
	cpu_init(cpu);
	apic_init_cpu(cpu);
	__atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
	kernel_lock(cpu);
	cpu->reschedule = true;
	entry_leave();
	__builtin_unreachable();
}

/* Maps the trampoline's page at its physical address, readable and executable. */
static void map_trampoline(uint64_t page)
{
	uint64_t *root = virtual_of(cpus[0]->entry.kernel_root);
	uint64_t *tables[3];

	for (uint32_t i = 0; i < 3; i++)
		tables[i] = boot_allocate(PAGE_SHIFT);
	root[0] = physical_of(tables[0]) | ENTRY_FLAGS;
	tables[0][0] = physical_of(tables[1]) | ENTRY_FLAGS;
	tables[1][0] = physical_of(tables[2]) | ENTRY_FLAGS;
	tables[2][page >> PAGE_SHIFT] = page | 1;
}

/* Whether the CPU is there within so many nanoseconds. */
static bool wait_online(const struct cpu *cpu, time_ns timeout)
{
	time_ns end = time_now() + timeout;

	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (time_now() > end)
			return false;
		cpu_pause();
	}
	return true;
}

/* INIT and start-up messages, which a CPU that runs already ignores. One that never came is put
 * back by a last INIT, so that it cannot come late, when its tables are gone. */
static bool start_cpu(struct cpu *cpu, uint64_t page)
{
	struct trampoline_data *data = virtual_of(page + TRAMPOLINE_DATA);

	data->root = cpus[0]->entry.kernel_root;
	data->stack = cpu->entry.kernel_stack;
	data->entry = (uint64_t)(uintptr_t)smp_entry;
	data->cpu = (uint64_t)(uintptr_t)cpu;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	apic_send(cpu->entry.apic_id, APIC_INIT);
	for (time_ns end = time_now() + INIT_SETTLE_NS; time_now() < end;)
		cpu_pause();
	for (time_ns end = time_now() + START_TIMEOUT_NS; time_now() < end;) {
		apic_send(cpu->entry.apic_id, APIC_STARTUP | (uint32_t)(page >> PAGE_SHIFT));
		if (wait_online(cpu, STARTUP_RETRY_NS))
			return true;
	}
	apic_send(cpu->entry.apic_id, APIC_INIT);
	return false;
}

void smp_start(const uint32_t *apic_ids, uint32_t count, uint32_t limit)
{
	uint64_t page = boot_low_page();
	uint64_t *root = virtual_of(cpus[0]->entry.kernel_root);

	if (count <= 1 || limit <= 1)
		return;
	if (page == 0 || cpus[0]->entry.kernel_root >> 32 != 0) {
		console_text("smp: no memory below 1 MiB, other CPUs stay off\n");
		return;
	}
	map_trampoline(page);
	memcpy(virtual_of(page), trampoline_start, (size_t)(trampoline_end - trampoline_start));
	for (uint32_t i = 0; i < count && cpu_count < limit; i++) {
		struct cpu *cpu;

		if (apic_ids[i] == cpus[0]->entry.apic_id)
			continue;
		cpu = boot_make_cpu(cpu_count, apic_ids[i]);
		cpus[cpu_count++] = cpu;
		if (!start_cpu(cpu, page)) {
			cpus[--cpu_count] = NULL;
			console_print("smp: CPU with APIC id {d} did not start\n", apic_ids[i]);
		}
	}
	root[0] = 0;
	cr3_write(cr3_read());
}
