// SPDX-License-Identifier: MIT OR Apache-2.0
/* Long operations run in slices. Each step takes from a budget; when that is used up the operation
 * returns ERR_AGAIN to the dispatcher with its progress kept in slots and objects, the kernel
 * rewinds the system call and returns to user mode, where pending interrupts are taken, and the
 * call runs again with the same arguments. So interrupts wait for one slice at most. */
#ifndef KERNEL_SLICE_H
#define KERNEL_SLICE_H

#include <kernel/types.h>

struct slice {
	uint32_t left; /* steps of about 64 instructions */
	bool flush;    /* translations were removed: other CPUs must forget them */
};

#define SLICE_STEPS 30u

ALWAYS_INLINE bool slice_take(struct slice *slice, uint32_t steps)
{
	if (slice->left < steps)
		return false;
	slice->left -= steps;
	return true;
}

#endif
