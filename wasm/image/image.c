// SPDX-License-Identifier: MIT OR Apache-2.0
// Opens images: checks all bounds first, so that the runtime can use the records as they are.
#include "wasm/image.h"

#include "wasm/compiler.h"
#include "wasm/trap.h"

struct section_view {
	const void *items;
	uint32_t count;
};

static bool view_section(const struct wasm_image *image, enum wasm_section section, size_t record,
	struct section_view *v)
{
	const struct wasm_image_section *s = &image->header->sections[section];
	if (s->offset > image->size || s->size > image->size - s->offset || s->offset % 8 != 0)
		return false;
	if (s->size % record != 0 || s->size / record > UINT32_MAX)
		return false;
	v->items = image->base + s->offset;
	v->count = (uint32_t)(s->size / record);
	return true;
}

#define VIEW(image, section, field, counter)                             \
	(view_section(image, section, sizeof(*(image)->field), &view) && \
		((image)->field = view.items, (image)->counter = view.count, true))

static bool view_sections(struct wasm_image *image)
{
	struct section_view view;
	const struct wasm_image_section *code = &image->header->sections[WASM_SECTION_CODE];
	if (!view_section(image, WASM_SECTION_CODE, WASM_IMAGE_PAGE, &view) ||
		code->offset % WASM_IMAGE_PAGE != 0)
		return false;
	image->code = view.items;
	image->code_size = code->size;
	return VIEW(image, WASM_SECTION_TYPES, types, type_count) &&
	       VIEW(image, WASM_SECTION_FUNCTIONS, functions, function_count) &&
	       VIEW(image, WASM_SECTION_TRAPS, traps, trap_count) &&
	       VIEW(image, WASM_SECTION_IMPORTS, imports, import_count) &&
	       VIEW(image, WASM_SECTION_EXPORTS, exports, export_count) &&
	       VIEW(image, WASM_SECTION_TABLES, tables, table_count) &&
	       VIEW(image, WASM_SECTION_MEMORIES, memories, memory_count) &&
	       VIEW(image, WASM_SECTION_GLOBALS, globals, global_count) &&
	       VIEW(image, WASM_SECTION_TAGS, tags, tag_count) &&
	       VIEW(image, WASM_SECTION_SITES, sites, site_count) &&
	       VIEW(image, WASM_SECTION_REGIONS, regions, region_count) &&
	       VIEW(image, WASM_SECTION_CLAUSES, clauses, clause_count) &&
	       VIEW(image, WASM_SECTION_ELEMENTS, elements, element_count) &&
	       VIEW(image, WASM_SECTION_ITEMS, items, item_count) &&
	       VIEW(image, WASM_SECTION_DATA, data, data_count) &&
	       VIEW(image, WASM_SECTION_BYTES, bytes, bytes_size);
}

static bool span_ok(const struct wasm_image *image, struct wasm_image_span span)
{
	return span.offset <= image->bytes_size && span.size <= image->bytes_size - span.offset;
}

static bool code_ok(const struct wasm_image *image, uint32_t code)
{
	return code == WASM_NO_INDEX || code < image->code_size;
}

// References name types below `numbers`.
static bool type_ok(enum wasm_type type, uint32_t numbers)
{
	if (wasm_type_code(type) == WASM_TYPE_DEFINED)
		return wasm_type_number(type) < numbers;
	if (wasm_type_is_reference(type))
		return (type & ~0xffu) == 0;
	return type >= WASM_TYPE_V128 && type <= WASM_TYPE_I32;
}

static bool type_list_ok(
	const struct wasm_image *image, struct wasm_image_span list, uint32_t numbers)
{
	if (!span_ok(image, list) || list.offset % sizeof(enum wasm_type) != 0 ||
		list.size % sizeof(enum wasm_type) != 0)
		return false;
	const enum wasm_type *types = (const enum wasm_type *)(image->bytes + list.offset);
	for (uint32_t i = 0; i < list.size / sizeof(*types); i++)
		if (!type_ok(types[i], numbers))
			return false;
	return true;
}

// Groups lie one behind the other; types refer to their own group and to what is before it.
static bool types_ok(const struct wasm_image *image)
{
	uint32_t group = 0, end = 0;
	for (uint32_t i = 0; i < image->type_count; i++) {
		const struct wasm_image_type *type = &image->types[i];
		if (i == end) {
			if (type->group_size == 0 || type->group_size > image->type_count - i)
				return false;
			group = i;
			end = i + type->group_size;
		}
		if (type->group != group || type->group_size != end - group ||
			(type->supertype != WASM_NO_INDEX && type->supertype >= i) ||
			!type_list_ok(image, type->parameters, end) ||
			!type_list_ok(image, type->results, end) ||
			!code_ok(image, type->entry_code) || !code_ok(image, type->import_code))
			return false;
	}
	return true;
}

// Imported functions have no code, own functions' code lies in order; every function's type has the
// adapters that the runtime will use.
static bool functions_ok(const struct wasm_image *image)
{
	uint64_t end = 0;
	for (uint32_t i = 0; i < image->function_count; i++) {
		const struct wasm_image_function *f = &image->functions[i];
		if (f->type >= image->type_count || !span_ok(image, f->name) ||
			!span_ok(image, f->places) ||
			image->types[f->type].entry_code == WASM_NO_INDEX)
			return false;
		if (i < image->imported_functions) {
			if (image->types[f->type].import_code == WASM_NO_INDEX)
				return false;
			continue;
		}
		if (f->code < end || f->code >= image->code_size ||
			f->code_size > image->code_size - f->code)
			return false;
		end = (uint64_t)f->code + f->code_size;
	}
	return true;
}

static bool traps_ok(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->trap_count; i++)
		if (image->traps[i].trap == WASM_TRAP_NONE ||
			image->traps[i].trap >= WASM_TRAP_COUNT ||
			(i > 0 && image->traps[i].code <= image->traps[i - 1].code))
			return false;
	return true;
}

// Imports of each kind number their index space from 0 on.
static bool imports_ok(struct wasm_image *image)
{
	uint32_t *counts[] = {[WASM_EXTERN_FUNCTION] = &image->imported_functions,
		[WASM_EXTERN_TABLE] = &image->imported_tables,
		[WASM_EXTERN_MEMORY] = &image->imported_memories,
		[WASM_EXTERN_GLOBAL] = &image->imported_globals,
		[WASM_EXTERN_TAG] = &image->imported_tags};
	for (uint32_t i = 0; i < image->import_count; i++) {
		const struct wasm_image_import *import = &image->imports[i];
		if (!span_ok(image, import->module) || !span_ok(image, import->name) ||
			import->kind > WASM_EXTERN_TAG || import->index != *counts[import->kind])
			return false;
		++*counts[import->kind];
	}
	return image->imported_functions <= image->function_count &&
	       image->imported_tables <= image->table_count &&
	       image->imported_memories <= image->memory_count &&
	       image->imported_globals <= image->global_count &&
	       image->imported_tags <= image->tag_count;
}

static bool exports_ok(const struct wasm_image *image)
{
	const uint32_t limits[] = {[WASM_EXTERN_FUNCTION] = image->function_count,
		[WASM_EXTERN_TABLE] = image->table_count,
		[WASM_EXTERN_MEMORY] = image->memory_count,
		[WASM_EXTERN_GLOBAL] = image->global_count,
		[WASM_EXTERN_TAG] = image->tag_count};
	for (uint32_t i = 0; i < image->export_count; i++) {
		const struct wasm_image_export *export = &image->exports[i];
		if (!span_ok(image, export->name) || export->kind > WASM_EXTERN_TAG ||
			export->index >= limits[export->kind])
			return false;
	}
	return true;
}

static bool spaces_ok(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->table_count; i++)
		if (!span_ok(image, image->tables[i].initial) ||
			!type_ok((enum wasm_type)image->tables[i].type, image->type_count) ||
			!wasm_type_is_reference((enum wasm_type)image->tables[i].type))
			return false;
	for (uint32_t i = 0; i < image->memory_count; i++)
		if ((image->memories[i].is_64 == 0 &&
			    image->memories[i].minimum > WASM_MAX_PAGES) ||
			(image->memories[i].is_shared != 0 &&
				image->memories[i].maximum == UINT64_MAX))
			return false;
	for (uint32_t i = 0; i < image->global_count; i++)
		if (!span_ok(image, image->globals[i].initial) ||
			!type_ok((enum wasm_type)image->globals[i].type, image->type_count))
			return false;
	return true;
}

static bool optional_ok(uint32_t index, uint32_t first, uint32_t end)
{
	return index == WASM_NO_INDEX || (index >= first && index < end);
}

static bool regions_ok(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->region_count; i++)
		if (!optional_ok(image->regions[i].parent, 0, i) ||
			!optional_ok(image->regions[i].first, 0, image->clause_count))
			return false;
	for (uint32_t i = 0; i < image->clause_count; i++)
		if (!optional_ok(image->clauses[i].tag, 0, image->tag_count) ||
			!optional_ok(image->clauses[i].next, i + 1, image->clause_count) ||
			image->clauses[i].code >= image->code_size)
			return false;
	return true;
}

static bool exceptions_ok(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->tag_count; i++)
		if (image->tags[i].type >= image->type_count ||
			image->types[image->tags[i].type].results.size != 0)
			return false;
	for (uint32_t i = 0; i < image->site_count; i++)
		if (image->sites[i].region >= image->region_count ||
			(i > 0 && image->sites[i].code <= image->sites[i - 1].code))
			return false;
	return regions_ok(image);
}

static bool segments_ok(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->element_count; i++) {
		const struct wasm_image_element *e = &image->elements[i];
		if (e->mode > WASM_SEGMENT_DECLARED || !span_ok(image, e->offset) ||
			e->first_item > image->item_count ||
			e->item_count > image->item_count - e->first_item ||
			(e->mode == WASM_SEGMENT_ACTIVE && e->table >= image->table_count))
			return false;
	}
	for (uint32_t i = 0; i < image->item_count; i++)
		if (!span_ok(image, image->items[i].value) ||
			!optional_ok(image->items[i].function, 0, image->function_count))
			return false;
	for (uint32_t i = 0; i < image->data_count; i++) {
		const struct wasm_image_data *d = &image->data[i];
		if (d->mode > WASM_SEGMENT_PASSIVE || !span_ok(image, d->offset) ||
			!span_ok(image, d->bytes) ||
			(d->mode == WASM_SEGMENT_ACTIVE && d->memory >= image->memory_count))
			return false;
	}
	return true;
}

static bool start_ok(const struct wasm_image *image)
{
	uint32_t start = image->header->start_function;
	if (start == WASM_NO_INDEX)
		return true;
	if (start >= image->function_count)
		return false;
	struct wasm_function_type type =
		wasm_image_function_type(image, image->functions[start].type);
	return type.parameter_count == 0 && type.result_count == 0;
}

static enum wasm_status header_check(const struct wasm_image_header *header, size_t size)
{
	if (header->magic != WASM_IMAGE_MAGIC)
		return WASM_BAD_IMAGE_MAGIC;
	if (header->version != WASM_IMAGE_VERSION)
		return WASM_BAD_IMAGE_VERSION;
	if (header->engine_hash != wasm_engine_hash())
		return WASM_BAD_IMAGE_ENGINE;
	return header->image_size <= size ? WASM_OK : WASM_BAD_IMAGE_BOUNDS;
}

enum wasm_status wasm_image_view(const void *bytes, size_t size, struct wasm_image *image)
{
	if (size < sizeof(struct wasm_image_header) || (uintptr_t)bytes % 8 != 0)
		return size >= 8 && (uintptr_t)bytes % 8 == 0 &&
				       *(const uint64_t *)bytes == WASM_IMAGE_MAGIC
			       ? WASM_BAD_IMAGE_BOUNDS
			       : WASM_BAD_IMAGE_MAGIC;
	*image = (struct wasm_image){.base = bytes, .header = bytes};
	enum wasm_status status = header_check(image->header, size);
	if (status != WASM_OK)
		return status;
	image->size = (size_t)image->header->image_size;
	return view_sections(image) && imports_ok(image) ? WASM_OK : WASM_BAD_IMAGE_BOUNDS;
}

enum wasm_status wasm_image_open(const void *bytes, size_t size, struct wasm_image *image)
{
	enum wasm_status status = wasm_image_view(bytes, size, image);
	if (status != WASM_OK)
		return status;
	bool ok = types_ok(image) && functions_ok(image) && traps_ok(image) && exports_ok(image) &&
		  spaces_ok(image) && segments_ok(image) && exceptions_ok(image) && start_ok(image);
	return ok ? WASM_OK : WASM_BAD_IMAGE_BOUNDS;
}

uint32_t wasm_image_find_function(const struct wasm_image *image, uint32_t code)
{
	uint32_t low = image->imported_functions, high = image->function_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct wasm_image_function *f = &image->functions[middle];
		if (code < f->code)
			high = middle;
		else if (code - f->code >= f->code_size)
			low = middle + 1;
		else
			return middle;
	}
	return WASM_NO_INDEX;
}

uint32_t wasm_image_find_trap(const struct wasm_image *image, uint32_t code)
{
	uint32_t low = 0, high = image->trap_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (image->traps[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < image->trap_count && image->traps[low].code == code ? image->traps[low].trap
									 : (uint32_t)WASM_TRAP_NONE;
}

// A number that is cut off, or too long, is what its bytes so far say: nothing else depends on it.
static uint32_t take_number(const uint8_t **at, const uint8_t *end, bool is_signed)
{
	uint32_t value = 0, shift = 0;
	uint8_t byte = 0x80;
	for (; (byte & 0x80) != 0 && *at < end && shift < 35; shift += 7) {
		byte = *(*at)++;
		if (shift < 32)
			value |= (uint32_t)(byte & 0x7f) << shift;
	}
	if (is_signed && (byte & 0x40) != 0 && shift < 32)
		value |= ~(uint32_t)0 << shift;
	return value;
}

uint32_t wasm_image_find_place(const struct wasm_image *image, uint32_t function, uint32_t code)
{
	const struct wasm_image_function *f = &image->functions[function];
	const uint8_t *at = image->bytes + f->places.offset;
	const uint8_t *end = at + f->places.size;
	uint32_t position = f->code, module = f->module;
	while (at < end) {
		position += take_number(&at, end, false);
		if (position > code)
			break;
		module += take_number(&at, end, true);
	}
	return module;
}

uint32_t wasm_image_find_region(const struct wasm_image *image, uint32_t code)
{
	uint32_t low = 0, high = image->site_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (image->sites[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < image->site_count && image->sites[low].code == code ? image->sites[low].region
									 : WASM_NO_INDEX;
}

struct wasm_function_type wasm_image_function_type(const struct wasm_image *image, uint32_t type)
{
	const struct wasm_image_type *t = &image->types[type];
	return (struct wasm_function_type){
		(const enum wasm_type *)(image->bytes + t->parameters.offset),
		(const enum wasm_type *)(image->bytes + t->results.offset),
		t->parameters.size / (uint32_t)sizeof(enum wasm_type),
		t->results.size / (uint32_t)sizeof(enum wasm_type)};
}
