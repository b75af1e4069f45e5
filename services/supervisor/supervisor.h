// SPDX-License-Identifier: MIT OR Apache-2.0
/* Parts of the supervisor. */
#pragma once

#include <abi/protocol/supervisor.h>
#include <craton/builder.h>
#include <craton/health.h>
#include <craton/service.h>

#define UNTYPED_ALL 255u

/* At the start of an instance. */
void machine_init(void);

/* Gives a service the right to call the supervisor itself. */
[[nodiscard]] status_t connect_self(struct builder *b, struct built *service);

/* The first filled slot of a CNode at or after request->words[1], as struct capability_status. */
[[nodiscard]] status_t inspect_cnode(handle_t cnode, struct request *request);

/* What people are told of the supervisor itself (0) and of the first task (1). ERR_NOT_FOUND. */
[[nodiscard]] status_t own_status(uint64_t which, struct service_status *record);

/* Ends the machine: by the emulator's exit port if the command line names it (exit=), else by ACPI
 * where the chipset is known. ERR_NOT_SUPPORTED. */
[[nodiscard]] status_t power_off(struct builder *b, handle_t platform, uint64_t status);
