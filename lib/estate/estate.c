// SPDX-License-Identifier: MIT OR Apache-2.0
/* The estate and its undo log: see craton/estate.h. */
#include <craton/estate.h>

#define ESTATE_MAGIC  0x6574617473655263u
#define LOG_PAGES     16u
#define PAGE          4096u
#define LOG_BYTES     (LOG_PAGES * PAGE)
#define ROUND8(value) (((value) + 7) & ~(size_t)7)

/* An entry of the log: the old contents of a part follow it. */
struct undo {
	uint64_t offset; /* from the estate's start, modulo 2^64 */
	uint64_t size;
};

struct estate {
	uint64_t magic;
	uint64_t version;
	uint64_t size;
	uint64_t check;    /* over the fields above */
	uint64_t log_end;  /* bytes of complete entries; written after the entry itself */
	uint64_t is_outer; /* an outer transaction is open: */
	uint64_t log_kept; /* bytes of entries of its inner ones that were committed */
	uint8_t log[LOG_BYTES] __attribute__((aligned(PAGE)));
	uint8_t heap[];
};

static struct estate *estate;
static size_t heap_used;
static estate_ended_function when_ended; /* once */

static uint64_t header_check(const struct estate *e)
{
	return (e->magic ^ e->version * 0x9e3779b97f4a7c15u) + e->size * 0xbf58476d1ce4e5b9u;
}

/* Entries are undone in reverse order: an earlier one holds the older contents. The position of
 * the entry before is kept behind each entry's contents. */
static void undo_until(uint64_t kept)
{
	uint64_t end = __atomic_load_n(&estate->log_end, __ATOMIC_ACQUIRE);

	while (end > kept) {
		uint64_t start;
		struct undo *entry;

		memcpy(&start, estate->log + end - sizeof(start), sizeof(start));
		entry = (struct undo *)(estate->log + start);
		memcpy((void *)((uintptr_t)estate + entry->offset), entry + 1, entry->size);
		end = start;
		__atomic_store_n(&estate->log_end, end, __ATOMIC_RELEASE);
	}
}

static void tell_end(bool is_kept)
{
	estate_ended_function ended = when_ended;

	when_ended = nullptr;
	if (ended != nullptr)
		ended(is_kept);
}

void estate_rollback(void)
{
	undo_until(estate->log_kept);
	tell_end(false);
}

static bool is_valid(const struct estate *e, size_t size, uint64_t version)
{
	return e->magic == ESTATE_MAGIC && e->version == version && e->size == size &&
	       e->check == header_check(e) && e->log_end <= LOG_BYTES && e->is_outer <= 1 &&
	       (e->log_kept <= e->log_end || e->log_end == 0);
}

bool estate_open(void *base, size_t size, uint64_t version)
{
	estate = base;
	heap_used = 0;
	when_ended = nullptr;
	if (is_valid(estate, size, version)) {
		if (estate->log_end == 0)
			estate->log_kept = 0; /* it was killed while an outer one was kept */
		undo_until(estate->log_kept);
		return true;
	}
	memset(estate, 0, size);
	estate->version = version;
	estate->size = size;
	estate->magic = ESTATE_MAGIC;
	__atomic_store_n(&estate->check, header_check(estate), __ATOMIC_RELEASE);
	return false;
}

void *estate_allocate(size_t size, size_t alignment)
{
	uintptr_t heap = (uintptr_t)estate->heap;
	uintptr_t start = (heap + heap_used + alignment - 1) & ~(uintptr_t)(alignment - 1);

	if (start + size > (uintptr_t)estate + estate->size)
		return nullptr;
	heap_used = start + size - heap;
	return (void *)start;
}

void estate_save(const void *part, size_t size)
{
	uint64_t end = estate->log_end;
	uint64_t next = end + sizeof(struct undo) + ROUND8(size) + sizeof(uint64_t);
	struct undo *entry = (struct undo *)(estate->log + end);

	if (next > LOG_BYTES)
		runtime_abort("estate transaction too large");
	entry->offset = (uintptr_t)part - (uintptr_t)estate;
	entry->size = size;
	if (size == sizeof(uint64_t)) /* most often: then without a call */
		memcpy(entry + 1, part, sizeof(uint64_t));
	else if (size == sizeof(uint32_t))
		memcpy(entry + 1, part, sizeof(uint32_t));
	else
		memcpy(entry + 1, part, size);
	memcpy(estate->log + next - sizeof(end), &end, sizeof(end));
	__atomic_store_n(&estate->log_end, next, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* the change comes after */
}

void estate_commit(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* all changes come before */
	if (estate->is_outer != 0)
		__atomic_store_n(&estate->log_kept, estate->log_end, __ATOMIC_RELEASE);
	else
		__atomic_store_n(&estate->log_end, 0, __ATOMIC_RELEASE);
	tell_end(true);
}

bool estate_is_clean(void)
{
	return estate->log_end == estate->log_kept;
}

void estate_when_ended(estate_ended_function ended)
{
	when_ended = ended;
}

/* --- outer transactions -------------------------------------------------------------------------
 */

void estate_outer_begin(void)
{
	ASSERT(estate->is_outer == 0 && estate->log_end == 0);
	__atomic_store_n(&estate->is_outer, 1, __ATOMIC_RELEASE);
}

bool estate_outer_is_open(void)
{
	return estate->is_outer != 0;
}

bool estate_outer_is_empty(void)
{
	return estate->log_kept == 0;
}

/* Killed in between, a new instance finds the outer transaction open and empty, or still whole. */
void estate_outer_end(bool is_kept)
{
	undo_until(estate->log_kept);
	if (is_kept)
		__atomic_store_n(&estate->log_end, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&estate->log_kept, 0, __ATOMIC_RELEASE);
	undo_until(0);
	__atomic_store_n(&estate->is_outer, 0, __ATOMIC_RELEASE);
}
