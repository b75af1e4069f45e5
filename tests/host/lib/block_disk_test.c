// SPDX-License-Identifier: MIT OR Apache-2.0
/* Disks of a driver: they come and go, are silent, are written by nobody for a while. */
#include "block_fixture.h"

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
		cmocka_unit_test_setup(test_silent, make),
		cmocka_unit_test_setup(test_protect, make),
		cmocka_unit_test_setup(test_protect_and_gone, make),
		cmocka_unit_test_setup(test_gone, make),
		cmocka_unit_test_setup(test_gone_and_killed, make),
		cmocka_unit_test_setup(test_numbers, make),
		cmocka_unit_test_setup(test_all_numbers, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
