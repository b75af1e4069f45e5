// SPDX-License-Identifier: MIT OR Apache-2.0
/* Units of several drivers: their numbers, who is asked and told, drivers that do not answer. */
#include "drive.h"

#include "blocks.h"
#include "share.h"

#include <abi/protocol/devices.h>
#include <craton/client.h>
#include <craton/service.h>

#include <string.h>

#include "estate_host.h"

#define ENDPOINT  100u /* + number of the service */
#define SIGNAL    200u
#define OWN_BADGE (BADGE_SERVICE + SERVICE_NUMBER_VFS)

static struct process_start start_page;
static struct block_unit units[PROCESS_SERVICES][4];
static unsigned unit_count[PROCESS_SERVICES];
static status_t answer[PROCESS_SERVICES]; /* not OK: of every request */
/* What is shared with a driver: the slots, and the count of changes. */
/* As large as what a driver shares. */
static struct block_slot slots[SHARE_DRIVERS][MEMORY_SHARED_UNIT / sizeof(struct block_slot)];
static unsigned offered[PROCESS_SERVICES];
static unsigned connected[PROCESS_SERVICES];
static unsigned signals[PROCESS_SERVICES];
static uint64_t forgotten;
static uint64_t let_go;
static uint64_t protected[2]; /* unit, and whether */
static uint64_t running;      /* drivers, as the device manager says */

const struct process_start *service_start(void)
{
	return &start_page;
}

status_t fake_sys_signal(handle_t notification)
{
	assert_in_range(notification, SIGNAL, SIGNAL + PROCESS_SERVICES - 1);
	signals[notification - SIGNAL]++;
	return OK;
}

status_t share_find(uint64_t service, uint64_t key, uint32_t index, void **memory)
{
	assert_int_equal(key, BLOCK_KEY + SERVICE_NUMBER_VFS);
	assert_in_range(index, 0, SHARE_DRIVERS - 1);
	assert_true(connected[service] > 0);
	*memory = slots[index];
	return OK;
}

uint64_t share_pool_object(uint32_t step)
{
	return 0x20000 + step;
}

status_t share_offer(uint64_t service, uint32_t index)
{
	assert_in_range(index, 0, SHARE_DRIVERS - 1);
	offered[service]++;
	return OK;
}

static status_t list(uint64_t service, struct call *call)
{
	if (call->words[0] >= unit_count[service])
		return ERR_NOT_FOUND;
	memcpy(call->out, &units[service][call->words[0]], sizeof(struct block_unit));
	call->out_used = sizeof(struct block_unit);
	return OK;
}

status_t client_call(struct client *client, uint32_t method, struct call *call)
{
	uint64_t service = client->endpoint - ENDPOINT;

	assert_in_range(service, 0, PROCESS_SERVICES - 1);
	if (answer[service] != OK)
		return answer[service];
	if (service == SERVICE_NUMBER_DEVICES) {
		assert_int_equal(method, DEVICES_DRIVERS);
		call->words[0] = running;
		return OK;
	}
	if (method == BLOCK_LIST) {
		assert_true(running >> service & 1);
		return list(service, call);
	}
	if (method == BLOCK_CONNECT)
		connected[service]++;
	else if (method == BLOCK_LET_GO)
		let_go = call->words[0];
	else if (method == BLOCK_PROTECT)
		memcpy(protected, call->words, sizeof(protected));
	else
		forgotten = call->words[0];
	return OK;
}

static void add_unit(unsigned service, const char *name, uint32_t disk)
{
	struct block_unit *unit = &units[service][unit_count[service]++];

	*unit = (struct block_unit){.size = 1 << 20, .disk = disk};
	memcpy(unit->name, name, strlen(name) + 1);
}

static int make(void **state)
{
	(void)state;
	memset(&start_page, 0, sizeof(start_page));
	memset(unit_count, 0, sizeof(unit_count));
	memset(answer, 0, sizeof(answer));
	memset(slots, 0, sizeof(slots));
	memset(offered, 0, sizeof(offered));
	memset(connected, 0, sizeof(connected));
	memset(signals, 0, sizeof(signals));
	start_page.badge = OWN_BADGE;
	running = (uint64_t)1 << SERVICE_NUMBER_VIRTIO_BLK | (uint64_t)1 << SERVICE_NUMBER_AHCI;
	for (unsigned i = 0; i < PROCESS_SERVICES; i++) {
		start_page.handles[PROCESS_SLOT_SERVICE + i] = ENDPOINT + i;
		start_page.signals[i] = SIGNAL + i;
	}
	add_unit(SERVICE_NUMBER_VIRTIO_BLK, "vda", 0);
	add_unit(SERVICE_NUMBER_VIRTIO_BLK, "vda1", 0);
	add_unit(SERVICE_NUMBER_AHCI, "sda", 0);
	(void)estate_host_new(1 << 20);
	(void)estate_host_reopen();
	assert_true(drive_open());
	drive_look();
	return 0;
}

static uint64_t number_of(const char *name)
{
	uint64_t number;

	assert_int_equal(drive_find(name, strlen(name), &number), OK);
	return number;
}

static void test_names(void **state)
{
	uint64_t number = 0;
	unsigned count = 0;

	(void)state;
	assert_int_equal(drive_find("vd", 2, &number), ERR_NOT_FOUND);
	assert_int_equal(drive_find("nvme0n1", 7, &number), ERR_NOT_FOUND);
	for (number = 0; drive_next(&number) != nullptr; number++)
		count++;
	assert_int_equal(count, 3);
	assert_true(drive_is_same_disk(number_of("vda"), number_of("vda1")));
	assert_false(drive_is_same_disk(number_of("vda"), number_of("sda")));
	assert_null(drive_unit(DRIVE_UNITS_MOST));
	assert_null(drive_unit(UINT64_MAX));
}

/* What another driver finds changes no number. */
static void test_numbers_stay(void **state)
{
	uint64_t number = number_of("sda");

	(void)state;
	add_unit(SERVICE_NUMBER_NVME, "nvme0n1", 0);
	add_unit(SERVICE_NUMBER_VIRTIO_BLK, "vda2", 0);
	drive_look();
	assert_int_equal(number_of("sda"), number);
	answer[SERVICE_NUMBER_AHCI] = ERR_DEADLINE;
	drive_look();
	assert_int_equal(number_of("sda"), number);
	answer[SERVICE_NUMBER_AHCI] = OK;
	unit_count[SERVICE_NUMBER_AHCI] = 0;
	drive_look();
	assert_null(drive_unit(number));
}

static bool begin(uint64_t unit, uint64_t id)
{
	return drive_begin(&(struct block_slot){.unit = unit, .id = id, .size = 512},
		(struct drive_bytes){0x10001, 4096});
}

static void test_requests(void **state)
{
	uint64_t sda = number_of("sda");
	uint64_t vda1 = number_of("vda1");
	uint64_t unit, id;
	status_t status;

	(void)state;
	assert_false(drive_is_used(sda));
	assert_int_equal(drive_connect(sda), OK);
	assert_true(drive_is_used(sda));
	assert_false(drive_is_used(vda1));
	assert_int_equal(drive_connect(sda), OK);
	assert_int_equal(connected[SERVICE_NUMBER_AHCI], 1);
	assert_int_equal(offered[SERVICE_NUMBER_AHCI], 1);
	assert_false(begin(vda1, 7)); /* nobody serves it yet */
	assert_int_equal(drive_connect(vda1), OK);
	assert_true(begin(sda, 7) && begin(vda1, 7));
	drive_kick();
	drive_kick();
	assert_int_equal(signals[SERVICE_NUMBER_AHCI], 1);
	assert_int_equal(signals[SERVICE_NUMBER_VIRTIO_BLK], 1);
	assert_int_equal(signals[SERVICE_NUMBER_NVME], 0);
	assert_int_equal(slots[2][0].unit, 0);
	assert_int_equal(slots[0][0].unit, 1);
	assert_int_equal(slots[0][0].object, 0x10001);
	assert_false(drive_end(&unit, &id, &status));
	slots[2][0].status = (uint64_t)-ERR_IO;
	slots[2][0].state = BLOCK_STATE_DONE;
	assert_true(drive_end(&unit, &id, &status));
	assert_int_equal(unit, sda);
	assert_int_equal(id, 7);
	assert_int_equal(status, ERR_IO);
	assert_int_equal(drive_forget(vda1, 0x10001), OK);
	assert_int_equal(forgotten, 0x10001);
	assert_int_equal(drive_protect(vda1, true), OK);
	assert_int_equal(protected[0], 1);
	assert_int_equal(protected[1], 1);
	assert_int_equal(drive_protect(vda1, false), OK);
	assert_int_equal(protected[1], 0);
}

/* Pages side by side are one piece; those of another object, or too many pieces, are left. */
static void test_pages(void **state)
{
	static const uint32_t blocks[] = {11, 12, 14, 13, 513, 514};
	static const uint32_t spread[] = {2, 4, 6, 8, 10, 12, 14, 16, 18, 20};
	uint64_t sda = number_of("sda");
	struct block_slot request = {.unit = sda, .id = 3, .size = 6 * BLOCK_SIZE - 512};
	const struct block_piece *lists =
		(const struct block_piece *)((uint8_t *)slots[2] + BLOCK_LISTS_OFFSET);
	uint64_t id = 0;

	(void)state;
	assert_int_equal(drive_connect(sda), OK);
	assert_int_equal(drive_begin_pages(&request, blocks, 0), 4 * BLOCK_SIZE);
	assert_int_equal(slots[2][0].flags, BLOCK_SCATTERED);
	assert_int_equal(slots[2][0].object, share_pool_object(0));
	assert_int_equal(slots[2][0].size, 4 * BLOCK_SIZE);
	assert_int_equal(lists[0].offset, 10 * BLOCK_SIZE);
	assert_int_equal(lists[0].size, 2 * BLOCK_SIZE);
	assert_int_equal(lists[1].offset, 13 * BLOCK_SIZE);
	assert_int_equal(lists[2].offset, 12 * BLOCK_SIZE);
	request.id = 4;
	request.size = 2 * BLOCK_SIZE - 512;
	assert_int_equal(drive_begin_pages(&request, &blocks[4], 0), request.size);
	assert_int_equal(slots[2][1].flags, 0);
	assert_int_equal(slots[2][1].object, share_pool_object(1));
	assert_int_equal(slots[2][1].object_offset, 0);
	request.id = 5;
	request.size = 1024;
	assert_int_equal(drive_begin_pages(&request, blocks, 2048), 1024);
	assert_int_equal(slots[2][2].object_offset, 10 * BLOCK_SIZE + 2048);
	request.id = 6;
	request.size = 10 * BLOCK_SIZE;
	assert_int_equal(drive_begin_pages(&request, spread, 0), BLOCK_PIECES * BLOCK_SIZE);
	assert_true(drive_find_begun(sda, &id, 10));
	assert_int_equal(id, 3);
	id = 7;
	assert_false(drive_find_begun(sda, &id, 10));
}

/* One unit never has all slots. */
static void test_share(void **state)
{
	uint64_t vda1 = number_of("vda1");
	uint64_t other = number_of("vda");
	uint64_t count = 0;

	(void)state;
	assert_int_equal(drive_connect(vda1), OK);
	while (begin(vda1, count))
		count++;
	assert_in_range(count, BLOCK_SLOTS / 4, BLOCK_SLOTS / 2);
	assert_true(begin(other, 1));
}

/* A new instance has the slots of the one before, and those only. */
static void test_again(void **state)
{
	uint64_t sda = number_of("sda");
	uint64_t unit, id;
	status_t status;

	(void)state;
	assert_int_equal(drive_connect(sda), OK);
	assert_true(begin(sda, 9));
	slots[2][0].state = BLOCK_STATE_DONE;
	(void)estate_host_reopen();
	assert_true(drive_open());
	assert_int_equal(connected[SERVICE_NUMBER_AHCI], 1);
	assert_int_equal(offered[SERVICE_NUMBER_AHCI], 2);
	assert_int_equal(offered[SERVICE_NUMBER_VIRTIO_BLK], 0);
	assert_true(drive_end(&unit, &id, &status));
	assert_int_equal(unit, sda);
	assert_int_equal(id, 9);
}

static uint64_t signal_of(unsigned service)
{
	return (uint64_t)SERVICE_SIGNAL << service;
}

/* A unit that is gone has its number, but no name, until it is let go. */
static void test_gone(void **state)
{
	uint64_t sda = number_of("sda");
	uint64_t number = 0;

	(void)state;
	assert_int_equal(drive_connect(sda), OK);
	assert_false(drive_is_changed(signal_of(SERVICE_NUMBER_AHCI)));
	assert_true(drive_is_changed(signal_of(SERVICE_NUMBER_NVME)));
	assert_false(drive_is_changed(signal_of(SERVICE_NUMBER_ECHO) | 1));
	units[SERVICE_NUMBER_AHCI][0].is_gone = 1;
	*(uint64_t *)&slots[2][BLOCK_SLOTS] = 1;
	assert_true(drive_is_changed(signal_of(SERVICE_NUMBER_AHCI)));
	assert_false(drive_is_changed(signal_of(SERVICE_NUMBER_AHCI)));
	add_unit(SERVICE_NUMBER_AHCI, "sda", 0);
	drive_look();
	assert_int_equal(number_of("sda"), sda + 1);
	assert_non_null(drive_unit(sda));
	assert_false(drive_is_same_disk(sda, sda + 1));
	assert_true(drive_is_same_disk(sda, sda));
	let_go = UINT64_MAX;
	assert_true(drive_next_gone(&number));
	assert_int_equal(number, sda);
	answer[SERVICE_NUMBER_AHCI] = ERR_DEADLINE;
	drive_let_go(number);
	assert_true(drive_next_gone(&number));
	answer[SERVICE_NUMBER_AHCI] = OK;
	drive_let_go(number);
	assert_int_equal(let_go, 0);
	assert_false(drive_next_gone(&number));
	drive_look();
	number = 0;
	assert_true(drive_next_gone(&number)); /* it may be another one */
}

/* A machine without the driver. */
/* One that has stopped is not asked; what it had is still there, and what it has got is when it
 * runs. */
static void test_stopped_driver(void **state)
{
	uint64_t number;

	(void)state;
	running = (uint64_t)1 << SERVICE_NUMBER_AHCI;
	add_unit(SERVICE_NUMBER_VIRTIO_BLK, "vdb", 1);
	add_unit(SERVICE_NUMBER_AHCI, "sdb", 1);
	drive_look();
	(void)number_of("vda1");
	(void)number_of("sdb");
	assert_int_equal(drive_find("vdb", 3, &number), ERR_NOT_FOUND);
	running |= (uint64_t)1 << SERVICE_NUMBER_VIRTIO_BLK;
	answer[SERVICE_NUMBER_DEVICES] = ERR_DEADLINE;
	drive_look();
	assert_int_equal(drive_find("vdb", 3, &number), ERR_NOT_FOUND);
	answer[SERVICE_NUMBER_DEVICES] = OK;
	drive_look();
	(void)number_of("vdb");
}

static void test_no_driver(void **state)
{
	uint64_t number;

	(void)state;
	start_page.handles[PROCESS_SLOT_SERVICE + (unsigned)SERVICE_NUMBER_AHCI] = 0;
	drive_look();
	assert_int_equal(drive_find("sda", 3, &number), ERR_NOT_FOUND);
	assert_int_equal(drive_connect(DRIVE_UNITS_MOST), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, make),
		cmocka_unit_test_setup(test_numbers_stay, make),
		cmocka_unit_test_setup(test_requests, make),
		cmocka_unit_test_setup(test_pages, make),
		cmocka_unit_test_setup(test_share, make),
		cmocka_unit_test_setup(test_again, make),
		cmocka_unit_test_setup(test_gone, make),
		cmocka_unit_test_setup(test_stopped_driver, make),
		cmocka_unit_test_setup(test_no_driver, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
