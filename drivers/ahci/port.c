// SPDX-License-Identifier: MIT OR Apache-2.0
/* See port.h. */
#include "port.h"

#include <craton/driver.h>
#include <craton/service.h>

#define STOP_NS  1000000000u /* twice what 10.1.2 and 10.3.2 allow */
#define READY_NS 10000000000u
#define ERROR_NS 50000000u /* with a command that has failed others end no more, or soon */
#define LINK_NS  50000000u
#define PAUSE_NS 1000000u

/* Registers (3.3). */
enum {
	PORT_LIST = 0x00,
	PORT_RECEIVED = 0x08,
	PORT_INTERRUPTS = 0x10,
	PORT_INTERRUPTS_ON = 0x14,
	PORT_COMMAND = 0x18,
	PORT_TASK = 0x20,
	PORT_SIGNATURE = 0x24,
	PORT_LINK = 0x28,
	PORT_LINK_CONTROL = 0x2c,
	PORT_LINK_ERRORS = 0x30,
	PORT_ISSUED = 0x38,
};
enum {
	COMMAND_START = 1 << 0,
	COMMAND_SPIN_UP = 1 << 1,
	COMMAND_POWER = 1 << 2,
	COMMAND_RECEIVE = 1 << 4,
	COMMAND_IS_RECEIVING = 1 << 14,
	COMMAND_IS_RUNNING = 1 << 15,
};
enum { TASK_BUSY = 0x80, TASK_REQUEST = 0x08 };
#define LINK_IS_EMPTY    0u
#define LINK_IS_UP       3u
#define LINK_RESET       1u
#define SIGNATURE_DISK   0x101u
#define INTERRUPT_ERRORS 0x78400000u /* of the task file, the memory, the interface; the link */
#define INTERRUPTS       (INTERRUPT_ERRORS | 0x2fu)

static uint32_t get(const struct ahci_port *p, uint32_t at)
{
	return driver_read32(p->registers, at);
}

static void set(const struct ahci_port *p, uint32_t at, uint32_t value)
{
	driver_write32(p->registers, at, value);
}

static status_t wait_clear(
	const volatile uint8_t *registers, uint32_t at, uint32_t bits, uint64_t most)
{
	uint64_t deadline = time_now() + most;

	while ((driver_read32(registers, at) & bits) != 0) {
		if (time_now() > deadline)
			return ERR_IO;
		driver_pause(PAUSE_NS);
	}
	return OK;
}

static bool is_link_up(const volatile uint8_t *registers)
{
	return (driver_read32(registers, PORT_LINK) & 0xf) == LINK_IS_UP;
}

static bool wait_link(const volatile uint8_t *registers)
{
	uint64_t deadline = time_now() + LINK_NS;

	while (!is_link_up(registers)) {
		if (time_now() > deadline)
			return false;
		driver_pause(PAUSE_NS);
	}
	return true;
}

/* The firmware, or the machine itself, has begun to look for disks; only what begins now takes time
 * (10.1.1). */
bool port_has_disk(volatile uint8_t *registers)
{
	uint32_t command = driver_read32(registers, PORT_COMMAND);
	bool is_awake = (command & COMMAND_SPIN_UP) != 0;

	driver_write32(registers, PORT_COMMAND, command | COMMAND_POWER | COMMAND_SPIN_UP);
	if (is_awake && (driver_read32(registers, PORT_LINK) & 0xf) == LINK_IS_EMPTY)
		return false;
	return wait_link(registers);
}

/* What a disk is at ends, if it does: some controllers do not like to be stopped in the middle. */
static void wait_idle(const volatile uint8_t *registers, uint64_t until)
{
	uint64_t now = time_now();

	(void)!wait_clear(registers, PORT_ISSUED, UINT32_MAX, until > now ? until - now : 0);
}

status_t port_stop(volatile uint8_t *registers, uint64_t idle_until)
{
	uint32_t command = driver_read32(registers, PORT_COMMAND);
	status_t status;

	if ((command & COMMAND_START) != 0)
		wait_idle(registers, idle_until);
	driver_write32(registers, PORT_COMMAND, command & ~(uint32_t)COMMAND_START);
	status = wait_clear(registers, PORT_COMMAND, COMMAND_IS_RUNNING, STOP_NS);
	command = driver_read32(registers, PORT_COMMAND);
	driver_write32(registers, PORT_COMMAND, command & ~(uint32_t)COMMAND_RECEIVE);
	return status == OK ? wait_clear(registers, PORT_COMMAND, COMMAND_IS_RECEIVING, STOP_NS)
			    : status;
}

static void set_command(const struct ahci_port *p, uint32_t bits)
{
	set(p, PORT_COMMAND, get(p, PORT_COMMAND) | bits);
}

/* For a disk that does not get ready (10.4.2). */
static status_t reset_link(const struct ahci_port *p)
{
	set(p, PORT_LINK_CONTROL, LINK_RESET);
	driver_pause(PAUSE_NS);
	set(p, PORT_LINK_CONTROL, 0);
	if (!wait_link(p->registers))
		return ERR_IO;
	set(p, PORT_LINK_ERRORS, UINT32_MAX);
	return wait_clear(p->registers, PORT_TASK, TASK_BUSY | TASK_REQUEST, READY_NS);
}

status_t port_start(struct ahci_port *p)
{
	status_t status;

	set(p, PORT_LIST, (uint32_t)(p->physical + AT_LIST));
	set(p, PORT_LIST + 4, (uint32_t)(p->physical >> 32));
	set(p, PORT_RECEIVED, (uint32_t)(p->physical + AT_RECEIVED));
	set(p, PORT_RECEIVED + 4, (uint32_t)(p->physical >> 32));
	set(p, PORT_LINK_ERRORS, UINT32_MAX);
	set(p, PORT_INTERRUPTS, UINT32_MAX);
	set_command(p, COMMAND_RECEIVE);
	status = is_link_up(p->registers)
			 ? wait_clear(p->registers, PORT_TASK, TASK_BUSY | TASK_REQUEST, READY_NS)
			 : ERR_IO;
	if (status != OK)
		status = reset_link(p);
	if (status == OK && get(p, PORT_SIGNATURE) != SIGNATURE_DISK)
		status = ERR_NOT_SUPPORTED;
	if (status != OK)
		return status;
	set(p, PORT_INTERRUPTS_ON, INTERRUPTS);
	set_command(p, COMMAND_START);
	return OK;
}

void port_begin(struct ahci_port *p, uint32_t slot, const struct ata_request *request)
{
	command_lay(p->memory, p->physical, slot, request);
	p->ready |= 1u << slot;
}

void port_begin_discard(struct ahci_port *p, uint32_t slot, uint64_t sector, uint32_t sectors)
{
	command_lay_discard(p->memory, p->physical, slot, sector, sectors);
	p->ready |= 1u << slot;
}

uint32_t port_free(const struct ahci_port *p)
{
	uint32_t used = p->given | p->ready | p->alone;

	return used == UINT32_MAX ? COMMANDS : (uint32_t)__builtin_ctz(~used);
}

static void give(struct ahci_port *p, uint32_t slots)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	set(p, PORT_ISSUED, slots);
	p->given |= slots;
}

void port_kick(struct ahci_port *p)
{
	if (p->alone != 0) {
		uint32_t first = p->alone & -p->alone;

		if (p->given != 0)
			return;
		p->alone &= ~first;
		give(p, first);
	} else if (p->ready != 0) {
		give(p, p->ready);
		p->ready = 0;
	}
}

/* 6.2.2.1. */
static uint32_t recover(struct ahci_port *p, bool *is_failed)
{
	uint32_t given = p->given;

	p->given = 0;
	if (port_stop(p->registers, time_now() + ERROR_NS) != OK || port_start(p) != OK) {
		p->is_open = false;
		*is_failed = true;
		given |= p->ready | p->alone;
		p->ready = 0;
		p->alone = 0;
		return given;
	}
	*is_failed = (given & (given - 1)) == 0;
	if (*is_failed)
		return given;
	p->alone |= given;
	return 0;
}

uint32_t port_ends(struct ahci_port *p, bool *is_failed)
{
	uint32_t interrupts = get(p, PORT_INTERRUPTS);
	uint32_t ended;

	*is_failed = false;
	set(p, PORT_INTERRUPTS, interrupts);
	if ((interrupts & INTERRUPT_ERRORS) != 0)
		return recover(p, is_failed);
	ended = p->given & ~get(p, PORT_ISSUED);
	if ((get(p, PORT_INTERRUPTS) & INTERRUPT_ERRORS) != 0)
		return 0; /* one of these has failed just now: the next look finds it */
	p->given &= ~ended;
	return ended;
}
