// SPDX-License-Identifier: MIT OR Apache-2.0
/* The line discipline: see terminal.h. */
#include "terminal.h"

#include <craton/estate.h>

#define END_MARK 0x100u /* an entry of the queue: a read ends here */

enum {
	CONTROL_C = 3,
	CONTROL_D = 4,
	BELL = 7,
	BACKSPACE = 8,
	CONTROL_U = 21,
	CONTROL_W = 23,
	DELETE = 127,
};

static void save_control(struct terminal *t)
{
	estate_save(&t->control, sizeof(t->control));
}

/* --- output ---------------------------------------------------------------------------------- */

static size_t output_room(const struct terminal *t)
{
	return TERMINAL_OUTPUT - terminal_output_waiting(t);
}

static void put(struct terminal *t, uint8_t byte)
{
	t->output[t->control.output_head++ % TERMINAL_OUTPUT] = byte;
}

/* False: no room. */
static bool write_byte(struct terminal *t, uint8_t byte)
{
	if (output_room(t) < 2)
		return false;
	if (byte == '\n' && t->control.is_plain == 0)
		put(t, '\r');
	put(t, byte);
	return true;
}

size_t terminal_write(struct terminal *t, const uint8_t *bytes, size_t size)
{
	size_t taken = 0;

	save_control(t);
	while (taken < size && write_byte(t, bytes[taken]))
		taken++;
	return taken;
}

/* Echo is dropped when programs have filled the output. */
static void echo(struct terminal *t, uint8_t byte)
{
	if (byte == '\t')
		byte = ' ';
	if (byte < ' ' && byte != '\n' && byte != BELL) {
		(void)write_byte(t, '^');
		byte |= '@';
	}
	(void)write_byte(t, byte);
}

static void echo_text(struct terminal *t, const char *text)
{
	for (; *text != 0; text++)
		(void)write_byte(t, (uint8_t)*text);
}

size_t terminal_output_waiting(const struct terminal *t)
{
	return t->control.output_head - t->output_tail;
}

uint8_t terminal_output_next(const struct terminal *t)
{
	return t->output[t->output_tail % TERMINAL_OUTPUT];
}

void terminal_output_sent(struct terminal *t)
{
	t->output_tail++;
}

/* --- the queue for readers ------------------------------------------------------------------- */

static size_t queue_count(const struct terminal *t)
{
	return t->control.queue_head - t->control.queue_tail;
}

/* Readers may have taken the places that are filled now in the same transaction. */
static void save_places(struct terminal *t, uint32_t count)
{
	uint32_t place = t->control.queue_head % TERMINAL_QUEUE;
	uint32_t first = count < TERMINAL_QUEUE - place ? count : TERMINAL_QUEUE - place;

	estate_save(&t->queue[place], first * sizeof(t->queue[0]));
	estate_save(t->queue, (count - first) * sizeof(t->queue[0]));
}

static void queue_push(struct terminal *t, uint16_t entry)
{
	save_places(t, 1);
	t->queue[t->control.queue_head++ % TERMINAL_QUEUE] = entry;
}

/* One place stays free for a mark. */
static bool queue_has_room(const struct terminal *t, size_t count)
{
	return queue_count(t) + count < TERMINAL_QUEUE;
}

static void queue_push_line(struct terminal *t)
{
	save_places(t, t->control.line_size);
	for (uint32_t i = 0; i < t->control.line_size; i++)
		t->queue[t->control.queue_head++ % TERMINAL_QUEUE] = t->line[i];
	t->control.line_size = 0;
}

bool terminal_is_readable(const struct terminal *t)
{
	return queue_count(t) > 0;
}

static uint16_t queue_first(const struct terminal *t)
{
	return t->queue[t->control.queue_tail % TERMINAL_QUEUE];
}

size_t terminal_read(struct terminal *t, uint8_t *buffer, size_t size)
{
	size_t count = 0;

	save_control(t);
	while (count < size && queue_count(t) > 0 && queue_first(t) != END_MARK) {
		buffer[count] = (uint8_t)queue_first(t);
		t->control.queue_tail++;
		if (buffer[count++] == '\n' && t->control.mode == TERMINAL_LINES)
			return count;
	}
	/* The mark belongs to what was before it: reading to the brim must not show an end later.
	 */
	if (queue_count(t) > 0 && queue_first(t) == END_MARK)
		t->control.queue_tail++;
	return count;
}

/* --- line editing ---------------------------------------------------------------------------- */

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

static bool is_shown_as_two(uint8_t byte)
{
	return byte < ' ' && byte != '\t';
}

/* Takes one character, which may be several bytes of UTF-8, off the line and the screen. */
static void erase_character(struct terminal *t)
{
	struct terminal_control *c = &t->control;

	if (c->line_size == 0)
		return;
	c->line_size--;
	while (c->line_size > 0 && is_continuation(t->line[c->line_size]))
		c->line_size--;
	echo_text(t, "\b \b");
	if (is_shown_as_two(t->line[c->line_size]))
		echo_text(t, "\b \b");
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static void erase_word(struct terminal *t)
{
	struct terminal_control *c = &t->control;

	while (c->line_size > 0 && is_blank(t->line[c->line_size - 1]))
		erase_character(t);
	while (c->line_size > 0 && !is_blank(t->line[c->line_size - 1]))
		erase_character(t);
}

static void append(struct terminal *t, uint8_t byte)
{
	if (t->control.line_size >= TERMINAL_LINE - 1 ||
		!queue_has_room(t, t->control.line_size + 2)) {
		echo(t, BELL);
		return;
	}
	ESTATE_SET(t->line[t->control.line_size], byte);
	t->control.line_size++;
	echo(t, byte);
}

/* `append` left room in line and queue. */
static void end_line(struct terminal *t)
{
	if (!queue_has_room(t, t->control.line_size + 1)) {
		echo(t, BELL);
		return;
	}
	queue_push_line(t);
	queue_push(t, '\n');
	echo(t, '\n');
}

static void end_input(struct terminal *t)
{
	if (!queue_has_room(t, t->control.line_size))
		return;
	queue_push_line(t);
	queue_push(t, END_MARK);
}

static void interrupt(struct terminal *t)
{
	struct terminal_control *c = &t->control;

	c->line_size = 0;
	c->queue_tail = c->queue_head;
	c->interrupt = c->foreground;
	echo_text(t, "^C\n");
}

/* True: Ctrl-C. */
static bool edit(struct terminal *t, uint8_t byte)
{
	switch (byte) {
	case CONTROL_C:
		interrupt(t);
		return true;
	case CONTROL_D:
		end_input(t);
		break;
	case BACKSPACE:
	case DELETE:
		erase_character(t);
		break;
	case CONTROL_U:
		while (t->control.line_size > 0)
			erase_character(t);
		break;
	case CONTROL_W:
		erase_word(t);
		break;
	case '\r':
	case '\n':
		end_line(t);
		break;
	default:
		append(t, byte);
		break;
	}
	return false;
}

/* --- input ----------------------------------------------------------------------------------- */

bool terminal_can_receive(const struct terminal *t)
{
	return t->received_head - t->control.received_tail < TERMINAL_RECEIVED;
}

void terminal_receive(struct terminal *t, uint8_t byte)
{
	t->received[t->received_head % TERMINAL_RECEIVED] = byte;
	__atomic_signal_fence(__ATOMIC_RELEASE); /* the byte before its index */
	t->received_head++;
}

bool terminal_can_process(const struct terminal *t)
{
	return t->received_head != t->control.received_tail &&
	       (t->control.mode == TERMINAL_LINES || queue_has_room(t, 1));
}

bool terminal_process(struct terminal *t, size_t most)
{
	bool interrupted = false;

	save_control(t);
	for (size_t i = 0; i < most && terminal_can_process(t); i++) {
		uint8_t byte = t->received[t->control.received_tail++ % TERMINAL_RECEIVED];

		if (t->control.mode == TERMINAL_LINES)
			interrupted |= edit(t, byte);
		else
			queue_push(t, byte);
	}
	return interrupted;
}

void terminal_set_mode(struct terminal *t, enum terminal_mode mode)
{
	save_control(t);
	t->control.mode = mode;
	if (mode == TERMINAL_RAW && queue_has_room(t, t->control.line_size))
		queue_push_line(t);
}
