// SPDX-License-Identifier: MIT OR Apache-2.0
/* Open descriptions, and the numbers under which clients know them. A description is shared: it
 * lives as long as one number of any client stands for it, and retains its file.
 * All of it is in the estate. Tests: tests/host/services/vfs_description_test.c */
#pragma once

#include "volume.h"

#define CLIENT_NUMBERS 256u /* of one client at most; numbers begin at 1 */
#define CLIENT_NAME    64u
#define CLIENT_FEW     16u /* with so many a client may take the last eighth of descriptions */

enum description_kind {
	DESCRIPTION_FREE,
	DESCRIPTION_FILE,
	DESCRIPTION_PIPE_READ,
	DESCRIPTION_PIPE_WRITE
};

struct description {
	uint32_t kind;
	uint32_t references; /* numbers that stand for it */
	uint64_t flags;      /* enum open_flag, those that matter later */
	uint64_t offset;
	struct place place;     /* of a file or directory */
	struct place directory; /* where it was found; it may be there no more */
	uint32_t type;          /* enum file_type; it never changes */
	uint32_t pipe;
	uint32_t next_free;
	uint32_t errors_seen; /* that writing back pages has had (cache_errors) */
};

static inline bool is_pipe(const struct description *description)
{
	return description->kind == DESCRIPTION_PIPE_READ ||
	       description->kind == DESCRIPTION_PIPE_WRITE;
}

static inline enum pipe_end pipe_end_of(const struct description *description)
{
	return description->kind == DESCRIPTION_PIPE_READ ? PIPE_END_READ : PIPE_END_WRITE;
}

struct client {
	uint64_t key;   /* badge + 1; 0: free */
	uint64_t arena; /* where it maps what is shared; 0: nowhere */
	uint32_t has_window;
	uint32_t may_mount;
	uint64_t parent; /* of a program: the one that started it */
	char name[CLIENT_NAME];
	uint32_t used;                    /* numbers */
	uint16_t numbers[CLIENT_NUMBERS]; /* description + 1; 0: free */
};

/* Carves the pools from the estate. */
bool descriptions_open(uint32_t description_count, uint32_t client_count);

/* The client, made if it is new; nullptr: too many clients. */
struct client *client_find(uint64_t badge);
/* The client if it is known. */
struct client *client_known(uint64_t badge);
/* Forgets a client without numbers. */
void client_forget(struct client *client);

/* Notes the client's arena, and gives it its window and the sheet: see vfs.attach. */
[[nodiscard]] status_t client_attach(struct client *client, uint64_t arena, bool window);

/* Where a number's object lies in the arena; 0: there is none. */
uint64_t client_place(const struct client *client, uint64_t id);

/* The client's window, MEMORY_SHARED_UNIT bytes that it writes at will; nullptr: it has none. */
uint8_t *client_window(const struct client *client);

/* The client is a program: what others see of it, and whether it may mount and unmount volumes. The
 * name, of at most CLIENT_NAME - 1 bytes, ends at the first that is 0. */
void client_is_program(
	struct client *client, uint64_t parent, bool may_mount, const uint8_t *name, size_t size);

/* nullptr: there are not so many places. Those without key are free. */
const struct client *client_at(uint64_t index);

static inline bool client_may_mount(const struct client *client)
{
	return client->may_mount != 0;
}

static inline uint64_t client_badge(const struct client *client)
{
	return client->key - 1;
}

/* nullptr: no such number. */
struct description *client_description(const struct client *client, uint64_t id);

/* A number of the description that no other has while it is open. */
uint32_t description_number(const struct description *description);

/* OK if so many more descriptions and numbers of the client are free. The last eighth of the
 * descriptions is kept for clients with few numbers (CLIENT_FEW). ERR_TOO_MANY. */
[[nodiscard]] status_t client_check_room(
	const struct client *client, unsigned numbers, unsigned descriptions);

/* A description with one number. There must be room (client_check_room). */
struct description *client_open(struct client *client, enum description_kind kind, uint64_t *id);

/* One more number for a description. There must be room. */
uint64_t client_add(struct client *client, struct description *description);

/* Gives a number back, and the description with its last: the last step of a transaction. */
[[nodiscard]] status_t client_close(struct client *client, uint64_t id);

/* The first number in use; 0: none. */
uint64_t client_first_number(const struct client *client);
