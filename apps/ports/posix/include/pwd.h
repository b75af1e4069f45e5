// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

struct passwd {
	char *pw_name;
	char *pw_dir;
};

// There are no users: null.
struct passwd *getpwuid(uid_t user);
