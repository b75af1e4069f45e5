// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading the system's records, for the commands that show them.
#ifndef COMMANDS_SYSTEM_H
#define COMMANDS_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

// Gives all records of a kind (free() them); ends the program with a message if there are none to
// be had.
void *records_get(int kind, uint64_t argument, size_t record_size, size_t *count);
// "1.250s", "3m07s", "2d04h"
void duration_format(char text[24], uint64_t ns);
const char *process_state_name(uint32_t state);
const char *service_state_name(uint32_t state);
const char *service_health_name(uint32_t health);

#endif
