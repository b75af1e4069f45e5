// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls under kernel isolation: with other ways out (entry_isolated.S), so that
 * it costs nothing where there is no isolation. */
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>

/* The exit loads tables anyhow. */
#define cr3_write(root) ((void)(root))

#define FASTPATH_WAY(way) fastpath_isolated_##way
#define FASTPATH_LOCKED   false

#include "../../core/fastpath_calls.h"
