// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a volume should hold, and random operations on both. */
#pragma once

#include "ext4_volume.h"

/* An empty volume's. */
void model_start(void);
/* One random operation; both must answer the same. */
void model_step(void);
/* Everything is on the volume as it is in the model. */
void model_check(void);
/* All up to now lasts, on the volume; what is changed later may be lost. */
void model_sync(void);
/* After a crash: what was there at the last sync and was not touched since is there. */
void model_check_synced(void);
