// SPDX-License-Identifier: MIT OR Apache-2.0
/* Descriptor tables, control registers and system-call entry of a CPU: Intel SDM volume 3,
 * chapters 2, 3 and 6. */
#include <arch/asm.h>
#include <arch/cpu_init.h>
#include <arch/features.h>
#include <arch/machine.h>
#include <arch/vector.h>
#include <arch/vectors.h>

#define KERNEL_CODE  0x08u
#define KERNEL_DATA  0x10u
#define TSS_SELECTOR 0x18u
/* SYSRET takes data at STAR + 8 and code at STAR + 16. */
#define USER_BASE       0x23u
#define GDT_KERNEL_CODE 0x00209a0000000000ull
#define GDT_KERNEL_DATA 0x0000920000000000ull
#define GDT_USER_DATA   0x0000f20000000000ull
#define GDT_USER_CODE   0x0020fa0000000000ull

#define CR4_PGE  ((uint64_t)1 << 7)
#define CR4_UMIP ((uint64_t)1 << 11)
#define CR4_SMEP ((uint64_t)1 << 20)
#define CR4_SMAP ((uint64_t)1 << 21)

#define EFER_SYSCALL             1u
#define EFER_NX                  0x800u
#define FLAGS_CLEARED_ON_SYSCALL 0x47700u /* AC, NT, IOPL, DF, IF, TF and ID's neighbours */
#define PAT_WITH_WRITE_COMBINING 0x0007040600070106ull /* entry 1: write combining */

#define IST_DOUBLE_FAULT 1u
#define IST_STACK_SIZE   4096u
#define GATE_INTERRUPT   0x8eu
#define GATE_USER        0xeeu

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

static struct gate idt[256];
extern const char entry_stubs[];
extern const char entry_syscall[];
extern const char entry_syscall_plain[];

static void gate_set(uint32_t vector, uint8_t ist, uint8_t type)
{
	uint64_t address = (uint64_t)(uintptr_t)entry_stubs + vector * 16u;

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
	for (uint32_t v = 0; v < 256; v++)
		gate_set(v, 0, GATE_INTERRUPT);
	gate_set(VECTOR_BREAKPOINT, 0, GATE_USER);
	gate_set(VECTOR_OVERFLOW, 0, GATE_USER);
	gate_set(VECTOR_DOUBLE_FAULT, IST_DOUBLE_FAULT, GATE_INTERRUPT);
	gate_set(VECTOR_NMI, IST_DOUBLE_FAULT, GATE_INTERRUPT);
	gate_set(VECTOR_MACHINE, IST_DOUBLE_FAULT, GATE_INTERRUPT);
}

static void gdt_init(struct cpu *cpu)
{
	uint64_t base = (uint64_t)(uintptr_t)&cpu->arch.tss;
	uint64_t limit = sizeof(cpu->arch.tss) - 1;
	uint64_t *gdt = cpu->arch.gdt;

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
	struct table_pointer gdtr = {sizeof(cpu->arch.gdt) - 1, (uint64_t)(uintptr_t)cpu->arch.gdt};
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
	uint64_t cr4 = cr4_read() | CR4_PGE;

	if (features.smep)
		cr4 |= CR4_SMEP;
	if (features.smap)
		cr4 |= CR4_SMAP;
	if (features.umip)
		cr4 |= CR4_UMIP;
	cr4_write(cr4);
	msr_write(MSR_PAT, PAT_WITH_WRITE_COMBINING);
}

void cpu_set_entry(bool plain)
{
	const char *entry = plain && features.xgetbv1 ? entry_syscall_plain : entry_syscall;

	msr_write(MSR_LSTAR, (uint64_t)(uintptr_t)entry);
}

static void syscall_init(void)
{
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SYSCALL | EFER_NX);
	msr_write(MSR_STAR, (uint64_t)USER_BASE << 48 | (uint64_t)KERNEL_CODE << 32);
	cpu_set_entry(false);
	msr_write(MSR_FMASK, FLAGS_CLEARED_ON_SYSCALL);
}

void cpu_init(struct cpu *cpu, uint64_t stack_top, uint64_t fault_stack_top)
{
	cpu->entry.self = cpu;
	cpu->entry.kernel_stack = stack_top;
	cpu->entry.in_kernel = 1;
	cpu->arch.tss.rsp[0] = stack_top;
	cpu->arch.tss.ist[IST_DOUBLE_FAULT - 1] = fault_stack_top;
	cpu->arch.tss.io_map = sizeof(cpu->arch.tss);
	gdt_init(cpu);
	tables_load(cpu);
	msr_write(MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_FS_BASE, 0);
	control_init();
	vector_init_cpu();
	syscall_init();
}
