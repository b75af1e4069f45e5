// SPDX-License-Identifier: MIT OR Apache-2.0
/* Deleting capabilities and destroying objects, in slices. */
#ifndef KERNEL_DELETE_H
#define KERNEL_DELETE_H

#include <kernel/object.h>
#include <kernel/slice.h>

/* Empties `slot`: first what was minted from it, then the slot; the last capability destroys the
 * object. `actor` keeps what is left to do if the slice ends. ERR_AGAIN: call again. */
NODISCARD status_t slot_delete(struct thread *actor, struct slot *slot, struct slice *slice);

/* Deletes everything derived from `slot`. ERR_AGAIN: call again. */
NODISCARD status_t slot_revoke(struct thread *actor, struct slot *slot, struct slice *slice);

/* Takes a container off the list of whoever destroys it. */
void container_forget(struct container *container);

#endif
