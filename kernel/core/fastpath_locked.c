// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls under the kernel lock, for several CPUs. */
#define FASTPATH_WAY(way) fastpath_locked_##way
#define FASTPATH_LOCKED   true

// clang-format off: in this order
#include "fastpath_calls.h"
#include "fastpath_wakes.h"
