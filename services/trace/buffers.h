// SPDX-License-Identifier: MIT OR Apache-2.0
/* The frames that are lent to the kernel for its trace, one for each CPU, mapped read-only here. */
#pragma once

#include <craton/service.h>

#define TRACE_CPUS_MAX 64u

/* Makes the frames from the memory that the manifest gives, once; a new instance maps those of its
 * predecessor. ERR_NO_MEMORY: more CPUs than there is memory for. */
[[nodiscard]] status_t buffers_make(uint64_t cpus);

/* Records that fit on each CPU; 0: there are no buffers. */
uint64_t buffers_capacity(void);

/* The frame of a CPU. */
handle_t buffer_frame(uint64_t cpu);

/* A record by its sequence number. */
const struct trace_record *buffer_record(uint64_t cpu, uint64_t sequence);
