// SPDX-License-Identifier: MIT OR Apache-2.0
// sync: waits until what was written lasts.
#include "command.h"

#include <craton.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void file_sync(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fsync(fd) != 0)
		complain_file(path);
	if (fd >= 0)
		(void)close(fd);
}

int command_sync(int count, char **arguments)
{
	if (option_next(count, arguments, "") >= 0)
		die_usage();
	int error = optind == count ? craton_sync() : 0;
	if (error)
		die("%s", strerror(error));
	for (; optind < count; optind++)
		file_sync(arguments[optind]);
	return command_status;
}
