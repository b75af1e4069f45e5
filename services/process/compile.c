// SPDX-License-Identifier: MIT OR Apache-2.0
/* Modules that are not compiled yet. A program whose module has no code waits in PHASE_COMPILING; a
 * compile worker, one for each module, makes the code. The worker is a process of its own that may
 * ask the memory service for code and this service for its module, and can reach nothing else: a
 * defect of the compiler costs what its limits allow. This service never looks into a module. */
#include "process.h"

#include <abi/protocol/log.h>
#include <abi/protocol/memory.h>
#include <abi/protocol/vfs.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <wasm/status.h>

#define WORKERS        2u /* at a time */
#define WORKER_MEMORY  ((uint64_t)192 << 20)
#define WORKER_TIME_NS 60000000000u
#define LEVEL_ERROR    0u
#define LEVEL_INFO     2u
#define NOT_RUN        126u
#define CAUSE_BAD      7u /* enum exit_cause of abi/wasm.toml: bad_image */
#define PLACE_SHIFT    16u
#define LOADED_ADDRESS 0x310000000000u /* where programs find modules that they loaded */

static bool is_worker(const struct process *p)
{
	return p != nullptr && p->phase == PHASE_RUNNING &&
	       (p->permissions & PERMISSION_COMPILE) != 0;
}

static bool is_same(const struct module_id *a, const struct module_id *b)
{
	return a->file == b->file && a->changed_ns == b->changed_ns;
}

static bool waits_for(const struct process *p, const struct module_id *id)
{
	return p->phase == PHASE_COMPILING && is_same(&p->module, id);
}

static void tell_log(uint64_t level, const char *text, size_t size)
{
	struct call call = {.words = {level, size}, .in = text, .in_size = size};

	(void)!peer_call(SERVICE_NUMBER_LOG, LOG_WRITE, &call);
}

/* --- workers ---------------------------------------------------------------------------------- */

static struct process *worker_for(const struct module_id *id)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		if (is_worker(&table->processes[i]) && is_same(&table->processes[i].module, id))
			return &table->processes[i];
	}
	return nullptr;
}

static uint32_t worker_count(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PROCESSES; i++)
		count += is_worker(&table->processes[i]);
	return count;
}

/* The worker's path is that of the module, for people who look at it. */
static status_t worker_start(const uint8_t *path, size_t size, const struct module_id *id)
{
	struct process *worker;
	status_t status = process_prepare(0, &worker);

	if (status != OK)
		return status;
	memcpy(worker->blob, path, size);
	worker->blob[size] = 0;
	worker->start.path_size = size;
	worker->permissions = PERMISSION_COMPILE;
	worker->module = *id;
	worker->quota = WORKER_MEMORY;
	worker->start.memory_limit = WORKER_MEMORY;
	worker->cpu_limit_ns = WORKER_TIME_NS;
	memcpy(worker->name, "compile", 8);
	status = process_start_program(worker);
	if (status != OK) {
		process_end(worker, NOT_RUN, CAUSE_BAD, 0);
		process_forget(worker);
	}
	return status;
}

static status_t worker_start_for(const struct process *p)
{
	uint8_t path[MESSAGE_BYTES];
	size_t size;
	status_t status = program_path(p, path, &size);

	return status == OK ? worker_start(path, size, &p->module) : status;
}

static void fail(struct process *p, uint64_t detail)
{
	process_end(p, NOT_RUN, CAUSE_BAD, detail);
	estate_commit();
}

void compile_next(void)
{
	for (uint32_t i = 0; i < PROCESSES && worker_count() < WORKERS; i++) {
		struct process *p = &table->processes[i];

		if (p->phase == PHASE_COMPILING && worker_for(&p->module) == nullptr &&
			worker_start_for(p) != OK)
			fail(p, 0);
	}
}

/* --- programs that load modules ----------------------------------------------------------------
 */

/* Maps an image beside the program's own and those that it has loaded already. */
static status_t map_loaded(struct process *p, const struct code_place *place, uint64_t words[6])
{
	uint64_t address = LOADED_ADDRESS + p->loaded * CODE_SIZE_MAX;
	struct layout layout = {0};
	status_t status;

	layout_add_code(&layout, place, address);
	status = layout_map(p, &layout);
	ESTATE_SET(p->loaded, p->loaded + 1);
	words[0] = address;
	words[1] = place->size;
	return status;
}

static bool loads(const struct process *p, const struct module_id *id)
{
	return p->phase == PHASE_RUNNING && p->loader.reply != 0 && is_same(&p->loading, id);
}

/* `place` nullptr: nothing became of the module, as `detail` says. */
static void complete_load(struct process *p, const struct code_place *place, uint64_t detail)
{
	uint64_t words[6] = {detail};
	status_t status = place != nullptr ? map_loaded(p, place, words) : ERR_BAD_IMAGE;

	estate_save(&p->loader, sizeof(p->loader));
	service_complete(&p->loader, status, words, nullptr, 0);
}

status_t module_load_handler(struct request *request)
{
	struct process *p = process_find(request->badge);
	uint8_t path[MESSAGE_BYTES];
	uint64_t size = request->words[0];
	struct program_file file;
	status_t status;

	if (p == nullptr || p->phase != PHASE_RUNNING || is_worker(p))
		return ERR_ACCESS;
	if (size == 0 || size >= sizeof(path) || size > request->size)
		return ERR_PROTOCOL;
	memcpy(path, request->bytes, size);
	status = program_find_module(path, size, &file);
	request->words[0] = 0;
	if (status != OK)
		return status;
	if (file.kind == FILE_COMPILED)
		return map_loaded(p, &file.code, request->words);
	if (worker_for(&file.module) == nullptr) {
		status = worker_count() < WORKERS ? worker_start(path, size, &file.module)
						  : ERR_AGAIN;
		if (status != OK)
			return status;
	}
	estate_save(&p->loading, sizeof(p->loading));
	p->loading = file.module;
	estate_save(&p->loader, sizeof(p->loader));
	return service_park(request, &p->loader);
}

/* --- what becomes of a module ----------------------------------------------------------------- */

static void start_waiting(const struct module_id *id, const struct code_place *place)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *p = &table->processes[i];

		if (loads(p, id))
			complete_load(p, place, 0);
		else if (!waits_for(p, id))
			continue;
		else if (process_start_compiled(p, place) != OK)
			process_end(p, NOT_RUN, CAUSE_BAD, 0);
		estate_commit();
	}
}

void compile_worker_ended(const struct process *worker)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *p = &table->processes[i];

		if (loads(p, &worker->module))
			complete_load(p, nullptr, worker->compile_detail);
		else if (waits_for(p, &worker->module))
			fail(p, worker->compile_detail);
	}
	compile_next();
}

void compile_abandoned(const struct process *p)
{
	struct process *worker = worker_for(&p->module);

	for (uint32_t i = 0; i < PROCESSES; i++) {
		const struct process *other = &table->processes[i];

		if (other != p && (waits_for(other, &p->module) || loads(other, &p->module)))
			return;
	}
	if (worker != nullptr)
		process_end(worker, NOT_RUN, CAUSE_BAD, 0);
}

/* --- requests of workers ------------------------------------------------------------------------
 */

status_t job_read_handler(struct request *request)
{
	const struct process *worker = process_find(request->badge);
	struct call call = {.words = {request->words[0]}, .out_size = MESSAGE_BYTES};
	uint8_t contents[MESSAGE_BYTES];
	status_t status;

	if (!is_worker(worker))
		return ERR_ACCESS;
	call.words[1] = worker->start.path_size;
	call.in = worker->blob;
	call.in_size = worker->start.path_size;
	call.out = contents;
	status = peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM_READ, &call);
	if (status == OK &&
		!is_same(&worker->module, &(struct module_id){call.words[2], call.words[3]}))
		status = ERR_BUSY;
	if (status != OK)
		return status;
	request->words[0] = call.words[0];
	request->words[1] = call.words[1] < call.out_used ? call.words[1] : call.out_used;
	request->reply_size = request->words[1];
	memcpy(request->bytes, contents, request->reply_size);
	return OK;
}

status_t job_hash_handler(struct request *request)
{
	struct process *worker = process_find(request->badge);
	struct code_place place;

	if (!is_worker(worker))
		return ERR_ACCESS;
	if (request->size < CODE_HASH)
		return ERR_PROTOCOL;
	estate_save(worker->module_hash, CODE_HASH);
	memcpy(worker->module_hash, request->bytes, CODE_HASH);
	request->words[0] = code_cache_find(worker->module_hash, &place);
	if (request->words[0] == 0)
		return OK;
	code_cache_remember(&worker->module, worker->module_hash);
	start_waiting(&worker->module, &place);
	return OK;
}

/* The first bytes of the image's hash let people compare it with what the build makes. */
static void tell_done(const struct process *worker, const struct code_place *place,
	const struct job_result *result)
{
	uint64_t hash[2];
	char text[160];
	size_t size;

	memcpy(hash, result->hash, sizeof(hash));
	size = print_to(text, sizeof(text),
		"%s: compiled, %lu bytes, CPU features 0x%lx, %016lx%016lx",
		(const char *)worker->blob, place->size, result->features,
		__builtin_bswap64(hash[0]), __builtin_bswap64(hash[1]));

	tell_log(LEVEL_INFO, text, size);
}

status_t job_done_handler(struct request *request)
{
	const struct process *worker = process_find(request->badge);
	struct code_place place = {
		.object = request->words[0],
		.size = request->words[1],
		.code_offset = request->words[2],
		.code_size = request->words[3],
	};
	uint64_t words[6] = {place.object, request->badge};
	struct job_result result;
	status_t status;

	if (!is_worker(worker))
		return ERR_ACCESS;
	if (!code_place_is_sound(&place) || request->size < sizeof(result))
		return ERR_BAD_IMAGE;
	memcpy(&result, request->bytes, sizeof(result));
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_CODE_TAKE, words);
	if (status == OK && words[0] != place.size)
		status = ERR_BAD_IMAGE;
	if (status != OK)
		return status;
	code_cache_add(worker->module_hash, &place);
	code_cache_remember(&worker->module, worker->module_hash);
	tell_done(worker, &place, &result);
	start_waiting(&worker->module, &place);
	return OK;
}

status_t job_failed_handler(struct request *request)
{
	struct process *worker = process_find(request->badge);
	enum wasm_status status = (enum wasm_status)request->words[0];
	char text[160];
	size_t size;

	if (!is_worker(worker))
		return ERR_ACCESS;
	ESTATE_SET(worker->compile_detail,
		(request->words[0] & 0xffff) | request->words[1] << PLACE_SHIFT);
	size = print_to(text, sizeof(text), "%s: %s at byte %lu", (const char *)worker->blob,
		wasm_status_text(status), request->words[1]);
	if (request->words[2] != UINT32_MAX)
		size += print_to(
			text + size, sizeof(text) - size, " in function %lu", request->words[2]);
	tell_log(LEVEL_ERROR, text, size);
	return OK;
}
