// SPDX-License-Identifier: MIT OR Apache-2.0
// Errors, byte output and index spaces of the assembler.
#include "tools/wat/assembler.h"

#include "tools/wat/number.h"

void wat_fail(struct assembler *a, const struct node *node, enum wasm_status status)
{
	if (a->status != WASM_OK)
		return;
	a->status = status;
	a->line = node == nullptr ? a->field_line : node->line; // null: something is missing
}

void wat_malformed(struct assembler *a, const struct node *node)
{
	wat_fail(a, node, WASM_MALFORMED_BODY);
}

bool wat_ok(const struct assembler *a)
{
	return a->status == WASM_OK;
}

void put_raw(struct assembler *a, struct wat_bytes *to, const void *bytes, size_t size)
{
	if (array_reserve(&to->bytes, a->allocator, 1, to->bytes.count + size) != WASM_OK) {
		wat_fail(a, nullptr, WASM_NO_MEMORY);
		return;
	}
	if (size != 0)
		memcpy((uint8_t *)to->bytes.items + to->bytes.count, bytes, size);
	to->bytes.count += (uint32_t)size;
}

void put_byte(struct assembler *a, struct wat_bytes *to, uint8_t byte)
{
	put_raw(a, to, &byte, 1);
}

void put_unsigned(struct assembler *a, struct wat_bytes *to, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_byte(a, to, (uint8_t)(value | 0x80));
	put_byte(a, to, (uint8_t)value);
}

void put_signed(struct assembler *a, struct wat_bytes *to, int64_t value)
{
	while (value < -64 || value > 63) {
		put_byte(a, to, (uint8_t)((value & 0x7f) | 0x80));
		value >>= 7;
	}
	put_byte(a, to, (uint8_t)(value & 0x7f));
}

void put_sized(struct assembler *a, struct wat_bytes *to, const void *bytes, size_t size)
{
	put_unsigned(a, to, size);
	put_raw(a, to, bytes, size);
}

void free_bytes(struct assembler *a, struct wat_bytes *bytes)
{
	array_free(&bytes->bytes, a->allocator, 1);
}

// --- index spaces ----------------------------------------------------------------------------

static struct node *space_id(const struct assembler *a, enum wat_space space, uint32_t index)
{
	return ((struct node **)a->spaces[space].items)[index];
}

static bool same_text(const struct node *a, const struct node *b)
{
	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

void space_add(struct assembler *a, enum wat_space space, struct node *id)
{
	for (uint32_t i = 0; id != nullptr && space != WAT_LABELS && i < a->spaces[space].count;
		i++)
		if (space_id(a, space, i) != nullptr && same_text(space_id(a, space, i), id))
			wat_malformed(a, id);
	if (array_push(&a->spaces[space], a->allocator, sizeof(id), &id) != WASM_OK)
		wat_fail(a, id, WASM_NO_MEMORY);
}

bool node_is_index(const struct node *node)
{
	return node_is_id(node) || (node != nullptr && node->kind == NODE_ATOM &&
					   node->text[0] >= '0' && node->text[0] <= '9');
}

// Labels count from the innermost outwards.
static uint32_t find_id(const struct assembler *a, enum wat_space space, const struct node *node)
{
	uint32_t count = a->spaces[space].count;
	for (uint32_t i = count; i-- > 0;)
		if (space_id(a, space, i) != nullptr && same_text(space_id(a, space, i), node))
			return space == WAT_LABELS ? count - 1 - i : i;
	return WASM_NO_INDEX;
}

uint32_t space_index(struct assembler *a, enum wat_space space, const struct node *node)
{
	uint64_t value = 0;
	if (node_is_id(node)) {
		uint32_t index = find_id(a, space, node);
		if (index == WASM_NO_INDEX)
			wat_malformed(a, node);
		return index;
	}
	if (!node_is_index(node) || !number_unsigned(node->text, node->size, UINT32_MAX, &value))
		wat_malformed(a, node);
	return (uint32_t)value;
}
