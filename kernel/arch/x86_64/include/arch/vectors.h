// SPDX-License-Identifier: MIT OR Apache-2.0
/* Interrupt vectors: Intel SDM volume 3, section 6.3. */
#ifndef ARCH_VECTORS_H
#define ARCH_VECTORS_H

#define VECTOR_DIVIDE       0u
#define VECTOR_DEBUG        1u
#define VECTOR_NMI          2u
#define VECTOR_BREAKPOINT   3u
#define VECTOR_OVERFLOW     4u
#define VECTOR_BOUND        5u
#define VECTOR_ILLEGAL      6u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_PROTECTION   13u
#define VECTOR_PAGE         14u
#define VECTOR_X87          16u
#define VECTOR_ALIGNMENT    17u
#define VECTOR_MACHINE      18u
#define VECTOR_SIMD         19u
#define VECTOR_FIRST_IRQ    48u
#define VECTOR_RESCHEDULE   240u
#define VECTOR_TIMER        241u
#define VECTOR_STOP         242u
#define VECTOR_SPURIOUS     255u

#endif
