// SPDX-License-Identifier: MIT OR Apache-2.0
/* The supervisor: starts the services from their manifests, restarts them when they break, and
 * ends the machine. Its own state is in its estate: a new instance adopts what runs. */
#include "supervisor.h"
#include "events.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define STATE_VERSION 6u
#define NANOSECONDS   1000000000u
#define FIRST_BASE    512u /* of its CNode: BUILDER_SLOTS for each service */
#define WINDOW        0x300000000u

struct supervision *supervision;
struct builder builder;

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

/* The manifest's choice, unless the boot options make another one. */
static void choose_binary(struct service_manifest *m)
{
	if (m->wasm_binary[0] != 0 && service_has_option("filesystems=wasm"))
		memcpy(m->binary, m->wasm_binary, sizeof(m->binary));
}

static void read_manifests(void)
{
	const uint8_t *file;
	uint64_t size;

	if (builder_whole_file(&builder, "manifests", &file, &size) != OK)
		runtime_abort("the bundle's manifests are missing or damaged");
	supervision->count = (uint32_t)(size / sizeof(struct service_manifest));
	if (supervision->count > SERVICES_MAX)
		supervision->count = SERVICES_MAX;
	for (uint32_t i = 0; i < supervision->count; i++) {
		struct supervised *s = &supervision->services[i];

		memcpy(&s->built.manifest, file + i * sizeof(struct service_manifest),
			sizeof(struct service_manifest));
		choose_binary(&s->built.manifest);
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

	supervision->boot_ns = nanoseconds_of(now - start_page->tsc_entry);
	event(EVENT_NOTICE,
		"started %u services; microseconds: loader %lu, kernel %lu, services %lu",
		supervision->count,
		nanoseconds_of(start_page->tsc_handover - start_page->tsc_entry) / 1000,
		nanoseconds_of(start_page->tsc_kernel - start_page->tsc_handover) / 1000,
		nanoseconds_of(now - start_page->tsc_kernel) / 1000);
}

/* A new instance adopts what runs, and finishes what its predecessor had begun. */
static void adopt(void)
{
	for (uint32_t i = 0; i < supervision->count; i++) {
		if (supervision->services[i].state == STATE_STARTING)
			kill_and_restart(&supervision->services[i], false);
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
	supervision = estate_allocate(sizeof(*supervision), 64);
	ASSERT(supervision != nullptr);
	events_init();
	init_builder(start_page);
	machine_init();
	if (restarted) {
		event(EVENT_WARNING, "the supervisor was started again");
		adopt();
	} else {
		note_machine(start_page);
		read_manifests();
		service_start_all();
		note_start(start_page);
		supervision->health_at = time_now() + HEALTH_PERIOD_NS;
	}
	service_run(&(struct service){
		.start = start_page,
		.methods = supervisor_methods,
		.method_count = supervisor_method_count,
		.session_count = 64,
		.notified = heartbeats_came,
		.deadline = next_event,
		.expired = event_due,
		.fault = handle_fault,
	});
}
