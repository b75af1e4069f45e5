// SPDX-License-Identifier: MIT OR Apache-2.0
// uniq: compares each line with the one before.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct uniq {
	struct text before;
	uint64_t times;
	bool counts, repeated, single;
};

static void group_print(const struct uniq *uniq)
{
	if (uniq->times == 0 || (uniq->repeated && uniq->times == 1) ||
		(uniq->single && uniq->times > 1))
		return;
	if (uniq->counts)
		output_format(&out, "%7llu ", (unsigned long long)uniq->times);
	output_bytes(&out, uniq->before.bytes, uniq->before.length);
	output_char(&out, '\n');
}

static void uniq_input(struct input *input, const char *name, void *context)
{
	struct uniq *uniq = context;
	const char *line;
	size_t size;
	(void)name;
	while (input_line(input, &line, &size)) {
		size -= line[size - 1] == '\n';
		if (uniq->times && size == uniq->before.length &&
			memcmp(line, uniq->before.bytes, size) == 0) {
			uniq->times++;
			continue;
		}
		group_print(uniq);
		text_clear(&uniq->before);
		text_add(&uniq->before, line, size);
		uniq->times = 1;
	}
	group_print(uniq);
}

int command_uniq(int count, char **arguments)
{
	struct uniq uniq = {};
	for (int option; (option = option_next(count, arguments, "cdu")) >= 0;) {
		uniq.counts |= option == 'c';
		uniq.repeated |= option == 'd';
		uniq.single |= option == 'u';
	}
	if (count - optind > 2)
		die_usage();
	if (count - optind == 2) {
		out.fd = open(arguments[optind + 1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (out.fd < 0)
			die("%s: %s", arguments[optind + 1], strerror(errno));
		arguments[optind + 1] = nullptr;
	}
	inputs_visit(arguments + optind, uniq_input, &uniq);
	text_free(&uniq.before);
	return command_status;
}
