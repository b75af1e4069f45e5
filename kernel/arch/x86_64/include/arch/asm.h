// SPDX-License-Identifier: MIT OR Apache-2.0
/* Single instructions. */
#ifndef ARCH_ASM_H
#define ARCH_ASM_H

#include <kernel/types.h>

#define MSR_APIC_BASE      0x1bu
#define MSR_TSC_DEADLINE   0x6e0u
#define MSR_X2APIC         0x800u
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_FMASK          0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_PAT            0x277u
#define MSR_ARCH_CAPS      0x10au

ALWAYS_INLINE uint64_t msr_read(uint32_t msr)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

ALWAYS_INLINE void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
		:
		: "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
		: "memory");
}

ALWAYS_INLINE uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

ALWAYS_INLINE void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

ALWAYS_INLINE uint64_t cr2_read(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

ALWAYS_INLINE uint64_t cr3_read(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

ALWAYS_INLINE void cr3_write(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

ALWAYS_INLINE uint64_t cr4_read(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

ALWAYS_INLINE void cr4_write(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

ALWAYS_INLINE void invlpg(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Memory that is also read past the caches has these bytes when this returns. */
ALWAYS_INLINE void memory_write_back(const void *bytes, size_t size)
{
	uintptr_t at = (uintptr_t)bytes & ~(uintptr_t)63;

	for (; at < (uintptr_t)bytes + size; at += 64)
		__asm__ volatile("clflush (%0)" : : "r"(at) : "memory");
	__asm__ volatile("mfence" ::: "memory");
}

ALWAYS_INLINE void cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

struct cpuid {
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
};

ALWAYS_INLINE struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
		: "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
		: "a"(leaf), "c"(subleaf));
	return r;
}

#endif
