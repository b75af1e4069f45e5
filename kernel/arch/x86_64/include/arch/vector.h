// SPDX-License-Identifier: MIT OR Apache-2.0
/* Vector and floating-point state: Intel SDM volume 1, chapter 13. No lazy trap: the state is
 * saved when a thread leaves the CPU in the middle of its code, and cleared when it leaves in a
 * blocking system call, which by the ABI does not keep it. */
#ifndef ARCH_VECTOR_H
#define ARCH_VECTOR_H

#include <kernel/object.h>

/* Finds out what the CPU can save and enables it. */
void vector_init_cpu(void);

/* Saves the live state, or (`keep` false) only the control words. */
void vector_leave(struct thread *thread, bool keep);

/* Loads the thread's saved state, or the initial state with its control words. */
void vector_enter(struct thread *thread);

#endif
