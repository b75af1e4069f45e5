// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory of devices: frames of it, cut from the untyped memory that the supervisor gave, and
 * kept in this service's CNode, where a new instance finds them. */
#pragma once

#include <craton/runtime.h>

/* The frame of 2^order bytes at a physical address that is a multiple of that. ERR_NOT_FOUND: that
 * is no memory of devices; ERR_BUSY: a part of it was given in another size. */
[[nodiscard]] status_t registers_frame(uint64_t physical, unsigned order, handle_t *frame);

/* Writes 4-byte words, in order, to registers. */
[[nodiscard]] status_t registers_write(uint64_t physical, const uint32_t *words, unsigned count);

/* Maps the frame of 2^order bytes here, for as long as the instance lives; `number`: below
 * REGISTERS_MAPPED, another one for each. */
#define REGISTERS_MAPPED 16u
[[nodiscard]] status_t registers_map(
	uint64_t physical, unsigned order, uint32_t number, uint64_t address);

/* All frames of these bytes, and what others have of them, go. `size`: of whole pieces. */
void registers_take_back(uint64_t physical, uint64_t size);
