// SPDX-License-Identifier: MIT OR Apache-2.0
/* The supervisor: starts the services from their manifests, restarts them when they break, and
 * ends the machine. Its own state is in its estate: a new instance adopts what runs. */
#include "supervisor.h"
#include "events.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define STATE_VERSION     4u
#define NANOSECONDS       1000000000u
#define SERVICES_MAX      16u
#define FIRST_BASE        1024u /* of its CNode: BUILDER_SLOTS for each service */
#define POOL_SLOTS        256u  /* untyped memory from the first task */
#define WINDOW            0x300000000u
#define MINUTE_NS         60000000000u
#define BACK_OFF_NS       10000000u
#define STATUS_INCOMPLETE 125u /* as the loaders' own failures */
#define BACK_OFF_MAX      1000000000u
#define DETAIL_DEVICE     256u /* of cnode.inspect */

struct supervised {
	struct built built;
	uint32_t state; /* enum service_state of abi/wasm.toml */
	uint32_t restarts;
	uint32_t recent; /* restarts in this minute */
	uint64_t minute_start;
	uint64_t started_at;
	uint64_t start_at; /* RESTARTING: when */
	uint64_t fault[4];
	uint64_t cpu_before; /* of former instances */
	struct health health;
};

struct state {
	uint64_t boot_ns;   /* from the loader's start until all services were started */
	uint64_t health_at; /* the next look at the services' health */
	uint32_t count;
	struct supervised services[SERVICES_MAX];
};

static struct state *state;
static struct builder builder;

enum { STATE_STOPPED, STATE_STARTING, STATE_RUNNING, STATE_RESTARTING, STATE_FAILED };
enum { HEALTH_UNKNOWN, HEALTH_GOOD, HEALTH_BUSY }; /* enum service_health of abi/wasm.toml */

/* --- memory --------------------------------------------------------------------------------------
 */

/* The smallest of the pool's untyped memories with room for 2^order bytes, aligned. */
static handle_t pool_find(unsigned order)
{
	uint64_t size = (uint64_t)1 << order;
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	handle_t best = 0;
	uint64_t best_free = UINT64_MAX;

	for (uint64_t slot = PROCESS_SLOT_FREE; slot < PROCESS_SLOT_FREE + POOL_SLOTS; slot++) {
		uint64_t type, rights, badge, tag, detail, total, used;

		if (cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail) != OK ||
			type != OBJECT_UNTYPED || (detail & DETAIL_DEVICE) != 0)
			continue;
		if (untyped_info(handle_of(slot, tag), &total, &used) != OK)
			continue;
		used = (used + ((uint64_t)1 << order) - 1) >> order << order;
		if (used + size > total || total - used >= best_free)
			continue;
		best = handle_of(slot, tag);
		best_free = total - used;
	}
	return best;
}

/* --- starting
 * ------------------------------------------------------------------------------------- */

/* Memory that the manifest gives the service to manage: one piece, or all that is left. */
static status_t give_untyped(struct built *s)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	unsigned order = s->manifest.untyped_order;
	uint64_t slot = PROCESS_SLOT_FREE;

	if (order == 0)
		return OK;
	if (order != UNTYPED_ALL)
		return untyped_retype(pool_find(order), OBJECT_UNTYPED, order, 1, s->cnode,
			PROCESS_SLOT_UNTYPED, &s->tags[PROCESS_SLOT_UNTYPED]);
	for (uint64_t i = PROCESS_SLOT_FREE; i < PROCESS_SLOT_FREE + POOL_SLOTS; i++) {
		uint64_t type, rights, badge, tag, detail, size, used;
		handle_t handle;

		if (cnode_inspect(cnode, i, &type, &rights, &badge, &tag, &detail) != OK ||
			type != OBJECT_UNTYPED || (detail & DETAIL_DEVICE) != 0)
			continue;
		handle = handle_of(i, tag);
		if (untyped_info(handle, &size, &used) != OK)
			continue;
		/* Halves of what is left, as naturally aligned pieces. */
		for (unsigned bit = 63 - (unsigned)__builtin_clzll(size); bit >= 16; bit--) {
			status_t status = untyped_retype(
				handle, OBJECT_UNTYPED, bit, 1, s->cnode, slot, &tag);

			if (status == OK)
				slot++;
		}
	}
	return OK;
}

/* Makes the persistent parts of all services: memory first, so that who is given all that is left
 * takes none of the others', then the connections. */
static status_t prepare(struct supervised *s)
{
	return builder_prepare(&builder, &s->built);
}

static status_t connect(struct supervised *s)
{
	const struct service_manifest *m = &s->built.manifest;
	status_t status = OK;

	for (uint32_t i = 0; status == OK && i < state->count; i++) {
		const struct built *other = &state->services[i].built;

		if ((m->uses >> other->manifest.number & 1) != 0)
			status = builder_connect(&builder, &s->built, other);
		if (status == OK && m->signals == other->manifest.number + 1)
			status = builder_connect_signal(&s->built, other);
	}
	if (status == OK && (m->uses & 1) != 0)
		status = connect_self(&builder, &s->built);
	return status;
}

static void report(struct supervised *s, const char *what, status_t status)
{
	event(EVENT_ERROR, "cannot %s %s: error %ld", what, (const char *)s->built.manifest.name,
		status);
	s->state = STATE_FAILED;
}

static void prepare_all(void)
{
	for (uint32_t i = 0; i < state->count; i++) {
		status_t status = prepare(&state->services[i]);

		if (status != OK)
			report(&state->services[i], "make", status);
	}
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < state->count; i++) {
			struct supervised *s = &state->services[i];
			bool all = s->built.manifest.untyped_order == UNTYPED_ALL;
			status_t status = OK;

			if (s->state == STATE_FAILED || all != (pass == 1))
				continue;
			status = give_untyped(&s->built);
			if (status == OK)
				status = connect(s);
			if (status != OK)
				report(s, "connect", status);
		}
	}
}

static void start(struct supervised *s)
{
	status_t status;

	estate_save(s, sizeof(*s));
	s->state = STATE_STARTING;
	status = builder_start(&builder, &s->built);
	health_reset(&s->health);
	s->state = STATE_RUNNING;
	s->started_at = time_now();
	if (status != OK)
		report(s, "start", status);
	else if (state->boot_ns != 0)
		event(EVENT_NOTICE, "%s started again", (const char *)s->built.manifest.name);
	estate_commit();
}

/* A system that lacks a service would wait for it for ever. */
static void end_if_incomplete(void)
{
	for (uint32_t i = 0; i < state->count; i++) {
		if (state->services[i].state != STATE_FAILED)
			continue;
		debug_print(
			"supervisor: the system is not complete; 64 MiB of memory are needed\n");
		(void)!power_off(&builder, service_start()->handles[PROCESS_SLOT_PLATFORM],
			STATUS_INCOMPLETE);
	}
}

static void start_all(void)
{
	prepare_all();
	estate_commit();
	for (uint32_t i = 0; i < state->count; i++) {
		if (state->services[i].state != STATE_FAILED)
			start(&state->services[i]);
	}
	end_if_incomplete();
}

/* --- restarting
 * ------------------------------------------------------------------------------------ */

static void schedule_restart(struct supervised *s)
{
	uint64_t now = time_now();
	uint64_t delay = 0;

	if (now - s->minute_start > MINUTE_NS) {
		s->minute_start = now;
		s->recent = 0;
	}
	s->restarts++;
	s->recent++;
	if (s->recent > s->built.manifest.restarts_per_minute) {
		s->state = STATE_FAILED;
		event(EVENT_ERROR, "%s failed too often", (const char *)s->built.manifest.name);
		return;
	}
	if (s->recent > 3)
		delay = (uint64_t)BACK_OFF_NS << (s->recent - 3 < 7 ? s->recent - 3 : 7);
	s->state = STATE_RESTARTING;
	s->start_at = now + (delay < BACK_OFF_MAX ? delay : BACK_OFF_MAX);
}

/* CPU time of the instance that runs; `id`: its thread's number in the trace. */
static uint64_t instance_cpu(const struct supervised *s, uint64_t *id)
{
	uint64_t state_of, priority, faults;
	uint64_t time = 0;

	*id = 0;
	if (s->state != STATE_RUNNING ||
		thread_info(s->built.thread, &state_of, &priority, &time, &faults, id) != OK)
		return 0;
	return time;
}

/* The caller has saved `s`. */
static void end_instance(struct supervised *s)
{
	uint64_t id;

	s->cpu_before += instance_cpu(s, &id);
	builder_kill(&builder, &s->built);
}

static void kill_and_restart(struct supervised *s, bool failed)
{
	estate_save(s, sizeof(*s));
	end_instance(s);
	s->built.failed = failed;
	schedule_restart(s);
	estate_commit();
	if (s->state == STATE_RESTARTING && s->start_at <= time_now())
		start(s);
}

static struct supervised *by_number(uint64_t number)
{
	for (uint32_t i = 0; i < state->count; i++) {
		if (state->services[i].built.manifest.number == number)
			return &state->services[i];
	}
	return nullptr;
}

static status_t handle_fault(struct request *request)
{
	struct supervised *s = by_number(request->badge - BADGE_SERVICE);

	if (s == nullptr)
		return FAULT_REPLY_STOP;
	event(EVENT_ERROR, "%s stopped: fault %lu at %lx, instruction %lx",
		(const char *)s->built.manifest.name, request->words[0], request->words[1],
		request->words[3]);
	estate_save(s->fault, sizeof(s->fault));
	memcpy(s->fault, request->words, sizeof(s->fault));
	kill_and_restart(s, true);
	return FAULT_REPLY_STOP; /* the thread is gone: nobody gets this */
}

static uint64_t next_restart(void)
{
	uint64_t next = state->health_at;

	for (uint32_t i = 0; i < state->count; i++) {
		const struct supervised *s = &state->services[i];

		if (s->state == STATE_RESTARTING && s->start_at < next)
			next = s->start_at;
	}
	return next;
}

static void restart_due(uint64_t now)
{
	for (uint32_t i = 0; i < state->count; i++) {
		struct supervised *s = &state->services[i];

		if (s->state == STATE_RESTARTING && s->start_at <= now)
			start(s);
	}
}

/* --- health: see craton/health.h -------------------------------------------------------------- */

static void end_hanging(struct supervised *s)
{
	event(EVENT_ERROR, "%s hangs", (const char *)s->built.manifest.name);
	estate_save(&s->health, sizeof(s->health));
	s->health.hangs++;
	kill_and_restart(s, true);
}

static void look_at_health(uint64_t now)
{
	const struct health_limits limits =
		health_limits_for(state->boot_ns, service_start()->cpu_count);
	handle_t platform = service_start()->handles[PROCESS_SLOT_PLATFORM];

	if (state->health_at > now)
		return;
	ESTATE_SET(state->health_at, now + HEALTH_PERIOD_NS);
	for (uint32_t i = 0; i < state->count; i++) {
		struct supervised *s = &state->services[i];

		if (s->state != STATE_RUNNING || s->built.manifest.heartbeat == 0)
			continue;
		estate_save(&s->health, sizeof(s->health));
		if (health_check(&s->health, &s->built, platform, &limits))
			end_hanging(s);
	}
}

static void notified(uint64_t bits)
{
	for (uint32_t i = 0; i < state->count; i++) {
		struct supervised *s = &state->services[i];

		if ((bits >> i & 1) == 0)
			continue;
		estate_save(&s->health, sizeof(s->health));
		health_answered(&s->health);
	}
}

static uint32_t health_for_people(const struct supervised *s)
{
	if (s->state != STATE_RUNNING || (s->health.asked == 0 && s->health.answered == 0))
		return HEALTH_UNKNOWN;
	return s->health.asked != 0 ? HEALTH_BUSY : HEALTH_GOOD;
}

/* --- requests
 * ---------------------------------------------------------------------------------------- */

static status_t send_status(struct request *request, const struct service_status *record)
{
	memcpy(request->bytes, record, sizeof(*record));
	request->words[0] = sizeof(*record);
	request->reply_size = sizeof(*record);
	return OK;
}

static uint64_t size_of(uint32_t order)
{
	return order != 0 ? (uint64_t)1 << order : 0;
}

/* What the manifest gives; the memory service's is the programs'. */
static uint64_t memory_of(const struct service_manifest *m)
{
	return size_of(m->memory_order) + size_of(m->estate_order) +
	       (m->untyped_order != UNTYPED_ALL ? size_of(m->untyped_order) : 0);
}

static status_t status_handler(struct request *request)
{
	struct service_status record = {0};
	const struct supervised *s;

	if (request->words[0] >= state->count)
		return own_status(request->words[0] - state->count, &record) == OK
			       ? send_status(request, &record)
			       : ERR_NOT_FOUND;
	s = &state->services[request->words[0]];
	record.uptime_ns = s->state == STATE_RUNNING ? time_now() - s->started_at : 0;
	record.state = s->state;
	record.restarts = s->restarts;
	record.memory = memory_of(&s->built.manifest);
	record.number = s->built.manifest.number;
	memcpy(record.name, s->built.manifest.name, sizeof(s->built.manifest.name));
	record.priority = s->built.manifest.priority;
	record.cpu_ns = s->cpu_before + instance_cpu(s, &record.thread);
	record.health = health_for_people(s);
	record.hangs = s->health.hangs;
	if (s->fault[3] != 0)
		print_to((char *)record.detail, sizeof(record.detail),
			"last fault %lu at %lx, instruction %lx", s->fault[0], s->fault[1],
			s->fault[3]);
	return send_status(request, &record);
}

static struct supervised *by_name(const uint8_t *name, size_t size)
{
	for (uint32_t i = 0; i < state->count; i++) {
		const char *own = (const char *)state->services[i].built.manifest.name;

		if (strlen(own) == size && memcmp(own, name, size) == 0)
			return &state->services[i];
	}
	return nullptr;
}

/* The supervisor itself: it breaks after the answer, and the first task starts it again. */
static bool breaks;

static uint64_t next_event(void)
{
	return breaks ? 1 : next_restart();
}

static void event_due(uint64_t now)
{
	if (breaks)
		runtime_abort("asked to restart");
	restart_due(now);
	look_at_health(now);
}

static bool is_own_name(const uint8_t *name, size_t size)
{
	return size == 10 && memcmp(name, "supervisor", 10) == 0;
}

static status_t control_handler(struct request *request)
{
	uint64_t operation = request->words[0];
	uint8_t name[24];
	size_t size = request->words[1];
	struct supervised *s;

	if (size > request->size || size > sizeof(name))
		return ERR_TOO_LONG;
	memcpy(name, request->bytes, size);
	s = by_name(name, size);
	if (s == nullptr && is_own_name(name, size) && operation == 0) {
		breaks = true;
		return OK;
	}
	if (s == nullptr)
		return ERR_NOT_FOUND;
	if (operation > 2)
		return ERR_INVALID_ARGUMENT;
	if (operation <= 1 && s->state == STATE_RUNNING) {
		estate_save(s, sizeof(*s));
		end_instance(s);
		s->state = STATE_STOPPED;
		s->restarts += operation == 0;
		event(EVENT_NOTICE, "%s stopped by request", (const char *)s->built.manifest.name);
	}
	if (operation != 1 && s->state != STATE_RUNNING)
		start(s);
	return s->state == STATE_FAILED ? ERR_BAD_IMAGE : OK;
}

static status_t power_handler(struct request *request)
{
	handle_t platform = service_start()->handles[PROCESS_SLOT_PLATFORM];

	if (request->words[0] > 1)
		return ERR_INVALID_ARGUMENT;
	if (request->words[0] == 1)
		return platform_power(platform, 1, 0, 0);
	return power_off(&builder, platform, request->words[1]);
}

static status_t inspect_handler(struct request *request)
{
	if (request->words[0] == state->count)
		return inspect_cnode(service_start()->handles[PROCESS_SLOT_CNODE], request);
	if (request->words[0] > state->count)
		return ERR_NOT_FOUND;
	return inspect_cnode(state->services[request->words[0]].built.cnode, request);
}

static status_t machine_handler(struct request *request)
{
	handle_t platform = service_start()->handles[PROCESS_SLOT_PLATFORM];
	uint64_t *words = request->words;
	uint64_t longest, spurious;
	status_t status;

	if (words[0] >= service_start()->cpu_count)
		return ERR_NOT_FOUND;
	status = platform_statistics(
		platform, words[0], &words[0], &words[1], &words[2], &longest, &spurious);
	words[3] = state->boot_ns;
	return status;
}

static const struct service_method methods[] = {
	[SUPERVISOR_STATUS] = {status_handler, RESTART_PURE},
	[SUPERVISOR_CONTROL] = {control_handler, RESTART_ONCE},
	[SUPERVISOR_POWER] = {power_handler, RESTART_REPLAY},
	[SUPERVISOR_INSPECT] = {inspect_handler, RESTART_PURE},
	[SUPERVISOR_MACHINE] = {machine_handler, RESTART_PURE},
	[SUPERVISOR_EVENT] = {event_handler, RESTART_PURE},
};

/* --- start
 * ---------------------------------------------------------------------------------------------- */

static void init_builder(const struct process_start *start_page)
{
	builder = (struct builder){
		.cnode = start_page->handles[PROCESS_SLOT_CNODE],
		.space = start_page->handles[PROCESS_SLOT_SPACE],
		.thread = start_page->handles[PROCESS_SLOT_THREAD],
		.irq_control = start_page->handles[PROCESS_SLOT_IRQ_CONTROL],
		.io_port = start_page->handles[PROCESS_SLOT_IO_PORT],
		.platform = start_page->handles[PROCESS_SLOT_PLATFORM],
		.time_frame = start_page->handles[PROCESS_SLOT_TIME],
		.fault_endpoint = start_page->handles[PROCESS_SLOT_ENDPOINT],
		.health = start_page->handles[PROCESS_SLOT_NOTIFICATION],
		.bundle_first = PROCESS_SLOT_BUNDLE,
		.bundle_frames = start_page->bundle_frames,
		.bundle = (const uint8_t *)PROCESS_BUNDLE_ADDRESS,
		.bundle_size = start_page->bundle_size,
		.window = WINDOW,
		.memory = pool_find,
		.random = start_page->entropy[0] | 1,
		.start = *start_page,
	};
}

static void read_manifests(void)
{
	const uint8_t *file;
	uint64_t size;

	if (builder_file(&builder, "manifests", &file, &size) != OK)
		runtime_abort("the bundle has no manifests");
	state->count = (uint32_t)(size / sizeof(struct service_manifest));
	if (state->count > SERVICES_MAX)
		state->count = SERVICES_MAX;
	for (uint32_t i = 0; i < state->count; i++) {
		struct supervised *s = &state->services[i];

		memcpy(&s->built.manifest, file + i * sizeof(struct service_manifest),
			sizeof(struct service_manifest));
		s->built.base = FIRST_BASE + i * BUILDER_SLOTS;
		s->built.health_badge = (uint64_t)1 << i;
	}
}

static uint64_t time_stamp(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static uint64_t nanoseconds_of(uint64_t ticks)
{
	uint64_t hz = service_start()->tsc_hz;

	return ticks / hz * NANOSECONDS + ticks % hz * NANOSECONDS / hz;
}

/* How long each part of the start took. */
static void note_start(const struct process_start *start_page)
{
	uint64_t now = time_stamp();

	state->boot_ns = nanoseconds_of(now - start_page->tsc_entry);
	event(EVENT_NOTICE,
		"started %u services; microseconds: loader %lu, kernel %lu, services %lu",
		state->count,
		nanoseconds_of(start_page->tsc_handover - start_page->tsc_entry) / 1000,
		nanoseconds_of(start_page->tsc_kernel - start_page->tsc_handover) / 1000,
		nanoseconds_of(now - start_page->tsc_kernel) / 1000);
}

/* A new instance adopts what runs, and finishes what its predecessor had begun. */
static void adopt(void)
{
	for (uint32_t i = 0; i < state->count; i++) {
		if (state->services[i].state == STATE_STARTING)
			kill_and_restart(&state->services[i], false);
	}
}

static void note_machine(const struct process_start *start_page)
{
	event(EVENT_NOTICE, "Craton, interface %lx: %lu CPU%s at %lu MHz, %lu MiB of memory",
		(uint64_t)ABI_HASH, start_page->cpu_count, start_page->cpu_count == 1 ? "" : "s",
		start_page->tsc_hz / 1000000, start_page->memory_total >> 20);
}

void program_main(const void *argument)
{
	const struct process_start *start_page = argument;
	bool restarted;

	debug_print_init(start_page->handles[PROCESS_SLOT_PLATFORM]);
	restarted =
		estate_open((void *)PROCESS_ESTATE_ADDRESS, start_page->estate_size, STATE_VERSION);
	state = estate_allocate(sizeof(*state), 64);
	ASSERT(state != nullptr);
	events_init();
	init_builder(start_page);
	machine_init();
	if (restarted) {
		event(EVENT_WARNING, "the supervisor was started again");
		adopt();
	} else {
		note_machine(start_page);
		read_manifests();
		start_all();
		note_start(start_page);
		state->health_at = time_now() + HEALTH_PERIOD_NS;
	}
	service_run(&(struct service){
		.start = start_page,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = 64,
		.notified = notified,
		.deadline = next_event,
		.expired = event_due,
		.fault = handle_fault,
	});
}
