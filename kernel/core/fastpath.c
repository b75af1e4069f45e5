// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls on a machine with one CPU. */
#define FASTPATH_WAY(way) fastpath_##way
#define FASTPATH_LOCKED   false

#include "fastpath_ways.h"
