// SPDX-License-Identifier: MIT OR Apache-2.0
/* Deletion and revocation.
 *
 * Capabilities minted from another one go with it. An object goes with its last capability. CNodes
 * and threads hold capabilities of their own: when the last capability of such a container goes, it
 * moves into the container itself (a zombie, which no handle names) and keeps its place in the
 * derivation list, so that the memory below stays in use until all its slots are empty. Containers
 * under destruction hang on a list of the thread that began it; whoever revokes their memory first
 * finishes the work instead. So there is no recursion, and every step is short. */
#include <kernel/delete.h>
#include <kernel/dma.h>
#include <kernel/endpoint.h>
#include <kernel/futex.h>
#include <kernel/irq.h>
#include <kernel/robust.h>
#include <kernel/sched.h>
#include <kernel/space.h>
#include <kernel/thread.h>
#include <kernel/trace.h>

void container_forget(struct container *container)
{
	if (container->dying_link == NULL)
		return;
	*container->dying_link = container->dying_next;
	if (container->dying_next != NULL)
		container->dying_next->dying_link = container->dying_link;
	container->dying_link = NULL;
	container->dying_next = NULL;
}

static void container_doom(struct thread *actor, struct container *container, struct slot *last)
{
	uint32_t type = last->type;

	slot_move(&container->self, last);
	container->self.detail = 0;
	container->self.badge = type;
	container->self.type = OBJECT_ZOMBIE;
	container->self.tag = 0;
	container->dying_next = actor->dying;
	container->dying_link = &actor->dying;
	if (actor->dying != NULL)
		actor->dying->dying_link = &container->dying_next;
	actor->dying = container;
}

static struct container *container_of_zombie(struct slot *self)
{
	return CONTAINER_OF(self, struct container, self);
}

/* Does what the end of a simple object needs. ERR_AGAIN: not done yet. */
static status_t object_destroy(struct slot *slot, struct slice *slice)
{
	switch (slot->type) {
	case OBJECT_ENDPOINT:
		return endpoint_destroy((struct endpoint *)slot->object, slice);
	case OBJECT_REPLY:
		reply_destroy((struct reply *)slot->object);
		return OK;
	case OBJECT_NOTIFICATION:
		notification_destroy((struct notification *)slot->object);
		return OK;
	case OBJECT_SCHED_CONTEXT:
		sched_context_detach((struct sched_context *)slot->object);
		return OK;
	case OBJECT_ADDRESS_SPACE:
		return space_destroy((struct address_space *)slot->object, slice);
	case OBJECT_DMA_SPACE:
		return dma_space_destroy((struct dma_space *)slot->object, slice);
	case OBJECT_IRQ:
		irq_destroy((struct irq *)slot->object);
		return OK;
	default:
		return OK;
	}
}

/* Removes one capability from which nothing is minted any more. */
static status_t capability_remove(struct thread *actor, struct slot *slot, struct slice *slice)
{
	status_t status = OK;
	bool last = slot_is_last(slot);

	if (slot->type == OBJECT_FRAME && slot->detail == SLOT_IN_TRACE)
		trace_buffer_gone(slot);
	else if (slot->type != OBJECT_UNTYPED && (slot->detail & SLOT_IN_THREAD) != 0)
		thread_part_gone(slot);
	if (slot->type == OBJECT_FRAME)
		space_unmap(slot);
	else if (slot->type == OBJECT_PAGE_TABLE)
		space_forget_table(slot);
	else if (last && slot->type == OBJECT_CNODE) {
		container_doom(actor, &((struct cnode *)slot->object)->container, slot);
		return OK;
	} else if (last && slot->type == OBJECT_THREAD) {
		struct thread *thread = (struct thread *)slot->object;

		status = robust_release(actor, thread, slice);
		if (status == OK)
			status = futex_release_boosters(thread, slice);
		if (status != OK)
			return status;
		thread_detach(thread);
		container_doom(actor, &thread->container, slot);
		return OK;
	} else if (last) {
		status = object_destroy(slot, slice);
	}
	if (status == OK)
		slot_clear(slot);
	return status;
}

/* A capability minted from `slot` from which nothing is minted; else `slot`. The way there is at
 * most ABI_DERIVATION_DEPTH steps. */
static struct slot *newest_minted(struct slot *slot, uint32_t *steps)
{
	struct slot *minted;

	*steps = 1;
	if (slot->type == OBJECT_UNTYPED)
		return slot;
	while ((minted = slot_first_derived(slot)) != NULL) {
		slot = minted;
		(*steps)++;
	}
	return slot;
}

/* Removes what was minted from `slot`, then `slot`. */
static status_t capability_remove_minted(
	struct thread *actor, struct slot *slot, struct slice *slice)
{
	for (;;) {
		uint32_t steps;
		struct slot *victim = newest_minted(slot, &steps);
		status_t status;

		if (!slice_take(slice, 1 + steps / 4) && slice->left != SLICE_STEPS)
			return ERR_AGAIN;
		status = capability_remove(actor, victim, slice);
		if (status != OK)
			return status;
		if (victim == slot)
			return OK;
	}
}

/* What a thread that is gone had begun to destroy is finished when its memory is revoked. */
static void thread_orphan_dying(struct thread *thread)
{
	while (thread->dying != NULL)
		container_forget(thread->dying);
}

/* Empties a container and frees its last capability. */
static status_t container_drain(
	struct thread *actor, struct container *container, struct slice *slice)
{
	while (container->progress < container->slot_count) {
		struct slot *slot = &container->slots[container->progress];

		if (slot->type != OBJECT_NULL) {
			status_t status = capability_remove_minted(actor, slot, slice);

			if (status != OK)
				return status;
		} else if ((container->progress & 15u) == 0 && !slice_take(slice, 1)) {
			return ERR_AGAIN;
		}
		container->progress++;
	}
	container_forget(container);
	if (container->self.badge == OBJECT_THREAD)
		thread_orphan_dying(CONTAINER_OF(container, struct thread, container));
	slot_clear(&container->self);
	return OK;
}

static status_t drain_all(struct thread *actor, struct slice *slice)
{
	while (actor->dying != NULL) {
		status_t status = container_drain(actor, actor->dying, slice);

		if (status != OK)
			return status;
	}
	return OK;
}

status_t slot_delete(struct thread *actor, struct slot *slot, struct slice *slice)
{
	if (slot->type != OBJECT_NULL) {
		status_t status = capability_remove_minted(actor, slot, slice);

		if (status != OK)
			return status;
	}
	return drain_all(actor, slice);
}

status_t slot_revoke(struct thread *actor, struct slot *slot, struct slice *slice)
{
	struct slot *next;

	while ((next = slot_first_derived(slot)) != NULL) {
		status_t status = next->type == OBJECT_ZOMBIE
					  ? container_drain(actor, container_of_zombie(next), slice)
					  : capability_remove_minted(actor, next, slice);

		if (status != OK)
			return status;
	}
	return drain_all(actor, slice);
}
