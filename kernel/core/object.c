// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sizes and initial states of the kernel objects. */
#include <arch/machine.h>
#include <arch/paging.h>
#include <kernel/dma.h>
#include <kernel/object.h>
#include <kernel/space.h>
#include <kernel/thread.h>

#define THREAD_ORDER        11u
#define SCHED_CONTEXT_ORDER 8u
#define ENDPOINT_ORDER      6u
#define REPLY_ORDER         6u
#define NOTIFICATION_ORDER  6u
#define SLOT_ORDER          6u

_Static_assert(sizeof(struct thread) <= 1u << THREAD_ORDER, "thread size");
_Static_assert(sizeof(struct sched_context) <= 1u << SCHED_CONTEXT_ORDER, "context size");
_Static_assert(sizeof(struct endpoint) <= 1u << ENDPOINT_ORDER, "endpoint size");
_Static_assert(sizeof(struct reply) <= 1u << REPLY_ORDER, "reply size");
_Static_assert(sizeof(struct notification) <= 1u << NOTIFICATION_ORDER, "notification size");
_Static_assert(sizeof(struct address_space) <= 1u << ARCH_SPACE_ORDER, "space size");
_Static_assert(sizeof(struct dma_space) <= PAGE_SIZE, "the top table is behind");

uint32_t object_order(uint64_t type, uint64_t size)
{
	switch (type) {
	case OBJECT_UNTYPED:
	case OBJECT_FRAME:
		return size >= PAGE_SHIFT && size < 48 ? (uint32_t)size : 0;
	case OBJECT_CNODE:
		return size >= 2 && size <= ABI_CNODE_RADIX_MAX ? (uint32_t)size + SLOT_ORDER : 0;
	case OBJECT_THREAD:
		return THREAD_ORDER;
	case OBJECT_SCHED_CONTEXT:
		return SCHED_CONTEXT_ORDER;
	case OBJECT_ENDPOINT:
		return ENDPOINT_ORDER;
	case OBJECT_REPLY:
		return REPLY_ORDER;
	case OBJECT_NOTIFICATION:
		return NOTIFICATION_ORDER;
	case OBJECT_ADDRESS_SPACE:
	case OBJECT_DMA_SPACE:
		return ARCH_SPACE_ORDER;
	case OBJECT_PAGE_TABLE:
		return PAGE_SHIFT;
	default:
		return 0;
	}
}

static void cnode_init(struct cnode *cnode, uint64_t radix)
{
	cnode->radix = (uint32_t)radix;
	cnode->mask = (1u << radix) - 1;
	cnode->container.slots = (struct slot *)cnode;
	cnode->container.slot_count = 1u << radix;
	cnode->container.progress = CNODE_RESERVED;
}

void object_init(uint64_t type, uint64_t size, void *memory)
{
	switch (type) {
	case OBJECT_CNODE:
		cnode_init(memory, size);
		break;
	case OBJECT_THREAD:
		thread_init(memory);
		break;
	case OBJECT_SCHED_CONTEXT:
		((struct sched_context *)memory)->deadline = TIME_NEVER;
		break;
	case OBJECT_ADDRESS_SPACE:
		space_init(memory);
		break;
	case OBJECT_DMA_SPACE:
		arch_dma_space_init(memory, arch_iommu_levels());
		break;
	default:
		break; /* zero is the initial state */
	}
}
