// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs that call the VFS, over the handlers of its main.c and a frame like that of
 * craton/service.h: requests that wait, replies that are kept for those who ask again, kills. Each
 * caller has one request at a time. */
#pragma once

#include "vfs_fixture.h"

#include <abi/protocol/vfs.h>

#define CALLERS 4u

struct caller {
	uint64_t badge;
	uint32_t sequence;
	uint32_t method;
	uint64_t words[6];
	uint8_t bytes[MESSAGE_BYTES];
	size_t size;
	/* Its answer: */
	bool is_waiting;
	status_t status;
	uint64_t results[6];
	uint8_t reply[MESSAGE_BYTES];
	size_t reply_size;
	void (*answered)(struct caller *caller); /* or nullptr */
	uint64_t data[4];                        /* of whoever is told */
};

extern struct caller callers[CALLERS];

/* A new VFS with a disk at /disk, and callers that have a window each. */
int callers_setup(void **state);

/* Sends a request. It may be answered when this returns, or wait. */
void call(struct caller *caller, uint32_t method, const uint64_t words[6], const void *bytes,
	size_t size);

/* The same, for a request that must be answered at last: what the disk has under way ends until it
 * is. Returns its status. */
status_t call_to_end(struct caller *caller, uint32_t method, const uint64_t words[6],
	const void *bytes, size_t size);

/* One thing that the disk has under way ends. False: there is none. */
bool callers_device(unsigned choice);

/* The driver of disks has signalled. */
void callers_drive(void);

/* The caller may mount. */
void callers_allow(struct caller *caller);

/* Time passes. */
void callers_wait(uint64_t nanoseconds);

/* The VFS dies; its next instance starts, and whoever waits asks again. `gone`: but this one, who
 * is no longer interested; may be nullptr. */
void callers_restart(bool keep_device, struct caller *gone);

/* --- forms ----------------------------------------------------------------------------------- */

status_t open_file(struct caller *caller, const char *path, uint64_t flags, uint64_t *id);
/* Through the window. */
status_t write_file(
	struct caller *caller, uint64_t id, uint64_t offset, const void *bytes, size_t size);
status_t read_file(struct caller *caller, uint64_t id, uint64_t offset, void *bytes, size_t size,
	size_t *done);
status_t resize_file(struct caller *caller, uint64_t id, uint64_t size);
status_t sync_file(struct caller *caller, uint64_t id);
status_t close_file(struct caller *caller, uint64_t id);
status_t unlink_file(struct caller *caller, const char *path);
uint8_t *window_of(const struct caller *caller);
