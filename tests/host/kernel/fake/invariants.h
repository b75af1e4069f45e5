// SPDX-License-Identifier: MIT OR Apache-2.0
/* Checks of the whole kernel's state; they end the test program if something is wrong. */
#ifndef TESTS_KERNEL_INVARIANTS_H
#define TESTS_KERNEL_INVARIANTS_H

/* Slots: links, containment, runs of an object, depths, watermarks, mappings. */
void invariants_check_slots(void);

/* Threads, contexts, replies, endpoints, queues and timers. */
void invariants_check_threads(void);

void invariants_check(void);

#endif
