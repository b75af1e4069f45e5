// SPDX-License-Identifier: MIT OR Apache-2.0
/* A slot of a PCI Express port in which a device comes and goes (PCI Express Base 3.0, 6.7). What
 * state it is in lies in the estate. A step reads what the port says, decides, and is committed
 * before the port is told: so an instance that is killed in between does the rest, and no event is
 * lost, as what the port says stays until it is cleared. Nothing waits here: whoever calls comes
 * again at the time that slot_act says. Tests: tests/host/services/slot_test.c */
#pragma once

#include "pci.h"

enum slot_state : uint8_t {
	SLOT_EMPTY,
	SLOT_LINKING,  /* the power is on; the link comes up */
	SLOT_SETTLING, /* the device gets ready */
	SLOT_THERE,
	SLOT_LEAVING, /* drivers give it up */
	SLOT_ENDING,  /* the power is off; what the port says may still be about that */
	SLOT_PARKED,  /* a device without power, until somebody pulls it or presses the button */
};

enum slot_event {
	SLOT_NOTHING,
	SLOT_LOOK,   /* for a device: slot_looked says whether there was one */
	SLOT_LEAVES, /* drivers are to give up what is in it */
	SLOT_GONE,   /* nothing in it can be reached any more */
};

struct slot {
	uint16_t address; /* of the port */
	uint16_t capability;
	enum slot_state state;
	uint8_t port; /* place in the list of devices */
	uint8_t tries;
	uint8_t has_interrupt;
	uint64_t deadline; /* of the state, if it has one */
	/* Of a device that leaves though it is there. */
	uint64_t there_since;
	uint32_t returns;
	uint32_t may_return;
	/* The last command to the port: what the registers read may be another thing. */
	uint64_t told_until; /* its end is awaited until then; 0: it has ended */
	uint16_t told;
	uint16_t is_told;
	/* A port that never stops to say something is not heard for a while. */
	uint64_t counted_since;
	uint32_t counted;
	uint32_t is_quiet;
};

/* Whether the port has a slot whose device can come and go; fills `*slot` if so. */
bool slot_find(const struct pci_bus *bus, const struct pci_device *port, struct slot *slot);

/* Which of the port's messages is about the slot. */
uint32_t slot_message(const struct pci_bus *bus, const struct slot *slot);

/* At the first start: a device that is in use is there; events of the past are nothing. */
void slot_begin(const struct pci_bus *bus, struct slot *slot, bool has_device);

/* Decides, and changes `*slot`. `is_held`: drivers have not given up all that is in it. `*seen`:
 * for slot_act. */
enum slot_event slot_decide(
	const struct pci_bus *bus, struct slot *slot, uint64_t now, bool is_held, uint16_t *seen);

/* The answer to SLOT_LOOK, in the same transaction. */
void slot_looked(struct slot *slot, uint64_t now, bool is_found);

/* When that is committed: tells the port. `is_held`: as it is now. Returns the time of the next
 * step; a step also follows each interrupt, and when drivers have given something up. */
uint64_t slot_act(
	const struct pci_bus *bus, struct slot *slot, uint64_t now, bool is_held, uint16_t seen);
