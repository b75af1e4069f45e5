// SPDX-License-Identifier: MIT OR Apache-2.0
// Memories that several stores use, each on its own thread: references, a lock, and the queue of
// memory.atomic.wait and notify. Waiters do not sleep on the program's words, which may be of 64
// bits and which it may change at any time, but on one of their instance. The lock guards the size,
// the limit and the queue. What a waiter compares under it is what a notification that follows a
// store cannot miss.
#include "runtime/internal.h"

constexpr uint64_t NO_DEADLINE = UINT64_MAX;

// In an instance's wait_word.
enum wait_bits : uint32_t {
	WAIT_BIT_NOTIFIED = 1,
	WAIT_BIT_INTERRUPTED = 2,
};

struct waiter {
	uint64_t address;
	uint32_t *word;
	struct waiter *next;
};

struct memory_sharing {
	uint32_t references;
	lock_word lock;
	struct waiter *first;
	struct waiter **end; // where the next one goes
};

// --- lock ------------------------------------------------------------------------------------

void sharing_lock(struct wasm_memory *memory)
{
	if (memory->sharing != nullptr)
		lock_take(memory->platform, &memory->sharing->lock);
}

void sharing_unlock(struct wasm_memory *memory)
{
	if (memory->sharing != nullptr)
		lock_release(memory->platform, &memory->sharing->lock);
}

// --- life ------------------------------------------------------------------------------------

enum wasm_status sharing_create(const struct wasm_platform *platform,
	const struct memory_type *type, struct wasm_memory **memory)
{
	struct memory_sharing *sharing = wasm_allocate(&platform->allocator, 1, sizeof(*sharing));
	if (sharing == nullptr)
		return WASM_NO_MEMORY;
	enum wasm_status status = memory_new(platform, type, memory);
	if (status != WASM_OK) {
		wasm_free(&platform->allocator, sharing, 1, sizeof(*sharing));
		return status;
	}
	sharing->references = 1;
	sharing->end = &sharing->first;
	(*memory)->sharing = sharing;
	return WASM_OK;
}

enum wasm_status wasm_shared_memory_create(const struct wasm_platform *platform, uint32_t minimum,
	uint32_t maximum, struct wasm_memory **memory)
{
	return sharing_create(
		platform, &(struct memory_type){minimum, maximum, false, nullptr}, memory);
}

void wasm_shared_memory_release(struct wasm_memory *memory)
{
	struct memory_sharing *sharing = memory->sharing;
	if (__atomic_sub_fetch(&sharing->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	const struct wasm_allocator *allocator = &memory->platform->allocator;
	memory_destroy(memory);
	wasm_free(allocator, sharing, 1, sizeof(*sharing));
}

enum wasm_status sharing_give(struct wasm_store *store, struct wasm_memory *memory)
{
	enum wasm_status status = array_push(&store->shared_memories, store_allocator(store),
		sizeof(struct wasm_memory *), &memory);
	if (status != WASM_OK)
		wasm_shared_memory_release(memory);
	return status;
}

enum wasm_status sharing_hold(struct wasm_store *store, struct wasm_memory *memory)
{
	__atomic_add_fetch(&memory->sharing->references, 1, __ATOMIC_RELAXED);
	return sharing_give(store, memory);
}

void sharing_release_all(struct wasm_store *store)
{
	struct wasm_memory **held = store->shared_memories.items;
	for (uint32_t i = 0; i < store->shared_memories.count; i++)
		wasm_shared_memory_release(held[i]);
	array_free(&store->shared_memories, store_allocator(store), sizeof(struct wasm_memory *));
}

// --- queue; the caller holds the lock --------------------------------------------------------

static void enqueue(struct memory_sharing *sharing, struct waiter *waiter)
{
	*sharing->end = waiter;
	sharing->end = &waiter->next;
}

static void unlink_at(struct memory_sharing *sharing, struct waiter **link)
{
	struct waiter *waiter = *link;
	*link = waiter->next;
	if (sharing->end == &waiter->next)
		sharing->end = link;
}

// False: a notification has taken it out.
static bool dequeue(struct memory_sharing *sharing, const struct waiter *waiter)
{
	for (struct waiter **link = &sharing->first; *link != nullptr; link = &(*link)->next)
		if (*link == waiter) {
			unlink_at(sharing, link);
			return true;
		}
	return false;
}

// --- wait ------------------------------------------------------------------------------------

static uint64_t value_at(const struct wasm_memory *memory, const struct wait_request *request)
{
	const uint8_t *at = memory->base + request->address;
	return request->size == 4 ? __atomic_load_n((const uint32_t *)at, __ATOMIC_SEQ_CST)
				  : __atomic_load_n((const uint64_t *)at, __ATOMIC_SEQ_CST);
}

static uint64_t deadline_of(const struct wasm_platform *platform, int64_t timeout)
{
	uint64_t now = platform->clock(platform->self);
	bool never = timeout < 0 || (uint64_t)timeout >= NO_DEADLINE - now;
	return never ? NO_DEADLINE : now + (uint64_t)timeout;
}

static enum wait_result sleep_until(struct wasm_instance *instance, uint64_t deadline)
{
	const struct wasm_platform *platform = instance->store->platform;
	for (;;) {
		uint32_t bits = __atomic_load_n(&instance->wait_word, __ATOMIC_ACQUIRE);
		if ((bits & WAIT_BIT_NOTIFIED) != 0)
			return WAIT_WOKEN;
		if (bits != 0 || instance->interrupted)
			return WAIT_INTERRUPTED;
		if (!platform->wait(platform->self, &instance->wait_word, 0, deadline))
			return WAIT_TIMED_OUT;
	}
}

enum wait_result sharing_wait(struct wasm_instance *instance, struct wasm_memory *memory,
	const struct wait_request *request)
{
	struct memory_sharing *sharing = memory->sharing;
	struct waiter waiter = {request->address, &instance->wait_word, nullptr};
	uint64_t deadline = deadline_of(instance->store->platform, request->timeout);
	__atomic_store_n(&instance->wait_word, 0, __ATOMIC_RELAXED);
	sharing_lock(memory);
	bool same = value_at(memory, request) == request->expected;
	if (same)
		enqueue(sharing, &waiter);
	sharing_unlock(memory);
	if (!same)
		return WAIT_DIFFERENT;
	instance->waiting = true; // before it looks at `interrupted`, as sharing_interrupt after
	enum wait_result result = sleep_until(instance, deadline);
	instance->waiting = false;
	if (result == WAIT_WOKEN)
		return result;
	sharing_lock(memory);
	if (!dequeue(sharing, &waiter))
		result = WAIT_WOKEN;
	sharing_unlock(memory);
	return result;
}

void sharing_interrupt(struct wasm_instance *instance)
{
	const struct wasm_platform *platform = instance->store->platform;
	__atomic_fetch_or(&instance->wait_word, WAIT_BIT_INTERRUPTED, __ATOMIC_SEQ_CST);
	if (instance->waiting)
		platform->wake(platform->self, &instance->wait_word, 1);
}

// --- notify ----------------------------------------------------------------------------------

// The waiter may return as soon as its word has changed: its place in the queue is left before.
static void notify(const struct wasm_platform *platform, uint32_t *word)
{
	__atomic_fetch_or(word, WAIT_BIT_NOTIFIED, __ATOMIC_RELEASE);
	platform->wake(platform->self, word, 1);
}

uint32_t sharing_notify(struct wasm_memory *memory, uint64_t address, uint32_t count)
{
	struct memory_sharing *sharing = memory->sharing;
	uint32_t woken = 0;
	if (sharing == nullptr)
		return 0;
	sharing_lock(memory);
	struct waiter **link = &sharing->first;
	while (*link != nullptr && woken < count) {
		uint32_t *word = (*link)->word;
		if ((*link)->address != address) {
			link = &(*link)->next;
			continue;
		}
		unlink_at(sharing, link);
		notify(memory->platform, word);
		woken++;
	}
	sharing_unlock(memory);
	return woken;
}
