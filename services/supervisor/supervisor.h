// SPDX-License-Identifier: MIT OR Apache-2.0
/* Parts of the supervisor. */
#pragma once

#include <abi/protocol/supervisor.h>
#include <craton/builder.h>
#include <craton/health.h>
#include <craton/service.h>

#define UNTYPED_ALL  255u
#define SERVICES_MAX 18u /* that are started: places of its CNode, bits of its notification */
static_assert(SERVICE_SIGNAL >> SERVICES_MAX != 0);

enum {
	STATE_STOPPED,
	STATE_STARTING,
	STATE_RUNNING,
	STATE_RESTARTING,
	STATE_FAILED,
	STATE_REFUSED
};

struct supervised {
	struct built built;
	uint32_t state; /* enum service_state of abi/wasm.toml */
	uint32_t restarts;
	uint32_t recent; /* restarts in this minute */
	uint64_t minute_start;
	uint64_t started_at;
	uint64_t start_at; /* RESTARTING: when */
	uint64_t fault[4];
	uint64_t cpu_before; /* of former instances */
	struct health health;
};

struct supervision {
	uint64_t boot_ns;   /* from the loader's start until all services were started */
	uint64_t health_at; /* the next look at the services' health */
	uint32_t count;
	struct supervised services[SERVICES_MAX];
};

/* In the estate: save a part before changing it. */
extern struct supervision *supervision;
extern struct builder builder;

/* --- memory.c --------------------------------------------------------------------------------- */

/* One of the first task's untyped memories with room for 2^order bytes, aligned: where the least is
 * lost to alignment, of these the one that has the least left; 0: none.
 */
[[nodiscard]] handle_t pool_find(unsigned order);

/* Memory that the manifest gives the service to manage: one piece, or all that is left. */
[[nodiscard]] status_t give_untyped(struct built *s);

/* The memory of devices, and before it the right over IOMMUs, to the service whose manifest says
 * so. */
[[nodiscard]] status_t give_devices(struct built *s);

/* --- signature.c ------------------------------------------------------------------------------ */

/* A driver with a signature that is right, or no driver. The caller has saved `s`. */
[[nodiscard]] bool service_is_trusted(struct supervised *s);

/* --- start.c ---------------------------------------------------------------------------------- */

/* Starts a service that is prepared and does not run: what becomes of it is its state. */
void service_start_instance(struct supervised *s);

/* OK, or why it does not run: ERR_BAD_IMAGE, ERR_NOT_SIGNED. */
[[nodiscard]] status_t service_start_status(const struct supervised *s);

/* At the system's start. Ends the machine if a service cannot be had. */
void service_start_all(void);

/* --- restart.c -------------------------------------------------------------------------------- */

/* The service with this number; nullptr: there is none. */
[[nodiscard]] struct supervised *by_number(uint64_t number);

/* CPU time of the instance that runs, in nanoseconds; `id`: its thread's number in the trace. */
[[nodiscard]] uint64_t instance_cpu(const struct supervised *s, uint64_t *id);

/* Kills the instance that runs. The caller has saved `s`. */
void end_instance(struct supervised *s);

/* The same, and schedules the next one. */
void kill_and_restart(struct supervised *s, bool failed);

/* A service's fault: framework's callback. */
[[nodiscard]] status_t handle_fault(struct request *request);

/* When restart_due or look_at_health has something to do. */
[[nodiscard]] uint64_t next_restart(void);
void restart_due(uint64_t now);
void look_at_health(uint64_t now);

/* Answers to heartbeats. */
void heartbeats_came(uint64_t bits);

/* --- requests.c ------------------------------------------------------------------------------- */

extern const struct service_method supervisor_methods[];
extern const uint32_t supervisor_method_count;

/* What the framework's loop waits for besides requests. */
[[nodiscard]] uint64_t next_event(void);
void event_due(uint64_t now);

/* --- machine.c -------------------------------------------------------------------------------- */

/* At the start of an instance. */
void machine_init(void);

/* The first filled slot of a CNode at or after request->words[1], as struct capability_status. */
[[nodiscard]] status_t inspect_cnode(handle_t cnode, struct request *request);

/* What people are told of the supervisor itself (0) and of the first task (1). ERR_NOT_FOUND. */
[[nodiscard]] status_t own_status(uint64_t which, struct service_status *record);

/* Ends the machine: by the emulator's exit port if the command line names it (exit=), else by ACPI
 * where the chipset is known. ERR_NOT_SUPPORTED. */
[[nodiscard]] status_t power_off(struct builder *b, handle_t platform, uint64_t status);
