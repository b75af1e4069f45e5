// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short way of calls once more, for kernel isolation: the same code with other ways out
 * (entry_isolated.S), so that it costs nothing where there is no isolation. */
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>

/* The exit loads tables anyhow. */
#define cr3_write(root) ((void)(root))

#define fastpath_call            fastpath_isolated_call
#define fastpath_reply_recv      fastpath_isolated_reply_recv
#define fastpath_exit            fastpath_isolated_exit
#define fastpath_call_fail       fastpath_isolated_call_fail
#define fastpath_reply_recv_fail fastpath_isolated_reply_recv_fail

#include "../../core/fastpath.c" // NOLINT(bugprone-suspicious-include)
