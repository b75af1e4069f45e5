// SPDX-License-Identifier: MIT OR Apache-2.0
/* Twins: see twin.h. */
#include "twin.h"

#include "user.h"

#include <kernel/endpoint.h>

#include <stdio.h>

#define BEFORE 0u
#define SHORT  1u

uint64_t twin_short[16];
uint64_t twin_general[16];

static struct thread *const *all;
static uint32_t all_count;
static uint64_t present; /* number of the call */

/* Whether `word` of a structure at `start` is the field, or in it. */
static bool is_in(const uint64_t *word, const void *field, size_t size)
{
	uintptr_t at = (uintptr_t)word;

	return at + sizeof(*word) > (uintptr_t)field && at < (uintptr_t)field + size;
}

#define IS(word, field) is_in(word, &(field), sizeof(field))

/* What nobody looks at in the thread's state. */
static bool thread_word_is_dead(const struct thread *t, const uint64_t *word, uint64_t other)
{
	const uint64_t vector_dead = (uint64_t)0xff
				     << 8 * (offsetof(struct thread, vector_dead) % 8);
	bool in_queue = t->state == THREAD_STATE_SENDING || t->state == THREAD_STATE_RECEIVING;
	bool in_tree =
		in_queue || t->state == THREAD_STATE_FUTEX || (t->queued && t->sc->class != 0);

	if (IS(word, t->reply))
		return t->state != THREAD_STATE_RECEIVING && t->state != THREAD_STATE_CALLING;
	if (IS(word, t->waiting_on))
		return !in_queue && t->state != THREAD_STATE_WAITING;
	if (IS(word, t->vector_dead)) /* each entry sets it before it is looked at */
		return ((*word ^ other) & ~vector_dead) == 0;
	if (IS(word, t->wait_node.weight)) /* and `linked`, which is looked at in timers only */
		return true;
	if (IS(word, t->wait_node))
		return !in_tree;
	if (IS(word, t->queue_next) || IS(word, t->queue_prev))
		return !t->queued;
	if (IS(word, t->queued_priority)) /* and the CPU that it ran on, which one CPU leaves 0 */
		return !t->queued;
	/* Registers that a system call does not keep, and that have no result: of who waits, and
	 * of all but message and receipt. */
	if (IS(word, t->frame.words) || IS(word, t->frame.args[0]) || IS(word, t->frame.args[1]) ||
		IS(word, t->frame.args[3]))
		return thread_is_blocked(t) || present == SYSCALL_SIGNAL ||
		       present == SYSCALL_YIELD;
	return false;
}

static bool reply_word_is_dead(const struct reply *reply, const uint64_t *word)
{
	if (!is_in(word, reply, sizeof(*reply)))
		return false;
	if (IS(word, reply->server))
		return reply->state != REPLY_ARMED;
	return reply->state != REPLY_OWED && !IS(word, reply->state);
}

/* Its deadline may be an earlier wait's: a timer that comes for nothing. */
static bool waits_for_ever(const struct sched_context *sc)
{
	return sc->holder != NULL && sc->holder->state == THREAD_STATE_RECEIVING &&
	       sc->holder->wait_deadline == TIME_NEVER && sc->chain == NULL;
}

/* The shape of the tree of timers depends on weights that change with each insertion. A timer that
 * nothing needs any more may be left there: it comes once, for nothing. */
static bool context_word_is_dead(
	const struct sched_context *sc, const uint64_t *word, uint64_t other)
{
	const struct tree_node *timer = &sc->timer;

	if (IS(word, sc->deadline))
		return waits_for_ever(sc);
	if ((sc->deadline == TIME_NEVER && !sc->throttled) || waits_for_ever(sc))
		return IS(word, *timer);
	if (IS(word, timer->left) || IS(word, timer->right) || IS(word, timer->parent))
		return true;
	if (IS(word, timer->weight))
		return other >> 32 == timer->linked;
	return IS(word, *timer) && timer->linked == 0;
}

static bool slot_word_is_dead(const struct slot *slot, const uint64_t *word, uint64_t other)
{
	const struct sched_context *sc = (const struct sched_context *)slot->object;

	if (slot->type == OBJECT_REPLY)
		return reply_word_is_dead((const struct reply *)slot->object, word);
	return slot->type == OBJECT_SCHED_CONTEXT && is_in(word, sc, sizeof(*sc)) &&
	       context_word_is_dead(sc, word, other);
}

static bool is_dead(const uint64_t *word, uint64_t other)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (IS(word, cpus[i]->trace) || IS(word, cpus[i]->entry.in_kernel) ||
			IS(word, cpus[i]->timers))
			return true;
	}
	for (uint32_t i = 0; i < all_count; i++) {
		if (is_in(word, all[i], sizeof(*all[i])))
			return thread_word_is_dead(all[i], word, other);
	}
	for (uint64_t i = CNODE_RESERVED; i <= fake_root->cspace->mask; i++) {
		if (slot_word_is_dead(user_slot_at(i), word, other))
			return true;
	}
	return false;
}

static NORETURN void show(const char *what, const uint64_t *now, uint64_t then)
{
	for (uint32_t i = 0; i < all_count; i++) {
		if (is_in(now, all[i], sizeof(*all[i])))
			fprintf(stderr, "thread %u (state %u) byte %zu: ", i, all[i]->state,
				(size_t)((const char *)now - (const char *)all[i]));
	}
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (is_in(now, cpus[i], sizeof(*cpus[i])))
			fprintf(stderr, "CPU %u byte %zu: ", i,
				(size_t)((const char *)now - (const char *)cpus[i]));
	}
	for (uint64_t i = CNODE_RESERVED; i <= fake_root->cspace->mask; i++) {
		const struct slot *slot = user_slot_at(i);
		uint64_t at = (uint64_t)(uintptr_t)now - slot->object;

		if (slot->type != OBJECT_NULL && slot->type != OBJECT_FRAME && at < 256)
			fprintf(stderr, "slot %llu type %u byte %llu: ", (unsigned long long)i,
				(unsigned)slot->type, (unsigned long long)at);
	}
	fprintf(stderr, "call %llu: ", (unsigned long long)present);
	fprintf(stderr, "%#llx, was %#llx\n", (unsigned long long)*now, (unsigned long long)then);
	fake_fail(__FILE__, __LINE__, what);
}

/* Words of a message may lie in the receiver's page already. */
static void must_be_unchanged(const uint64_t *now, uint64_t then)
{
	for (uint32_t i = 0; i < all_count; i++) {
		if (all[i]->message != NULL && IS(now, all[i]->message->words))
			return;
		if (IS(now, all[i]->frame.full))
			return;
	}
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (IS(now, cpus[i]->entry.in_kernel))
			return;
	}
	show("a short way that fails changes nothing", now, then);
}

static void must_be_equal(const uint64_t *now, uint64_t then)
{
	if (!is_dead(now, then))
		show("the short way does what the general way does", now, then);
}

void twin_syscall(struct cpu *cpu, struct thread *const *threads, uint32_t count)
{
	uint64_t number = cpu->entry.current->frame.number;

	all = threads;
	all_count = count;
	present = number;
	fake_save(BEFORE);
	if (!fake_short_way(cpu)) {
		twin_general[number & 15]++;
		fake_compare(BEFORE, must_be_unchanged);
		fake_general_way(cpu);
		return;
	}
	twin_short[number & 15]++;
	fake_save(SHORT);
	fake_restore(BEFORE);
	fake_general_way(cpu);
	fake_compare(SHORT, must_be_equal);
	if (user_below(2) == 0)
		fake_restore(SHORT);
}
