// SPDX-License-Identifier: MIT OR Apache-2.0
/* Windows of registers: where they lie, and the frames of them. */
#pragma once

#include <craton/runtime.h>

/* log2 of the bytes of the window's frame. */
unsigned window_order(uint32_t index, uint32_t window);

/* The frame of a window of memory of the device at this place of the list; a window that lies where
 * nothing can be had is moved first. ERR_NO_SPACE. */
[[nodiscard]] status_t window_frame(uint32_t index, uint32_t window, handle_t *frame);

/* Gives all windows of a new device places in what its bridge forwards. */
void windows_place(uint32_t index);

/* Memory for a bridge to forward; 0: there is none. */
uint64_t windows_find_free(uint64_t size);

/* Takes the windows' frames from whoever has them: devices at this place of the list's bridge are
 * gone. */
void windows_take_back(uint32_t bridge);
