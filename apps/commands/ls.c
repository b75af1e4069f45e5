// SPDX-License-Identifier: MIT OR Apache-2.0
// ls: columns and colours on a terminal, one name per line elsewhere.
// Permissions and owners are what volumes keep for others (chmod.c).
#include "../lib/utf8.h"
#include "command.h"

#include <craton.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct entry {
	char *name; // as shown
	char *path;
	struct stat status;
};

struct listing {
	struct entry *entries;
	size_t count, capacity;
};

static struct {
	size_t columns; // of the terminal; 0: none
	bool all, almost_all, one, detailed, human, recursive, by_time, by_size, reverse,
		directories, marks, titles, some;
} ls;

static bool entry_add(struct listing *listing, const char *name, char *path)
{
	struct entry entry = {.path = path};
	if (lstat(path, &entry.status) != 0) {
		complain_file(path);
		free(path);
		return false;
	}
	entry.name = memory_string(name);
	listing->entries = array_room(
		listing->entries, listing->count, &listing->capacity, sizeof *listing->entries);
	listing->entries[listing->count++] = entry;
	return true;
}

static void listing_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->entries[i].name);
		free(listing->entries[i].path);
	}
	free(listing->entries);
}

static int entries_compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = 0;
	if (ls.by_size)
		order = (a->status.st_size < b->status.st_size) -
			(a->status.st_size > b->status.st_size);
	const struct timespec *x = &a->status.st_mtim, *y = &b->status.st_mtim;
	if (ls.by_time)
		order = x->tv_sec != y->tv_sec
				? (x->tv_sec < y->tv_sec) - (x->tv_sec > y->tv_sec)
				: (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
	if (!order)
		order = strcmp(a->name, b->name);
	return ls.reverse ? -order : order;
}

static char type_letter(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return 'd';
	if (S_ISLNK(status->st_mode))
		return 'l';
	if (S_ISCHR(status->st_mode))
		return 'c';
	if (S_ISBLK(status->st_mode))
		return 'b';
	return S_ISREG(status->st_mode) ? '-' : 's';
}

static const char *colour_of(const struct entry *entry)
{
	if (S_ISDIR(entry->status.st_mode))
		return "\033[1;34m";
	if (S_ISLNK(entry->status.st_mode))
		return "\033[1;36m";
	if (S_ISCHR(entry->status.st_mode))
		return "\033[1;33m";
	size_t length = strlen(entry->name);
	return length > 5 && strcmp(entry->name + length - 5, ".wasm") == 0 ? "\033[1;32m"
									    : nullptr;
}

static char mark_of(const struct entry *entry)
{
	if (!ls.marks)
		return 0;
	return S_ISDIR(entry->status.st_mode) ? '/' : S_ISLNK(entry->status.st_mode) ? '@' : 0;
}

static void name_print(const struct entry *entry)
{
	const char *colour = ls.columns ? colour_of(entry) : nullptr;
	if (colour)
		output_string(&out, colour);
	// Control bytes could do anything to a terminal.
	for (const char *at = entry->name; *at; at++)
		output_char(
			&out, ls.columns && ((unsigned char)*at < ' ' || *at == 127) ? '?' : *at);
	if (colour)
		output_string(&out, "\033[0m");
	if (mark_of(entry))
		output_char(&out, mark_of(entry));
}

static size_t name_width(const struct entry *entry)
{
	return utf8_columns(entry->name, strlen(entry->name)) + (mark_of(entry) != 0);
}

// --- Columns ----------------------------------------------------------------------------------

static size_t column_width(const struct listing *listing, size_t rows, size_t column)
{
	size_t widest = 0;
	for (size_t i = column * rows; i < (column + 1) * rows && i < listing->count; i++)
		if (name_width(&listing->entries[i]) > widest)
			widest = name_width(&listing->entries[i]);
	return widest;
}

static bool rows_fit(const struct listing *listing, size_t rows)
{
	size_t width = 0;
	for (size_t column = 0; column * rows < listing->count; column++)
		width += column_width(listing, rows, column) + 2;
	return width <= ls.columns + 2;
}

static void columns_print(const struct listing *listing)
{
	size_t rows = listing->count > 0;
	while (rows < listing->count && !rows_fit(listing, rows))
		rows++;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < listing->count; i += rows) {
			name_print(&listing->entries[i]);
			if (i + rows >= listing->count)
				break;
			size_t width = column_width(listing, rows, i / rows) + 2;
			for (size_t at = name_width(&listing->entries[i]); at < width; at++)
				output_char(&out, ' ');
		}
		output_char(&out, '\n');
	}
}

// --- Details ----------------------------------------------------------------------------------

static void time_print(time_t when)
{
	char text[32];
	struct tm parts;
	time_t now = time(nullptr);
	bool recent = when <= now && now - when < 180 * 86400L;
	if (!localtime_r(&when, &parts) ||
		!strftime(text, sizeof text, recent ? "%b %e %H:%M" : "%b %e  %Y", &parts))
		strcpy(text, "           ?");
	output_string(&out, text);
}

static void size_text(char text[24], const struct entry *entry)
{
	if (ls.human)
		size_format(text, (uint64_t)entry->status.st_size);
	else
		snprintf(text, 24, "%lld", (long long)entry->status.st_size);
}

static void link_print(const struct entry *entry)
{
	char target[4096];
	ssize_t size = readlink(entry->path, target, sizeof target);
	output_string(&out, " -> ");
	if (size > 0)
		output_bytes(&out, target, (size_t)size);
}

// rwxr-xr-x, owner and group; nothing is known of what is no file.
static void access_print(const struct entry *entry)
{
	static const char letters[] = "rwxrwxrwx";
	char text[10] = "?????????";
	struct file_access access = {};
	if (craton_access(entry->path, false, &access) == 0)
		for (int i = 0; i < 9; i++)
			text[i] = access.mode >> (8 - i) & 1 ? letters[i] : '-';
	for (int i = 0; i < 3; i++) {
		char *execute = &text[i * 3 + 2];
		if (access.mode >> (11 - i) & 1)
			*execute = i == 2            ? *execute == 'x' ? 't' : 'T'
				   : *execute == 'x' ? 's'
						     : 'S';
	}
	output_format(&out, "%s %3llu %4u %4u ", text, (unsigned long long)entry->status.st_nlink,
		access.owner, access.group);
}

static void details_print(const struct listing *listing)
{
	int width = 1;
	char text[24];
	for (size_t i = 0; i < listing->count; i++) {
		size_text(text, &listing->entries[i]);
		width = (int)strlen(text) > width ? (int)strlen(text) : width;
	}
	for (size_t i = 0; i < listing->count; i++) {
		const struct entry *entry = &listing->entries[i];
		size_text(text, entry);
		output_char(&out, type_letter(&entry->status));
		access_print(entry);
		output_format(&out, "%*s ", width, text);
		time_print(entry->status.st_mtim.tv_sec);
		output_char(&out, ' ');
		name_print(entry);
		if (S_ISLNK(entry->status.st_mode))
			link_print(entry);
		output_char(&out, '\n');
	}
}

static void listing_print(struct listing *listing)
{
	if (listing->count > 1)
		qsort(listing->entries, listing->count, sizeof *listing->entries, entries_compare);
	if (ls.detailed)
		details_print(listing);
	else if (ls.columns && !ls.one)
		columns_print(listing);
	else
		for (size_t i = 0; i < listing->count; i++) {
			name_print(&listing->entries[i]);
			output_char(&out, '\n');
		}
	ls.some |= listing->count > 0;
}

// --- Directories ------------------------------------------------------------------------------

static void directory_list(const char *path, int depth)
{
	char **names;
	size_t count;
	struct listing listing = {};
	if (ls.titles)
		output_format(&out, "%s%s:\n", ls.some ? "\n" : "", path);
	ls.some = true;
	if (!directory_names(path, &names, &count))
		return;
	if (ls.all) {
		(void)entry_add(&listing, ".", memory_string(path));
		(void)entry_add(&listing, "..", path_join(path, ".."));
	}
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.' || ls.all || ls.almost_all)
			(void)entry_add(&listing, names[i], path_join(path, names[i]));
	names_free(names, count);
	listing_print(&listing);
	for (size_t i = 0; ls.recursive && i < listing.count; i++) {
		const struct entry *entry = &listing.entries[i];
		bool self = strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0;
		if (S_ISDIR(entry->status.st_mode) && !self && depth < TREE_DEPTH_MAX)
			directory_list(entry->path, depth + 1);
	}
	listing_free(&listing);
}

static void paths_list(char **paths)
{
	struct listing files = {}, directories = {};
	for (; *paths; paths++) {
		bool directory = !ls.directories && is_directory(*paths);
		if (!entry_add(directory ? &directories : &files, *paths, memory_string(*paths)))
			command_status = 2;
	}
	listing_print(&files);
	if (directories.count > 1)
		qsort(directories.entries, directories.count, sizeof *directories.entries,
			entries_compare);
	for (size_t i = 0; i < directories.count; i++)
		directory_list(directories.entries[i].path, 0);
	listing_free(&files);
	listing_free(&directories);
}

static void option_take(int option)
{
	ls.all |= option == 'a';
	ls.almost_all |= option == 'A';
	ls.one |= option == '1';
	ls.detailed |= option == 'l';
	ls.human |= option == 'h';
	ls.recursive |= option == 'R';
	ls.by_time |= option == 't';
	ls.by_size |= option == 'S';
	ls.reverse |= option == 'r';
	ls.directories |= option == 'd';
	ls.marks |= option == 'F';
}

int command_ls(int count, char **arguments)
{
	static char here[] = ".";
	char *fallback[] = {here, nullptr};
	for (int option; (option = option_next(count, arguments, "1aAdFhlRrSt")) >= 0;)
		option_take(option);
	ls.columns = terminal_columns();
	ls.titles = ls.recursive || count - optind > 1;
	paths_list(optind < count ? arguments + optind : fallback);
	return command_status;
}
