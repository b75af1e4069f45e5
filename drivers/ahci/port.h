// SPDX-License-Identifier: MIT OR Apache-2.0
/* A port of a SATA controller and the disk behind it (Serial ATA AHCI 1.3.1). Commands wait in 32
 * places and are done one after the other. After an error all that was under way is given again,
 * one at a time: then it is known which one it was. */
#pragma once

#include "command.h"

#define PORTS 32u

struct ahci_port {
	volatile uint8_t *registers;
	uint8_t *memory;
	uint64_t physical;
	uint32_t given; /* bit per place: the port has it */
	uint32_t ready; /* bit per place: to be given at the next kick */
	uint32_t alone; /* the same, one at a time and before the others */
	bool is_open;
	struct ata_disk disk;
};

/* A disk is behind the port with these registers: the link is there and is not another kind's. */
bool port_has_disk(volatile uint8_t *registers);

/* Ends what the port does; what is under way may end by itself until `idle_until` (time_now).
 * ERR_IO: it does not. */
[[nodiscard]] status_t port_stop(volatile uint8_t *registers, uint64_t idle_until);

/* Starts a stopped port with its memory. */
[[nodiscard]] status_t port_start(struct ahci_port *p);

/* A place for a command; COMMANDS: there is none. */
uint32_t port_free(const struct ahci_port *p);

/* Puts a command into a place, which is free. */
void port_begin(struct ahci_port *p, uint32_t slot, const struct ata_request *request);
void port_begin_discard(struct ahci_port *p, uint32_t slot, uint64_t sector, uint32_t sectors);
void port_kick(struct ahci_port *p);

/* What has ended since, as bits of places; `is_failed`: with an error, all of them. */
uint32_t port_ends(struct ahci_port *p, bool *is_failed);
