// SPDX-License-Identifier: MIT OR Apache-2.0
/* See confine.h. What units are on is the kernel's to know; what is attached, too. */
#include "confine.h"

#include "config.h"
#include "dmar.h"
#include "drivers.h"
#include "table.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define UNITS       8u
#define TABLE_MOST  16384u
#define COPY_MOST   4096u
#define IRQ         832u /* slots of the CNode */
#define TABLES      840u
#define TABLES_MOST 16u

#define FAULT_READ   0x100u /* of a reason */
#define FAULTS_MOST  3u     /* of a device in a minute, then it is not used any more */
#define MINUTE_NS    60000000000u
#define LOOK_NS      1000000000u
#define RECORDS_MOST 64u /* that are looked at in that time */

struct unit {
	uint64_t registers;
	bool is_on;
};

static handle_t iommu; /* 0: the machine has none, or it is not wanted */
static struct dmar dmar;
static struct unit units[UNITS];
static uint32_t unit_count;
static uint64_t looked_since;
static uint32_t looked_at;
static uint64_t next_look = ABI_DEADLINE_NEVER;

static handle_t cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

/* The capability in a slot, if it is of this type; else 0. */
static handle_t capability_in(uint64_t slot, uint64_t wanted)
{
	uint64_t type, rights, badge, tag, detail;

	return cnode_inspect(cnode(), slot, &type, &rights, &badge, &tag, &detail) == OK &&
			       type == wanted
		       ? handle_of(slot, tag)
		       : 0;
}

/* --- start --------------------------------------------------------------------------------------
 */

static status_t read_table(void)
{
	static uint8_t copied[TABLE_MOST];
	uint64_t bytes = 1;
	status_t status = OK;

	dmar = (struct dmar){copied, 0};
	while (status == OK && bytes != 0) {
		if (dmar.size > TABLE_MOST - COPY_MOST)
			return ERR_TOO_LONG;
		status = iommu_table(iommu, (uint64_t)(uintptr_t)(copied + dmar.size), dmar.size,
			COPY_MOST, &bytes);
		dmar.size += status == OK ? bytes : 0;
	}
	return status == OK ? dmar_check(&dmar) : status;
}

/* Turns a unit on; false: there are no more. */
static bool open_unit(uint32_t number)
{
	struct unit *u = &units[number];
	status_t status = iommu_unit(iommu, number, &u->registers);

	if (status == ERR_NOT_FOUND)
		return false;
	do {
		if (status == OK)
			status = iommu_start(iommu, number);
	} while (status == ERR_AGAIN);
	u->is_on = status == OK;
	if (!u->is_on)
		debug_print(
			"devices: the IOMMU at %lx cannot be used: %ld\n", u->registers, status);
	return true;
}

static uint32_t count_on(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < unit_count; i++)
		count += units[i].is_on;
	return count;
}

/* One interrupt for all units; it is the instance's before, if there was one. */
static void listen(void)
{
	uint64_t tag, address, data;
	handle_t irq = capability_in(IRQ, OBJECT_IRQ);
	status_t status = OK;

	if (irq == 0) {
		status =
			irq_control_allocate_msi(service_start()->handles[PROCESS_SLOT_IRQ_CONTROL],
				0, cnode(), IRQ, &tag, &address, &data);
		irq = handle_of(IRQ, tag);
	}
	if (status == OK)
		status = irq_bind(
			irq, service_start()->handles[PROCESS_SLOT_NOTIFICATION], CONFINE_SIGNAL);
	for (uint32_t i = 0; status == OK && i < unit_count; i++) {
		if (units[i].is_on)
			status = iommu_bind(iommu, i, irq);
	}
	if (status != OK)
		debug_print("devices: nobody hears of what devices try: %ld\n", status);
	next_look = 1; /* long ago: at what the instance before did not see */
}

static void say_how_many(void)
{
	uint32_t count = count_on();

	if (count == 0)
		debug_print("devices: no IOMMU is used: devices reach all memory, so drivers are "
			    "trusted\n");
	else
		debug_print("devices: IOMMUs that confine devices: %u\n", count);
}

void confine_open(bool is_first)
{
	status_t status;

	iommu = capability_in(PROCESS_SLOT_FREE, OBJECT_IOMMU);
	if (service_has_option("iommu=off"))
		iommu = 0;
	status = iommu != 0 ? read_table() : OK;
	if (status != OK) {
		debug_print("devices: the table of IOMMUs cannot be used: %ld\n", status);
		iommu = 0;
	}
	while (iommu != 0 && unit_count < UNITS && open_unit(unit_count))
		unit_count++;
	if (is_first)
		say_how_many();
	if (count_on() != 0)
		listen();
}

/* --- devices ------------------------------------------------------------------------------------
 */

struct place {
	uint32_t bus, device, function;
};

static struct place place_of(uint16_t address)
{
	return (struct place){address >> 8, address >> 3 & 0x1f, address & 7};
}

static void tell(uint16_t address, const char *text)
{
	struct place p = place_of(address);

	debug_print("devices: %02x:%02x.%u %s\n", p.bus, p.device, p.function, text);
}

/* False: nothing confines the device. */
static bool find_unit(uint16_t address, uint32_t *number)
{
	uint64_t registers;

	if (count_on() == 0 || !dmar_find_unit(&dmar, &config_bus, address, &registers))
		return false;
	for (uint32_t i = 0; i < unit_count; i++) {
		*number = i;
		if (units[i].registers == registers)
			return units[i].is_on;
	}
	return false;
}

/* A table for a bus that had no device yet. One that an instance that was killed had made is not
 * known to be given. */
static status_t give_table(uint32_t unit)
{
	handle_t memory = service_start()->handles[PROCESS_SLOT_UNTYPED];
	status_t status = ERR_NO_MEMORY;
	uint64_t tag;

	for (uint64_t i = TABLES; status != OK && i < TABLES + TABLES_MOST; i++) {
		status = untyped_retype(memory, OBJECT_PAGE_TABLE, 0, 1, cnode(), i, &tag);
		if (status == OK || status == ERR_OCCUPIED)
			status = iommu_give_tables(iommu, unit, cnode(), i, 1);
	}
	return status;
}

/* Why it cannot be confined; nullptr: it can. */
static const char *reason_against(uint16_t address)
{
	if (dmar_is_reserved(&dmar, &config_bus, address))
		return "is not used: the firmware keeps memory for it (RMRR)";
	if (dmar_shares_number(&config_bus, table->devices, PCI_DEVICES_MOST, address))
		return "is not used: it lies behind a bridge to PCI, and shares its number";
	return nullptr;
}

static bool is_hopeless(const struct device_use *use)
{
	return use->faults > FAULTS_MOST;
}

status_t confine_attach(uint32_t index, handle_t space)
{
	uint16_t address = table->devices[index].address;
	const char *reason;
	uint32_t unit;
	status_t status;

	if (!find_unit(address, &unit))
		return OK;
	reason = reason_against(address);
	if (reason != nullptr) {
		tell(address, reason);
		return ERR_NOT_SUPPORTED;
	}
	if (is_hopeless(&table->uses[index]))
		return ERR_IO;
	if (space == 0)
		return ERR_ACCESS;
	status = iommu_attach(iommu, unit, address, space);
	if (status != ERR_NEED_TABLES)
		return status;
	status = give_table(unit);
	return status == OK ? iommu_attach(iommu, unit, address, space) : status;
}

void confine_detach(uint32_t index)
{
	uint16_t address = table->devices[index].address;
	uint32_t unit;

	if (find_unit(address, &unit) && iommu_detach(iommu, unit, address) != OK)
		tell(address, "cannot be detached");
}

/* --- faults -------------------------------------------------------------------------------------
 */

static bool is_there(uint32_t index)
{
	return table->uses[index].state == DEVICE_THERE ||
	       table->uses[index].state == DEVICE_LEAVING;
}

static uint32_t find_device(uint16_t address)
{
	uint32_t i = 0;

	while (i < PCI_DEVICES_MOST && (!is_there(i) || table->devices[i].address != address))
		i++;
	return i;
}

static void count_fault(struct device_use *use)
{
	if (time_now() - use->faults_since > MINUTE_NS) {
		use->faults_since = time_now();
		use->faults = 0;
	}
	use->faults++;
}

/* The supervisor knows a request that it has done by its number, also if it comes from the next
 * instance of this service. */
static status_t restart_driver(uint64_t number)
{
	struct client supervisor = client_of(SERVICE_NUMBER_SUPERVISOR);
	const char *name = table_driver_name(number);
	struct call call = {.words = {0, strlen(name)}, .in = name, .in_size = strlen(name)};

	if ((drivers_that_run() >> number & 1) == 0)
		return OK;
	supervisor.sequence = table->restarts;
	return client_call(&supervisor, SUPERVISOR_CONTROL, &call);
}

/* A driver whose device did what it was not to do begins anew, with a device that is reset. */
static void stop(uint32_t index)
{
	struct pci_device *d = &table->devices[index];
	struct device_use *use = &table->uses[index];
	struct place p = place_of(d->address);
	status_t status;

	pci_set_master(&config_bus, d->address, false);
	confine_detach(index);
	if (d->owner != 0) {
		status = restart_driver(d->owner);
		debug_print("devices: %02x:%02x.%u was stopped, and its driver %s started again: "
			    "%ld\n",
			p.bus, p.device, p.function, table_driver_name(d->owner), status);
	}
	ESTATE_SET(use->is_to_stop, 0);
	ESTATE_SET(table->restarts, table->restarts + 1);
	estate_commit();
}

static void take(uint64_t requester, uint64_t page, uint64_t reason)
{
	uint16_t address = (uint16_t)requester;
	struct place p = place_of(address);
	uint32_t index = find_device(address);
	struct device_use *use;

	debug_print("devices: %02x:%02x.%u tried to %s at %lx, which is not its memory (%lu)\n",
		p.bus, p.device, p.function, (reason & FAULT_READ) != 0 ? "read" : "write", page,
		reason & 0xff);
	if (index == PCI_DEVICES_MOST)
		return;
	use = &table->uses[index];
	estate_save(use, sizeof(*use));
	count_fault(use);
	use->is_to_stop = 1; /* also if this instance does not live to do it */
	estate_commit();
	if (is_hopeless(use))
		tell(address, "did so too often: it is not used any more");
	stop(index);
}

/* Several records about a device that is stopped are one. */
static void look_at(uint32_t unit, uint64_t *last)
{
	uint64_t requester, page, reason;

	while (looked_at < RECORDS_MOST &&
		iommu_fault(iommu, unit, &requester, &page, &reason) == OK) {
		looked_at++;
		if (requester == *last)
			continue;
		*last = requester;
		take(requester, page, reason);
	}
}

/* As long as records are left a unit does not interrupt: so devices that never stop are heard for a
 * part of the time only. */
void confine_look(void)
{
	uint64_t now = time_now();
	handle_t irq = capability_in(IRQ, OBJECT_IRQ);
	uint64_t last = UINT64_MAX;

	if (now - looked_since >= LOOK_NS) {
		looked_since = now;
		looked_at = 0;
	}
	next_look = ABI_DEADLINE_NEVER;
	(void)!irq_acknowledge(irq);
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (table->uses[i].is_to_stop != 0 && is_there(i))
			stop(i);
	}
	for (uint32_t i = 0; i < unit_count; i++) {
		if (units[i].is_on)
			look_at(i, &last);
	}
	if (looked_at == RECORDS_MOST)
		next_look = looked_since + LOOK_NS;
}

uint64_t confine_deadline(void)
{
	return next_look;
}
