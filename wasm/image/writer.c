// SPDX-License-Identifier: MIT OR Apache-2.0
// One function per section fills an array of records; bytes that records refer to collect in the
// BYTES section. The code comes last, on its own pages.
#include "image/writer.h"

#include "wasm/compiler.h"

#include <hash/sha256.h>

struct writer {
	const struct module *module;
	const struct image_code *code;
	const struct wasm_allocator *allocator;
	struct array sections[WASM_SECTION_COUNT];
	enum wasm_status status;
};

static const size_t record_sizes[WASM_SECTION_COUNT] = {
	[WASM_SECTION_CODE] = 1,
	[WASM_SECTION_TYPES] = sizeof(struct wasm_image_type),
	[WASM_SECTION_FUNCTIONS] = sizeof(struct wasm_image_function),
	[WASM_SECTION_TRAPS] = sizeof(struct wasm_image_trap),
	[WASM_SECTION_IMPORTS] = sizeof(struct wasm_image_import),
	[WASM_SECTION_EXPORTS] = sizeof(struct wasm_image_export),
	[WASM_SECTION_TABLES] = sizeof(struct wasm_image_table),
	[WASM_SECTION_MEMORIES] = sizeof(struct wasm_image_memory),
	[WASM_SECTION_GLOBALS] = sizeof(struct wasm_image_global),
	[WASM_SECTION_TAGS] = sizeof(struct wasm_image_tag),
	[WASM_SECTION_ELEMENTS] = sizeof(struct wasm_image_element),
	[WASM_SECTION_ITEMS] = sizeof(struct wasm_image_item),
	[WASM_SECTION_DATA] = sizeof(struct wasm_image_data),
	[WASM_SECTION_SITES] = sizeof(struct wasm_image_site),
	[WASM_SECTION_REGIONS] = sizeof(struct wasm_image_region),
	[WASM_SECTION_CLAUSES] = sizeof(struct wasm_image_clause),
	[WASM_SECTION_BYTES] = 1,
};

static void add_record(struct writer *w, enum wasm_section section, const void *record)
{
	enum wasm_status status =
		array_push(&w->sections[section], w->allocator, record_sizes[section], record);
	if (status != WASM_OK)
		w->status = status;
}

static struct wasm_image_span add_bytes(struct writer *w, const uint8_t *bytes, uint32_t size)
{
	struct array *all = &w->sections[WASM_SECTION_BYTES];
	struct wasm_image_span span = {all->count, size};
	if (size == 0)
		return (struct wasm_image_span){};
	enum wasm_status status = array_reserve(all, w->allocator, 1, (size_t)all->count + size);
	if (status != WASM_OK) {
		w->status = status;
		return span;
	}
	memcpy((uint8_t *)all->items + all->count, bytes, size);
	all->count += size;
	return span;
}

static struct wasm_image_span add_span(struct writer *w, struct bytes bytes)
{
	return add_bytes(w, bytes.data, bytes.size);
}

static struct wasm_image_span add_name(struct writer *w, struct reader_name name)
{
	return add_bytes(w, name.bytes, name.size);
}

static struct wasm_image_span add_types(
	struct writer *w, const enum wasm_type *types, uint32_t count)
{
	static const uint8_t padding[sizeof(*types)] = {};
	uint32_t unaligned = w->sections[WASM_SECTION_BYTES].count % sizeof(*types);
	if (unaligned != 0)
		(void)add_bytes(w, padding, (uint32_t)sizeof(*types) - unaligned);
	return add_bytes(w, (const uint8_t *)types, count * (uint32_t)sizeof(*types));
}

static void write_types(struct writer *w)
{
	const struct type_space *types = &w->module->types;
	for (uint32_t i = 0; i < types->definitions.count; i++) {
		const struct type_definition *d = type_space_at(types, i);
		struct wasm_image_type record = {
			add_types(w, d->type.parameters, d->type.parameter_count),
			add_types(w, d->type.results, d->type.result_count),
			w->code->types[i].entry, w->code->types[i].import,
			d->supertype == 0 ? WASM_NO_INDEX : wasm_type_number(d->supertype),
			d->is_final, d->group, d->group_size};
		add_record(w, WASM_SECTION_TYPES, &record);
	}
}

static void write_functions(struct writer *w)
{
	const struct module *m = w->module;
	for (uint32_t i = 0; i < m->function_count; i++) {
		struct wasm_image_function record = {
			.type = m->functions[i], .code = WASM_NO_INDEX};
		if (i >= m->imported_functions) {
			const struct code_span *span = &w->code->spans[i - m->imported_functions];
			record.code = span->offset;
			record.code_size = span->size;
			record.saved = span->saved;
			record.frame = span->frame;
			record.module = span->module;
			record.places =
				add_bytes(w, w->code->places + span->places, span->places_size);
		}
		if (m->function_names != nullptr)
			record.name = add_name(w, m->function_names[i]);
		add_record(w, WASM_SECTION_FUNCTIONS, &record);
	}
}

static void write_traps(struct writer *w)
{
	for (uint32_t i = 0; i < w->code->trap_count; i++)
		add_record(w, WASM_SECTION_TRAPS,
			&(struct wasm_image_trap){
				w->code->traps[i].position, w->code->traps[i].trap});
}

static void write_imports(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->import_count; i++) {
		const struct module_import *import = &w->module->imports[i];
		struct wasm_image_import record = {add_name(w, import->module),
			add_name(w, import->name), import->kind, import->index};
		add_record(w, WASM_SECTION_IMPORTS, &record);
	}
}

static void write_exports(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->export_count; i++) {
		const struct module_export *export = &w->module->exports[i];
		struct wasm_image_export record = {
			add_name(w, export->name), export->kind, export->index};
		add_record(w, WASM_SECTION_EXPORTS, &record);
	}
}

static void write_tables(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->table_count; i++) {
		const struct module_table *table = &w->module->tables[i];
		struct wasm_image_table record = {table->type, table->limits.is_64,
			table->limits.minimum, table->limits.maximum, add_span(w, table->initial)};
		add_record(w, WASM_SECTION_TABLES, &record);
	}
}

static void write_memories(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->memory_count; i++) {
		const struct limits *memory = &w->module->memories[i];
		struct wasm_image_memory record = {
			memory->minimum, memory->maximum, memory->is_64, memory->is_shared};
		add_record(w, WASM_SECTION_MEMORIES, &record);
	}
}

static void write_globals(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->global_count; i++) {
		const struct module_global *global = &w->module->globals[i];
		struct wasm_image_global record = {
			global->type, global->is_mutable, add_span(w, global->initial)};
		add_record(w, WASM_SECTION_GLOBALS, &record);
	}
}

static void write_tags(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->tag_count; i++)
		add_record(w, WASM_SECTION_TAGS, &(struct wasm_image_tag){w->module->tags[i]});
}

static void write_exceptions(struct writer *w)
{
	const struct call_site *sites = w->code->sites->items;
	const struct exception_region *regions = w->code->regions->items;
	const struct exception_clause *clauses = w->code->clauses->items;
	for (uint32_t i = 0; i < w->code->sites->count; i++)
		add_record(w, WASM_SECTION_SITES,
			&(struct wasm_image_site){sites[i].code, sites[i].region});
	for (uint32_t i = 0; i < w->code->regions->count; i++)
		add_record(w, WASM_SECTION_REGIONS,
			&(struct wasm_image_region){regions[i].parent, regions[i].first});
	for (uint32_t i = 0; i < w->code->clauses->count; i++)
		add_record(w, WASM_SECTION_CLAUSES,
			&(struct wasm_image_clause){
				clauses[i].tag, clauses[i].code, clauses[i].next});
}

static void write_elements(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->element_count; i++) {
		const struct module_element *element = &w->module->elements[i];
		struct wasm_image_element record = {element->mode, element->type, element->table,
			add_span(w, element->offset), w->sections[WASM_SECTION_ITEMS].count,
			element->item_count};
		for (uint32_t k = 0; k < element->item_count; k++) {
			struct wasm_image_item item = {.function = WASM_NO_INDEX};
			if (element->items != nullptr)
				item.value = add_span(w, element->items[k]);
			else
				item.function = element->functions[k];
			add_record(w, WASM_SECTION_ITEMS, &item);
		}
		add_record(w, WASM_SECTION_ELEMENTS, &record);
	}
}

static void write_data(struct writer *w)
{
	for (uint32_t i = 0; i < w->module->data_count; i++) {
		const struct module_data *data = &w->module->data[i];
		struct wasm_image_data record = {data->mode, data->memory,
			add_span(w, data->offset), add_span(w, data->bytes)};
		add_record(w, WASM_SECTION_DATA, &record);
	}
}

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

// Sections in order, code last and padded to whole pages.
static void lay_out(struct writer *w, struct wasm_image_header *header)
{
	uint64_t offset = sizeof(*header);
	for (uint32_t i = WASM_SECTION_CODE + 1; i < WASM_SECTION_COUNT; i++) {
		uint64_t size = (uint64_t)w->sections[i].count * record_sizes[i];
		header->sections[i] = (struct wasm_image_section){offset, size};
		offset = round_up(offset + size, 8);
	}
	offset = round_up(offset, WASM_IMAGE_PAGE);
	uint64_t code_size = round_up(w->code->code_size, WASM_IMAGE_PAGE);
	header->sections[WASM_SECTION_CODE] = (struct wasm_image_section){offset, code_size};
	header->image_size = offset + code_size;
}

static enum wasm_status assemble(
	struct writer *w, const struct wasm_image_header *header, struct image_blob *blob)
{
	uint8_t *bytes = wasm_allocate(w->allocator, (size_t)header->image_size, 1);
	if (bytes == nullptr)
		return WASM_NO_MEMORY;
	memcpy(bytes, header, sizeof(*header));
	for (uint32_t i = WASM_SECTION_CODE + 1; i < WASM_SECTION_COUNT; i++)
		if (header->sections[i].size != 0)
			memcpy(bytes + header->sections[i].offset, w->sections[i].items,
				(size_t)header->sections[i].size);
	uint8_t *code = bytes + header->sections[WASM_SECTION_CODE].offset;
	memset(code, 0xcc, (size_t)header->sections[WASM_SECTION_CODE].size);
	memcpy(code, w->code->code, w->code->code_size);
	*blob = (struct image_blob){bytes, (size_t)header->image_size};
	return WASM_OK;
}

enum wasm_status image_write(const struct module *module, const struct image_code *code,
	const struct wasm_allocator *allocator, struct image_blob *blob)
{
	static void (*const section_writers[])(struct writer *) = {write_types, write_functions,
		write_traps, write_imports, write_exports, write_tables, write_memories,
		write_globals, write_tags, write_elements, write_data, write_exceptions};
	struct writer w = {.module = module, .code = code, .allocator = allocator};
	for (uint32_t i = 0; i < sizeof(section_writers) / sizeof(section_writers[0]); i++)
		section_writers[i](&w);
	struct wasm_image_header header = {.magic = WASM_IMAGE_MAGIC,
		.version = WASM_IMAGE_VERSION,
		.cpu_features = code->cpu_features,
		.engine_hash = wasm_engine_hash(),
		.start_function = module->start,
		.refers_to_functions = code->refers_to_functions};
	sha256(module->begin, module->size, header.module_hash);
	lay_out(&w, &header);
	enum wasm_status status = w.status == WASM_OK ? assemble(&w, &header, blob) : w.status;
	for (uint32_t i = 0; i < WASM_SECTION_COUNT; i++)
		array_free(&w.sections[i], allocator, record_sizes[i]);
	return status;
}
