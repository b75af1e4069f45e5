// SPDX-License-Identifier: MIT OR Apache-2.0
// Types of the text format.
#include "tools/wat/assembler.h"

static const char *const gc_types[] = {"anyref", "eqref", "i31ref", "structref", "arrayref",
	"nullref", "nullfuncref", "nullexternref", "any", "eq", "i31", "struct", "array", "none",
	"nofunc", "noextern"};

// A type of a proposal, or no type at all.
static uint8_t unknown_type(struct assembler *a, const struct node *node)
{
	if (node_is_list(node, "ref") || node_is_id(node)) {
		wat_fail(a, node, WASM_UNSUPPORTED_GC);
		return 0;
	}
	for (size_t i = 0; i < sizeof(gc_types) / sizeof(gc_types[0]); i++)
		if (node_is(node, gc_types[i]))
			wat_fail(a, node, WASM_UNSUPPORTED_GC);
	if (node_is(node, "v128"))
		wat_fail(a, node, WASM_UNSUPPORTED_SIMD);
	if (node_is(node, "exnref") || node_is(node, "exn") || node_is(node, "nullexnref"))
		wat_fail(a, node, WASM_UNSUPPORTED_EXCEPTIONS);
	wat_malformed(a, node);
	return 0;
}

uint8_t parse_reference_type(struct assembler *a, const struct node *node)
{
	if (node_is(node, "funcref"))
		return WASM_TYPE_FUNCREF;
	if (node_is(node, "externref"))
		return WASM_TYPE_EXTERNREF;
	// (ref null func) is another way to write funcref.
	if (node_is_list(node, "ref") && node_is(node->first->next, "null")) {
		const struct node *heap = node->first->next->next;
		if (node_is(heap, "func"))
			return WASM_TYPE_FUNCREF;
		if (node_is(heap, "extern"))
			return WASM_TYPE_EXTERNREF;
	}
	return unknown_type(a, node);
}

uint8_t parse_heap_type(struct assembler *a, const struct node *node)
{
	if (node_is(node, "func"))
		return WASM_TYPE_FUNCREF;
	if (node_is(node, "extern"))
		return WASM_TYPE_EXTERNREF;
	if (node_is_index(node)) {
		wat_fail(a, node, WASM_UNSUPPORTED_GC);
		return 0;
	}
	return unknown_type(a, node);
}

uint8_t parse_value_type(struct assembler *a, const struct node *node)
{
	static const struct {
		const char *name;
		uint8_t type;
	} names[] = {{"i32", WASM_TYPE_I32}, {"i64", WASM_TYPE_I64}, {"f32", WASM_TYPE_F32},
		{"f64", WASM_TYPE_F64}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (node_is(node, names[i].name))
			return names[i].type;
	return parse_reference_type(a, node);
}

// --- signatures ------------------------------------------------------------------------------

static uint32_t count_types(struct node *at, const char *keyword)
{
	uint32_t count = 0;
	for (; node_is_list(at, keyword); at = at->next)
		for (struct node *n = at->first->next; n != nullptr; n = n->next)
			count++;
	return count;
}

static void parse_parameter_list(
	struct assembler *a, struct node *list, bool ids_allowed, struct wat_type *type)
{
	struct node *n = list->first->next;
	if (node_is_id(n)) {
		if (!ids_allowed || n->next == nullptr || n->next->next != nullptr) {
			wat_malformed(a, n);
			return;
		}
		type->parameter_ids[type->parameter_count] = n;
		n = n->next;
	}
	for (; n != nullptr; n = n->next)
		type->parameters[type->parameter_count++] = parse_value_type(a, n);
}

struct wat_type parse_signature(struct assembler *a, struct node **at, bool ids_allowed)
{
	struct wat_type type = {};
	uint32_t parameters = count_types(*at, "param");
	type.parameters = arena_allocate(a->arena, parameters, 1);
	type.parameter_ids = arena_allocate(a->arena, parameters, sizeof(struct node *));
	if (type.parameters == nullptr || type.parameter_ids == nullptr) {
		wat_fail(a, *at, WASM_NO_MEMORY);
		return type;
	}
	for (; node_is_list(*at, "param"); *at = (*at)->next)
		parse_parameter_list(a, *at, ids_allowed, &type);
	type.results = arena_allocate(a->arena, count_types(*at, "result"), 1);
	for (; node_is_list(*at, "result"); *at = (*at)->next)
		for (struct node *n = (*at)->first->next; n != nullptr && wat_ok(a); n = n->next)
			type.results[type.result_count++] = parse_value_type(a, n);
	if (node_is_list(*at, "param"))
		wat_malformed(a, *at); // after a result
	return type;
}

struct wat_type *type_at(struct assembler *a, uint32_t index)
{
	return index < a->types.count ? &((struct wat_type *)a->types.items)[index] : nullptr;
}

static bool types_equal(const struct wat_type *a, const struct wat_type *b)
{
	return a->parameter_count == b->parameter_count && a->result_count == b->result_count &&
	       memcmp(a->parameters, b->parameters, a->parameter_count) == 0 &&
	       memcmp(a->results, b->results, a->result_count) == 0;
}

uint32_t type_find_or_add(struct assembler *a, const struct wat_type *type)
{
	for (uint32_t i = 0; i < a->types.count; i++)
		if (types_equal(type_at(a, i), type))
			return i;
	if (array_push(&a->types, a->allocator, sizeof(*type), type) != WASM_OK)
		wat_fail(a, nullptr, WASM_NO_MEMORY);
	return a->types.count - 1;
}

// With (type x) alone the signature is that type's; with both they must agree.
uint32_t parse_type_use(
	struct assembler *a, struct node **at, bool ids_allowed, struct wat_type *signature)
{
	struct node *use = node_is_list(*at, "type") ? *at : nullptr;
	if (use == nullptr) {
		*signature = parse_signature(a, at, ids_allowed);
		return wat_ok(a) ? type_find_or_add(a, signature) : 0;
	}
	uint32_t index = space_index(a, WAT_TYPES, use->first->next);
	*at = use->next;
	bool inline_signature = node_is_list(*at, "param") || node_is_list(*at, "result");
	*signature = parse_signature(a, at, ids_allowed);
	const struct wat_type *type = type_at(a, index);
	if (!wat_ok(a))
		return index;
	if (inline_signature && (type == nullptr || !types_equal(type, signature)))
		wat_malformed(a, use);
	else if (type != nullptr && !inline_signature) {
		*signature = *type;
		signature->parameter_ids =
			arena_allocate(a->arena, type->parameter_count, sizeof(struct node *));
	}
	return index;
}
