// SPDX-License-Identifier: MIT OR Apache-2.0
/* See slot.h. */
#include "slot.h"

#define MS 1000000u

#define LINK_NS      (1000u * MS) /* for the link to come up */
#define READY_NS     (100u * MS)  /* behind that (6.6.1); and between looks */
#define LOOKS        10u
#define PATIENCE_NS  (10000u * (uint64_t)MS) /* with drivers */
#define ENDING_NS    (1000u * MS)            /* 6.7.1.8: after the power was turned off */
#define COMMAND_NS   (1000u * MS)            /* 6.7.3.2 */
#define POLL_NS      (10u * MS)
#define LOOK_NS      (1000u * MS) /* at a port without interrupt, or that is not heard */
#define EVENTS_MOST  32u          /* in that time */
#define RETURNS_MOST 5u /* of a device that is there all the time, but is changed or not linked */
#define LASTING_NS   (60000u * (uint64_t)MS) /* there for so long: earlier returns are forgotten */

/* Registers, from the capability on (7.8). */
enum { CAPABILITIES = 0x00, LINK_CAPABILITIES = 0x0c, LINK = 0x10, SLOT = 0x14, CONTROL = 0x18 };
#define STATUS          (CONTROL + 2) /* of a slot */
#define TYPE_ROOT       4u
#define TYPE_DOWNSTREAM 6u
#define HAS_SLOT        (1u << 24) /* of CAPABILITIES */
#define LINK_REPORTS    (1u << 20) /* of LINK_CAPABILITIES */
#define LINK_ACTIVE     (1u << 29) /* of LINK */

#define SLOT_BUTTON      (1u << 0)
#define SLOT_POWER       (1u << 1)
#define SLOT_ATTENTION   (1u << 3)
#define SLOT_LIGHT       (1u << 4)
#define SLOT_PLUGGABLE   (1u << 6)
#define SLOT_NO_COMMANDS (1u << 18) /* it is never busy */

#define CONTROL_BUTTON        (1u << 0)
#define CONTROL_FAULT         (1u << 1)
#define CONTROL_PRESENCE      (1u << 3)
#define CONTROL_INTERRUPT     (1u << 5)
#define CONTROL_LINK          (1u << 12)
#define CONTROL_ENABLES       0x103fu
#define CONTROL_ATTENTION_OFF (3u << 6)
#define CONTROL_LIGHT         (3u << 8)
#define CONTROL_LIGHT_ON      (1u << 8)
#define CONTROL_LIGHT_BLINKS  (2u << 8)
#define CONTROL_LIGHT_OFF     (3u << 8)
#define CONTROL_POWER_OFF     (1u << 10)

#define STATUS_BUTTON      (1u << 0)
#define STATUS_FAULT       (1u << 1)
#define STATUS_PRESENCE    (1u << 3)
#define STATUS_COMMAND     (1u << 4)
#define STATUS_IS_PRESENT  (1u << 6)
#define STATUS_LINK        (1u << 8)
#define STATUS_EVENTS      (STATUS_BUTTON | STATUS_FAULT | STATUS_PRESENCE | STATUS_LINK)
#define STATUS_IS_LINKED   (1u << 15) /* not the port's: it is reserved there */
#define STATUS_LINK_UNSEEN (1u << 14) /* the same: it cannot say */

static uint32_t get(const struct pci_bus *bus, const struct slot *s, uint32_t offset)
{
	return bus->read(bus->self, s->address, s->capability + offset);
}

static uint16_t read_control(const struct pci_bus *bus, const struct slot *s)
{
	return (uint16_t)get(bus, s, CONTROL);
}

/* With the state of the link. A port that has gone itself says all ones. */
static uint16_t read_status(const struct pci_bus *bus, const struct slot *s)
{
	uint32_t word = get(bus, s, CONTROL);
	uint16_t status = word >> 16 & 0x1ff;

	if (word == UINT32_MAX)
		return STATUS_LINK_UNSEEN;
	if ((get(bus, s, LINK_CAPABILITIES) & LINK_REPORTS) == 0)
		return status | STATUS_LINK_UNSEEN;
	return (get(bus, s, LINK) & LINK_ACTIVE) != 0 ? status | STATUS_IS_LINKED : status;
}

static void clear(const struct pci_bus *bus, const struct slot *s, uint16_t events)
{
	bus->write16(bus->self, s->address, s->capability + STATUS, events);
}

/* --- finding ------------------------------------------------------------------------------------
 */

bool slot_find(const struct pci_bus *bus, const struct pci_device *port, struct slot *slot)
{
	uint32_t type;

	if (port->header != PCI_HEADER_BRIDGE)
		return false;
	*slot = (struct slot){
		.address = port->address,
		.capability =
			(uint16_t)pci_find_capability(bus, port->address, PCI_CAPABILITY_EXPRESS),
	};
	if (slot->capability == 0 || slot->capability > 0x100 - CONTROL - 4)
		return false;
	type = get(bus, slot, CAPABILITIES) >> 20 & 0xf;
	return (type == TYPE_ROOT || type == TYPE_DOWNSTREAM) &&
	       (get(bus, slot, CAPABILITIES) & HAS_SLOT) != 0 &&
	       (get(bus, slot, SLOT) & SLOT_PLUGGABLE) != 0;
}

uint32_t slot_message(const struct pci_bus *bus, const struct slot *slot)
{
	return get(bus, slot, CAPABILITIES) >> 25 & 0x1f;
}

void slot_begin(const struct pci_bus *bus, struct slot *slot, bool has_device)
{
	slot->state = has_device ? SLOT_THERE : SLOT_EMPTY;
	clear(bus, slot, STATUS_EVENTS | STATUS_COMMAND);
}

/* --- deciding -----------------------------------------------------------------------------------
 */

static void go(struct slot *s, enum slot_state state, uint64_t deadline)
{
	s->state = state;
	s->deadline = deadline;
	s->tries = 0;
}

/* Nobody asked for that, and the power did not fail: what is there when the power is off is another
 * device, or the same one again, and is taken. */
static bool is_by_itself(uint16_t status)
{
	return (status & (STATUS_BUTTON | STATUS_FAULT)) == 0;
}

static enum slot_event leave(struct slot *s, uint64_t now, uint16_t status)
{
	if (now - s->there_since >= LASTING_NS)
		s->returns = 0;
	s->may_return = is_by_itself(status);
	go(s, SLOT_LEAVING, now + PATIENCE_NS);
	return SLOT_LEAVES;
}

static void end(struct slot *s, uint64_t now)
{
	go(s, SLOT_ENDING, now + ENDING_NS);
}

/* One that does not work is not tried again, one that was pulled meanwhile makes room. */
static void end_early(struct slot *s, uint64_t now, bool is_pulled)
{
	s->may_return = is_pulled;
	end(s, now);
}

static enum slot_event while_linking(struct slot *s, uint64_t now, uint16_t status)
{
	bool is_late = now >= s->deadline;

	if ((status & STATUS_IS_LINKED) != 0 || (is_late && (status & STATUS_LINK_UNSEEN) != 0))
		go(s, SLOT_SETTLING, now + READY_NS);
	else if (is_late || (status & STATUS_FAULT) != 0)
		end_early(s, now, false);
	return SLOT_NOTHING;
}

/* That it is there, but was changed or not linked in between, means that it is another one. */
static bool is_to_leave(uint16_t status)
{
	bool is_unlinked = (status & (STATUS_IS_LINKED | STATUS_LINK_UNSEEN)) == 0;

	return (status & STATUS_EVENTS) != 0 || (status & STATUS_IS_PRESENT) == 0 || is_unlinked;
}

static void make_empty(struct slot *s)
{
	s->returns = 0;
	go(s, SLOT_EMPTY, 0);
}

/* The button may have been pressed, or the device changed, while the power went. A device that
 * comes again and again is left alone in the end. */
static void after_ending(struct slot *s, uint16_t status)
{
	if ((status & STATUS_IS_PRESENT) == 0 || (status & STATUS_BUTTON) != 0)
		make_empty(s);
	else if (s->may_return != 0 && s->returns++ < RETURNS_MOST)
		go(s, SLOT_EMPTY, 0);
	else
		go(s, SLOT_PARKED, 0);
}

static enum slot_event decide(struct slot *s, uint64_t now, bool is_held, uint16_t status)
{
	bool is_present = (status & STATUS_IS_PRESENT) != 0;

	switch (s->state) {
	case SLOT_EMPTY:
		if (is_present)
			go(s, SLOT_LINKING, now + LINK_NS);
		return SLOT_NOTHING;
	case SLOT_LINKING:
		if (is_present)
			return while_linking(s, now, status);
		end_early(s, now, true);
		return SLOT_NOTHING;
	case SLOT_SETTLING:
		if (!is_present)
			end_early(s, now, true);
		return is_present && now >= s->deadline ? SLOT_LOOK : SLOT_NOTHING;
	case SLOT_THERE:
		return is_to_leave(status) ? leave(s, now, status) : SLOT_NOTHING;
	case SLOT_LEAVING:
		if (is_held && now < s->deadline)
			return SLOT_NOTHING;
		end(s, now);
		return SLOT_GONE;
	case SLOT_ENDING:
		if (now >= s->deadline)
			after_ending(s, status);
		return SLOT_NOTHING;
	case SLOT_PARKED:
		if (!is_present || (status & (STATUS_BUTTON | STATUS_PRESENCE)) != 0)
			make_empty(s);
		return SLOT_NOTHING;
	}
	return SLOT_NOTHING;
}

/* Too many in too short a time, and the port's interrupt is off for as long. */
static void count_event(struct slot *s, uint64_t now)
{
	if (now - s->counted_since >= LOOK_NS) {
		s->counted_since = now;
		s->counted = 0;
		s->is_quiet = 0;
	}
	s->counted++;
	if (s->counted > EVENTS_MOST)
		s->is_quiet = 1;
}

static bool is_heard(const struct slot *s, uint64_t now)
{
	return s->is_quiet == 0 || now - s->counted_since >= LOOK_NS;
}

enum slot_event slot_decide(
	const struct pci_bus *bus, struct slot *slot, uint64_t now, bool is_held, uint16_t *seen)
{
	uint16_t status = read_status(bus, slot);
	bool is_kept = slot->state == SLOT_ENDING && now < slot->deadline; /* for its end */

	if (!is_heard(slot, now))
		status &= (uint16_t)~STATUS_EVENTS;
	*seen = is_kept ? 0 : status & STATUS_EVENTS;
	if (*seen != 0 || slot->is_quiet != 0)
		count_event(slot, now);
	return decide(slot, now, is_held, status);
}

void slot_looked(struct slot *slot, uint64_t now, bool is_found)
{
	if (is_found) {
		slot->there_since = now;
		go(slot, SLOT_THERE, 0);
	} else if (++slot->tries < LOOKS) {
		slot->deadline = now + READY_NS;
	} else {
		end_early(slot, now, false);
	}
}

/* --- the port -----------------------------------------------------------------------------------
 */

static uint32_t light(enum slot_state state)
{
	if (state == SLOT_THERE)
		return CONTROL_LIGHT_ON;
	return state == SLOT_LINKING || state == SLOT_SETTLING || state == SLOT_LEAVING
		       ? CONTROL_LIGHT_BLINKS
		       : CONTROL_LIGHT_OFF;
}

static uint32_t power(enum slot_state state)
{
	return light(state) == CONTROL_LIGHT_OFF ? CONTROL_POWER_OFF : 0;
}

/* What the port does not have stays as it says. */
static uint16_t wanted_control(
	const struct pci_bus *bus, const struct slot *s, uint64_t now, uint32_t old)
{
	uint32_t has = get(bus, s, SLOT);
	uint32_t control = (old & ~CONTROL_ENABLES) | CONTROL_PRESENCE;

	if ((has & SLOT_BUTTON) != 0)
		control |= CONTROL_BUTTON;
	if ((has & SLOT_ATTENTION) != 0)
		control |= CONTROL_ATTENTION_OFF;
	if ((has & SLOT_LIGHT) != 0)
		control = (control & ~CONTROL_LIGHT) | light(s->state);
	if ((has & SLOT_POWER) != 0)
		control = (control & ~CONTROL_POWER_OFF) | CONTROL_FAULT | power(s->state);
	if ((get(bus, s, LINK_CAPABILITIES) & LINK_REPORTS) != 0)
		control |= CONTROL_LINK;
	if (s->has_interrupt != 0 && is_heard(s, now))
		control |= CONTROL_INTERRUPT;
	return (uint16_t)control;
}

/* True: the port takes another command. */
static bool is_ready(const struct pci_bus *bus, struct slot *s, uint64_t now)
{
	if (s->told_until == 0)
		return true;
	if ((read_status(bus, s) & STATUS_COMMAND) == 0 && now < s->told_until)
		return false;
	s->told_until = 0;
	return true;
}

static void tell(const struct pci_bus *bus, struct slot *s, uint64_t now)
{
	uint16_t control = wanted_control(bus, s, now, read_control(bus, s));

	if (s->is_told != 0 && s->told == control)
		return;
	clear(bus, s, STATUS_COMMAND);
	if ((get(bus, s, SLOT) & SLOT_NO_COMMANDS) == 0)
		s->told_until = now + COMMAND_NS;
	bus->write16(bus->self, s->address, s->capability + CONTROL, control);
	s->told = control;
	s->is_told = 1;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_step(
	const struct pci_bus *bus, const struct slot *s, uint64_t now, bool is_held)
{
	uint64_t next = s->deadline != 0 ? s->deadline : UINT64_MAX;

	if (s->state == SLOT_LEAVING && !is_held) /* nobody will say that he has given it up */
		return now;
	if (s->state == SLOT_EMPTY && (read_status(bus, s) & STATUS_IS_PRESENT) != 0)
		return now;
	if (s->told_until != 0)
		next = sooner(next, now + POLL_NS);
	if (!is_heard(s, now))
		return sooner(next, s->counted_since + LOOK_NS);
	if (s->has_interrupt == 0)
		next = sooner(next, now + LOOK_NS);
	/* What has come meanwhile makes no interrupt of its own. */
	if (s->state != SLOT_ENDING && (read_status(bus, s) & STATUS_EVENTS) != 0)
		next = now;
	return next;
}

uint64_t slot_act(
	const struct pci_bus *bus, struct slot *slot, uint64_t now, bool is_held, uint16_t seen)
{
	if (seen != 0)
		clear(bus, slot, seen);
	if (is_ready(bus, slot, now))
		tell(bus, slot, now);
	return next_step(bus, slot, now, is_held);
}
