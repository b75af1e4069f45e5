// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory for the runtime: pieces of powers of two, cut from one region and kept in a list for each
 * size when they are given back. Those who give back say how large the piece was, so pieces carry
 * no header. Larger pieces than a page would waste much: the engine allocates few and small. */
#include "program.h"

#define HEAP_SIZE (64u << 20) /* of address space; memory is used as it is touched */
#define SMALLEST  4u          /* log2 of the smallest piece */
#define ORDERS    27u

struct piece {
	struct piece *next;
};

static struct piece *pieces[ORDERS];
static uint8_t *fresh;
static uint8_t *end;

bool heap_init(void)
{
	fresh = memory_take(HEAP_SIZE);
	end = fresh + HEAP_SIZE;
	return fresh != nullptr;
}

static unsigned order_of(size_t size)
{
	unsigned order = SMALLEST;

	while (order < ORDERS && (size_t)1 << order < size)
		order++;
	return order;
}

void *heap_take(size_t size)
{
	unsigned order = order_of(size);
	struct piece *piece;

	if (order >= ORDERS)
		return nullptr;
	piece = pieces[order];
	if (piece != nullptr) {
		pieces[order] = piece->next;
		return piece;
	}
	if ((size_t)(end - fresh) < (size_t)1 << order)
		return nullptr;
	fresh += (size_t)1 << order;
	return fresh - ((size_t)1 << order);
}

void heap_give(void *memory, size_t size)
{
	struct piece *piece = memory;
	unsigned order = order_of(size);

	if (piece == nullptr)
		return;
	piece->next = pieces[order];
	pieces[order] = piece;
}

void *heap_resize(void *self, void *old, size_t old_size, size_t new_size)
{
	void *new;

	(void)self;
	if (new_size == 0) {
		if (old_size != 0)
			heap_give(old, old_size);
		return nullptr;
	}
	if (old_size != 0 && order_of(old_size) == order_of(new_size))
		return old;
	new = heap_take(new_size);
	if (new == nullptr || old_size == 0)
		return new;
	memcpy(new, old, old_size < new_size ? old_size : new_size);
	heap_give(old, old_size);
	return new;
}

void *heap_zeroed(void *self, size_t size)
{
	unsigned order = order_of(size);
	bool is_fresh = order < ORDERS && pieces[order] == nullptr;
	void *memory = heap_take(size);

	(void)self;
	return memory == nullptr || is_fresh ? memory : memset(memory, 0, size);
}

const struct wasm_allocator heap_allocator = {.resize = heap_resize, .zeroed = heap_zeroed};
