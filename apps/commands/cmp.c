// SPDX-License-Identifier: MIT OR Apache-2.0
// cmp: status 0 same, 1 different, 2 trouble.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct input file_open(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY);
	if (fd < 0) {
		complain_file(path);
		exit(2);
	}
	return (struct input){.fd = fd};
}

// Byte by byte over both buffers; false at the end of either.
static bool byte_next(struct input *input, int *byte)
{
	const char *bytes;
	size_t size;
	if (input->start == input->end) {
		if (!input_chunk(input, &bytes, &size))
			return false;
		input->start -= size;
	}
	*byte = (unsigned char)input->buffer[input->start++];
	return true;
}

int command_cmp(int count, char **arguments)
{
	bool silent = false;
	for (int option; (option = option_next(count, arguments, "sl")) >= 0;)
		silent |= option == 's';
	if (count - optind != 2)
		die_usage();
	const char *left_path = arguments[optind], *right_path = arguments[optind + 1];
	struct input left = file_open(left_path), right = file_open(right_path);
	for (uint64_t at = 1, line = 1;; at++) {
		int a = 0, b = 0;
		bool more_left = byte_next(&left, &a), more_right = byte_next(&right, &b);
		if (!more_left && !more_right)
			return left.error || right.error ? 2 : 0;
		if (more_left && more_right && a == b) {
			line += a == '\n';
			continue;
		}
		if (silent)
			return 1;
		if (more_left != more_right)
			complain("EOF on %s after byte %llu", more_left ? right_path : left_path,
				(unsigned long long)at - 1);
		else
			output_format(&out, "%s %s differ: char %llu, line %llu\n", left_path,
				right_path, (unsigned long long)at, (unsigned long long)line);
		return 1;
	}
}
