// SPDX-License-Identifier: MIT OR Apache-2.0
// Interrupts, ports, the platform, and the memory that the kernel takes at boot.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/user.h"
#include "object_fixture.h"

#include <arch/paging.h>
#include <kernel/boot_memory.h>
#include <kernel/console.h>
#include <kernel/delete.h>

#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

/* --- devices and the platform ----------------------------------------------------------------- */

/* What the tables say is configuration space is memory of devices, in pieces. */
static void test_configuration(void **state)
{
	uint64_t size = 0;

	(void)state;
	assert_int_equal(fake_info->ecam, FAKE_ECAM);
	assert_int_equal(fake_info->ecam_size, FAKE_ECAM_SIZE);
	for (uint64_t i = 0; i < fake_info->untyped_count; i++) {
		const struct root_untyped *u = &fake_info->untyped[i];

		if (u->device == 0 || u->physical - FAKE_ECAM >= FAKE_ECAM_SIZE)
			continue;
		assert_int_equal(u->physical, FAKE_ECAM + size);
		size += (uint64_t)1 << u->order;
	}
	assert_int_equal(size, FAKE_ECAM_SIZE);
}

static void test_interrupts(void **state)
{
	handle_t n = user_make(OBJECT_NOTIFICATION, 0);
	uint64_t slots[3] = {user_slot(), user_slot(), user_slot()};
	handle_t irq;
	struct irq *line;

	(void)state;
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 99,
				 0, fake_info->cnode, slots[0]),
		ERR_RANGE);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 9, 7,
				 fake_info->cnode, slots[0]),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 9, 1,
				 fake_info->cnode, slots[0]),
		OK);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_MSI, 1,
				 fake_info->cnode, slots[1]),
		OK);
	irq = user_handle(slots[0]);
	line = user_object(irq);
	fake_interrupt(cpus[0], line); /* bound to nothing */
	assert_int_equal(cpus[0]->spurious, 1);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_BIND, n, 6), OK);
	assert_false(fake_lines_masked[9]);
	fake_interrupt(cpus[0], line);
	assert_true(fake_lines_masked[9]);
	assert_int_equal(user_wait(n, 4, 0), OK);
	assert_int_equal(user_self->frame.args[2], 4);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_ACKNOWLEDGE, 0), OK);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_ACKNOWLEDGE, 0), OK);
	assert_false(fake_lines_masked[9]);
	assert_int_equal(user_delete(n), OK);
	assert_null(line->notification);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_BIND, 0, 0), OK);
	assert_int_equal(user_delete(irq), OK);
	assert_false(line->used);
}

static void test_ports(void **state)
{
	uint64_t slot = user_slot();

	(void)state;
	assert_int_equal(user_invoke(fake_info->io_port, METHOD_IO_PORT_DERIVE, 0x3f8, 8,
				 fake_info->cnode, slot),
		OK);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3ff, 1), OK);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3ff, 2), ERR_RANGE);
	assert_int_equal(
		user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3f8, 3), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_OUT, 0x3f8, 1, 65), OK);
	assert_int_equal(
		user_invoke(user_handle(slot), METHOD_IO_PORT_OUT, 0x400, 1, 65), ERR_RANGE);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_DERIVE, 0x3f8, 9,
				 fake_info->cnode, slot + 1),
		ERR_RANGE);
	assert_int_equal(fake_counts.port_writes, 1);
}

static void test_platform(void **state)
{
	handle_t platform = fake_info->platform;
	handle_t frame = user_make(OBJECT_FRAME, 12);
	char *text = user_object(frame);

	(void)state;
	assert_int_equal(map(fake_info->space, frame, ADDRESS, 1, RW), OK);
	text[0] = 'h';
	text[1] = 'i';
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, ADDRESS, 2), OK);
	assert_int_equal(fake_console[1], 'i');
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, ADDRESS, 257), ERR_TOO_LONG);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, 0x1000, 2), ERR_BAD_ADDRESS);
	console_print("{d} {x} {y}", 10, 16);
	assert_memory_equal(fake_console + 2, "10 0x10 {y}", 11);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_STATISTICS, 0), OK);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_STATISTICS, 2), ERR_RANGE);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, ADDRESS, 4096, 0), OK);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, 0x1000, 4096, 0),
		ERR_BAD_ADDRESS);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, ADDRESS, 64, 1 << 30),
		ERR_RANGE);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 9, ADDRESS, 64, 0), ERR_RANGE);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_CRASH_RECORD, ADDRESS, 99), OK);
	assert_int_equal(user_self->frame.args[2], 7);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_POWER, 9), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_POWER, 2, 1 << 16), ERR_RANGE);
	assert_int_equal(user_invoke(frame, METHOD_FRAME_PHYSICAL, 0), OK);
	assert_int_equal(user_self->frame.words[0], PAGE_SIZE);
	assert_int_equal(user_invoke(frame, METHOD_FRAME_SYNC_CODE, 0), OK);
}

/* The kernel may take less than a page; what is left of the page must not become untyped memory. */
static void test_boot_memory_in_pages(void **unused)
{
	const struct memory_range map = {
		.base = 0x40000000, .size = 0x9000, .kind = MEMORY_KIND_USABLE};
	uint64_t end = map.base;
	uint64_t physical;
	uint32_t order;

	(void)unused;
	while (boot_memory_next(&physical, &order))
		;
	boot_memory_init(&map, 1);
	assert_int_equal(boot_memory_take(8), 0x40008f00);
	while (boot_memory_next(&physical, &order)) {
		assert_true(order >= PAGE_SHIFT);
		assert_int_equal(physical & (((uint64_t)1 << order) - 1), 0);
		assert_true(physical >= end);
		end = physical + ((uint64_t)1 << order);
	}
	assert_int_equal(end, 0x40008000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_configuration, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_interrupts, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_ports, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_platform, object_boot, object_end),
		cmocka_unit_test(test_boot_memory_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
