// SPDX-License-Identifier: MIT OR Apache-2.0
// What ports ask POSIX for and WASI's C library does not have. Users, owners and modes of files are
// not there: setting them fails with ENOSYS.
#include "posix.h"

#include <craton.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

static int not_here(void)
{
	errno = ENOSYS;
	return -1;
}

int chmod(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return not_here();
}

int fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	return not_here();
}

int chown(const char *path, uid_t owner, gid_t group)
{
	(void)path;
	(void)owner;
	(void)group;
	return not_here();
}

mode_t umask(mode_t mask)
{
	(void)mask;
	return 0;
}

uid_t getuid(void)
{
	return 0;
}

pid_t getpid(void)
{
	return (pid_t)craton_pid();
}

struct passwd *getpwuid(uid_t user)
{
	(void)user;
	return nullptr;
}

char *posix_tmpnam(char name[L_tmpnam])
{
	for (int attempt = 0; attempt < 16; attempt++) {
		unsigned random;
		if (getentropy(&random, sizeof random) != 0)
			return nullptr;
		(void)snprintf(name, L_tmpnam, "/tmp/t%08x", random);
		int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0)
			return close(fd) == 0 ? name : nullptr;
	}
	return nullptr;
}

FILE *tmpfile(void)
{
	char name[L_tmpnam];
	if (!posix_tmpnam(name))
		return nullptr;
	FILE *file = fopen(name, "w+b");
	(void)unlink(name);
	return file;
}
