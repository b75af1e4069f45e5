// SPDX-License-Identifier: MIT OR Apache-2.0
/* Starting services from their manifests. */
#include "events.h"
#include "supervisor.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define STATUS_INCOMPLETE 125u /* as the loaders' own failures */

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

	for (uint32_t i = 0; status == OK && i < supervision->count; i++) {
		const struct built *other = &supervision->services[i].built;

		if ((m->uses >> other->manifest.number & 1) != 0)
			status =
				builder_connect(&s->built, other->endpoint, other->manifest.number);
		if (status == OK && (m->signals >> other->manifest.number & 1) != 0)
			status = builder_connect_signal(&s->built, other);
	}
	if (status == OK && (m->uses & 1) != 0)
		status = builder_connect(
			&s->built, builder.fault_endpoint, SERVICE_NUMBER_SUPERVISOR);
	return status;
}

static void report(struct supervised *s, const char *what, status_t status)
{
	const struct service_manifest *m = &s->built.manifest;

	if (status == ERR_CORRUPT)
		event(EVENT_ERROR,
			"cannot %s %s: the bundle's file %s is damaged; build or copy it again",
			what, (const char *)m->name, (const char *)m->binary);
	else
		event(EVENT_ERROR, "cannot %s %s: error %ld%s", what, (const char *)m->name, status,
			status == ERR_NO_MEMORY ? "; the machine needs 64 MiB of memory" : "");
	s->state = STATE_FAILED;
}

static void prepare_all(void)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		status_t status = prepare(&supervision->services[i]);

		if (status != OK)
			report(&supervision->services[i], "make", status);
	}
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < supervision->count; i++) {
			struct supervised *s = &supervision->services[i];
			bool all = s->built.manifest.untyped_order == UNTYPED_ALL;
			status_t status = OK;

			if (s->state == STATE_FAILED || all != (pass == 1))
				continue;
			status = give_untyped(&s->built);
			if (status == OK)
				status = give_devices(&s->built);
			if (status == OK)
				status = connect(s);
			if (status != OK)
				report(s, "connect", status);
		}
	}
}

static void refuse(struct supervised *s)
{
	const char *name = (const char *)s->built.manifest.name;

	s->state = STATE_REFUSED;
	event(EVENT_ERROR, "%s is refused: it is not signed by this system's key (drv/%s.sig)",
		name, name);
}

static void start(struct supervised *s)
{
	status_t status;

	s->state = STATE_STARTING;
	status = builder_start(&builder, &s->built);
	health_reset(&s->health);
	s->state = STATE_RUNNING;
	s->started_at = time_now();
	if (status != OK)
		report(s, "start", status);
	else if (supervision->boot_ns != 0)
		event(EVENT_NOTICE, "%s started%s", (const char *)s->built.manifest.name,
			s->built.epoch > 1 ? " again" : "");
}

void service_start_instance(struct supervised *s)
{
	estate_save(s, sizeof(*s));
	if (service_is_trusted(s))
		start(s);
	else
		refuse(s);
	estate_commit();
}

status_t service_start_status(const struct supervised *s)
{
	if (s->state == STATE_REFUSED)
		return ERR_NOT_SIGNED;
	return s->state == STATE_FAILED ? ERR_BAD_IMAGE : OK;
}

/* A system that lacks a service would wait for it for ever. */
static void end_if_incomplete(void)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		if (supervision->services[i].state != STATE_FAILED)
			continue;
		debug_print("supervisor: the system is not complete\n");
		(void)!power_off(&builder, service_start()->handles[PROCESS_SLOT_PLATFORM],
			STATUS_INCOMPLETE);
	}
}

void service_start_all(void)
{
	prepare_all();
	estate_commit();
	for (uint32_t i = 0; i < supervision->count; i++) {
		struct supervised *s = &supervision->services[i];

		if (s->state != STATE_FAILED && s->built.manifest.on_demand == 0)
			service_start_instance(s);
	}
	end_if_incomplete();
}
