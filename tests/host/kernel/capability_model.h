// SPDX-License-Identifier: MIT OR Apache-2.0
/* What capabilities mean, written down a second time: an explicit tree with parent pointers and
 * children, no order, no slots' contents. Nothing is shared with the kernel but its numbers. */
#ifndef TESTS_CAPABILITY_MODEL_H
#define TESTS_CAPABILITY_MODEL_H

#include <abi/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_PLACES 512
#define MODEL_NODES  4096

/* A capability. Copies are siblings: children of the same parent. */
struct model_cap {
	bool used;
	uint64_t type;
	uint64_t rights;
	uint64_t badge;
	unsigned depth;
	int object; /* which object it names */
	int parent; /* the capability that it was minted or retyped from; -1: none */
	int place;  /* where it is */
};

/* An object: memory below `memory` (an untyped object), from `start` on. */
struct model_object {
	bool used;
	uint64_t type;
	uint64_t start;
	uint64_t size;
	uint64_t taken; /* untyped: bytes used */
	int inside;     /* the untyped object that it was cut from; -1: none */
};

extern struct model_cap model_caps[MODEL_NODES];
extern struct model_object model_objects[MODEL_NODES];

void model_reset(void);

/* The capability in a place, or -1. */
int model_at(int place);

int model_root(int place, uint64_t type, uint64_t rights, uint64_t size);
status_t model_retype(
	int untyped, uint64_t type, uint64_t size, uint64_t count, int place, int places_end);
status_t model_copy(int source, int place, uint64_t rights);
status_t model_mint(int source, int place, uint64_t rights, uint64_t badge);
status_t model_move(int source, int place);
void model_delete(int cap);
void model_revoke(int cap);
status_t model_reset_untyped(int cap);

#endif
