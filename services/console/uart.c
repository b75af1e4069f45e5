// SPDX-License-Identifier: MIT OR Apache-2.0
/* The 16550: see uart.h. Registers and bits as in section 8 of the data sheet. */
#include "uart.h"

#include "ports.h"

enum {
	DATA = 0,
	INTERRUPT_ENABLE = 1,
	INTERRUPT_IDENTIFY = 2, /* read */
	FIFO_CONTROL = 2,       /* write */
	LINE_CONTROL = 3,
	MODEM_CONTROL = 4,
	LINE_STATUS = 5,
	MODEM_STATUS = 6,
};

#define ENABLE_RECEIVED   0x01u
#define ENABLE_SENT       0x02u
#define ENABLE_LINE       0x04u
#define IDENTIFY_NONE     0x01u
#define FIFO_ENABLE       0x01u
#define FIFO_TRIGGER_8    0x80u
#define LINE_8N1          0x03u
#define LINE_DIVISOR      0x80u
#define MODEM_READY       0x0bu /* DTR, RTS, OUT2: the interrupt line's gate */
#define STATUS_DATA       0x01u
#define STATUS_OVERRUN    0x02u
#define STATUS_CAN_SEND   0x20u
#define STATUS_IDLE       0x40u
#define FIFO_SIZE         16u
#define SEND_MOST         512u
#define INTERRUPT_REASONS 64u /* a device that never stops asking is left alone */

static uint8_t get(unsigned reg)
{
	return port_read((uint16_t)(UART_BASE + reg));
}

static void set(unsigned reg, unsigned value)
{
	port_write((uint16_t)(UART_BASE + reg), (uint8_t)value);
}

static void enable_interrupts(struct uart *uart, bool sending)
{
	uart->sending = sending;
	set(INTERRUPT_ENABLE, ENABLE_RECEIVED | ENABLE_LINE | (sending ? ENABLE_SENT : 0));
}

void uart_start(struct uart *uart)
{
	*uart = (struct uart){.present = get(LINE_STATUS) != 0xff};
	if (!uart->present)
		return;
	set(INTERRUPT_ENABLE, 0);
	set(LINE_CONTROL, LINE_DIVISOR);
	set(DATA, 1); /* 1.8432 MHz / 16 / 1 */
	set(INTERRUPT_ENABLE, 0);
	set(LINE_CONTROL, LINE_8N1);
	set(FIFO_CONTROL, FIFO_ENABLE | FIFO_TRIGGER_8);
	set(MODEM_CONTROL, MODEM_READY);
	enable_interrupts(uart, false);
}

static void receive(struct uart *uart, struct terminal *t)
{
	for (;;) {
		uint8_t status;

		uart->holding = !terminal_can_receive(t);
		if (uart->holding)
			return;
		status = get(LINE_STATUS);
		if ((status & STATUS_OVERRUN) != 0)
			uart->overruns++;
		if ((status & STATUS_DATA) == 0)
			return;
		terminal_receive(t, get(DATA));
	}
}

/* Fills the device's FIFO once. */
static void send_burst(struct terminal *t)
{
	for (unsigned i = 0; i < FIFO_SIZE && terminal_output_waiting(t) > 0; i++) {
		set(DATA, terminal_output_next(t));
		terminal_output_sent(t);
	}
}

static void discard(struct terminal *t)
{
	while (terminal_output_waiting(t) > 0)
		terminal_output_sent(t);
}

void uart_send(struct uart *uart, struct terminal *t)
{
	if (!uart->present)
		discard(t);
	for (unsigned sent = 0; sent < SEND_MOST; sent += FIFO_SIZE) {
		if (terminal_output_waiting(t) == 0)
			break;
		if ((get(LINE_STATUS) & STATUS_CAN_SEND) == 0) {
			if (!uart->sending)
				enable_interrupts(uart, true);
			return;
		}
		send_burst(t);
	}
	if (uart->sending)
		enable_interrupts(uart, false);
}

void uart_handle_interrupt(struct uart *uart, struct terminal *t)
{
	for (unsigned i = 0; uart->present && i < INTERRUPT_REASONS; i++) {
		if ((get(INTERRUPT_IDENTIFY) & IDENTIFY_NONE) != 0)
			break;
		receive(uart, t);
		(void)get(MODEM_STATUS);
		if (uart->sending)
			uart_send(uart, t);
		if (uart->holding)
			break;
	}
}

bool uart_can_go_on(const struct uart *uart, const struct terminal *t)
{
	return (!uart->sending && terminal_output_waiting(t) > 0) ||
	       (uart->holding && terminal_can_receive(t));
}

bool uart_is_idle(const struct uart *uart, const struct terminal *t)
{
	return terminal_output_waiting(t) == 0 &&
	       (!uart->present || (get(LINE_STATUS) & STATUS_IDLE) != 0);
}
