// SPDX-License-Identifier: MIT OR Apache-2.0
// The list of code ranges that the fault handler searches. Entries are reused and never freed, so
// that a handler may read them at any time on any thread.
#include "runtime/internal.h"

struct code_range {
	_Atomic uint64_t begin; // 0: free
	_Atomic uint64_t size;
	_Atomic(struct wasm_code *) code;
	struct code_range *next;
};

static _Atomic(struct code_range *) ranges;

static bool range_take(struct code_range *range, struct wasm_code *code)
{
	uint64_t expected = 0;
	constexpr uint64_t TAKEN = UINT64_MAX;
	if (!__c11_atomic_compare_exchange_strong(
		    &range->begin, &expected, TAKEN, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	range->code = code;
	range->size = code->image.code_size;
	range->begin = (uintptr_t)code->text;
	return true;
}

static void range_link(struct code_range *range)
{
	struct code_range *head = ranges;
	do
		range->next = head;
	while (!__c11_atomic_compare_exchange_weak(
		&ranges, &head, range, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

struct code_range *registry_add(struct wasm_code *code)
{
	for (struct code_range *range = ranges; range != nullptr; range = range->next)
		if (range_take(range, code))
			return range;
	struct code_range *range = wasm_allocate(&code->platform->allocator, 1, sizeof(*range));
	if (range == nullptr)
		return nullptr;
	range_take(range, code);
	range_link(range);
	return range;
}

void registry_remove(struct code_range *range)
{
	range->size = 0;
	range->begin = 0;
}

struct wasm_code *registry_find(uint64_t pc)
{
	for (struct code_range *range = ranges; range != nullptr; range = range->next) {
		uint64_t begin = range->begin;
		if (begin != 0 && pc >= begin && pc - begin < range->size)
			return range->code;
	}
	return nullptr;
}
