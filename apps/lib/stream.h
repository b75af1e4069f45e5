// SPDX-License-Identifier: MIT OR Apache-2.0
// Buffered input and output over descriptors: 64 KiB at a time, whole lines without copying.
#ifndef APPS_STREAM_H
#define APPS_STREAM_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

constexpr size_t STREAM_BUFFER = 65536;

// Writes everything or says why not: 0 or an errno. Goes on after short writes.
int write_all(int fd, const char *bytes, size_t size);

struct text;

struct output {
	int fd;
	struct text *memory; // takes what is flushed in place of `fd`, if not null
	size_t used;
	char *buffer; // made at the first write
	int error;    // the first errno; later writes are dropped
};

void output_bytes(struct output *output, const char *bytes, size_t size);
void output_string(struct output *output, const char *string);
void output_char(struct output *output, char byte);
[[gnu::format(printf, 2, 3)]] void output_format(struct output *output, const char *format, ...);
void output_vformat(struct output *output, const char *format, va_list arguments);
int output_flush(struct output *output); // the stream's first errno, or 0
void output_free(struct output *output); // without flushing

struct input {
	int fd;
	int error; // errno that ended the input
	bool ended;
	char *buffer;
	size_t start, end, capacity;
};

// Gives the next line without copying; valid until the next call. `*size` includes the newline
// where there is one. False at the end or on an error.
bool input_line(struct input *input, const char **line, size_t *size);
// The same with another separator, for `-z`-like options.
bool input_record(struct input *input, char separator, const char **record, size_t *size);
// Gives whatever is there, at least one byte; false at the end.
bool input_chunk(struct input *input, const char **bytes, size_t *size);
void input_free(struct input *input); // does not close the descriptor

#endif
