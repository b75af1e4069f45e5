// SPDX-License-Identifier: MIT OR Apache-2.0
// tree: draws directories with lines.
#include "command.h"

#include <stdlib.h>
#include <unistd.h>

static struct {
	bool all, only_directories;
	unsigned directories, files;
	struct text prefix;
} tree;

static bool is_shown(const char *directory, const char *name)
{
	if (name[0] == '.' && !tree.all)
		return false;
	if (!tree.only_directories)
		return true;
	char *path = path_join(directory, name);
	bool shown = is_directory(path);
	free(path);
	return shown;
}

static void draw(const char *path, int depth);

static void draw_entry(const char *directory, const char *name, bool last, int depth)
{
	struct stat status;
	char *path = path_join(directory, name);
	output_bytes(&out, tree.prefix.bytes, tree.prefix.length);
	output_format(&out, "%s%s\n", last ? "└── " : "├── ", name);
	size_t length = tree.prefix.length;
	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		tree.directories++;
		text_string(&tree.prefix, last ? "    " : "│   ");
		if (depth < TREE_DEPTH_MAX)
			draw(path, depth + 1);
		text_remove(&tree.prefix, length, tree.prefix.length - length);
	} else {
		tree.files++;
	}
	free(path);
}

static void draw(const char *path, int depth)
{
	char **names;
	size_t count, kept = 0;
	if (!directory_names(path, &names, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (is_shown(path, names[i]))
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	for (size_t i = 0; i < kept; i++)
		draw_entry(path, names[i], i + 1 == kept, depth);
	names_free(names, kept);
}

int command_tree(int count, char **arguments)
{
	for (int option; (option = option_next(count, arguments, "ad")) >= 0;) {
		tree.all |= option == 'a';
		tree.only_directories |= option == 'd';
	}
	text_string(&tree.prefix, "");
	do {
		const char *path = optind < count ? arguments[optind] : ".";
		output_format(&out, "%s\n", path);
		draw(path, 0);
	} while (++optind < count);
	output_format(&out, "\n%u director%s, %u file%s\n", tree.directories,
		tree.directories == 1 ? "y" : "ies", tree.files, tree.files == 1 ? "" : "s");
	text_free(&tree.prefix);
	return command_status;
}
