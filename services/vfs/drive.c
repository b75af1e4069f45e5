// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests to the driver of disks: see drive.h. */
#include "drive.h"

#include "share.h"

#include <abi/syscall.h>
#include <craton/block_client.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/service.h>

#define PATIENCE_NS 5000000000u /* of a driver that only looks something up */

#define UNITS_MOST 64u

static struct block_client slots;
static struct client driver;
static uint64_t *is_used; /* in the estate: this service has slots */
static struct block_unit units[UNITS_MOST];
static uint32_t unit_count;

static handle_t endpoint(void)
{
	return service_start()->handles[PROCESS_SLOT_SERVICE + (unsigned)SERVICE_NUMBER_VIRTIO_BLK];
}

static status_t ask(uint32_t method, struct call *call)
{
	if (endpoint() == 0)
		return ERR_NOT_FOUND;
	driver.endpoint = endpoint();
	driver.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS;
	driver.patience_ns = PATIENCE_NS;
	return client_call(&driver, method, call);
}

static status_t map_slots(void)
{
	void *memory;
	status_t status = share_find(SERVICE_NUMBER_VIRTIO_BLK,
		BLOCK_KEY + (service_start()->badge - BADGE_SERVICE), &memory);

	if (status == OK)
		slots.slots = memory;
	return status;
}

bool drive_open(void)
{
	is_used = estate_allocate(sizeof(*is_used), 8);
	return is_used != nullptr && (*is_used == 0 || map_slots() == OK);
}

bool drive_is_used(void)
{
	return slots.slots != nullptr;
}

status_t drive_connect(void)
{
	struct call call = {0};
	status_t status;

	if (drive_is_used())
		return OK;
	status = ask(BLOCK_CONNECT, &call);
	if (status == OK)
		status = map_slots();
	if (status == OK)
		*is_used = 1; /* in no transaction: they are there, whatever becomes of it */
	return status;
}

/* --- units --------------------------------------------------------------------------------------
 */

void drive_look(void)
{
	status_t status = OK;

	for (unit_count = 0; unit_count < UNITS_MOST; unit_count++) {
		struct block_unit *unit = &units[unit_count];
		struct call call = {.words = {unit_count}, .out = unit, .out_size = sizeof(*unit)};

		status = ask(BLOCK_LIST, &call);
		if (status != OK || call.out_used != sizeof(*unit))
			return;
		unit->name[sizeof(unit->name) - 1] = 0;
	}
}

const struct block_unit *drive_unit(uint32_t number)
{
	return number < unit_count ? &units[number] : nullptr;
}

status_t drive_find(const char *name, size_t size, uint64_t *number)
{
	for (*number = 0; *number < unit_count; ++*number) {
		const char *own = (const char *)units[*number].name;

		if (strlen(own) == size && memcmp(own, name, size) == 0)
			return OK;
	}
	return ERR_NOT_FOUND;
}

/* --- requests -----------------------------------------------------------------------------------
 */

bool drive_begin(const struct block_slot *request, struct drive_bytes bytes)
{
	struct block_slot slot = *request;

	slot.object = bytes.object;
	slot.object_offset = bytes.offset;
	return block_client_begin(&slots, &slot);
}

void drive_kick(void)
{
	if (!slots.is_begun)
		return;
	slots.is_begun = false;
	(void)!sys_signal(service_start()->signals[SERVICE_NUMBER_VIRTIO_BLK]);
}

bool drive_end(uint64_t *unit, uint64_t *id, status_t *status)
{
	struct block_end end;

	if (!block_client_end(&slots, &end))
		return false;
	*unit = end.unit;
	*id = end.id;
	*status = end.status;
	return true;
}

status_t drive_forget(uint64_t object)
{
	struct call call = {.words = {object}};

	return ask(BLOCK_FORGET, &call);
}
