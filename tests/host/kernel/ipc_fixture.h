// SPDX-License-Identifier: MIT OR Apache-2.0
// Three threads that call each other through an endpoint.
#pragma once

#include "fake/user.h"

#include <kernel/endpoint.h>

extern handle_t endpoint;
extern handle_t reply;
extern struct worker server; /* on CPU 1 */
extern struct worker client; /* on CPU 2 */
extern struct worker other;  /* on CPU 3 */

int ipc_boot(void **state);

// All is as it must be.
int ipc_end(void **state);

// All CPUs have done what they had to.
void settle(void);

// The first word of a message.
uint64_t info(uint32_t label, unsigned words, unsigned handles);

// The server receives, the client calls: the server runs with the client's context.
void connect(time_ns deadline);
