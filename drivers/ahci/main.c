// SPDX-License-Identifier: MIT OR Apache-2.0
/* The driver of SATA disks (Serial ATA AHCI 1.3.1): all of them in one process. */
#include "port.h"

#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/print.h>

#define CONTROLLERS 2u /* a disk's number is below 64 */
#define RESET_NS    1000000000u
#define IDLE_NS     2000000000u
#define PAUSE_NS    1000000u
#define WINDOW      5u
#define PORT_BYTES  0x80u

/* Registers (3.1). */
enum { HOST_CONTROL = 0x04, HOST_INTERRUPTS = 0x08, HOST_PORTS = 0x0c, HOST_FIRST_PORT = 0x100 };
#define CONTROL_RESET      1u
#define CONTROL_INTERRUPTS 2u
#define CONTROL_AHCI       (1u << 31)

struct controller {
	volatile uint8_t *registers;
	uint32_t ports; /* with disks */
};

/* What is under way in a place of a port. */
struct work {
	uint32_t token;
	bool flush_follows; /* a write that lasts, for a disk that cannot do it at once */
};

static struct controller controllers[CONTROLLERS];
static struct ahci_port ports[CONTROLLERS * PORTS]; /* by the number of the disk */
static struct work work[CONTROLLERS * PORTS][COMMANDS];

/* --- requests -----------------------------------------------------------------------------------
 */

static uint8_t command_of(const struct ahci_port *p, const struct block_request *r)
{
	if (r->operation == BLOCK_OPERATION_READ)
		return ATA_READ;
	return r->lasting && p->disk.can_force ? ATA_WRITE_FORCED : ATA_WRITE;
}

static void begin_transfer(struct ahci_port *p, uint32_t slot, const struct block_request *r)
{
	struct ata_request request = {
		.command = command_of(p, r),
		.is_write = r->operation == BLOCK_OPERATION_WRITE,
		.sector = r->offset / p->disk.sector,
		.sectors = r->size / p->disk.sector,
		.part_count = r->part_count,
	};

	memcpy(request.parts, r->parts, sizeof(request.parts));
	port_begin(p, slot, &request);
}

static void begin(struct ahci_port *p, uint32_t slot, const struct block_request *r)
{
	if (r->operation == BLOCK_OPERATION_FLUSH)
		port_begin(p, slot, &(struct ata_request){.command = ATA_FLUSH});
	else if (r->operation == BLOCK_OPERATION_DISCARD)
		port_begin_discard(p, slot, r->offset / p->disk.sector, r->size / p->disk.sector);
	else
		begin_transfer(p, slot, r);
}

static status_t check(const struct ahci_port *p, const struct block_request *r)
{
	if (!p->is_open)
		return ERR_IO;
	if (r->operation == BLOCK_OPERATION_DISCARD && !p->disk.can_discard)
		return ERR_NOT_SUPPORTED;
	return (r->offset | r->size) % p->disk.sector == 0 ? OK : ERR_ALIGNMENT;
}

static bool begin_request(const struct block_request *r)
{
	struct ahci_port *p = &ports[r->disk];
	bool is_write = r->operation == BLOCK_OPERATION_WRITE;
	bool is_nothing = r->operation == BLOCK_OPERATION_FLUSH && !p->disk.has_cache;
	status_t status = check(p, r);
	uint32_t slot = port_free(p);

	if (status != OK || is_nothing) {
		block_done(r->token, status);
		return true;
	}
	if (slot == COMMANDS)
		return false;
	work[r->disk][slot] = (struct work){
		.token = r->token,
		.flush_follows = is_write && r->lasting && p->disk.has_cache && !p->disk.can_force,
	};
	begin(p, slot, r);
	return true;
}

static void end(struct ahci_port *p, uint32_t slot, status_t status)
{
	struct work *w = &work[p - ports][slot];

	if (status == OK && w->flush_follows) {
		w->flush_follows = false;
		port_begin(p, slot, &(struct ata_request){.command = ATA_FLUSH});
	} else {
		block_done(w->token, status);
	}
}

static void take_ends(uint32_t disk)
{
	struct ahci_port *p = &ports[disk];
	bool is_failed;
	uint32_t ended = port_ends(p, &is_failed);

	for (uint32_t slot = 0; slot < COMMANDS; slot++) {
		if ((ended >> slot & 1) != 0)
			end(p, slot, is_failed ? ERR_IO : OK);
	}
}

static void take_all_ends(unsigned nth)
{
	const struct controller *c = &controllers[nth];
	uint32_t interrupts;

	if (nth >= CONTROLLERS || c->registers == nullptr)
		return;
	interrupts = driver_read32(c->registers, HOST_INTERRUPTS);
	for (uint32_t i = 0; i < PORTS; i++) {
		if ((c->ports >> i & 1) != 0 && ports[nth * PORTS + i].is_open)
			take_ends(nth * PORTS + i);
	}
	if (interrupts != 0) /* behind the ports': they would set it again */
		driver_write32(c->registers, HOST_INTERRUPTS, interrupts);
}

static void kick_all(void)
{
	for (uint32_t i = 0; i < CONTROLLERS * PORTS; i++) {
		if (ports[i].is_open)
			port_kick(&ports[i]);
	}
}

/* --- start --------------------------------------------------------------------------------------
 */

static status_t identify(uint32_t disk)
{
	struct ahci_port *p = &ports[disk];
	status_t status;

	work[disk][0] = (struct work){.token = BLOCK_TOKEN_OWN};
	port_begin(p, 0,
		&(struct ata_request){
			.command = ATA_IDENTIFY,
			.part_count = 1,
			.parts = {{p->physical + AT_SCRATCH, 512}},
		});
	status = block_wait_own(disk / PORTS);
	return status == OK ? ata_disk_read(p->memory + AT_SCRATCH, &p->disk) : status;
}

static void add_disk(uint32_t number)
{
	struct ahci_port *p = &ports[number];
	struct block_disk disk = {
		.number = number,
		.nth = number / PORTS,
		.size = p->disk.sectors * p->disk.sector,
		.sector = p->disk.sector,
		.scratch = p->memory + AT_SCRATCH,
		.scratch_physical = p->physical + AT_SCRATCH,
	};

	block_name_next(disk.name, "sd");
	block_add_disk(&disk);
}

/* Ports without disks, and what is none, are passed over. */
static void open_port(uint32_t number)
{
	struct ahci_port *p = &ports[number];
	status_t status = port_start(p);

	p->is_open = status == OK;
	if (status == OK)
		status = identify(number);
	if (status == OK) {
		add_disk(number);
		return;
	}
	p->is_open = false;
	if (status != ERR_NOT_SUPPORTED)
		debug_print(
			"ahci: the disk at port %u cannot be used: %ld\n", number % PORTS, status);
}

/* 10.4.3. */
static status_t reset(const struct controller *c)
{
	uint64_t deadline = time_now() + RESET_NS;

	driver_write32(c->registers, HOST_CONTROL, CONTROL_AHCI | CONTROL_RESET);
	while ((driver_read32(c->registers, HOST_CONTROL) & CONTROL_RESET) != 0) {
		if (time_now() > deadline)
			return ERR_IO;
		driver_pause(PAUSE_NS);
	}
	driver_write32(c->registers, HOST_CONTROL, CONTROL_AHCI);
	return OK;
}

/* Whatever the firmware, or the instance before, had under way. */
static status_t stop_ports(const struct controller *c)
{
	uint64_t idle_until = time_now() + IDLE_NS;
	status_t status = OK;

	for (uint32_t i = 0; status == OK && i < PORTS; i++) {
		if ((c->ports >> i & 1) != 0)
			status = port_stop(
				c->registers + HOST_FIRST_PORT + i * PORT_BYTES, idle_until);
	}
	return status;
}

/* The memory is there before the device may reach memory. */
static status_t prepare_ports(unsigned nth)
{
	struct controller *c = &controllers[nth];
	status_t status = OK;

	for (uint32_t i = 0; status == OK && i < PORTS; i++) {
		struct ahci_port *p = &ports[nth * PORTS + i];

		if ((c->ports >> i & 1) == 0)
			continue;
		p->registers = c->registers + HOST_FIRST_PORT + i * PORT_BYTES;
		if (port_has_disk(p->registers))
			status = driver_memory((uint64_t)nth * PORTS + i, &p->memory, &p->physical);
		else
			c->ports &= ~(1u << i);
	}
	return status;
}

/* The ports that there are and whose registers are in the window. */
static status_t map_registers(unsigned nth)
{
	struct controller *c = &controllers[nth];
	size_t size;
	status_t status = driver_window(nth, WINDOW, &c->registers, &size);
	size_t most;

	if (status != OK || size < HOST_FIRST_PORT)
		return status != OK ? status : ERR_NOT_SUPPORTED;
	driver_write32(c->registers, HOST_CONTROL, CONTROL_AHCI);
	most = (size - HOST_FIRST_PORT) / PORT_BYTES;
	c->ports = driver_read32(c->registers, HOST_PORTS);
	if (most < PORTS)
		c->ports &= (1u << most) - 1;
	return OK;
}

static status_t open_controller(unsigned nth)
{
	struct controller *c = &controllers[nth];
	status_t status = nth < CONTROLLERS ? map_registers(nth) : ERR_TOO_MANY;

	if (status == OK && stop_ports(c) != OK)
		status = reset(c);
	if (status == OK)
		status = prepare_ports(nth);
	if (status == OK)
		status = driver_enable(nth);
	if (status != OK)
		return status;
	driver_write32(c->registers, HOST_INTERRUPTS, UINT32_MAX);
	driver_write32(c->registers, HOST_CONTROL, CONTROL_AHCI | CONTROL_INTERRUPTS);
	for (uint32_t i = 0; i < PORTS; i++) {
		if ((c->ports >> i & 1) != 0)
			open_port(nth * PORTS + i);
	}
	return OK;
}

/* However far it was opened. */
static void close_controller(unsigned nth)
{
	struct controller *c;

	if (nth >= CONTROLLERS)
		return;
	c = &controllers[nth];
	if (c->registers != nullptr &&
		driver_read32(c->registers, HOST_PORTS) != DRIVER_NO_DEVICE &&
		stop_ports(c) != OK && reset(c) != OK)
		debug_print("ahci: controller %u does not stop\n", nth);
	memset(c, 0, sizeof(*c));
	memset(&ports[nth * PORTS], 0, PORTS * sizeof(ports[0]));
	memset(&work[nth * PORTS], 0, PORTS * sizeof(work[0]));
}

void program_main(const void *argument)
{
	block_run(argument, &(struct block_driver){
				    .name = "ahci",
				    .open = open_controller,
				    .close = close_controller,
				    .begin = begin_request,
				    .take_ends = take_all_ends,
				    .kick = kick_all,
				    .waits_for_ever = true,
			    });
}
