// SPDX-License-Identifier: MIT OR Apache-2.0
// See stream.h. Interrupted reads and writes (EINTR) are reported, not repeated: a program that
// asked for interrupts wants to know.
// Tests: tests/host/apps/text_test.c and every case under tests/host/apps/cases.
#include "stream.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0)
			return errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

static int output_send(struct output *output, const char *bytes, size_t size)
{
	if (!output->memory)
		return write_all(output->fd, bytes, size);
	text_add(output->memory, bytes, size);
	return 0;
}

int output_flush(struct output *output)
{
	if (output->used > 0 && !output->error)
		output->error = output_send(output, output->buffer, output->used);
	output->used = 0;
	return output->error;
}

void output_bytes(struct output *output, const char *bytes, size_t size)
{
	if (!output->buffer)
		output->buffer = memory_resize(nullptr, STREAM_BUFFER);
	if (size > STREAM_BUFFER - output->used)
		(void)output_flush(output);
	if (output->error)
		return;
	if (size >= STREAM_BUFFER) {
		output->error = output_send(output, bytes, size);
		return;
	}
	memcpy(output->buffer + output->used, bytes, size);
	output->used += size;
}

void output_string(struct output *output, const char *string)
{
	output_bytes(output, string, strlen(string));
}

void output_char(struct output *output, char byte)
{
	if (!output->buffer || output->used == STREAM_BUFFER) {
		output_bytes(output, &byte, 1);
		return;
	}
	output->buffer[output->used++] = byte;
}

void output_vformat(struct output *output, const char *format, va_list arguments)
{
	struct text text = {};
	text_vformat(&text, format, arguments);
	if (text.length)
		output_bytes(output, text.bytes, text.length);
	text_free(&text);
}

void output_format(struct output *output, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	output_vformat(output, format, arguments);
	va_end(arguments);
}

void output_free(struct output *output)
{
	free(output->buffer);
	*output = (struct output){.fd = output->fd};
}

// Makes room behind `end` and reads once. False at the end.
static bool input_fill(struct input *input)
{
	if (input->ended)
		return false;
	if (input->start > 0) {
		memmove(input->buffer, input->buffer + input->start, input->end - input->start);
		input->end -= input->start;
		input->start = 0;
	}
	if (input->end == input->capacity) {
		input->capacity = input->capacity ? input->capacity * 2 : STREAM_BUFFER;
		input->buffer = memory_resize(input->buffer, input->capacity);
	}
	ssize_t got = read(input->fd, input->buffer + input->end, input->capacity - input->end);
	if (got <= 0) {
		input->error = got < 0 ? errno : 0;
		input->ended = true;
		return false;
	}
	input->end += (size_t)got;
	return true;
}

bool input_record(struct input *input, char separator, const char **record, size_t *size)
{
	size_t searched = 0;
	if (!input->buffer && !input_fill(input))
		return false;
	for (;;) {
		size_t there = input->end - input->start;
		const char *from = input->buffer + input->start;
		const char *found = there > searched
					    ? memchr(from + searched, separator, there - searched)
					    : nullptr;
		if (found || (!input_fill(input) && there > 0)) {
			*record = input->buffer + input->start;
			*size = found ? (size_t)(found - from) + 1 : there;
			input->start += *size;
			return true;
		}
		if (input->ended)
			return false;
		searched = there;
	}
}

bool input_line(struct input *input, const char **line, size_t *size)
{
	return input_record(input, '\n', line, size);
}

bool input_chunk(struct input *input, const char **bytes, size_t *size)
{
	if (input->start == input->end && !input_fill(input))
		return false;
	*bytes = input->buffer + input->start;
	*size = input->end - input->start;
	input->start = input->end;
	return true;
}

void input_free(struct input *input)
{
	free(input->buffer);
	*input = (struct input){.fd = input->fd};
}
