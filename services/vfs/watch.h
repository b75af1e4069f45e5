// SPDX-License-Identifier: MIT OR Apache-2.0
/* Who wants to know of changes. A watch holds a file or directory, as a description does, and the
 * writing end of a pipe, into which the VFS puts struct change_event; its reader has the other end
 * and waits, polls and closes as with any pipe. What finds no room is lost, and the reader is told.
 * After a kill of the VFS the event of the request in between may come twice.
 * All of it is in the estate. Tests: tests/host/services/vfs_watch_test.c */
#pragma once

#include "volume.h"

#define WATCHES_MOST      64u
#define WATCHES_OF_CLIENT 16u

/* Carves the table from the estate. */
bool watches_open(void);

/* OK: one more may be made for the program. ERR_QUOTA, ERR_TOO_MANY. */
[[nodiscard]] status_t watch_check_room(uint64_t account);

/* `place` was held for it (place_hold). There must be room. */
void watch_make(struct place place, uint64_t events, uint32_t pipe, uint64_t account);

/* The reading end was closed: if the pipe is a watch's, that ends. */
void watch_end(uint32_t pipe);

/* A name came into a directory, or left it. */
void watch_name(struct place directory, struct name name, enum change_kind kind);

/* Something happened to a file or directory itself; `directory`: where it was opened, and is told,
 * too. */
void watch_node(struct place place, struct place directory, enum change_kind kind);
