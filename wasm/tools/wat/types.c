// SPDX-License-Identifier: MIT OR Apache-2.0
// Types of the text format.
#include "tools/wat/assembler.h"

static const char *const gc_types[] = {"anyref", "eqref", "i31ref", "structref", "arrayref",
	"nullref", "any", "eq", "i31", "struct", "array", "none"};

// A type of a proposal, or no type at all.
static enum wasm_type unknown_type(struct assembler *a, const struct node *node)
{
	for (size_t i = 0; i < sizeof(gc_types) / sizeof(gc_types[0]); i++)
		if (node_is(node, gc_types[i]))
			wat_fail(a, node, WASM_UNSUPPORTED_GC);
	wat_malformed(a, node);
	return (enum wasm_type)0;
}

static const struct type_name {
	const char *type;
	const char *heap;
	enum wasm_type value;
} type_names[] = {
	{"i32", nullptr, WASM_TYPE_I32},
	{"i64", nullptr, WASM_TYPE_I64},
	{"f32", nullptr, WASM_TYPE_F32},
	{"f64", nullptr, WASM_TYPE_F64},
	{"v128", nullptr, WASM_TYPE_V128},
	{"funcref", "func", WASM_TYPE_FUNCREF},
	{"externref", "extern", WASM_TYPE_EXTERNREF},
	{"exnref", "exn", WASM_TYPE_EXNREF},
	{"nullfuncref", "nofunc", WASM_TYPE_NULLFUNCREF},
	{"nullexternref", "noextern", WASM_TYPE_NULLEXTERNREF},
	{"nullexnref", "noexn", WASM_TYPE_NULLEXNREF},
};
constexpr size_t TYPE_NAMES = sizeof(type_names) / sizeof(type_names[0]);

enum wasm_type parse_heap_type(struct assembler *a, const struct node *node)
{
	if (node_is_index(node)) {
		uint32_t index = space_index(a, WAT_TYPES, node);
		return wasm_type_defined(index & 0xffffff);
	}
	for (size_t i = 0; i < TYPE_NAMES; i++)
		if (type_names[i].heap != nullptr && node_is(node, type_names[i].heap))
			return type_names[i].value;
	return unknown_type(a, node);
}

// (ref null? heap)
static enum wasm_type parse_reference(struct assembler *a, const struct node *list)
{
	const struct node *heap = list->first->next;
	bool nullable = node_is(heap, "null");
	if (nullable)
		heap = heap->next;
	enum wasm_type type = parse_heap_type(a, heap);
	if (heap == nullptr || heap->next != nullptr)
		wat_malformed(a, list);
	return nullable ? type : (enum wasm_type)(type | WASM_TYPE_NOT_NULL);
}

enum wasm_type parse_value_type(struct assembler *a, const struct node *node)
{
	if (node_is_list(node, "ref"))
		return parse_reference(a, node);
	for (size_t i = 0; i < TYPE_NAMES; i++)
		if (node_is(node, type_names[i].type))
			return type_names[i].value;
	return unknown_type(a, node);
}

enum wasm_type parse_reference_type(struct assembler *a, const struct node *node)
{
	enum wasm_type type = parse_value_type(a, node);
	if (wat_ok(a) && !wasm_type_is_reference(type))
		wat_malformed(a, node);
	return type;
}

void put_heap_type(struct assembler *a, struct wat_bytes *to, enum wasm_type type)
{
	if (wasm_type_code(type) == WASM_TYPE_DEFINED)
		put_signed(a, to, wasm_type_number(type));
	else
		put_byte(a, to, (uint8_t)wasm_type_code(type));
}

void put_type(struct assembler *a, struct wat_bytes *to, enum wasm_type type)
{
	bool not_null = (type & WASM_TYPE_NOT_NULL) != 0;
	if (not_null || wasm_type_code(type) == WASM_TYPE_DEFINED)
		put_byte(a, to, not_null ? 0x64 : 0x63);
	put_heap_type(a, to, type);
}

void put_type_list(
	struct assembler *a, struct wat_bytes *to, const enum wasm_type *types, uint32_t count)
{
	put_unsigned(a, to, count);
	for (uint32_t i = 0; i < count; i++)
		put_type(a, to, types[i]);
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
	struct wat_type type = {.supertype = WASM_NO_INDEX};
	uint32_t parameters = count_types(*at, "param");
	type.parameters = arena_allocate(a->arena, parameters, sizeof(enum wasm_type));
	type.parameter_ids = arena_allocate(a->arena, parameters, sizeof(struct node *));
	if (type.parameters == nullptr || type.parameter_ids == nullptr) {
		wat_fail(a, *at, WASM_NO_MEMORY);
		return type;
	}
	for (; node_is_list(*at, "param"); *at = (*at)->next)
		parse_parameter_list(a, *at, ids_allowed, &type);
	type.results = arena_allocate(a->arena, count_types(*at, "result"), sizeof(enum wasm_type));
	if (type.results == nullptr) {
		wat_fail(a, *at, WASM_NO_MEMORY);
		return type;
	}
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
	       memcmp(a->parameters, b->parameters, a->parameter_count * sizeof(*a->parameters)) ==
		       0 &&
	       memcmp(a->results, b->results, a->result_count * sizeof(*a->results)) == 0;
}

uint32_t type_find_or_add(struct assembler *a, const struct wat_type *type)
{
	for (uint32_t i = 0; i < a->types.count; i++) {
		const struct wat_type *t = type_at(a, i);
		bool plain = !t->is_open && !t->in_group && t->supertype == WASM_NO_INDEX;
		if (plain && types_equal(t, type))
			return i;
	}
	struct wat_group group = {1, false};
	if (array_push(&a->types, a->allocator, sizeof(*type), type) != WASM_OK ||
		array_push(&a->groups, a->allocator, sizeof(group), &group) != WASM_OK)
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

// --- the type section ------------------------------------------------------------------------

// (sub final? super? (func ...)) or (func ...); gives the list with the signature.
static struct node *parse_sub(struct assembler *a, struct node *at, struct wat_type *type)
{
	*type = (struct wat_type){.supertype = WASM_NO_INDEX};
	if (!node_is_list(at, "sub"))
		return at;
	struct node *n = at->first->next;
	type->is_open = !node_is(n, "final");
	if (!type->is_open)
		n = n->next;
	if (node_is_index(n)) {
		type->supertype = space_index(a, WAT_TYPES, n);
		n = n->next;
	}
	if (n == nullptr || n->next != nullptr)
		wat_malformed(a, at);
	return n;
}

static void collect_type(struct assembler *a, struct node *field, bool in_group)
{
	struct wat_type sub;
	struct node *at = field->first->next;
	at = node_is_id(at) ? at->next : at;
	if (at == nullptr || at->next != nullptr)
		wat_malformed(a, field);
	struct node *function = parse_sub(a, at, &sub);
	if (!wat_ok(a))
		return;
	if (!node_is_list(function, "func")) {
		bool gc = node_is_list(function, "struct") || node_is_list(function, "array");
		wat_fail(a, at, gc ? WASM_UNSUPPORTED_GC : WASM_MALFORMED_BODY);
		return;
	}
	struct node *rest = function->first->next;
	struct wat_type type = parse_signature(a, &rest, true);
	type.is_open = sub.is_open;
	type.supertype = sub.supertype;
	type.in_group = in_group;
	if (rest != nullptr)
		wat_malformed(a, function);
	if (array_push(&a->types, a->allocator, sizeof(type), &type) != WASM_OK)
		wat_fail(a, field, WASM_NO_MEMORY);
}

static void each_type(struct assembler *a, struct node *fields, bool in_group,
	void (*visit)(struct assembler *a, struct node *field, bool in_group))
{
	for (struct node *field = fields; field != nullptr && wat_ok(a); field = field->next) {
		a->field_line = field->line;
		if (node_is_list(field, "type"))
			visit(a, field, in_group);
		else if (in_group)
			wat_malformed(a, field);
		else if (node_is_list(field, "rec"))
			each_type(a, field->first->next, true, visit);
	}
}

static void collect_type_id(struct assembler *a, struct node *field, bool)
{
	struct node *id = field->first->next;
	space_add(a, WAT_TYPES, node_is_id(id) ? id : nullptr);
}

static void collect_group(struct assembler *a, struct node *field)
{
	struct wat_group group = {1, node_is_list(field, "rec")};
	if (group.is_recursive) {
		group.count = 0;
		for (struct node *n = field->first->next; n != nullptr; n = n->next)
			group.count++;
	} else if (!node_is_list(field, "type")) {
		return;
	}
	if (array_push(&a->groups, a->allocator, sizeof(group), &group) != WASM_OK)
		wat_fail(a, field, WASM_NO_MEMORY);
}

void collect_types(struct assembler *a, struct node *fields)
{
	each_type(a, fields, false, collect_type_id);
	each_type(a, fields, false, collect_type);
	for (struct node *field = fields; field != nullptr && wat_ok(a); field = field->next) {
		a->field_line = field->line;
		collect_group(a, field);
	}
}

static void write_type(struct assembler *a, struct wat_bytes *to, const struct wat_type *type)
{
	bool has_supertype = type->supertype != WASM_NO_INDEX;
	if (type->is_open || has_supertype) {
		put_byte(a, to, type->is_open ? 0x50 : 0x4f);
		put_byte(a, to, has_supertype);
		if (has_supertype)
			put_unsigned(a, to, type->supertype);
	}
	put_byte(a, to, 0x60);
	put_type_list(a, to, type->parameters, type->parameter_count);
	put_type_list(a, to, type->results, type->result_count);
}

void write_types(struct assembler *a)
{
	struct wat_bytes *to = &a->sections[WAT_SECTION_TYPE];
	const struct wat_group *groups = a->groups.items;
	uint32_t next = 0;
	for (uint32_t i = 0; i < a->groups.count && wat_ok(a); i++) {
		if (groups[i].is_recursive) {
			put_byte(a, to, 0x4e);
			put_unsigned(a, to, groups[i].count);
		}
		for (uint32_t k = 0; k < groups[i].count; k++)
			write_type(a, to, type_at(a, next++));
	}
	to->count = a->groups.count;
}
