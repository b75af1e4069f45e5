// SPDX-License-Identifier: MIT OR Apache-2.0
/* Shared memory on the host, as if the memory service were perfect: it survives restarts. */
#pragma once

#include "share.h"

/* Forgets all units. */
void share_host_new(void);

/* Where a unit is lent to a program at an address; nullptr: nothing is there. */
void *share_host_lent(uint64_t program, uint64_t address);

/* From now on nothing new can be had, or it can again. */
void share_host_exhaust(bool exhausted);

/* How often pipe_wake was called. */
unsigned share_host_wakes(void);

/* Where an object is whose number a driver is told. */
void *share_host_object(uint64_t object);
