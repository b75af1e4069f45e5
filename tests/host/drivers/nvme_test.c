// SPDX-License-Identifier: MIT OR Apache-2.0
/* Queues of an NVMe controller that is this test, and the commands of requests. */
#include "controller.h"

#include <craton/block_server.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIZE 8u

static _Alignas(4096) uint8_t commands[4096];
static _Alignas(4096) uint8_t ends[4096];
static volatile uint32_t tail;
static volatile uint32_t head;

static struct nvme_queue open_queue(void)
{
	struct nvme_queue q = {.tail_bell = &tail, .head_bell = &head};

	memset(commands, 0xff, sizeof(commands));
	memset(ends, 0xff, sizeof(ends));
	queue_open(&q, commands, ends, SIZE);
	return q;
}

/* The controller ends a command as the nth of all. */
static void finish(unsigned nth, uint16_t id, uint16_t status)
{
	struct nvme_end *end = (struct nvme_end *)ends + nth % SIZE;
	uint16_t phase = nth / SIZE % 2 == 0 ? 1 : 0;

	*end = (struct nvme_end){.id = id, .status = (uint16_t)(status << 1 | phase)};
}

static void test_many_rounds(void **state)
{
	struct nvme_queue q = open_queue();
	struct nvme_end end;

	(void)state;
	for (unsigned i = 0; i < 5 * SIZE; i++) {
		assert_false(queue_end(&q, &end));
		queue_begin(&q, &(struct nvme_command){.opcode = 2, .id = (uint16_t)i});
		assert_int_equal(tail, i % SIZE);
		queue_kick(&q);
		assert_int_equal(tail, (i + 1) % SIZE);
		assert_int_equal(((struct nvme_command *)commands)[i % SIZE].id, i);
		finish(i, (uint16_t)i, 0);
		assert_true(queue_end(&q, &end));
		assert_int_equal(end.id, i);
		assert_int_equal(nvme_status(end.status), OK);
		assert_int_equal(head, (i + 1) % SIZE);
	}
}

/* Several at once; the bell rings once. */
static void test_several(void **state)
{
	struct nvme_queue q = open_queue();
	struct nvme_end end;

	(void)state;
	for (uint16_t i = 0; i < SIZE - 1; i++)
		queue_begin(&q, &(struct nvme_command){.id = i});
	queue_kick(&q);
	assert_int_equal(tail, SIZE - 1);
	tail = 99;
	queue_kick(&q);
	assert_int_equal(tail, 99);
	for (unsigned i = 0; i < SIZE - 1; i++)
		finish(i, (uint16_t)(SIZE - 2 - i), 0);
	for (unsigned i = 0; i < SIZE - 1; i++) {
		assert_true(queue_end(&q, &end));
		assert_int_equal(end.id, SIZE - 2 - i);
	}
	assert_false(queue_end(&q, &end));
}

static void test_statuses(void **state)
{
	(void)state;
	assert_int_equal(nvme_status(1), OK);
	assert_int_equal(nvme_status(0x01 << 1), ERR_NOT_SUPPORTED);
	assert_int_equal(nvme_status(0x80 << 1), ERR_RANGE);
	assert_int_equal(nvme_status(0x182 << 1), ERR_READ_ONLY);
	assert_int_equal(nvme_status(0x281 << 1), ERR_IO);
	assert_int_equal(nvme_status(UINT16_MAX), ERR_IO);
}

/* --- requests ------------------------------------------------------------------------------------
 */

#define PHYSICAL  UINT64_C(0x100000000) /* of the controller's memory */
#define PAGE      4096u
#define SECTOR    512u
#define TOKEN     77u
#define DISK      1u /* the second of the first controller */
#define NAMESPACE 5u

static const struct block_driver *driver;
static jmp_buf running;
static _Alignas(4096) uint8_t memory[MEMORY_SHARED_UNIT];
static unsigned done_count;
static status_t done_status;
static unsigned nth_command;

void block_run(const struct process_start *start, const struct block_driver *definition)
{
	static struct block_driver copy;

	(void)start;
	copy = *definition;
	driver = &copy;
	longjmp(running, 1);
}

void block_add_disk(const struct block_disk *disk)
{
	assert_string_equal(disk->name, "nvme0n5");
	assert_int_equal(disk->number, DISK);
	assert_int_equal(disk->size, 1000 * SECTOR);
}

void block_done(uint32_t token, status_t status)
{
	assert_int_equal(token, TOKEN);
	done_count++;
	done_status = status;
}

void controller_close(struct nvme_controller *c)
{
	(void)c;
}

status_t controller_open(struct nvme_controller *c, unsigned nth)
{
	*c = (struct nvme_controller){
		.nth = nth,
		.memory = memory,
		.physical = PHYSICAL,
		.queue = {.tail_bell = &tail, .head_bell = &head},
		.transfer_most = 0x10000,
		.has_cache = true,
	};
	c->namespaces[DISK] =
		(struct nvme_namespace){.id = NAMESPACE, .sector_bits = 9, .sectors = 1000};
	queue_open(&c->queue, memory + AT_COMMANDS, memory + AT_ENDS, SIZE);
	return OK;
}

static int start(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	done_count = 0;
	nth_command = 0;
	if (setjmp(running) == 0)
		program_main(nullptr);
	return driver->open(0) == OK ? 0 : -1;
}

/* The command that was begun last; it ends so. */
static struct nvme_command ended(uint16_t status)
{
	struct nvme_command command =
		((struct nvme_command *)(memory + AT_COMMANDS))[nth_command % SIZE];
	struct nvme_end *end = (struct nvme_end *)(memory + AT_ENDS) + nth_command % SIZE;
	uint16_t phase = nth_command / SIZE % 2 == 0 ? 1 : 0;

	*end = (struct nvme_end){.id = command.id, .status = (uint16_t)(status << 1 | phase)};
	nth_command++;
	driver->take_ends(0);
	return command;
}

static bool begin(uint32_t operation, uint64_t offset, uint32_t size, uint64_t physical)
{
	return driver->begin(&(struct block_request){.token = TOKEN,
		.operation = operation,
		.disk = DISK,
		.offset = offset,
		.size = size,
		.part_count = 1,
		.parts = {{physical, size}},
		.lasting = operation == BLOCK_OPERATION_WRITE});
}

static uint64_t listed(uint16_t id, unsigned index)
{
	uint64_t page;

	memcpy(&page, memory + AT_LISTS + id * LIST_BYTES + index * 8, 8);
	return page;
}

/* One page, two, and more: where the bytes are (4.3). */
static void test_pages(void **state)
{
	struct nvme_command command;

	(void)state;
	assert_true(begin(BLOCK_OPERATION_READ, 3 * SECTOR, SECTOR, 0x5200));
	command = ended(0);
	assert_int_equal(command.opcode, 2);
	assert_int_equal(command.namespace, NAMESPACE);
	assert_int_equal(command.data[0], 0x5200);
	assert_int_equal(command.data[1], 0);
	assert_int_equal(command.words[0], 3);
	assert_int_equal(command.words[2], 0);
	assert_true(begin(BLOCK_OPERATION_WRITE, 0, 2 * PAGE - SECTOR, 0x5200));
	command = ended(0);
	assert_int_equal(command.opcode, 1);
	assert_int_equal(command.data[1], 0x6000);
	assert_int_equal(command.words[2], 14 | 1u << 30);
	assert_true(begin(BLOCK_OPERATION_READ, 0, 2 * PAGE, 0x5200));
	command = ended(0);
	assert_int_equal(command.data[1], PHYSICAL + AT_LISTS + command.id * LIST_BYTES);
	assert_int_equal(listed(command.id, 0), 0x6000);
	assert_int_equal(listed(command.id, 1), 0x7000);
	assert_int_equal(done_count, 3);
}

/* Pages in several places are one command; the list has all but the first of its own. */
static void test_scattered(void **state)
{
	static const uint64_t at[2][3] = {{0x6000, 0x9000, 0xa000}, {0x3000, 0x4000, 0}};
	struct block_request r = {
		.token = TOKEN,
		.operation = BLOCK_OPERATION_READ,
		.disk = DISK,
		.size = 0x10000 + 2 * PAGE,
		.part_count = 3,
		.parts = {{0x6000, PAGE}, {0x9000, 0x10000 - PAGE}, {0x3000, 2 * PAGE}},
	};

	(void)state;
	assert_true(driver->begin(&r));
	for (unsigned i = 0; i < 2; i++) {
		struct nvme_command command = ended(0);

		assert_int_equal(command.data[0], at[i][0]);
		if (i == 1) {
			assert_int_equal(command.data[1], at[i][1]);
			continue;
		}
		assert_int_equal(command.data[1], PHYSICAL + AT_LISTS + command.id * LIST_BYTES);
	}
	assert_int_equal(done_count, 1);
	assert_int_equal(done_status, OK);
	r.size = 0x10000;
	assert_true(driver->begin(&r));
	assert_int_equal(listed(ended(0).id, 0), at[0][1]);
	assert_int_equal(listed(0, 1), at[0][2]);
	assert_int_equal(listed(0, 14), 0x9000 + 14 * PAGE);
}

/* More than a command can take goes in parts; an error ends it. */
static void test_parts(void **state)
{
	static const uint32_t sizes[] = {0x10000, 0x10000, 0x600};
	uint64_t at = 0x7e00;

	(void)state;
	for (uint16_t error = 0; error < 2; error++) {
		at = 0x7e00;
		assert_true(begin(BLOCK_OPERATION_READ, SECTOR, 0x20600, at));
		for (unsigned i = 0; i < 3 && !(error != 0 && i == 2); i++) {
			struct nvme_command command;

			assert_int_equal(done_count, error);
			command = ended(i == 1 ? error * 0x281 : 0);
			assert_int_equal(command.data[0], at);
			assert_int_equal(command.words[0], 1 + (at - 0x7e00) / SECTOR);
			assert_int_equal((command.words[2] & 0xffff) + 1, sizes[i] / SECTOR);
			at += sizes[i];
		}
		assert_int_equal(done_count, error + 1);
		assert_int_equal(done_status, error == 0 ? OK : ERR_IO);
	}
}

static void test_refused(void **state)
{
	(void)state;
	assert_true(begin(BLOCK_OPERATION_DISCARD, 0, SECTOR, 0));
	assert_int_equal(done_status, ERR_NOT_SUPPORTED);
	assert_true(driver->begin(&(struct block_request){.token = TOKEN, .disk = DISK + 1}));
	assert_int_equal(done_status, ERR_IO);
	for (unsigned i = 0; i < SIZE - 1; i++)
		assert_true(begin(BLOCK_OPERATION_FLUSH, 0, 0, 0));
	assert_false(begin(BLOCK_OPERATION_FLUSH, 0, 0, 0));
	assert_int_equal(ended(0).opcode, 0);
	assert_int_equal(done_status, OK);
	assert_true(begin(BLOCK_OPERATION_FLUSH, 0, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_rounds),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test_setup(test_pages, start),
		cmocka_unit_test_setup(test_scattered, start),
		cmocka_unit_test_setup(test_parts, start),
		cmocka_unit_test_setup(test_refused, start),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
