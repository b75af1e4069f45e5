// SPDX-License-Identifier: MIT OR Apache-2.0
// tee: writes each block to all targets as it comes.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int *targets_open(char **paths, int count, bool append)
{
	int *targets = memory_get((size_t)count * sizeof *targets + 1);
	for (int i = 0; i < count; i++) {
		targets[i] =
			open(paths[i], O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0666);
		if (targets[i] < 0)
			complain_file(paths[i]);
	}
	return targets;
}

int command_tee(int count, char **arguments)
{
	bool append = false;
	for (int option; (option = option_next(count, arguments, "ai")) >= 0;)
		append |= option == 'a';
	char **paths = arguments + optind;
	int *targets = targets_open(paths, count - optind, append);
	struct input input = {.fd = 0};
	const char *bytes;
	size_t size;
	while (input_chunk(&input, &bytes, &size)) {
		output_bytes(&out, bytes, size);
		(void)output_flush(&out);
		for (int i = 0; i < count - optind; i++) {
			int error = targets[i] < 0 ? 0 : write_all(targets[i], bytes, size);
			if (!error)
				continue;
			complain("%s: %s", paths[i], strerror(error));
			targets[i] = -1;
		}
	}
	input_check(&input, nullptr);
	free(targets);
	return command_status;
}
