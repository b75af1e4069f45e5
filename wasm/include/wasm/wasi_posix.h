// SPDX-License-Identifier: MIT OR Apache-2.0
// The Linux backend of wasi_host.h, for tools and tests.
#ifndef WASM_WASI_POSIX_H
#define WASM_WASI_POSIX_H

#include "wasm/wasi_host.h"

// host_self may be null. Needs Linux 5.6 (openat2 with RESOLVE_BENEATH).
extern const struct wasi_host wasi_posix_host;

// A description with one reference that takes the file descriptor `fd`; null without memory.
struct wasi_description *wasi_posix_description(int fd);

#endif
