// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files as a WASM module: this side of module/interface.h. */
#include "interface.h"

#include "../engines.h"

#include <craton/estate.h>

#define EXPORT(name)     __attribute__((export_name(name)))
#define IMPORT(name)     __attribute__((import_module("engine"), import_name(name)))
#define ADDRESS(pointer) ((uint32_t)(uintptr_t)(pointer))
#define POINTER(address) ((void *)(uintptr_t)(address))

IMPORT("start")
uint32_t host_start(uint64_t id, uint64_t offset, uint32_t bytes, uint32_t size, uint32_t kind,
	uint32_t lasting);
IMPORT("now") uint64_t host_now(void);
IMPORT("random") uint32_t host_random(void);
IMPORT("forget") void host_forget(uint64_t node);
IMPORT("clean") int64_t host_clean(uint64_t node);
IMPORT("save") void host_save(uint32_t part, uint32_t size);
IMPORT("commit") void host_commit(void);
IMPORT("rollback") void host_rollback(void);
IMPORT("abort") [[noreturn]] void host_abort(uint32_t reason, uint32_t size);

static struct module_area area;
static const struct file_engine *engine;
static void *fs;

/* --- what engines stand on ----------------------------------------------------------------------
 */

void estate_save(const void *part, size_t size)
{
	host_save(ADDRESS(part), size);
}

void estate_commit(void)
{
	host_commit();
}

void estate_rollback(void)
{
	host_rollback();
}

void runtime_abort(const char *reason)
{
	host_abort(ADDRESS(reason), strlen(reason));
}

static bool start(void *self, const struct engine_io *io)
{
	(void)self;
	return host_start(io->id, io->offset, ADDRESS(io->bytes), io->size, io->kind,
		       io->lasting) != 0;
}

static uint64_t now(void *self)
{
	(void)self;
	return host_now();
}

static uint32_t random_word(void *self)
{
	(void)self;
	return host_random();
}

static void forget(void *self, uint64_t node)
{
	(void)self;
	host_forget(node);
}

static status_t clean(void *self, uint64_t node)
{
	(void)self;
	return host_clean(node);
}

static const struct engine_environment environment = {
	nullptr, start, now, random_word, forget, clean};

/* --- the engine ---------------------------------------------------------------------------------
 */

EXPORT("area") uint32_t module_area(void);
EXPORT("describe") uint32_t module_describe(uint32_t kind);
EXPORT("open") uint32_t module_open(uint32_t kind, uint32_t memory, uint32_t size);
EXPORT("call") int64_t module_call(uint32_t method, uint64_t a, uint64_t b, uint64_t c);

uint32_t module_area(void)
{
	return ADDRESS(&area);
}

uint32_t module_describe(uint32_t kind)
{
	const struct file_engine *e = engine_of_kind(kind);

	if (e == nullptr)
		return 0;
	area.engine = (struct module_engine){
		.root = e->root,
		.has_aliases = e->has_aliases,
		.is_writable = e->create != nullptr,
		.has_link = e->link != nullptr,
		.has_tidy = e->tidy != nullptr,
		.has_access = e->set_access != nullptr,
	};
	return 1;
}

uint32_t module_open(uint32_t kind, uint32_t memory, uint32_t size)
{
	engine = engine_of_kind(kind);
	fs = engine->open((struct engine_parameters){
		.environment = &environment,
		.memory = POINTER(memory),
		.memory_size = size,
	});
	return fs != nullptr;
}

/* --- methods ------------------------------------------------------------------------------------
 */

static struct name first(void)
{
	return (struct name){(const char *)area.first, area.first_size};
}

static struct name second(void)
{
	return (struct name){(const char *)area.second, area.second_size};
}

static struct entry_name entry(uint64_t directory)
{
	return (struct entry_name){directory, first()};
}

static int64_t trouble(void)
{
	const char *text = engine->trouble(fs);
	size_t size = strlen(text);

	area.second_size = size < sizeof(area.second) ? size : sizeof(area.second);
	memcpy(area.second, text, area.second_size);
	return size > 0;
}

static status_t next(uint64_t directory, uint64_t cookie)
{
	static struct directory_item item;
	status_t status = engine->next(fs, directory, &cookie, &item);

	area.numbers[0] = cookie;
	if (status != OK)
		return status;
	area.item.node = item.node;
	area.item.inode = item.inode;
	area.item.type = item.type;
	area.item.name_size = item.name_size;
	memcpy(area.item.name, item.name, item.name_size);
	return OK;
}

static status_t read_link(uint64_t node, uint64_t offset, uint64_t wanted)
{
	size_t size = wanted < sizeof(area.second) ? (size_t)wanted : sizeof(area.second);
	size_t done = 0;
	status_t status = engine->read_link(fs, node, offset, area.second, size, &done);

	area.second_size = done;
	return status;
}

static status_t cursor(status_t (*method)(void *, uint64_t *), uint64_t value)
{
	status_t status = method(fs, &value);

	area.numbers[0] = value;
	return status;
}

typedef status_t (*map_method)(void *, uint64_t, uint64_t, uint32_t, struct engine_run *);

static status_t map(map_method method, uint64_t node, uint64_t offset, uint64_t size)
{
	struct engine_run run = {0};
	status_t status = method(fs, node, offset, (uint32_t)size, &run);

	area.numbers[0] = run.offset;
	area.numbers[1] = run.size;
	area.numbers[2] = run.is_hole;
	return status;
}

/* No operations: of the state of the volume. */
static int64_t call_state(uint32_t method, uint64_t a, uint64_t b)
{
	switch (method) {
	case MODULE_RESET:
		engine->reset(fs, a, b != 0);
		return OK;
	case MODULE_RESUME:
		engine->resume(fs);
		return OK;
	case MODULE_WORK:
		return engine->work(fs);
	case MODULE_IO_DONE:
		engine->io_done(fs, a, (status_t)b);
		return OK;
	case MODULE_IS_QUIET:
		return engine->is_quiet(fs);
	case MODULE_IS_IDLE:
		return engine->is_idle(fs);
	case MODULE_IS_TIDY:
		return engine->is_tidy == nullptr || engine->is_tidy(fs);
	case MODULE_IS_READ_ONLY:
		return engine->is_read_only(fs);
	case MODULE_BLOCK_SIZE:
		return engine->block_size(fs);
	case MODULE_TROUBLE:
		return trouble();
	default:
		return ERR_NO_METHOD;
	}
}

static int64_t call_look(uint32_t method, uint64_t a, uint64_t b, uint64_t c)
{
	switch (method) {
	case MODULE_MOUNT:
		return engine->mount(fs);
	case MODULE_UNMOUNT:
		return engine->unmount(fs);
	case MODULE_SPACE:
		return engine->space(fs, &area.numbers[0], &area.numbers[1]);
	case MODULE_SYNC:
		return cursor(engine->sync, a);
	case MODULE_TIDY:
		return cursor(engine->tidy, a);
	case MODULE_LOOKUP:
		return engine->lookup(fs, a, first(), &area.numbers[0]);
	case MODULE_PARENT:
		return engine->parent(fs, a, &area.numbers[0]);
	case MODULE_ATTRIBUTES:
		return engine->attributes(fs, a, &area.attributes);
	case MODULE_NEXT:
		return next(a, b);
	case MODULE_READ_LINK:
		return read_link(a, b, c);
	case MODULE_RETAIN:
		return engine->retain(fs, a);
	case MODULE_RELEASE:
		return engine->release(fs, a);
	case MODULE_MAP:
		return map(engine->map, a, b, c);
	default:
		return ERR_NO_METHOD;
	}
}

static int64_t call_change(uint32_t method, uint64_t a, uint64_t b, uint64_t c)
{
	switch (method) {
	case MODULE_CREATE:
		return engine->create(fs, entry(a), (enum file_type)b, second(), &area.numbers[0]);
	case MODULE_LINK:
		return engine->link(fs, a, entry(b));
	case MODULE_REMOVE:
		return engine->remove(fs, entry(a));
	case MODULE_RENAME:
		return engine->rename(fs, entry(a), (struct entry_name){b, second()});
	case MODULE_SET_TIMES:
		return engine->set_times(fs, a, b, c);
	case MODULE_SET_ACCESS:
		return engine->set_access(fs, a, (uint32_t)b, (uint32_t)c, (uint32_t)(c >> 32));
	case MODULE_SET_SIZE:
		return engine->set_size(fs, a, b);
	case MODULE_RESERVE:
		return engine->reserve(fs, a, b, c);
	case MODULE_MAP_WRITE:
		return map(engine->map_write, a, b, c);
	case MODULE_WRITTEN:
		return engine->written(fs, a, b, (uint32_t)c);
	default:
		return ERR_NO_METHOD;
	}
}

int64_t module_call(uint32_t method, uint64_t a, uint64_t b, uint64_t c)
{
	if (method <= MODULE_TROUBLE)
		return call_state(method, a, b);
	if (method <= MODULE_RELEASE || method == MODULE_MAP)
		return call_look(method, a, b, c);
	return call_change(method, a, b, c);
}
