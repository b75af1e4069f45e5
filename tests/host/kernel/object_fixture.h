// SPDX-License-Identifier: MIT OR Apache-2.0
// What tests of objects begin and end with.
#pragma once

#include "fake/user.h"

// Two CPUs, with the first task on one.
int object_boot(void **state);

// All is as it must be.
int object_end(void **state);

status_t map(handle_t space, handle_t frame, uint64_t address, uint64_t pages, uint64_t flags);
