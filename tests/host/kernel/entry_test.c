// SPDX-License-Identifier: MIT OR Apache-2.0
// Entries by system call: unknown numbers, foreign threads, entries that find their thread changed;
// and the trace, which watches them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/user.h"

#include <kernel/entry.h>
#include <kernel/trace.h>

#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)
#define MS      1000000u

static struct worker worker; /* on CPU 1 */
static handle_t endpoint;
static handle_t reply;
static struct trace_record *records; /* a page of the first task's */

static int boot(void **state)
{
	handle_t frame;

	(void)state;
	kernel_watch = 0;
	trace_events = true;
	user_boot(2);
	frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	assert_int_equal(
		user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_MAP, frame, 0, ADDRESS, 1, RW),
		OK);
	records = user_object(frame);
	worker = user_worker(50, 1);
	endpoint = user_make(OBJECT_ENDPOINT, 0);
	reply = user_make(OBJECT_REPLY, 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	kernel_watch = 0;
	trace_events = true;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(user_syscall(SYSCALL_ABI, 0, 0, 0, 0), OK);
	assert_int_equal(user_self->frame.args[2], ABI_HASH);
	assert_int_equal(user_syscall(SYSCALL_ABI + 1, 0, 0, 0, 0), ERR_NO_SYSCALL);
	assert_int_equal(user_syscall(UINT64_MAX, 0, 0, 0, 0), ERR_NO_SYSCALL);
	assert_int_equal(user_syscall((uint64_t)1 << 32, 0, 0, 0, 0), ERR_NO_SYSCALL);
	assert_int_equal(user_syscall(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_signal(0), ERR_INVALID_HANDLE);
	assert_int_equal(user_wait(endpoint, 1, NEVER), ERR_WRONG_TYPE);
	assert_int_equal(user_reply(endpoint, 0), ERR_WRONG_TYPE);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
	assert_int_equal(user_recv(endpoint, endpoint, 0), ERR_WRONG_TYPE);
	assert_int_equal(user_recv(reply, reply, 0), ERR_WRONG_TYPE);
	assert_int_equal(user_reply_recv(0, 0, endpoint, 0), ERR_INVALID_HANDLE);
	assert_int_equal(user_reply_recv(endpoint, 0, endpoint, 0), ERR_WRONG_TYPE);
	assert_int_equal(user_reply_recv(reply, 0, 0, 0), ERR_INVALID_HANDLE);
	assert_int_equal(user_reply_recv(reply, 200, endpoint, 0), ERR_TOO_LONG);
	assert_int_equal(user_reply_recv(reply, 0, endpoint, 0), ERR_WOULD_BLOCK);
}

/* Messages that cannot be sent. */
static void test_messages(void **state)
{
	handle_t no_grant = user_copy(endpoint, RIGHT_WRITE);
	struct message_page *page;

	(void)state;
	user_start(&worker);
	user_become(&worker);
	page = worker.page;
	for (uint32_t bit = 16; bit < 32; bit++)
		assert_int_equal(
			user_send(endpoint, (uint64_t)1 << bit, NEVER), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_send(endpoint, ABI_MESSAGE_WORDS + 1, NEVER), ERR_TOO_LONG);
	assert_int_equal(user_send(endpoint, (ABI_MESSAGE_HANDLES + 1) << 8, NEVER), ERR_TOO_LONG);
	page->send_handles[0] = endpoint;
	assert_int_equal(user_send(no_grant, 1u << 8, NEVER), ERR_RIGHTS);
	page->send_handles[0] = 0;
	assert_int_equal(user_send(endpoint, 1u << 8, NEVER), ERR_INVALID_HANDLE);
	page->send_handles[0] = user_memory();
	assert_int_equal(user_send(endpoint, 1u << 8, NEVER), ERR_WRONG_TYPE);
	worker.thread->message = NULL;
	assert_int_equal(user_send(endpoint, 1u << 8, NEVER), ERR_BAD_ADDRESS);
	assert_int_equal(user_send(endpoint, 7, NEVER), ERR_BAD_ADDRESS);
	worker.thread->message = page;
}

/* --- entries that find something changed ------------------------------------------------------ */

static void test_changed_meanwhile(void **state)
{
	struct thread *t = worker.thread;

	(void)state;
	user_start(&worker);
	t->frame.number = SYSCALL_YIELD;
	t->frame.rip = 0x400100;
	assert_int_equal(user_delete(worker.handle), OK);
	syscall_enter(
		cpus[0], t); /* as if CPU 0 had run it: nothing happens to it or to who runs */
	assert_ptr_equal(cpus[0]->entry.current, fake_root);
	assert_int_equal(fake_root->state, THREAD_STATE_READY);
}

/* --- foreign threads -------------------------------------------------------------------------- */

static void make_foreign(uint64_t first_native)
{
	user_become_root();
	assert_int_equal(user_invoke(worker.handle, METHOD_THREAD_SET_FOREIGN, first_native), OK);
	if (worker.thread->state == THREAD_STATE_STOPPED)
		user_start(&worker);
	user_become(&worker);
}

static void test_foreign_fault(void **state)
{
	(void)state;
	make_foreign(100);
	(void)user_syscall(SYSCALL_SIGNAL, endpoint, 0, 0, 0);
	fake_settle();
	assert_int_equal(worker.thread->state, THREAD_STATE_FAULTED); /* nobody takes it */
	assert_int_equal(worker.thread->fault_words[0], FAULT_SYSCALL);
	assert_int_equal(worker.thread->fault_words[1], SYSCALL_SIGNAL);
}

static void test_foreign_upcall(void **state)
{
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);

	(void)state;
	assert_int_equal(user_invoke(worker.handle, METHOD_THREAD_SET_UPCALL, 0x400000, 0x500000,
				 frame, 0x600000, 0),
		OK);
	make_foreign(SYSCALL_ABI);
	(void)user_syscall(SYSCALL_CALL, 7, 8, 9, 10);
	assert_int_equal(worker.thread->frame.rip, 0x400000);
	assert_int_equal(worker.thread->upcall->kind, FAULT_SYSCALL);
	assert_int_equal(worker.thread->upcall->address, SYSCALL_CALL);
	assert_int_equal(worker.thread->upcall->registers.rdi, 7);
	assert_int_equal(
		user_signal(endpoint), ERR_WRONG_TYPE); /* the handler's are the kernel's */
	worker.thread->upcall->registers.rip = ABI_USER_ADDRESS_END;
	assert_int_equal(user_syscall(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0), ERR_RANGE);
	worker.thread->upcall->registers.rip = 0x400200;
	(void)user_syscall(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0);
	assert_int_equal(worker.thread->frame.rip, 0x400200);
	assert_int_equal(user_syscall(SYSCALL_ABI, 0, 0, 0, 0), OK); /* not below the first */
	make_foreign(0);
	assert_int_equal(user_signal(endpoint), ERR_WRONG_TYPE);
}

/* --- the trace -------------------------------------------------------------------------------- */

static status_t control(uint64_t mode)
{
	return user_invoke(fake_info->platform, METHOD_PLATFORM_TRACE_CONTROL, mode);
}

static status_t buffer(uint64_t cpu, handle_t frame)
{
	return user_invoke(fake_info->platform, METHOD_PLATFORM_TRACE_BUFFER, cpu, frame);
}

/* Reads from `sequence`; how many records came, and `*next`. */
static uint64_t read_records(uint64_t cpu, uint64_t sequence, uint64_t *next)
{
	assert_int_equal(user_invoke(fake_info->platform, METHOD_PLATFORM_TRACE_READ, cpu, ADDRESS,
				 PAGE_SIZE, sequence),
		OK);
	*next = user_self->frame.args[2];
	return user_self->frame.words[0] / sizeof(struct trace_record);
}

static void test_calls_are_recorded(void **state)
{
	uint64_t from = cpus[0]->trace.sequence;
	uint64_t next;
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(control(4), ERR_INVALID_ARGUMENT);
	assert_int_equal(control(TRACE_MODE_EVENTS | TRACE_MODE_CALLS), OK);
	assert_int_equal(user_self->frame.args[2], TRACE_MODE_EVENTS);
	assert_true((kernel_watch & WATCH_ENTRY) != 0); /* CPU 1 does not know yet */
	fake_settle();
	assert_true((kernel_watch & WATCH_ENTRY) == 0 && cpus[1]->general_calls);
	assert_int_equal(user_signal(user_memory()), ERR_WRONG_TYPE);
	assert_int_equal(user_invoke(endpoint, 3, 0), ERR_NO_METHOD);
	assert_int_equal(user_invoke(0, 3, 0), ERR_INVALID_HANDLE);
	for (uint64_t count = 1; count != 0; from = next) {
		count = read_records(0, from, &next);
		for (uint64_t i = 0; i < count; i++) {
			if (records[i].event == TRACE_EVENT_SYSCALL_ENTER) {
				seen |= (records[i].a & 0xff) == SYSCALL_SIGNAL;
				seen |= (uint64_t)(records[i].a ==
						   (SYSCALL_INVOKE | OBJECT_ENDPOINT << 8 |
							   3 << 16))
					<< 1;
				seen |= (uint64_t)(records[i].a == (SYSCALL_INVOKE | 3 << 16)) << 2;
			}
			if (records[i].event == TRACE_EVENT_SYSCALL_EXIT)
				seen |= (uint64_t)(records[i].a == (uint64_t)ERR_WRONG_TYPE) << 3;
		}
		if (seen == 15)
			break;
	}
	assert_int_equal(seen, 15);
	assert_int_equal(control(0), OK);
	assert_int_equal(user_self->frame.args[2], TRACE_MODE_EVENTS | TRACE_MODE_CALLS);
	fake_settle();
	from = cpus[0]->trace.sequence;
	fake_pass(10 * MS);
	assert_int_equal(user_signal(0), ERR_INVALID_HANDLE);
	assert_int_equal(cpus[0]->trace.sequence, from); /* nothing at all */
}

static void test_messages_are_recorded(void **state)
{
	uint64_t from;
	uint64_t next;
	uint64_t count;
	bool seen = false;

	(void)state;
	user_start(&worker);
	user_become(&worker);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	assert_int_equal(control(TRACE_MODE_CALLS), OK);
	fake_settle();
	from = cpus[0]->trace.sequence;
	assert_int_equal(user_send(endpoint, 2, NEVER), OK);
	count = read_records(0, from, &next);
	for (uint64_t i = 0; i < count; i++)
		seen = seen || (records[i].event == TRACE_EVENT_IPC && records[i].b == 2 &&
				       records[i].a == (fake_root->id << 32 | worker.thread->id));
	assert_true(seen);
	assert_int_equal(control(TRACE_MODE_EVENTS), OK);
	fake_settle();
}

static void test_time_in_kernel(void **state)
{
	(void)state;
	kernel_watch = WATCH_TIME;
	assert_int_equal(user_invoke(fake_info->platform, METHOD_PLATFORM_STATISTICS, 0), OK);
	cpus[0]->longest_irq_off = 0;
	cpus[0]->entry_tsc = fake_now;
	fake_now += 500;
	kernel_leave(cpus[0]);
	assert_int_equal(cpus[0]->longest_irq_off, 500);
	cpus[0]->entry_tsc = fake_now;
	kernel_leave(cpus[0]);
	assert_int_equal(cpus[0]->longest_irq_off, 500);
}

/* A frame of the user's instead of the CPU's own records, until it goes. */
static void test_buffer(void **state)
{
	handle_t frame = user_make(OBJECT_FRAME, 13);
	handle_t again = user_make(OBJECT_FRAME, PAGE_SHIFT);
	uint64_t room = ((uint64_t)1 << 13) / sizeof(struct trace_record);
	uint64_t next;

	(void)state;
	assert_int_equal(buffer(9, frame), ERR_RANGE);
	assert_int_equal(buffer(1, user_copy(frame, RIGHT_READ)), ERR_RIGHTS);
	user_slot_at(user_index(again))->object |= SLOT_DEVICE;
	assert_int_equal(buffer(1, again), ERR_INVALID_ARGUMENT);
	user_slot_at(user_index(again))->object &= ~SLOT_DEVICE;
	assert_int_equal(buffer(1, frame), OK);
	assert_ptr_equal(cpus[1]->trace.records, user_object(frame));
	user_start(&worker);
	for (uint64_t i = 0; i < 3 * room; i++) /* rounds and rounds */
		fake_pass(MS);
	for (uint64_t i = 0; i < 2 * room; i++)
		trace_record(cpus[1], TRACE_EVENT_PREEMPT, i, 0);
	assert_int_equal(read_records(1, 0, &next), 32);
	assert_int_equal(next, cpus[1]->trace.sequence - room + 32);
	assert_int_equal(records[31].a, 2 * room - room + 31);
	assert_int_equal(read_records(1, cpus[1]->trace.sequence, &next), 0);
	assert_int_equal(buffer(1, again), OK);
	assert_ptr_equal(cpus[1]->trace.records, user_object(again));
	assert_int_equal(read_records(1, 0, &next), 0); /* what was elsewhere is forgotten */
	assert_int_equal(buffer(1, 0), OK);
	assert_ptr_equal(cpus[1]->trace.records, cpus[1]->trace.own);
	assert_int_equal(buffer(1, again), OK);
	assert_int_equal(user_revoke(user_memory()), OK); /* and all else */
	assert_ptr_equal(cpus[1]->trace.records, cpus[1]->trace.own);
	assert_int_equal(cpus[1]->trace.lent.type, OBJECT_NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, boot, end),
		cmocka_unit_test_setup_teardown(test_messages, boot, end),
		cmocka_unit_test_setup_teardown(test_changed_meanwhile, boot, end),
		cmocka_unit_test_setup_teardown(test_foreign_fault, boot, end),
		cmocka_unit_test_setup_teardown(test_foreign_upcall, boot, end),
		cmocka_unit_test_setup_teardown(test_calls_are_recorded, boot, end),
		cmocka_unit_test_setup_teardown(test_messages_are_recorded, boot, end),
		cmocka_unit_test_setup_teardown(test_time_in_kernel, boot, end),
		cmocka_unit_test_setup_teardown(test_buffer, boot, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
