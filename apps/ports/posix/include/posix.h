// SPDX-License-Identifier: MIT OR Apache-2.0
// Declarations of POSIX that WASI's C library lacks: see posix.c. Included before everything else.
#pragma once

#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

int chmod(const char *path, mode_t mode);
int fchmod(int fd, mode_t mode);
int chown(const char *path, uid_t owner, gid_t group);
mode_t umask(mode_t mask);
uid_t getuid(void);
pid_t getpid(void);

int system(const char *command);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *stream);

// Makes an empty file with a new name below /tmp.
#define L_tmpnam 32
#define tmpnam   posix_tmpnam
char *posix_tmpnam(char name[L_tmpnam]);

// A file without a name.
FILE *tmpfile(void);
