// SPDX-License-Identifier: MIT OR Apache-2.0
// CPU features (Intel SDM volume 2, CPUID).
#include "wasm/compiler.h"

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

bool wasm_cpu_is_supported(void)
{
	constexpr uint32_t SSSE3 = 1u << 9, SSE4_1 = 1u << 19, SSE4_2 = 1u << 20, POPCNT = 1u << 23;
	constexpr uint32_t NEEDED = SSSE3 | SSE4_1 | SSE4_2 | POPCNT;
	return (cpuid(1).c & NEEDED) == NEEDED;
}

// The CPU has AVX, and the system saves its registers (XCR0).
static bool has_avx(void)
{
	constexpr uint32_t OSXSAVE = 1u << 27, AVX = 1u << 28, SSE_AND_AVX_STATE = 6;
	if ((cpuid(1).c & (OSXSAVE | AVX)) != (OSXSAVE | AVX))
		return false;
	uint32_t low, high;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & SSE_AND_AVX_STATE) == SSE_AND_AVX_STATE;
}

uint32_t wasm_cpu_features_detect(void)
{
	uint32_t features = has_avx() ? (uint32_t)WASM_CPU_AVX : 0;
	if (cpuid(0).a >= 7) {
		uint32_t b = cpuid(7).b;
		features |= (b >> 3 & 1) != 0 ? (uint32_t)WASM_CPU_BMI1 : 0;
		features |= (b >> 8 & 1) != 0 ? (uint32_t)WASM_CPU_BMI2 : 0;
	}
	if (cpuid(0x80000000).a >= 0x80000001 && (cpuid(0x80000001).c >> 5 & 1) != 0)
		features |= WASM_CPU_LZCNT;
	return features;
}
