// SPDX-License-Identifier: MIT OR Apache-2.0
/* Hashes of names, by which the index of a directory is ordered. */
#pragma once

#include "ext4.h"

/* `version`: HASH_*; seed: of the volume. False: the version is not known. The lowest bit is 0. */
bool name_hash(uint8_t version, const uint32_t seed[4], struct name name, uint32_t *hash);
