// SPDX-License-Identifier: MIT OR Apache-2.0
/* The devices that every program may open: null, random, tty, zero. Bytes that are written to them
 * are thrown away. Of `tty` there is only the name here: programs talk to the console themselves.
 * The list is fixed. Tests: tests/host/services/vfs_devices_test.c */
#pragma once

#include "file_system.h"

#define DEVFS_ROOT 1u

extern const struct file_system_ops devfs_ops;
