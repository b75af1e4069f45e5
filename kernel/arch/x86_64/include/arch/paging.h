// SPDX-License-Identifier: MIT OR Apache-2.0
/* Four-level page tables: Intel SDM volume 3, section 4.5. Leaf entries are 4 KiB or 2 MiB pages.
 * An entry that points to a table keeps, in bits that the CPU ignores (52..61), how many entries
 * of that table are in use; a table that becomes empty goes back to its space's pool at once. */
#ifndef ARCH_PAGING_H
#define ARCH_PAGING_H

#include <kernel/space.h>

#define ARCH_SPACE_ORDER 13u /* header page and top table */

/* Kernel isolation: the tables for user mode without a user half (physical); 0: no isolation. Under
 * isolation a space's `user_root` is these until something is mapped, and then a table from its
 * pool: one more than without. Its user half equals that of `root`, where nothing is executable. */
extern uint64_t arch_isolation_root;

void arch_space_init(struct address_space *space);

/* The same for what a device reaches: an IOMMU's tables have the same shape (VT-d 3.3, 9.8), with
 * other bits in the entries, no large pages, and three levels where it has not four. */
void arch_dma_space_init(struct address_space *space, uint32_t levels);

/* Drops all translations; the tables' memory may go away afterwards. */
void arch_space_tear(struct address_space *space);

/* No CPU has the space loaded any more when this returns. */
void arch_space_forget(struct address_space *space);

/* Whether `pages` pages at `address` are free and the pool has the tables to map them.
 * ERR_ALREADY_MAPPED, ERR_NEED_TABLES with `*missing`, ERR_RANGE: more than 512 entries. */
NODISCARD status_t arch_map_check(struct address_space *space, uint64_t address, uint64_t physical,
	uint64_t pages, uint64_t *missing);

/* Maps what arch_map_check accepted. `flags`: rights and MAP_FLAG_*. */
void arch_map(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages,
	uint64_t flags);

/* The flags with which the page at `address`, which is mapped, was mapped or protected. */
uint64_t arch_mapped_flags(const struct address_space *space, uint64_t address);

void arch_protect(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages,
	uint64_t flags);
void arch_unmap(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages);

extern uint64_t arch_flush_mask;

/* Whether translations were removed that CPUs may still have. */
ALWAYS_INLINE bool arch_flush_is_due(void)
{
	return arch_flush_mask != 0;
}

/* Makes every CPU forget translations that were removed. Before the kernel is left. */
void arch_flush_finish(void);

/* The entry that maps `address` in the tables whose top is at `root` (physical), 0: none; `*size`:
 * bytes that it, or the hole, spans. */
uint64_t arch_leaf(uint64_t root, uint64_t address, uint64_t *size);

/* The kernel address of a user word that is mapped readable; NULL if it is not. */
const uint32_t *arch_user_word(struct address_space *space, uint64_t address);

/* The same for one that is mapped writable. */
uint32_t *arch_user_word_to_write(struct address_space *space, uint64_t address);

/* Counts the pages of a space's user half, and those that are writable and executable. Also looks
 * through the kernel half. */
void arch_check_wx(struct address_space *space, uint64_t *pages, uint64_t *violations);

#endif
