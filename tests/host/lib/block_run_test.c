// SPDX-License-Identifier: MIT OR Apache-2.0
/* The program of a driver of disks: a device that does not stop to interrupt is not heard, but
 * looked at, and its requests go on. */
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/storm.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DEVICE 2u
#define MS     ((uint64_t)1000000)

static jmp_buf started;
static struct service program;
static struct process_start start_page;
static uint64_t now;
static uint64_t ends; /* of requests */
static unsigned looks, seen, quiets, enables, messages;
static char message[200];

/* --- what it stands on --------------------------------------------------------------------------
 */

void service_run(const struct service *service)
{
	program = *service;
	longjmp(started, 1);
}

void runtime_abort(const char *why)
{
	fail_msg("%s", why);
	longjmp(started, 2);
}

bool estate_open(void *base, size_t size, uint64_t version)
{
	(void)base;
	(void)version;
	return size == 0;
}

uint64_t time_now(void)
{
	return now;
}

void debug_print_init(handle_t platform)
{
	(void)platform;
}

void debug_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)print_to_list(message, sizeof(message), format, arguments);
	va_end(arguments);
	messages++;
}

status_t driver_open(void)
{
	return OK;
}

status_t driver_claim(unsigned nth, uint64_t bits)
{
	assert_int_equal(bits, (uint64_t)1 << nth);
	return nth == DEVICE ? OK : ERR_NOT_FOUND;
}

status_t driver_release(unsigned nth)
{
	(void)nth;
	return OK;
}

status_t driver_config(unsigned nth, uint32_t offset, uint32_t *value)
{
	(void)offset;
	*value = 0;
	return nth == DEVICE ? OK : ERR_NOT_FOUND;
}

void driver_interrupt_seen(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	seen++;
}

status_t driver_quiet(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	quiets++;
	return OK;
}

status_t driver_enable(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	enables++;
	return OK;
}

const struct service_method block_methods[1];
const uint32_t block_method_count = 1;

bool block_open(const struct block_driver *driver)
{
	(void)driver;
	return true;
}

void block_start(void)
{
}

void block_work(void)
{
}

void block_remove_disks(unsigned nth)
{
	assert_int_not_equal(nth, DEVICE);
}

void block_end_all(unsigned nth)
{
	(void)nth;
}

uint64_t block_end_count(void)
{
	return ends;
}

static bool is_busy;
static uint64_t late;
static bool is_second;
static unsigned silent_ends;

bool block_is_busy(void)
{
	return is_busy;
}

uint64_t block_late(void)
{
	return late;
}

bool block_begin_again(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	return !is_second;
}

void block_end_silent(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	silent_ends++;
}

/* --- the driver ---------------------------------------------------------------------------------
 */

static bool has_ended;
static unsigned opens, closes;

static status_t open_device(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	opens++;
	return OK;
}

static void close_device(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	closes++;
}

static void take_ends(unsigned nth)
{
	assert_int_equal(nth, DEVICE);
	looks++;
	ends += has_ended;
	has_ended = false;
}

static void kick(void)
{
}

static const struct block_driver driver = {.name = "test",
	.open = open_device,
	.close = close_device,
	.take_ends = take_ends,
	.kick = kick};

static int make(void **state)
{
	(void)state;
	start_page.estate_size = 1u << 20;
	looks = seen = quiets = enables = messages = opens = closes = silent_ends = 0;
	is_busy = is_second = false;
	late = 0;
	has_ended = false;
	now = 5000 * MS;
	if (setjmp(started) == 0)
		block_run(&start_page, &driver);
	return 0;
}

static void interrupts(unsigned count, bool is_useful)
{
	for (unsigned i = 0; i < count && quiets == 0; i++) {
		has_ended = is_useful;
		now += 10000;
		program.notified((uint64_t)1 << DEVICE);
	}
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void test_work(void **state)
{
	(void)state;
	interrupts(100000, true);
	assert_int_equal(seen, 100000);
	assert_int_equal(looks, 100000);
	assert_int_equal(quiets, 0);
	assert_true(program.deadline() == ABI_DEADLINE_NEVER);
}

static void test_storm(void **state)
{
	(void)state;
	interrupts(100000, false);
	assert_true(seen < 1000);
	assert_int_equal(quiets, 1);
	assert_int_equal(messages, 1);
	assert_string_equal(
		message, "test: device 2 interrupts without end: it is not heard for 101 ms\n");
	/* It is looked at: a request ends all the same. */
	has_ended = true;
	assert_true(program.deadline() > now && program.deadline() <= now + STORM_LOOK_NS);
	now = program.deadline();
	program.expired(now);
	assert_false(has_ended);
	assert_int_equal(enables, 0);
	/* In the end it is heard again. */
	for (unsigned i = 0; i < 100 && enables == 0; i++) {
		now = program.deadline();
		program.expired(now);
	}
	assert_int_equal(enables, 1);
	assert_true(program.deadline() == ABI_DEADLINE_NEVER);
	interrupts(100, true);
	assert_int_equal(messages, 1);
}

/* It never stops: few messages, and never again an interrupt. */
static void test_for_ever(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		now += 100000;
		if (program.deadline() <= now)
			program.expired(now);
		if (quiets == enables)
			program.notified((uint64_t)1 << DEVICE);
	}
	assert_int_equal(quiets, STORM_REPEATS + 1);
	assert_int_equal(enables, STORM_REPEATS);
	assert_int_equal(messages, quiets);
	assert_true(seen < 5000);
}

/* A device that does not answer is reset; the second time its requests fail. Other devices' looks
 * do not move this one. */
static void test_silent(void **state)
{
	(void)state;
	is_busy = true;
	assert_true(program.deadline() == now + BLOCK_LOOK_NS);
	now += BLOCK_LOOK_NS / 2;
	assert_true(program.deadline() == now + BLOCK_LOOK_NS / 2);
	program.expired(now);
	late = (uint64_t)1 << DEVICE;
	now = program.deadline();
	program.expired(now);
	assert_int_equal(closes, 1);
	assert_int_equal(opens, 2);
	assert_int_equal(silent_ends, 0);
	is_second = true;
	now = program.deadline();
	program.expired(now);
	assert_int_equal(closes, 2);
	assert_int_equal(silent_ends, 1);
	assert_string_equal(
		message, "test: device 2 did not answer and was reset: its requests have failed\n");
	is_busy = false;
	assert_true(program.deadline() == ABI_DEADLINE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_work, make),
		cmocka_unit_test_setup(test_storm, make),
		cmocka_unit_test_setup(test_for_ever, make),
		cmocka_unit_test_setup(test_silent, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
