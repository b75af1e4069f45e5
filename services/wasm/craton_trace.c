// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's trace for programs that were given the trace service. */
#include "craton.h"

#include <abi/protocol/supervisor.h>
#include <abi/protocol/trace.h>

#define CPU_SHIFT 48u
#define IN_ONE    (MESSAGE_BYTES / sizeof(struct trace_record))

/* Times of the trace are time stamps; people read nanoseconds since boot. */
static uint64_t nanoseconds_of(uint64_t tsc)
{
	const volatile struct time_page *page =
		(const volatile struct time_page *)PROCESS_TIME_ADDRESS;
	__int128 passed = (__int128)tsc - page->tsc_base;

	return page->base_ns + (uint64_t)(passed * (__int128)page->multiplier >> page->shift);
}

static void add_record(
	struct sink *sink, const struct trace_record *record, uint64_t cpu, uint64_t sequence)
{
	const struct trace_entry entry = {
		.time_ns = nanoseconds_of(record->tsc),
		.sequence = sequence,
		.a = record->a,
		.b = record->b,
		.cpu = (uint32_t)cpu,
		.event = record->event,
		.thread = record->thread,
	};

	sink_add(sink, &entry, sizeof(entry));
}

/* One message's records; false at the end of the trace or of the program's buffer. */
static bool add_some(struct sink *sink, uint64_t cpu, uint64_t *sequence, status_t *status)
{
	struct trace_record records[IN_ONE];
	struct call call = {.words = {cpu, *sequence}, .out = records, .out_size = sizeof(records)};
	size_t count;

	*status = service_call(SERVICE_NUMBER_TRACE, TRACE_READ, &call);
	if (*status != OK)
		return false;
	count = call.out_used / sizeof(records[0]);
	*sequence = call.words[0];
	for (size_t i = 0; i < count; i++)
		add_record(sink, &records[i], cpu, *sequence - count + i);
	return count > 0 && sink->size - sink->used >= IN_ONE * sizeof(struct trace_entry);
}

errno_t info_trace(uint64_t argument, struct sink *sink)
{
	uint64_t cpu = argument >> CPU_SHIFT;
	uint64_t sequence = argument & (((uint64_t)1 << CPU_SHIFT) - 1);
	status_t status = OK;

	if (!service_present(SERVICE_NUMBER_TRACE))
		return WASI_PERM;
	if (sink->size < IN_ONE * sizeof(struct trace_entry))
		return WASI_INVAL;
	while (add_some(sink, cpu, &sequence, &status))
		;
	return status == ERR_NOT_FOUND ? WASI_SUCCESS : errno_of(status);
}

/* --- whose threads there are ------------------------------------------------------------------ */

static void add_thread(struct sink *sink, uint64_t thread, uint64_t pid, const uint8_t name[32])
{
	struct thread_record record = {.thread = thread, .pid = pid};

	memcpy(record.name, name, sizeof(record.name));
	sink_add(sink, &record, sizeof(record));
}

static status_t add_services(struct sink *sink)
{
	struct service_status service;
	status_t status = OK;

	for (uint64_t i = 0; status == OK; i++) {
		struct call call = {.words = {i}, .out = &service, .out_size = sizeof(service)};

		status = service_call(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_STATUS, &call);
		if (status == OK)
			add_thread(
				sink, service.thread, (uint32_t)(service.number + 1), service.name);
	}
	return status;
}

static status_t add_programs(struct sink *sink)
{
	struct program_thread program;
	status_t status = OK;

	for (uint64_t i = 0; status == OK; i++) {
		struct call call = {.words = {i}, .out = &program, .out_size = sizeof(program)};

		status = service_call(SERVICE_NUMBER_PROCESS, PROCESS_THREADS, &call);
		if (status == OK)
			add_thread(sink, program.thread, program.pid, program.name);
	}
	return status;
}

errno_t info_threads(uint64_t argument, struct sink *sink)
{
	status_t status;

	(void)argument;
	if (!service_present(SERVICE_NUMBER_SUPERVISOR))
		return WASI_PERM;
	status = add_services(sink);
	if (status == ERR_NOT_FOUND)
		status = add_programs(sink);
	return status == ERR_NOT_FOUND ? WASI_SUCCESS : errno_of(status);
}

/* --- control ---------------------------------------------------------------------------------- */

errno_t info_trace_status(uint64_t argument, struct sink *sink)
{
	uint64_t words[6] = {0};
	struct trace_status_record record;
	status_t status;

	(void)argument;
	if (!service_present(SERVICE_NUMBER_TRACE))
		return WASI_PERM;
	status = service_ask(SERVICE_NUMBER_TRACE, TRACE_STATUS, words);
	record = (struct trace_status_record){words[0], words[1], words[2], words[3], words[4]};
	sink_add(sink, &record, sizeof(record));
	return errno_of(status);
}

/* v: mode. */
errno_t craton_trace_control(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {v[0].i32};

	(void)wasi;
	(void)memory;
	if (!service_present(SERVICE_NUMBER_TRACE))
		return WASI_PERM;
	return errno_of(
		service_ask(SERVICE_NUMBER_TRACE, v[0].i32 != 0 ? TRACE_START : TRACE_STOP, words));
}
