// SPDX-License-Identifier: MIT OR Apache-2.0
/* A serial port with a 16550 (PC16550D data sheet): moves bytes between the line and the terminal's
 * rings. Called outside of transactions only, for what the device took or gave is done.
 * A kill between the device's step and its record in the ring repeats or loses that one byte.
 * Tests: tests/host/services/uart_test.c */
#pragma once

#include "terminal.h"

#define UART_BASE 0x3f8u
#define UART_LINE 4u /* global interrupt line */

struct uart {
	bool present;
	bool sending;      /* the device will tell when it can take more */
	bool holding;      /* it has bytes for which there was no room */
	uint64_t overruns; /* bytes that the device lost, at least */
};

/* Sets up the device: 115200 bits per second, 8N1, FIFOs. What it has received stays. */
void uart_start(struct uart *uart);

/* Receives until the device asks for nothing, so that its interrupt line falls, and sends on. With
 * no room left it is `holding`: to be called again when there is. */
void uart_handle_interrupt(struct uart *uart, struct terminal *terminal);

/* Sends what waits, at most a few hundred bytes. Without a device everything counts as sent. */
void uart_send(struct uart *uart, struct terminal *terminal);

/* True: there is something to send that the device may take now, or room for what it holds. */
bool uart_can_go_on(const struct uart *uart, const struct terminal *terminal);

/* True: the last byte has left the device. */
bool uart_is_idle(const struct uart *uart, const struct terminal *terminal);
