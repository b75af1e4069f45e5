// SPDX-License-Identifier: MIT OR Apache-2.0
/* The table of programs: made, ended, forgotten. */
#include "process.h"

#include <abi/protocol/console.h>
#include <abi/protocol/memory.h>
#include <abi/protocol/vfs.h>
#include <abi/syscall.h>
#include <craton/estate.h>

#define INTERRUPTED_STATUS 130u
#define CAUSE_INTERRUPTED  2u /* enum exit_cause of abi/wasm.toml */

static handle_t own_cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

uint64_t process_slot(const struct process *process, enum own_slot slot)
{
	return SLOT_PROCESS + (uint64_t)(process - table->processes) * PROCESS_SLOTS + slot;
}

/* Tags of the slots as this instance knows them; 0: ask. A tag that is out of date does no harm:
 * the kernel refuses it. */
static uint64_t tags[PROCESSES][PROCESS_SLOTS];

handle_t process_handle(const struct process *process, enum own_slot slot)
{
	uint64_t *known = &tags[process - table->processes][slot];
	uint64_t type, rights, badge, tag, detail;

	if (*known == 0) {
		if (cnode_inspect(own_cnode(), process_slot(process, slot), &type, &rights, &badge,
			    &tag, &detail) != OK ||
			type == OBJECT_NULL)
			return 0;
		*known = tag;
	}
	return handle_of(process_slot(process, slot), *known);
}

void process_handle_note(const struct process *process, enum own_slot slot, uint64_t tag)
{
	tags[process - table->processes][slot] = tag;
}

void process_handles_forget(const struct process *process)
{
	uint64_t *known = tags[process - table->processes];
	uint64_t untyped = known[OWN_UNTYPED];

	memset(known, 0, sizeof(tags[0]));
	known[OWN_UNTYPED] = untyped; /* which stays with the place */
}

struct process *process_find(uint64_t pid)
{
	for (uint32_t i = 0; pid != 0 && i < PROCESSES; i++) {
		if (table->processes[i].pid == pid && table->processes[i].phase != PHASE_FREE)
			return &table->processes[i];
	}
	return nullptr;
}

bool process_is_alive(const struct process *process)
{
	return process->phase == PHASE_RUNNING || process->phase == PHASE_COMPILING;
}

struct process *process_preparing(uint64_t parent)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *p = &table->processes[i];

		if (p->phase == PHASE_PREPARING && p->parent == parent)
			return p;
	}
	return nullptr;
}

static void reset(struct process *p, uint64_t parent)
{
	estate_save(p, offsetof(struct process, blob));
	memset(p, 0, offsetof(struct process, blob));
	p->pid = table->next_pid;
	p->parent = parent;
	p->phase = PHASE_PREPARING;
	process_handles_forget(p);
	ESTATE_SET(table->next_pid, table->next_pid + 1);
}

/* One program cannot take all places, nor can all programs together: from the shell, something
 * can always be started that ends them. */
static status_t check_room(uint64_t parent)
{
	uint32_t children = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < PROCESSES; i++) {
		if (table->processes[i].phase == PHASE_FREE)
			continue;
		used++;
		children += table->processes[i].parent == parent;
	}
	if (parent != 0 && children >= CHILDREN)
		return ERR_TOO_MANY;
	if (parent != 0 && parent != table->session_pid && used >= PROCESSES - RESERVED)
		return ERR_TOO_MANY;
	return OK;
}

status_t process_prepare(uint64_t parent, struct process **process)
{
	*process = process_preparing(parent);
	if (*process == nullptr && check_room(parent) != OK)
		return ERR_TOO_MANY;
	for (uint32_t i = 0; *process == nullptr && i < PROCESSES; i++) {
		if (table->processes[i].phase == PHASE_FREE)
			*process = &table->processes[i];
	}
	if (*process == nullptr)
		return ERR_TOO_MANY;
	reset(*process, parent);
	return OK;
}

uint64_t process_cpu_ns(const struct process *process)
{
	uint64_t time = 0;

	if (process->phase != PHASE_RUNNING)
		return process->cpu_ns;
	return sched_context_consumed(process_handle(process, OWN_CONTEXT), &time) == OK ? time : 0;
}

/* --- ending --------------------------------------------------------------------------------------
 */

static uint64_t memory_peak(uint64_t pid)
{
	uint64_t words[6] = {pid};

	return peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_STATISTICS, words) == OK ? words[1] : 0;
}

/* Gives back all that a program held. May be done twice. */
static void release(struct process *p)
{
	uint64_t words[6] = {p->pid};

	/* Stopped first: it may be in a call of this service, which then runs on the program's
	 * scheduling context and must not lose it. What is not there needs no giving back. */
	(void)!thread_stop(process_handle(p, OWN_THREAD));
	(void)!cnode_revoke(own_cnode(), process_slot(p, OWN_UNTYPED));
	for (unsigned slot = OWN_SPACE; slot <= OWN_FAULT; slot++)
		(void)!cnode_delete(own_cnode(), process_slot(p, (enum own_slot)slot));
	process_handles_forget(p);
	channels_release(p);
	(void)!peer_ask(SERVICE_NUMBER_VFS, VFS_SESSION_END, words);
	words[0] = p->pid;
	(void)!peer_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_SESSION_END, words);
	words[0] = p->pid;
	(void)!peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_SPACE_DESTROY, words);
	if (process_handle(p, OWN_UNTYPED) != 0)
		(void)!untyped_reset(process_handle(p, OWN_UNTYPED));
}

static void tell_waiters(struct process *p)
{
	const uint64_t words[6] = {p->status, p->cause, p->detail, p->cpu_ns, p->memory_peak};

	for (unsigned i = 0; i < WAITERS; i++) {
		if (p->waiters[i].reply == 0)
			continue;
		estate_save(&p->waiters[i], sizeof(p->waiters[i]));
		service_complete(&p->waiters[i], OK, words, nullptr, 0);
		process_forget(p);
	}
}

static void orphan_children(uint64_t pid)
{
	for (uint32_t i = 0; i < PROCESSES; i++) {
		struct process *child = &table->processes[i];

		if (child->parent != pid || child->phase == PHASE_FREE)
			continue;
		ESTATE_SET(child->parent, 0);
		if (!process_is_alive(child))
			process_forget(child);
	}
}

void process_end(struct process *p, uint64_t status, uint64_t cause, uint64_t detail)
{
	uint64_t pid = p->pid;
	uint64_t cpu_ns = process_cpu_ns(p);
	uint64_t peak = memory_peak(pid);
	bool was_worker = (p->permissions & PERMISSION_COMPILE) != 0;
	bool was_waiting = p->phase == PHASE_COMPILING;

	release(p);
	estate_save(p, offsetof(struct process, blob));
	p->cpu_ns = cpu_ns;
	p->memory_peak = peak;
	p->status = status;
	p->cause = cause;
	p->detail = detail;
	p->phase = PHASE_ENDED;
	service_session_end(pid);
	orphan_children(pid);
	tell_waiters(p);
	if (p->phase == PHASE_ENDED && p->parent == 0)
		process_forget(p);
	if (was_waiting)
		compile_abandoned(p);
	if (was_worker)
		compile_worker_ended(p);
	if (pid == table->session_pid)
		session_ended(status);
}

void process_interrupt(struct process *p)
{
	status_t status;

	if (p->interrupt_mode == 0) {
		process_end(p, INTERRUPTED_STATUS, CAUSE_INTERRUPTED, 0);
		return;
	}
	ESTATE_SET(p->interrupts, p->interrupts + 1);
	status = thread_cancel(process_handle(p, OWN_THREAD));
	(void)status; /* a thread that is gone needs no waking */
}

void process_forget(struct process *p)
{
	ESTATE_SET(p->phase, PHASE_FREE);
}
