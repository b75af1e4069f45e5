// SPDX-License-Identifier: MIT OR Apache-2.0
/* The terminal's line discipline: what happens to bytes between a serial line and programs. It
 * knows no device and no clients. All of it lies in the estate.
 *
 * Lines (mode 0): echo; backspace, Ctrl-U and Ctrl-W edit; Enter or Ctrl-D give the line to
 * readers; Ctrl-C discards it and asks for an interrupt. Raw (mode 1): each byte as it comes, no
 * echo. On output a newline becomes carriage return and newline, in both modes, unless the output
 * is plain: that of a command whose bytes somebody collects.
 *
 * Invariant: `output_tail` and `received_head` belong to the device, which cannot be rolled back;
 * they are changed outside of transactions only and never saved. So the rest of a transaction may
 * write to the free part of `output` without saving it.
 * Tests: tests/host/services/terminal_test.c */
#pragma once

#include <craton/runtime.h>

#define TERMINAL_LINE     1024u
#define TERMINAL_QUEUE    4096u
#define TERMINAL_OUTPUT   16384u
#define TERMINAL_RECEIVED 1024u

enum terminal_mode { TERMINAL_LINES = 0, TERMINAL_RAW = 1 };

struct terminal {
	/* Changed by transactions. Indices run freely; modulo the size they are places. */
	struct terminal_control {
		uint32_t mode;
		uint32_t line_size;
		uint32_t queue_head;
		uint32_t queue_tail;
		uint32_t output_head;
		uint32_t received_tail;
		uint32_t is_plain;
		uint32_t reserved;
		uint64_t foreground; /* whom Ctrl-C is for */
		uint64_t interrupt;  /* whom the last Ctrl-C was for, until somebody takes it */
	} control;
	/* Changed by the device. */
	uint32_t output_tail;
	uint32_t received_head;
	uint8_t line[TERMINAL_LINE];    /* being edited */
	uint16_t queue[TERMINAL_QUEUE]; /* for readers: bytes, and marks where Ctrl-D was */
	uint8_t output[TERMINAL_OUTPUT];
	uint8_t received[TERMINAL_RECEIVED];
};

/* Takes received bytes through the discipline, at most `most`. True: Ctrl-C was among them. */
bool terminal_process(struct terminal *terminal, size_t most);

/* True: there are received bytes to process. In raw mode they wait for room in the queue; in lines
 * mode, where Ctrl-C must get through, what finds no room is dropped with a bell. */
bool terminal_can_process(const struct terminal *terminal);

/* Queues bytes for output; returns how many of them were taken. */
size_t terminal_write(struct terminal *terminal, const uint8_t *bytes, size_t size);

/* True: a read would not wait. */
bool terminal_is_readable(const struct terminal *terminal);

/* Reads up to a line, or in raw mode what there is. 0: Ctrl-D. The terminal must be readable. */
size_t terminal_read(struct terminal *terminal, uint8_t *buffer, size_t size);

/* An unfinished line goes to readers when the mode becomes raw. */
void terminal_set_mode(struct terminal *terminal, enum terminal_mode mode);

/* For the device, outside of transactions. */
size_t terminal_output_waiting(const struct terminal *terminal);
uint8_t terminal_output_next(const struct terminal *terminal);
void terminal_output_sent(struct terminal *terminal);
bool terminal_can_receive(const struct terminal *terminal);
void terminal_receive(struct terminal *terminal, uint8_t byte); /* there must be room */
