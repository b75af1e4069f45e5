// SPDX-License-Identifier: MIT OR Apache-2.0
// changes: prints what the system says of files and directories that are watched.
#include "command.h"

#include <craton.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr int PATHS_MAX = 16;
constexpr size_t EVENTS_BYTES = 4096;

struct watch {
	const char *path;
	size_t size; // of what was read and is no whole event yet
	char bytes[EVENTS_BYTES];
};

static const char *kind_text(uint32_t kind)
{
	static const char *const texts[] = {"created", "removed", "moved-from", "moved-to",
		"contents", "attributes", "gone", "lost"};
	for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (kind == 1u << i)
			return texts[i];
	return "?";
}

// The name of a file in a directory; null: it is not there, or this is no directory.
static char *name_find(const char *directory, uint64_t inode)
{
	DIR *entries = inode ? opendir(directory) : nullptr;
	char *name = nullptr;
	for (struct dirent *entry; entries && !name && (entry = readdir(entries));)
		if (entry->d_ino == inode && strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			name = memory_string(entry->d_name);
	if (entries)
		(void)closedir(entries);
	return name;
}

static void change_print(const char *path, const struct change_record *change, const char *name)
{
	char *found = change->name_size ? nullptr : name_find(path, change->inode);
	int size = found ? (int)strlen(found) : (int)change->name_size;
	output_format(&out, "%-10s %s", kind_text(change->kind), path);
	if (size)
		output_format(&out, "%s%.*s", path[strlen(path) - 1] == '/' ? "" : "/", size,
			found ? found : name);
	output_char(&out, '\n');
	free(found);
}

// Prints the events that were read; counts `*left` down and stops at 0.
static void changes_print(struct watch *watch, uint64_t *left)
{
	struct change_record change;
	size_t at = 0;
	while (*left && watch->size - at >= sizeof change) {
		memcpy(&change, watch->bytes + at, sizeof change);
		size_t whole = sizeof change + (change.name_size + 7) / 8 * 8;
		if (whole > watch->size - at)
			break;
		change_print(watch->path, &change, watch->bytes + at + sizeof change);
		at += whole;
		--*left;
	}
	watch->size -= at;
	memmove(watch->bytes, watch->bytes + at, watch->size);
}

static bool watch_begin(const char *path, struct watch *watch, struct pollfd *events)
{
	watch->path = path;
	events->events = POLLIN;
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		complain_file(path);
		return false;
	}
	int error = craton_watch(fd, CRATON_CHANGES_ALL, &events->fd);
	(void)close(fd);
	if (error)
		complain("%s: %s", path, strerror(error));
	return !error;
}

int command_changes(int count, char **arguments)
{
	static struct watch watches[PATHS_MAX];
	struct pollfd events[PATHS_MAX];
	uint64_t left = UINT64_MAX;
	for (int option; (option = option_next(count, arguments, "n:")) >= 0;)
		left = number_read(optarg);
	char **paths = arguments + optind;
	int path_count = count - optind;
	if (path_count == 0)
		die_usage();
	if (path_count > PATHS_MAX)
		die("at most %d paths can be watched", PATHS_MAX);
	for (int i = 0; i < path_count; i++)
		if (!watch_begin(paths[i], &watches[i], &events[i]))
			return command_status;
	while (left && output_flush(&out) == 0) {
		if (poll(events, (nfds_t)path_count, -1) < 0)
			return command_status;
		for (int i = 0; i < path_count; i++) {
			struct watch *watch = &watches[i];
			if (!events[i].revents)
				continue;
			ssize_t size = read(events[i].fd, watch->bytes + watch->size,
				EVENTS_BYTES - watch->size);
			if (size <= 0)
				return command_status;
			watch->size += (size_t)size;
			changes_print(watch, &left);
		}
	}
	return command_status;
}
