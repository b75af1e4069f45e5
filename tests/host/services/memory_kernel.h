// SPDX-License-Identifier: MIT OR Apache-2.0
/* As much of the kernel as the memory service uses: slots with untyped memory, frames, page tables
 * and address spaces, and what is mapped in them. It outlives kills of the service. */
#pragma once

#include <abi/abi.h>
#include <craton/runtime.h>

#define KERNEL_CNODE  1u /* handles that are no slots */
#define KERNEL_OWN    2u /* the service's own space */
#define KERNEL_SIGNAL 3u

/* A machine with `bytes` of untyped memory, in the slots where the service looks for it. */
void kernel_new(uint64_t bytes);

/* Where the service's chunks are on the host. */
uint8_t *kernel_window(void);

/* Where its tables are, all zero. */
uint8_t *kernel_tables(size_t size);

/* What a program would see: the byte at an address of the space in slot `space`; nullptr: there is
 * no page for these rights. */
uint8_t *kernel_byte(uint64_t space, uint64_t address, uint64_t rights);

/* How many capabilities map something into programs. */
unsigned kernel_mappings(void);

/* True: there is a capability in the slot. */
bool kernel_has(uint64_t slot);

/* How often the process service was signalled. */
unsigned kernel_signals(void);

/* The machine has an IOMMU; not after kernel_new(). */
void kernel_add_iommu(void);

/* Puts an address space into a slot, as a message would. */
void kernel_put_space(uint64_t slot);
