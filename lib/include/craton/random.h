// SPDX-License-Identifier: MIT OR Apache-2.0
/* Random numbers for one process, from the seed that it got at its start. */
#pragma once

#include <abi/abi.h>
#include <craton/runtime.h>

/* Before all others. */
void random_init(const struct process_start *start);

void random_fill(void *bytes, size_t size);
uint64_t random_number(void);
