// SPDX-License-Identifier: MIT OR Apache-2.0
/* Services that break, hang or are ended, and when they start again. */
#include "events.h"
#include "supervisor.h"

#include <abi/syscall.h>
#include <craton/estate.h>

#define MINUTE_NS    60000000000u
#define BACK_OFF_NS  10000000u
#define BACK_OFF_MAX 1000000000u

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

uint64_t instance_cpu(const struct supervised *s, uint64_t *id)
{
	uint64_t state_of, priority, faults;
	uint64_t time = 0;

	*id = 0;
	if (s->state != STATE_RUNNING ||
		thread_info(s->built.thread, &state_of, &priority, &time, &faults, id) != OK)
		return 0;
	return time;
}

void end_instance(struct supervised *s)
{
	uint64_t id;

	s->cpu_before += instance_cpu(s, &id);
	builder_kill(&builder, &s->built);
}

void kill_and_restart(struct supervised *s, bool failed)
{
	estate_save(s, sizeof(*s));
	end_instance(s);
	s->built.failed = failed;
	schedule_restart(s);
	estate_commit();
	if (s->state == STATE_RESTARTING && s->start_at <= time_now())
		service_start_instance(s);
}

struct supervised *by_number(uint64_t number)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		if (supervision->services[i].built.manifest.number == number)
			return &supervision->services[i];
	}
	return nullptr;
}

status_t handle_fault(struct request *request)
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

uint64_t next_restart(void)
{
	uint64_t next = supervision->health_at;

	for (uint32_t i = 0; i < supervision->count; i++) {
		const struct supervised *s = &supervision->services[i];

		if (s->state == STATE_RESTARTING && s->start_at < next)
			next = s->start_at;
	}
	return next;
}

void restart_due(uint64_t now)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		struct supervised *s = &supervision->services[i];

		if (s->state == STATE_RESTARTING && s->start_at <= now)
			service_start_instance(s);
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

void look_at_health(uint64_t now)
{
	const struct health_limits limits =
		health_limits_for(supervision->boot_ns, service_start()->cpu_count);
	handle_t platform = service_start()->handles[PROCESS_SLOT_PLATFORM];

	if (supervision->health_at > now)
		return;
	ESTATE_SET(supervision->health_at, now + HEALTH_PERIOD_NS);
	for (uint32_t i = 0; i < supervision->count; i++) {
		struct supervised *s = &supervision->services[i];

		if (s->state != STATE_RUNNING || s->built.manifest.heartbeat == 0)
			continue;
		estate_save(&s->health, sizeof(s->health));
		if (health_check(&s->health, &s->built, platform, &limits))
			end_hanging(s);
	}
}

void heartbeats_came(uint64_t bits)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		struct supervised *s = &supervision->services[i];

		if ((bits >> i & 1) == 0)
			continue;
		estate_save(&s->health, sizeof(s->health));
		health_answered(&s->health);
	}
}
