// SPDX-License-Identifier: MIT OR Apache-2.0
// What this engine accepts at most (core spec appendix 7.2, "implementation limitations"). Together
// they keep memory and time in proportion to a module's size: what a byte can ask for is bounded.
#ifndef WASM_DECODE_LIMITS_H
#define WASM_DECODE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

constexpr size_t MODULE_SIZE_LIMIT = (size_t)1 << 30;
constexpr uint32_t MODULE_TYPE_LIMIT = 100000;
constexpr uint32_t MODULE_PARAMETER_LIMIT = 1000;
constexpr uint32_t MODULE_IMPORT_LIMIT = 100000;
constexpr uint32_t MODULE_EXPORT_LIMIT = 1000000;
constexpr uint32_t MODULE_SEGMENT_LIMIT = 100000; // of data, and of elements
constexpr uint32_t MODULE_FUNCTION_LIMIT = 1000000;
constexpr uint32_t MODULE_TABLE_LIMIT = 100000;
// Each one takes 8 GiB of address space.
constexpr uint32_t MODULE_MEMORY_LIMIT = 100;
// 2^64 bytes; what is really given is bounded by the runtime.
constexpr uint64_t MEMORY64_PAGES_MOST = UINT64_C(1) << 48;
constexpr uint32_t MODULE_GLOBAL_LIMIT = 1000000;
constexpr uint32_t MODULE_TAG_LIMIT = 1000000;
constexpr uint32_t MODULE_ITEM_LIMIT = 10000000;
constexpr uint32_t MODULE_BODY_LIMIT = 8u << 20;
constexpr uint32_t FUNCTION_LOCAL_LIMIT = 50000;
// In all functions together: a few bytes can declare many locals, and each costs time.
constexpr uint64_t MODULE_LOCAL_LIMIT = 50000000;
constexpr uint32_t FUNCTION_NESTING_LIMIT = 50000;
constexpr uint32_t FUNCTION_STACK_LIMIT = 100000;

// Two bytes can pass a thousand values (br_if, call, each target of br_table), which costs time
// when they are checked, and code. Real modules stay below one value and ten bytes of code per
// byte.
constexpr uint64_t WORK_BASE = 10000000;
constexpr uint64_t WORK_PER_BYTE = 64;
constexpr uint64_t CODE_BASE = 1u << 20;
constexpr uint64_t CODE_PER_BYTE = 200;

#endif
