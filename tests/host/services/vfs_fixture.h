// SPDX-License-Identifier: MIT OR Apache-2.0
/* A VFS in ordinary memory over a small bundle that is made here. */
#pragma once

#include "estate_host.h"
#include "vfs.h"

#define FIXTURE_BLOCKS       160u
#define FIXTURE_NODES        48u
#define FIXTURE_DESCRIPTIONS 64u
#define FIXTURE_CLIENTS      8u
#define FIXTURE_PIPES        4u
#define FIXTURE_LOCKS        160u

/* Mounts what a test wants besides. */
extern void (*fixture_mount)(void);

/* The clock goes on. */
void fixture_pass_time(uint64_t nanoseconds);

/* A new VFS with an empty estate. */
void fixture_new(void);

/* A new instance over the same estate, as after a kill. */
void fixture_restart(void);

/* The bundle, to damage it. */
uint8_t *fixture_bundle(void);
uint64_t fixture_bundle_size(void);

static inline struct vfs_bytes text_bytes(const char *text)
{
	return (struct vfs_bytes){(const uint8_t *)text, strlen(text)};
}
