// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls on a machine with one CPU. */
#define FASTPATH_WAY(way) fastpath_##way
#define FASTPATH_LOCKED   false

// clang-format off: in this order
#include "fastpath_calls.h"
#include "fastpath_wakes.h"
