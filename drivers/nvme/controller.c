// SPDX-License-Identifier: MIT OR Apache-2.0
/* See controller.h. */
#include "controller.h"

#include <craton/print.h>
#include <craton/service.h>

#define PAGE           4096u
#define COMMAND_NS     10000000000u
#define READY_UNIT_NS  500000000u
#define ADMIN_COMMANDS 16u
#define PAUSE_NS       1000000u

/* Registers (3.1). */
enum {
	REGISTER_CAPABILITIES = 0x00,
	REGISTER_CONFIGURATION = 0x14,
	REGISTER_STATUS = 0x1c,
	REGISTER_ADMIN_SIZES = 0x24,
	REGISTER_ADMIN_COMMANDS = 0x28,
	REGISTER_ADMIN_ENDS = 0x30,
	REGISTER_BELLS = 0x1000,
};
#define CONFIGURATION_ENABLE 1u
#define CONFIGURATION_SIZES  (6u << 16 | 4u << 20) /* log2 of a command's and an end's bytes */
#define STATUS_READY         1u
#define STATUS_FATAL         2u

enum {
	ADMIN_CREATE_COMMANDS = 0x01,
	ADMIN_CREATE_ENDS = 0x05,
	ADMIN_IDENTIFY = 0x06,
	ADMIN_SET_FEATURES = 0x09,
};
enum { IDENTIFY_NAMESPACE = 0, IDENTIFY_CONTROLLER = 1, IDENTIFY_LIST = 2 };
#define FEATURE_QUEUES      7u
#define QUEUE_IS_CONTIGUOUS 1u
#define QUEUE_INTERRUPTS    2u

/* Identify Controller (5.15.3): offsets. */
enum { CONTROLLER_TRANSFER = 77, CONTROLLER_COMMANDS = 520, CONTROLLER_CACHE = 525 };
#define COMMANDS_DISCARD 4u

/* Identify Namespace (5.15.2): offsets. */
enum {
	NAMESPACE_SIZE = 0,
	NAMESPACE_FORMAT = 26,
	NAMESPACE_ATTRIBUTES = 99,
	NAMESPACE_FORMATS = 128,
};

static uint32_t get32(const struct nvme_controller *c, uint32_t at)
{
	return driver_read32(c->registers, at);
}

static void set64(const struct nvme_controller *c, uint32_t at, uint64_t value)
{
	driver_write32(c->registers, at, (uint32_t)value);
	driver_write32(c->registers, at + 4, (uint32_t)(value >> 32));
}

static uint64_t capabilities(const struct nvme_controller *c)
{
	return get32(c, REGISTER_CAPABILITIES) | (uint64_t)get32(c, REGISTER_CAPABILITIES + 4)
							 << 32;
}

/* --- on and off (7.6) ---------------------------------------------------------------------------
 */

/* The controller says how long that may take. */
static status_t wait_ready(const struct nvme_controller *c, bool ready)
{
	uint64_t units = (capabilities(c) >> 24 & 0xff) + 1;
	uint64_t deadline = time_now() + units * READY_UNIT_NS;

	for (;;) {
		uint32_t status = get32(c, REGISTER_STATUS);

		if (status == DRIVER_NO_DEVICE)
			return ERR_GONE;
		if (ready && (status & STATUS_FATAL) != 0)
			return ERR_IO;
		if (((status & STATUS_READY) != 0) == ready)
			return OK;
		if (time_now() > deadline)
			return ERR_IO;
		driver_pause(PAUSE_NS);
	}
}

static status_t disable(const struct nvme_controller *c)
{
	driver_write32(c->registers, REGISTER_CONFIGURATION, 0);
	return wait_ready(c, false);
}

static status_t enable(const struct nvme_controller *c)
{
	uint32_t last = ADMIN_COMMANDS - 1;

	driver_write32(c->registers, REGISTER_ADMIN_SIZES, last << 16 | last);
	set64(c, REGISTER_ADMIN_COMMANDS, c->physical + AT_ADMIN_COMMANDS);
	set64(c, REGISTER_ADMIN_ENDS, c->physical + AT_ADMIN_ENDS);
	driver_write32(
		c->registers, REGISTER_CONFIGURATION, CONFIGURATION_SIZES | CONFIGURATION_ENABLE);
	return wait_ready(c, true);
}

/* --- commands to the controller -----------------------------------------------------------------
 */

/* One at a time. */
static status_t command(struct nvme_controller *c, const struct nvme_command *what)
{
	uint64_t deadline = time_now() + COMMAND_NS;
	struct nvme_end end;

	queue_begin(&c->admin, what);
	queue_kick(&c->admin);
	while (!queue_end(&c->admin, &end)) {
		/* One that does not stop to interrupt ends each wait. */
		if (driver_wait(c->nth, deadline) != OK || time_now() >= deadline)
			return ERR_IO;
	}
	return nvme_status(end.status);
}

static status_t identify(struct nvme_controller *c, uint32_t what, uint32_t namespace)
{
	return command(c, &(struct nvme_command){
				  .opcode = ADMIN_IDENTIFY,
				  .namespace = namespace,
				  .data = {c->physical + AT_SCRATCH},
				  .words = {what},
			  });
}

/* One of each is all that is asked for. */
static status_t make_queues(struct nvme_controller *c)
{
	uint32_t sizes = (c->queue.size - 1) << 16 | 1;
	status_t status = command(c, &(struct nvme_command){
					     .opcode = ADMIN_SET_FEATURES,
					     .words = {FEATURE_QUEUES},
				     });

	if (status == OK)
		status =
			command(c, &(struct nvme_command){
					   .opcode = ADMIN_CREATE_ENDS,
					   .data = {c->physical + AT_ENDS},
					   .words = {sizes, QUEUE_INTERRUPTS | QUEUE_IS_CONTIGUOUS},
				   });
	if (status == OK)
		status = command(c, &(struct nvme_command){
					    .opcode = ADMIN_CREATE_COMMANDS,
					    .data = {c->physical + AT_COMMANDS},
					    .words = {sizes, 1u << 16 | QUEUE_IS_CONTIGUOUS},
				    });
	return status;
}

static volatile uint32_t *bell(const struct nvme_controller *c, uint32_t index)
{
	uint32_t stride = 4u << (capabilities(c) >> 32 & 0xf);

	return (volatile uint32_t *)(c->registers + REGISTER_BELLS + index * stride);
}

/* --- what it has --------------------------------------------------------------------------------
 */

static status_t learn_controller(struct nvme_controller *c)
{
	const uint8_t *answer = c->memory + AT_SCRATCH;
	status_t status = identify(c, IDENTIFY_CONTROLLER, 0);
	uint8_t pages_bits;

	if (status != OK)
		return status;
	pages_bits = answer[CONTROLLER_TRANSFER];
	c->transfer_most = TRANSFER_MOST;
	if (pages_bits != 0 && pages_bits < 6)
		c->transfer_most = PAGE << pages_bits;
	c->can_discard = (answer[CONTROLLER_COMMANDS] & COMMANDS_DISCARD) != 0;
	c->has_cache = (answer[CONTROLLER_CACHE] & 1) != 0;
	return OK;
}

/* Formats with metadata among the data cannot be used, nor sectors above 4 KiB. */
static status_t learn_namespace(struct nvme_controller *c, struct nvme_namespace *n, uint32_t id)
{
	const uint8_t *answer = c->memory + AT_SCRATCH;
	status_t status = identify(c, IDENTIFY_NAMESPACE, id);
	uint32_t format;

	if (status != OK)
		return status;
	memcpy(&format, answer + NAMESPACE_FORMATS + (answer[NAMESPACE_FORMAT] & 0xfu) * 4, 4);
	memcpy(&n->sectors, answer + NAMESPACE_SIZE, 8);
	n->sector_bits = format >> 16 & 0xff;
	n->is_read_only = (answer[NAMESPACE_ATTRIBUTES] & 1) != 0;
	if (n->sector_bits < 9 || n->sector_bits > 12 || (format & 0xffff) != 0 ||
		n->sectors > UINT64_MAX >> 12)
		return ERR_NOT_SUPPORTED;
	n->id = id;
	return OK;
}

/* The list of the active ones, in rising order. */
static status_t learn_namespaces(struct nvme_controller *c)
{
	uint32_t ids[NAMESPACES];
	status_t status = identify(c, IDENTIFY_LIST, 0);

	memcpy(ids, c->memory + AT_SCRATCH, sizeof(ids));
	for (unsigned i = 0; status == OK && i < NAMESPACES && ids[i] != 0; i++) {
		status_t one = learn_namespace(c, &c->namespaces[i], ids[i]);

		if (one == ERR_IO)
			status = one;
	}
	return status;
}

/* --- start --------------------------------------------------------------------------------------
 */

static uint32_t smaller(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

static status_t map_registers(struct nvme_controller *c)
{
	size_t size;
	uint64_t bells_end;
	status_t status = driver_window(c->nth, 0, &c->registers, &size);

	if (status != OK)
		return status;
	if (size < PAGE)
		return ERR_NOT_SUPPORTED;
	bells_end = REGISTER_BELLS + 4 * (UINT64_C(4) << (capabilities(c) >> 32 & 0xf));
	/* Pages of 4 KiB, and the commands of disks. */
	return bells_end <= size && (capabilities(c) >> 48 & 0xf) == 0 &&
			       (capabilities(c) >> 37 & 1) != 0
		       ? OK
		       : ERR_NOT_SUPPORTED;
}

static void open_queues(struct nvme_controller *c)
{
	uint32_t size = smaller((capabilities(c) & 0xffff) + 1, QUEUE_COMMANDS);

	queue_open(&c->admin, c->memory + AT_ADMIN_COMMANDS, c->memory + AT_ADMIN_ENDS,
		ADMIN_COMMANDS);
	queue_open(&c->queue, c->memory + AT_COMMANDS, c->memory + AT_ENDS, size);
	c->admin.tail_bell = bell(c, 0);
	c->admin.head_bell = bell(c, 1);
	c->queue.tail_bell = bell(c, 2);
	c->queue.head_bell = bell(c, 3);
}

status_t controller_open(struct nvme_controller *c, unsigned nth)
{
	status_t status;

	c->nth = nth;
	status = map_registers(c);
	if (status == OK)
		status = disable(c);
	if (status == OK)
		status = driver_memory(nth, &c->memory, &c->physical);
	if (status == OK)
		status = driver_enable(nth);
	if (status != OK)
		return status;
	open_queues(c);
	status = enable(c);
	if (status == OK)
		status = learn_controller(c);
	if (status == OK)
		status = make_queues(c);
	return status == OK ? learn_namespaces(c) : status;
}

void controller_close(struct nvme_controller *c)
{
	if (c->registers != nullptr && disable(c) == ERR_IO)
		debug_print("nvme: controller %u does not stop\n", c->nth);
	memset(c, 0, sizeof(*c));
}
