// SPDX-License-Identifier: MIT OR Apache-2.0
/* How the process of a volume's file system is reached. Host tests have another implementation. */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/runtime.h>

/* True: volumes are to be in processes of their own. */
bool remote_is_wanted(void);

/* The unit that is shared with the process; made if there is none. nullptr: no memory. */
uint8_t *remote_channel(unsigned index);

/* Sees that the process runs, and lets it have the volume's memory. */
[[nodiscard]] status_t remote_start(unsigned index);

/* A call. `sequence`: the same for a call that is made again because it had no answer.
 * ERR_DEADLINE: it has not answered in time. */
[[nodiscard]] status_t remote_call(unsigned index, uint32_t method, uint32_t sequence,
	uint64_t patience_ns, uint64_t words[6]);

void remote_signal(unsigned index);

/* By which bit of the notification the process signals. */
uint64_t remote_bit(unsigned index);
