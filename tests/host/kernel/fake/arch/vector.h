// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: there is no vector state. */
#ifndef ARCH_VECTOR_H
#define ARCH_VECTOR_H

#include <kernel/object.h>

ALWAYS_INLINE void vector_switch_dead(struct thread *from, struct thread *to)
{
	(void)from;
	(void)to;
}

#endif
