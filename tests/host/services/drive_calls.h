// SPDX-License-Identifier: MIT OR Apache-2.0
/* Put before services/vfs/drive.c: its system calls go to vfs_drive_test.c. */
#pragma once

#include <abi/syscall.h>

status_t fake_sys_signal(handle_t notification);

#define sys_signal fake_sys_signal
