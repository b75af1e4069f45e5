// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory service: requests. */
#include "memory.h"

#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define MAP_RIGHTS  (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)
#define GRANTED_MAX 8u
#define WINDOW_SLOT 960u /* where capabilities from the manager arrive */

struct memory_state *memory;

static bool is_manager(const struct request *request)
{
	return request->badge == 0;
}

static bool is_service(const struct request *request)
{
	return request->badge >= BADGE_SERVICE;
}

/* The program that a request is about: the manager and services name it, others are it. */
static struct space *request_space(const struct request *request)
{
	uint64_t named = request->words[0];

	if (is_service(request) && named >= BADGE_SERVICE && named != request->badge)
		return nullptr; /* another service's */
	return space_find(is_manager(request) || is_service(request) ? named : request->badge);
}

static status_t range_check(uint64_t address, uint64_t size)
{
	if ((address | size) % PAGE != 0)
		return ERR_ALIGNMENT;
	if (size == 0 || address == 0 || address >= ABI_USER_ADDRESS_END ||
		size > ABI_USER_ADDRESS_END - address)
		return ERR_RANGE;
	return OK;
}

static status_t flags_check(uint64_t flags)
{
	if ((flags & ~(uint64_t)(MAP_RIGHTS | MEMORY_PRIVATE)) != 0)
		return ERR_INVALID_ARGUMENT;
	return (flags & RIGHT_WRITE) != 0 && (flags & RIGHT_EXECUTE) != 0 ? ERR_INVALID_ARGUMENT
									  : OK;
}

/* --- spaces
 * ----------------------------------------------------------------------------------------- */

static status_t space_create_handler(struct request *request)
{
	struct space *space = space_find(request->words[0]);
	status_t status = OK;

	if (!is_manager(request))
		return ERR_ACCESS;
	if (request->words[0] == 0)
		return ERR_INVALID_ARGUMENT;
	if (space == nullptr)
		status = space_create(request->words[0], request->words[1], &space);
	if (status == OK) {
		ESTATE_SET(space->reports_faults, (uint32_t)request->words[2] & 1);
		ESTATE_SET(space->makes_code, (uint32_t)request->words[2] >> 1 & 1);
	}
	if (status == OK)
		request->send[0] = slot_handle(meta_slot(space->metas, META_SPACE));
	return status;
}

static status_t space_destroy_handler(struct request *request)
{
	struct space *space = space_find(request->words[0]);

	if (!is_manager(request))
		return ERR_ACCESS;
	if (space != nullptr)
		space_destroy(space);
	service_session_end(request->words[0]);
	return OK;
}

static status_t statistics_handler(struct request *request)
{
	const struct space *space = request_space(request);

	if (request->words[0] == UINT64_MAX || (is_manager(request) && request->words[0] == 0)) {
		uint64_t total = (uint64_t)memory->chunk_count * CHUNK_PAGES;

		request->words[0] = (total - memory->pages_free) * PAGE;
		request->words[1] = 0;
		request->words[2] = total * PAGE + untyped_left();
		request->words[3] = memory->faults;
		return OK;
	}
	if (space == nullptr)
		return ERR_NOT_FOUND;
	request->words[0] = space->used;
	request->words[1] = space->peak;
	request->words[2] = space->quota;
	request->words[3] = space->faults;
	return OK;
}

/* --- regions
 * ---------------------------------------------------------------------------------------- */

static bool is_mapped_already(struct space *space, const struct region *wanted)
{
	const struct region *there = region_find(space, wanted->start);

	return there != nullptr && there->end >= wanted->end && there->flags == wanted->flags &&
	       there->object == wanted->object &&
	       there->offset + (wanted->start - there->start) == wanted->offset;
}

/* The process service maps code that is finished. */
static status_t code_check(const struct request *request, const struct region *region)
{
	const struct code *code = code_find(region->object);

	if (code == nullptr)
		return ERR_NOT_FOUND;
	if (!is_manager(request) || code->state != CODE_SEALED ||
		(region->flags & (RIGHT_WRITE | MEMORY_PRIVATE)) != 0)
		return ERR_ACCESS;
	return region->offset <= code_room(code) &&
			       region->end - region->start <= code_room(code) - region->offset
		       ? OK
		       : ERR_RANGE;
}

/* Programs map anonymous memory, and services what is their own. */
static status_t object_check(const struct request *request, const struct region *region)
{
	const struct shared *shared = shared_find(region->object);

	if (is_shared(region->object)) {
		if (shared == nullptr)
			return ERR_NOT_FOUND;
		if (!shared_is_for(shared, request->badge))
			return ERR_ACCESS;
		return region->offset == 0 && region->end - region->start == shared->size
			       ? OK
			       : ERR_RANGE;
	}
	if (is_service(request))
		return ERR_ACCESS;
	if (is_code(region->object))
		return code_check(request, region);
	if (!is_manager(request) && region->object != MEMORY_OBJECT_ANONYMOUS &&
		region->object != MEMORY_OBJECT_RESERVED)
		return ERR_ACCESS;
	if (region->object >= MEMORY_OBJECT_FIRST && object_find(region->object) == nullptr)
		return ERR_NOT_FOUND;
	return OK;
}

static status_t map_at_once(struct space *space, const struct region *region)
{
	uint64_t size = region->end - region->start;

	if (is_shared(region->object))
		return shared_map(space, shared_find(region->object), region->start,
			region->flags & MAP_RIGHTS);
	if (is_code(region->object))
		return code_map(space, code_find(region->object), region);
	if (region->object == MEMORY_OBJECT_BUNDLE)
		return bundle_map(space, region->start, size, region->offset,
			region->flags & (RIGHT_READ | RIGHT_EXECUTE));
	if (region->object >= MEMORY_OBJECT_FIRST)
		return object_map(space, region);
	return OK;
}

static status_t map_one(const struct request *request, const struct memory_region *wanted)
{
	struct space *space = request_space(request);
	struct region region = {
		.start = wanted->address,
		.end = wanted->address + wanted->size,
		.flags = wanted->flags,
		.object = wanted->object,
		.offset = wanted->offset,
	};
	status_t status = range_check(wanted->address, wanted->size);

	if (status == OK)
		status = flags_check(region.flags);
	if (status != OK)
		return status;
	if (space == nullptr)
		return ERR_NOT_FOUND;
	if (region.offset % PAGE != 0)
		return ERR_ALIGNMENT;
	status = object_check(request, &region);
	if (status != OK)
		return status;
	if (is_mapped_already(space, &region)) /* the request came again after a restart */
		return OK;
	status = region_add(space, &region);
	if (status != OK)
		return status;
	status = map_at_once(space, &region);
	if (status != OK && region_remove(space, region.start, region.end) != OK)
		runtime_abort("a region that was added cannot be removed");
	return status;
}

static status_t map_handler(struct request *request)
{
	struct memory_region region;

	memcpy(&region, &request->words[1], sizeof(region));
	return map_one(request, &region);
}

static status_t map_all_handler(struct request *request)
{
	struct memory_region regions[MESSAGE_BYTES / sizeof(struct memory_region)];
	size_t size = request->words[1];
	status_t status = OK;

	if (size > request->size || size > sizeof(regions) || size % sizeof(regions[0]) != 0)
		return ERR_RANGE;
	memcpy(regions, request->bytes, size); /* a program may change them while they are read */
	for (size_t i = 0; status == OK && i < size / sizeof(regions[0]); i++)
		status = map_one(request, &regions[i]);
	return status;
}

/* A service unmaps whole objects of its own, nothing else of a program. */
static status_t unmap_check(const struct request *request, struct space *space)
{
	const struct region *region = region_find(space, request->words[1]);
	const struct shared *shared = region != nullptr ? shared_find(region->object) : nullptr;

	if (!is_service(request))
		return OK;
	return shared != nullptr && shared_is_for(shared, request->badge) &&
			       region->start == request->words[1] &&
			       region->end - region->start == request->words[2]
		       ? OK
		       : ERR_NOT_MAPPED;
}

static status_t unmap_handler(struct request *request)
{
	struct space *space = request_space(request);
	status_t status = range_check(request->words[1], request->words[2]);

	if (status != OK || space == nullptr)
		return space == nullptr ? ERR_NOT_FOUND : status;
	status = unmap_check(request, space);
	if (status != OK)
		return status;
	return region_remove(space, request->words[1], request->words[1] + request->words[2]);
}

static status_t protect_handler(struct request *request)
{
	struct space *space = request_space(request);
	uint64_t flags = request->words[3];
	status_t status = range_check(request->words[1], request->words[2]);

	if (status == OK)
		status = flags_check(flags);
	if (status != OK || space == nullptr)
		return space == nullptr ? ERR_NOT_FOUND : status;
	/* Code comes from the manager only. */
	if (((flags & RIGHT_EXECUTE) != 0 && !is_manager(request)) || is_service(request))
		return ERR_ACCESS;
	return region_protect(space, request->words[1], request->words[1] + request->words[2],
		flags & MAP_RIGHTS);
}

static status_t write_handler(struct request *request)
{
	struct space *space = space_find(request->words[0]);
	uint8_t bytes[MESSAGE_BYTES];

	if (!is_manager(request))
		return ERR_ACCESS;
	if (space == nullptr)
		return ERR_NOT_FOUND;
	if (request->words[2] > request->size || request->words[1] >= ABI_USER_ADDRESS_END)
		return ERR_RANGE;
	memcpy(bytes, request->bytes, request->words[2]);
	return space_write(space, request->words[1], bytes, request->words[2]);
}

/* --- objects
 * ------------------------------------------------------------------------------------------- */

static status_t object_create_handler(struct request *request)
{
	if (!is_manager(request))
		return ERR_ACCESS;
	return object_create(request->words[0], &request->words[0]);
}

static status_t object_write_handler(struct request *request)
{
	if (!is_manager(request))
		return ERR_ACCESS;
	if (request->words[2] > request->size)
		return ERR_RANGE;
	return object_write(
		request->words[0], request->words[1], request->bytes, request->words[2]);
}

static status_t object_destroy_handler(struct request *request)
{
	struct object *object = object_find(request->words[0]);

	if (!is_manager(request))
		return ERR_ACCESS;
	if (object != nullptr)
		object_destroy(object);
	return OK;
}

/* --- what services share with programs
 * ----------------------------------------------------------------------------------------------
 */

static status_t adopt_handler(struct request *request)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	uint64_t type, rights, badge, tag, detail;
	status_t status = ERR_ACCESS;

	if (request->handles_in == 0)
		return is_service(request) ? ERR_INVALID_ARGUMENT : ERR_ACCESS;
	if (is_service(request))
		status = cnode_inspect(cnode, WINDOW_SLOT, &type, &rights, &badge, &tag, &detail);
	if (status == OK && type != OBJECT_ADDRESS_SPACE)
		status = ERR_WRONG_TYPE;
	if (status == OK)
		status = space_adopt(request->badge, handle_of(WINDOW_SLOT, tag));
	return status;
}

/* Services share memory with programs, and the process service shares programs' with each other. */
static bool shares(const struct request *request)
{
	return is_service(request) || is_manager(request);
}

static status_t share_create_handler(struct request *request)
{
	uint64_t size = request->words[1];
	struct shared *shared = shared_find_key(request->badge, request->words[0]);
	status_t status = OK;

	if (!shares(request))
		return ERR_ACCESS;
	if (shared == nullptr && size == 0)
		return ERR_NOT_FOUND;
	if (shared != nullptr && size != 0 &&
		(shared->size != size || shared->account != request->words[2])) {
		shared_destroy(shared); /* a killed instance's, for something else */
		shared = nullptr;
	}
	if (shared == nullptr)
		status = shared_create(
			request->badge, request->words[0], size, request->words[2], &shared);
	if (status == OK)
		request->words[0] = shared_number(shared);
	return status;
}

static status_t share_destroy_handler(struct request *request)
{
	struct shared *shared = shared_find_key(request->badge, request->words[0]);

	if (!shares(request))
		return ERR_ACCESS;
	if (shared != nullptr)
		shared_destroy(shared);
	return OK;
}

static status_t share_offer_handler(struct request *request)
{
	struct shared *shared = shared_find_key(request->badge, request->words[0]);
	uint64_t number = request->words[1];

	if (!is_service(request))
		return ERR_ACCESS;
	if (number >= 32)
		return ERR_INVALID_ARGUMENT;
	if (shared == nullptr)
		return ERR_NOT_FOUND;
	ESTATE_SET(shared->guests, shared->guests | (uint32_t)1 << number);
	request->words[0] = shared_number(shared);
	return OK;
}

static status_t share_find_handler(struct request *request)
{
	const struct shared *shared =
		shared_find_key(BADGE_SERVICE + request->words[0], request->words[1]);

	if (!is_service(request))
		return ERR_ACCESS;
	if (shared == nullptr || !shared_is_for(shared, request->badge))
		return ERR_NOT_FOUND;
	request->words[0] = shared_number(shared);
	request->words[1] = shared->size;
	return OK;
}

static status_t share_pin_handler(struct request *request)
{
	struct shared *shared = shared_find(request->words[0]);

	if (!is_service(request))
		return ERR_ACCESS;
	if (shared == nullptr || !shared_is_for(shared, request->badge))
		return ERR_NOT_FOUND;
	request->words[1] = shared->size;
	return shared_pin(shared, request->badge, &request->words[0]);
}

static status_t share_unpin_handler(struct request *request)
{
	struct shared *shared = shared_find(request->words[0]);

	if (!is_service(request))
		return ERR_ACCESS;
	if (shared != nullptr)
		shared_unpin(shared, request->badge);
	return OK;
}

static status_t dma_space_handler(struct request *request)
{
	return is_service(request) ? dma_open(request->badge, &request->send[0]) : ERR_ACCESS;
}

static status_t own_faults_handler(struct request *request)
{
	struct space *space = space_find(request->badge);

	if (space == nullptr)
		return ERR_ACCESS;
	ESTATE_SET(space->reports_faults, 0);
	return OK;
}

/* --- compiled code
 * ----------------------------------------------------------------------------------------------
 */

static struct space *compile_worker(const struct request *request)
{
	struct space *space = space_find(request->badge);

	return space != nullptr && space->makes_code != 0 ? space : nullptr;
}

static status_t code_map_open(struct space *space, const struct code *code, uint64_t address)
{
	struct region region = {
		.start = address,
		.end = address + code_room(code),
		.flags = RIGHT_READ | RIGHT_WRITE,
		.object = code_number(code),
	};
	status_t status = range_check(region.start, region.end - region.start);

	if (status == OK)
		status = region_add(space, &region);
	if (status != OK)
		return status;
	status = code_map(space, code, &region);
	if (status != OK)
		code_unmap(space, code);
	return status;
}

/* Once more after a restart: the object is there, and the region too. */
static status_t code_create_handler(struct request *request)
{
	struct space *space = compile_worker(request);
	struct code *code = code_of(request->badge);
	status_t status;

	if (space == nullptr)
		return ERR_ACCESS;
	if (code != nullptr)
		return code->state == CODE_OPEN && code->size == request->words[0] ? OK : ERR_BUSY;
	status = code_create(space, request->words[0], &code);
	if (status != OK)
		return status;
	status = code_map_open(space, code, request->words[1]);
	if (status != OK) {
		space_discharge(space, code->size);
		code_destroy(code);
	}
	return status;
}

static status_t code_seal_handler(struct request *request)
{
	struct space *space = compile_worker(request);
	struct code *code = code_of(request->badge);

	if (space == nullptr)
		return ERR_ACCESS;
	if (code == nullptr)
		return ERR_NOT_FOUND;
	if (code->state == CODE_OPEN)
		code_seal(space, code);
	request->words[0] = code_number(code);
	return OK;
}

static status_t code_take_handler(struct request *request)
{
	struct code *code = code_find(request->words[0]);

	if (!is_manager(request))
		return ERR_ACCESS;
	if (code == nullptr || code->state != CODE_SEALED ||
		(code->owner != request->words[1] && code->owner != 0))
		return ERR_NOT_FOUND;
	code_take(code);
	request->words[0] = code->size;
	return OK;
}

static status_t code_destroy_handler(struct request *request)
{
	struct code *code = code_find(request->words[0]);

	if (!is_manager(request))
		return ERR_ACCESS;
	if (code != nullptr && code->dying == 0)
		code_destroy(code);
	return OK;
}

/* --- frames
 * ---------------------------------------------------------------------------------------------- */

static status_t grant_frame_handler(struct request *request)
{
	struct space *space = space_find(request->words[0]);
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	uint64_t type, rights, badge, tag, detail;
	status_t status;

	if (!is_manager(request) || space == nullptr)
		return is_manager(request) ? ERR_NOT_FOUND : ERR_ACCESS;
	if (request->handles_in != 1)
		return ERR_INVALID_ARGUMENT;
	if (space->granted >= GRANTED_MAX)
		return ERR_TOO_MANY;
	status = cnode_inspect(cnode, WINDOW_SLOT, &type, &rights, &badge, &tag, &detail);
	if (status == OK)
		status = kernel_map(space, handle_of(WINDOW_SLOT, tag),
			meta_slot(meta_oldest(space), META_GRANTED + space->granted), 0,
			request->words[1], 1, request->words[2]);
	if (status == OK)
		ESTATE_SET(space->granted, space->granted + 1);
	return status;
}

static status_t thread_page(
	struct space *space, unsigned slot, unsigned map_slot, uint64_t address, handle_t *frame)
{
	link_t meta = meta_oldest(space);
	uint64_t place = meta_slot(meta, slot);
	uint64_t tag = 0;
	status_t status = untyped_retype(slot_handle(meta_slot(meta, META_UNTYPED)), OBJECT_FRAME,
		12, 1, slot_cnode(place), slot_index(place), &tag);

	if (status != OK && status != ERR_OCCUPIED)
		return status;
	*frame = slot_handle(meta_slot(meta, slot));
	if (status == ERR_OCCUPIED)
		return OK;
	return kernel_map(
		space, *frame, meta_slot(meta, map_slot), 0, address, 1, RIGHT_READ | RIGHT_WRITE);
}

static status_t thread_pages_handler(struct request *request)
{
	struct space *space = space_find(request->words[0]);
	status_t status;

	if (!is_manager(request) || space == nullptr)
		return is_manager(request) ? ERR_NOT_FOUND : ERR_ACCESS;
	status = thread_page(
		space, META_MESSAGE, META_MESSAGE_MAP, PROCESS_MESSAGE_ADDRESS, &request->send[0]);
	if (status == OK)
		status = thread_page(space, META_UPCALL, META_UPCALL_MAP, PROCESS_UPCALL_ADDRESS,
			&request->send[1]);
	return status;
}

static status_t take_limit_report_handler(struct request *request)
{
	if (!is_manager(request))
		return ERR_ACCESS;
	request->words[0] = 0;
	for (uint32_t i = 0; i < SPACES; i++) {
		struct space *space = &memory->spaces[i];

		if (space->pid == 0 || space->report == 0)
			continue;
		request->words[0] = space->pid;
		request->words[1] = space->report;
		request->words[2] = space->report_address;
		ESTATE_SET(space->report, 0);
		break;
	}
	return OK;
}

static const struct service_method methods[] = {
	[MEMORY_SPACE_CREATE] = {space_create_handler, RESTART_REPLAY},
	[MEMORY_SPACE_DESTROY] = {space_destroy_handler, RESTART_REPLAY},
	[MEMORY_MAP] = {map_handler, RESTART_REPLAY},
	[MEMORY_MAP_ALL] = {map_all_handler, RESTART_REPLAY},
	[MEMORY_UNMAP] = {unmap_handler, RESTART_REPLAY},
	[MEMORY_PROTECT] = {protect_handler, RESTART_REPLAY},
	[MEMORY_WRITE] = {write_handler, RESTART_REPLAY},
	[MEMORY_OBJECT_CREATE] = {object_create_handler, RESTART_ONCE},
	[MEMORY_OBJECT_WRITE] = {object_write_handler, RESTART_REPLAY},
	[MEMORY_OBJECT_DESTROY] = {object_destroy_handler, RESTART_REPLAY},
	[MEMORY_STATISTICS] = {statistics_handler, RESTART_PURE},
	[MEMORY_GRANT_FRAME] = {grant_frame_handler, RESTART_REPLAY},
	[MEMORY_THREAD_PAGES] = {thread_pages_handler, RESTART_REPLAY},
	[MEMORY_TAKE_LIMIT_REPORT] = {take_limit_report_handler, RESTART_ONCE},
	[MEMORY_ADOPT] = {adopt_handler, RESTART_REPLAY},
	[MEMORY_SHARE_CREATE] = {share_create_handler, RESTART_REPLAY},
	[MEMORY_SHARE_DESTROY] = {share_destroy_handler, RESTART_REPLAY},
	[MEMORY_SHARE_OFFER] = {share_offer_handler, RESTART_REPLAY},
	[MEMORY_SHARE_FIND] = {share_find_handler, RESTART_PURE},
	[MEMORY_SHARE_PIN] = {share_pin_handler, RESTART_REPLAY},
	[MEMORY_SHARE_UNPIN] = {share_unpin_handler, RESTART_REPLAY},
	[MEMORY_DMA_SPACE] = {dma_space_handler, RESTART_REPLAY},
	[MEMORY_OWN_FAULTS] = {own_faults_handler, RESTART_REPLAY},
	[MEMORY_CODE_CREATE] = {code_create_handler, RESTART_REPLAY},
	[MEMORY_CODE_SEAL] = {code_seal_handler, RESTART_REPLAY},
	[MEMORY_CODE_TAKE] = {code_take_handler, RESTART_REPLAY},
	[MEMORY_CODE_DESTROY] = {code_destroy_handler, RESTART_REPLAY},
};

static void read_bundle_frames(const struct process_start *start)
{
	for (uint64_t i = 0; i < start->bundle_frames; i++) {
		uint64_t type, rights, badge, tag, order;
		status_t status = cnode_inspect(start->handles[PROCESS_SLOT_CNODE],
			PROCESS_SLOT_BUNDLE + i, &type, &rights, &badge, &tag, &order);

		ASSERT(status == OK);
		memory->bundle_orders[i] = order;
	}
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	bool restarted;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	tables_open();
	restarted = estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, 1);
	memory = estate_allocate(sizeof(*memory), PAGE);
	if (memory == nullptr)
		runtime_abort("the estate is too small");
	tables_find(memory);
	if (restarted) {
		pool_adopt();
	} else {
		pool_init();
		read_bundle_frames(start);
	}
	service_receive_window(WINDOW_SLOT, 1);
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = 384,
		.fault = fault_handler,
	});
}
