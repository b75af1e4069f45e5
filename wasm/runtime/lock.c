// SPDX-License-Identifier: MIT OR Apache-2.0
#include "runtime/lock.h"

enum lock_state : uint32_t {
	LOCK_FREE,
	LOCK_HELD,
	LOCK_CONTENDED, // somebody may sleep
};

void lock_take(const struct wasm_platform *platform, lock_word *lock)
{
	uint32_t expected = LOCK_FREE;
	if (__atomic_compare_exchange_n(
		    lock, &expected, LOCK_HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(lock, LOCK_CONTENDED, __ATOMIC_ACQUIRE) != LOCK_FREE)
		(void)platform->wait(platform->self, lock, LOCK_CONTENDED, UINT64_MAX);
}

void lock_release(const struct wasm_platform *platform, lock_word *lock)
{
	if (__atomic_exchange_n(lock, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_CONTENDED)
		platform->wake(platform->self, lock, 1);
}
