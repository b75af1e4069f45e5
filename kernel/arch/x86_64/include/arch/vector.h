// SPDX-License-Identifier: MIT OR Apache-2.0
/* Vector and floating-point state: Intel SDM volume 1, chapter 13. No lazy trap: the state is
 * saved when a thread leaves the CPU in the middle of its code, and cleared when it leaves in a
 * blocking system call, which by the ABI does not keep it. */
#ifndef ARCH_VECTOR_H
#define ARCH_VECTOR_H

#include <arch/features.h>
#include <kernel/object.h>

/* Finds out what the CPU can save and enables it. */
void vector_init_cpu(void);

extern const uint8_t vector_initial_image[ARCH_VECTOR_SIZE];
extern uint32_t vector_state_mask;

/* Clears what XGETBV with ECX = 1 says is live. */
ALWAYS_INLINE void vector_clear_live(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
	if (low != 0)
		__asm__ volatile("xrstor64 %0" : : "m"(vector_initial_image), "a"(low), "d"(high));
}

/* Clears what is live, if anything is. */
ALWAYS_INLINE void vector_clear(void)
{
	if (UNLIKELY(!features.xsave))
		__asm__ volatile("fxrstor64 %0" : : "m"(vector_initial_image));
	else if (LIKELY(features.xgetbv1))
		vector_clear_live();
	else
		__asm__ volatile("xrstor64 %0"
			:
			: "m"(vector_initial_image), "a"(vector_state_mask), "d"(0));
}

/* Switches between two threads that are both in blocking system calls: vector registers are
 * cleared, only the control words are each thread's own. The CPU has XGETBV with ECX = 1. */
ALWAYS_INLINE void vector_switch_dead(struct thread *from, struct thread *to)
{
	__asm__ volatile("stmxcsr %0" : "=m"(from->mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(from->fcw));
	vector_clear_live();
	__asm__ volatile("ldmxcsr %0" : : "m"(to->mxcsr));
	__asm__ volatile("fldcw %0" : : "m"(to->fcw));
}

ALWAYS_INLINE void vector_save(uint8_t *area)
{
	if (LIKELY(features.xsave))
		__asm__ volatile("xsave64 (%0)"
			:
			: "r"(area), "a"(vector_state_mask), "d"(0)
			: "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

ALWAYS_INLINE void vector_load(const uint8_t *area)
{
	if (LIKELY(features.xsave))
		__asm__ volatile("xrstor64 (%0)"
			:
			: "r"(area), "a"(vector_state_mask), "d"(0)
			: "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* Saves the live state, or, where a system call does not keep it, only the control words. */
ALWAYS_INLINE void vector_leave(struct thread *thread)
{
	if (!thread->vector_dead) {
		vector_save(thread->vector);
		thread->vector_saved = true;
		return;
	}
	__asm__ volatile("stmxcsr %0" : "=m"(thread->mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(thread->fcw));
	thread->vector_saved = false;
}

/* Loads the thread's saved state, or the initial state with its control words. */
ALWAYS_INLINE void vector_enter(struct thread *thread)
{
	if (thread->vector_saved) {
		vector_load(thread->vector);
		thread->vector_saved = false;
		return;
	}
	vector_clear();
	__asm__ volatile("ldmxcsr %0" : : "m"(thread->mxcsr));
	__asm__ volatile("fldcw %0" : : "m"(thread->fcw));
}

#endif
