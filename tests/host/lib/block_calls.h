// SPDX-License-Identifier: MIT OR Apache-2.0
/* Put before the sources of lib/block: its system calls go to block_fixture.c. */
#pragma once

#include <abi/syscall.h>

status_t fake_sys_signal(handle_t notification);

#define sys_signal fake_sys_signal
