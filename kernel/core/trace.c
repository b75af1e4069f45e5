// SPDX-License-Identifier: MIT OR Apache-2.0
/* The trace: see trace.h. */
#include "invoke.h"

#include <arch/machine.h>
#include <arch/physmap.h>
#include <kernel/cspace.h>
#include <kernel/delete.h>
#include <kernel/trace.h>

#define COPY_MAX    32u /* records in one call */
#define MODE_EVENTS ((uint64_t)TRACE_MODE_EVENTS)
#define MODE_CALLS  ((uint64_t)TRACE_MODE_CALLS)

uint32_t kernel_watch;
bool trace_events = true;

static void ring_set(struct trace_ring *ring, struct trace_record *records, uint64_t count)
{
	ring->records = records;
	ring->mask = count - 1;
	ring->first = ring->sequence;
}

void trace_init(struct cpu *cpu)
{
	ring_set(&cpu->trace, cpu->trace.own, TRACE_RECORDS);
}

uint64_t trace_mode(void)
{
	return (trace_events ? MODE_EVENTS : 0) |
	       ((kernel_watch & WATCH_CALLS) != 0 ? MODE_CALLS : 0);
}

/* Each CPU changes its entry itself, at the first way into the kernel. */
void trace_set_entry(struct cpu *cpu)
{
	bool general = (kernel_watch & WATCH_CALLS) != 0;
	bool all = true;

	if (cpu->general_calls != general)
		arch_set_entry(general);
	cpu->general_calls = general;
	for (uint32_t i = 0; i < cpu_count; i++)
		all = all && cpus[i]->general_calls == general;
	if (all)
		kernel_watch &= ~WATCH_ENTRY;
}

void trace_set_mode(uint64_t mode)
{
	bool calls = (mode & MODE_CALLS) != 0;

	trace_events = (mode & MODE_EVENTS) != 0;
	kernel_watch = (kernel_watch & ~WATCH_CALLS) | (calls ? WATCH_CALLS : 0) | WATCH_ENTRY;
	trace_set_entry(cpu_self());
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->general_calls != calls)
			arch_send_reschedule(cpus[i]);
	}
}

void trace_buffer_gone(struct slot *slot)
{
	trace_init(CONTAINER_OF(slot, struct cpu, trace.lent));
}

/* --- system calls and messages --------------------------------------------------------------- */

/* The call's number; of a method, also the object's type and the method's number. */
static uint64_t call_name(const struct thread *self)
{
	uint64_t name = self->frame.number & 0xff;
	struct slot *slot;

	if (self->frame.number != SYSCALL_INVOKE)
		return name;
	name |= (self->frame.args[1] & 0xff) << 16;
	if (cspace_lookup(self, self->frame.args[0], &slot) == OK)
		name |= (uint64_t)slot->type << 8;
	return name;
}

/* An entry by interrupt or fault leaves a full frame. */
void trace_call_enter(struct cpu *cpu)
{
	struct thread *self = cpu->entry.current;

	if (self == NULL || self->frame.full != 0)
		return;
	self->call_traced = true;
	trace_put(cpu, TRACE_EVENT_SYSCALL_ENTER, call_name(self), self->frame.args[0]);
}

void trace_call_leave(struct cpu *cpu)
{
	struct thread *self = cpu->entry.current;

	if (self == NULL || !self->call_traced)
		return;
	self->call_traced = false;
	trace_put(cpu, TRACE_EVENT_SYSCALL_EXIT, self->frame.number, 0);
}

void trace_message(const struct thread *from, const struct thread *to, uint64_t info)
{
	trace_put(cpu_self(), TRACE_EVENT_IPC, from->id << 32 | (to->id & 0xffffffffu), info);
}

/* --- methods of the platform capability ------------------------------------------------------ */

static struct trace_ring *ring_of(uint64_t cpu)
{
	return cpu < cpu_count ? &cpus[cpu]->trace : NULL;
}

/* The oldest record that is still there. */
static uint64_t oldest(const struct trace_ring *ring)
{
	uint64_t kept = ring->sequence - ring->first;

	return kept > ring->mask ? ring->sequence - ring->mask - 1 : ring->first;
}

status_t platform_trace_read_method(struct invocation *in)
{
	uint64_t sequence = ARGUMENT(in, 3);
	uint64_t room = ARGUMENT(in, 2) / sizeof(struct trace_record);
	const struct trace_ring *ring = ring_of(ARGUMENT(in, 0));
	uint64_t count;

	if (ring == NULL || sequence > ring->sequence)
		return ERR_RANGE;
	if (sequence < oldest(ring))
		sequence = oldest(ring);
	count = ring->sequence - sequence;
	count = count < room ? count : room;
	count = count < COPY_MAX ? count : COPY_MAX;
	for (uint64_t i = 0; i < count; i++) {
		const struct trace_record *record = &ring->records[(sequence + i) & ring->mask];

		if (!arch_copy_to_user(
			    ARGUMENT(in, 1) + i * sizeof(*record), record, sizeof(*record)))
			return ERR_BAD_ADDRESS;
	}
	set_result(in, 0, sequence + count);
	set_result(in, 1, count * sizeof(struct trace_record));
	set_result(in, 2, ring->sequence);
	return OK;
}

status_t platform_trace_control_method(struct invocation *in)
{
	uint64_t before = trace_mode();

	if ((ARGUMENT(in, 0) & ~(MODE_EVENTS | MODE_CALLS)) != 0)
		return ERR_INVALID_ARGUMENT;
	trace_set_mode(ARGUMENT(in, 0));
	set_result(in, 0, before);
	return OK;
}

static status_t buffer_decode(struct invocation *in, struct slot **frame)
{
	status_t status;

	*frame = NULL;
	if (ARGUMENT(in, 1) == 0)
		return OK;
	status = cspace_lookup_object(
		in->self, ARGUMENT(in, 1), OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE, frame);
	if (status == OK && ((*frame)->object & SLOT_DEVICE) != 0)
		return ERR_INVALID_ARGUMENT;
	return status;
}

/* The kernel trusts nothing that it finds there: it only writes, and copies out again. */
status_t platform_trace_buffer_method(struct invocation *in)
{
	struct trace_ring *ring = ring_of(ARGUMENT(in, 0));
	struct slot *frame;
	status_t status = ring == NULL ? ERR_RANGE : buffer_decode(in, &frame);

	if (status == OK)
		status = slot_delete(in->self, &ring->lent, &in->slice);
	if (status != OK || frame == NULL)
		return status;
	slot_copy(&ring->lent, frame, frame->rights);
	ring->lent.detail = SLOT_IN_TRACE;
	ring_set(ring, (struct trace_record *)slot_address(frame),
		slot_size(frame) / sizeof(struct trace_record));
	return OK;
}
