// SPDX-License-Identifier: MIT OR Apache-2.0
/* Vector state: see vector.h. */
#include <arch/asm.h>
#include <arch/features.h>
#include <arch/vector.h>

#define CR4_OSFXSR     ((uint64_t)1 << 9)
#define CR4_OSXMMEXCPT ((uint64_t)1 << 10)
#define CR4_OSXSAVE    ((uint64_t)1 << 18)
#define XCR0_X87_SSE   0x3u
#define XCR0_AVX       0x4u
#define XSAVE_HEADER   512u /* offset of XSTATE_BV in the save area */

uint32_t vector_state_mask;

/* An image whose components are all initial: XRSTOR from it clears what is live. */
const uint8_t vector_initial_image[ARCH_VECTOR_SIZE] __attribute__((aligned(64))) = {
	[24] = 0x80, [25] = 0x1f, /* MXCSR */
};

void vector_init_cpu(void)
{
	uint64_t cr4 = cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (features.xsave)
		cr4 |= CR4_OSXSAVE;
	cr4_write(cr4);
	vector_state_mask = XCR0_X87_SSE | (features.avx ? XCR0_AVX : 0);
	if (features.xsave)
		__asm__ volatile("xsetbv" : : "c"(0), "a"(vector_state_mask), "d"(0));
	__asm__ volatile("fninit");
}
