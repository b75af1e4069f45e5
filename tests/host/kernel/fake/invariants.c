// SPDX-License-Identifier: MIT OR Apache-2.0
/* Invariants of the kernel: see invariants.h. All slots are found from the first task's CNode and
 * along the derivation lists; all objects from the slots. */
#include "invariants.h"

#include "fake.h"

#include <arch/physmap.h>
#include <kernel/cspace.h>
#include <kernel/delete.h>
#include <kernel/endpoint.h>
#include <kernel/mapping.h>

#define MAX_SLOTS   8192u
#define MAX_THREADS 256u

static struct slot *found[MAX_SLOTS];
static uint32_t found_count;
static struct container *containers[MAX_SLOTS];
static uint32_t container_count;
static struct thread *threads[MAX_THREADS];
static uint32_t thread_count;

/* --- finding ---------------------------------------------------------------------------------- */

static void add_container(struct container *container)
{
	for (uint32_t i = 0; i < container_count; i++) {
		if (containers[i] == container)
			return;
	}
	FAKE_CHECK(container_count < MAX_SLOTS);
	containers[container_count++] = container;
}

static void add_thread(struct thread *thread)
{
	for (uint32_t i = 0; i < thread_count; i++) {
		if (threads[i] == thread)
			return;
	}
	FAKE_CHECK(thread_count < MAX_THREADS);
	threads[thread_count++] = thread;
	add_container(&thread->container);
}

static void visit_slot(struct slot *slot)
{
	FAKE_CHECK(found_count < MAX_SLOTS);
	found[found_count++] = slot;
	if (slot->type == OBJECT_CNODE)
		add_container(&((struct cnode *)slot->object)->container);
	else if (slot->type == OBJECT_THREAD)
		add_thread((struct thread *)slot->object);
}

static void find_zombies(void)
{
	for (uint32_t i = 0; i < found_count; i++) {
		struct slot *next = found[i]->next;

		if (next != NULL && next->type == OBJECT_ZOMBIE)
			add_container(CONTAINER_OF(next, struct container, self));
	}
}

static void visit_container(struct container *c)
{
	if (c->self.type == OBJECT_ZOMBIE)
		visit_slot(&c->self);
	for (uint32_t i = c->progress; i < c->slot_count; i++) {
		if (c->slots[i].type != OBJECT_NULL)
			visit_slot(&c->slots[i]);
	}
}

static void find_all(void)
{
	uint32_t done = 0;

	found_count = 0;
	container_count = 0;
	thread_count = 0;
	add_container(&fake_root->cspace->container);
	add_thread(fake_root);
	while (done < container_count) {
		while (done < container_count)
			visit_container(containers[done++]);
		find_zombies();
	}
}

/* --- slots ------------------------------------------------------------------------------------ */

static void check_links(const struct slot *slot)
{
	if (slot->next != NULL)
		FAKE_CHECK(slot->next->prev == slot && slot->next->type != OBJECT_NULL);
	if (slot->prev != NULL)
		FAKE_CHECK(slot->prev->next == slot && slot->prev->type != OBJECT_NULL);
	FAKE_CHECK((slot->tag != 0) == (slot->type != OBJECT_ZOMBIE));
	FAKE_CHECK(slot->depth <= ABI_DERIVATION_DEPTH + 1);
}

static bool same(const struct slot *a, const struct slot *b)
{
	return a->type == b->type && a->object == b->object;
}

/* A list from its head: all capabilities of an object stand together, the first is original. */
static void check_list(const struct slot *head)
{
	const struct slot *slot;

	for (slot = head; slot != NULL; slot = slot->next) {
		bool starts = slot->prev == NULL || !same(slot, slot->prev);
		const struct slot *later;

		if (slot->type == OBJECT_IRQ || slot->type == OBJECT_IO_PORT ||
			slot->type == OBJECT_IRQ_CONTROL)
			continue;
		if (starts)
			FAKE_CHECK(slot->depth == 0);
		else
			FAKE_CHECK(slot->depth <= slot->prev->depth + 1);
		if (slot->next == NULL || same(slot, slot->next))
			continue;
		for (later = slot->next; later != NULL; later = later->next)
			FAKE_CHECK(!same(slot, later));
	}
}

/* What was made of an untyped follows it, lies below its watermark, and nothing else follows. */
static void check_untyped(const struct slot *untyped)
{
	const struct slot *slot = untyped->next;
	uint64_t start = slot_address(untyped);
	uint64_t end = start + untyped->detail;

	FAKE_CHECK(untyped->detail <= slot_size(untyped));
	FAKE_CHECK(untyped->link_a <= slot_size(untyped));
	while (slot != NULL && slot_is_derived(untyped, slot)) {
		FAKE_CHECK(slot->object >= start && slot->object < end);
		slot = slot->next;
	}
	for (; slot != NULL; slot = slot->next)
		FAKE_CHECK(!slot_is_derived(untyped, slot));
}

static void check_mapping(const struct slot *slot)
{
	struct address_space *space = mapping_space(slot);
	const struct slot *head;
	uint64_t links = slot->link_a | slot->link_b;

	if (slot->type != OBJECT_FRAME && slot->type != OBJECT_PAGE_TABLE)
		return;
	if (space == NULL) {
		FAKE_CHECK(links == 0);
		return;
	}
	head = slot->type == OBJECT_FRAME ? space->mappings : space->tables;
	for (uint32_t n = 0; head != slot; n++) {
		uint64_t unit = head->link_a & (((uint64_t)1 << 40) - 1);

		FAKE_CHECK(unit != 0 && n < MAX_SLOTS);
		head = (const struct slot *)((uintptr_t)physmap_base + (unit << 6));
		FAKE_CHECK(mapping_space(head) == space && head->type == slot->type);
	}
}

void invariants_check_slots(void)
{
	find_all();
	for (uint32_t i = 0; i < found_count; i++) {
		const struct slot *slot = found[i];

		check_links(slot);
		check_mapping(slot);
		if (slot->prev == NULL)
			check_list(slot);
		if (slot->type == OBJECT_UNTYPED)
			check_untyped(slot);
	}
}

/* --- threads ---------------------------------------------------------------------------------- */

static void check_tree_order(const struct tree *tree)
{
	const struct tree_node *node = tree->first;
	uint32_t count = 0;

	FAKE_CHECK((tree->root == NULL) == (node == NULL));
	FAKE_CHECK(node == NULL || node->left == NULL);
	for (; node != NULL; node = tree_next(node)) {
		const struct tree_node *next = tree_next(node);

		FAKE_CHECK(++count < 10000);
		FAKE_CHECK(node->left == NULL || node->left->parent == node);
		FAKE_CHECK(node->right == NULL || node->right->parent == node);
		FAKE_CHECK(node->parent != NULL || tree->root == node);
		FAKE_CHECK(next == NULL || next->major > node->major ||
			   (next->major == node->major && next->minor >= node->minor));
	}
}

static bool tree_holds(const struct tree *tree, const struct tree_node *wanted)
{
	const struct tree_node *node = wanted;

	while (node->parent != NULL)
		node = node->parent;
	return node == tree->root;
}

static uint32_t times_queued(const struct cpu *cpu, const struct thread *thread)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ABI_PRIORITIES; i++) {
		const struct thread *head = cpu->ready.heads[i];
		const struct thread *t = head;

		FAKE_CHECK((head != NULL) == (cpu->ready.levels[i / 64] >> i % 64 & 1));
		if (head == NULL)
			continue;
		FAKE_CHECK((int32_t)i <= cpu->ready.top);
		do {
			FAKE_CHECK(t->queued && t->queued_priority == i);
			count += t == thread;
			t = t->queue_next;
		} while (t != head);
	}
	if (thread->sc != NULL && thread->sc->class == 1 && thread->queued &&
		tree_holds(&cpu->ready.deadline, &thread->wait_node))
		count++;
	return count;
}

/* A thread that is to run is current or in exactly one queue, unless it waits for its refill. */
static void check_ready(const struct thread *t)
{
	uint32_t queued = 0;
	bool current = false;

	for (uint32_t i = 0; i < cpu_count; i++) {
		queued += times_queued(cpus[i], t);
		current = current || cpus[i]->entry.current == t;
	}
	FAKE_CHECK(queued == (t->queued ? 1u : 0u));
	FAKE_CHECK(!(current && t->queued));
	if (t->queued)
		FAKE_CHECK(t->state == THREAD_STATE_READY && !t->sc->throttled);
	if (t->state != THREAD_STATE_READY || current)
		return;
	FAKE_CHECK(t->sc != NULL);
	FAKE_CHECK(t->queued || t->sc->throttled);
}

static void check_endpoint_wait(const struct thread *t, enum endpoint_state state)
{
	const struct endpoint *endpoint = t->waiting_on;

	FAKE_CHECK(endpoint != NULL && endpoint->state == state);
	FAKE_CHECK(tree_holds(&endpoint->waiting, &t->wait_node));
	FAKE_CHECK(t->wait_node.major == 255u - t->priority);
	check_tree_order(&endpoint->waiting);
}

/* Blocked threads are where they say. */
static void check_wait(const struct thread *t)
{
	switch (t->state) {
	case THREAD_STATE_SENDING:
		check_endpoint_wait(t, ENDPOINT_SENDERS);
		break;
	case THREAD_STATE_RECEIVING:
		check_endpoint_wait(t, ENDPOINT_RECEIVERS);
		FAKE_CHECK(t->sc == t->home);
		if (t->reply != NULL)
			FAKE_CHECK(t->reply->state == REPLY_ARMED && t->reply->server == t);
		break;
	case THREAD_STATE_CALLING:
		FAKE_CHECK(t->reply != NULL && t->reply->state == REPLY_OWED);
		FAKE_CHECK(t->reply->caller == t &&
			   (t->sc == NULL || (t->fault_pending && t->reply->lent == NULL &&
						     t->fault_words[0] == FAULT_TIMEOUT)));
		break;
	case THREAD_STATE_WAITING:
		FAKE_CHECK(((struct notification *)t->waiting_on)->waiter == t);
		break;
	case THREAD_STATE_FUTEX:
		FAKE_CHECK(t->queue_next != t || !t->queued);
		break;
	default:
		FAKE_CHECK(t->lock_owner == NULL);
		break;
	}
	if (thread_is_blocked(t))
		FAKE_CHECK(!t->queued);
}

/* A blocked thread with a deadline has a timer that comes in time. */
static void check_deadline(const struct thread *t)
{
	const struct sched_context *sc = t->sc;

	if (!thread_is_blocked(t) || sc == NULL || t->wait_deadline == TIME_NEVER)
		return;
	FAKE_CHECK(sc->deadline <= t->wait_deadline);
	if (cpus[sc->cpu]->running == sc)
		return;
	FAKE_CHECK(tree_holds(&cpus[sc->cpu]->timers, &sc->timer));
	FAKE_CHECK(sc->timer.major <= t->wait_deadline);
	FAKE_CHECK(cpus[sc->cpu]->timer_next <= sc->timer.major);
}

/* The calls that a context was lent along: linked both ways, as deep as it says, bounded. */
static void check_context(const struct sched_context *sc)
{
	const struct reply *reply;
	uint32_t depth = 0;

	for (reply = sc->chain; reply != NULL; reply = reply->next) {
		FAKE_CHECK(reply->state == REPLY_OWED && reply->lent == sc);
		FAKE_CHECK(reply->caller != NULL && reply->caller->reply == reply);
		FAKE_CHECK(reply->caller->state == THREAD_STATE_CALLING);
		FAKE_CHECK(++depth <= ABI_CALL_CHAIN);
	}
	FAKE_CHECK(depth == sc->chain_depth);
	FAKE_CHECK(!sc->configured || sc->remaining <= sc->budget);
	if (sc->owner != NULL)
		FAKE_CHECK(sc->owner->home == sc);
}

/* A context is with one thread at most. */
static void check_holder(const struct thread *t)
{
	if (t->home != NULL)
		FAKE_CHECK(t->home->owner == t);
	if (t->sc == NULL)
		return;
	FAKE_CHECK(t->sc->holder == t);
	for (uint32_t i = 0; i < thread_count; i++)
		FAKE_CHECK(threads[i] == t || threads[i]->sc != t->sc);
	if (t->sc != t->home)
		FAKE_CHECK(t->sc->chain != NULL);
	check_context(t->sc);
}

/* What a thread uses is in its slots, so it cannot outlive the capability. */
static void check_parts(const struct thread *t)
{
	const struct slot *s = t->slots;

	if (t == fake_root)
		return;
	FAKE_CHECK(t->cspace == &cspace_empty ||
		   (s[THREAD_SLOT_CSPACE].type == OBJECT_CNODE &&
			   s[THREAD_SLOT_CSPACE].object == (uintptr_t)t->cspace));
	FAKE_CHECK(t->space == NULL || (s[THREAD_SLOT_SPACE].type == OBJECT_ADDRESS_SPACE &&
					       s[THREAD_SLOT_SPACE].object == (uintptr_t)t->space));
	FAKE_CHECK(t->message == NULL ||
		   (s[THREAD_SLOT_MESSAGE].type == OBJECT_FRAME &&
			   slot_address(&s[THREAD_SLOT_MESSAGE]) == (uintptr_t)t->message));
	FAKE_CHECK(t->upcall == NULL ||
		   (s[THREAD_SLOT_UPCALL].type == OBJECT_FRAME &&
			   slot_address(&s[THREAD_SLOT_UPCALL]) == (uintptr_t)t->upcall));
	FAKE_CHECK(t->home == NULL || s[THREAD_SLOT_HOME].type == OBJECT_SCHED_CONTEXT);
	FAKE_CHECK(t->bound == NULL ||
		   (s[THREAD_SLOT_BOUND].type == OBJECT_NOTIFICATION && t->bound->bound == t));
	FAKE_CHECK(t->state != THREAD_STATE_READY || t->space != NULL);
}

static void check_cpu(const struct cpu *cpu)
{
	const struct thread *t = cpu->entry.current;

	check_tree_order(&cpu->timers);
	check_tree_order(&cpu->ready.deadline);
	FAKE_CHECK(cpu->timers.first == NULL || cpu->timer_next <= cpu->timers.first->major);
	if (t == NULL) {
		FAKE_CHECK(cpu->ready.top == -1 && cpu->ready.deadline.root == NULL);
		return;
	}
	FAKE_CHECK(t->state == THREAD_STATE_READY && t->sc == cpu->running);
	FAKE_CHECK(t->sc->cpu == cpu->id && t->space == cpu->space);
	FAKE_CHECK(cpu->timer_next <= t->sc->deadline);
}

static void check_object(const struct slot *slot)
{
	if (slot->type == OBJECT_SCHED_CONTEXT)
		check_context((const struct sched_context *)slot->object);
	if (slot->type == OBJECT_REPLY) {
		const struct reply *reply = (const struct reply *)slot->object;

		FAKE_CHECK(reply->state != REPLY_ARMED || reply->server != NULL);
		FAKE_CHECK(reply->state != REPLY_ARMED || reply->server->reply == reply);
	}
	if (slot->type == OBJECT_ENDPOINT) {
		const struct endpoint *endpoint = (const struct endpoint *)slot->object;

		FAKE_CHECK((endpoint->state == ENDPOINT_IDLE) == (endpoint->waiting.root == NULL));
	}
}

void invariants_check_threads(void)
{
	find_all();
	for (uint32_t i = 0; i < thread_count; i++) {
		const struct thread *t = threads[i];

		check_ready(t);
		check_wait(t);
		check_holder(t);
		check_deadline(t);
		check_parts(t);
	}
	for (uint32_t i = 0; i < found_count; i++)
		check_object(found[i]);
	for (uint32_t i = 0; i < cpu_count; i++)
		check_cpu(cpus[i]);
}

void invariants_check(void)
{
	invariants_check_slots();
	invariants_check_threads();
}
