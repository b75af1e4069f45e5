// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of scheduling contexts, address spaces, frames and ports. */
#include "invoke.h"

#include <arch/machine.h>
#include <arch/physmap.h>
#include <kernel/cspace.h>
#include <kernel/sched.h>
#include <kernel/space.h>

status_t sched_context_configure_method(struct invocation *in)
{
	return sched_context_configure((struct sched_context *)in->target->object, ARGUMENT(in, 0),
		ARGUMENT(in, 1), ARGUMENT(in, 2), ARGUMENT(in, 3));
}

status_t sched_context_consumed_method(struct invocation *in)
{
	set_result(in, 0, ((const struct sched_context *)in->target->object)->consumed);
	return OK;
}

/* --- address spaces --------------------------------------------------------------------------- */

#define GIVE_MAX 32u

static struct address_space *target_space(const struct invocation *in)
{
	return (struct address_space *)in->target->object;
}

static status_t tables_decode(
	struct invocation *in, uint32_t argument, struct slot **tables, uint64_t count)
{
	uint64_t index = ARGUMENT(in, argument + 1);
	struct slot *table;
	struct slot *last;
	struct cnode *cnode;
	status_t status = cspace_lookup_object(
		in->self, ARGUMENT(in, argument), OBJECT_CNODE, RIGHT_CONTROL, &table);

	if (status != OK)
		return status;
	if (count == 0 || count > GIVE_MAX || index > UINT32_MAX)
		return ERR_RANGE;
	cnode = (struct cnode *)table->object;
	status = cnode_slot(cnode, index, tables);
	return status == OK ? cnode_slot(cnode, index + count - 1, &last) : status;
}

status_t space_give_tables(struct invocation *in, struct address_space *space, uint32_t first)
{
	uint64_t count = ARGUMENT(in, first + 2);
	struct slot *tables;
	status_t status = tables_decode(in, first, &tables, count);

	for (uint64_t i = 0; status == OK && i < count; i++) {
		if (tables[i].type != OBJECT_PAGE_TABLE)
			status = tables[i].type == OBJECT_NULL ? ERR_STALE : ERR_WRONG_TYPE;
		else if (tables[i].link_a != 0)
			status = ERR_BUSY;
	}
	for (uint64_t i = 0; status == OK && i < count; i++)
		status = space_give_table(space, &tables[i]);
	return status;
}

status_t address_space_give_tables_method(struct invocation *in)
{
	return space_give_tables(in, target_space(in), 0);
}

static status_t frame_decode(struct invocation *in, struct slot **frame)
{
	return cspace_lookup_object(in->self, ARGUMENT(in, 0), OBJECT_FRAME, 0, frame);
}

status_t address_space_map_method(struct invocation *in)
{
	struct slot *frame;
	uint64_t missing = 0;
	status_t status = frame_decode(in, &frame);

	if (status != OK)
		return status;
	status = space_map(target_space(in), frame, ARGUMENT(in, 1), ARGUMENT(in, 2),
		ARGUMENT(in, 3), ARGUMENT(in, 4), &missing);
	set_result(in, 0, missing);
	return status;
}

status_t address_space_protect_method(struct invocation *in)
{
	struct slot *frame;
	status_t status = frame_decode(in, &frame);

	return status == OK ? space_protect(target_space(in), frame, ARGUMENT(in, 1)) : status;
}

status_t address_space_unmap_method(struct invocation *in)
{
	struct slot *frame;
	status_t status = frame_decode(in, &frame);

	if (status != OK)
		return status;
	if (!space_has_mapping(target_space(in), frame))
		return ERR_NOT_MAPPED;
	space_unmap(frame);
	return OK;
}

#define CLONE_MAX 256u

status_t address_space_clone_method(struct invocation *in)
{
	uint64_t count = ARGUMENT(in, 4);
	uint64_t missing = 0;
	struct slot *space;
	struct slot *table;
	struct slot *first;
	struct slot *to;
	struct slot *last;
	status_t status = cspace_lookup_object(
		in->self, ARGUMENT(in, 0), OBJECT_ADDRESS_SPACE, RIGHT_CONTROL, &space);

	if (status == OK)
		status = cspace_lookup_object(
			in->self, ARGUMENT(in, 1), OBJECT_CNODE, RIGHT_CONTROL, &table);
	if (status == OK && (count == 0 || count > CLONE_MAX || ARGUMENT(in, 2) > UINT32_MAX ||
				    ARGUMENT(in, 3) > UINT32_MAX))
		status = ERR_RANGE;
	for (uint32_t i = 2; status == OK && i < 4; i++) {
		struct cnode *cnode = (struct cnode *)table->object;

		status = cnode_slot(cnode, ARGUMENT(in, i), i == 2 ? &first : &to);
		if (status == OK)
			status = cnode_slot(cnode, ARGUMENT(in, i) + count - 1, &last);
	}
	for (uint64_t i = 0; status == OK && i < count; i++)
		status = space_clone(target_space(in), (struct address_space *)space->object,
			&first[i], &to[i], &in->slice, &missing);
	set_result(in, 0, missing);
	return status;
}

/* --- frames ----------------------------------------------------------------------------------- */

status_t frame_sync_code_method(struct invocation *in)
{
	(void)in; /* x86 keeps instruction and data caches coherent */
	return OK;
}

status_t frame_physical_method(struct invocation *in)
{
	set_result(in, 0, physical_of((const void *)slot_address(in->target)));
	set_result(in, 1, slot_size(in->target));
	return OK;
}

/* --- ports ------------------------------------------------------------------------------------ */

static uint64_t port_first(const struct slot *slot)
{
	return slot->object & 0xffffu;
}

static uint64_t port_count(const struct slot *slot)
{
	return slot->object >> 16;
}

static status_t port_check(const struct invocation *in, uint64_t port, uint64_t width)
{
	uint64_t first = port_first(in->target);
	uint64_t end = first + port_count(in->target);

	if (width != 1 && width != 2 && width != 4)
		return ERR_INVALID_ARGUMENT;
	return port >= first && port < end && width <= end - port ? OK : ERR_RANGE;
}

status_t io_port_in_method(struct invocation *in)
{
	status_t status = port_check(in, ARGUMENT(in, 0), ARGUMENT(in, 1));

	if (status == OK)
		set_result(in, 0, arch_port_in((uint16_t)ARGUMENT(in, 0), ARGUMENT(in, 1)));
	return status;
}

status_t io_port_out_method(struct invocation *in)
{
	status_t status = port_check(in, ARGUMENT(in, 0), ARGUMENT(in, 1));

	if (status == OK)
		arch_port_out((uint16_t)ARGUMENT(in, 0), ARGUMENT(in, 1), ARGUMENT(in, 2));
	return status;
}

status_t io_port_derive_method(struct invocation *in)
{
	uint64_t first = ARGUMENT(in, 0);
	uint64_t count = ARGUMENT(in, 1);
	struct slot *to;
	status_t status = port_check(in, first, 1);

	if (status != OK)
		return status;
	if (count == 0 || count > port_first(in->target) + port_count(in->target) - first)
		return ERR_RANGE;
	if (in->target->depth >= ABI_DERIVATION_DEPTH)
		return ERR_DEPTH;
	status = invoke_destination(in, ARGUMENT(in, 2), ARGUMENT(in, 3), &to);
	if (status != OK)
		return status;
	slot_fill(to, OBJECT_IO_PORT, first | count << 16, (uint32_t)in->target->rights);
	to->depth = (uint64_t)(in->target->depth + 1) & 0xffffu;
	slot_link_after(in->target, to);
	set_result(in, 0, to->tag);
	return OK;
}
