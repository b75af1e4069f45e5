// SPDX-License-Identifier: MIT OR Apache-2.0
/* Basic types and macros of the kernel. The portable core is C17 (so that Frama-C can read it);
 * what C23 would give as attributes comes from here. */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <abi/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD     __attribute__((warn_unused_result))
#define NORETURN      __attribute__((noreturn))
#define COLD          __attribute__((cold, noinline))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LIKELY(x)     __builtin_expect(!!(x), 1)
#define UNLIKELY(x)   __builtin_expect(!!(x), 0)

#define PAGE_SHIFT 12u
#define PAGE_SIZE  ((uint64_t)1 << PAGE_SHIFT)
#define TIME_NEVER UINT64_MAX

/* The structure that contains `member` at address `pointer`. */
#define CONTAINER_OF(pointer, type, member) \
	((type *)((uintptr_t)(pointer) - offsetof(type, member)))

/* Nanoseconds on the monotonic clock that starts at boot. */
typedef uint64_t time_ns;

void *memset(void *destination, int byte, size_t size);
void *memcpy(void *restrict destination, const void *restrict source, size_t size);

#endif
