// SPDX-License-Identifier: MIT OR Apache-2.0
/* Records about the system, gathered from the services. */
#include "craton.h"

#include <abi/protocol/log.h>
#include <abi/protocol/memory.h>
#include <abi/protocol/supervisor.h>
#include <abi/protocol/vfs.h>
#include <craton/print.h>

#define KIND_SERVICE    0u
#define KIND_PROGRAM    1u
#define SERVICES_MOST   64u
#define RECORDS_MOST    65536u
#define CPU_NAME_LEAVES 3u

void sink_add(struct sink *sink, const void *record, uint32_t size)
{
	if (sink->used <= sink->size && size <= sink->size - sink->used)
		memcpy(sink->bytes + sink->used, record, size);
	sink->used += size;
}

status_t record_fetch(
	uint32_t service, uint32_t method, uint64_t words[6], void *record, size_t size)
{
	struct call call = {.out = record, .out_size = size};
	status_t status;

	memset(record, 0, size);
	memcpy(call.words, words, sizeof(call.words));
	status = service_call(service, method, &call);
	memcpy(words, call.words, sizeof(call.words));
	return status == OK && call.out_used < size ? ERR_PROTOCOL : status;
}

errno_t records_ended(status_t status)
{
	return status == ERR_NOT_FOUND ? WASI_SUCCESS : errno_of(status);
}

/* --- processes and services ------------------------------------------------------------------- */

static status_t fetch_service(uint64_t index, struct service_status *status)
{
	uint64_t words[6] = {index};

	return record_fetch(
		SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_STATUS, words, status, sizeof(*status));
}

/* Services are listed with small numbers, which no program has; the first task is 0. */
static uint64_t service_pid(const struct service_status *service)
{
	return (uint32_t)(service->number + 1);
}

/* The first task starts the supervisor, which starts the others. */
static uint64_t service_parent(const struct service_status *service)
{
	return service->number == 0 || service->number == UINT32_MAX ? 0 : 1;
}

static void add_service_process(struct sink *sink, const struct service_status *service)
{
	struct process_record record = {
		.pid = service_pid(service),
		.parent = service_parent(service),
		.cpu_ns = service->cpu_ns,
		.memory = service->memory,
		.priority = service->priority,
		.state = service->state == SERVICE_STATE_RUNNING ? PROCESS_STATE_WAITING
								 : PROCESS_STATE_STOPPED,
		.threads = service->state == SERVICE_STATE_RUNNING,
		.kind = KIND_SERVICE,
	};

	memcpy(record.name, service->name, sizeof(service->name));
	sink_add(sink, &record, sizeof(record));
}

static void add_program(struct sink *sink, const struct process_status *program)
{
	struct process_record record = {
		.pid = program->pid,
		.parent = program->parent,
		.cpu_ns = program->cpu_ns,
		.memory = program->memory,
		.memory_limit = program->memory_limit,
		.priority = program->priority,
		.state = program->state,
		.threads = program->state != PROCESS_STATE_ENDED,
		.kind = KIND_PROGRAM,
	};

	memcpy(record.name, program->name, sizeof(record.name));
	sink_add(sink, &record, sizeof(record));
}

static errno_t info_processes(uint64_t argument, struct sink *sink)
{
	struct service_status service;
	struct process_status program;
	uint64_t words[6] = {0};
	status_t status;

	(void)argument;
	for (uint64_t i = 0; service_present(SERVICE_NUMBER_SUPERVISOR) && i < SERVICES_MOST &&
			     fetch_service(i, &service) == OK;
		i++)
		add_service_process(sink, &service);
	do {
		status = record_fetch(
			SERVICE_NUMBER_PROCESS, PROCESS_LIST, words, &program, sizeof(program));
		if (status == OK)
			add_program(sink, &program);
	} while (status == OK);
	return records_ended(status);
}

static errno_t info_services(uint64_t argument, struct sink *sink)
{
	struct service_status service;
	status_t status = OK;

	(void)argument;
	if (!service_present(SERVICE_NUMBER_SUPERVISOR))
		return WASI_PERM;
	for (uint64_t i = 0; i < SERVICES_MOST; i++) {
		struct service_record record;

		status = fetch_service(i, &service);
		if (status != OK)
			break;
		record = (struct service_record){
			.pid = service_pid(&service),
			.uptime_ns = service.uptime_ns,
			.state = service.state,
			.restarts = service.restarts,
			.memory = service.memory,
			.cpu_ns = service.cpu_ns,
			.health = service.health,
			.hangs = service.hangs,
		};
		memcpy(record.name, service.name, sizeof(record.name));
		memcpy(record.detail, service.detail, sizeof(record.detail));
		sink_add(sink, &record, sizeof(record));
	}
	return records_ended(status);
}

/* --- memory, the system ----------------------------------------------------------------------- */

/* The sum of all programs' limits. */
static uint64_t quota_total(void)
{
	struct process_status program;
	uint64_t words[6] = {0};
	uint64_t total = 0;

	while (record_fetch(SERVICE_NUMBER_PROCESS, PROCESS_LIST, words, &program,
		       sizeof(program)) == OK)
		total += program.memory_limit;
	return total;
}

static errno_t info_memory(uint64_t argument, struct sink *sink)
{
	const struct process_start *start = service_start();
	uint64_t words[6] = {UINT64_MAX}; /* of the whole pool */
	status_t status = service_ask(SERVICE_NUMBER_MEMORY, MEMORY_STATISTICS, words);
	uint64_t free = words[2] - words[0];
	struct memory_record record = {
		.total = start->memory_total,
		.kernel = start->memory_kernel,
		.used = start->memory_total - start->memory_kernel - free,
		.cached = words[1],
		.free = free,
		.faults = words[3],
		.quota_total = quota_total(),
	};

	(void)argument;
	if (status != OK)
		return errno_of(status);
	sink_add(sink, &record, sizeof(record));
	return WASI_SUCCESS;
}

static void cpuid(uint32_t leaf, uint32_t registers[4])
{
	__asm__ volatile("cpuid"
		: "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]), "=d"(registers[3])
		: "a"(leaf), "c"(0));
}

/* The processor's own name, 48 bytes in three leaves. */
static void machine_name(uint8_t name[64])
{
	uint32_t registers[4];

	cpuid(0x80000000u, registers);
	if (registers[0] < 0x80000004u)
		return;
	for (uint32_t i = 0; i < CPU_NAME_LEAVES; i++) {
		cpuid(0x80000002u + i, registers);
		memcpy(name + i * sizeof(registers), registers, sizeof(registers));
	}
}

/* Programs without the supervisor's endpoint are not told. */
static void add_counters(struct system_record *record)
{
	for (uint64_t cpu = 0;
		service_present(SERVICE_NUMBER_SUPERVISOR) && cpu < record->cpu_count; cpu++) {
		uint64_t words[6] = {cpu};

		if (service_ask(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_MACHINE, words) != OK)
			return;
		record->idle_ns += words[0];
		record->boot_ns = words[3];
	}
}

static errno_t info_system(uint64_t argument, struct sink *sink)
{
	const struct process_start *start = service_start();
	struct system_record record = {
		.uptime_ns = time_now(),
		.cpu_count = start->cpu_count,
		.tsc_hz = start->tsc_hz,
		.abi_hash = start->abi_hash,
		.version = "0.1",
	};

	(void)argument;
	machine_name(record.machine);
	add_counters(&record);
	sink_add(sink, &record, sizeof(record));
	return WASI_SUCCESS;
}

/* --- the log ---------------------------------------------------------------------------------- */

static errno_t info_log(uint64_t argument, struct sink *sink)
{
	struct log_record record;
	uint64_t words[6] = {argument};
	status_t status;
	unsigned count = 0;

	do {
		status = record_fetch(SERVICE_NUMBER_LOG, LOG_READ, words, &record, sizeof(record));
		if (status == OK)
			sink_add(sink, &record, sizeof(record));
	} while (status == OK && ++count < RECORDS_MOST);
	return records_ended(status);
}

/* --- capabilities ----------------------------------------------------------------------------- */

static status_t add_program_capability(uint64_t pid, uint64_t *index, struct sink *sink)
{
	struct capability_entry entry;
	uint64_t words[6] = {pid, *index};
	status_t status =
		record_fetch(SERVICE_NUMBER_PROCESS, PROCESS_INSPECT, words, &entry, sizeof(entry));
	struct capability_record record;

	if (status != OK)
		return status;
	*index = words[0];
	record = (struct capability_record){.handle = entry.handle,
		.badge = entry.badge,
		.detail = entry.detail,
		.type = entry.type,
		.rights = entry.rights};
	sink_add(sink, &record, sizeof(record));
	return OK;
}

static status_t add_service_capability(uint64_t number, uint64_t *slot, struct sink *sink)
{
	struct capability_status entry;
	uint64_t words[6] = {number, *slot};
	status_t status = record_fetch(
		SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_INSPECT, words, &entry, sizeof(entry));
	struct capability_record record;

	if (status != OK)
		return status;
	*slot = (entry.handle & (((uint64_t)1 << ABI_HANDLE_PATH_BITS) - 1)) + 1;
	record = (struct capability_record){.handle = entry.handle,
		.badge = entry.badge,
		.detail = entry.detail,
		.type = entry.type,
		.rights = entry.rights};
	sink_add(sink, &record, sizeof(record));
	return OK;
}

/* Which service has that number in the list; false if it is a program's. */
static bool find_service(uint64_t pid, uint64_t *index)
{
	struct service_status service;

	for (uint64_t i = 0; service_present(SERVICE_NUMBER_SUPERVISOR) && i < SERVICES_MOST &&
			     fetch_service(i, &service) == OK;
		i++) {
		*index = i;
		if (service_pid(&service) == pid)
			return true;
	}
	return false;
}

static errno_t info_capabilities(uint64_t pid, struct sink *sink)
{
	uint64_t service = 0;
	bool is_service = find_service(pid, &service);
	uint64_t index = 0;
	status_t status;
	unsigned count = 0;

	do {
		status = is_service ? add_service_capability(service, &index, sink)
				    : add_program_capability(pid, &index, sink);
	} while (status == OK && ++count < RECORDS_MOST);
	if (status == ERR_NOT_FOUND && count == 0)
		return WASI_SRCH;
	return records_ended(status);
}

/* --- file systems ----------------------------------------------------------------------------- */

static errno_t info_filesystems(uint64_t argument, struct sink *sink)
{
	struct volume_status volume;
	status_t status = OK;

	(void)argument;
	for (uint64_t i = 0; status == OK; i++) {
		uint64_t words[6] = {i};
		struct filesystem_record record;

		status = record_fetch(
			SERVICE_NUMBER_VFS, VFS_VOLUME, words, &volume, sizeof(volume));
		if (status != OK)
			break;
		record = (struct filesystem_record){
			.total = volume.total, .used = volume.used, .read_only = volume.read_only};
		memcpy(record.name, volume.name, sizeof(record.name));
		memcpy(record.path, volume.path, sizeof(record.path));
		memcpy(record.device, volume.device, sizeof(record.device));
		sink_add(sink, &record, sizeof(record));
	}
	return records_ended(status);
}

/* v: kind, argument, buffer, size, result. */
errno_t craton_info(struct wasi *wasi, memory_t *memory, values_t *v)
{
	static errno_t (*const kinds[])(uint64_t argument, struct sink *sink) = {
		[INFO_KIND_PROCESSES] = info_processes,
		[INFO_KIND_SERVICES] = info_services,
		[INFO_KIND_MEMORY] = info_memory,
		[INFO_KIND_SYSTEM] = info_system,
		[INFO_KIND_LOG] = info_log,
		[INFO_KIND_CAPABILITIES] = info_capabilities,
		[INFO_KIND_FILESYSTEMS] = info_filesystems,
		[INFO_KIND_TRACE] = info_trace,
		[INFO_KIND_THREADS] = info_threads,
		[INFO_KIND_TRACE_STATUS] = info_trace_status,
		[INFO_KIND_DEVICES] = info_devices,
		[INFO_KIND_DISKS] = info_disks,
	};
	struct sink sink = {.bytes = wasm_memory_at(memory, v[2].i32, v[3].i32), .size = v[3].i32};
	errno_t error;

	(void)wasi;
	if (sink.bytes == nullptr)
		return WASI_FAULT;
	if (v[0].i32 >= sizeof(kinds) / sizeof(kinds[0]))
		return WASI_INVAL;
	error = kinds[v[0].i32](v[1].i64, &sink);
	return error == WASI_SUCCESS ? store(memory, v[4].i32, &sink.used, sizeof(sink.used))
				     : error;
}
