// SPDX-License-Identifier: MIT OR Apache-2.0
/* For libsodium, which allocates nothing in the files that are built. */
#pragma once

#include <stddef.h>

[[noreturn]] void abort(void);
