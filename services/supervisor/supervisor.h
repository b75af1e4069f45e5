// SPDX-License-Identifier: MIT OR Apache-2.0
/* Parts of the supervisor. */
#pragma once

#include <craton/builder.h>
#include <craton/service.h>

#define UNTYPED_ALL 255u

/* Gives a service the right to call the supervisor itself. */
[[nodiscard]] status_t connect_self(struct builder *b, struct built *service);

/* The first filled slot of a CNode at or after request->words[1], as struct capability_status. */
[[nodiscard]] status_t inspect_cnode(handle_t cnode, struct request *request);

/* Ends the machine: by the emulator's exit port if the command line names it (exit=), else by ACPI
 * where the chipset is known. ERR_NOT_SUPPORTED. */
[[nodiscard]] status_t power_off(struct builder *b, handle_t platform, uint64_t status);
