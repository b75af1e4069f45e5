// SPDX-License-Identifier: MIT OR Apache-2.0
/* The first task. It is given all memory and all rights by the kernel, hands them to the
 * supervisor, and restarts the supervisor when that breaks. It parses nothing after that: it must
 * not fail. */
#include <abi/syscall.h>
#include <craton/builder.h>
#include <craton/health.h>
#include <craton/print.h>
#include <craton/service.h>

#define SUPERVISOR_BASE 2048u /* first of the supervisor's slots in the root CNode */
#define FAULT_SLOT      2040u
#define REPLY_SLOT      2041u
#define HEALTH_SLOT     2042u
#define ANSWERED        1u  /* bit of the notification */
#define OWN_ORDER       22u /* log2 of the memory in which there is room for the supervisor */
#define WINDOW          0x300000000u
#define BACK_OFF_NS     100000000u

static const struct service_manifest supervisor_manifest = {
	.name = "supervisor",
	.binary = "svc/supervisor",
	.number = SERVICE_NUMBER_SUPERVISOR,
	.grants = SERVICE_GRANT_IRQ_CONTROL | SERVICE_GRANT_PLATFORM | SERVICE_GRANT_BUNDLE,
	.priority = 200,
	.cnode_radix = 12,
	.memory_order = 20,
	.estate_order = 19,
	.port_count = 65536,
	.heartbeat = 1,
};

static struct builder builder;
static struct built supervisor;
static struct health health;

[[noreturn]] static void fail(const struct root_info *info, const char *what, status_t status)
{
	debug_print("init: %s: error %ld\n", what, status);
	status = platform_power(info->platform, 0, 0, 0);
	(void)status;
	runtime_abort(what);
}

/* The smallest memory that is large enough for the supervisor. */
static const struct root_untyped *choose_memory(const struct root_info *info)
{
	const struct root_untyped *best = nullptr;

	for (uint64_t i = 0; i < info->untyped_count; i++) {
		const struct root_untyped *u = &info->untyped[i];

		if (u->device == 0 && u->order >= OWN_ORDER &&
			(best == nullptr || u->order < best->order))
			best = u;
	}
	return best;
}

static handle_t make(const struct root_info *info, handle_t untyped, uint64_t type, uint64_t slot)
{
	uint64_t tag;
	status_t status = untyped_retype(untyped, type, 0, 1, info->cnode, slot, &tag);

	if (status != OK)
		fail(info, "cannot make an object", status);
	return handle_of(slot, tag);
}

static handle_t own_memory;

static handle_t memory(unsigned order)
{
	(void)order;
	return own_memory;
}

/* Where the supervisor answers the heartbeat. */
static handle_t make_health(const struct root_info *info, handle_t untyped)
{
	handle_t notification = make(info, untyped, OBJECT_NOTIFICATION, HEALTH_SLOT);
	status_t status = thread_bind(info->thread, notification);

	if (status != OK)
		fail(info, "cannot listen to the supervisor", status);
	return notification;
}

static void init_builder(const struct root_info *info, handle_t fault_endpoint, handle_t answers)
{
	builder = (struct builder){
		.cnode = info->cnode,
		.space = info->space,
		.thread = info->thread,
		.irq_control = info->irq_control,
		.io_port = info->io_port,
		.platform = info->platform,
		.time_frame = info->time_frame,
		.fault_endpoint = fault_endpoint,
		.health = answers,
		.bundle_first = info->bundle_first_index,
		.bundle_frames = info->bundle_frame_count,
		.bundle = (const uint8_t *)ROOT_BUNDLE_ADDRESS,
		.bundle_size = info->bundle_size,
		.window = WINDOW,
		.memory = memory,
		.random = info->entropy[0] | 1,
		.start =
			{
				.tsc_hz = info->tsc_hz,
				.tsc_entry = info->tsc_entry,
				.tsc_handover = info->tsc_handover,
				.tsc_kernel = info->tsc_kernel,
				.memory_total = info->memory_total + info->bundle_size,
				.memory_bundle = info->bundle_size,
				.memory_kernel = info->memory_kernel,
				.cpu_count = info->cpu_count,
				.ecam = info->ecam,
				.ecam_size = info->ecam_size,
			},
	};
	builder.start.command_line_size =
		info->command_line_size < sizeof(builder.start.command_line)
			? info->command_line_size
			: sizeof(builder.start.command_line) - 1;
	memcpy(builder.start.command_line, info->command_line, builder.start.command_line_size);
}

/* Moves the right over IOMMUs, if there are any, and all memory to the supervisor's CNode, from its
 * slot PROCESS_SLOT_FREE on: the rest of the piece that it was made from, too, as the first task
 * makes nothing any more. */
static void hand_over_memory(const struct root_info *info)
{
	uint64_t slot = PROCESS_SLOT_FREE;
	status_t status;
	uint64_t tag;

	if (info->iommu != 0) {
		status = cnode_move(supervisor.cnode, slot++, info->iommu, &tag);
		if (status != OK)
			fail(info, "cannot hand over the IOMMU", status);
	}
	for (uint64_t i = 0; i < info->untyped_count; i++) {
		status = cnode_move(supervisor.cnode, slot++, info->untyped[i].handle, &tag);
		if (status != OK)
			fail(info, "cannot hand over memory", status);
	}
}

/* The library finds the time there. */
static void map_time(const struct root_info *info)
{
	uint64_t missing;
	status_t status = address_space_map(
		info->space, info->time_frame, 0, PROCESS_TIME_ADDRESS, 1, RIGHT_READ, &missing);

	if (status != OK)
		fail(info, "cannot map the time", status);
}

static void restart(const struct root_info *info)
{
	uint64_t bits;
	status_t status;

	builder_kill(&builder, &supervisor);
	health_reset(&health);
	supervisor.failed = 1;
	(void)!sys_wait(supervisor.notification, 0, time_now() + BACK_OFF_NS, &bits);
	status = builder_start(&builder, &supervisor);
	if (status != OK)
		fail(info, "cannot restart the supervisor", status);
}

/* A message is a fault of the supervisor, a notification its answer to the heartbeat. */
[[noreturn]] static void watch(const struct root_info *info, handle_t endpoint, handle_t reply)
{
	const uint64_t started_ns =
		(info->tsc_kernel - info->tsc_entry) / (info->tsc_hz / 1000000) * 1000;
	const struct health_limits limits = health_limits_for(started_ns, info->cpu_count);
	uint64_t next = time_now() + HEALTH_PERIOD_NS;

	for (;;) {
		struct message message = {0};
		status_t status = sys_recv(reply, endpoint, &message, 0, next);

		if (status == OK && message.extra != 0) {
			health_answered(&health);
		} else if (status == OK) {
			debug_print("init: supervisor stopped: fault %lu at %lx, instruction %lx\n",
				message.words[0], message.words[1], message.words[3]);
			restart(info);
		} else if (status == ERR_DEADLINE) {
			next = time_now() + HEALTH_PERIOD_NS;
			if (!health_check(&health, &supervisor, info->platform, &limits))
				continue;
			debug_print("init: the supervisor hangs\n");
			restart(info);
		}
	}
}

void program_main(const void *argument)
{
	const struct root_info *info = argument;
	const struct root_untyped *own = choose_memory(info);
	handle_t endpoint;
	handle_t reply;
	status_t status;

	debug_print_init(info->platform);
	if (info->magic != ROOT_MAGIC || info->abi_hash != ABI_HASH)
		fail(info, "kernel and first task were built from different interfaces",
			ERR_VERSION);
	if (own == nullptr)
		fail(info, "not enough memory; give the machine at least 24 MiB", ERR_NO_MEMORY);
	endpoint = make(info, own->handle, OBJECT_ENDPOINT, FAULT_SLOT);
	reply = make(info, own->handle, OBJECT_REPLY, REPLY_SLOT);
	own_memory = own->handle;
	map_time(info);
	init_builder(info, endpoint, make_health(info, own->handle));
	supervisor.manifest = supervisor_manifest;
	supervisor.base = SUPERVISOR_BASE;
	supervisor.health_badge = ANSWERED;
	status = builder_prepare(&builder, &supervisor);
	if (status == OK)
		status = builder_give(&supervisor, PROCESS_SLOT_FIRST_TASK, info->thread, 0);
	if (status != OK)
		fail(info, "cannot prepare the supervisor", status);
	hand_over_memory(info);
	status = builder_start(&builder, &supervisor);
	if (status != OK)
		fail(info, "cannot start the supervisor", status);
	watch(info, endpoint, reply);
}
