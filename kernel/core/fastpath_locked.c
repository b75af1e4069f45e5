// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls under the kernel lock, for several CPUs. */
#define FASTPATH_WAY(way) fastpath_locked_##way
#define FASTPATH_LOCKED   true

#include "fastpath_ways.h"
