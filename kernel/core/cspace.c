// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slots of CNodes by index: see cspace.h. */
#include <kernel/cspace.h>

struct cnode cspace_empty;

status_t cnode_slot(struct cnode *cnode, uint64_t index, struct slot **slot)
{
	if (index < CNODE_RESERVED || index > cnode->mask)
		return ERR_RANGE;
	*slot = &cnode->container.slots[index];
	return OK;
}

status_t cnode_empty_slot(struct cnode *cnode, uint64_t index, struct slot **slot)
{
	status_t status = cnode_slot(cnode, index, slot);

	if (status != OK)
		return status;
	return (*slot)->type == OBJECT_NULL ? OK : ERR_OCCUPIED;
}
