// SPDX-License-Identifier: MIT OR Apache-2.0
// chmod, chown: what volumes keep of permissions and owners for other systems. This one gives no
// rights by them.
#include "command.h"

#include <craton.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr uint32_t USER = 04700, GROUP = 02070, OTHER = 01007, ALL = 07777;

// Changes what stands in `access`; false: `wanted` cannot be read.
typedef bool change_t(const char *wanted, bool directory, struct file_access *access);

static uint32_t who_of(const char **text)
{
	uint32_t who = 0;
	for (;; ++*text)
		switch (**text) {
		case 'u':
			who |= USER;
			break;
		case 'g':
			who |= GROUP;
			break;
		case 'o':
			who |= OTHER;
			break;
		case 'a':
			who |= ALL;
			break;
		default:
			return who ? who : ALL;
		}
}

static uint32_t bits_of(const char **text, uint32_t mode, bool directory)
{
	uint32_t bits = 0;
	for (;; ++*text)
		switch (**text) {
		case 'r':
			bits |= 0444;
			break;
		case 'w':
			bits |= 0222;
			break;
		case 'x':
			bits |= 0111;
			break;
		case 'X':
			bits |= directory || (mode & 0111) ? 0111 : 0;
			break;
		case 's':
			bits |= 06000;
			break;
		case 't':
			bits |= 01000;
			break;
		default:
			return bits;
		}
}

// u+rwx,go-w and so on.
static bool clauses_apply(const char *text, bool directory, uint32_t *mode)
{
	do {
		uint32_t who = who_of(&text);
		if (!*text || !strchr("+-=", *text))
			return false;
		while (*text && strchr("+-=", *text)) {
			char operation = *text++;
			uint32_t bits = bits_of(&text, *mode, directory) & who;
			if (operation == '=')
				*mode &= ~who | (directory ? 06000u : 0u);
			*mode = operation == '-' ? *mode & ~bits : *mode | bits;
		}
	} while (*text++ == ',');
	return text[-1] == 0;
}

static bool mode_change(const char *wanted, bool directory, struct file_access *access)
{
	char *end;
	unsigned long number = strtoul(wanted, &end, 8);
	access->owner = access->group = CRATON_ACCESS_LEAVE;
	if (*wanted < '0' || *wanted > '7')
		return clauses_apply(wanted, directory, &access->mode);
	access->mode = (uint32_t)number;
	return !*end && number <= ALL;
}

static bool number_take(const char **text, uint32_t *number)
{
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(*text, &end, 10);
	*text = end;
	*number = (uint32_t)value;
	return !errno && value < CRATON_ACCESS_LEAVE;
}

// OWNER, OWNER:GROUP or :GROUP.
static bool owner_change(const char *wanted, bool, struct file_access *access)
{
	*access =
		(struct file_access){CRATON_ACCESS_LEAVE, CRATON_ACCESS_LEAVE, CRATON_ACCESS_LEAVE};
	if (*wanted != ':' && !number_take(&wanted, &access->owner))
		return false;
	return !*wanted || (*wanted++ == ':' && number_take(&wanted, &access->group) && !*wanted);
}

static int access_change(const char *path, change_t *change, const char *wanted, bool directory)
{
	struct file_access access;
	int error = craton_access(path, true, &access);
	if (error)
		return error;
	if (!change(wanted, directory, &access))
		die("%s: not understood; see `man %s`", wanted, command_running->name);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	error = craton_access_set(fd, &access);
	(void)close(fd);
	return error;
}

struct walk {
	change_t *change;
	const char *wanted;
	bool recursive;
};

static void tree_change(const struct walk *walk, const char *path, int depth)
{
	struct stat status;
	char **names;
	size_t count;
	int error = (depth ? lstat : stat)(path, &status) != 0 ? errno : 0;
	if (!error && S_ISLNK(status.st_mode))
		return; // found below: what it leads to may lie elsewhere
	if (!error)
		error = access_change(path, walk->change, walk->wanted, S_ISDIR(status.st_mode));
	if (error) {
		complain("%s: %s", path,
			error == ENOTSUP ? "its file system keeps no permissions and owners"
					 : strerror(error));
		return;
	}
	if (!walk->recursive || !S_ISDIR(status.st_mode))
		return;
	if (depth > TREE_DEPTH_MAX)
		complain("%s: directories are nested too deeply", path);
	else if (directory_names(path, &names, &count)) {
		for (size_t i = 0; i < count; i++) {
			char *below = path_join(path, names[i]);
			tree_change(walk, below, depth + 1);
			free(below);
		}
		names_free(names, count);
	}
}

static int trees_change(int count, char **arguments, change_t *change)
{
	struct walk walk = {.change = change};
	// `-x` and the like are modes, not options.
	int at = 1;
	for (; at < count && (!strcmp(arguments[at], "-R") || !strcmp(arguments[at], "--")); at++)
		walk.recursive |= arguments[at][1] == 'R';
	if (count - at < 2)
		die_usage();
	walk.wanted = arguments[at++];
	for (; at < count; at++)
		tree_change(&walk, arguments[at], 0);
	return command_status;
}

int command_chmod(int count, char **arguments)
{
	return trees_change(count, arguments, mode_change);
}

int command_chown(int count, char **arguments)
{
	return trees_change(count, arguments, owner_change);
}
