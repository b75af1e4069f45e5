// SPDX-License-Identifier: MIT OR Apache-2.0
/* The trace service: lends the kernel memory for its trace, and gives what was recorded to those
 * who hold this service's endpoint. A recording is the state of its estate: a new instance goes on
 * with it. */
#include "buffers.h"

#include <abi/protocol/trace.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>

#define ESTATE_VERSION 1u
#define SESSIONS       128u
#define MODES          ((uint64_t)(TRACE_MODE_EVENTS | TRACE_MODE_CALLS))

struct recording {
	uint64_t mode; /* 0: nothing is being recorded */
	uint64_t mode_before;
	uint64_t begin[TRACE_CPUS_MAX]; /* sequence numbers of each CPU */
	uint64_t end[TRACE_CPUS_MAX];
};

static struct recording *recording;

static handle_t platform(void)
{
	return service_start()->handles[PROCESS_SLOT_PLATFORM];
}

static uint64_t cpus(void)
{
	return service_start()->cpu_count;
}

/* The sequence number of the next record of a CPU. */
static uint64_t sequence_of(uint64_t cpu)
{
	uint64_t next, bytes;
	uint64_t end = 0;

	return platform_trace_read(platform(), cpu, 0, 0, 0, &next, &bytes, &end) == OK ? end : 0;
}

/* Gives the kernel its own rings again; what was recorded stays in the frames. */
static void end_recording(void)
{
	uint64_t mode;

	if (recording->mode == 0)
		return;
	(void)!platform_trace_control(platform(), recording->mode_before, &mode);
	estate_save(recording, sizeof(*recording));
	for (uint64_t cpu = 0; cpu < cpus(); cpu++) {
		recording->end[cpu] = sequence_of(cpu);
		(void)!platform_trace_buffer(platform(), cpu, 0);
	}
	recording->mode = 0;
}

static status_t lend_all(void)
{
	status_t status = buffers_make(cpus());

	estate_save(recording, sizeof(*recording));
	for (uint64_t cpu = 0; status == OK && cpu < cpus(); cpu++) {
		status = platform_trace_buffer(platform(), cpu, buffer_frame(cpu));
		recording->begin[cpu] = sequence_of(cpu);
		recording->end[cpu] = recording->begin[cpu];
	}
	return status;
}

static status_t start_handler(struct request *request)
{
	uint64_t mode = request->words[0];
	status_t status;

	if (mode == 0 || (mode & ~MODES) != 0)
		return ERR_INVALID_ARGUMENT;
	end_recording();
	status = lend_all();
	if (status != OK)
		return status;
	recording->mode = mode; /* saved by lend_all */
	return platform_trace_control(platform(), mode, &recording->mode_before);
}

static status_t stop_handler(struct request *request)
{
	(void)request;
	end_recording();
	return OK;
}

/* The oldest record that was not overwritten. */
static uint64_t oldest(uint64_t cpu, uint64_t end)
{
	uint64_t capacity = buffers_capacity();

	return end - recording->begin[cpu] > capacity ? end - capacity : recording->begin[cpu];
}

static status_t status_handler(struct request *request)
{
	uint64_t kept = 0;
	uint64_t lost = 0;

	for (uint64_t cpu = 0; cpu < cpus(); cpu++) {
		uint64_t end = recording->mode != 0 ? sequence_of(cpu) : recording->end[cpu];

		kept += end - oldest(cpu, end);
		lost += oldest(cpu, end) - recording->begin[cpu];
	}
	request->words[0] = recording->mode;
	request->words[1] = cpus();
	request->words[2] = buffers_capacity();
	request->words[3] = kept;
	request->words[4] = lost;
	return OK;
}

static status_t read_handler(struct request *request)
{
	const size_t most = MESSAGE_BYTES / sizeof(struct trace_record);
	uint64_t cpu = request->words[0];
	uint64_t sequence = request->words[1];
	size_t count = 0;

	if (recording->mode != 0)
		return ERR_BUSY;
	if (cpu >= cpus())
		return ERR_RANGE;
	if (sequence < oldest(cpu, recording->end[cpu]))
		sequence = oldest(cpu, recording->end[cpu]);
	for (; count < most && sequence < recording->end[cpu]; count++, sequence++)
		memcpy(request->bytes + count * sizeof(struct trace_record),
			buffer_record(cpu, sequence), sizeof(struct trace_record));
	if (count == 0)
		return ERR_NOT_FOUND;
	request->words[0] = sequence;
	request->words[1] = count * sizeof(struct trace_record);
	request->reply_size = request->words[1];
	return OK;
}

static const struct service_method methods[] = {
	[TRACE_START] = {start_handler, RESTART_REPLAY},
	[TRACE_STOP] = {stop_handler, RESTART_REPLAY},
	[TRACE_STATUS] = {status_handler, RESTART_PURE},
	[TRACE_READ] = {read_handler, RESTART_PURE},
};

/* The kernel goes on writing to the frames while this service is away. */
static void adopt(void)
{
	bool any = recording->mode != 0;

	for (uint64_t cpu = 0; cpu < cpus() && cpu < TRACE_CPUS_MAX; cpu++)
		any |= recording->end[cpu] != recording->begin[cpu];
	if (any && buffers_make(cpus()) != OK)
		runtime_abort("the buffers cannot be mapped again");
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	recording = estate_allocate(sizeof(*recording), 64);
	if (recording == nullptr)
		runtime_abort("the estate is too small");
	adopt();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
	});
}
