// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory service's parts and the state that they share.
 *
 * Physical memory comes in chunks of 2 MiB, each one frame capability, mapped in the service. A
 * page of a program is a part of a chunk, mapped through a copy of the chunk's capability; so a
 * program's page costs one slot and one `struct mapping`, and the program holds no capability.
 * Everything is in the estate; slots are found again by number: mapping i uses slot
 * SLOT_MAPPING + i. */
#pragma once

#include <craton/service.h>

#define PAGE           4096u
#define CHUNK_ORDER    21u
#define CHUNK_PAGES    512u
#define CHUNKS         512u /* 1 GiB of program memory */
#define SPACES         256u
#define REGIONS        4096u
#define MAPPINGS       32768u
#define OBJECTS        32u
#define OBJECT_PAGES   512u
#define SPACE_REGIONS  512u   /* of one program: what all share it cannot fill */
#define SPACE_MAPPINGS 20480u /* 80 MiB in single pages */
#define SPACE_METAS    32u
#define SHARED         576u /* objects that services share with programs; 64 for a RAM disk */
#define UNIT_PAGES     8u   /* pages of a small one */
#define UNIT_SIZE      (UNIT_PAGES * PAGE)
#define CODES          320u /* pieces of compiled code: more than one program can map */
#define CODE_MAX       ((uint64_t)16 << 20)
#define CODE_PIECES    (8u + CHUNK_UNITS)
#define CHUNK_UNITS    64u
#define METAS          256u
#define META_ORDER     17u /* address space, message pages and page tables of a program */
#define META_TABLES    24u
#define WINDOW         0x400000000u /* where the chunks are mapped in this service */

#define SLOT_POOL    PROCESS_SLOT_FREE /* untyped memory from the supervisor */
#define POOL_SLOTS   512u
#define SLOT_CHUNK   1024u /* 2 for each chunk: untyped, frame */
#define SLOT_MAPPING 3072u
#define SLOT_META    (SLOT_MAPPING + MAPPINGS) /* META_SLOTS each */
#define META_SLOTS   64u
#define SLOTS        (SLOT_META + METAS * META_SLOTS)

/* The service's own CNode has the slots below ROOT_SLOTS. The others come in blocks, each with a
 * CNode, which are made when they are first needed. */
#define ROOT_RADIX      12u
#define ROOT_SLOTS      (1u << ROOT_RADIX)
#define SLOTS_PER_BLOCK 512u
#define BLOCK_OWN       2u    /* slots of a CNode that it has for itself: the first */
#define SLOT_BLOCK      2048u /* what blocks are made of, from that with the first mapping on */
#define BLOCKS          ((SLOTS - SLOT_MAPPING) / SLOTS_PER_BLOCK)

/* Tables that grow, too: mappings with the blocks, pages with groups of chunks. */
#define TABLES       (WINDOW + ((uint64_t)CHUNKS << CHUNK_ORDER))
#define GROUP_CHUNKS 16u
#define GROUPS       (CHUNKS / GROUP_CHUNKS)
#define SLOT_GROUP   2560u

/* In the order in which they are made. */
enum block_part { BLOCK_UNTYPED, BLOCK_CNODE, BLOCK_MAPPINGS, BLOCK_TAGS, BLOCK_PARTS };
enum group_part { GROUP_UNTYPED, GROUP_PAGES, GROUP_PARTS };

static_assert(UNIT_PAGES * PAGE == MEMORY_SHARED_UNIT && UNIT_PAGES * CHUNK_UNITS == CHUNK_PAGES);
static_assert(SLOT_META >= ROOT_SLOTS && SLOT_META % SLOTS_PER_BLOCK == 0);
static_assert(SLOT_MAPPING % SLOTS_PER_BLOCK == 0 && SLOTS_PER_BLOCK % META_SLOTS == 0);

enum meta_slot {
	META_UNTYPED = BLOCK_OWN, /* of the first in a block */
	META_SPACE,
	META_MESSAGE,
	META_UPCALL,
	META_MESSAGE_MAP,
	META_UPCALL_MAP,
	META_GRANTED, /* of a DMA space: its capability without rights */
	META_TABLE = META_GRANTED + 8
};

static_assert(META_TABLE + META_TABLES <= META_SLOTS);

typedef uint32_t link_t; /* index + 1 into a pool; 0: none */

/* A part of a program's address space. */
struct region {
	uint64_t start;
	uint64_t end;
	uint64_t flags;  /* RIGHT_*, MEMORY_PRIVATE */
	uint64_t object; /* enum memory_object, or an object's number */
	uint64_t offset; /* of `start` in the object */
	link_t next;     /* by address */
};

/* Pages of a program that are mapped, in one piece. */
struct mapping {
	uint64_t address;
	uint32_t page;  /* number of the first in the pool; PAGE_NONE: of the bundle */
	uint32_t pages; /* from the pool: one, or those of a unit, at a multiple of its size */
	link_t next;    /* in the hash chain, or the free list */
	link_t space_next;
	link_t space_previous;
	uint16_t space;
	uint8_t writable;
	uint8_t charged; /* the page counts in the program's quota */
};

#define PAGE_NONE UINT32_MAX

struct page {
	uint32_t references;
	link_t next; /* free list */
};

struct space {
	uint64_t pid; /* 0: free */
	uint64_t quota;
	uint64_t used;
	uint64_t peak;
	uint64_t faults;
	uint64_t report; /* cause of a stop that the process service has not taken yet */
	uint64_t report_address;
	link_t regions;
	link_t mappings;
	link_t metas;
	uint32_t granted;
	uint32_t region_count;
	uint32_t mapping_count;
	uint32_t meta_count;
	uint32_t reports_faults; /* instead of handing them to the program */
	uint32_t makes_code;     /* a compile worker */
};

/* Untyped memory for the kernel objects of one program. */
struct meta {
	link_t next; /* of the same program, or free */
	uint32_t tables_made;
};

struct object {
	uint64_t size; /* 0: free */
	uint64_t references;
	uint64_t dying;
	uint32_t pages[OBJECT_PAGES]; /* page number + 1; 0: not allocated */
};

/* Contiguous memory that a service shares with programs: one unit, or a chunk. */
struct shared {
	uint64_t size;       /* 0: free */
	uint64_t owner;      /* the service's badge */
	uint64_t key;        /* its name for it */
	uint64_t account;    /* the program that pays; 0: nobody */
	uint32_t unit;       /* the first */
	uint32_t references; /* regions */
	uint64_t dying;      /* destroyed, but still mapped: it has no key any more */
	uint32_t guests;     /* bit per service: may map and pin it, too */
	uint32_t pins;       /* bit per service: a reference each */
};

enum code_state { CODE_FREE, CODE_OPEN, CODE_SEALED };

/* Compiled code: chunks first, then units. */
struct code {
	uint64_t size;
	uint64_t owner; /* the compile worker, until the process service takes it */
	uint32_t state; /* enum code_state */
	uint32_t references;
	uint32_t dying;
	uint16_t whole; /* pieces that are chunks */
	uint16_t pieces;
	uint16_t unit[CODE_PIECES];
};

#define HASH_SIZE 8192u

struct memory_state {
	uint32_t chunk_count;
	uint32_t meta_count;
	uint64_t pages_free;
	uint64_t faults;
	link_t free_page;
	link_t free_region;
	link_t free_mapping;
	link_t free_meta;
	link_t hash[HASH_SIZE];
	struct space spaces[SPACES];
	struct region regions[REGIONS];
	struct mapping *mappings; /* MAPPINGS; there are so many blocks: */
	uint32_t mapping_blocks;
	struct object objects[OBJECTS];
	struct meta metas[METAS];
	struct shared shared[SHARED];
	struct code codes[CODES];
	uint64_t shared_used;            /* entries below were used */
	uint64_t has_units[CHUNKS / 64]; /* bit: the chunk is divided into units, not into pages */
	uint64_t units_free[CHUNKS];     /* bit per unit */
	uint64_t bundle_orders[32];
	struct page *pages; /* CHUNKS * CHUNK_PAGES; there are those of chunk_count */
	uint64_t clean[CHUNKS * CHUNK_PAGES / 64]; /* bit: all zero */
};

extern struct memory_state *memory;

/* --- slot.c: slots, tables that grow -----------------------------------------------------------
 */

/* Maps the tables, as far as they are there, in a new instance: before its estate is opened. */
void tables_open(void);

/* Sets the tables' addresses. */
void tables_find(struct memory_state *state);

/* Makes a slot's block, or the part of `pages` with those of a chunk, if it is not there.
 * ERR_NO_MEMORY. */
[[nodiscard]] status_t slots_need(uint64_t slot);
[[nodiscard]] status_t pages_need(uint32_t chunk);

/* Where a slot is, for system calls: the CNode, and the place in it. */
[[nodiscard]] handle_t slot_cnode(uint64_t slot);
[[nodiscard]] uint64_t slot_index(uint64_t slot);

/* Of what is in it; 0: nothing. */
[[nodiscard]] handle_t slot_handle(uint64_t slot);
[[nodiscard]] bool slot_is_filled(uint64_t slot);
void slot_delete(uint64_t slot);

/* They were emptied or filled in another way; all of one CNode. */
void slots_forget(uint64_t first, uint64_t count);

/* Fills it; what a killed instance left there goes first. */
[[nodiscard]] status_t slot_retype(handle_t untyped, uint64_t type, uint64_t size, uint64_t slot);
[[nodiscard]] status_t slot_copy(handle_t source, uint64_t slot, uint64_t rights, handle_t *handle);

/* --- pool.c: pages, chunks, kernel objects --------------------------------------------------- */

void pool_init(void);

/* A cleared untyped of 2^order bytes in `slot`, from the memory that the supervisor gave; the one
 * that an instance took there which was killed before it could note that. ERR_NO_MEMORY. */
[[nodiscard]] status_t take_untyped(unsigned order, uint64_t slot);

/* So many records are free. False: there is no memory for more. */
bool mappings_need(unsigned count);

/* The next free mapping, more of them if there is none; 0: there is no memory for them. */
[[nodiscard]] link_t mapping_next(void);

/* Maps the chunks again in a new instance. */
void pool_adopt(void);

/* A zeroed page with one reference. ERR_NO_MEMORY. */
[[nodiscard]] status_t page_allocate(uint64_t *page);
void page_share(uint64_t page);
void page_release(uint64_t page);
/* The same for many: page numbers + 1, or 0. */
void pages_release(const uint32_t *list, uint32_t count);

/* Zeroed contiguous memory: one unit, or with `whole` all units of a chunk. ERR_NO_MEMORY. */
[[nodiscard]] status_t units_allocate(bool whole, uint32_t *unit);
void units_release(bool whole, uint32_t unit);

/* Bytes that can still become chunks. */
uint64_t untyped_left(void);

/* The page's contents, mapped in this service. */
void *page_contents(uint64_t page);

/* Kernel memory for a program: added to its list. ERR_NO_MEMORY. */
[[nodiscard]] status_t meta_add(struct space *space);
void meta_release_all(struct space *space);
uint64_t meta_slot(link_t meta, unsigned slot);

/* The first that a space was given: with its AddressSpace and its thread's pages. */
link_t meta_oldest(const struct space *space);

/* A capability of the space that has no rights, for others. */
[[nodiscard]] status_t kernel_space_copy(const struct space *space, handle_t *handle);

/* Maps `pages` pages of a frame into a program through a copy in `slot`, giving the address space
 * tables when it needs some. */
[[nodiscard]] status_t kernel_map(struct space *space, handle_t frame, uint64_t slot,
	uint64_t offset, uint64_t address, uint64_t pages, uint64_t rights);

/* --- space.c: programs and regions ------------------------------------------------------------ */

struct space *space_find(uint64_t pid);

/* The space of a service, whose AddressSpace is the capability `handle` (taken). */
[[nodiscard]] status_t space_adopt(uint64_t badge, handle_t handle);
[[nodiscard]] status_t space_create(uint64_t pid, uint64_t quota, struct space **space);

/* The space that is to be a kernel object of this type; everything else is as for a program. */
[[nodiscard]] status_t space_make(
	uint64_t pid, uint64_t quota, uint64_t type, struct space **space);
void space_destroy(struct space *space);

/* Counts bytes in the quota of a program. ERR_QUOTA. */
[[nodiscard]] status_t space_charge(struct space *space, uint64_t size);
void space_discharge(struct space *space, uint64_t size);
struct region *region_find(struct space *space, uint64_t address);
[[nodiscard]] status_t region_add(struct space *space, const struct region *region);
[[nodiscard]] status_t region_remove(struct space *space, uint64_t start, uint64_t end);
[[nodiscard]] status_t region_protect(
	struct space *space, uint64_t start, uint64_t end, uint64_t flags);
struct mapping *mapping_find(struct space *space, uint64_t address);
/* `rights`: RIGHT_*, and MEMORY_PRIVATE for a page that the program pays for. */
[[nodiscard]] status_t mapping_add(
	struct space *space, uint64_t address, uint64_t page, uint64_t rights);
/* The same for a unit of its own, which becomes pages when a part of it is changed. */
[[nodiscard]] status_t mapping_add_unit(
	struct space *space, uint64_t address, uint32_t unit, uint64_t rights);
/* No page or unit is mapped in [address, address + size of a unit), a multiple of that size. */
bool mapping_has_room(struct space *space, uint64_t address);
void mapping_remove(struct mapping *mapping);

/* Removes the first mapping of a space that is being destroyed: what it counts does not matter. */
void mapping_drop(struct space *space);

/* One mapping of several pages of a frame, which no page count knows. ERR_NO_MEMORY. */
[[nodiscard]] status_t mapping_add_frame(struct space *space, uint64_t address, handle_t frame,
	uint64_t offset, uint64_t pages, uint64_t rights);

/* --- fault.c ------------------------------------------------------------------------------------
 */

/* Makes the page at `address` present for `access` (1 write, 2 execute). ERR_ACCESS: not ours to
 * handle; ERR_QUOTA, ERR_NO_MEMORY. */
[[nodiscard]] status_t page_in(struct space *space, uint64_t address, uint64_t access);

[[nodiscard]] status_t fault_handler(struct request *request);

/* Maps what of an object can be mapped before it is touched: all of it if nobody can write it, the
 * program's own copy of its variables. ERR_NO_MEMORY, ERR_QUOTA. */
[[nodiscard]] status_t object_map(struct space *space, const struct region *region);

/* Copies bytes into a program's memory. */
[[nodiscard]] status_t space_write(
	struct space *space, uint64_t address, const uint8_t *bytes, size_t size);

/* Maps a part of the bundle into a program. */
[[nodiscard]] status_t bundle_map(
	struct space *space, uint64_t address, uint64_t size, uint64_t offset, uint64_t rights);

/* --- object.c
 * ------------------------------------------------------------------------------------- */

[[nodiscard]] status_t object_create(uint64_t size, uint64_t *number);
[[nodiscard]] status_t object_write(
	uint64_t number, uint64_t offset, const uint8_t *bytes, size_t size);
struct object *object_find(uint64_t number);

/* The page at `offset`, allocated if there is none. */
[[nodiscard]] status_t object_page(struct object *object, uint64_t offset, uint64_t *page);
void object_reference(uint64_t number);
void object_unreference(uint64_t number);
void object_destroy(struct object *object);

/* --- shared.c: memory that services share with programs -----------------------------------------
 */

/* nullptr: no such object. */
struct shared *shared_find(uint64_t number);
struct shared *shared_find_key(uint64_t owner, uint64_t key);
uint64_t shared_number(const struct shared *shared);

/* ERR_RANGE: no such size; ERR_NOT_FOUND: no such account; ERR_QUOTA, ERR_TOO_MANY, ERR_NO_MEMORY.
 */
[[nodiscard]] status_t shared_create(
	uint64_t owner, uint64_t key, uint64_t size, uint64_t account, struct shared **shared);

/* Maps all of it at once, into a region that is there. */
[[nodiscard]] status_t shared_map(
	struct space *space, const struct shared *shared, uint64_t address, uint64_t rights);
void shared_destroy(struct shared *shared);
void shared_reference(uint64_t number);
void shared_unreference(uint64_t number);
/* A service's reference by which the memory stays where it is, and its physical address. */
[[nodiscard]] status_t shared_pin(struct shared *shared, uint64_t badge, uint64_t *physical);
void shared_unpin(struct shared *shared, uint64_t badge);
bool shared_is_pinned(const struct shared *shared, uint64_t badge);
[[nodiscard]] status_t shared_physical(const struct shared *shared, uint64_t *physical);
/* Its owner, or a service that it was offered to. */
bool shared_is_for(const struct shared *shared, uint64_t badge);

/* --- dma.c: what devices of services reach
 * -------------------------------------------------------------------------------------- */

/* The DmaSpace of the service, without rights, made if there is none. ERR_NOT_SUPPORTED: there is
 * no IOMMU; ERR_NO_MEMORY, ERR_TOO_MANY. */
[[nodiscard]] status_t dma_open(uint64_t badge, handle_t *handle);

/* What a service that has one pins is there at its physical address. ERR_NO_MEMORY, ERR_QUOTA,
 * ERR_RANGE. */
[[nodiscard]] status_t dma_map(uint64_t badge, const struct shared *shared, uint64_t physical);
void dma_unmap(uint64_t badge, const struct shared *shared);

/* A space that is not an address space. */
#define DMA_SPACE ((uint64_t)1 << 62) /* of `pid`: and the service's badge */
static inline bool is_dma(const struct space *space)
{
	return (space->pid & DMA_SPACE) != 0;
}

static inline bool is_shared(uint64_t object)
{
	return object >= MEMORY_SHARED_FIRST && object < MEMORY_CODE_FIRST;
}

/* --- code.c: memory for compiled code
 * ------------------------------------------------------------------------------------------ */

/* nullptr: no such object. */
struct code *code_find(uint64_t number);
uint64_t code_number(const struct code *code);

/* What belongs to a compile worker, which has one at most. */
struct code *code_of(uint64_t owner);

/* Bytes that it has memory for. */
uint64_t code_room(const struct code *code);

/* An open object that counts in the worker's quota. ERR_RANGE, ERR_TOO_MANY, ERR_QUOTA,
 * ERR_NO_MEMORY. */
[[nodiscard]] status_t code_create(struct space *owner, uint64_t size, struct code **code);

/* Maps the region's part, which lies within it, at once. */
[[nodiscard]] status_t code_map(
	struct space *space, const struct code *code, const struct region *region);

/* Removes all regions of it. */
void code_unmap(struct space *space, const struct code *code);

/* It is unmapped from the worker, and not written to any more. */
void code_seal(struct space *owner, struct code *code);

/* It outlives its worker. */
void code_take(struct code *code);

/* Its memory is free when the last mapping is gone. */
void code_destroy(struct code *code);
void code_owner_gone(uint64_t pid);
void code_reference(uint64_t number);
void code_unreference(uint64_t number);

static inline bool is_code(uint64_t object)
{
	return object >= MEMORY_CODE_FIRST;
}
