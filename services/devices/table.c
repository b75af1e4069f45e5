// SPDX-License-Identifier: MIT OR Apache-2.0
/* See table.h. */
#include "table.h"

#include "config.h"

#include <abi/protocol/supervisor.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/service.h>

#define MATCHES      4u
#define OPTION_BYTES 32u
#define DEVICES_EACH 8u /* that a driver can have: DRIVER_DEVICES of craton/driver.h */

struct table *table;

/* --- the list -----------------------------------------------------------------------------------
 */

void table_scan(void)
{
	uint32_t count;

	estate_save(table, sizeof(*table));
	count = pci_scan(&config_bus, table->devices);
	for (uint32_t i = 0; i < count; i++)
		table->uses[i].state = DEVICE_THERE;
	table->is_scanned = 1;
}

uint32_t table_add(const struct pci_device *device)
{
	uint32_t index = 0;

	while (index < PCI_DEVICES_MOST && table->uses[index].state != DEVICE_FREE)
		index++;
	if (index == PCI_DEVICES_MOST)
		return index;
	ESTATE_SET(table->devices[index], *device);
	ESTATE_SET(table->uses[index], (struct device_use){.state = DEVICE_THERE});
	return index;
}

void table_remove(uint32_t index)
{
	ESTATE_SET(table->devices[index], (struct pci_device){0});
	ESTATE_SET(table->uses[index], (struct device_use){.state = DEVICE_FREE});
}

/* --- matching -----------------------------------------------------------------------------------
 */

/* What the manifest of a driver says, by the number of its service; it stays the same. */
static status_t manifest_of(uint64_t number, const struct service_manifest **manifest)
{
	static struct service_manifest known[PROCESS_SERVICES];
	static bool is_known[PROCESS_SERVICES];
	struct client supervisor = client_of(SERVICE_NUMBER_SUPERVISOR);
	struct call call = {.words = {number}};
	status_t status = OK;

	if (number >= PROCESS_SERVICES)
		return ERR_ACCESS;
	*manifest = &known[number];
	if (is_known[number])
		return OK;
	call.out = &known[number];
	call.out_size = sizeof(known[number]);
	status = client_call(&supervisor, SUPERVISOR_MANIFEST, &call);
	if (status == OK && call.out_used < sizeof(known[number]))
		status = ERR_PROTOCOL;
	is_known[number] = status == OK;
	return status;
}

static bool is_match(const struct pci_device *d, const struct service_manifest *manifest)
{
	uint32_t id = (uint32_t)d->device << 16 | d->vendor;

	if (manifest->match_class != 0 && manifest->match_class == d->class)
		return true;
	for (unsigned i = 0; i < MATCHES; i++) {
		if (manifest->matches[i] != 0 && manifest->matches[i] == id)
			return true;
	}
	return false;
}

static uint32_t find_nth(uint64_t driver, uint64_t nth)
{
	uint32_t i = 0;

	while (i < PCI_DEVICES_MOST &&
		(table->uses[i].state == DEVICE_FREE || table->uses[i].driver != driver ||
			table->uses[i].nth != nth))
		i++;
	return i;
}

/* Devices without a number that this driver could have get those that are free. */
static void number_devices(uint64_t driver, const struct service_manifest *manifest)
{
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		struct device_use *use = &table->uses[i];
		uint8_t nth = 0;

		if (use->state != DEVICE_THERE || use->driver != 0 ||
			!is_match(&table->devices[i], manifest))
			continue;
		while (nth < DEVICES_EACH && find_nth(driver, nth) < PCI_DEVICES_MOST)
			nth++;
		if (nth == DEVICES_EACH)
			return;
		estate_save(use, sizeof(*use));
		use->driver = (uint8_t)driver;
		use->nth = nth;
	}
}

const char *table_driver_name(uint64_t driver)
{
	const struct service_manifest *manifest;

	return manifest_of(driver, &manifest) == OK ? (const char *)manifest->name : "";
}

static bool matches_nothing(const struct service_manifest *manifest)
{
	bool is_empty = manifest->match_class == 0;

	for (unsigned i = 0; i < MATCHES; i++)
		is_empty = is_empty && manifest->matches[i] == 0;
	return is_empty;
}

bool table_is_asked_for(uint64_t driver)
{
	const struct service_manifest *manifest;
	char value[OPTION_BYTES];

	return manifest_of(driver, &manifest) == OK && matches_nothing(manifest) &&
	       service_option((const char *)manifest->name, value, sizeof(value));
}

bool table_has_device_for(uint64_t driver)
{
	const struct service_manifest *manifest;

	if (manifest_of(driver, &manifest) != OK)
		return false;
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (table->uses[i].state != DEVICE_FREE && table->uses[i].state != DEVICE_GONE &&
			is_match(&table->devices[i], manifest))
			return true;
	}
	return false;
}

status_t table_find(uint64_t badge, uint64_t nth, uint32_t *index)
{
	uint64_t driver = badge - BADGE_SERVICE;
	const struct service_manifest *manifest;
	status_t status = badge <= BADGE_SERVICE ? ERR_ACCESS : manifest_of(driver, &manifest);

	if (status != OK)
		return status;
	number_devices(driver, manifest);
	*index = find_nth(driver, nth);
	return *index < PCI_DEVICES_MOST ? OK : ERR_NOT_FOUND;
}
