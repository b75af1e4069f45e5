// SPDX-License-Identifier: MIT OR Apache-2.0
/* Queues of an NVMe controller that is this test. */
#include "queue.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_rounds),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
