// SPDX-License-Identifier: MIT OR Apache-2.0
// sha256sum.
#include "command.h"

#include <fcntl.h>
#include <hash/sha256.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void input_hash(struct input *input, char text[65])
{
	struct sha256 hash;
	unsigned char digest[SHA256_SIZE];
	const char *bytes;
	size_t size;
	sha256_begin(&hash);
	while (input_chunk(input, &bytes, &size))
		sha256_add(&hash, bytes, size);
	sha256_end(&hash, digest);
	for (int i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void sum_print(struct input *input, const char *name, void *context)
{
	char text[65];
	(void)context;
	input_hash(input, text);
	if (!input->error)
		output_format(&out, "%s  %s\n", text, name ? name : "-");
}

static void file_check(const char *sum, const char *path)
{
	char text[65];
	struct input input = {.fd = open(path, O_RDONLY)};
	if (input.fd < 0) {
		complain_file(path);
		return;
	}
	input_hash(&input, text);
	bool same = strncmp(text, sum, 64) == 0;
	output_format(&out, "%s: %s\n", path, same ? "OK" : "FAILED");
	if (!same)
		command_status = 1;
	input_free(&input);
	(void)close(input.fd);
}

static void list_check(struct input *input, const char *name, void *context)
{
	const char *line;
	size_t size;
	(void)name, (void)context;
	while (input_line(input, &line, &size)) {
		size -= line[size - 1] == '\n';
		if (size < 67 || line[64] != ' ') {
			complain("a line is not SUM, two blanks, NAME");
			continue;
		}
		struct text path = {};
		text_add(&path, line + 66, size - 66);
		file_check(line, path.bytes);
		text_free(&path);
	}
}

int command_sha256sum(int count, char **arguments)
{
	bool check = false;
	for (int option; (option = option_next(count, arguments, "cb")) >= 0;)
		check |= option == 'c';
	inputs_visit(arguments + optind, check ? list_check : sum_print, nullptr);
	return command_status;
}
