// SPDX-License-Identifier: MIT OR Apache-2.0
// See glob.h. One level of recursion per path component, at most GLOB_DEPTH_MAX.
// Tests: tests/host/apps/cases/glob.sh
#include "glob.h"

#include "../lib/pattern.h"
#include "../lib/text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

constexpr int GLOB_DEPTH_MAX = 64;

struct globbing {
	struct fields *fields;
	struct text path; // what was matched so far
	int depth;
};

static void glob_component(struct globbing *globbing, const char *pattern);

// Goes on behind the component whose name is now in the path.
static void glob_descend(struct globbing *globbing, const char *rest)
{
	struct stat status;
	if (*rest == 0) {
		if (lstat(globbing->path.bytes, &status) == 0)
			fields_add(globbing->fields, memory_string(globbing->path.bytes));
		return;
	}
	if (stat(globbing->path.bytes, &status) != 0 || !S_ISDIR(status.st_mode))
		return;
	size_t slashes = strspn(rest, "/");
	text_add(&globbing->path, rest, slashes);
	if (rest[slashes])
		glob_component(globbing, rest + slashes);
	else
		fields_add(globbing->fields, memory_string(globbing->path.bytes));
}

static void glob_literal(struct globbing *globbing, char *component, const char *rest)
{
	size_t length = globbing->path.length;
	pattern_unquote(component);
	text_string(&globbing->path, component);
	glob_descend(globbing, rest);
	text_remove(&globbing->path, length, globbing->path.length - length);
}

static void glob_directory(struct globbing *globbing, const char *component, const char *rest)
{
	size_t length = globbing->path.length;
	DIR *directory = opendir(length ? globbing->path.bytes : ".");
	if (!directory)
		return;
	bool dots = component[0] == '.' || (component[0] == '\\' && component[1] == '.');
	for (struct dirent *entry; (entry = readdir(directory));) {
		const char *name = entry->d_name;
		if ((name[0] == '.') != dots || !pattern_match(component, name, strlen(name)))
			continue;
		text_string(&globbing->path, name);
		glob_descend(globbing, rest);
		text_remove(&globbing->path, length, globbing->path.length - length);
	}
	(void)closedir(directory);
}

static void glob_component(struct globbing *globbing, const char *pattern)
{
	if (++globbing->depth <= GLOB_DEPTH_MAX) {
		size_t size = strcspn(pattern, "/");
		char *component = memory_copy(pattern, size);
		if (pattern_is_literal(component))
			glob_literal(globbing, component, pattern + size);
		else
			glob_directory(globbing, component, pattern + size);
		free(component);
	}
	globbing->depth--;
}

bool glob_expand(const char *pattern, struct fields *fields)
{
	struct globbing globbing = {.fields = fields};
	size_t before = fields->count, slashes = strspn(pattern, "/");
	text_add(&globbing.path, pattern, slashes);
	glob_component(&globbing, pattern + slashes);
	text_free(&globbing.path);
	fields_sort(fields, before);
	return fields->count > before;
}
