// SPDX-License-Identifier: MIT OR Apache-2.0
/* Starting a program: its file, address space, capabilities, thread. */
#include "process.h"

#include <abi/protocol/log.h>
#include <abi/protocol/memory.h>
#include <abi/protocol/vfs.h>
#include <abi/syscall.h>
#include <craton/estate.h>

#define CNODE_RADIX   6u
#define SLICE_NS      10000000u
#define STACK_SIZE    0x100000u
#define STACK_TOP     0x180000u   /* near the message pages, whose page tables it shares */
#define CODE_DISTANCE 0x10000000u /* from the runtime's image: they share page tables */
#define BADGE_MASK    0xffffffffffffu

static uint64_t round_page(uint64_t size)
{
	return (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

const uint8_t *blob_path(const struct process *p)
{
	return p->blob;
}

struct process_descriptor *blob_descriptors(struct process *p)
{
	uint64_t offset = p->start.path_size + p->start.arguments_size + p->start.environment_size +
			  p->start.directory_size;

	return (struct process_descriptor *)(p->blob + ((offset + 7) & ~(uint64_t)7));
}

/* --- the program's file
 * ----------------------------------------------------------------------------- */

status_t program_path(const struct process *p, uint8_t out[MESSAGE_BYTES], size_t *size)
{
	const uint8_t *directory =
		p->blob + p->start.path_size + p->start.arguments_size + p->start.environment_size;
	size_t length = 0;

	if (p->start.path_size == 0)
		return ERR_NOT_FOUND;
	if (p->blob[0] != '/') {
		if (p->start.directory_size + 1 + p->start.path_size > MESSAGE_BYTES)
			return ERR_TOO_LONG;
		memcpy(out, directory, p->start.directory_size);
		length = p->start.directory_size;
		out[length++] = '/';
	}
	if (length + p->start.path_size > MESSAGE_BYTES)
		return ERR_TOO_LONG;
	memcpy(out + length, p->blob, p->start.path_size);
	*size = length + p->start.path_size;
	return OK;
}

/* --- memory
 * -------------------------------------------------------------------------------------------- */

status_t process_map(const struct process *p, uint64_t address, uint64_t size, uint64_t flags,
	uint64_t object, uint64_t offset)
{
	uint64_t words[6] = {p->pid, address, size, flags, object, offset};

	return peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_MAP, words);
}

void layout_add(struct layout *layout, uint64_t address, uint64_t size, uint64_t flags,
	uint64_t object, uint64_t offset)
{
	ASSERT(layout->count < LAYOUT_REGIONS);
	layout->regions[layout->count++] = (struct memory_region){
		.address = address,
		.size = round_page(size),
		.flags = flags,
		.object = object,
		.offset = offset,
	};
}

status_t layout_map(const struct process *p, struct layout *layout)
{
	struct call call = {.words = {p->pid, layout->count * sizeof(layout->regions[0])},
		.in = layout->regions};

	call.in_size = call.words[1];
	layout->count = 0;
	return peer_call(SERVICE_NUMBER_MEMORY, MEMORY_MAP_ALL, &call);
}

static void add_part(struct layout *layout, const struct code_place *code, uint64_t address,
	uint64_t offset, uint64_t size, uint64_t rights)
{
	if (size != 0)
		layout_add(layout, address + offset, size, rights, code->object,
			code->offset + offset);
}

void layout_add_code(struct layout *layout, const struct code_place *code, uint64_t address)
{
	uint64_t end = code->code_offset + round_page(code->code_size);

	add_part(layout, code, address, 0, code->code_offset, RIGHT_READ);
	add_part(layout, code, address, code->code_offset, code->code_size,
		RIGHT_READ | RIGHT_EXECUTE);
	if (end < code->size)
		add_part(layout, code, address, end, code->size - end, RIGHT_READ);
}

static status_t add_compiled(
	struct process *p, struct layout *layout, const struct code_place *code)
{
	status_t status = image_add(p, IMAGE_RUNTIME, layout);
	uint64_t address = table->images[IMAGE_RUNTIME].base + CODE_DISTANCE;

	if (status != OK)
		return status;
	layout_add_code(layout, code, address);
	ESTATE_SET(p->start.image_address, address);
	ESTATE_SET(p->start.image_size, code->size);
	return OK;
}

/* Faults that no region resolves are traps of a WASM program, but the end of a native one. */
static status_t make_space(struct process *p, bool is_native, struct layout *layout)
{
	uint64_t makes_code = (p->permissions & PERMISSION_COMPILE) != 0;
	uint64_t words[6] = {p->pid, p->quota, is_native | makes_code << 1};
	struct call grant = {.words = {p->pid, PROCESS_TIME_ADDRESS, RIGHT_READ},
		.send = {service_start()->handles[PROCESS_SLOT_TIME]}};
	status_t status;

	peer_window(process_slot(p, OWN_SPACE), 1);
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_SPACE_CREATE, words);
	if (status != OK)
		return status;
	words[0] = p->pid;
	peer_window(process_slot(p, OWN_MESSAGE), 2);
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_THREAD_PAGES, words);
	peer_window(0, 0);
	if (status == OK)
		status = peer_call(SERVICE_NUMBER_MEMORY, MEMORY_GRANT_FRAME, &grant);
	layout->count = 0;
	layout_add(layout, STACK_TOP - STACK_SIZE, STACK_SIZE, RIGHT_READ | RIGHT_WRITE,
		MEMORY_OBJECT_ANONYMOUS, 0);
	layout_add(layout, PROCESS_START_ADDRESS, PAGE, RIGHT_READ, MEMORY_OBJECT_ANONYMOUS, 0);
	return status;
}

/* --- kernel objects
 * ----------------------------------------------------------------------------------- */

static status_t make(struct process *p, uint64_t type, uint64_t size, enum own_slot slot)
{
	uint64_t tag = 0;
	status_t status = untyped_retype(process_handle(p, OWN_UNTYPED), type, size, 1,
		service_start()->handles[PROCESS_SLOT_CNODE], process_slot(p, slot), &tag);

	if (status == OK)
		process_handle_note(p, slot, tag);
	return status;
}

/* The untyped of a place in the table is made once and used again. */
static status_t take_untyped(struct process *p)
{
	uint64_t tag;
	handle_t pool = service_start()->handles[PROCESS_SLOT_UNTYPED];
	status_t status;

	if (process_handle(p, OWN_UNTYPED) != 0) {
		status = cnode_revoke(
			service_start()->handles[PROCESS_SLOT_CNODE], process_slot(p, OWN_UNTYPED));
		process_handles_forget(p);
		return status == OK ? untyped_reset(process_handle(p, OWN_UNTYPED)) : status;
	}
	status = untyped_retype(pool, OBJECT_UNTYPED, UNTYPED_ORDER, 1,
		service_start()->handles[PROCESS_SLOT_CNODE], process_slot(p, OWN_UNTYPED), &tag);
	return status == OK ? untyped_reset(process_handle(p, OWN_UNTYPED)) : status;
}

/* What the image does not have is not given. */
static status_t give(struct process_start *start, handle_t cnode, uint64_t slot, handle_t source,
	uint64_t rights, uint64_t badge)
{
	uint64_t tag = 0;
	status_t status;

	if (source == 0)
		return OK;
	status = badge == 0 ? cnode_copy(cnode, slot, source, rights, &tag)
			    : cnode_mint(cnode, slot, source, rights, badge, &tag);

	start->handles[slot] = handle_of(slot, tag);
	return status;
}

static bool is_compile_worker(const struct process *p)
{
	return (p->permissions & PERMISSION_COMPILE) != 0;
}

/* What the program may touch: the services, by its badge, and its own thread. A compile worker
 * reaches the memory service and this one. */
static status_t fill_cnode(struct process *p, struct process_start *start)
{
	static const uint8_t services[] = {SERVICE_NUMBER_MEMORY, SERVICE_NUMBER_LOG,
		SERVICE_NUMBER_CONSOLE, SERVICE_NUMBER_CLOCK, SERVICE_NUMBER_VFS};
	static const uint8_t system[] = {
		SERVICE_NUMBER_SUPERVISOR, SERVICE_NUMBER_TRACE, SERVICE_NUMBER_DEVICES};
	bool is_system = (p->permissions & PERMISSION_SYSTEM) != 0;
	size_t service_count = is_compile_worker(p) ? 1 : sizeof(services);
	handle_t cnode = process_handle(p, OWN_CNODE);
	status_t status = give(
		start, cnode, PROCESS_SLOT_THREAD, process_handle(p, OWN_THREAD), RIGHT_CONTROL, 0);

	if (status == OK)
		status = give(start, cnode, PROCESS_SLOT_UPCALL_FRAME,
			process_handle(p, OWN_UPCALL), RIGHT_READ | RIGHT_WRITE, 0);
	for (unsigned i = 0; status == OK && i < service_count; i++)
		status = give(start, cnode, (uint64_t)PROCESS_SLOT_SERVICE + services[i],
			service_start()->handles[PROCESS_SLOT_SERVICE + services[i]], RIGHT_WRITE,
			p->pid);
	if (status == OK)
		status = give(start, cnode, (uint64_t)PROCESS_SLOT_SERVICE + SERVICE_NUMBER_PROCESS,
			service_start()->handles[PROCESS_SLOT_ENDPOINT], RIGHT_WRITE, p->pid);
	for (unsigned i = 0; status == OK && is_system && i < sizeof(system); i++)
		status = give(start, cnode, (uint64_t)PROCESS_SLOT_SERVICE + system[i],
			service_start()->handles[PROCESS_SLOT_SERVICE + system[i]], RIGHT_WRITE,
			p->pid);
	return status;
}

static status_t write_start_page(const struct process *p, const struct process_start *start)
{
	const uint8_t *bytes = (const uint8_t *)start;
	size_t size = offsetof(struct process_start, command_line);
	status_t status = OK;

	for (size_t at = 0; status == OK && at < size; at += MESSAGE_BYTES) {
		struct call call = {.in = bytes + at};

		call.in_size = size - at < MESSAGE_BYTES ? size - at : MESSAGE_BYTES;
		call.words[0] = p->pid;
		call.words[1] = PROCESS_START_ADDRESS + at;
		call.words[2] = call.in_size;
		if (!is_zero(call.in, call.in_size)) /* as fresh memory is */
			status = peer_call(SERVICE_NUMBER_MEMORY, MEMORY_WRITE, &call);
	}
	return status;
}

static status_t make_objects(struct process *p)
{
	struct process_start start = *service_start();
	status_t status = take_untyped(p);

	if (status == OK)
		status = make(p, OBJECT_CNODE, CNODE_RADIX, OWN_CNODE);
	if (status == OK)
		status = make(p, OBJECT_THREAD, 0, OWN_THREAD);
	if (status == OK)
		status = make(p, OBJECT_SCHED_CONTEXT, 0, OWN_CONTEXT);
	if (status == OK)
		status = sched_context_configure(process_handle(p, OWN_CONTEXT), 0, SLICE_NS, 0, 0);
	if (status != OK)
		return status;
	memset(start.handles, 0, sizeof(start.handles));
	start.badge = p->pid;
	start.epoch = 0;
	start.estate_size = 0;
	start.bundle_size = 0;
	start.reply_tag = 0;
	for (unsigned i = 0; i < 4; i++)
		start.entropy[i] =
			(start.entropy[i] ^ p->pid * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u ^
			time_now();
	status = fill_cnode(p, &start);
	return status == OK ? write_start_page(p, &start) : status;
}

static status_t run(struct process *p)
{
	struct thread_registers registers = {
		.rip = p->entry,
		.rsp = STACK_TOP,
		.rdi = PROCESS_START_ADDRESS,
	};
	handle_t thread = process_handle(p, OWN_THREAD);
	handle_t authority = service_start()->handles[PROCESS_SLOT_THREAD];
	uint64_t tag;
	status_t status = cnode_mint(service_start()->handles[PROCESS_SLOT_CNODE],
		process_slot(p, OWN_FAULT),
		service_start()->handles[(unsigned)PROCESS_SLOT_SERVICE + SERVICE_NUMBER_MEMORY],
		RIGHT_WRITE, p->pid, &tag);

	if (status == OK)
		status = thread_configure(thread, process_handle(p, OWN_CNODE),
			process_handle(p, OWN_SPACE), process_handle(p, OWN_MESSAGE),
			process_handle(p, OWN_CONTEXT), process_handle(p, OWN_FAULT), 0);
	if (status == OK)
		status = thread_set_registers(
			thread, (uint64_t)(uintptr_t)&registers, sizeof(registers));
	if (status == OK)
		status = thread_set_maximum(thread, PROGRAM_PRIORITY, authority);
	if (status == OK)
		status = thread_set_priority(thread, PROGRAM_PRIORITY, authority);
	return status == OK ? thread_resume(thread) : status;
}

/* --- descriptors
 * ------------------------------------------------------------------------------------------ */

/* The child gets numbers of its own for its parent's open descriptions and ends of channels. */
static status_t share_descriptor(struct process *p, struct process_descriptor *descriptor)
{
	uint64_t words[6] = {p->parent, descriptor->id, p->pid};
	status_t status = OK;

	switch (descriptor->kind) {
	case DESCRIPTOR_KIND_VFS:
		status = peer_ask(SERVICE_NUMBER_VFS, VFS_SHARE, words);
		descriptor->id = words[0];
		return status;
	case DESCRIPTOR_KIND_CHANNEL:
		return channel_share(process_find(p->parent), descriptor->id, p, &descriptor->id);
	default:
		return OK;
	}
}

static status_t share_descriptors(struct process *p)
{
	struct process_descriptor *descriptors = blob_descriptors(p);
	status_t status = OK;

	for (uint64_t i = 0; status == OK && i < p->start.descriptor_count; i++)
		status = share_descriptor(p, &descriptors[i]);
	return status;
}

/* For readers of the trace, who find numbers of threads there. */
static void note_thread(const struct process *p)
{
	struct program_thread *entry = &table->threads[table->starts % STARTS];
	uint64_t state, priority, time, faults, id;

	if (thread_info(process_handle(p, OWN_THREAD), &state, &priority, &time, &faults, &id) !=
		OK)
		return;
	estate_save(entry, sizeof(*entry));
	*entry = (struct program_thread){.thread = id, .pid = p->pid};
	memcpy(entry->name, p->name, sizeof(entry->name) - 1);
	ESTATE_SET(table->starts, table->starts + 1);
}

static void tell_log(const struct process *p)
{
	struct call call = {.words = {p->pid, strlen((const char *)p->name)}, .in = p->name};

	call.in_size = call.words[1];
	(void)!peer_call(SERVICE_NUMBER_LOG, LOG_NAME, &call);
}

/* Without it the program may not mount, and has no directory below /proc. */
static void tell_vfs(const struct process *p)
{
	uint64_t may_mount = (p->permissions & PERMISSION_SYSTEM) != 0;
	struct call call = {.words = {p->pid, p->parent, may_mount, strlen((const char *)p->name)},
		.in = p->name};

	call.in_size = call.words[3];
	(void)!peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM_BEGINS, &call);
}

/* From an address space with the program in it to a running thread. */
static status_t finish(struct process *p)
{
	status_t status = make_objects(p);

	if (status == OK)
		status = run(p);
	if (status != OK)
		return status;
	if (!is_compile_worker(p))
		tell_vfs(p);
	tell_log(p);
	note_thread(p);
	ESTATE_SET(p->phase, PHASE_RUNNING);
	return OK;
}

status_t process_start_compiled(struct process *p, const struct code_place *code)
{
	struct layout layout;
	status_t status = make_space(p, false, &layout);

	if (status == OK)
		status = add_compiled(p, &layout, code);
	if (status == OK)
		status = layout_map(p, &layout);
	return status == OK ? finish(p) : status;
}

static status_t start_native(struct process *p, const struct program_file *file)
{
	struct layout layout;
	status_t status = make_space(p, true, &layout);

	if (status == OK)
		status = layout_map(p, &layout);
	if (status == OK)
		status = native_load(p, file);
	return status == OK ? finish(p) : status;
}

static status_t start_compile_worker(struct process *p)
{
	struct layout layout;
	status_t status = make_space(p, true, &layout);

	if (status == OK)
		status = image_add(p, IMAGE_COMPILER, &layout);
	if (status == OK)
		status = layout_map(p, &layout);
	return status == OK ? finish(p) : status;
}

static void wait_for_module(struct process *p, const struct module_id *module)
{
	estate_save(&p->module, sizeof(p->module));
	p->module = *module;
	ESTATE_SET(p->phase, PHASE_COMPILING);
	compile_next();
}

status_t process_start_program(struct process *p)
{
	struct program_file file;
	status_t status;

	if (is_compile_worker(p))
		return start_compile_worker(p);
	status = program_find(p, &file);
	if (status == OK)
		status = share_descriptors(p);
	if (status != OK)
		return status;
	switch (file.kind) {
	case FILE_NATIVE:
		return start_native(p, &file);
	case FILE_COMPILED:
		return process_start_compiled(p, &file.code);
	case FILE_MODULE:
		wait_for_module(p, &file.module);
		return OK;
	}
	return ERR_BAD_IMAGE;
}
