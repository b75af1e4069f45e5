// SPDX-License-Identifier: MIT OR Apache-2.0
// Module fields of the text format. Three passes: explicit types; identifiers of all index spaces;
// then the sections.
#include "decode/opcodes.h"
#include "tools/wat/assembler.h"
#include "tools/wat/number.h"

#include "decode/reader.h"

// Field kinds that define something in an index space.
static const struct definition {
	const char *keyword;
	enum wat_space space;
	uint8_t kind; // enum wasm_extern_kind, for imports and exports
} definitions[] = {
	{"func", WAT_FUNCTIONS, WASM_EXTERN_FUNCTION},
	{"table", WAT_TABLES, WASM_EXTERN_TABLE},
	{"memory", WAT_MEMORIES, WASM_EXTERN_MEMORY},
	{"global", WAT_GLOBALS, WASM_EXTERN_GLOBAL},
	{"tag", WAT_TAGS, WASM_EXTERN_TAG},
};

static const struct definition *definition_of(const struct node *list)
{
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++)
		if (node_is_list(list, definitions[i].keyword))
			return &definitions[i];
	return nullptr;
}

static struct wat_bytes *section(struct assembler *a, enum wat_section which)
{
	return &a->sections[which];
}

static struct node *skip_id(struct node *at)
{
	return node_is_id(at) ? at->next : at;
}

static void put_name(struct assembler *a, struct wat_bytes *to, const struct node *node)
{
	if (!node_is_string(node) || !utf8_is_valid((const uint8_t *)node->text, node->size)) {
		wat_malformed(a, node);
		return;
	}
	put_sized(a, to, node->text, node->size);
}

// --- limits and types of tables, memories, globals -------------------------------------------

static bool is_number(const struct node *node)
{
	return node_is_index(node) && !node_is_id(node);
}

// The address type that tables and memories may start with.
static bool take_is_64(struct node **at)
{
	bool is_64 = node_is(*at, "i64");
	if (is_64 || node_is(*at, "i32"))
		*at = (*at)->next;
	return is_64;
}

static void put_limits(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	uint64_t minimum = 0, maximum = 0;
	bool is_64 = take_is_64(at);
	if (!is_number(*at) || !number_unsigned((*at)->text, (*at)->size, UINT64_MAX, &minimum)) {
		wat_malformed(a, *at);
		return;
	}
	*at = (*at)->next;
	bool has_maximum = is_number(*at);
	if (has_maximum) {
		if (!number_unsigned((*at)->text, (*at)->size, UINT64_MAX, &maximum))
			wat_malformed(a, *at);
		*at = (*at)->next;
	}
	bool is_shared = node_is(*at, "shared");
	if (is_shared)
		*at = (*at)->next;
	put_byte(a, to, (uint8_t)(has_maximum | is_shared << 1 | is_64 << 2));
	put_unsigned(a, to, minimum);
	if (has_maximum)
		put_unsigned(a, to, maximum);
}

static void put_table_type(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	struct wat_bytes limits = {};
	put_limits(a, &limits, at);
	put_type(a, to, parse_reference_type(a, *at));
	put_raw(a, to, limits.bytes.items, limits.bytes.count);
	free_bytes(a, &limits);
	if (*at != nullptr)
		*at = (*at)->next;
}

static void put_memory_type(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	put_limits(a, to, at);
	if (node_is_list(*at, "pagesize"))
		wat_fail(a, *at, WASM_UNSUPPORTED_PAGE_SIZE);
}

static void put_global_type(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	if (*at == nullptr) {
		wat_malformed(a, *at);
		return;
	}
	bool is_mutable = node_is_list(*at, "mut");
	const struct node *type = is_mutable ? (*at)->first->next : *at;
	put_type(a, to, parse_value_type(a, type));
	put_byte(a, to, is_mutable);
	if (is_mutable && (type == nullptr || type->next != nullptr))
		wat_malformed(a, *at);
	*at = (*at)->next;
}

static void put_function_type_use(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	struct wat_type signature;
	put_unsigned(a, to, parse_type_use(a, at, true, &signature));
}

static void put_tag_type(struct assembler *a, struct wat_bytes *to, struct node **at)
{
	put_byte(a, to, 0);
	put_function_type_use(a, to, at);
}

static void put_type_of(
	struct assembler *a, struct wat_bytes *to, const struct definition *d, struct node **at)
{
	static void (*const writers[])(struct assembler *, struct wat_bytes *, struct node **) = {
		[WASM_EXTERN_FUNCTION] = put_function_type_use,
		[WASM_EXTERN_TABLE] = put_table_type,
		[WASM_EXTERN_MEMORY] = put_memory_type,
		[WASM_EXTERN_GLOBAL] = put_global_type,
		[WASM_EXTERN_TAG] = put_tag_type};
	writers[d->kind](a, to, at);
}

static void put_expression(struct assembler *a, struct wat_bytes *to, struct node *at)
{
	assemble_instructions(a, to, at);
	put_byte(a, to, OP_END);
}

// --- identifiers -----------------------------------------------------------------------------

static bool has_inline_import(const struct node *field)
{
	struct node *at = skip_id(field->first->next);
	while (node_is_list(at, "export"))
		at = at->next;
	return node_is_list(at, "import");
}

// Segments inside tables and memories count like others.
static void collect_inline_segment(struct assembler *a, const struct node *field)
{
	for (const struct node *at = field->first->next; at != nullptr; at = at->next) {
		if (node_is_list(at, "elem") && node_is_list(field, "table"))
			space_add(a, WAT_ELEMENTS, nullptr);
		if (node_is_list(at, "data") && node_is_list(field, "memory"))
			space_add(a, WAT_DATA, nullptr);
	}
}

// Imports come before all definitions.
static void collect_names(struct assembler *a, struct node *fields)
{
	bool defined = false;
	for (struct node *field = fields; field != nullptr && wat_ok(a); field = field->next) {
		a->field_line = field->line;
		struct node *entity = field;
		bool import = node_is_list(field, "import");
		if (import) {
			entity = field->first;
			while (entity != nullptr && entity->kind != NODE_LIST)
				entity = entity->next;
		}
		const struct definition *d = definition_of(entity);
		struct node *id = entity == nullptr || entity->kind != NODE_LIST ||
						  entity->first == nullptr ||
						  !node_is_id(entity->first->next)
					  ? nullptr
					  : entity->first->next;
		if (d != nullptr) {
			import = import || has_inline_import(field);
			if (import && defined)
				wat_malformed(a, field);
			defined = defined || !import;
			space_add(a, d->space, id);
			collect_inline_segment(a, entity);
		} else if (node_is_list(field, "elem")) {
			space_add(a, WAT_ELEMENTS, id);
		} else if (node_is_list(field, "data")) {
			space_add(a, WAT_DATA, id);
		}
	}
}

// --- imports and exports ---------------------------------------------------------------------

static void write_import(
	struct assembler *a, const struct definition *d, struct node *names, struct node **type)
{
	struct wat_bytes *to = section(a, WAT_SECTION_IMPORT);
	to->count++;
	put_name(a, to, names);
	put_name(a, to, names == nullptr ? nullptr : names->next);
	put_byte(a, to, d->kind);
	put_type_of(a, to, d, type);
	if (*type != nullptr)
		wat_malformed(a, *type);
}

static void import_field(struct assembler *a, struct node *field)
{
	struct node *names = field->first->next;
	struct node *entity =
		names != nullptr && names->next != nullptr ? names->next->next : nullptr;
	const struct definition *d = definition_of(entity);
	if (d == nullptr || entity->next != nullptr) {
		wat_malformed(a, field);
		return;
	}
	struct node *type = skip_id(entity->first->next);
	write_import(a, d, names, &type);
}

static void write_export(struct assembler *a, const struct node *name, uint8_t kind, uint32_t index)
{
	struct wat_bytes *to = section(a, WAT_SECTION_EXPORT);
	to->count++;
	put_name(a, to, name);
	put_byte(a, to, kind);
	put_unsigned(a, to, index);
}

static void export_field(struct assembler *a, struct node *field)
{
	struct node *name = field->first->next;
	struct node *entity = name == nullptr ? nullptr : name->next;
	const struct definition *d = definition_of(entity);
	if (d == nullptr || entity->next != nullptr || entity->first->next == nullptr ||
		entity->first->next->next != nullptr) {
		wat_malformed(a, field);
		return;
	}
	write_export(a, name, d->kind, space_index(a, d->space, entity->first->next));
}

// --- definitions -----------------------------------------------------------------------------

static struct node *parse_locals(struct assembler *a, struct node *at, struct wat_bytes *to)
{
	uint32_t count = 0;
	struct wat_bytes types = {};
	for (; node_is_list(at, "local"); at = at->next) {
		struct node *n = at->first->next;
		struct node *id = node_is_id(n) ? n : nullptr;
		n = skip_id(n);
		if (id != nullptr && (n == nullptr || n->next != nullptr))
			wat_malformed(a, at);
		for (; n != nullptr && wat_ok(a); n = n->next, count++) {
			space_add(a, WAT_LOCALS, id);
			put_byte(a, &types, 1);
			put_type(a, &types, parse_value_type(a, n));
		}
	}
	put_unsigned(a, to, count);
	put_raw(a, to, types.bytes.items, types.bytes.count);
	free_bytes(a, &types);
	return at;
}

static void define_function(struct assembler *a, struct node *at)
{
	struct wat_type signature;
	struct wat_bytes body = {};
	struct wat_bytes *types = section(a, WAT_SECTION_FUNCTION);
	struct wat_bytes *code = section(a, WAT_SECTION_CODE);
	put_unsigned(a, types, parse_type_use(a, &at, true, &signature));
	a->spaces[WAT_LOCALS].count = a->spaces[WAT_LABELS].count = 0;
	for (uint32_t i = 0; wat_ok(a) && i < signature.parameter_count; i++)
		space_add(a, WAT_LOCALS, signature.parameter_ids[i]);
	at = parse_locals(a, at, &body);
	space_add(a, WAT_LABELS, nullptr); // the body's own label
	put_expression(a, &body, at);
	put_sized(a, code, body.bytes.items, body.bytes.count);
	free_bytes(a, &body);
	types->count++;
	code->count++;
}

static uint32_t count_nodes(const struct node *at)
{
	uint32_t count = 0;
	for (; at != nullptr; at = at->next)
		count++;
	return count;
}

// Indices of functions as expressions.
static void put_function_items(struct assembler *a, struct wat_bytes *to, struct node *at)
{
	put_unsigned(a, to, count_nodes(at));
	for (; at != nullptr && wat_ok(a); at = at->next) {
		put_byte(a, to, OP_REF_FUNC);
		put_unsigned(a, to, space_index(a, WAT_FUNCTIONS, at));
		put_byte(a, to, OP_END);
	}
}

// Items of an element segment: expressions, or with `functions` indices. Counts and writes them.
static void put_items(struct assembler *a, struct wat_bytes *to, struct node *at, bool functions)
{
	put_unsigned(a, to, count_nodes(at));
	for (; at != nullptr && wat_ok(a); at = at->next) {
		if (functions)
			put_unsigned(a, to, space_index(a, WAT_FUNCTIONS, at));
		else if (node_is_list(at, "item"))
			put_expression(a, to, at->first->next);
		else {
			assemble_folded(a, to, at);
			put_byte(a, to, OP_END);
		}
	}
}

static void put_offset_zero(struct assembler *a, struct wat_bytes *to, bool is_64)
{
	put_byte(a, to, is_64 ? OP_I64_CONST : OP_I32_CONST);
	put_byte(a, to, 0);
	put_byte(a, to, OP_END);
}

// (table reftype (elem ...)): as large as its elements.
static void define_table_with_elements(
	struct assembler *a, struct node *at, uint32_t index, bool is_64)
{
	struct wat_bytes *tables = section(a, WAT_SECTION_TABLE);
	struct wat_bytes *elements = section(a, WAT_SECTION_ELEMENT);
	enum wasm_type type = parse_reference_type(a, at);
	struct node *items = at->next->first->next;
	uint32_t count = count_nodes(items);
	put_type(a, tables, type);
	put_byte(a, tables, is_64 ? 5 : 1);
	put_unsigned(a, tables, count);
	put_unsigned(a, tables, count);
	bool functions = items == nullptr || items->kind == NODE_ATOM;
	elements->count++;
	put_unsigned(a, elements, functions && type == WASM_TYPE_FUNCREF ? 2 : 6);
	put_unsigned(a, elements, index);
	put_offset_zero(a, elements, is_64);
	if (functions && type == WASM_TYPE_FUNCREF)
		put_byte(a, elements, 0);
	else
		put_type(a, elements, type);
	if (functions && type != WASM_TYPE_FUNCREF)
		put_function_items(a, elements, items);
	else
		put_items(a, elements, items, functions);
}

static void define_table(struct assembler *a, struct node *at, uint32_t index)
{
	struct wat_bytes *to = section(a, WAT_SECTION_TABLE);
	to->count++;
	struct node *type_at = at;
	bool is_64 = take_is_64(&type_at);
	if (type_at != nullptr && !is_number(type_at) && node_is_list(type_at->next, "elem")) {
		define_table_with_elements(a, type_at, index, is_64);
		return;
	}
	struct wat_bytes type = {};
	put_table_type(a, &type, &at);
	if (at != nullptr)
		put_raw(a, to, "\x40\x00", 2);
	put_raw(a, to, type.bytes.items, type.bytes.count);
	free_bytes(a, &type);
	if (at != nullptr)
		put_expression(a, to, at);
}

static void put_strings(struct assembler *a, struct wat_bytes *to, struct node *at)
{
	size_t size = 0;
	for (struct node *n = at; n != nullptr; n = n->next)
		size += n->size;
	put_unsigned(a, to, size);
	for (; at != nullptr; at = at->next) {
		if (!node_is_string(at))
			wat_malformed(a, at);
		else
			put_raw(a, to, at->text, at->size);
	}
}

// (memory (data "...")): as many pages as the data needs.
static void define_memory_with_data(
	struct assembler *a, struct node *strings, uint32_t index, bool is_64)
{
	struct wat_bytes *memories = section(a, WAT_SECTION_MEMORY);
	struct wat_bytes *data = section(a, WAT_SECTION_DATA);
	uint64_t size = 0;
	for (const struct node *n = strings; n != nullptr; n = n->next)
		size += n->size;
	uint64_t pages = (size + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE;
	put_byte(a, memories, is_64 ? 5 : 1);
	put_unsigned(a, memories, pages);
	put_unsigned(a, memories, pages);
	data->count++;
	put_unsigned(a, data, index == 0 ? 0 : 2);
	if (index != 0)
		put_unsigned(a, data, index);
	put_offset_zero(a, data, is_64);
	put_strings(a, data, strings);
}

static void define_memory(struct assembler *a, struct node *at, uint32_t index)
{
	struct wat_bytes *to = section(a, WAT_SECTION_MEMORY);
	to->count++;
	struct node *data = at;
	bool is_64 = take_is_64(&data);
	if (node_is_list(data, "data")) {
		define_memory_with_data(a, data->first->next, index, is_64);
		return;
	}
	put_memory_type(a, to, &at);
	if (at != nullptr)
		wat_malformed(a, at);
}

static void define_global(struct assembler *a, struct node *at)
{
	struct wat_bytes *to = section(a, WAT_SECTION_GLOBAL);
	to->count++;
	put_global_type(a, to, &at);
	put_expression(a, to, at);
}

static void define_tag(struct assembler *a, struct node *at)
{
	struct wat_bytes *to = section(a, WAT_SECTION_TAG);
	to->count++;
	put_tag_type(a, to, &at);
	if (at != nullptr)
		wat_malformed(a, at);
}

// (func|table|memory|global|tag id? (export "n")* (import "m" "n")? ...)
static void definition_field(
	struct assembler *a, struct node *field, const struct definition *d, uint32_t index)
{
	struct node *at = skip_id(field->first->next);
	for (; node_is_list(at, "export"); at = at->next) {
		const struct node *name = at->first->next;
		if (name != nullptr && name->next != nullptr)
			wat_malformed(a, name);
		write_export(a, name, d->kind, index);
	}
	if (node_is_list(at, "import")) {
		struct node *names = at->first->next;
		at = at->next;
		write_import(a, d, names, &at);
	} else if (d->kind == WASM_EXTERN_FUNCTION) {
		define_function(a, at);
	} else if (d->kind == WASM_EXTERN_TABLE) {
		define_table(a, at, index);
	} else if (d->kind == WASM_EXTERN_MEMORY) {
		define_memory(a, at, index);
	} else if (d->kind == WASM_EXTERN_TAG) {
		define_tag(a, at);
	} else {
		define_global(a, at);
	}
}

// --- start, elem, data -----------------------------------------------------------------------

static void start_field(struct assembler *a, struct node *field)
{
	struct wat_bytes *to = section(a, WAT_SECTION_START);
	if (to->count++ != 0)
		wat_malformed(a, field);
	put_unsigned(a, to, space_index(a, WAT_FUNCTIONS, field->first->next));
}

// (offset instr*) or one folded instruction.
static void put_offset(struct assembler *a, struct wat_bytes *to, struct node *node)
{
	if (node_is_list(node, "offset"))
		assemble_instructions(a, to, node->first->next);
	else if (node != nullptr)
		assemble_folded(a, to, node);
	else
		wat_malformed(a, node);
	put_byte(a, to, OP_END);
}

// What an element segment's item list starts with.
struct element_list {
	bool functions;
	enum wasm_type type;
	struct node *items;
};

static struct element_list parse_element_list(struct assembler *a, struct node *at)
{
	if (node_is(at, "func"))
		return (struct element_list){true, WASM_TYPE_FUNCREF, at->next};
	if (at == nullptr || node_is_index(at)) // the old way: indices alone
		return (struct element_list){true, WASM_TYPE_FUNCREF, at};
	enum wasm_type type = parse_reference_type(a, at);
	return (struct element_list){false, type, at->next};
}

static void put_element_list(
	struct assembler *a, struct wat_bytes *to, const struct element_list *list, bool with_kind)
{
	if (with_kind && list->functions)
		put_byte(a, to, 0);
	else if (with_kind)
		put_type(a, to, list->type);
	put_items(a, to, list->items, list->functions);
}

static void elem_field(struct assembler *a, struct node *field)
{
	struct wat_bytes *to = section(a, WAT_SECTION_ELEMENT);
	struct node *at = skip_id(field->first->next);
	to->count++;
	bool declared = node_is(at, "declare");
	if (declared)
		at = at->next;
	bool has_table = node_is_list(at, "table") ||
			 (node_is_index(at) && at->next != nullptr && at->next->kind == NODE_LIST);
	bool active =
		!declared &&
		(has_table || (at != nullptr && at->kind == NODE_LIST && !node_is_list(at, "ref")));
	if (!active) {
		struct element_list list = parse_element_list(a, at);
		put_unsigned(a, to, (declared ? 3u : 1u) | (list.functions ? 0u : 4u));
		put_element_list(a, to, &list, true);
		return;
	}
	uint32_t table = 0;
	if (has_table) {
		table = space_index(
			a, WAT_TABLES, node_is_list(at, "table") ? at->first->next : at);
		at = at->next;
	}
	struct node *offset = at;
	struct element_list list = parse_element_list(a, at == nullptr ? nullptr : at->next);
	bool plain = table == 0 && (list.functions || list.type == WASM_TYPE_FUNCREF);
	put_unsigned(a, to, (plain ? 0u : 2u) | (list.functions ? 0u : 4u));
	if (!plain)
		put_unsigned(a, to, table);
	put_offset(a, to, offset);
	put_element_list(a, to, &list, !plain);
}

static void data_field(struct assembler *a, struct node *field)
{
	struct wat_bytes *to = section(a, WAT_SECTION_DATA);
	struct node *at = skip_id(field->first->next);
	to->count++;
	if (at == nullptr || node_is_string(at)) {
		put_byte(a, to, 1);
		put_strings(a, to, at);
		return;
	}
	uint32_t memory = 0;
	if (node_is_list(at, "memory") || node_is_index(at)) {
		memory = space_index(
			a, WAT_MEMORIES, node_is_list(at, "memory") ? at->first->next : at);
		at = at->next;
	}
	put_byte(a, to, memory == 0 ? 0 : 2);
	if (memory != 0)
		put_unsigned(a, to, memory);
	put_offset(a, to, at);
	put_strings(a, to, at == nullptr ? nullptr : at->next);
}

// --- the module ------------------------------------------------------------------------------

static void other_field(struct assembler *a, struct node *field)
{
	static const struct {
		const char *keyword;
		void (*write)(struct assembler *a, struct node *field);
	} kinds[] = {{"import", import_field}, {"export", export_field}, {"start", start_field},
		{"elem", elem_field}, {"data", data_field}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (node_is_list(field, kinds[i].keyword)) {
			kinds[i].write(a, field);
			return;
		}
	if (!node_is_list(field, "type") && !node_is_list(field, "rec"))
		wat_malformed(a, field);
}

static void write_fields(struct assembler *a, struct node *fields)
{
	uint32_t next[WAT_SPACES] = {};
	for (struct node *field = fields; field != nullptr && wat_ok(a); field = field->next) {
		a->field_line = field->line;
		bool import = node_is_list(field, "import");
		const struct node *entity = field;
		while (import && entity != nullptr &&
			(entity == field || entity->kind != NODE_LIST))
			entity = entity == field ? field->first : entity->next;
		const struct definition *d = definition_of(entity);
		uint32_t index = d == nullptr ? 0 : next[d->space]++;
		if (d != nullptr && !import)
			definition_field(a, field, d, index);
		else
			other_field(a, field);
	}
}

static const uint8_t section_ids[WAT_SECTION_COUNT] = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};

static void write_section(struct assembler *a, struct wat_bytes *to, enum wat_section which)
{
	struct wat_bytes *from = &a->sections[which];
	struct wat_bytes count = {};
	bool counted = which != WAT_SECTION_START && which != WAT_SECTION_DATA_COUNT;
	if (from->count == 0)
		return;
	if (counted)
		put_unsigned(a, &count, from->count);
	put_byte(a, to, section_ids[which]);
	put_unsigned(a, to, (uint64_t)count.bytes.count + from->bytes.count);
	put_raw(a, to, count.bytes.items, count.bytes.count);
	put_raw(a, to, from->bytes.items, from->bytes.count);
	free_bytes(a, &count);
}

static void write_module(struct assembler *a, struct wat_bytes *to)
{
	write_types(a);
	if (a->uses_data_index) {
		a->sections[WAT_SECTION_DATA_COUNT].count = 1;
		put_unsigned(a, &a->sections[WAT_SECTION_DATA_COUNT],
			a->sections[WAT_SECTION_DATA].count);
	}
	put_raw(a, to, "\0asm\1\0\0\0", 8);
	for (uint32_t i = 0; i < WAT_SECTION_COUNT; i++)
		write_section(a, to, (enum wat_section)i);
}

static void assembler_free(struct assembler *a)
{
	for (uint32_t i = 0; i < WAT_SPACES; i++)
		array_free(&a->spaces[i], a->allocator, sizeof(struct node *));
	for (uint32_t i = 0; i < WAT_SECTION_COUNT; i++)
		free_bytes(a, &a->sections[i]);
	array_free(&a->types, a->allocator, sizeof(struct wat_type));
	array_free(&a->groups, a->allocator, sizeof(struct wat_group));
}

enum wasm_status wat_assemble(struct arena *arena, const struct wasm_allocator *allocator,
	const struct node *fields, uint8_t **bytes, size_t *size, uint32_t *line)
{
	struct assembler a = {.arena = arena, .allocator = allocator, .field_line = 1};
	struct wat_bytes module = {};
	struct node *first = (struct node *)(uintptr_t)fields;
	collect_types(&a, first);
	collect_names(&a, first);
	if (wat_ok(&a))
		write_fields(&a, first);
	if (wat_ok(&a))
		write_module(&a, &module);
	assembler_free(&a);
	*line = a.line;
	if (!wat_ok(&a)) {
		free_bytes(&a, &module);
		return a.status;
	}
	// Shrink, so that the size tells how much was allocated.
	*bytes = allocator->resize(
		allocator->self, module.bytes.items, module.bytes.capacity, module.bytes.count);
	*size = module.bytes.count;
	return *bytes == nullptr ? WASM_NO_MEMORY : WASM_OK;
}
