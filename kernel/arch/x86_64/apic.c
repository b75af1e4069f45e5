// SPDX-License-Identifier: MIT OR Apache-2.0
/* The local APIC: interrupts between CPUs, end of interrupt, the timer. */
#include <arch/apic.h>
#include <arch/asm.h>
#include <arch/clock.h>
#include <arch/features.h>
#include <arch/machine.h>
#include <arch/physmap.h>
#include <arch/vectors.h>

#define REG_ID            0x02u /* register numbers: xAPIC offset / 16 */
#define REG_TASK_PRIORITY 0x08u
#define REG_EOI           0x0bu
#define REG_SPURIOUS      0x0fu
#define REG_ICR_LOW       0x30u
#define REG_ICR_HIGH      0x31u
#define REG_LVT_TIMER     0x32u
#define REG_LVT_LINT0     0x35u
#define REG_LVT_LINT1     0x36u
#define REG_TIMER_INITIAL 0x38u
#define REG_TIMER_CURRENT 0x39u
#define REG_TIMER_DIVIDE  0x3eu

#define SPURIOUS_ENABLE  0x100u
#define LVT_NMI          0x400u
#define LVT_ACTIVE_LOW   0x2000u
#define LVT_MASKED       0x10000u
#define LVT_TSC_DEADLINE 0x40000u
#define ICR_PENDING      0x1000u
#define DIVIDE_BY_1      0xbu
#define BASE_ENABLE      0x800u
#define BASE_X2APIC      0x400u

static volatile uint32_t *registers;
static const struct acpi_machine *machine;
static uint64_t timer_multiplier; /* timer ticks = ns * multiplier >> 32 */

static uint32_t reg_read(uint32_t reg)
{
	return features.x2apic ? (uint32_t)msr_read(MSR_X2APIC + reg) : registers[reg * 4];
}

static void reg_write(uint32_t reg, uint32_t value)
{
	if (features.x2apic)
		msr_write(MSR_X2APIC + reg, value);
	else
		registers[reg * 4] = value;
}

void apic_init(const struct acpi_machine *found)
{
	machine = found;
	registers = virtual_of(found->local_apic);
}

/* A local interrupt pin: non-maskable interrupts, or nothing. */
static uint32_t pin_value(uint32_t pin)
{
	if ((machine->nmi_pins >> pin & 1) == 0)
		return LVT_MASKED;
	return LVT_NMI | (machine->nmi_active_low ? LVT_ACTIVE_LOW : 0);
}

void apic_init_cpu(struct cpu *cpu)
{
	uint64_t base = msr_read(MSR_APIC_BASE) | BASE_ENABLE;

	msr_write(MSR_APIC_BASE, features.x2apic ? base | BASE_X2APIC : base);
	reg_write(REG_TASK_PRIORITY, 0);
	reg_write(REG_LVT_LINT0, pin_value(0));
	reg_write(REG_LVT_LINT1, pin_value(1));
	reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	reg_write(REG_LVT_TIMER, VECTOR_TIMER | (features.tsc_deadline ? LVT_TSC_DEADLINE : 0));
	reg_write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	cpu->entry.apic_id = apic_id();
}

uint32_t apic_id(void)
{
	return features.x2apic ? reg_read(REG_ID) : reg_read(REG_ID) >> 24;
}

void apic_end_of_interrupt(void)
{
	reg_write(REG_EOI, 0);
}

void apic_send(uint32_t destination, uint32_t command)
{
	if (features.x2apic) {
		msr_write(MSR_X2APIC + REG_ICR_LOW, (uint64_t)destination << 32 | command);
		return;
	}
	while ((reg_read(REG_ICR_LOW) & ICR_PENDING) != 0)
		cpu_pause();
	reg_write(REG_ICR_HIGH, destination << 24);
	reg_write(REG_ICR_LOW, command);
}

void apic_timer_calibrate(void)
{
	uint64_t start;
	uint64_t end;
	uint32_t ticks;

	if (features.tsc_deadline)
		return;
	reg_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	reg_write(REG_TIMER_INITIAL, UINT32_MAX);
	start = arch_time_now();
	do
		end = arch_time_now();
	while (end - start < 200000);
	ticks = UINT32_MAX - reg_read(REG_TIMER_CURRENT);
	reg_write(REG_TIMER_INITIAL, 0);
	reg_write(REG_LVT_TIMER, VECTOR_TIMER);
	timer_multiplier = ((uint64_t)ticks << 32) / (end - start);
}

static uint32_t ticks_for(time_ns delay)
{
	unsigned __int128 ticks = (unsigned __int128)delay * timer_multiplier >> 32;

	if (ticks > UINT32_MAX)
		return UINT32_MAX;
	return ticks == 0 ? 1 : (uint32_t)ticks;
}

void arch_timer_set(struct cpu *cpu, time_ns when)
{
	time_ns now;

	(void)cpu;
	if (when == TIME_NEVER)
		return;
	if (features.tsc_deadline) {
		msr_write(MSR_TSC_DEADLINE, clock_to_tsc(when));
		return;
	}
	now = arch_time_now();
	reg_write(REG_TIMER_INITIAL, when > now ? ticks_for(when - now) : 1);
}

void arch_send_reschedule(struct cpu *cpu)
{
	apic_send(cpu->entry.apic_id, VECTOR_RESCHEDULE);
}

void arch_pull_into_kernel(struct cpu *cpu)
{
	if (cpu->idle || __atomic_load_n(&cpu->entry.in_kernel, __ATOMIC_ACQUIRE) != 0)
		return;
	arch_send_reschedule(cpu);
	while (__atomic_load_n(&cpu->entry.in_kernel, __ATOMIC_ACQUIRE) == 0)
		cpu_pause();
}

void arch_stop_others(void)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i] != cpu_self() && cpus[i]->online)
			apic_send(cpus[i]->entry.apic_id, VECTOR_STOP);
	}
}
