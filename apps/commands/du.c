// SPDX-License-Identifier: MIT OR Apache-2.0
// du: sums file sizes (WASI does not tell how many blocks they take), in KiB.
#include "command.h"

#include <stdlib.h>
#include <unistd.h>

static struct {
	bool all, human, summary;
} du;

static void size_print(uint64_t size, const char *path)
{
	char text[16];
	if (du.human)
		size_format(text, size);
	if (du.human)
		output_format(&out, "%s\t%s\n", text, path);
	else
		output_format(&out, "%llu\t%s\n", (unsigned long long)(size + 1023) / 1024, path);
}

static uint64_t tree_size(const char *path, int depth)
{
	struct stat status;
	char **names;
	size_t count;
	if (lstat(path, &status) != 0) {
		complain_file(path);
		return 0;
	}
	uint64_t size = (uint64_t)status.st_size;
	bool directory = S_ISDIR(status.st_mode);
	if (directory && depth < TREE_DEPTH_MAX && directory_names(path, &names, &count)) {
		for (size_t i = 0; i < count; i++) {
			char *inner = path_join(path, names[i]);
			size += tree_size(inner, depth + 1);
			free(inner);
		}
		names_free(names, count);
	}
	if (depth == 0 || (!du.summary && (directory || du.all)))
		size_print(size, path);
	return size;
}

int command_du(int count, char **arguments)
{
	for (int option; (option = option_next(count, arguments, "ahsk")) >= 0;) {
		du.all |= option == 'a';
		du.human |= option == 'h';
		du.summary |= option == 's';
	}
	if (optind == count)
		(void)tree_size(".", 0);
	for (; optind < count; optind++)
		(void)tree_size(arguments[optind], 0);
	return command_status;
}
