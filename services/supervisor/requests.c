// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the supervisor is asked. */
#include "events.h"
#include "supervisor.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

enum { HEALTH_UNKNOWN, HEALTH_GOOD, HEALTH_BUSY }; /* enum service_health of abi/wasm.toml */

static uint32_t health_for_people(const struct supervised *s)
{
	if (s->state != STATE_RUNNING || (s->health.asked == 0 && s->health.answered == 0))
		return HEALTH_UNKNOWN;
	return s->health.asked != 0 ? HEALTH_BUSY : HEALTH_GOOD;
}

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

	if (request->words[0] >= supervision->count)
		return own_status(request->words[0] - supervision->count, &record) == OK
			       ? send_status(request, &record)
			       : ERR_NOT_FOUND;
	s = &supervision->services[request->words[0]];
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
	for (uint32_t i = 0; i < supervision->count; i++) {
		const char *own = (const char *)supervision->services[i].built.manifest.name;

		if (strlen(own) == size && memcmp(own, name, size) == 0)
			return &supervision->services[i];
	}
	return nullptr;
}

/* The supervisor itself: it breaks after the answer, and the first task starts it again. */
static bool breaks;

uint64_t next_event(void)
{
	return breaks ? 1 : next_restart();
}

void event_due(uint64_t now)
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
	if (operation == 1)
		return OK;
	if (s->state != STATE_RUNNING)
		service_start_instance(s);
	return service_start_status(s);
}

static bool may_need(const struct service_manifest *m, uint64_t number)
{
	return ((m->uses | m->signals) >> number & 1) != 0;
}

static bool runs(const struct supervised *s)
{
	return s->state == STATE_STARTING || s->state == STATE_RUNNING ||
	       s->state == STATE_RESTARTING;
}

/* One that has failed has another chance. */
static status_t need_handler(struct request *request)
{
	const struct supervised *asking = by_number(request->badge - BADGE_SERVICE);
	struct supervised *s = by_number(request->words[0]);

	if (s == nullptr)
		return ERR_NOT_FOUND;
	if (asking == nullptr || s->built.manifest.on_demand == 0 ||
		!may_need(&asking->built.manifest, request->words[0]))
		return ERR_ACCESS;
	if (request->words[1] != 0)
		return runs(s) ? OK : ERR_NOT_FOUND;
	if (s->state == STATE_STOPPED || s->state == STATE_FAILED)
		service_start_instance(s);
	return service_start_status(s);
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
	if (request->words[0] == supervision->count)
		return inspect_cnode(service_start()->handles[PROCESS_SLOT_CNODE], request);
	if (request->words[0] > supervision->count)
		return ERR_NOT_FOUND;
	return inspect_cnode(supervision->services[request->words[0]].built.cnode, request);
}

static status_t manifest_handler(struct request *request)
{
	const struct supervised *s = by_number(request->words[0]);

	if (s == nullptr)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, &s->built.manifest, sizeof(s->built.manifest));
	request->reply_size = sizeof(s->built.manifest);
	return OK;
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
	words[3] = supervision->boot_ns;
	return status;
}

const struct service_method supervisor_methods[] = {
	[SUPERVISOR_STATUS] = {status_handler, RESTART_PURE},
	[SUPERVISOR_CONTROL] = {control_handler, RESTART_ONCE},
	[SUPERVISOR_POWER] = {power_handler, RESTART_REPLAY},
	[SUPERVISOR_INSPECT] = {inspect_handler, RESTART_PURE},
	[SUPERVISOR_MACHINE] = {machine_handler, RESTART_PURE},
	[SUPERVISOR_NEED] = {need_handler, RESTART_REPLAY},
	[SUPERVISOR_MANIFEST] = {manifest_handler, RESTART_PURE},
	[SUPERVISOR_EVENT] = {event_handler, RESTART_PURE},
};

const uint32_t supervisor_method_count = sizeof(supervisor_methods) / sizeof(supervisor_methods[0]);
