// SPDX-License-Identifier: MIT OR Apache-2.0
// The instructions that C lacks. (Intel SDM volume 2, and volume 3 section 2.5 for the registers.)
#pragma once

#include <stdint.h>

#define EFER_MSR 0xc0000080
#define EFER_NXE (UINT64_C(1) << 11)
#define CR4_LA57 (UINT64_C(1) << 12)

struct cpuid {
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
};

static inline struct cpuid cpu_identify(uint32_t leaf)
{
	struct cpuid r = {.eax = leaf};
	__asm__ volatile("cpuid" : "+a"(r.eax), "=b"(r.ebx), "+c"(r.ecx), "=d"(r.edx));
	return r;
}

// The extended leaf 0x80000001, all zero where there is none.
static inline struct cpuid cpu_identify_extended(void)
{
	constexpr uint32_t leaf = 0x80000001;
	return cpu_identify(0x80000000).eax >= leaf ? cpu_identify(leaf) : (struct cpuid){};
}

static inline bool cpu_has_no_execute(void)
{
	return cpu_identify_extended().edx >> 20 & 1;
}

static inline bool cpu_has_huge_pages(void)
{
	return cpu_identify_extended().edx >> 26 & 1;
}

static inline bool cpu_has_random(void)
{
	return cpu_identify(1).ecx >> 30 & 1;
}

// One try; false when the generator had nothing to give.
static inline bool cpu_random(uint64_t *value)
{
	bool ok;
	__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

static inline uint64_t cpu_time_stamp(void)
{
	uint32_t low;
	uint32_t high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t cpu_read_cr4(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void cpu_enable_no_execute(void)
{
	uint32_t low;
	uint32_t high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(EFER_MSR));
	__asm__ volatile("wrmsr" ::"a"(low | (uint32_t)EFER_NXE), "d"(high), "c"(EFER_MSR));
}

static inline void cpu_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static inline void cpu_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "d"(port));
}

static inline uint8_t cpu_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
	return value;
}

[[noreturn]] static inline void cpu_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}
