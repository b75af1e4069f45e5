// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of threads. */
#include "invoke.h"

#include <arch/machine.h>
#include <arch/physmap.h>
#include <kernel/cspace.h>
#include <kernel/delete.h>
#include <kernel/endpoint.h>
#include <kernel/fault.h>
#include <kernel/sched.h>
#include <kernel/space.h>
#include <kernel/thread.h>

static struct thread *target_thread(const struct invocation *in)
{
	return (struct thread *)in->target->object;
}

static bool is_stopped(const struct thread *thread)
{
	return thread->state == THREAD_STATE_STOPPED || thread->state == THREAD_STATE_FAULTED;
}

/* Stopped, and its registers are saved. ERR_AGAIN: the CPU that ran it is about to notice. */
static status_t at_rest_check(const struct thread *thread)
{
	if (!is_stopped(thread))
		return ERR_BUSY;
	return sched_is_current(thread) ? ERR_AGAIN : OK;
}

/* --- configure -------------------------------------------------------------------------------- */

/* What each argument of configure must be. */
static const struct {
	uint8_t type;
	uint16_t rights;
} parts[] = {
	[THREAD_SLOT_CSPACE] = {OBJECT_CNODE, 0},
	[THREAD_SLOT_SPACE] = {OBJECT_ADDRESS_SPACE, 0},
	[THREAD_SLOT_MESSAGE] = {OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE},
	[THREAD_SLOT_HOME] = {OBJECT_SCHED_CONTEXT, RIGHT_CONTROL},
	[THREAD_SLOT_FAULT] = {OBJECT_ENDPOINT, RIGHT_WRITE},
	[THREAD_SLOT_TIMEOUT] = {OBJECT_ENDPOINT, RIGHT_WRITE},
};

#define PART_COUNT 6u

static bool is_ram_page(const struct slot *frame)
{
	return (frame->object & SLOT_DEVICE) == 0;
}

static status_t part_check(const struct thread *thread, uint32_t part, const struct slot *cap)
{
	if (part == THREAD_SLOT_HOME) {
		const struct sched_context *sc = (const struct sched_context *)cap->object;

		if (sc->owner != NULL && sc->owner != thread)
			return ERR_BUSY;
		return sc->configured ? OK : ERR_UNFUNDED;
	}
	if (part == THREAD_SLOT_MESSAGE && !is_ram_page(cap))
		return ERR_INVALID_ARGUMENT;
	return OK;
}

static status_t configure_decode(struct invocation *in, struct slot *caps[PART_COUNT])
{
	for (uint32_t i = 0; i < PART_COUNT; i++) {
		status_t status;

		caps[i] = NULL;
		if (ARGUMENT(in, i) == 0)
			continue;
		status = cspace_lookup_object(
			in->self, ARGUMENT(in, i), parts[i].type, parts[i].rights, &caps[i]);
		if (status == OK)
			status = part_check(target_thread(in), i, caps[i]);
		if (status != OK)
			return status;
	}
	return OK;
}

static void set_home(struct thread *thread, struct sched_context *sc)
{
	context_park(thread);
	if (thread->home != NULL) {
		thread->home->owner = NULL;
		thread->home->holder = NULL;
	}
	thread->home = sc;
	thread->sc = sc;
	sc->owner = thread;
	sc->holder = thread;
}

static void set_part(struct thread *thread, uint32_t part, const struct slot *cap)
{
	switch (part) {
	case THREAD_SLOT_CSPACE:
		thread_set_cspace(thread, (struct cnode *)cap->object);
		break;
	case THREAD_SLOT_SPACE:
		thread->space = (struct address_space *)cap->object;
		break;
	case THREAD_SLOT_MESSAGE:
		thread->message = (struct message_page *)slot_address(cap);
		break;
	case THREAD_SLOT_HOME:
		set_home(thread, (struct sched_context *)cap->object);
		break;
	default:
		break;
	}
}

/* Empties a slot of the thread, which may be the last of its object. */
static status_t replace_slot(
	struct invocation *in, struct thread *thread, uint32_t part, struct slot *cap)
{
	struct slot *slot = &thread->slots[part];
	status_t status = slot_delete(in->self, slot, &in->slice);

	if (status == OK && cap != NULL) {
		slot_copy(slot, cap, cap->rights);
		slot->detail = SLOT_IN_THREAD | part;
	}
	return status;
}

status_t thread_configure_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	struct slot *caps[PART_COUNT];
	status_t status = configure_decode(in, caps);

	if (status != OK)
		return status;
	status = at_rest_check(thread);
	if (status != OK)
		return status;
	for (uint32_t i = 0; i < PART_COUNT; i++) {
		if (caps[i] == NULL)
			continue;
		status = replace_slot(in, thread, i, caps[i]);
		if (status != OK)
			return status;
		set_part(thread, i, &thread->slots[i]);
	}
	return OK;
}

/* --- running ---------------------------------------------------------------------------------- */

status_t thread_resume_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);

	if (!is_stopped(thread))
		return ERR_BUSY;
	if (thread->sc == NULL)
		thread->sc = thread->home;
	if (thread->sc == NULL || thread->space == NULL)
		return ERR_UNFUNDED;
	thread_make_ready(thread);
	return OK;
}

status_t thread_stop_method(struct invocation *in)
{
	thread_stop(target_thread(in));
	return OK;
}

status_t thread_cancel_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);

	if (thread_is_blocked(thread) && !thread->fault_pending)
		thread_end_wait(thread, ERR_CANCELLED);
	return OK;
}

status_t thread_interrupt_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);

	thread->interrupt_pending = true;
	thread->interrupt_code = ARGUMENT(in, 0);
	if (thread_is_blocked(thread)) {
		if (!thread->fault_pending)
			thread_end_wait(thread, ERR_CANCELLED);
	} else if (thread == in->self) {
		thread_set_status(thread, OK);
		upcall_interrupt(thread);
		return STATUS_BLOCKED; /* the status register is set, or kept for its return */
	} else if (cpus[thread->last_cpu]->entry.current == thread) {
		sched_kick_if_current(thread);
	} else {
		upcall_interrupt(thread);
	}
	return OK;
}

/* --- registers -------------------------------------------------------------------------------- */

status_t thread_get_registers_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	struct thread_registers registers;
	status_t status = at_rest_check(thread);

	if (status != OK)
		return status;
	if (ARGUMENT(in, 1) != sizeof(registers))
		return ERR_INVALID_ARGUMENT;
	arch_frame_to_registers(thread, &registers);
	return arch_copy_to_user(ARGUMENT(in, 0), &registers, sizeof(registers)) ? OK
										 : ERR_BAD_ADDRESS;
}

status_t thread_set_registers_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	struct thread_registers registers;
	status_t status = at_rest_check(thread);

	if (status != OK)
		return status;
	if (ARGUMENT(in, 1) != sizeof(registers))
		return ERR_INVALID_ARGUMENT;
	if (!arch_copy_from_user(&registers, ARGUMENT(in, 0), sizeof(registers)))
		return ERR_BAD_ADDRESS;
	if (!arch_registers_valid(&registers))
		return ERR_RANGE;
	arch_frame_from_registers(thread, &registers);
	return OK;
}

status_t thread_set_tls_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);

	if (ARGUMENT(in, 0) >= ABI_USER_ADDRESS_END || ARGUMENT(in, 1) >= ABI_USER_ADDRESS_END)
		return ERR_RANGE;
	if (thread != in->self && !is_stopped(thread))
		return ERR_BUSY;
	thread_set_tls(thread, ARGUMENT(in, 0), ARGUMENT(in, 1));
	if (thread == in->self)
		arch_tls_switch(thread);
	return OK;
}

/* --- priorities ------------------------------------------------------------------------------- */

static status_t authority_maximum(struct invocation *in, uint64_t wanted)
{
	struct slot *cap;
	status_t status =
		cspace_lookup_object(in->self, ARGUMENT(in, 1), OBJECT_THREAD, RIGHT_CONTROL, &cap);

	if (status != OK)
		return status;
	if (wanted >= ABI_PRIORITIES)
		return ERR_RANGE;
	return wanted <= ((struct thread *)cap->object)->maximum_priority ? OK : ERR_RIGHTS;
}

status_t thread_set_priority_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	status_t status = authority_maximum(in, ARGUMENT(in, 0));

	if (status != OK)
		return status;
	thread->base_priority = (uint8_t)ARGUMENT(in, 0);
	thread_update_priority(thread);
	return OK;
}

status_t thread_set_maximum_method(struct invocation *in)
{
	status_t status = authority_maximum(in, ARGUMENT(in, 0));

	if (status == OK)
		target_thread(in)->maximum_priority = (uint8_t)ARGUMENT(in, 0);
	return status;
}

/* --- upcalls ---------------------------------------------------------------------------------- */

static status_t upcall_decode(struct invocation *in, struct slot **frame)
{
	status_t status;

	*frame = NULL;
	if (ARGUMENT(in, 0) == 0)
		return OK;
	status = cspace_lookup_object(
		in->self, ARGUMENT(in, 2), OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE, frame);
	if (status != OK)
		return status;
	if (!is_ram_page(*frame))
		return ERR_INVALID_ARGUMENT;
	if (ARGUMENT(in, 0) >= ABI_USER_ADDRESS_END || ARGUMENT(in, 1) > ABI_USER_ADDRESS_END ||
		ARGUMENT(in, 3) >= ABI_USER_ADDRESS_END)
		return ERR_RANGE;
	return OK;
}

status_t thread_set_upcall_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	struct slot *frame;
	status_t status = upcall_decode(in, &frame);

	if (status == OK)
		status = replace_slot(in, thread, THREAD_SLOT_UPCALL, frame);
	if (status != OK)
		return status;
	thread->upcall_entry = ARGUMENT(in, 0);
	thread->upcall_stack = ARGUMENT(in, 1);
	thread->upcall = frame == NULL ? NULL : (struct upcall_frame *)slot_address(frame);
	thread->upcall_address = ARGUMENT(in, 3);
	thread->upcall_mask = ARGUMENT(in, 4);
	return OK;
}

status_t thread_bind_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	struct slot *cap = NULL;
	status_t status = OK;

	if (ARGUMENT(in, 0) != 0) {
		status = cspace_lookup_object(
			in->self, ARGUMENT(in, 0), OBJECT_NOTIFICATION, RIGHT_READ, &cap);
		if (status == OK && ((struct notification *)cap->object)->bound != NULL)
			status = ERR_BUSY;
	}
	if (status == OK)
		status = replace_slot(in, thread, THREAD_SLOT_BOUND, cap);
	if (status != OK)
		return status;
	if (thread->bound != NULL)
		thread->bound->bound = NULL;
	thread->bound = cap == NULL ? NULL : (struct notification *)cap->object;
	if (thread->bound != NULL) {
		thread->bound->bound = thread;
		notification_signal(thread->bound, 0); /* what it holds already */
	}
	return OK;
}

status_t thread_info_method(struct invocation *in)
{
	const struct thread *thread = target_thread(in);

	set_result(in, 0, thread->state);
	set_result(in, 1, thread->priority);
	set_result(in, 2, thread->cpu_time);
	set_result(in, 3, thread->fault_count);
	set_result(in, 4, thread->id);
	return OK;
}

status_t thread_set_robust_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);
	uint64_t list = ARGUMENT(in, 0);
	uint64_t owner = ARGUMENT(in, 1);

	if ((list & 7u) != 0)
		return ERR_ALIGNMENT;
	if (list > ABI_USER_ADDRESS_END - PAGE_SIZE ||
		(list != 0 && (owner == 0 || owner > ROBUST_OWNER_MASK)))
		return ERR_RANGE;
	thread->robust_head = list;
	thread->robust_id = (uint32_t)owner;
	thread->robust_seen = 0;
	return OK;
}

status_t thread_set_foreign_method(struct invocation *in)
{
	struct thread *thread = target_thread(in);

	thread->first_native = ARGUMENT(in, 0);
	thread_set_cspace(thread, thread->cspace);
	return OK;
}
