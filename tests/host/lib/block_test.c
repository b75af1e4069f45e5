// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slots of requests, both sides of them: in any order, started again on either side, filled with
 * nonsense. */
#include <craton/block_client.h>
#include <craton/block_server.h>
#include <craton/driver.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "estate_host.h"

#define CLIENT    7u
#define OTHER     9u
#define DISK_SIZE (1u << 20)
#define OBJECT    0x10005u
#define PHYSICAL  0x7000000u

static struct process_start start_page;
static _Alignas(4096) uint8_t shared[16][MEMORY_SHARED_UNIT];
static unsigned signals[PROCESS_SERVICES];
static struct block_request begun[256];
static unsigned begun_count;
static unsigned room; /* of each device */
static bool ends_at_once;
static unsigned pins;
static struct block_client client;

/* --- what lib/block stands on -------------------------------------------------------------------
 */

const struct process_start *service_start(void)
{
	return &start_page;
}

status_t fake_sys_signal(handle_t notification)
{
	assert_true(notification < PROCESS_SERVICES);
	signals[notification]++;
	return OK;
}

status_t driver_share(uint64_t key, uint64_t service, void **memory, uint64_t *object)
{
	assert_int_equal(key, BLOCK_KEY + service);
	*memory = shared[service];
	*object = 1000 + service;
	return OK;
}

status_t driver_pin(uint64_t object, uint64_t *physical, uint64_t *size)
{
	if (object != OBJECT && object != OBJECT + 1)
		return ERR_NOT_FOUND;
	pins++;
	*physical = PHYSICAL + (object - OBJECT) * MEMORY_SHARED_UNIT;
	*size = MEMORY_SHARED_UNIT;
	return OK;
}

void driver_unpin(uint64_t object)
{
	assert_true(object == OBJECT || object == OBJECT + 1);
	assert_true(pins > 0);
	pins--;
}

/* A disk whose partition table cannot be read: it is a disk all the same. */
status_t driver_wait(unsigned nth, uint64_t deadline)
{
	(void)nth;
	(void)deadline;
	block_done(BLOCK_TOKEN_OWN, ERR_IO);
	return OK;
}

uint64_t time_now(void)
{
	return 0;
}

static void nothing_ended(unsigned nth)
{
	(void)nth;
}

static void kick(void)
{
}

static bool begin(const struct block_request *r)
{
	unsigned under_way = 0;

	if (r->token == BLOCK_TOKEN_OWN)
		return true;
	if (ends_at_once) {
		block_done(r->token, OK);
		return true;
	}
	for (unsigned i = 0; i < begun_count; i++) {
		assert_int_not_equal(begun[i].token, r->token);
		under_way += begun[i].disk == r->disk;
	}
	if (under_way >= room)
		return false;
	begun[begun_count++] = *r;
	return true;
}

static const struct block_driver driver = {
	.name = "test", .begin = begin, .take_ends = nothing_ended, .kick = kick};

/* --- both sides ---------------------------------------------------------------------------------
 */

static void open_server(void)
{
	begun_count = 0;
	assert_true(block_open(&driver));
	for (uint32_t i = 0; i < 2; i++) {
		struct block_disk disk = {.number = i,
			.nth = i,
			.size = DISK_SIZE,
			.sector = 512,
			.is_read_only = i == 1};

		block_name_disk(disk.name, "xd", i);
		block_add_disk(&disk);
	}
	block_start();
}

static void restart_server(void)
{
	(void)estate_host_reopen();
	open_server();
}

static status_t ask_two(uint32_t number, uint32_t method, uint64_t word, uint64_t second)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct request request = {
		.badge = BADGE_SERVICE + number, .words = {word, second}, .bytes = bytes};
	status_t status = block_methods[method].handler(&request);

	estate_commit();
	return status;
}

static status_t ask(uint32_t number, uint32_t method, uint64_t word)
{
	return ask_two(number, method, word, 0);
}

static int make(void **state)
{
	(void)state;
	memset(shared, 0, sizeof(shared));
	memset(signals, 0, sizeof(signals));
	for (uint64_t i = 0; i < 16; i++)
		start_page.signals[i] = i;
	room = 256;
	ends_at_once = false;
	pins = 0;
	(void)estate_host_new(1u << 20);
	open_server();
	memset(signals, 0, sizeof(signals));
	assert_int_equal(ask(CLIENT, BLOCK_CONNECT, 0), OK);
	client = (struct block_client){.slots = (struct block_slot *)shared[CLIENT]};
	return 0;
}

static struct block_slot write_of(uint64_t id)
{
	return (struct block_slot){
		.operation = BLOCK_OPERATION_WRITE,
		.id = id,
		.offset = 4096,
		.object = OBJECT,
		.object_offset = 512,
		.size = 1024,
	};
}

static status_t result_of(struct block_slot request)
{
	struct block_end end;

	assert_true(block_client_begin(&client, &request));
	block_work();
	if (begun_count > 0)
		block_done(begun[--begun_count].token, OK);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.id, request.id);
	assert_int_equal(end.unit, request.unit);
	return end.status;
}

static void test_request(void **state)
{
	struct block_slot request = write_of(5);
	struct block_end end;

	(void)state;
	request.flags = BLOCK_LASTING;
	assert_false(block_client_end(&client, &end));
	assert_true(block_client_begin(&client, &request));
	assert_true(client.is_begun);
	block_work();
	block_work();
	assert_int_equal(begun_count, 1);
	assert_int_equal(begun[0].operation, BLOCK_OPERATION_WRITE);
	assert_int_equal(begun[0].offset, 4096);
	assert_int_equal(begun[0].size, 1024);
	assert_int_equal(begun[0].part_count, 1);
	assert_int_equal(begun[0].parts[0].physical, PHYSICAL + 512);
	assert_int_equal(begun[0].parts[0].size, 1024);
	assert_true(begun[0].lasting);
	assert_false(block_client_end(&client, &end));
	block_done(begun[0].token, ERR_IO);
	block_work();
	block_work();
	assert_int_equal(signals[CLIENT], 1);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.status, ERR_IO);
	assert_int_equal(end.id, 5);
	assert_false(block_client_end(&client, &end));
}

/* Nonsense in a slot gets a status; nothing of it comes to the device. */
static void test_checks(void **state)
{
	struct block_slot r = write_of(1);
	static const struct {
		size_t offset;
		uint64_t value;
		status_t status;
	} cases[] = {
		{offsetof(struct block_slot, unit), 2, ERR_NOT_FOUND},
		{offsetof(struct block_slot, unit), UINT64_MAX, ERR_NOT_FOUND},
		{offsetof(struct block_slot, unit), 1, ERR_READ_ONLY},
		{offsetof(struct block_slot, offset), 100, ERR_ALIGNMENT},
		{offsetof(struct block_slot, offset), DISK_SIZE, ERR_RANGE},
		{offsetof(struct block_slot, offset), DISK_SIZE - 512, ERR_RANGE},
		{offsetof(struct block_slot, offset), UINT64_MAX - 511, ERR_RANGE},
		{offsetof(struct block_slot, object), 0, ERR_INVALID_ARGUMENT},
		{offsetof(struct block_slot, object), 77, ERR_NOT_FOUND},
		{offsetof(struct block_slot, object_offset), 513, ERR_ALIGNMENT},
		{offsetof(struct block_slot, object_offset), MEMORY_SHARED_UNIT, ERR_RANGE},
		{offsetof(struct block_slot, object_offset), UINT64_MAX - 511, ERR_RANGE},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = write_of(i + 1);
		memcpy((uint8_t *)&r + cases[i].offset, &cases[i].value, sizeof(uint64_t));
		assert_int_equal(result_of(r), cases[i].status);
	}
	r = write_of(100);
	r.size = 0;
	assert_int_equal(result_of(r), ERR_RANGE);
	r.size = 100;
	assert_int_equal(result_of(r), ERR_ALIGNMENT);
	r.size = UINT32_MAX - 511;
	assert_int_equal(result_of(r), ERR_RANGE);
	r.size = 512;
	r.operation = 4;
	assert_int_equal(result_of(r), ERR_INVALID_ARGUMENT);
	r.operation = BLOCK_OPERATION_FLUSH;
	assert_int_equal(result_of(r), OK);
	r.operation = BLOCK_OPERATION_READ;
	r.unit = 1;
	assert_int_equal(result_of(r), OK);
}

/* --- requests in pieces -------------------------------------------------------------------------
 */

#define PAGE BLOCK_PAGE

static struct block_slot list_of(uint64_t id, uint32_t size)
{
	return (struct block_slot){
		.operation = BLOCK_OPERATION_READ,
		.id = id,
		.object = OBJECT,
		.object_offset = UINT64_MAX,
		.size = size,
		.flags = BLOCK_SCATTERED,
	};
}

/* Pieces that lie side by side are one part; the last may end within a page. */
static void test_pieces(void **state)
{
	static const struct block_piece pieces[] = {
		{4 * PAGE, PAGE}, {PAGE, PAGE}, {2 * PAGE, 2 * PAGE}, {0, 512}};
	const struct block_slot request = list_of(1, 4 * PAGE + 512);

	(void)state;
	assert_true(block_client_begin_list(&client, &request, pieces, 4));
	block_work();
	assert_int_equal(begun_count, 1);
	assert_int_equal(begun[0].size, 4 * PAGE + 512);
	assert_int_equal(begun[0].part_count, 3);
	assert_int_equal(begun[0].parts[0].physical, PHYSICAL + 4 * PAGE);
	assert_int_equal(begun[0].parts[0].size, PAGE);
	assert_int_equal(begun[0].parts[1].physical, PHYSICAL + PAGE);
	assert_int_equal(begun[0].parts[1].size, 3 * PAGE);
	assert_int_equal(begun[0].parts[2].physical, PHYSICAL);
	assert_int_equal(begun[0].parts[2].size, 512);
	/* A new driver begins the same again. */
	restart_server();
	assert_int_equal(begun_count, 1);
	assert_int_equal(begun[0].part_count, 3);
}

static void test_bad_pieces(void **state)
{
	static const struct {
		struct block_piece pieces[2];
		status_t status;
	} cases[] = {
		{{{0, PAGE}, {PAGE, 0}}, ERR_RANGE},        /* too few bytes, and one of none */
		{{{0, 0}, {PAGE, PAGE}}, ERR_RANGE},        /* the same */
		{{{0, PAGE}, {PAGE, 2 * PAGE}}, ERR_RANGE}, /* too many */
		{{{0, UINT32_MAX}, {0, 2 * PAGE + 1}}, ERR_RANGE},
		{{{512, PAGE}, {PAGE, PAGE}}, ERR_ALIGNMENT},
		{{{0, 512}, {PAGE, 2 * PAGE - 512}}, ERR_ALIGNMENT},
		{{{MEMORY_SHARED_UNIT, PAGE}, {0, PAGE}}, ERR_RANGE},
		{{{0, PAGE}, {UINT32_MAX - PAGE + 1, PAGE}}, ERR_RANGE},
		{{{0, PAGE}, {MEMORY_SHARED_UNIT, PAGE}}, ERR_RANGE},
	};
	struct block_piece many[BLOCK_PIECES];
	struct block_end end;
	struct block_slot request;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request = list_of(i + 1, 2 * PAGE);
		assert_true(block_client_begin_list(&client, &request, cases[i].pieces, 2));
		block_work();
		assert_true(block_client_end(&client, &end));
		assert_int_equal(end.status, cases[i].status);
	}
	for (unsigned i = 0; i < BLOCK_PIECES; i++)
		many[i] = (struct block_piece){0, PAGE};
	request = list_of(99, (BLOCK_PIECES + 1) * PAGE);
	assert_true(block_client_begin_list(&client, &request, many, BLOCK_PIECES));
	block_work();
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.status, ERR_RANGE);
	assert_int_equal(begun_count, 0);
}

/* What a device takes with one command, from any byte on. */
static void test_parts(void **state)
{
	const struct block_request r = {.size = 7 * PAGE,
		.part_count = 3,
		.parts = {{0x10000, PAGE}, {0x40000, 4 * PAGE}, {0x20000, 2 * PAGE}}};
	struct block_part parts[BLOCK_PIECES];
	uint32_t count;

	(void)state;
	assert_int_equal(
		block_parts(&r, 0, (struct block_limits){8, UINT32_MAX}, parts, &count), 7 * PAGE);
	assert_int_equal(count, 3);
	assert_int_equal(
		block_parts(&r, 0, (struct block_limits){2, UINT32_MAX}, parts, &count), 5 * PAGE);
	assert_int_equal(count, 2);
	assert_int_equal(
		block_parts(&r, 5 * PAGE, (struct block_limits){2, UINT32_MAX}, parts, &count),
		2 * PAGE);
	assert_int_equal(count, 1);
	assert_int_equal(parts[0].physical, 0x20000);
	assert_int_equal(block_parts(&r, PAGE + 512, (struct block_limits){3, PAGE}, parts, &count),
		3 * PAGE);
	assert_int_equal(parts[0].physical, 0x40200);
	assert_int_equal(parts[2].physical, 0x42200);
	assert_int_equal(parts[2].size, PAGE);
	assert_int_equal(
		block_parts(&r, 5 * PAGE - 512, (struct block_limits){3, PAGE}, parts, &count),
		2 * PAGE + 512);
	assert_int_equal(parts[0].size, 512);
}

/* A client finds what the instance before has begun; one unit leaves slots to the others. */
static void test_found(void **state)
{
	struct block_slot request;
	uint64_t id = 0;

	(void)state;
	client.share = 3;
	for (uint64_t i = 0; i < 3; i++) {
		request = write_of(30 - i * 10);
		assert_true(block_client_begin(&client, &request));
	}
	request = write_of(40);
	assert_false(block_client_begin(&client, &request));
	request = write_of(20);
	assert_true(block_client_begin(&client, &request)); /* it is there */
	request.unit = 1;
	assert_true(block_client_begin(&client, &request));
	assert_true(block_client_find(&client, 0, &id, 25));
	assert_int_equal(id, 10);
	id++;
	assert_true(block_client_find(&client, 0, &id, 25));
	assert_int_equal(id, 20);
	id++;
	assert_false(block_client_find(&client, 0, &id, 25));
	id = 0;
	assert_false(block_client_find(&client, 2, &id, UINT64_MAX));
}

static void test_full(void **state)
{
	struct block_end end;
	unsigned ended = 0;

	(void)state;
	room = 10;
	for (uint64_t id = 0; id < BLOCK_SLOTS; id++) {
		struct block_slot request = write_of(id + 1);

		assert_true(block_client_begin(&client, &request));
	}
	assert_false(block_client_begin(&client, &(struct block_slot){.id = 1000}));
	block_work();
	while (begun_count > 0) {
		assert_true(begun_count <= room);
		block_done(begun[0].token, OK);
		begun[0] = begun[--begun_count];
		while (block_client_end(&client, &end))
			ended++;
		block_work();
	}
	assert_int_equal(ended, BLOCK_SLOTS);
}

/* A request that ends while the driver begins it leaves its slot free for the next. */
static void test_at_once(void **state)
{
	struct block_slot request = write_of(1);
	struct block_end end;

	(void)state;
	ends_at_once = true;
	for (unsigned i = 0; i < 2 * BLOCK_SLOTS; i++) {
		request.id = i + 1;
		assert_true(block_client_begin(&client, &request));
		block_work();
		assert_true(block_client_end(&client, &end));
		assert_int_equal(end.id, i + 1);
	}
}

/* A disk that takes no more does not hold up another. */
static void test_full_disk(void **state)
{
	struct block_slot request;

	(void)state;
	room = 2;
	for (uint64_t id = 1; id <= 5; id++) {
		request = write_of(id);
		assert_true(block_client_begin(&client, &request));
	}
	request = write_of(6);
	request.unit = 1;
	request.operation = BLOCK_OPERATION_READ;
	assert_true(block_client_begin(&client, &request));
	block_work();
	assert_int_equal(begun_count, 3);
	assert_int_equal(begun[2].disk, 1);
}

/* What was under way is begun again, what was done is not. */
static void test_server_again(void **state)
{
	struct block_end end;

	(void)state;
	for (uint64_t id = 1; id <= 3; id++) {
		struct block_slot request = write_of(id);

		assert_true(block_client_begin(&client, &request));
	}
	block_work();
	assert_int_equal(begun_count, 3);
	block_done(begun[1].token, OK);
	restart_server();
	assert_int_equal(begun_count, 2);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.id, 2);
	block_done(begun[0].token, OK);
	block_done(begun[1].token, OK);
	assert_true(block_client_end(&client, &end) && block_client_end(&client, &end));
	assert_false(block_client_end(&client, &end));
	assert_int_equal(pins, 1); /* known from before */
}

static void test_client_again(void **state)
{
	struct block_slot request = write_of(8);
	struct block_end end;

	(void)state;
	assert_true(block_client_begin(&client, &request));
	block_work();
	client = (struct block_client){.slots = client.slots};
	assert_true(block_client_begin(&client, &request));
	assert_false(client.is_begun);
	block_work();
	assert_int_equal(begun_count, 1);
	block_done(begun[0].token, OK);
	assert_true(block_client_begin(&client, &request)); /* it has ended: the end is there */
	assert_true(block_client_end(&client, &end));
	assert_false(block_client_end(&client, &end));
	request.unit = 1; /* another's ids are others */
	request.operation = BLOCK_OPERATION_READ;
	assert_true(block_client_begin(&client, &request));
	assert_true(client.is_begun);
}

/* Memory goes when no request reaches it, whatever the client writes into its slots meanwhile. */
static void test_forget(void **state)
{
	struct block_slot request = write_of(1);
	struct block_end end;

	(void)state;
	assert_true(block_client_begin(&client, &request));
	block_work();
	client.slots[0].object = 0;
	assert_int_equal(ask(CLIENT, BLOCK_FORGET, OBJECT), ERR_BUSY);
	assert_int_equal(ask(OTHER, BLOCK_FORGET, OBJECT), OK); /* it has none */
	assert_int_equal(pins, 1);
	client.slots[0].state = BLOCK_STATE_FREE;
	assert_int_equal(ask(CLIENT, BLOCK_FORGET, OBJECT), ERR_BUSY);
	block_done(begun[0].token, OK);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(ask(CLIENT, BLOCK_FORGET, OBJECT), OK);
	assert_int_equal(pins, 0);
	begun_count = 0;
	assert_int_equal(result_of(write_of(2)), OK);
	assert_int_equal(pins, 1);
}

static void test_clients(void **state)
{
	struct block_client other = {.slots = (struct block_slot *)shared[OTHER]};
	struct block_slot request = write_of(1);
	struct block_end end;
	struct request stranger = {.badge = 12};
	uint64_t changes;

	(void)state;
	assert_int_equal(block_methods[BLOCK_CONNECT].handler(&stranger), ERR_ACCESS);
	assert_true(block_client_begin(&other, &request));
	block_work();
	assert_int_equal(begun_count, 0); /* not connected */
	assert_int_equal(ask(OTHER, BLOCK_CONNECT, 0), OK);
	block_work();
	assert_int_equal(begun_count, 1);
	changes = *block_changes(other.slots);
	restart_server(); /* the instance before may have died before it told of a change */
	assert_int_equal(*block_changes(other.slots), changes + 1);
	assert_int_equal(signals[OTHER], 1);
	assert_int_equal(begun_count, 1);
	block_done(begun[0].token, OK);
	block_work();
	assert_true(block_client_end(&other, &end));
	assert_int_equal(signals[OTHER], 2);
	assert_int_equal(ask(CLIENT, BLOCK_LIST, 1), OK);
	assert_int_equal(ask(CLIENT, BLOCK_LIST, 2), ERR_NOT_FOUND);
}

static struct block_unit unit_at(uint64_t number)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct request request = {.words = {number}, .bytes = bytes};
	struct block_unit unit;

	assert_int_equal(block_methods[BLOCK_LIST].handler(&request), OK);
	memcpy(&unit, bytes, sizeof(unit));
	return unit;
}

static void add_disk(uint32_t number)
{
	struct block_disk disk = {
		.number = number, .nth = number, .size = DISK_SIZE, .sector = 512};

	block_name_next(disk.name, "xd");
	block_add_disk(&disk);
}

/* A device that is silent is asked again once; then all that waits for it fails, and nothing else.
 */
static void test_silent(void **state)
{
	struct block_slot other = write_of(9);
	struct block_end end;
	unsigned ended = 0;

	(void)state;
	assert_false(block_is_busy());
	room = 2;
	for (uint64_t id = 1; id <= 3; id++) {
		struct block_slot request = write_of(id);

		assert_true(block_client_begin(&client, &request));
	}
	block_work();
	assert_int_equal(begun_count, 2);
	assert_true(block_is_busy());
	assert_int_equal(block_late(), 0);
	block_done(begun[1].token, OK); /* its slot is another's at the next look */
	begun_count = 1;
	block_work();
	assert_int_equal(begun_count, 2);
	assert_int_equal(block_late(), 1);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.id, 2);
	begun_count = 0;
	assert_true(block_begin_again(0));
	block_work();
	assert_int_equal(begun_count, 2);
	assert_int_equal(block_late(), 0);
	other.unit = 1;
	other.operation = BLOCK_OPERATION_READ;
	assert_true(block_client_begin(&client, &other));
	other = write_of(10); /* finds no room */
	assert_true(block_client_begin(&client, &other));
	block_work();
	assert_int_equal(block_late(), 1);
	assert_false(block_begin_again(0));
	signals[CLIENT] = 0;
	block_end_silent(0);
	assert_int_equal(signals[CLIENT], 1);
	for (; block_client_end(&client, &end); ended++)
		assert_int_equal(end.status, ERR_TIMED_OUT);
	assert_int_equal(ended, 3);
	assert_true(block_is_busy()); /* the other disk */
	assert_int_equal(block_late(), 2);
	assert_true(block_begin_again(1));
}

static status_t protect(uint32_t number, uint64_t unit, bool is_on)
{
	return ask_two(number, BLOCK_PROTECT, unit, is_on);
}

/* What a client only reads nobody writes, in no instance of the driver, until it says otherwise. */
static void test_protect(void **state)
{
	struct block_slot request = write_of(1);

	(void)state;
	assert_int_equal(ask(OTHER, BLOCK_CONNECT, 0), OK);
	assert_int_equal(protect(12, 0, true), ERR_ACCESS); /* it is not connected */
	assert_int_equal(protect(CLIENT, 2, true), ERR_NOT_FOUND);
	assert_int_equal(protect(CLIENT, UINT64_MAX, true), ERR_NOT_FOUND);
	assert_int_equal(result_of(request), OK);
	assert_int_equal(protect(CLIENT, 0, true), OK);
	assert_int_equal(protect(OTHER, 0, true), OK);
	assert_int_equal(protect(OTHER, 0, true), OK);
	assert_int_equal(result_of(request), ERR_READ_ONLY);
	assert_int_equal(begun_count, 0);
	restart_server();
	assert_int_equal(result_of(request), ERR_READ_ONLY);
	request.operation = BLOCK_OPERATION_DISCARD;
	assert_int_equal(result_of(request), ERR_READ_ONLY);
	request.operation = BLOCK_OPERATION_FLUSH;
	assert_int_equal(result_of(request), OK);
	request.operation = BLOCK_OPERATION_READ;
	assert_int_equal(result_of(request), OK);
	assert_int_equal(protect(CLIENT, 0, false), OK);
	request.operation = BLOCK_OPERATION_WRITE;
	assert_int_equal(result_of(request), ERR_READ_ONLY); /* the other still reads */
	assert_int_equal(protect(OTHER, 0, false), OK);
	assert_int_equal(protect(OTHER, 0, false), OK);
	assert_int_equal(result_of(request), OK);
}

/* The protection goes with the disk: another one under the same number has none. */
static void test_protect_and_gone(void **state)
{
	struct block_slot request = write_of(1);

	(void)state;
	assert_int_equal(protect(CLIENT, 0, true), OK);
	block_remove_disks(0);
	assert_int_equal(ask(CLIENT, BLOCK_LET_GO, 0), OK);
	add_disk(0);
	assert_string_equal((const char *)unit_at(0).name, "xda");
	assert_int_equal(result_of(request), OK);
}

/* What is under way ends with an error, once the device reaches no memory; the other disk goes on.
 */
static void test_gone(void **state)
{
	struct block_slot request = write_of(1);
	struct block_slot other = write_of(2);
	struct block_end end;
	uint64_t changes = *block_changes(client.slots);

	(void)state;
	other.unit = 1;
	other.operation = BLOCK_OPERATION_READ;
	assert_true(block_client_begin(&client, &request) && block_client_begin(&client, &other));
	block_work();
	assert_int_equal(begun_count, 2);
	block_remove_disks(0);
	assert_true(*block_changes(client.slots) > changes);
	assert_int_equal(unit_at(0).is_gone, 1);
	assert_int_equal(unit_at(1).is_gone, 0);
	assert_false(block_client_end(&client, &end));
	block_end_all(0);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.id, 1);
	assert_int_equal(end.status, ERR_IO);
	assert_false(block_client_end(&client, &end));
	block_done(begun[1].token, OK);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.status, OK);
	begun_count = 0;
	assert_int_equal(result_of(write_of(3)), ERR_IO);
	assert_int_equal(begun_count, 0);
}

/* Killed before the device was released: nothing is begun again, and all has ended. */
static void test_gone_and_killed(void **state)
{
	struct block_slot request = write_of(1);
	struct block_end end;

	(void)state;
	assert_true(block_client_begin(&client, &request));
	block_work();
	block_remove_disks(0);
	(void)estate_host_reopen();
	begun_count = 0;
	assert_true(block_open(&driver));
	block_remove_disks(0);
	block_end_all(0);
	block_start();
	assert_int_equal(begun_count, 0);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.status, ERR_IO);
}

/* A number is another disk's only when all who may have requests for it have said that they have
 * none; names of disks that are there differ. */
static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(ask(OTHER, BLOCK_CONNECT, 0), OK);
	assert_int_equal(ask(CLIENT, BLOCK_LET_GO, 0), ERR_BUSY);
	assert_int_equal(ask(CLIENT, BLOCK_LET_GO, 2), ERR_NOT_FOUND);
	block_remove_disks(0);
	add_disk(0);
	assert_string_equal((const char *)unit_at(2).name, "xda");
	assert_int_equal(ask(CLIENT, BLOCK_LET_GO, 0), OK);
	add_disk(2);
	assert_string_equal((const char *)unit_at(3).name, "xdc");
	assert_int_equal(unit_at(0).is_gone, 1);
	assert_int_equal(result_of(write_of(1)), ERR_IO);
	assert_int_equal(ask(OTHER, BLOCK_LET_GO, 0), OK);
	add_disk(3);
	assert_string_equal((const char *)unit_at(0).name, "xdd");
	assert_int_equal(unit_at(0).disk, 3);
	assert_int_equal(result_of(write_of(2)), OK);
	restart_server();
	assert_int_equal(unit_at(0).disk, 3);
	assert_int_equal(unit_at(2).disk, 0);
}

static void test_all_numbers(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * BLOCK_UNITS_MOST; i++) {
		add_disk(5);
		block_remove_disks(5);
		if (i % 2 == 0 && i / 2 + 2 < BLOCK_UNITS_MOST)
			assert_true(unit_at(i / 2 + 2).is_gone);
	}
	add_disk(5); /* refused: the client has let none go */
	for (uint64_t i = 0; i < BLOCK_UNITS_MOST; i++)
		assert_true(unit_at(i).disk != 5 || unit_at(i).is_gone);
	assert_int_equal(ask(CLIENT, BLOCK_LET_GO, 7), OK);
	add_disk(5);
	assert_int_equal(unit_at(7).is_gone, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request, make),
		cmocka_unit_test_setup(test_checks, make),
		cmocka_unit_test_setup(test_silent, make),
		cmocka_unit_test_setup(test_pieces, make),
		cmocka_unit_test_setup(test_bad_pieces, make),
		cmocka_unit_test_setup(test_parts, make),
		cmocka_unit_test_setup(test_found, make),
		cmocka_unit_test_setup(test_full, make),
		cmocka_unit_test_setup(test_at_once, make),
		cmocka_unit_test_setup(test_full_disk, make),
		cmocka_unit_test_setup(test_server_again, make),
		cmocka_unit_test_setup(test_client_again, make),
		cmocka_unit_test_setup(test_forget, make),
		cmocka_unit_test_setup(test_clients, make),
		cmocka_unit_test_setup(test_protect, make),
		cmocka_unit_test_setup(test_protect_and_gone, make),
		cmocka_unit_test_setup(test_gone, make),
		cmocka_unit_test_setup(test_gone_and_killed, make),
		cmocka_unit_test_setup(test_numbers, make),
		cmocka_unit_test_setup(test_all_numbers, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
