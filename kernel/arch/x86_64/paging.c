// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page tables: see paging.h. */
#include <arch/asm.h>
#include <arch/iommu.h>
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/cpu.h>

#define ENTRY_PRESENT ((uint64_t)1 << 0)
#define ENTRY_WRITE   ((uint64_t)1 << 1)
#define ENTRY_USER    ((uint64_t)1 << 2)
#define ENTRY_PWT     ((uint64_t)1 << 3)
#define ENTRY_PCD     ((uint64_t)1 << 4)
#define ENTRY_LARGE   ((uint64_t)1 << 7)
#define ENTRY_NX      ((uint64_t)1 << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define COUNT_SHIFT   52u
#define COUNT_ONE     ((uint64_t)1 << COUNT_SHIFT)
#define COUNT_MASK    ((uint64_t)0x3ff << COUNT_SHIFT)

#define LEVELS        4u /* at most; level 0: entries map 4 KiB; the last: the top table */
#define TABLE_ENTRIES 512u
#define USER_ENTRIES  256u
#define LARGE_PAGES   512u
#define LARGE_SIZE    (LARGE_PAGES * PAGE_SIZE)

uint64_t physmap_base;

uint64_t arch_isolation_root;

uint64_t arch_flush_mask; /* CPUs that must forget translations; guarded by the kernel lock */

struct space_object {
	struct address_space header;
	uint64_t top[TABLE_ENTRIES] __attribute__((aligned(4096)));
};

_Static_assert(sizeof(struct space_object) == 1u << ARCH_SPACE_ORDER, "two pages");

static uint32_t index_at(uint64_t address, uint32_t level)
{
	return (uint32_t)(address >> (PAGE_SHIFT + 9 * level)) & (TABLE_ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry)
{
	return virtual_of(entry & ENTRY_ADDRESS);
}

void arch_space_init(struct address_space *space)
{
	struct space_object *object = (struct space_object *)space;
	const uint64_t *kernel = virtual_of(cpus[0]->entry.kernel_root);

	memcpy(object->top + USER_ENTRIES, kernel + USER_ENTRIES,
		(TABLE_ENTRIES - USER_ENTRIES) * sizeof(uint64_t));
	space->root = physical_of(object->top);
	space->user_root = arch_isolation_root;
	space->levels = LEVELS;
}

void arch_dma_space_init(struct address_space *space, uint32_t levels)
{
	space->root = physical_of(((struct space_object *)space)->top);
	space->user_root = arch_isolation_root;
	space->levels = levels;
	space->is_dma = true;
	memory_write_back(virtual_of(space->root), PAGE_SIZE);
}

/* An IOMMU may read tables past the caches. */
static void entries_changed(const struct address_space *space, uint64_t *entry, uint64_t count)
{
	if (UNLIKELY(space->is_dma))
		memory_write_back(entry, count * sizeof(*entry));
}

/* Whether user mode has a top table of this space's own. */
static bool has_user_top(const struct address_space *space)
{
	return space->user_root != arch_isolation_root;
}

static void user_top_make(struct address_space *space)
{
	const uint64_t *kernel;
	uint64_t *top;

	if (arch_isolation_root == 0 || has_user_top(space) || space->is_dma)
		return;
	space->user_root = space_pool_take(space);
	top = virtual_of(space->user_root);
	kernel = virtual_of(arch_isolation_root);
	memcpy(top + USER_ENTRIES, kernel + USER_ENTRIES,
		(TABLE_ENTRIES - USER_ENTRIES) * sizeof(uint64_t));
}

/* Changes an entry of a table of `level`; those of the top table in both. */
static void entry_set(struct address_space *space, uint32_t level, uint64_t *entry, uint64_t value)
{
	if (level == space->levels - 1 && has_user_top(space)) {
		uint64_t *top = virtual_of(space->user_root);

		top[entry - (uint64_t *)virtual_of(space->root)] = value;
		value |= value != 0 ? ENTRY_NX : 0;
	}
	*entry = value;
	entries_changed(space, entry, 1);
}

/* A bit for each CPU that may have translations of the space. */
static uint64_t active_cpus(const struct address_space *space)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < cpu_count; i++)
		mask |= cpus[i]->space == space ? (uint64_t)1 << i : 0;
	return mask;
}

void arch_space_tear(struct address_space *space)
{
	struct space_object *object = (struct space_object *)space;

	memset(object->top, 0, (space->is_dma ? TABLE_ENTRIES : USER_ENTRIES) * sizeof(uint64_t));
	entries_changed(space, object->top, TABLE_ENTRIES);
	space->user_root = arch_isolation_root;
	space->torn = true;
	space->pool = 0;
	space->pool_count = 0;
	arch_flush_mask |= active_cpus(space);
	if (space->is_dma)
		iommu_forget(space);
	arch_flush_finish(); /* the tables may be reused as soon as their capabilities are gone */
}

void arch_space_forget(struct address_space *space)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->space != space)
			continue;
		if (cpus[i] == cpu_self()) {
			cr3_write(cpus[0]->entry.kernel_root);
		} else {
			cpus[i]->drop_space = true;
			arch_pull_into_kernel(cpus[i]);
		}
		cpus[i]->space = NULL; /* not before: its way out of the kernel reads it */
	}
}

/* --- walking ---------------------------------------------------------------------------------- */

/* The entry of `level` for `address`, or NULL if a table on the way is missing or a large page
 * covers it. */
static uint64_t *entry_at(const struct address_space *space, uint64_t address, uint32_t level)
{
	uint64_t *table = virtual_of(space->root);

	for (uint32_t l = space->levels - 1; l > level; l--) {
		uint64_t entry = table[index_at(address, l)];

		if ((entry & ENTRY_PRESENT) == 0 || (entry & ENTRY_LARGE) != 0)
			return NULL;
		table = table_of(entry);
	}
	return &table[index_at(address, level)];
}

/* A table from the pool, as an entry. */
static uint64_t table_take(struct address_space *space)
{
	uint64_t table = space_pool_take(space);

	if (!space->is_dma)
		return table | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER;
	memory_write_back(virtual_of(table), PAGE_SIZE);
	return table | ENTRY_PRESENT | ENTRY_WRITE;
}

/* The same, taking missing tables from the pool, and counts `add` more entries in the table that
 * holds it. */
static uint64_t *entry_make(
	struct address_space *space, uint64_t address, uint32_t level, uint64_t add)
{
	uint64_t *table = virtual_of(space->root);
	uint64_t *parent = NULL;

	for (uint32_t l = space->levels - 1; l > level; l--) {
		uint64_t *entry = &table[index_at(address, l)];

		if ((*entry & ENTRY_PRESENT) == 0) {
			entry_set(space, l, entry, table_take(space));
			if (parent != NULL)
				*parent += COUNT_ONE;
		}
		parent = entry;
		table = table_of(*entry);
	}
	if (parent != NULL)
		*parent += add * COUNT_ONE;
	return &table[index_at(address, level)];
}

/* `gone` entries of the table of `level` for `address` were cleared: tables that are empty now go
 * back to the pool. */
static void entries_removed(
	struct address_space *space, uint64_t address, uint32_t level, uint64_t gone)
{
	for (; level < space->levels - 1; level++) {
		uint64_t *parent = entry_at(space, address, level + 1);
		uint64_t *words;

		*parent -= gone * COUNT_ONE;
		if ((*parent & COUNT_MASK) != 0)
			return;
		words = table_of(*parent);
		entry_set(space, level + 1, parent, 0);
		space_pool_return(space, physical_of(words));
		gone = 1;
	}
}

/* A step through a range: one large page, or the part of a leaf table. Not all IOMMUs have large
 * pages. */
struct chunk {
	uint64_t pages;
	bool large;
};

static struct chunk chunk_at(
	const struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages)
{
	uint64_t in_table = LARGE_PAGES - (address >> PAGE_SHIFT & (LARGE_PAGES - 1));

	if (((address | physical) & (LARGE_SIZE - 1)) == 0 && pages >= LARGE_PAGES &&
		!space->is_dma)
		return (struct chunk){LARGE_PAGES, true};
	return (struct chunk){pages < in_table ? pages : in_table, false};
}

/* --- checking --------------------------------------------------------------------------------- */

/* Tables missing for a leaf of `level` at `address`. `*last` remembers, by level, the last region
 * for which one was counted. */
static uint64_t tables_missing(
	const struct address_space *space, uint64_t address, uint32_t level, uint64_t last[LEVELS])
{
	uint64_t *table = virtual_of(space->root);
	uint32_t l = space->levels - 1;
	uint64_t missing = 0;

	for (; l > level; l--) {
		uint64_t entry = table[index_at(address, l)];

		if ((entry & ENTRY_PRESENT) == 0)
			break;
		table = table_of(entry);
	}
	for (; l > level; l--) {
		uint64_t region = address >> (PAGE_SHIFT + 9 * l);

		if (last[l] != region)
			missing++;
		last[l] = region;
	}
	return missing;
}

static bool covered_by_large(const struct address_space *space, uint64_t address)
{
	const uint64_t *entry = entry_at(space, address, 1);

	return entry != NULL && (*entry & ENTRY_LARGE) != 0;
}

static bool chunk_is_free(const struct address_space *space, uint64_t address, struct chunk chunk)
{
	const uint64_t *entry;

	if (covered_by_large(space, address))
		return false;
	entry = entry_at(space, address, chunk.large ? 1 : 0);
	if (entry == NULL)
		return true;
	if (chunk.large)
		return (*entry & ENTRY_PRESENT) == 0;
	for (uint64_t i = 0; i < chunk.pages; i++) {
		if ((entry[i] & ENTRY_PRESENT) != 0)
			return false;
	}
	return true;
}

status_t arch_map_check(struct address_space *space, uint64_t address, uint64_t physical,
	uint64_t pages, uint64_t *missing)
{
	uint64_t last[LEVELS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	uint64_t entries = 0;
	uint64_t need = 0;

	if (arch_isolation_root != 0 && !has_user_top(space) && !space->is_dma)
		need = 1;

	while (pages > 0) {
		struct chunk chunk = chunk_at(space, address, physical, pages);

		entries += chunk.large ? 1 : chunk.pages;
		if (entries > SPACE_MAP_ENTRIES)
			return ERR_RANGE;
		if (!chunk_is_free(space, address, chunk))
			return ERR_ALREADY_MAPPED;
		need += tables_missing(space, address, chunk.large ? 1 : 0, last);
		address += chunk.pages << PAGE_SHIFT;
		physical += chunk.pages << PAGE_SHIFT;
		pages -= chunk.pages;
	}
	*missing = need > space->pool_count ? need - space->pool_count : 0;
	return *missing == 0 ? OK : ERR_NEED_TABLES;
}

/* --- changing --------------------------------------------------------------------------------- */

/* The first two bits are an IOMMU's read and write; others are not for it. */
static uint64_t leaf_flags(const struct address_space *space, uint64_t flags)
{
	uint64_t entry = ENTRY_PRESENT;

	if ((flags & RIGHT_WRITE) != 0)
		entry |= ENTRY_WRITE;
	if (space->is_dma)
		return entry;
	entry |= ENTRY_USER;
	if ((flags & RIGHT_EXECUTE) == 0)
		entry |= ENTRY_NX;
	if ((flags & MAP_FLAG_UNCACHED) != 0)
		entry |= ENTRY_PCD | ENTRY_PWT;
	else if ((flags & MAP_FLAG_WRITE_COMBINING) != 0)
		entry |= ENTRY_PWT; /* PAT entry 1 is set to write combining */
	return entry;
}

void arch_map(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages,
	uint64_t flags)
{
	uint64_t bits = leaf_flags(space, flags);

	user_top_make(space);
	while (pages > 0) {
		struct chunk chunk = chunk_at(space, address, physical, pages);

		if (chunk.large) {
			*entry_make(space, address, 1, 1) = physical | bits | ENTRY_LARGE;
		} else {
			uint64_t *entry = entry_make(space, address, 0, chunk.pages);
			uint64_t value = physical | bits;

			for (uint64_t i = 0; i < chunk.pages; i++, value += PAGE_SIZE)
				entry[i] = value;
			entries_changed(space, entry, chunk.pages);
		}
		address += chunk.pages << PAGE_SHIFT;
		physical += chunk.pages << PAGE_SHIFT;
		pages -= chunk.pages;
	}
	if (UNLIKELY(space->is_dma))
		iommu_mapped(space);
}

#define LOCAL_FLUSH_PAGES 8u

/* Removed or restricted translations of a range: this CPU forgets them now if they are few. */
static void flush_range(const struct address_space *space, uint64_t address, uint64_t pages)
{
	struct cpu *self = cpu_self();
	uint64_t mask = active_cpus(space);

	if (self->space == space && pages <= LOCAL_FLUSH_PAGES) {
		for (uint64_t i = 0; i < pages; i++)
			invlpg(address + (i << PAGE_SHIFT));
		mask &= ~((uint64_t)1 << self->id);
	}
	arch_flush_mask |= mask;
	if (UNLIKELY(space->is_dma))
		iommu_forget(space);
}

/* Calls for each present leaf chunk of a mapping; a mapping's leaves have the shape that chunk_at
 * gave when it was made. */
static void rewrite(struct address_space *space, uint64_t address, uint64_t physical,
	uint64_t pages, uint64_t bits)
{
	while (pages > 0) {
		struct chunk chunk = chunk_at(space, address, physical, pages);
		uint32_t level = chunk.large ? 1 : 0;
		uint64_t *entry = entry_at(space, address, level);
		uint64_t value = bits == 0 ? 0 : physical | bits | (chunk.large ? ENTRY_LARGE : 0);
		uint64_t count = chunk.large ? 1 : chunk.pages;

		for (uint64_t i = 0; i < count; i++) {
			entry[i] = value;
			value += bits == 0 ? 0 : PAGE_SIZE;
		}
		entries_changed(space, entry, count);
		if (bits == 0)
			entries_removed(space, address, level, count);
		address += chunk.pages << PAGE_SHIFT;
		physical += chunk.pages << PAGE_SHIFT;
		pages -= chunk.pages;
	}
}

uint64_t arch_mapped_flags(const struct address_space *space, uint64_t address)
{
	uint64_t size;
	uint64_t entry = arch_leaf(space->root, address, &size);
	uint64_t flags = RIGHT_READ;

	if ((entry & ENTRY_WRITE) != 0)
		flags |= RIGHT_WRITE;
	if ((entry & ENTRY_NX) == 0)
		flags |= RIGHT_EXECUTE;
	if ((entry & ENTRY_PCD) != 0)
		flags |= MAP_FLAG_UNCACHED;
	else if ((entry & ENTRY_PWT) != 0)
		flags |= MAP_FLAG_WRITE_COMBINING;
	return flags;
}

void arch_protect(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages,
	uint64_t flags)
{
	rewrite(space, address, physical, pages, leaf_flags(space, flags));
	flush_range(space, address, pages);
}

void arch_unmap(struct address_space *space, uint64_t address, uint64_t physical, uint64_t pages)
{
	rewrite(space, address, physical, pages, 0);
	flush_range(space, address, pages);
}

void arch_flush_finish(void)
{
	struct cpu *self = cpu_self();

	if (LIKELY(arch_flush_mask == 0))
		return;
	if ((arch_flush_mask >> self->id & 1) != 0)
		cr3_write(cr3_read());
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i] == self || (arch_flush_mask >> i & 1) == 0)
			continue;
		cpus[i]->flush_request = true;
		arch_pull_into_kernel(cpus[i]);
	}
	arch_flush_mask = 0;
	iommu_flush();
}

/* --- reading ---------------------------------------------------------------------------------- */

uint64_t arch_leaf(uint64_t root, uint64_t address, uint64_t *size)
{
	const uint64_t *table = virtual_of(root);
	uint32_t level = LEVELS;
	uint64_t entry;

	do {
		level--;
		entry = table[index_at(address, level)];
		table = table_of(entry);
	} while (level > 0 && (entry & ENTRY_PRESENT) != 0 && (entry & ENTRY_LARGE) == 0);
	*size = (uint64_t)1 << (PAGE_SHIFT + 9 * level);
	return (entry & ENTRY_PRESENT) != 0 ? entry : 0;
}

const uint32_t *arch_user_word(struct address_space *space, uint64_t address)
{
	uint64_t size;
	uint64_t entry = space == NULL ? 0 : arch_leaf(space->root, address, &size);

	if (entry == 0)
		return NULL;
	return virtual_of((entry & ENTRY_ADDRESS & ~(size - 1)) + (address & (size - 1)));
}

uint32_t *arch_user_word_to_write(struct address_space *space, uint64_t address)
{
	uint64_t size;
	uint64_t entry = arch_leaf(space->root, address, &size);

	if ((entry & ENTRY_WRITE) == 0)
		return NULL;
	return virtual_of((entry & ENTRY_ADDRESS & ~(size - 1)) + (address & (size - 1)));
}

#define HALF ((uint64_t)1 << 47) /* positions in a table: addresses without their sign */

static void check_tables(
	uint64_t root, uint64_t position, uint64_t end, uint64_t *pages, uint64_t *violations)
{
	uint64_t size;

	for (; position < end; position = (position & ~(size - 1)) + size) {
		uint64_t entry = arch_leaf(root, position, &size);

		if (entry == 0)
			continue;
		*pages += size >> PAGE_SHIFT;
		if ((entry & ENTRY_WRITE) != 0 && (entry & ENTRY_NX) == 0)
			*violations += size >> PAGE_SHIFT;
	}
}

void arch_check_wx(struct address_space *space, uint64_t *pages, uint64_t *violations)
{
	*pages = 0;
	*violations = 0;
	check_tables(space->root, 0, 2 * HALF, pages, violations);
	if (arch_isolation_root != 0)
		check_tables(arch_isolation_root, HALF, 2 * HALF, pages, violations);
}
