// SPDX-License-Identifier: MIT OR Apache-2.0
/* Address spaces: a tree of page tables, the pool that it grows from, and the capabilities that
 * are mapped in it.
 * Invariants: each mapped page belongs to exactly one frame slot, which is on `mappings`; a
 * frame's slot has at most one mapping, contiguous; no page is writable and executable.
 * Tests: tests/host/kernel/space_test.c, tests/system/space.c */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <kernel/object.h>
#include <kernel/slice.h>

struct address_space {
	uint64_t root;         /* physical address of the top table */
	uint64_t user_root;    /* top table for user mode under kernel isolation, else 0 */
	uint64_t pool;         /* physical address of the first unused table, linked through */
	uint64_t pool_count;   /*   the first words; 0: none */
	struct slot *mappings; /* frames mapped here */
	struct slot *tables;   /* page tables given to it */
	uint32_t levels;       /* of tables */
	uint32_t domain;       /* of a DMA space: by what number IOMMUs know it; 0: none yet */
	bool torn;             /* a table in use was deleted: nothing is mapped any more */
	bool is_dma;           /* of a device: see dma.h */
};

#define SPACE_MAP_ENTRIES 512u /* page-table entries that one call maps at most */

void space_init(struct address_space *space);

/* Invocations; see abi/kernel.toml. */
NODISCARD status_t space_give_table(struct address_space *space, struct slot *table);
NODISCARD status_t space_map(struct address_space *space, struct slot *frame, uint64_t offset,
	uint64_t address, uint64_t pages, uint64_t flags, uint64_t *missing);
NODISCARD status_t space_protect(struct address_space *space, struct slot *frame, uint64_t flags);

/* Copies the frame in `source`, mapped in `from`, to the empty slot `copy`, mapped in `to` at the
 * same address, both read-only. OK also if that was done before, or `source` is empty. ERR_AGAIN:
 * the slice is used up. */
NODISCARD status_t space_clone(struct address_space *to, struct address_space *from,
	struct slot *source, struct slot *copy, struct slice *slice, uint64_t *missing);

/* A table from the pool, zeroed; the pool is not empty. For the table code. */
uint64_t space_pool_take(struct address_space *space);
void space_pool_return(struct address_space *space, uint64_t table);

/* Removes the mapping of a frame's capability. Other CPUs forget it before the kernel is left. */
void space_unmap(struct slot *frame);

/* True if `frame`'s mapping is in `space`. */
NODISCARD bool space_has_mapping(const struct address_space *space, const struct slot *frame);

/* Takes a table whose capability goes away out of its space. */
void space_forget_table(struct slot *table);

/* A frame's or table's slot moved to another place. */
void space_slot_moved(struct slot *slot);

/* Empties a space that is destroyed: its capabilities forget it. ERR_AGAIN: repeat. */
NODISCARD status_t space_destroy(struct address_space *space, struct slice *slice);

#endif
