// SPDX-License-Identifier: MIT OR Apache-2.0
/* The log service: keeps lines in its estate; errors go to the kernel's console, too. */
#include "ring.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define ESTATE_VERSION   2u
#define SESSIONS         256u
#define KERNEL_BADGE     (BADGE_SERVICE + 0xffffu)
#define SUPERVISOR_BADGE (BADGE_SERVICE + SERVICE_NUMBER_SUPERVISOR)

enum { LEVEL_ERROR, LEVEL_DEBUG = 3 };

static struct log_ring *ring;
static uint64_t *next_event; /* of the supervisor's, in the estate */
static bool is_quiet;        /* boot option log=quiet: errors are in the log only */

/* What the supervisor noted since; it calls nobody. */
static void fetch_events(void)
{
	struct client supervisor = client_of(SERVICE_NUMBER_SUPERVISOR);
	struct supervisor_event event;

	for (;;) {
		struct call call = {
			.words = {*next_event}, .out = &event, .out_size = sizeof(event)};

		if (client_call(&supervisor, SUPERVISOR_EVENT, &call) != OK ||
			call.out_used != sizeof(event) || event.bytes > sizeof(event.text))
			return;
		ESTATE_SET(*next_event, call.words[0]);
		log_append(ring, event.time_ns, event.level, SUPERVISOR_BADGE, event.text,
			event.bytes);
	}
}

static status_t write_handler(struct request *request)
{
	uint64_t level = request->words[0];
	uint64_t size = request->words[1];
	uint64_t last;
	uint8_t text[LOG_TEXT];
	const struct log_line *line;

	if (level > LEVEL_DEBUG)
		return ERR_INVALID_ARGUMENT;
	if (size > request->size)
		return ERR_PROTOCOL;
	if (size > sizeof(text))
		size = sizeof(text);
	memcpy(text, request->bytes, size); /* the next call needs its place */
	fetch_events();
	last = ring->next;
	log_append(ring, time_now(), (uint32_t)level, request->badge, text, size);
	line = log_line_at(ring, &last);
	if (level == LEVEL_ERROR && !is_quiet && line != nullptr)
		debug_print("%s: %s\n", (const char *)line->source, (const char *)line->text);
	return OK;
}

static status_t read_handler(struct request *request)
{
	uint64_t sequence = request->words[0];
	const struct log_line *line;

	fetch_events();
	line = log_line_at(ring, &sequence);
	if (line == nullptr)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, line, sizeof(*line));
	request->words[0] = sequence;
	request->words[1] = sizeof(*line);
	request->reply_size = sizeof(*line);
	return OK;
}

static bool may_name(uint64_t badge)
{
	return badge == 0 || badge == BADGE_SERVICE + SERVICE_NUMBER_SUPERVISOR;
}

static status_t name_handler(struct request *request)
{
	uint64_t size = request->words[1];

	if (!may_name(request->badge))
		return ERR_ACCESS;
	if (size > request->size)
		return ERR_PROTOCOL;
	log_set_name(ring, request->words[0], request->bytes, size);
	return OK;
}

static const struct service_method methods[] = {
	[LOG_WRITE] = {write_handler, RESTART_ONCE},
	[LOG_READ] = {read_handler, RESTART_PURE},
	[LOG_NAME] = {name_handler, RESTART_REPLAY},
};

/* What the kernel said when it panicked, if this boot followed from that. */
static void note_crash(handle_t platform)
{
	static const uint8_t name[] = "kernel";
	static const uint8_t title[] = "the kernel panicked before this boot; it said:";
	static uint8_t text[4096];
	uint64_t size = 0;

	if (platform_crash_record(platform, (uint64_t)text, sizeof(text), &size) != OK || size == 0)
		return;
	log_set_name(ring, KERNEL_BADGE, name, sizeof(name));
	log_append(ring, time_now(), LEVEL_ERROR, KERNEL_BADGE, title, sizeof(title));
	for (uint64_t start = 0; start < size;) {
		uint64_t end = start;

		while (end < size && text[end] != '\n')
			end++;
		if (end > start)
			log_append(ring, time_now(), LEVEL_ERROR, KERNEL_BADGE, text + start,
				end - start);
		start = end + 1;
	}
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	bool warm;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	is_quiet = service_has_option("log=quiet");
	warm = estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	ring = estate_allocate(sizeof(*ring), 64);
	next_event = estate_allocate(sizeof(*next_event), 8);
	if (ring == nullptr || next_event == nullptr)
		runtime_abort("the estate is too small");
	if (!warm) {
		static const uint8_t name[] = "supervisor";

		log_set_name(ring, SUPERVISOR_BADGE, name, sizeof(name));
		note_crash(start->handles[PROCESS_SLOT_PLATFORM]);
	}
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
	});
}
