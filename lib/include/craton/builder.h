// SPDX-License-Identifier: MIT OR Apache-2.0
/* Building services from their manifests: used by the first task (for the supervisor) and by the
 * supervisor (for all others).
 *
 * A service has a persistent part (CNode, endpoint, notification, estate), which lives as long as
 * the system, and an instance (address space, thread, memory, reply objects), all in one untyped
 * that is revoked and reset when the service is killed. */
#pragma once

#include <craton/runtime.h>

#define BUILDER_SLOTS 192u /* of the builder's CNode, for each service */

/* What the builder works with; the same for all services. */
struct builder {
	handle_t cnode; /* the builder's own, also its root */
	handle_t space;
	handle_t thread; /* authority for priorities */
	handle_t irq_control;
	handle_t io_port;
	handle_t platform;
	handle_t time_frame;
	handle_t fault_endpoint; /* badge-less; faults arrive with BADGE_SERVICE + number */
	handle_t health;         /* the builder's notification, for answers to builder_ping */
	uint64_t bundle_first;   /* slot of the first bundle frame */
	uint64_t bundle_frames;
	const uint8_t *bundle; /* mapped */
	uint64_t bundle_size;
	uint64_t window; /* free address range of the builder, 16 MiB */
	uint64_t random; /* state for addresses */
	/* Untyped memory with room for 2^order bytes, aligned; 0: there is none. */
	handle_t (*memory)(unsigned order);
	struct process_start start; /* what all services are told alike */
};

/* One service, as its builder remembers it. */
struct built {
	struct service_manifest manifest;
	uint64_t base;     /* first of its BUILDER_SLOTS slots */
	uint64_t epoch;    /* instances started so far */
	handle_t endpoint; /* full rights */
	handle_t notification;
	handle_t thread; /* of the instance */
	handle_t cnode;
	handle_t ping;         /* its notification with the badge SERVICE_PING */
	uint64_t health_badge; /* set before builder_prepare: the bit that it answers with */
	uint64_t failed;       /* 1: the instance ended by itself; told to the next one */
	uint64_t is_whole; /* 1: its file is as it was built: its hash is right, or its signature */
	uint64_t signal_tags[PROCESS_SERVICES]; /* tags of others' notifications that it may signal
						 */
	uint64_t tags[PROCESS_HANDLES]; /* of its other persistent well-known slots, by slot */
};

/* Makes the persistent part. */
[[nodiscard]] status_t builder_prepare(struct builder *b, struct built *service);

/* Gives a prepared service the right to call the service `number` at `endpoint`. */
[[nodiscard]] status_t builder_connect(struct built *service, handle_t endpoint, uint32_t number);

/* Gives a prepared service the right to signal another's notification. */
[[nodiscard]] status_t builder_connect_signal(struct built *service, const struct built *peer);

/* Gives a prepared service a capability in a well-known slot. */
[[nodiscard]] status_t builder_give(
	struct built *service, uint64_t slot, handle_t source, uint64_t rights);

/* Asks a service to signal `health`. */
void builder_ping(const struct built *service);

/* Makes and starts an instance. ERR_BAD_IMAGE, ERR_CORRUPT (looked at once, with the first
 * instance), ERR_NOT_FOUND: its file; ERR_NO_MEMORY: the manifest's memory is too small. */
[[nodiscard]] status_t builder_start(struct builder *b, struct built *service);

/* Destroys the instance: threads, space, memory. The persistent part stays. */
void builder_kill(struct builder *b, struct built *service);

/* A file of the bundle, of which the loader has verified the table. ERR_NOT_FOUND. */
[[nodiscard]] status_t builder_file(
	const struct builder *b, const char *name, const uint8_t **data, uint64_t *size);

/* The same, whose hash is right. ERR_CORRUPT. */
[[nodiscard]] status_t builder_whole_file(
	const struct builder *b, const char *name, const uint8_t **data, uint64_t *size);
