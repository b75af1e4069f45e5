// SPDX-License-Identifier: MIT OR Apache-2.0
/* Descriptor tables, control registers and system-call entry of a CPU: Intel SDM volume 3,
 * chapters 2, 3 and 6. */
#include <arch/asm.h>
#include <arch/cpu_init.h>
#include <arch/features.h>
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/stacks.h>
#include <arch/vector.h>
#include <arch/vectors.h>
#include <kernel/lock.h>

#define KERNEL_CODE  0x08u
#define KERNEL_DATA  0x10u
#define TSS_SELECTOR 0x18u
/* SYSRET takes data at STAR + 8 and code at STAR + 16. */
#define USER_BASE       0x23u
#define GDT_KERNEL_CODE 0x00209a0000000000ull
#define GDT_KERNEL_DATA 0x0000920000000000ull
#define GDT_USER_DATA   0x0000f20000000000ull
#define GDT_USER_CODE   0x0020fa0000000000ull

#define CR4_MCE  ((uint64_t)1 << 6)
#define CR4_PGE  ((uint64_t)1 << 7)
#define CR4_UMIP ((uint64_t)1 << 11)
#define CR4_SMEP ((uint64_t)1 << 20)
#define CR4_SMAP ((uint64_t)1 << 21)

#define EFER_SYSCALL             1u
#define EFER_NX                  0x800u
#define FLAGS_CLEARED_ON_SYSCALL 0x47700u /* AC, NT, IOPL, DF, IF, TF and ID's neighbours */
#define PAT_WITH_WRITE_COMBINING 0x0007040600070106ull /* entry 1: write combining */

#define EXCEPTIONS     32u
#define GATE_INTERRUPT 0x8eu
#define GATE_USER      0xeeu

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct gate idt[256] __attribute__((aligned(4096)));
extern const char entry_stubs[];
extern const char entry_stubs_isolated[];
extern const char entry_double_fault[];
extern const char entry_nmi[];
extern const char entry_machine_check[];
extern const char entry_syscall[];
extern const char entry_syscall_plain[];
extern const char entry_syscall_locked[];
extern const char entry_syscall_isolated[];
extern const char entry_syscall_isolated_plain[];
extern const char entry_syscall_isolated_locked[];

static void gate_set(uint32_t vector, const char *entry, uint8_t ist, uint8_t type)
{
	uint64_t address = (uint64_t)(uintptr_t)entry;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)address,
		.selector = KERNEL_CODE,
		.ist = ist,
		.type = type,
		.offset_middle = (uint16_t)(address >> 16),
		.offset_high = (uint32_t)(address >> 32),
	};
}

void idt_init(void)
{
	const char *stubs = arch_isolation_root != 0 ? entry_stubs_isolated : entry_stubs;

	for (uint32_t v = 0; v < 256; v++) {
		bool user = v == VECTOR_BREAKPOINT || v == VECTOR_OVERFLOW;

		const char *stub =
			stubs + (v < EXCEPTIONS ? 16 * v : 16 * EXCEPTIONS + 8 * (v - EXCEPTIONS));

		gate_set(v, stub, 0, user ? GATE_USER : GATE_INTERRUPT);
	}
	gate_set(VECTOR_DOUBLE_FAULT, entry_double_fault, STACK_DOUBLE_FAULT + 1, GATE_INTERRUPT);
	gate_set(VECTOR_NMI, entry_nmi, STACK_NMI + 1, GATE_INTERRUPT);
	gate_set(VECTOR_MACHINE, entry_machine_check, STACK_MACHINE + 1, GATE_INTERRUPT);
}

const void *idt_table(void)
{
	return idt;
}

static void gdt_init(struct cpu *cpu)
{
	uint64_t base = (uint64_t)(uintptr_t)&cpu->entry.tss;
	uint64_t limit = sizeof(cpu->entry.tss) - 1;
	uint64_t *gdt = cpu->entry.gdt;

	gdt[0] = 0;
	gdt[1] = GDT_KERNEL_CODE;
	gdt[2] = GDT_KERNEL_DATA;
	gdt[3] = limit | (base & 0xffffff) << 16 | (uint64_t)0x89 << 40 | (base >> 24 & 0xff) << 56;
	gdt[4] = base >> 32;
	gdt[5] = GDT_USER_DATA;
	gdt[6] = GDT_USER_CODE;
}

static void tables_load(struct cpu *cpu)
{
	struct table_pointer gdtr = {
		sizeof(cpu->entry.gdt) - 1, (uint64_t)(uintptr_t)cpu->entry.gdt};
	struct table_pointer idtr = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("pushq %0\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n1:"
		:
		: "i"(KERNEL_CODE)
		: "rax", "memory");
	__asm__ volatile(
		"mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%ss\n\tmov %1, %%fs\n\tmov %1, %%gs"
		:
		: "r"(KERNEL_DATA), "r"(0));
	__asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
}

static void control_init(void)
{
	uint64_t cr4 = cr4_read() | CR4_MCE | CR4_PGE;

	if (arch_isolation_root != 0)
		cr4 &= ~CR4_PGE; /* no translation of the kernel's outlives the change of tables */
	if (features.smep)
		cr4 |= CR4_SMEP;
	if (features.smap)
		cr4 |= CR4_SMAP;
	if (features.umip)
		cr4 |= CR4_UMIP;
	cr4_write(cr4);
	msr_write(MSR_PAT, PAT_WITH_WRITE_COMBINING);
}

/* What the short ways need: XGETBV with ECX = 1. */
static const char *general_entry(void)
{
	return arch_isolation_root != 0 ? entry_syscall_isolated : entry_syscall;
}

static const char *short_entry(void)
{
	if (arch_isolation_root != 0)
		return kernel_has_others ? entry_syscall_isolated_locked
					 : entry_syscall_isolated_plain;
	return kernel_has_others ? entry_syscall_locked : entry_syscall_plain;
}

void arch_set_entry(bool general)
{
	const char *entry = features.xgetbv1 && !general ? short_entry() : general_entry();

	msr_write(MSR_LSTAR, (uint64_t)(uintptr_t)entry);
}

void cpu_set_entry(void)
{
	arch_set_entry(false);
}

static void syscall_init(void)
{
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SYSCALL | EFER_NX);
	msr_write(MSR_STAR, (uint64_t)USER_BASE << 48 | (uint64_t)KERNEL_CODE << 32);
	cpu_set_entry();
	msr_write(MSR_FMASK, FLAGS_CLEARED_ON_SYSCALL);
}

void cpu_init(struct cpu *cpu)
{
	cpu->entry.self = cpu;
	cpu->entry.in_kernel = 1;
	cpu->entry.entry_stack = (uint64_t)(uintptr_t)(cpu->entry.stack + ENTRY_STACK_WORDS);
	cpu->entry.tss.rsp[0] =
		arch_isolation_root != 0 ? cpu->entry.entry_stack : cpu->entry.kernel_stack;
	cpu->entry.tss.io_map = sizeof(cpu->entry.tss);
	gdt_init(cpu);
	tables_load(cpu);
	msr_write(MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_FS_BASE, 0);
	control_init();
	vector_init_cpu();
	syscall_init();
}
