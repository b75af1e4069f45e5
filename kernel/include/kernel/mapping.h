// SPDX-License-Identifier: MIT OR Apache-2.0
/* The list of slots that an address space keeps: frames mapped in it, and tables given to it. A
 * slot has no room for three pointers, so they are packed: slots are 64-byte aligned and address
 * spaces page-aligned physical memory (up to 64 TiB). */
#ifndef KERNEL_MAPPING_H
#define KERNEL_MAPPING_H

#include <kernel/slot.h>

struct address_space;

/* Links an unlinked slot at the head of `*list` of `space`. */
void mapping_link(struct slot **list, struct slot *slot, struct address_space *space);

/* Unlinks a slot; it belongs to no space afterwards. */
void mapping_unlink(struct slot **list, struct slot *slot);

/* A linked slot was moved in memory to `slot`: its neighbours learn it. */
void mapping_moved(struct slot **list, struct slot *slot);

struct address_space *mapping_space(const struct slot *slot);

#endif
