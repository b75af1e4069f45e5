// SPDX-License-Identifier: MIT OR Apache-2.0
/* Devices that come and go while the system runs: what the slots of ports say becomes changes of
 * the list (table.h), of which drivers are told by a signal. */
#pragma once

#include <craton/runtime.h>

/* When all devices are found: the ports with slots, in the first instance; their interrupts, and
 * the drivers. */
void plug_find(void);
void plug_start(void);

/* Interrupts of ports have come, or the time; in a transaction of nobody. */
void plug_notified(uint64_t bits);
uint64_t plug_deadline(void);
void plug_expired(void);

/* Its driver has given up the device, and does not touch it any more. */
void plug_released(uint32_t index);
