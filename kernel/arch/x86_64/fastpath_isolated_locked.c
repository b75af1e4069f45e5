// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls under kernel isolation and the kernel lock. */
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>

/* The exit loads tables anyhow. */
#define cr3_write(root) ((void)(root))

#define FASTPATH_WAY(way) fastpath_isolated_locked_##way
#define FASTPATH_LOCKED   true

#include "../../core/fastpath_calls.h"
