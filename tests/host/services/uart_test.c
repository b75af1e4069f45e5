// SPDX-License-Identifier: MIT OR Apache-2.0
/* The serial driver against a simulated 16550, which may be absent, slow, or flooded. */
#include "estate_host.h"
#include "ports.h"
#include "uart.h"

#include <string.h>

#define FIFO 16u

static struct device {
	bool absent;
	bool slow; /* sends only when the test says so */
	bool divisor_latch;
	uint8_t enable;
	uint8_t in[4096];
	size_t in_size;
	size_t in_next;
	uint8_t out[65536];
	size_t out_size;
	unsigned sending; /* bytes in its FIFO */
} device;

static struct terminal *t;
static struct uart uart;

static uint8_t line_status(void)
{
	return (uint8_t)((device.in_next < device.in_size ? 0x01u : 0) |
			 (device.sending == 0 ? 0x60u : 0));
}

static uint8_t interrupt_reason(void)
{
	if ((device.enable & 1) != 0 && device.in_next < device.in_size)
		return 0x04;
	if ((device.enable & 2) != 0 && device.sending == 0)
		return 0x02;
	return 0x01;
}

uint8_t port_read(uint16_t port)
{
	if (device.absent)
		return 0xff;
	switch (port - UART_BASE) {
	case 0:
		return device.in_next < device.in_size ? device.in[device.in_next++] : 0;
	case 2:
		return interrupt_reason();
	case 5:
		return line_status();
	default:
		return 0;
	}
}

void port_write(uint16_t port, uint8_t value)
{
	assert_false(device.absent);
	if (port == UART_BASE + 3)
		device.divisor_latch = (value & 0x80) != 0;
	if (port == UART_BASE + 1 && !device.divisor_latch)
		device.enable = value;
	if (port != UART_BASE || device.divisor_latch)
		return;
	assert_true(device.sending < FIFO);
	device.out[device.out_size++] = value;
	device.sending += device.slow;
}

static void start(bool absent, bool slow)
{
	memset(&device, 0, sizeof(device));
	device.absent = absent;
	device.slow = slow;
	uart_start(&uart);
}

static int setup(void **state)
{
	(void)state;
	estate_host_new(1 << 20);
	t = estate_allocate(sizeof(*t), 64);
	return 0;
}

static void print(size_t size)
{
	static uint8_t bytes[TERMINAL_OUTPUT];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)('a' + i % 26);
	assert_int_equal(terminal_write(t, bytes, size), size);
	estate_commit();
}

static void assert_all_sent(size_t size)
{
	assert_int_equal(device.out_size, size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(device.out[i], 'a' + i % 26);
}

static void test_quick_device(void **state)
{
	(void)state;
	start(false, false);
	print(2000);
	while (uart_can_go_on(&uart, t))
		uart_send(&uart, t);
	assert_all_sent(2000);
	assert_true(uart_is_idle(&uart, t));
	assert_int_equal(device.enable & 2, 0);
}

static void test_slow_device(void **state)
{
	(void)state;
	start(false, true);
	print(100);
	uart_send(&uart, t);
	assert_int_equal(device.out_size, FIFO);
	assert_false(uart_can_go_on(&uart, t));
	while (device.out_size < 100) {
		assert_int_equal(device.enable & 2, 2);
		assert_false(uart_is_idle(&uart, t));
		device.sending = 0;
		uart_handle_interrupt(&uart, t);
	}
	assert_false(uart_is_idle(&uart, t));
	device.sending = 0;
	uart_handle_interrupt(&uart, t);
	assert_all_sent(100);
	assert_true(uart_is_idle(&uart, t));
	assert_int_equal(device.enable & 2, 0);
}

static void test_absent_device(void **state)
{
	(void)state;
	start(true, false);
	print(100);
	uart_send(&uart, t);
	uart_handle_interrupt(&uart, t);
	assert_true(uart_is_idle(&uart, t));
	assert_false(uart_can_go_on(&uart, t));
}

/* What finds no room stays in the device until there is room, and nothing is lost. */
static void test_flood(void **state)
{
	uint8_t bytes[256];
	size_t count = 0;

	(void)state;
	start(false, false);
	terminal_set_mode(t, TERMINAL_RAW);
	device.in_size = sizeof(device.in);
	for (size_t i = 0; i < device.in_size; i++)
		device.in[i] = (uint8_t)(i * 7);
	uart_handle_interrupt(&uart, t);
	assert_true(uart.holding);
	while (count < device.in_size) {
		size_t size;

		(void)terminal_process(t, 64);
		estate_commit();
		size = terminal_is_readable(t) ? terminal_read(t, bytes, sizeof(bytes)) : 0;
		estate_commit();
		for (size_t i = 0; i < size; i++, count++)
			assert_int_equal(bytes[i], (uint8_t)(count * 7));
		if (uart_can_go_on(&uart, t))
			uart_handle_interrupt(&uart, t);
	}
	assert_int_equal(interrupt_reason(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_quick_device, setup),
		cmocka_unit_test_setup(test_slow_device, setup),
		cmocka_unit_test_setup(test_absent_device, setup),
		cmocka_unit_test_setup(test_flood, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
