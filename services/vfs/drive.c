// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests to the drivers of disks: see drive.h. A unit's number says which driver has it. */
#include "drive.h"

#include "blocks.h"
#include "share.h"

#include <abi/protocol/devices.h>
#include <abi/syscall.h>
#include <craton/block_client.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/service.h>

#define PATIENCE_NS 5000000000u /* of a driver that only looks something up */
#define UNITS_EACH  (DRIVE_UNITS_MOST / SHARE_DRIVERS)
#define UNIT_SHARE  (BLOCK_SLOTS / 3) /* slots of one disk or part: others are not held up */

struct driver {
	struct block_client slots;
	struct client service;
	uint64_t changes; /* that were seen */
	uint32_t unit_count;
	struct block_unit units[UNITS_EACH];
	bool is_let_go[UNITS_EACH];
};

static const uint8_t numbers[SHARE_DRIVERS] = {SERVICE_NUMBER_VIRTIO_BLK, SERVICE_NUMBER_NVME,
	SERVICE_NUMBER_AHCI, SERVICE_NUMBER_RAMDISK};

static struct driver drivers[SHARE_DRIVERS];
static uint64_t *is_used; /* in the estate, by driver: this service has slots there */

static struct driver *driver_of(uint64_t unit)
{
	return unit < DRIVE_UNITS_MOST ? &drivers[unit / UNITS_EACH] : nullptr;
}

static unsigned index_of(const struct driver *driver)
{
	return (unsigned)(driver - drivers);
}

static status_t ask(struct driver *driver, uint32_t method, struct call *call)
{
	handle_t endpoint =
		service_start()->handles[PROCESS_SLOT_SERVICE + numbers[index_of(driver)]];

	if (endpoint == 0)
		return ERR_NOT_FOUND;
	driver->service.endpoint = endpoint;
	driver->service.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS;
	driver->service.patience_ns = PATIENCE_NS;
	return client_call(&driver->service, method, call);
}

/* Its slots, and what is ours for it. */
static status_t begin_use(struct driver *driver)
{
	void *memory;
	uint32_t number = numbers[index_of(driver)];
	status_t status = share_find(number, BLOCK_KEY + (service_start()->badge - BADGE_SERVICE),
		index_of(driver), &memory);

	if (status == OK)
		status = share_offer(number, index_of(driver));
	if (status == OK)
		driver->slots = (struct block_client){.slots = memory, .share = UNIT_SHARE};
	return status;
}

bool drive_open(void)
{
	memset(drivers, 0, sizeof(drivers));
	is_used = estate_allocate(SHARE_DRIVERS * sizeof(*is_used), 8);
	for (unsigned i = 0; is_used != nullptr && i < SHARE_DRIVERS; i++) {
		if (is_used[i] != 0 && begin_use(&drivers[i]) != OK)
			return false;
	}
	return is_used != nullptr;
}

static bool is_connected(const struct driver *driver)
{
	return driver->slots.slots != nullptr;
}

bool drive_is_used(uint64_t unit)
{
	const struct driver *driver = driver_of(unit);

	return driver != nullptr && is_connected(driver);
}

status_t drive_connect(uint64_t unit)
{
	struct driver *driver = driver_of(unit);
	struct call call = {0};
	status_t status;

	if (driver == nullptr || is_connected(driver))
		return driver != nullptr ? OK : ERR_NOT_FOUND;
	status = ask(driver, BLOCK_CONNECT, &call);
	if (status == OK)
		status = begin_use(driver);
	if (status == OK)
		is_used[index_of(driver)] =
			1; /* in no transaction: they are there, whatever becomes of it */
	return status;
}

/* --- units --------------------------------------------------------------------------------------
 */

/* Units of a driver that does not run, or answer, are still there. */
static void look_at(struct driver *driver)
{
	uint32_t count = 0;
	status_t status = OK;

	memset(driver->is_let_go, 0, sizeof(driver->is_let_go));
	for (; status == OK && count < UNITS_EACH; count++) {
		struct block_unit unit;
		struct call call = {.words = {count}, .out = &unit, .out_size = sizeof(unit)};

		status = ask(driver, BLOCK_LIST, &call);
		if (status != OK || call.out_used != sizeof(unit))
			break;
		unit.name[sizeof(unit.name) - 1] = 0;
		driver->units[count] = unit;
	}
	if (status == ERR_NOT_FOUND || count > driver->unit_count)
		driver->unit_count = count;
}

/* Those that have devices and run. The device manager answers when it has started them. */
static uint64_t drivers_that_run(void)
{
	struct client devices = client_of(SERVICE_NUMBER_DEVICES);
	struct call call = {0};

	devices.patience_ns = PATIENCE_NS;
	return devices.endpoint != 0 && client_call(&devices, DEVICES_DRIVERS, &call) == OK
		       ? call.words[0]
		       : 0;
}

void drive_look(void)
{
	uint64_t running = drivers_that_run();

	for (unsigned i = 0; i < SHARE_DRIVERS; i++) {
		if ((running >> numbers[i] & 1) != 0)
			look_at(&drivers[i]);
	}
}

static uint64_t changes_of(const struct driver *driver)
{
	return __atomic_load_n(
		(const uint64_t *)(driver->slots.slots + BLOCK_SLOTS), __ATOMIC_ACQUIRE);
}

/* A driver of which no disk is used has nothing else to say. */
bool drive_is_changed(uint64_t bits)
{
	bool is_changed = false;

	for (unsigned i = 0; i < SHARE_DRIVERS; i++) {
		struct driver *driver = &drivers[i];

		if ((bits & (uint64_t)SERVICE_SIGNAL << numbers[i]) == 0)
			continue;
		is_changed = is_changed || !is_connected(driver) ||
			     changes_of(driver) != driver->changes;
		if (is_connected(driver))
			driver->changes = changes_of(driver);
	}
	return is_changed;
}

const struct block_unit *drive_unit(uint64_t number)
{
	const struct driver *driver = driver_of(number);

	return driver != nullptr && number % UNITS_EACH < driver->unit_count
		       ? &driver->units[number % UNITS_EACH]
		       : nullptr;
}

const struct block_unit *drive_next(uint64_t *number)
{
	for (; *number < DRIVE_UNITS_MOST; ++*number) {
		const struct block_unit *unit = drive_unit(*number);

		if (unit != nullptr && unit->is_gone == 0)
			return unit;
	}
	return nullptr;
}

bool drive_next_gone(uint64_t *number)
{
	for (; *number < DRIVE_UNITS_MOST; ++*number) {
		const struct block_unit *unit = drive_unit(*number);

		if (unit != nullptr && unit->is_gone != 0 &&
			!driver_of(*number)->is_let_go[*number % UNITS_EACH])
			return true;
	}
	return false;
}

void drive_let_go(uint64_t number)
{
	struct driver *driver = driver_of(number);
	struct call call = {.words = {number % UNITS_EACH}};

	if (!is_connected(driver) || ask(driver, BLOCK_LET_GO, &call) == OK)
		driver->is_let_go[number % UNITS_EACH] = true;
}

status_t drive_find(const char *name, size_t size, uint64_t *number)
{
	const struct block_unit *unit;

	for (*number = 0; (unit = drive_next(number)) != nullptr; ++*number) {
		const char *own = (const char *)unit->name;

		if (strlen(own) == size && memcmp(own, name, size) == 0)
			return OK;
	}
	return ERR_NOT_FOUND;
}

bool drive_is_same_disk(uint64_t a, uint64_t b)
{
	const struct block_unit *one = drive_unit(a);
	const struct block_unit *other = drive_unit(b);

	return one != nullptr && other != nullptr && driver_of(a) == driver_of(b) &&
	       one->disk == other->disk && one->is_gone == other->is_gone;
}

/* --- requests -----------------------------------------------------------------------------------
 */

bool drive_begin(const struct block_slot *request, struct drive_bytes bytes)
{
	struct block_slot slot = *request;

	slot.unit = request->unit % UNITS_EACH;
	slot.object = bytes.object;
	slot.object_offset = bytes.offset;
	return block_client_begin(&driver_of(request->unit)->slots, &slot);
}

static uint32_t step_of(uint32_t block)
{
	return (block - 1) / SHARE_POOL_STEP;
}

static uint32_t place_of(uint32_t block)
{
	return (block - 1) % SHARE_POOL_STEP * BLOCK_SIZE;
}

/* In one object, as few as there can be. The bytes that they have. */
static uint32_t lay_pieces(const uint32_t *blocks, uint32_t size,
	struct block_piece pieces[BLOCK_PIECES], uint32_t *count)
{
	uint32_t done = 0;

	*count = 0;
	for (uint32_t i = 0; done < size && step_of(blocks[i]) == step_of(blocks[0]); i++) {
		uint32_t part = size - done < BLOCK_SIZE ? size - done : BLOCK_SIZE;

		if (i > 0 && blocks[i] == blocks[i - 1] + 1) {
			pieces[*count - 1].size += part;
		} else {
			if (*count == BLOCK_PIECES)
				break;
			pieces[(*count)++] = (struct block_piece){place_of(blocks[i]), part};
		}
		done += part;
	}
	return done;
}

uint32_t drive_begin_pages(const struct block_slot *request, const uint32_t *blocks, uint32_t into)
{
	struct block_piece pieces[BLOCK_PIECES];
	struct block_slot slot = *request;
	uint32_t count = 0;

	slot.unit = request->unit % UNITS_EACH;
	slot.object = share_pool_object(step_of(blocks[0]));
	slot.object_offset = place_of(blocks[0]) + into;
	if (into == 0)
		slot.size = lay_pieces(blocks, slot.size, pieces, &count);
	if (count > 1)
		slot.flags |= BLOCK_SCATTERED;
	return block_client_begin_list(
		       &driver_of(request->unit)->slots, &slot, pieces, count > 1 ? count : 0)
		       ? slot.size
		       : 0;
}

bool drive_find_begun(uint64_t unit, uint64_t *id, uint64_t last)
{
	return block_client_find(&driver_of(unit)->slots, unit % UNITS_EACH, id, last);
}

void drive_kick(void)
{
	for (unsigned i = 0; i < SHARE_DRIVERS; i++) {
		if (!drivers[i].slots.is_begun)
			continue;
		drivers[i].slots.is_begun = false;
		(void)!sys_signal(service_start()->signals[numbers[i]]);
	}
}

bool drive_end(uint64_t *unit, uint64_t *id, status_t *status)
{
	struct block_end end;

	for (unsigned i = 0; i < SHARE_DRIVERS; i++) {
		if (!block_client_end(&drivers[i].slots, &end))
			continue;
		*unit = i * UNITS_EACH + end.unit;
		*id = end.id;
		*status = end.status;
		return true;
	}
	return false;
}

status_t drive_forget(uint64_t unit, uint64_t object)
{
	struct call call = {.words = {object}};

	return ask(driver_of(unit), BLOCK_FORGET, &call);
}

status_t drive_protect(uint64_t unit, bool is_on)
{
	struct call call = {.words = {unit % UNITS_EACH, is_on}};

	return ask(driver_of(unit), BLOCK_PROTECT, &call);
}
