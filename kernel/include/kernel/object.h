// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel objects. Each lies in untyped memory that a user gave; sizes are fixed by
 * `object_order`. All fields are guarded by the kernel lock unless said otherwise. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <arch/frame.h>
#include <kernel/slot.h>
#include <kernel/tree.h>
#include <kernel/types.h>

struct thread;
struct reply;
struct cpu;

/* What CNodes and threads share: they hold slots, so their destruction takes many steps. The
 * last capability moves to `self`, where nobody can name it, until the slots are empty. */
struct container {
	struct slot self;
	struct container *dying_next;
	struct container **dying_link; /* what points here; NULL: on no list */
	uint32_t progress;             /* slots before this one are empty */
	uint32_t slot_count;
	struct slot *slots;
};

/* Lies in the first CNODE_RESERVED slots of its own table. */
struct cnode {
	struct container container;
	uint32_t radix;
	uint32_t mask;
};

#define CNODE_RESERVED 2u /* slots 0 and 1 of each CNode hold its header */
_Static_assert(sizeof(struct cnode) <= CNODE_RESERVED * sizeof(struct slot), "header fits");

enum thread_slot {
	THREAD_SLOT_CSPACE,
	THREAD_SLOT_SPACE,
	THREAD_SLOT_MESSAGE,
	THREAD_SLOT_HOME,
	THREAD_SLOT_FAULT,
	THREAD_SLOT_TIMEOUT,
	THREAD_SLOT_UPCALL,
	THREAD_SLOT_BOUND,
	THREAD_SLOT_COUNT,
};

/* A scheduling context: the right to run on one CPU for `budget` in each `period`. It belongs to
 * one thread (its home), and is lent along calls. `holder` is the thread that it is with now:
 * running, ready, or blocked; NULL while it is parked with an unanswered call. */
struct sched_context {
	struct thread *owner;
	struct thread *holder;
	struct reply *chain; /* the newest call that it was lent along */
	uint32_t chain_depth;
	uint32_t cpu;
	time_ns deadline; /* earliest of its chain's and its holder's wait */
	time_ns budget;
	time_ns period; /* 0: round robin, the budget is the slice */
	time_ns remaining;
	time_ns refill; /* when the budget is full again */
	time_ns consumed;
	uint64_t class; /* 0: by priority; 1: earliest deadline first */
	bool throttled; /* waits for its refill */
	bool gave_up;   /* the rest of its budget: no time-out */
	bool plain;     /* by priority and without a period */
	bool configured;
	struct tree_node timer; /* in its CPU's timers: deadline or refill */
};

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDERS, ENDPOINT_RECEIVERS };

struct endpoint {
	struct tree waiting; /* by priority, then arrival */
	uint64_t arrivals;
	enum endpoint_state state; /* what `waiting` holds; never both */
	uint32_t cancel_major;     /* cancel_badge whose slice ended: the next waiter to look at, */
	uint64_t cancel_minor;
	uint64_t cancel_badge;
	uint64_t cancel_actor; /* and the id of the thread that will go on; 0: none */
};

enum reply_state { REPLY_FREE, REPLY_ARMED, REPLY_OWED };

struct reply {
	enum reply_state state;
	struct thread *server;      /* armed: who receives with it */
	struct thread *caller;      /* owed: who waits; NULL: it has left */
	struct sched_context *lent; /* owed: the context that came along, if it did */
	struct reply *next;         /* older call on the same context */
	time_ns deadline;           /* of the call */
	time_ns outer_deadline;     /* the context's deadline before the call */
};

struct notification {
	uint64_t bits;
	struct thread *waiter;
	struct thread *bound;
	bool has_irq; /* some interrupt was bound to it once */
};

/* Fields up to `sc` are touched by every message. */
struct thread {
	struct frame frame;    /* user registers while not running */
	uint64_t first_native; /* foreign threads: system calls below go to the upcall; else 0 */
	uint32_t state;        /* enum thread_state */
	uint8_t priority;      /* effective */
	uint8_t base_priority;
	uint8_t maximum_priority;
	uint8_t donated_priority; /* what callers lend */
	struct cnode *cspace;
	struct cnode *fast_cspace; /* the same, or empty: no short way for foreign threads */
	struct address_space *space;
	struct sched_context *sc; /* what it runs on; NULL while lent */
	struct sched_context *home;
	struct message_page *message;
	struct reply *reply;        /* receiving: armed; calling: who owes the answer */
	void *waiting_on;           /* endpoint or notification of the present wait */
	struct tree_node wait_node; /* in an endpoint's or the futex tree */
	time_ns wait_deadline;
	uint64_t wait_info; /* sending: info word; waiting: mask; futex: address */
	uint64_t wait_badge;
	struct notification *bound;
	bool wait_is_call;
	bool wait_may_grant;
	bool fault_pending; /* calling on behalf of a fault: the answer is no message */
	bool vector_saved;  /* vector state is in `vector`, else initial */
	bool vector_dead;   /* in a system call that does not keep vector state */
	bool call_traced;   /* in a system call whose begin is in the trace */
	uint32_t mxcsr;     /* control words of the vector units, kept in every call */
	uint16_t fcw;
	uint64_t fs_base;
	uint64_t gs_base;
	uint64_t tls_key; /* equal keys: equal bases */

	struct thread *queue_next; /* run queue */
	struct thread *queue_prev;
	bool queued;
	uint8_t queued_priority;
	uint8_t last_cpu;

	struct thread *lock_owner; /* futex wait: whom it boosts */
	struct tree boosters;      /* futex waiters that this thread holds up */
	struct tree_node boost_node;
	bool doomed; /* its destruction has begun: nobody can boost it */

	uint64_t fault_words[4]; /* the last fault, for the handler and inspectors */
	uint64_t fault_count;
	uint64_t upcall_entry;
	uint64_t upcall_stack;
	uint64_t upcall_address;
	struct upcall_frame *upcall; /* kernel address of the declared page */
	uint64_t upcall_mask;
	uint64_t interrupt_code;
	bool interrupt_pending;
	time_ns cpu_time;
	uint64_t id;
	uint64_t robust_head; /* list of locks; see robust.h. 0: none */
	uint64_t robust_next;
	uint32_t robust_id;
	uint32_t robust_seen;
	struct container *dying; /* containers whose destruction this thread began */

	struct container container;
	struct slot slots[THREAD_SLOT_COUNT];
	uint8_t vector[ARCH_VECTOR_SIZE] __attribute__((aligned(64)));
};

_Static_assert(offsetof(struct thread, first_native) == sizeof(struct frame), "for the entry code");

/* Log2 of an object's size in bytes; `size` as in untyped.retype. 0: not retypeable. */
uint32_t object_order(uint64_t type, uint64_t size);

/* Prepares fresh zero memory as an object of `type`. */
void object_init(uint64_t type, uint64_t size, void *memory);

#endif
