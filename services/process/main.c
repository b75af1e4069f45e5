// SPDX-License-Identifier: MIT OR Apache-2.0
/* The process service: requests. */
#include "process.h"

#include <abi/protocol/console.h>
#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define KILL_INTERRUPT 2u
#define STATUS_KILLED  128u
#define LIMIT_CHECK_NS 20000000u
#define LIMIT_REASON   24u /* as SIGXCPU */
#define REPORT_FAULT   3u  /* of memory.take_limit_report */
#define FAULT_REASON   11u /* as SIGSEGV */
#define WAIT_NO_BLOCK  1u
#define WAIT_KEEP      2u

enum { STATE_READY = 1, STATE_WAITING, STATE_STOPPED, STATE_ENDED };
enum {
	CAUSE_KILLED = 1,
	CAUSE_MEMORY_LIMIT = 4,
	CAUSE_TIME_LIMIT = 5,
	CAUSE_BAD_IMAGE = 7,
	CAUSE_RUNTIME_LOST = 8,
	CAUSE_FAULTED = 9
};

struct process_state *table;

/* --- spawn
 * ------------------------------------------------------------------------------------------- */

static uint64_t blob_size(const struct program_start *s)
{
	uint64_t texts = s->path_size + s->arguments_size + s->environment_size + s->directory_size;

	return ((texts + 7) & ~(uint64_t)7) +
	       s->descriptor_count * sizeof(struct process_descriptor);
}

static bool sizes_fit(const struct program_start *s)
{
	const uint64_t sizes[] = {
		s->path_size, s->arguments_size, s->environment_size, s->directory_size};

	for (unsigned i = 0; i < 4; i++) {
		if (sizes[i] > BLOB_SIZE)
			return false;
	}
	return s->descriptor_count <= 256 && blob_size(s) <= BLOB_SIZE;
}

static uint64_t quota_for(uint64_t parent, uint64_t wanted)
{
	const struct process *p = process_find(parent);
	uint64_t most = p != nullptr ? p->quota : MEMORY_LIMIT;

	return wanted != 0 && wanted < most ? wanted : most;
}

static status_t spawn_begin_handler(struct request *request)
{
	struct program_start start = {
		.path_size = request->words[0],
		.arguments_size = request->words[1],
		.environment_size = request->words[2],
		.directory_size = request->words[3],
		.descriptor_count = request->words[4],
		.parent = request->badge,
	};
	uint64_t limits[2] = {0};
	const struct process *parent = process_find(request->badge);
	struct process *p;
	status_t status;

	if (parent == nullptr || (parent->permissions & PERMISSION_COMPILE) != 0)
		return ERR_ACCESS;
	if (!sizes_fit(&start))
		return ERR_TOO_LONG;
	if (request->words[5] == sizeof(limits) && request->size >= sizeof(limits))
		memcpy(limits, request->bytes, sizeof(limits));
	status = process_prepare(request->badge, &p);
	if (status != OK)
		return status;
	p->start = start;
	p->quota = quota_for(request->badge, limits[0]);
	p->start.memory_limit = p->quota;
	p->cpu_limit_ns = limits[1];
	p->permissions = parent->permissions;
	return OK;
}

static status_t spawn_data_handler(struct request *request)
{
	struct process *p = process_preparing(request->badge);
	uint64_t offset = request->words[0];
	uint64_t size = request->words[1];

	if (p == nullptr)
		return ERR_NOT_FOUND;
	if (size > request->size || offset > BLOB_SIZE || size > BLOB_SIZE - offset)
		return ERR_RANGE;
	memcpy(p->blob + offset, request->bytes, size); /* nobody reads it before spawn */
	return OK;
}

/* The name for people: the last part of the path of argument 0. */
static void name_program(struct process *p)
{
	const char *argument = (const char *)p->blob + p->start.path_size;
	size_t size = 0;
	const char *name = argument;

	while (size < p->start.arguments_size && argument[size] != 0) {
		if (argument[size] == '/')
			name = argument + size + 1;
		size++;
	}
	size -= (size_t)(name - argument);
	size = size < sizeof(p->name) - 1 ? size : sizeof(p->name) - 1;
	estate_save(p->name, sizeof(p->name));
	memcpy(p->name, name, size);
	p->name[size] = 0;
}

static status_t spawn_handler(struct request *request)
{
	struct process *p = process_preparing(request->badge);
	status_t status;

	if (p == nullptr)
		return ERR_NOT_FOUND;
	name_program(p);
	status = process_start_program(p);
	if (status != OK) {
		process_end(p, 126, CAUSE_BAD_IMAGE, 0);
		process_forget(p);
		return status;
	}
	request->words[0] = p->pid;
	return OK;
}

/* Copies what of a part, which begins at `start` of the whole, lies at `offset` and after. */
static size_t copy_part(uint8_t *to, size_t room, uint64_t offset, uint64_t start, const void *part,
	size_t part_size)
{
	size_t size;

	if (offset < start || offset - start >= part_size)
		return 0;
	size = part_size - (size_t)(offset - start);
	size = size < room ? size : room;
	memcpy(to, (const uint8_t *)part + (offset - start), size);
	return size;
}

static status_t start_data_handler(struct request *request)
{
	const struct process *p = process_find(request->badge);
	uint64_t offset = request->words[0];
	uint64_t room = request->words[1] < MESSAGE_BYTES ? request->words[1] : MESSAGE_BYTES;
	size_t done;

	if (p == nullptr)
		return ERR_NOT_FOUND;
	done = copy_part(request->bytes, room, offset, 0, &p->start, sizeof(p->start));
	done += copy_part(request->bytes + done, room - done, offset + done, sizeof(p->start),
		p->blob, blob_size(&p->start));
	if (done == 0)
		return ERR_RANGE;
	request->words[0] = done;
	request->reply_size = done;
	return OK;
}

/* --- wait, end
 * ------------------------------------------------------------------------------------------ */

static void fill_exit(struct request *request, const struct process *p)
{
	request->words[0] = p->status;
	request->words[1] = p->cause;
	request->words[2] = p->detail;
	request->words[3] = p->cpu_ns;
	request->words[4] = p->memory_peak;
}

static status_t wait_handler(struct request *request)
{
	struct process *p = process_find(request->words[0]);

	if (p == nullptr || p->parent != request->badge || p->phase == PHASE_PREPARING)
		return ERR_NOT_FOUND;
	if (p->phase == PHASE_ENDED) {
		uint64_t flags = request->words[1];

		fill_exit(request, p);
		if ((flags & WAIT_KEEP) == 0)
			process_forget(p);
		return OK;
	}
	if ((request->words[1] & WAIT_NO_BLOCK) != 0)
		return ERR_WOULD_BLOCK;
	for (unsigned i = 0; i < WAITERS; i++) {
		if (p->waiters[i].reply != 0 && p->waiters[i].badge != request->badge)
			continue;
		estate_save(&p->waiters[i], sizeof(p->waiters[i]));
		return service_park(request, &p->waiters[i]);
	}
	return ERR_TOO_MANY;
}

static bool may_end(uint64_t badge, const struct process *target)
{
	const struct process *caller = process_find(badge);

	if (caller != nullptr && (caller->permissions & PERMISSION_SYSTEM) != 0)
		return true;
	for (unsigned depth = 0; target != nullptr && depth < PROCESSES; depth++) {
		if (target->pid == badge || target->parent == badge)
			return true;
		target = process_find(target->parent);
	}
	return false;
}

static status_t kill_handler(struct request *request)
{
	struct process *p = process_find(request->words[0]);
	uint64_t reason = request->words[1];

	if (p == nullptr || !process_is_alive(p))
		return ERR_NOT_FOUND;
	if (!may_end(request->badge, p))
		return ERR_ACCESS;
	if (reason == 0 || reason > 127)
		return ERR_INVALID_ARGUMENT;
	if (reason == KILL_INTERRUPT)
		process_interrupt(p);
	else
		process_end(p, STATUS_KILLED + reason, CAUSE_KILLED, reason);
	return OK;
}

static status_t exit_handler(struct request *request)
{
	struct process *p = process_find(request->badge);

	if (p == nullptr || p->phase != PHASE_RUNNING)
		return ERR_NOT_FOUND;
	process_end(p, request->words[0] & 0xff, request->words[1], request->words[2]);
	return OK; /* nobody is there to receive this */
}

static status_t interrupt_mode_handler(struct request *request)
{
	struct process *p = process_find(request->badge);

	if (p == nullptr)
		return ERR_NOT_FOUND;
	if (request->words[0] > 1)
		return ERR_INVALID_ARGUMENT;
	ESTATE_SET(p->interrupt_mode, (uint32_t)request->words[0]);
	return OK;
}

static status_t interrupt_take_handler(struct request *request)
{
	struct process *p = process_find(request->badge);

	if (p == nullptr)
		return ERR_NOT_FOUND;
	request->words[0] = p->interrupts;
	ESTATE_SET(p->interrupts, 0);
	return OK;
}

/* --- inspection
 * -------------------------------------------------------------------------------------------- */

static uint64_t memory_used(uint64_t pid)
{
	uint64_t words[6] = {pid};

	return peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_STATISTICS, words) == OK ? words[0] : 0;
}

/* What people are told of a thread's state: enum process_state of abi/wasm.toml. */
static uint32_t state_for_people(uint64_t thread_state)
{
	switch (thread_state) {
	case THREAD_STATE_READY:
		return STATE_READY;
	case THREAD_STATE_STOPPED:
	case THREAD_STATE_FAULTED:
		return STATE_STOPPED;
	default:
		return STATE_WAITING;
	}
}

static void fill_status(struct process_status *s, const struct process *p)
{
	*s = (struct process_status){
		.pid = p->pid,
		.parent = p->parent,
		.memory_limit = p->quota,
		.priority = PROGRAM_PRIORITY,
		.state = p->phase == PHASE_COMPILING ? STATE_WAITING : STATE_ENDED,
	};
	memcpy(s->name, p->name, sizeof(s->name));
	s->cpu_ns = process_cpu_ns(p);
	s->memory = p->phase == PHASE_RUNNING ? memory_used(p->pid) : 0;
	if (p->phase == PHASE_RUNNING) {
		uint64_t state, priority, time, faults, id;

		if (thread_info(process_handle(p, OWN_THREAD), &state, &priority, &time, &faults,
			    &id) == OK) {
			s->state = state_for_people(state);
			s->priority = (uint32_t)priority;
		}
	}
}

static status_t list_handler(struct request *request)
{
	struct process_status status;
	uint64_t index = request->words[0];

	while (index < PROCESSES && !process_is_alive(&table->processes[index]) &&
		table->processes[index].phase != PHASE_ENDED)
		index++;
	if (index >= PROCESSES)
		return ERR_NOT_FOUND;
	fill_status(&status, &table->processes[index]);
	memcpy(request->bytes, &status, sizeof(status));
	request->words[0] = index + 1;
	request->words[1] = sizeof(status);
	request->reply_size = sizeof(status);
	return OK;
}

static status_t inspect_handler(struct request *request)
{
	struct process *p = process_find(request->words[0]);
	struct capability_entry entry = {0};
	uint64_t index = request->words[1];

	if (p == nullptr || p->phase != PHASE_RUNNING)
		return ERR_NOT_FOUND;
	for (index = index < 2 ? 2 : index;; index++) {
		uint64_t type, rights, badge, tag, detail;

		if (cnode_inspect(process_handle(p, OWN_CNODE), index, &type, &rights, &badge, &tag,
			    &detail) != OK)
			return ERR_NOT_FOUND;
		if (type == OBJECT_NULL)
			continue;
		entry = (struct capability_entry){
			badge, detail, (uint32_t)type, (uint32_t)rights, handle_of(index, tag)};
		break;
	}
	memcpy(request->bytes, &entry, sizeof(entry));
	request->words[0] = index + 1;
	request->words[1] = sizeof(entry);
	request->reply_size = sizeof(entry);
	return OK;
}

static status_t threads_handler(struct request *request)
{
	uint64_t ago = request->words[0];
	const struct program_thread *entry;

	if (ago >= table->starts || ago >= STARTS)
		return ERR_NOT_FOUND;
	entry = &table->threads[(table->starts - 1 - ago) % STARTS];
	memcpy(request->bytes, entry, sizeof(*entry));
	request->words[0] = sizeof(*entry);
	request->reply_size = sizeof(*entry);
	return OK;
}

/* --- events
 * ---------------------------------------------------------------------------------------------------
 */

static void take_interrupt(void)
{
	uint64_t words[6] = {0};
	struct process *p;

	if (peer_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_TAKE_INTERRUPT, words) != OK)
		return;
	p = process_find(words[0]);
	if (p != nullptr && process_is_alive(p))
		process_interrupt(p);
}

static void take_limit_reports(void)
{
	for (;;) {
		uint64_t words[6] = {0};
		struct process *p;

		if (peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_TAKE_LIMIT_REPORT, words) != OK ||
			words[0] == 0)
			return;
		p = process_find(words[0]);
		if (p == nullptr || p->phase != PHASE_RUNNING)
			;
		else if (words[1] == REPORT_FAULT)
			process_end(p, STATUS_KILLED + FAULT_REASON, CAUSE_FAULTED, words[2]);
		else
			process_end(p, STATUS_KILLED + 9, CAUSE_MEMORY_LIMIT, p->quota);
		estate_commit();
	}
}

static void notified(uint64_t bits)
{
	(void)bits;
	take_interrupt();
	take_limit_reports();
}

/* --- CPU time limits ------------------------------------------------------------------------- */

static bool is_limited(const struct process *p)
{
	return p->phase == PHASE_RUNNING && p->cpu_limit_ns != 0;
}

static uint64_t next_check(void)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		if (is_limited(&table->processes[i]))
			return time_now() + LIMIT_CHECK_NS;
	}
	return ABI_DEADLINE_NEVER;
}

static void check_limits(uint64_t now)
{
	(void)now;
	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *p = &table->processes[i];

		if (!is_limited(p) || process_cpu_ns(p) < p->cpu_limit_ns)
			continue;
		process_end(p, STATUS_KILLED + LIMIT_REASON, CAUSE_TIME_LIMIT, p->cpu_limit_ns);
		estate_commit();
	}
}

static const struct service_method methods[] = {
	[PROCESS_SPAWN_BEGIN] = {spawn_begin_handler, RESTART_REPLAY},
	[PROCESS_SPAWN_DATA] = {spawn_data_handler, RESTART_REPLAY},
	[PROCESS_SPAWN] = {spawn_handler, RESTART_ONCE},
	[PROCESS_WAIT] = {wait_handler, RESTART_ONCE},
	[PROCESS_KILL] = {kill_handler, RESTART_REPLAY},
	[PROCESS_EXIT] = {exit_handler, RESTART_REPLAY},
	[PROCESS_INTERRUPT_MODE] = {interrupt_mode_handler, RESTART_REPLAY},
	[PROCESS_INTERRUPT_TAKE] = {interrupt_take_handler, RESTART_ONCE},
	[PROCESS_LIST] = {list_handler, RESTART_PURE},
	[PROCESS_START_DATA] = {start_data_handler, RESTART_PURE},
	[PROCESS_INSPECT] = {inspect_handler, RESTART_PURE},
	[PROCESS_THREADS] = {threads_handler, RESTART_PURE},
	[PROCESS_CHANNEL_CREATE] = {channel_create_handler, RESTART_ONCE},
	[PROCESS_CHANNEL_CLOSE] = {channel_close_handler, RESTART_ONCE},
	[PROCESS_CHANNEL_CONNECT] = {channel_connect_handler, RESTART_REPLAY},
	[PROCESS_CHANNEL_BUFFER] = {channel_buffer_handler, RESTART_REPLAY},
	[PROCESS_MODULE_LOAD] = {module_load_handler, RESTART_REPLAY},
	[PROCESS_JOB_READ] = {job_read_handler, RESTART_PURE},
	[PROCESS_JOB_HASH] = {job_hash_handler, RESTART_REPLAY},
	[PROCESS_JOB_DONE] = {job_done_handler, RESTART_ONCE},
	[PROCESS_JOB_FAILED] = {job_failed_handler, RESTART_REPLAY},
};

/* A program whose start was cut short by a kill of this service is started again by its parent's
 * repeated request; what it held is given back then. */
static void adopt(void)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		for (unsigned w = 0; w < WAITERS; w++)
			table->processes[i].waiters[w].reply = 0; /* they ask again */
		table->processes[i].loader.reply = 0;
	}
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	bool restarted;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	restarted = estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, 2);
	table = estate_allocate(sizeof(*table), 64);
	if (table == nullptr)
		runtime_abort("the estate is too small");
	peers_init();
	if (restarted) {
		adopt();
	} else {
		table->next_pid = FIRST_PID;
		session_start();
		estate_commit();
	}
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = 256,
		.notified = notified,
		.deadline = next_check,
		.expired = check_limits,
	});
}
