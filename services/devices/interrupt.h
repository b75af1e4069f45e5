// SPDX-License-Identifier: MIT OR Apache-2.0
/* Interrupts of devices, by their place in the list (table.h). */
#pragma once

#include <craton/runtime.h>

/* Makes the device's interrupt, if it has none yet. */
[[nodiscard]] status_t interrupt_make(uint32_t index, handle_t *irq);
void interrupt_drop(uint32_t index);

/* The device may interrupt by message `number` of its own; ERR_NOT_FOUND: there is no interrupt. */
[[nodiscard]] status_t interrupt_on(uint32_t index, uint32_t number);
void interrupt_off(uint32_t index);
