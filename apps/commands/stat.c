// SPDX-License-Identifier: MIT OR Apache-2.0
// stat: what WASI knows about a file.
#include "command.h"

#include <craton.h>

#include <time.h>
#include <unistd.h>

static const char *type_text(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return "directory";
	if (S_ISLNK(status->st_mode))
		return "symbolic link";
	if (S_ISCHR(status->st_mode))
		return "character device";
	if (S_ISREG(status->st_mode))
		return status->st_size ? "regular file" : "regular empty file";
	return "other";
}

static void time_line(const char *title, const struct timespec *when)
{
	char text[32];
	struct tm parts;
	if (!localtime_r(&when->tv_sec, &parts) ||
		!strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts))
		return;
	output_format(&out, "%s: %s.%09ld\n", title, text, when->tv_nsec);
}

int command_stat(int count, char **arguments)
{
	if (count < 2)
		die_usage();
	for (int i = 1; i < count; i++) {
		struct stat status;
		if (lstat(arguments[i], &status) != 0) {
			complain_file(arguments[i]);
			continue;
		}
		output_format(&out,
			"  File: %s\n  Size: %lld  Type: %s\nDevice: %llu  Inode: %llu  "
			"Links: %llu\n",
			arguments[i], (long long)status.st_size, type_text(&status),
			(unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
			(unsigned long long)status.st_nlink);
		struct file_access access;
		if (craton_access(arguments[i], false, &access) == 0)
			output_format(&out, "  Mode: %04o  Owner: %u  Group: %u\n", access.mode,
				access.owner, access.group);
		time_line("Access", &status.st_atim);
		time_line("Modify", &status.st_mtim);
		time_line("Change", &status.st_ctim);
	}
	return command_status;
}
