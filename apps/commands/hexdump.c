// SPDX-License-Identifier: MIT OR Apache-2.0
// hexdump: 16 bytes a row with offset and characters, as `hexdump -C`; repeated rows become `*`.
#include "command.h"

#include <string.h>
#include <unistd.h>

struct hexdump {
	uint64_t skip, limit, offset;
	unsigned char row[16], before[16];
	size_t filled;
	bool some, starred;
};

static void row_print(struct hexdump *dump)
{
	bool same = dump->some && dump->filled == 16 && memcmp(dump->row, dump->before, 16) == 0;
	if (same) {
		if (!dump->starred)
			output_string(&out, "*\n");
		dump->starred = true;
		return;
	}
	dump->starred = false;
	dump->some = true;
	memcpy(dump->before, dump->row, 16);
	output_format(&out, "%08llx ", (unsigned long long)dump->offset);
	for (size_t i = 0; i < 16; i++) {
		output_string(&out, i == 8 ? "  " : " ");
		if (i < dump->filled)
			output_format(&out, "%02x", dump->row[i]);
		else
			output_string(&out, "  ");
	}
	output_string(&out, "  |");
	for (size_t i = 0; i < dump->filled; i++)
		output_char(
			&out, dump->row[i] >= ' ' && dump->row[i] < 127 ? (char)dump->row[i] : '.');
	output_string(&out, "|\n");
}

static void byte_take(struct hexdump *dump, unsigned char byte)
{
	if (dump->skip > 0) {
		dump->skip--;
		dump->offset++;
		return;
	}
	if (dump->limit == 0)
		return;
	dump->limit--;
	dump->row[dump->filled++] = byte;
	if (dump->filled == 16) {
		row_print(dump);
		dump->offset += 16;
		dump->filled = 0;
	}
}

static void dump_input(struct input *input, const char *name, void *context)
{
	struct hexdump *dump = context;
	const char *bytes;
	size_t size;
	(void)name;
	while (dump->limit > 0 && !out.error && input_chunk(input, &bytes, &size))
		for (size_t i = 0; i < size; i++)
			byte_take(dump, (unsigned char)bytes[i]);
}

int command_hexdump(int count, char **arguments)
{
	struct hexdump dump = {.limit = UINT64_MAX};
	for (int option; (option = option_next(count, arguments, "Cn:s:v")) >= 0;) {
		if (option == 'n')
			dump.limit = number_read(optarg);
		else if (option == 's')
			dump.skip = number_read(optarg);
	}
	inputs_visit(arguments + optind, dump_input, &dump);
	if (dump.filled > 0)
		row_print(&dump);
	if (dump.offset + dump.filled > 0)
		output_format(&out, "%08llx\n", (unsigned long long)(dump.offset + dump.filled));
	return command_status;
}
