// SPDX-License-Identifier: MIT OR Apache-2.0
// Sections of a module (core spec 5.5), one function each; module-level validation (3.4) happens as
// soon as what it needs is decoded.
#include "decode/module.h"

#include "decode/constant.h"
#include "decode/instruction.h"
#include "decode/limits.h"

#include <string.h>

// The reader carries the first error, so that the functions here return nothing.
struct decoder {
	struct reader reader;
	struct module *module;
	uint32_t group_end; // types from module->type_count to here are a group being decoded
	uint32_t type_capacity;
};

static void decoder_fail(struct decoder *d, enum wasm_status status)
{
	reader_fail(&d->reader, status);
}

// A vector's count and zeroed memory for its items, null when empty or failed.
static void *decode_vector(struct decoder *d, uint32_t limit, size_t item_size, uint32_t *count)
{
	*count = reader_count(&d->reader, limit);
	if (*count == 0)
		return nullptr;
	void *items = arena_allocate(&d->module->arena, *count, item_size);
	if (items == nullptr) {
		*count = 0;
		decoder_fail(d, WASM_NO_MEMORY);
	}
	return items;
}

// Room for `extra` more items after `count` imported ones.
static void *decode_extend(
	struct decoder *d, const void *items, uint32_t count, uint32_t extra, size_t item_size)
{
	void *all = arena_allocate(&d->module->arena, (size_t)count + extra, item_size);
	if (all == nullptr)
		decoder_fail(d, WASM_NO_MEMORY);
	else if (count != 0)
		memcpy(all, items, count * item_size);
	return all;
}

static bool decoder_ok(const struct decoder *d)
{
	return d->reader.status == WASM_OK;
}

// --- types -----------------------------------------------------------------------------------

constexpr uint32_t SUPERTYPE_DEPTH_LIMIT = 63;
enum type_form : uint8_t {
	FORM_GROUP = 0x4e,
	FORM_SUB_FINAL = 0x4f,
	FORM_SUB = 0x50,
	FORM_ARRAY = 0x5e,
	FORM_STRUCT = 0x5f,
	FORM_FUNCTION = 0x60,
};

// Type indices become numbers; those of the group that is being decoded, positions in it.
static enum wasm_type number_type(struct decoder *d, enum wasm_type type)
{
	uint32_t first = d->module->type_count;
	uint32_t index = wasm_type_number(type);
	if (!decoder_ok(d) || module_number_type(d->module, &type))
		return type;
	if (index >= d->group_end)
		decoder_fail(d, WASM_INVALID_TYPE_INDEX);
	return (enum wasm_type)(type_relative(index - first) | (type & WASM_TYPE_NOT_NULL));
}

static enum wasm_type decode_value_type(struct decoder *d)
{
	enum wasm_type type = number_type(d, reader_value_type(&d->reader));
	if (type == WASM_TYPE_V128)
		d->module->has_vector_types = true;
	return type;
}

static enum wasm_type decode_reference_type(struct decoder *d)
{
	return number_type(d, reader_reference_type(&d->reader));
}

static const enum wasm_type *decode_type_list(struct decoder *d, uint32_t *count)
{
	enum wasm_type *types = decode_vector(d, MODULE_PARAMETER_LIMIT, sizeof(*types), count);
	for (uint32_t i = 0; i < *count && decoder_ok(d); i++)
		types[i] = decode_value_type(d);
	return types;
}

static void decode_function_type(struct decoder *d, struct wasm_function_type *type)
{
	type->parameters = decode_type_list(d, &type->parameter_count);
	type->results = decode_type_list(d, &type->result_count);
}

// At most one supertype, an index before this type's own.
static void decode_supertype(struct decoder *d, struct type_definition *type, uint32_t position)
{
	uint32_t count = reader_count(&d->reader, MODULE_TYPE_LIMIT);
	if (count > 1)
		decoder_fail(d, WASM_INVALID_SUPERTYPE);
	if (count != 1)
		return;
	uint32_t index = reader_u32(&d->reader);
	if (decoder_ok(d) && index >= d->module->type_count + position)
		decoder_fail(d, WASM_INVALID_TYPE_INDEX);
	type->supertype = number_type(d, wasm_type_defined(index));
}

static void decode_subtype(struct decoder *d, struct type_definition *type, uint32_t position)
{
	uint8_t form = reader_u8(&d->reader);
	type->is_final = form != FORM_SUB;
	if (form == FORM_SUB || form == FORM_SUB_FINAL) {
		decode_supertype(d, type, position);
		form = reader_u8(&d->reader);
	}
	if (form == FORM_ARRAY || form == FORM_STRUCT)
		decoder_fail(d, WASM_UNSUPPORTED_GC);
	else if (form != FORM_FUNCTION)
		decoder_fail(d, WASM_MALFORMED_TYPE);
	decode_function_type(d, &type->type);
}

static enum wasm_status check_supertype(const struct type_space *space, uint32_t number)
{
	const struct type_definition *type = type_space_at(space, number);
	if (type->supertype == 0)
		return WASM_OK;
	const struct type_definition *super =
		type_space_at(space, wasm_type_number(type->supertype));
	if (type->depth > SUPERTYPE_DEPTH_LIMIT)
		return WASM_LIMIT_COUNT;
	return !super->is_final && type_function_matches(space, &type->type, &super->type)
		       ? WASM_OK
		       : WASM_INVALID_SUPERTYPE;
}

// Type numbers by index; the array grows by doubling.
static void append_type_numbers(struct decoder *d, uint32_t first, uint32_t count)
{
	struct module *m = d->module;
	uint32_t needed = m->type_count + count;
	if (needed > d->type_capacity) {
		d->type_capacity = needed * 2;
		m->type_numbers = decode_extend(
			d, m->type_numbers, m->type_count, needed * 2, sizeof(uint32_t));
	}
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		m->type_numbers[m->type_count + i] = first + i;
	m->type_count += count;
}

static void add_type_group(struct decoder *d, const struct type_definition *group, uint32_t count)
{
	struct module *m = d->module;
	uint32_t first = 0;
	enum wasm_status status = type_space_intern(&m->types, group, count, &first);
	for (uint32_t i = 0; i < count && status == WASM_OK; i++)
		status = check_supertype(&m->types, first + i);
	if (status != WASM_OK)
		decoder_fail(d, status);
	else
		append_type_numbers(d, first, count);
}

static void decode_type_group(struct decoder *d)
{
	bool is_group = reader_left(&d->reader) > 0 && *d->reader.position == FORM_GROUP;
	uint32_t count = 1;
	struct type_definition one = {};
	struct type_definition *group = &one;
	if (is_group) {
		reader_u8(&d->reader);
		group = decode_vector(d, MODULE_TYPE_LIMIT, sizeof(*group), &count);
	}
	if (count > MODULE_TYPE_LIMIT - d->module->type_count)
		decoder_fail(d, WASM_LIMIT_COUNT);
	d->group_end = d->module->type_count + count;
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		decode_subtype(d, &group[i], i);
	if (decoder_ok(d) && count != 0)
		add_type_group(d, group, count);
}

static void decode_types(struct decoder *d)
{
	uint32_t count = reader_count(&d->reader, MODULE_TYPE_LIMIT);
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		decode_type_group(d);
	d->group_end = d->module->type_count;
}

// The type's number.
static uint32_t decode_type_index(struct decoder *d)
{
	uint32_t index = reader_u32(&d->reader);
	if (decoder_ok(d) && index >= d->module->type_count)
		decoder_fail(d, WASM_INVALID_TYPE_INDEX);
	return decoder_ok(d) ? d->module->type_numbers[index] : 0;
}

static struct limits decode_limits(struct decoder *d)
{
	struct limits limits = {};
	uint8_t flags = reader_u8(&d->reader);
	if (flags > 7)
		decoder_fail(d, WASM_MALFORMED_LIMITS);
	limits.is_shared = (flags & 2) != 0;
	limits.is_64 = (flags & 4) != 0;
	limits.minimum = reader_u64(&d->reader);
	limits.has_maximum = (flags & 1) != 0;
	limits.maximum = limits.has_maximum ? reader_u64(&d->reader) : UINT64_MAX;
	if (limits.maximum < limits.minimum)
		decoder_fail(d, WASM_INVALID_LIMITS);
	return limits;
}

static struct limits decode_memory_type(struct decoder *d)
{
	struct limits limits = decode_limits(d);
	uint64_t most = limits.is_64 ? MEMORY64_PAGES_MOST : WASM_MAX_PAGES;
	if (limits.minimum > most || (limits.has_maximum && limits.maximum > most))
		decoder_fail(d, WASM_INVALID_MEMORY_SIZE);
	if (limits.is_shared && !limits.has_maximum)
		decoder_fail(d, WASM_INVALID_SHARED_LIMITS);
	return limits;
}

static struct module_table decode_table_type(struct decoder *d)
{
	struct module_table table = {.type = decode_reference_type(d)};
	table.limits = decode_limits(d);
	if (table.limits.is_shared)
		decoder_fail(d, WASM_MALFORMED_LIMITS);
	if (!table.limits.is_64 &&
		(table.limits.minimum > UINT32_MAX ||
			(table.limits.has_maximum && table.limits.maximum > UINT32_MAX)))
		decoder_fail(d, WASM_INVALID_TABLE_SIZE);
	return table;
}

static struct module_global decode_global_type(struct decoder *d)
{
	struct module_global global = {.type = decode_value_type(d)};
	uint8_t mutability = reader_u8(&d->reader);
	if (mutability > 1)
		decoder_fail(d, WASM_MALFORMED_KIND);
	global.is_mutable = mutability == 1;
	return global;
}

// The attribute can only be 0: an exception.
static uint32_t decode_tag_type(struct decoder *d)
{
	if (reader_u8(&d->reader) != 0)
		decoder_fail(d, WASM_MALFORMED_ZERO_BYTE);
	uint32_t type = decode_type_index(d);
	if (decoder_ok(d) && module_type(d->module, type)->result_count != 0)
		decoder_fail(d, WASM_INVALID_TAG);
	return type;
}

// --- imports ---------------------------------------------------------------------------------

// Index spaces have room for all imports from the start.
static bool decode_import_spaces(struct decoder *d, uint32_t count)
{
	struct module *m = d->module;
	m->functions = arena_allocate(&m->arena, count, sizeof(*m->functions));
	m->tables = arena_allocate(&m->arena, count, sizeof(*m->tables));
	m->memories = arena_allocate(&m->arena, count, sizeof(*m->memories));
	m->globals = arena_allocate(&m->arena, count, sizeof(*m->globals));
	m->tags = arena_allocate(&m->arena, count, sizeof(*m->tags));
	if (m->functions != nullptr && m->tables != nullptr && m->memories != nullptr &&
		m->globals != nullptr && m->tags != nullptr)
		return true;
	decoder_fail(d, WASM_NO_MEMORY);
	return false;
}

static uint32_t decode_import_kind(struct decoder *d, uint8_t kind)
{
	struct module *m = d->module;
	switch (kind) {
	case WASM_EXTERN_FUNCTION:
		m->functions[m->function_count] = decode_type_index(d);
		return m->function_count++;
	case WASM_EXTERN_TABLE:
		m->tables[m->table_count] = decode_table_type(d);
		return m->table_count++;
	case WASM_EXTERN_MEMORY:
		m->memories[m->memory_count] = decode_memory_type(d);
		return m->memory_count++;
	case WASM_EXTERN_GLOBAL:
		m->globals[m->global_count] = decode_global_type(d);
		return m->global_count++;
	case WASM_EXTERN_TAG:
		m->tags[m->tag_count] = decode_tag_type(d);
		return m->tag_count++;
	default:
		decoder_fail(d, WASM_MALFORMED_KIND);
		return 0;
	}
}

static void decode_import(struct decoder *d, struct module_import *import)
{
	import->module = reader_name(&d->reader);
	import->name = reader_name(&d->reader);
	uint8_t kind = reader_u8(&d->reader);
	import->kind = kind;
	if (decoder_ok(d))
		import->index = decode_import_kind(d, kind);
}

static void decode_imports(struct decoder *d)
{
	struct module *m = d->module;
	m->imports = decode_vector(d, MODULE_IMPORT_LIMIT, sizeof(*m->imports), &m->import_count);
	if (m->import_count == 0 || !decode_import_spaces(d, m->import_count))
		return;
	for (uint32_t i = 0; i < m->import_count && decoder_ok(d); i++)
		decode_import(d, &m->imports[i]);
	m->imported_functions = m->function_count;
	m->imported_tables = m->table_count;
	m->imported_memories = m->memory_count;
	m->imported_globals = m->global_count;
	m->imported_tags = m->tag_count;
}

// --- own functions, tables, memories, globals ------------------------------------------------

static void decode_functions(struct decoder *d)
{
	struct module *m = d->module;
	uint32_t count = reader_count(&d->reader, MODULE_FUNCTION_LIMIT);
	m->functions = decode_extend(d, m->functions, m->function_count, count, sizeof(uint32_t));
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		m->functions[m->function_count++] = decode_type_index(d);
}

static struct module_table decode_table(struct decoder *d)
{
	bool has_initial = reader_left(&d->reader) > 0 && *d->reader.position == 0x40;
	if (!has_initial)
		return decode_table_type(d);
	reader_u8(&d->reader);
	if (reader_u8(&d->reader) != 0)
		decoder_fail(d, WASM_MALFORMED_ZERO_BYTE);
	struct module_table table = decode_table_type(d);
	if (decoder_ok(d))
		table.initial = constant_read(d->module, &d->reader, table.type);
	return table;
}

static void decode_tables(struct decoder *d)
{
	struct module *m = d->module;
	uint32_t count = reader_count(&d->reader, MODULE_TABLE_LIMIT);
	m->tables = decode_extend(d, m->tables, m->table_count, count, sizeof(*m->tables));
	for (uint32_t i = 0; i < count && decoder_ok(d); i++) {
		struct module_table table = decode_table(d);
		bool needs_initial = (table.type & WASM_TYPE_NOT_NULL) != 0;
		if (decoder_ok(d) && needs_initial && table.initial.size == 0)
			decoder_fail(d, WASM_INVALID_TYPE_MISMATCH);
		m->tables[m->table_count++] = table;
	}
}

static void decode_memories(struct decoder *d)
{
	struct module *m = d->module;
	uint32_t count = reader_count(&d->reader, MODULE_MEMORY_LIMIT);
	m->memories = decode_extend(d, m->memories, m->memory_count, count, sizeof(*m->memories));
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		m->memories[m->memory_count++] = decode_memory_type(d);
}

static void decode_tags(struct decoder *d)
{
	struct module *m = d->module;
	uint32_t count = reader_count(&d->reader, MODULE_TAG_LIMIT);
	m->tags = decode_extend(d, m->tags, m->tag_count, count, sizeof(*m->tags));
	for (uint32_t i = 0; i < count && decoder_ok(d); i++)
		m->tags[m->tag_count++] = decode_tag_type(d);
}

static void decode_globals(struct decoder *d)
{
	struct module *m = d->module;
	uint32_t count = reader_count(&d->reader, MODULE_GLOBAL_LIMIT);
	m->globals = decode_extend(d, m->globals, m->global_count, count, sizeof(*m->globals));
	for (uint32_t i = 0; i < count && decoder_ok(d); i++) {
		struct module_global global = decode_global_type(d);
		if (decoder_ok(d))
			global.initial = constant_read(m, &d->reader, global.type);
		m->globals[m->global_count++] = global;
	}
}

// --- exports, start --------------------------------------------------------------------------

static enum wasm_status export_check(const struct module *m, uint8_t kind, uint32_t index)
{
	switch (kind) {
	case WASM_EXTERN_FUNCTION:
		return index < m->function_count ? WASM_OK : WASM_INVALID_FUNCTION_INDEX;
	case WASM_EXTERN_TABLE:
		return index < m->table_count ? WASM_OK : WASM_INVALID_TABLE_INDEX;
	case WASM_EXTERN_MEMORY:
		return index < m->memory_count ? WASM_OK : WASM_INVALID_MEMORY_INDEX;
	case WASM_EXTERN_GLOBAL:
		return index < m->global_count ? WASM_OK : WASM_INVALID_GLOBAL_INDEX;
	case WASM_EXTERN_TAG:
		return index < m->tag_count ? WASM_OK : WASM_INVALID_TAG_INDEX;
	default:
		return WASM_MALFORMED_KIND;
	}
}

static void decode_export(struct decoder *d, struct module_export *export)
{
	export->name = reader_name(&d->reader);
	uint8_t kind = reader_u8(&d->reader);
	export->kind = kind;
	export->index = reader_u32(&d->reader);
	if (!decoder_ok(d))
		return;
	enum wasm_status status = export_check(d->module, kind, export->index);
	if (status != WASM_OK)
		decoder_fail(d, status);
	else if (kind == WASM_EXTERN_FUNCTION)
		d->module->declared[export->index] = 1;
}

static int name_compare(const struct module_export *a, const struct module_export *b)
{
	uint32_t size = a->name.size < b->name.size ? a->name.size : b->name.size;
	int order = size == 0 ? 0 : memcmp(a->name.bytes, b->name.bytes, size);
	return order != 0 ? order : (a->name.size > b->name.size) - (a->name.size < b->name.size);
}

static void heap_sift(struct module_export **heap, uint32_t root, uint32_t count)
{
	for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && name_compare(heap[child], heap[child + 1]) < 0)
			child++;
		if (name_compare(heap[root], heap[child]) >= 0)
			return;
		struct module_export *swap = heap[root];
		heap[root] = heap[child];
		heap[child] = swap;
	}
}

// Heap sort: hostile names cannot make it slow.
static void exports_sort(struct module_export **exports, uint32_t count)
{
	for (uint32_t i = count / 2; i-- > 0;)
		heap_sift(exports, i, count);
	for (uint32_t i = count; i-- > 1;) {
		struct module_export *last = exports[i];
		exports[i] = exports[0];
		exports[0] = last;
		heap_sift(exports, 0, i);
	}
}

static void check_duplicate_exports(struct decoder *d)
{
	struct module *m = d->module;
	struct module_export **sorted =
		arena_allocate(&m->arena, m->export_count, sizeof(struct module_export *));
	if (sorted == nullptr) {
		decoder_fail(d, WASM_NO_MEMORY);
		return;
	}
	for (uint32_t i = 0; i < m->export_count; i++)
		sorted[i] = &m->exports[i];
	exports_sort(sorted, m->export_count);
	for (uint32_t i = 1; i < m->export_count; i++)
		if (name_compare(sorted[i - 1], sorted[i]) == 0)
			decoder_fail(d, WASM_INVALID_DUPLICATE_EXPORT);
}

static void decode_exports(struct decoder *d)
{
	struct module *m = d->module;
	m->exports = decode_vector(d, MODULE_EXPORT_LIMIT, sizeof(*m->exports), &m->export_count);
	for (uint32_t i = 0; i < m->export_count && decoder_ok(d); i++)
		decode_export(d, &m->exports[i]);
	if (decoder_ok(d))
		check_duplicate_exports(d);
}

static void decode_start(struct decoder *d)
{
	struct module *m = d->module;
	m->start = reader_u32(&d->reader);
	if (!decoder_ok(d))
		return;
	if (m->start >= m->function_count) {
		decoder_fail(d, WASM_INVALID_FUNCTION_INDEX);
		return;
	}
	const struct wasm_function_type *type = module_function_type(m, m->start);
	if (type->parameter_count != 0 || type->result_count != 0)
		decoder_fail(d, WASM_INVALID_START);
}

// --- element segments ------------------------------------------------------------------------

static void decode_element_functions(struct decoder *d, struct module_element *element)
{
	element->functions =
		decode_vector(d, MODULE_ITEM_LIMIT, sizeof(uint32_t), &element->item_count);
	for (uint32_t i = 0; i < element->item_count && decoder_ok(d); i++) {
		uint32_t function = reader_u32(&d->reader);
		element->functions[i] = function;
		if (!decoder_ok(d))
			break;
		if (function >= d->module->function_count)
			decoder_fail(d, WASM_INVALID_FUNCTION_INDEX);
		else
			d->module->declared[function] = 1;
	}
}

static void decode_element_expressions(struct decoder *d, struct module_element *element)
{
	element->items =
		decode_vector(d, MODULE_ITEM_LIMIT, sizeof(struct bytes), &element->item_count);
	for (uint32_t i = 0; i < element->item_count && decoder_ok(d); i++)
		element->items[i] = constant_read(d->module, &d->reader, element->type);
}

static void decode_element_table(struct decoder *d, struct module_element *element, uint32_t flags)
{
	element->table = (flags & 2) != 0 ? reader_u32(&d->reader) : 0;
	if (decoder_ok(d) && element->table >= d->module->table_count)
		decoder_fail(d, WASM_INVALID_TABLE_INDEX);
	if (decoder_ok(d))
		element->offset = constant_read(d->module, &d->reader,
			limits_address_type(&d->module->tables[element->table].limits));
}

static void decode_element_type(struct decoder *d, struct module_element *element, uint32_t flags)
{
	bool explicit_type = (flags & 3) != 0;
	bool expressions = (flags & 4) != 0;
	element->type = expressions ? WASM_TYPE_FUNCREF
				    : (enum wasm_type)(WASM_TYPE_FUNCREF | WASM_TYPE_NOT_NULL);
	if (explicit_type && expressions)
		element->type = decode_reference_type(d);
	else if (explicit_type && reader_u8(&d->reader) != 0)
		decoder_fail(d, WASM_MALFORMED_KIND);
}

// flags (5.5.12): bit 0 passive or declared, bit 1 table index or declared, bit 2 expressions.
static void decode_element(struct decoder *d, struct module_element *element)
{
	uint32_t flags = reader_u32(&d->reader);
	if (flags > 7) {
		decoder_fail(d, WASM_MALFORMED_KIND);
		return;
	}
	element->mode = (flags & 1) == 0   ? WASM_SEGMENT_ACTIVE
			: (flags & 2) == 0 ? WASM_SEGMENT_PASSIVE
					   : WASM_SEGMENT_DECLARED;
	if (element->mode == WASM_SEGMENT_ACTIVE)
		decode_element_table(d, element, flags);
	decode_element_type(d, element, flags);
	if (decoder_ok(d) && element->mode == WASM_SEGMENT_ACTIVE &&
		!type_matches(
			&d->module->types, element->type, d->module->tables[element->table].type))
		decoder_fail(d, WASM_INVALID_TYPE_MISMATCH);
	if ((flags & 4) != 0)
		decode_element_expressions(d, element);
	else
		decode_element_functions(d, element);
}

static void decode_elements(struct decoder *d)
{
	struct module *m = d->module;
	m->elements =
		decode_vector(d, MODULE_SEGMENT_LIMIT, sizeof(*m->elements), &m->element_count);
	for (uint32_t i = 0; i < m->element_count && decoder_ok(d); i++)
		decode_element(d, &m->elements[i]);
}

// --- code and data ---------------------------------------------------------------------------

static void decode_body(struct decoder *d, struct module_body *body)
{
	body->size = reader_u32(&d->reader);
	body->begin = reader_bytes(&d->reader, body->size);
	if (decoder_ok(d) && body->size > MODULE_BODY_LIMIT)
		decoder_fail(d, WASM_LIMIT_FUNCTION_SIZE);
}

static void decode_code(struct decoder *d)
{
	struct module *m = d->module;
	m->bodies = decode_vector(d, MODULE_FUNCTION_LIMIT, sizeof(*m->bodies), &m->body_count);
	for (uint32_t i = 0; i < m->body_count && decoder_ok(d); i++)
		decode_body(d, &m->bodies[i]);
}

static void decode_data_count(struct decoder *d)
{
	d->module->data_count_section = reader_u32(&d->reader);
	d->module->has_data_count_section = true;
	if (d->module->data_count_section > MODULE_SEGMENT_LIMIT)
		decoder_fail(d, WASM_LIMIT_COUNT);
}

static void decode_data_segment(struct decoder *d, struct module_data *data)
{
	uint32_t flags = reader_u32(&d->reader);
	if (flags > 2)
		decoder_fail(d, WASM_MALFORMED_KIND);
	data->mode = flags == 1 ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
	data->memory = flags == 2 ? reader_u32(&d->reader) : 0;
	if (data->mode == WASM_SEGMENT_ACTIVE) {
		if (decoder_ok(d) && data->memory >= d->module->memory_count)
			decoder_fail(d, WASM_INVALID_MEMORY_INDEX);
		if (decoder_ok(d))
			data->offset = constant_read(d->module, &d->reader,
				limits_address_type(&d->module->memories[data->memory]));
	}
	data->bytes.size = reader_u32(&d->reader);
	data->bytes.data = reader_bytes(&d->reader, data->bytes.size);
}

static void decode_data(struct decoder *d)
{
	struct module *m = d->module;
	m->data = decode_vector(d, MODULE_SEGMENT_LIMIT, sizeof(*m->data), &m->data_count);
	for (uint32_t i = 0; i < m->data_count && decoder_ok(d); i++)
		decode_data_segment(d, &m->data[i]);
}

// --- the name section (appendix 7.4.1), of which function names are kept for messages --------

static void decode_function_names(struct module *m, struct reader *reader)
{
	m->function_names =
		arena_allocate(&m->arena, m->function_count, sizeof(*m->function_names));
	uint32_t count = reader_count(reader, MODULE_FUNCTION_LIMIT);
	for (uint32_t i = 0; i < count && m->function_names != nullptr; i++) {
		uint32_t function = reader_u32(reader);
		struct reader_name name = reader_name(reader);
		if (reader->status != WASM_OK)
			return;
		if (function < m->function_count)
			m->function_names[function] = name;
	}
}

// Errors in custom sections are ignored: they do not make a module malformed.
static void decode_names(struct module *m, struct reader reader)
{
	while (reader_left(&reader) > 0 && reader.status == WASM_OK) {
		uint8_t id = reader_u8(&reader);
		uint32_t size = reader_u32(&reader);
		const uint8_t *bytes = reader_bytes(&reader, size);
		if (bytes == nullptr || id != 1 || m->function_names != nullptr)
			continue;
		struct reader part = {bytes, bytes + size, WASM_OK};
		decode_function_names(m, &part);
	}
}

static void decode_custom(struct decoder *d)
{
	struct reader_name name = reader_name(&d->reader);
	if (decoder_ok(d) && name.size == 4 && memcmp(name.bytes, "name", 4) == 0)
		decode_names(d->module, d->reader);
	d->reader.position = d->reader.end;
}

// --- sections --------------------------------------------------------------------------------

// Indexed by section id; rank: position in the prescribed order.
static const struct section_kind {
	void (*decode)(struct decoder *d);
	uint8_t rank;
} section_kinds[] = {
	{decode_custom, 0},
	{decode_types, 1},
	{decode_imports, 2},
	{decode_functions, 3},
	{decode_tables, 4},
	{decode_memories, 5},
	{decode_globals, 7},
	{decode_exports, 8},
	{decode_start, 9},
	{decode_elements, 10},
	{decode_code, 12},
	{decode_data, 13},
	{decode_data_count, 11},
	{decode_tags, 6},
};
constexpr uint8_t SECTION_FUNCTION = 3;

// `declared` covers all functions once their section has been passed.
static void ensure_declared(struct decoder *d)
{
	struct module *m = d->module;
	if (m->declared == nullptr)
		m->declared = arena_allocate(&m->arena, m->function_count, 1);
	if (m->declared == nullptr)
		decoder_fail(d, WASM_NO_MEMORY);
}

static void decode_section_body(struct decoder *d, uint8_t id, uint32_t size)
{
	const uint8_t *end = d->reader.end;
	if (size > reader_left(&d->reader)) {
		decoder_fail(d, WASM_MALFORMED_END);
		return;
	}
	if (id > SECTION_FUNCTION)
		ensure_declared(d);
	if (!decoder_ok(d))
		return;
	d->reader.end = d->reader.position + size;
	section_kinds[id].decode(d);
	if (decoder_ok(d) && reader_left(&d->reader) != 0)
		decoder_fail(d, WASM_MALFORMED_SECTION_SIZE);
	if (decoder_ok(d))
		d->reader.end = end;
}

static void decode_section(struct decoder *d, uint8_t *last_rank)
{
	uint8_t id = reader_u8(&d->reader);
	if (id >= sizeof(section_kinds) / sizeof(section_kinds[0])) {
		decoder_fail(d, WASM_MALFORMED_SECTION_ID);
		return;
	}
	uint8_t rank = section_kinds[id].rank;
	if (rank != 0 && rank <= *last_rank) {
		decoder_fail(d, WASM_MALFORMED_SECTION_ORDER);
		return;
	}
	if (rank != 0)
		*last_rank = rank;
	uint32_t size = reader_u32(&d->reader);
	if (decoder_ok(d))
		decode_section_body(d, id, size);
}

static void decode_header(struct decoder *d)
{
	const uint8_t *magic = reader_bytes(&d->reader, 4);
	if (magic == nullptr)
		return;
	if (memcmp(magic, "\0asm", 4) != 0) {
		decoder_fail(d, WASM_MALFORMED_MAGIC);
		return;
	}
	const uint8_t *version = reader_bytes(&d->reader, 4);
	if (version != nullptr && memcmp(version, "\1\0\0", 4) != 0)
		decoder_fail(d, WASM_MALFORMED_VERSION);
}

// What only holds for the whole module.
static enum wasm_status module_check(const struct module *m)
{
	if (m->function_count - m->imported_functions != m->body_count)
		return WASM_MALFORMED_COUNT;
	if (m->has_data_count_section && m->data_count_section != m->data_count)
		return WASM_MALFORMED_DATA_COUNT;
	return m->memory_count > MODULE_MEMORY_LIMIT ? WASM_LIMIT_COUNT : WASM_OK;
}

enum wasm_status module_decode(
	struct module *module, const uint8_t *bytes, size_t size, uint64_t *offset)
{
	struct arena arena = module->arena;
	*module = (struct module){
		.arena = arena, .begin = bytes, .size = size, .start = WASM_NO_INDEX};
	type_space_init(&module->types, &module->arena, arena.allocator);
	struct decoder d = {.reader = {bytes, bytes + size, WASM_OK}, .module = module};
	uint8_t last_rank = 0;
	*offset = 0;
	if (size > MODULE_SIZE_LIMIT)
		return WASM_LIMIT_MODULE_SIZE;
	decode_header(&d);
	while (decoder_ok(&d) && reader_left(&d.reader) > 0)
		decode_section(&d, &last_rank);
	if (decoder_ok(&d))
		ensure_declared(&d);
	*offset = (uint64_t)(d.reader.position - bytes);
	return decoder_ok(&d) ? module_check(module) : d.reader.status;
}

void module_free(struct module *module)
{
	type_space_free(&module->types);
	arena_free(&module->arena);
}
