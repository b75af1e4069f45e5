// SPDX-License-Identifier: MIT OR Apache-2.0
/* Clusters full of zeros, which directories take when they need one: those can be larger than what
 * fits into buffers. They are taken from the free ones when somebody asks for them. */
#pragma once

#include "state.h"

/* That an operation can take so many. FILE_LATER; ERR_NO_SPACE. */
[[nodiscard]] status_t spares_prepare(struct fat *fs, uint32_t count);
/* What the table says of them, and what is in them first, is there then. */
[[nodiscard]] status_t spare_take(struct fat *fs, uint32_t *cluster);

/* As in struct variant. */
bool spares_work(struct fat *fs);
void spares_resume(struct fat *fs);
void spares_io_done(struct fat *fs, uint64_t id, status_t status);
bool spares_are_quiet(const struct fat *fs);
/* None is kept. */
bool spares_are_settled(const struct fat *fs);
