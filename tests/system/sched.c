// SPDX-License-Identifier: MIT OR Apache-2.0
/* Scheduling: priorities, budgets, deadline class, several CPUs, vector state. */
#include "framework.h"

#define LOW    50u
#define MIDDLE 90u
#define HIGH   150u

static volatile uint64_t counters[8];
static volatile bool stop;

static void counter(struct worker *self)
{
	volatile uint64_t *own = &counters[(uint64_t)self->argument];

	while (!stop)
		(*own)++;
}

static void pause_ms(uint64_t milliseconds)
{
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t bits;

	CHECK_STATUS(sys_wait(pause, 1, soon(milliseconds), &bits), ERR_DEADLINE);
}

static void test_round_robin(void)
{
	stop = false;
	memset((void *)counters, 0, sizeof(counters));
	worker_start(&workers[0], counter, (void *)0, LOW, 0, 0);
	worker_start(&workers[1], counter, (void *)1, LOW, 0, 0);
	pause_ms(100);
	stop = true;
	worker_join(&workers[0]);
	worker_join(&workers[1]);
	CHECK(counters[0] > 0 && counters[1] > 0);
}

static void test_priority(void)
{
	stop = false;
	memset((void *)counters, 0, sizeof(counters));
	worker_start(&workers[0], counter, (void *)0, LOW, 0, 0);
	worker_start(&workers[1], counter, (void *)1, MIDDLE, 0, 0);
	pause_ms(50);
	CHECK(counters[0] == 0 && counters[1] > 0);
	/* The other way round: the change takes effect at once. */
	CHECK_STATUS(thread_set_priority(workers[1].thread, LOW - 1, root->thread), OK);
	pause_ms(50);
	CHECK(counters[0] > 0);
	stop = true;
	worker_join(&workers[0]);
	worker_join(&workers[1]);
}

static void test_budget(void)
{
	uint64_t start = 0;
	uint64_t before = 0;
	uint64_t time = 0;

	stop = false;
	worker_prepare(&workers[0], counter, (void *)0, MIDDLE, 0, 0);
	CHECK_STATUS(sched_context_configure(workers[0].context, 0, 2000000, 20000000, 0), OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	/* A tenth of the time; more while the emulator itself has to wait for a processor. */
	for (unsigned i = 0; i < 50 && (i == 0 || (time - before) * 3 > time_now() - start); i++) {
		start = time_now();
		before = time;
		pause_ms(200);
		CHECK_STATUS(sched_context_consumed(workers[0].context, &time), OK);
	}
	CHECK(time > 2000000 && (time - before) * 3 <= time_now() - start);
	stop = true;
	worker_join(&workers[0]);
}

/* Each time the budget is used up the handler is told, and decides. */
static void test_timeout(void)
{
	handle_t timeouts = make(OBJECT_ENDPOINT, 0);
	handle_t reply = make(OBJECT_REPLY, 0);
	handle_t page;
	struct message m;

	stop = false;
	counters[0] = 0;
	worker_prepare(&workers[0], counter, (void *)0, LOW, (unsigned)root->cpu_count - 1, 0);
	map_page(&page);
	CHECK_STATUS(address_space_unmap(root->space, page), OK);
	CHECK_STATUS(thread_configure(workers[0].thread, root->cnode, root->space, page,
			     workers[0].context, 0, mint(timeouts, RIGHT_WRITE, 21)),
		OK);
	CHECK_STATUS(sched_context_configure(
			     workers[0].context, root->cpu_count - 1, 2000000, 20000000, 0),
		OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t before;

		CHECK_STATUS(sys_recv(reply, timeouts, &m, 0, soon(10000)), OK);
		CHECK(m.badge == 21 && m.words[0] == FAULT_TIMEOUT);
		CHECK(m.words[1] >= 1900000 * (i + 1));
		before = counters[0];
		pause_ms(50); /* it waits, whatever its budget is by now */
		CHECK(counters[0] == before);
		m = (struct message){.info = message_info(FAULT_REPLY_RESUME, 0, 0)};
		CHECK_STATUS(sys_reply(reply, &m), OK);
	}
	CHECK_STATUS(sys_recv(reply, timeouts, &m, 0, soon(10000)), OK);
	stop = true;
	m = (struct message){.info = message_info(FAULT_REPLY_RESUME, 0, 0)};
	CHECK_STATUS(sys_reply(reply, &m), OK);
	worker_join(&workers[0]);
}

static void test_context_errors(void)
{
	handle_t context = make(OBJECT_SCHED_CONTEXT, 0);
	handle_t thread = make(OBJECT_THREAD, 0);

	CHECK_STATUS(thread_resume(thread), ERR_UNFUNDED);
	CHECK_STATUS(thread_configure(thread, 0, 0, 0, context, 0, 0), ERR_UNFUNDED);
	CHECK_STATUS(sched_context_configure(context, 99, 1000000, 0, 0), ERR_RANGE);
	CHECK_STATUS(sched_context_configure(context, 0, 10, 0, 0), ERR_RANGE);
	CHECK_STATUS(sched_context_configure(context, 0, 1000000, 100, 0), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(sched_context_configure(context, 0, 1000000, 0, 1), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(sched_context_configure(context, 0, 1000000, 0, 2), ERR_RANGE);
	CHECK_STATUS(thread_configure(thread, 0, 0, 0, root->sched_context, 0, 0), ERR_BUSY);
	CHECK_STATUS(thread_set_priority(thread, 256, root->thread), ERR_RANGE);
	CHECK_STATUS(thread_set_priority(thread, 10, thread), ERR_RIGHTS);
	CHECK_STATUS(thread_configure(root->thread, 0, 0, 0, 0, 0, 0), ERR_BUSY);
}

static void test_deadline_class(void)
{
	stop = false;
	memset((void *)counters, 0, sizeof(counters));
	worker_prepare(&workers[0], counter, (void *)0, LOW, 0, 0);
	worker_prepare(&workers[1], counter, (void *)1, MIDDLE, 0, 0);
	CHECK_STATUS(sched_context_configure(workers[0].context, 0, 3000000, 10000000, 1), OK);
	CHECK_STATUS(thread_resume(workers[1].thread), OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	pause_ms(100);
	stop = true;
	CHECK(counters[0] > 0 && counters[1] > 0);
	worker_join(&workers[0]);
	worker_join(&workers[1]);
}

static void test_stop_resume(void)
{
	uint64_t before;

	stop = false;
	counters[0] = 0;
	worker_start(&workers[0], counter, (void *)0, LOW, 0, 0);
	pause_ms(10);
	CHECK_STATUS(thread_resume(workers[0].thread), ERR_BUSY);
	CHECK_STATUS(thread_stop(workers[0].thread), OK);
	before = counters[0];
	CHECK(before > 0);
	pause_ms(10);
	CHECK(counters[0] == before);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	pause_ms(10);
	CHECK(counters[0] > before);
	stop = true;
	worker_join(&workers[0]);
}

/* --- vector state -------------------------------------------------------------------------------
 */

static void vector_user(struct worker *self)
{
	uint64_t seed = (uint64_t)self->argument;
	uint64_t wrong = 0;

	for (uint64_t i = 0; !stop; i++) {
		uint64_t in = seed + i;
		uint64_t out;

		__asm__ volatile("movq %1, %%xmm7\n\tmov $2000, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\t"
				 "movq %%xmm7, %0"
			: "=r"(out)
			: "r"(in)
			: "xmm7", "rcx");
		wrong += in != out;
	}
	self->words[0] = wrong;
}

static void test_vector_state(void)
{
	stop = false;
	for (uint64_t i = 0; i < 3; i++) {
		worker_prepare(&workers[i], vector_user, (void *)(i << 32), LOW, 0, 0);
		CHECK_STATUS(sched_context_configure(workers[i].context, 0, 100000, 0, 0), OK);
		CHECK_STATUS(thread_resume(workers[i].thread), OK);
	}
	pause_ms(100);
	stop = true;
	for (unsigned i = 0; i < 3; i++) {
		worker_join(&workers[i]);
		CHECK(workers[i].words[0] == 0);
	}
}

/* --- several CPUs
 * --------------------------------------------------------------------------------- */

static handle_t smp_endpoint;

static void smp_server(struct worker *self)
{
	handle_t reply = (handle_t)self->argument;
	struct message m;
	status_t status = sys_recv(reply, smp_endpoint, &m, 0, ABI_DEADLINE_NEVER);

	while (status == OK && m.words[0] != 0) {
		m.words[0] *= 3;
		m.info = message_info(0, 1, 0);
		status = sys_reply_recv(reply, smp_endpoint, &m, ABI_DEADLINE_NEVER);
	}
	(void)!sys_reply(reply, &m);
	self->status = status;
}

static void smp_client(struct worker *self)
{
	for (uint64_t i = 1; i <= 2000; i++) {
		struct message m = {.info = message_info(0, 1, 0), .words = {i}};
		status_t status = sys_call(smp_endpoint, &m, ABI_DEADLINE_NEVER);

		if (status != OK || m.words[0] != 3 * i) {
			self->status = status == OK ? ERR_PROTOCOL : status;
			return;
		}
		self->words[0] = i;
	}
}

static void test_calls_from_all_cpus(void)
{
	struct message m = {.info = message_info(0, 1, 0)};
	unsigned clients = root->cpu_count < 4 ? (unsigned)root->cpu_count : 4;

	smp_endpoint = make(OBJECT_ENDPOINT, 0);
	for (unsigned i = 0; i < 2; i++)
		worker_start(&workers[i], smp_server, (void *)make(OBJECT_REPLY, 0), HIGH, 0, 0);
	for (unsigned i = 0; i < clients; i++)
		worker_start(&workers[2 + i], smp_client, nullptr, LOW, i, 0);
	for (unsigned i = 0; i < clients; i++) {
		worker_join(&workers[2 + i]);
		CHECK_STATUS(workers[2 + i].status, OK);
	}
	for (unsigned i = 0; i < 2; i++)
		CHECK_STATUS(sys_call(smp_endpoint, &m, ABI_DEADLINE_NEVER), OK);
	worker_join(&workers[0]);
	worker_join(&workers[1]);
}

static void remapper(struct worker *self)
{
	while (!stop)
		self->words[0] += *(volatile uint64_t *)self->argument & 1;
}

/* Translations go away on other CPUs that use them; the reader is stopped by its fault. */
static void test_shoot_down(void)
{
	handle_t frame;
	uint64_t *page = map_page(&frame);
	uint64_t state, priority, time, faults, id;

	stop = false;
	worker_start(&workers[0], remapper, page, LOW, (unsigned)root->cpu_count - 1, 0);
	pause_ms(20);
	CHECK_STATUS(address_space_unmap(root->space, frame), OK);
	pause_ms(50);
	CHECK_STATUS(thread_info(workers[0].thread, &state, &priority, &time, &faults, &id), OK);
	CHECK(state == THREAD_STATE_FAULTED && faults == 1);
	stop = true;
}

static void test_delete_running(void)
{
	for (unsigned round = 0; round < 20; round++) {
		unsigned cpu = round % (unsigned)root->cpu_count;

		stop = false;
		memset(&workers[0], 0, sizeof(workers[0]));
		worker_start(&workers[0], counter, (void *)0, LOW, cpu, 0);
		pause_ms(1);
		CHECK_STATUS(cnode_delete(root->cnode, workers[0].thread & 0xffffff), OK);
		counters[0] = 0;
		pause_ms(1);
		CHECK(counters[0] == 0);
	}
}

static void test_time(void)
{
	uint64_t last = time_now();

	for (unsigned i = 0; i < 10000; i++) {
		uint64_t now = time_now();

		CHECK(now >= last);
		last = now;
	}
}

static void test_statistics(void)
{
	uint64_t idle, interrupts, switches, longest, spurious;

	pause_ms(5);
	for (uint64_t i = 0; i < root->cpu_count; i++)
		CHECK_STATUS(platform_statistics(root->platform, i, &idle, &interrupts, &switches,
				     &longest, &spurious),
			OK);
	CHECK_STATUS(platform_statistics(root->platform, root->cpu_count, &idle, &interrupts,
			     &switches, &longest, &spurious),
		ERR_RANGE);
}

const struct test sched_tests[] = {
	{"sched/round_robin", test_round_robin},
	{"sched/priority", test_priority},
	{"sched/budget", test_budget},
	{"sched/timeout", test_timeout},
	{"sched/context_errors", test_context_errors},
	{"sched/deadline_class", test_deadline_class},
	{"sched/stop_resume", test_stop_resume},
	{"sched/vector_state", test_vector_state},
	{"smp/calls_from_all_cpus", test_calls_from_all_cpus},
	{"smp/shoot_down", test_shoot_down},
	{"smp/delete_running", test_delete_running},
	{"time/monotonic", test_time},
	{"platform/statistics", test_statistics},
	{nullptr, nullptr},
};
