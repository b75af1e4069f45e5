// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slots of requests, both sides of them: in any order, in pieces, started again on either side,
 * filled with nonsense. */
#include "block_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request, make),
		cmocka_unit_test_setup(test_checks, make),
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
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
