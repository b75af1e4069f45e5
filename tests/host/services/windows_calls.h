// SPDX-License-Identifier: MIT OR Apache-2.0
/* Put before services/devices/config.c: its ports are those of windows_test.c. */
#pragma once

#include <abi/syscall.h>

status_t fake_port_out(handle_t port, uint64_t number, uint64_t size, uint64_t value);
status_t fake_port_in(handle_t port, uint64_t number, uint64_t size, uint64_t *value);

#define io_port_out fake_port_out
#define io_port_in  fake_port_in
