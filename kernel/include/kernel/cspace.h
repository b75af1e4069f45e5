// SPDX-License-Identifier: MIT OR Apache-2.0
/* Handles to slots. A handle is a path (24 bits) and a tag (40 bits). The path is read from its
 * low end: each CNode on the way takes as many bits as its radix; the way ends where the rest of
 * the path is zero (slot 0 of a CNode is never a capability, so this is unambiguous). */
#ifndef KERNEL_CSPACE_H
#define KERNEL_CSPACE_H

#include <kernel/object.h>

/* What a thread without a capability space has: no slot of it is in range. */
extern struct cnode cspace_empty;

/* The filled slot that `handle` names in `thread`'s space. ERR_INVALID_HANDLE, ERR_STALE. */
ALWAYS_INLINE NODISCARD status_t cspace_lookup(
	const struct thread *thread, handle_t handle, struct slot **slot)
{
	uint32_t path = (uint32_t)(handle & (((uint64_t)1 << ABI_HANDLE_PATH_BITS) - 1));
	struct cnode *cnode = thread->cspace;

	for (;;) {
		uint32_t index;
		struct slot *found;

		index = path & cnode->mask;
		path >>= cnode->radix;
		if (UNLIKELY(index < CNODE_RESERVED))
			return ERR_INVALID_HANDLE;
		found = &cnode->container.slots[index];
		if (LIKELY(path == 0)) {
			*slot = found;
			return LIKELY(found->tag == handle >> ABI_HANDLE_PATH_BITS &&
				       found->tag != 0)
				       ? OK
				       : ERR_STALE;
		}
		if (found->type != OBJECT_CNODE)
			return ERR_INVALID_HANDLE;
		cnode = (struct cnode *)found->object;
	}
}

/* The same, and checks type and rights. ERR_WRONG_TYPE, ERR_RIGHTS. */
ALWAYS_INLINE NODISCARD status_t cspace_lookup_object(const struct thread *thread, handle_t handle,
	uint32_t type, uint32_t rights, struct slot **slot)
{
	status_t status = cspace_lookup(thread, handle, slot);

	if (UNLIKELY(status != OK))
		return status;
	if (UNLIKELY((*slot)->type != type))
		return ERR_WRONG_TYPE;
	if (UNLIKELY((rights & ~(*slot)->rights) != 0))
		return ERR_RIGHTS;
	return OK;
}

/* The slot `index` of a CNode. ERR_RANGE. */
NODISCARD status_t cnode_slot(struct cnode *cnode, uint64_t index, struct slot **slot);

/* The same, and it must be empty. ERR_OCCUPIED. */
NODISCARD status_t cnode_empty_slot(struct cnode *cnode, uint64_t index, struct slot **slot);

#endif
