// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of objects: one handler each; private to the core. Arguments are the words of the
 * invoking thread's frame; results go to args[2], then words[0] and on. */
#ifndef KERNEL_CORE_INVOKE_H
#define KERNEL_CORE_INVOKE_H

#include <kernel/cpu.h>
#include <kernel/object.h>
#include <kernel/slice.h>

struct invocation {
	struct cpu *cpu;
	struct thread *self;
	struct slot *target;
	struct slice slice;
};

NODISCARD status_t invoke_call(struct cpu *cpu, struct thread *self);

#define ARGUMENT(invocation, number) ((invocation)->self->frame.words[number])

/* Results: number 0 in args[2], the rest in words. */
ALWAYS_INLINE void set_result(struct invocation *in, uint32_t number, uint64_t value)
{
	if (number == 0)
		in->self->frame.args[2] = value;
	else
		in->self->frame.words[number - 1] = value;
}

/* A slot of a CNode named by a handle and an index; it must be empty. */
NODISCARD status_t invoke_destination(
	const struct invocation *in, handle_t cnode, uint64_t index, struct slot **slot);

/* Gives a space the page tables that the arguments from `first` on name. */
struct address_space;
NODISCARD status_t space_give_tables(
	struct invocation *in, struct address_space *space, uint32_t first);

#define DECLARE(object, name) NODISCARD status_t object##_##name##_method(struct invocation *in)
DECLARE(untyped, retype);
DECLARE(untyped, reset);
DECLARE(untyped, info);
DECLARE(cnode, copy);
DECLARE(cnode, mint);
DECLARE(cnode, move);
DECLARE(cnode, delete);
DECLARE(cnode, revoke);
DECLARE(cnode, cancel_badge);
DECLARE(cnode, inspect);
DECLARE(thread, configure);
DECLARE(thread, resume);
DECLARE(thread, stop);
DECLARE(thread, cancel);
DECLARE(thread, interrupt);
DECLARE(thread, get_registers);
DECLARE(thread, set_registers);
DECLARE(thread, set_priority);
DECLARE(thread, set_maximum);
DECLARE(thread, set_upcall);
DECLARE(thread, bind);
DECLARE(thread, set_tls);
DECLARE(thread, info);
DECLARE(thread, set_foreign);
DECLARE(thread, set_robust);
DECLARE(sched_context, configure);
DECLARE(sched_context, consumed);
DECLARE(address_space, give_tables);
DECLARE(address_space, map);
DECLARE(address_space, protect);
DECLARE(address_space, unmap);
DECLARE(address_space, clone);
DECLARE(frame, sync_code);
DECLARE(frame, physical);
DECLARE(irq_control, allocate_line);
DECLARE(irq_control, allocate_msi);
DECLARE(irq, bind);
DECLARE(irq, acknowledge);
DECLARE(io_port, in);
DECLARE(io_port, out);
DECLARE(io_port, derive);
DECLARE(dma_space, give_tables);
DECLARE(dma_space, map);
DECLARE(dma_space, unmap);
DECLARE(iommu, table);
DECLARE(iommu, unit);
DECLARE(iommu, start);
DECLARE(iommu, give_tables);
DECLARE(iommu, attach);
DECLARE(iommu, detach);
DECLARE(iommu, fault);
DECLARE(iommu, bind);
DECLARE(platform, debug_write);
DECLARE(platform, trace_read);
DECLARE(platform, trace_control);
DECLARE(platform, trace_buffer);
DECLARE(platform, check_wx);
DECLARE(platform, power);
DECLARE(platform, statistics);
DECLARE(platform, crash_record);
#undef DECLARE

#endif
