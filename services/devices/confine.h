// SPDX-License-Identifier: MIT OR Apache-2.0
/* What devices reach, where the machine has IOMMUs: nothing, but what is in the DMA space of their
 * driver. The kernel has the tables (kernel/dma.h), the memory service says what is in a space;
 * here is said which device is attached to which, and what comes of a device that reaches beyond.
 */
#pragma once

#include <craton/runtime.h>

/* At the start of each instance, when the devices are known: turns on what there is. The first one
 * says so. */
void confine_open(bool is_first);

/* The device at this place of the list reaches what is in `space` (0: its driver has none) from now
 * on. OK also where nothing confines it. ERR_ACCESS: there is no space; ERR_NOT_SUPPORTED: it
 * cannot be confined, which is said in the log; ERR_IO: it reached beyond too often. */
[[nodiscard]] status_t confine_attach(uint32_t index, handle_t space);

/* It reaches nothing from now on, where something confines it. */
void confine_detach(uint32_t index);

/* Faults have been signalled, or the time of confine_deadline() has come; in a transaction of
 * nobody. */
#define CONFINE_SIGNAL ((uint64_t)1 << 16)
void confine_look(void);
uint64_t confine_deadline(void);
