// SPDX-License-Identifier: MIT OR Apache-2.0
/* Finds the method that an invocation names and checks the right it needs. The switch is made from
 * abi/kernel.toml. */
#include "invoke.h"

#include <abi/dispatch.h>
#include <kernel/cspace.h>
#include <kernel/endpoint.h>

#define METHOD_KEY(object, number) ((uint64_t)(object) << 8 | (number))

#define OBJECT_TYPE_untyped       OBJECT_UNTYPED
#define OBJECT_TYPE_cnode         OBJECT_CNODE
#define OBJECT_TYPE_thread        OBJECT_THREAD
#define OBJECT_TYPE_sched_context OBJECT_SCHED_CONTEXT
#define OBJECT_TYPE_address_space OBJECT_ADDRESS_SPACE
#define OBJECT_TYPE_frame         OBJECT_FRAME
#define OBJECT_TYPE_irq_control   OBJECT_IRQ_CONTROL
#define OBJECT_TYPE_irq           OBJECT_IRQ
#define OBJECT_TYPE_io_port       OBJECT_IO_PORT
#define OBJECT_TYPE_dma_space     OBJECT_DMA_SPACE
#define OBJECT_TYPE_platform      OBJECT_PLATFORM
#define OBJECT_TYPE_iommu         OBJECT_IOMMU

static status_t invoke_method(struct invocation *in, uint64_t method)
{
	switch (METHOD_KEY(in->target->type, method)) {
#define METHOD_CASE(object, name, number, needed, argument_count)    \
	case METHOD_KEY(OBJECT_TYPE_##object, number):               \
		if (((needed) & ~(uint64_t)in->target->rights) != 0) \
			return ERR_RIGHTS;                           \
		return object##_##name##_method(in);
		ABI_METHOD_LIST(METHOD_CASE)
#undef METHOD_CASE
	default:
		return ERR_NO_METHOD;
	}
}

status_t invoke_call(struct cpu *cpu, struct thread *self)
{
	struct invocation in = {.cpu = cpu, .self = self, .slice = {.left = SLICE_STEPS}};
	uint64_t method = self->frame.args[1];
	status_t status = cspace_lookup(self, self->frame.args[0], &in.target);

	if (status != OK)
		return status;
	if (method > 0xff)
		return ERR_NO_METHOD;
	status = invoke_method(&in, method);
	return status == ERR_AGAIN ? STATUS_RESTART : status;
}

status_t invoke_destination(
	const struct invocation *in, handle_t cnode, uint64_t index, struct slot **slot)
{
	struct slot *table;
	status_t status =
		cspace_lookup_object(in->self, cnode, OBJECT_CNODE, RIGHT_CONTROL, &table);

	if (status != OK)
		return status;
	return cnode_empty_slot((struct cnode *)table->object, index, slot);
}
