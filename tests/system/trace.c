// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's trace: what is recorded when, frames lent for it, and what becomes of them. */
#include "framework.h"

#include <abi/syscall.h>

#define FRAME_ORDER 14u
#define RECORDS     ((1u << FRAME_ORDER) / sizeof(struct trace_record))

static struct trace_record records[32];

/* Reads what this CPU recorded from `*sequence` on; how many. */
static uint64_t read_some(uint64_t *sequence)
{
	uint64_t bytes = 0;
	uint64_t end;

	CHECK_STATUS(platform_trace_read(root->platform, 0, (uint64_t)(uintptr_t)records,
			     sizeof(records), *sequence, sequence, &bytes, &end),
		OK);
	return bytes / sizeof(records[0]);
}

static uint64_t end_of_trace(void)
{
	uint64_t sequence = 0;

	while (read_some(&sequence) != 0)
		;
	return sequence;
}

static void mode(uint64_t wanted)
{
	uint64_t before;

	CHECK_STATUS(platform_trace_control(root->platform, wanted, &before), OK);
}

/* How often the call `name` begins and any call ends among the next records. */
static void count_calls(uint64_t sequence, uint64_t name, unsigned *begins, unsigned *ends)
{
	uint64_t count;

	*begins = *ends = 0;
	while ((count = read_some(&sequence)) != 0) {
		for (uint64_t i = 0; i < count; i++) {
			*begins += records[i].event == TRACE_EVENT_SYSCALL_ENTER &&
				   records[i].a == name;
			*ends += records[i].event == TRACE_EVENT_SYSCALL_EXIT;
		}
	}
}

static void test_calls(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	uint64_t start = end_of_trace();
	unsigned begins, ends;

	for (unsigned i = 0; i < 5; i++)
		(void)!sys_signal(notification);
	count_calls(start, SYSCALL_SIGNAL, &begins, &ends);
	CHECK(begins == 0 && ends == 0); /* not asked for */

	start = end_of_trace();
	mode(TRACE_MODE_EVENTS | TRACE_MODE_CALLS);
	for (unsigned i = 0; i < 5; i++)
		(void)!sys_signal(notification);
	mode(TRACE_MODE_EVENTS);
	count_calls(start, SYSCALL_SIGNAL, &begins, &ends);
	CHECK(begins == 5);
	CHECK(ends >= 5);
	count_calls(start,
		SYSCALL_INVOKE | OBJECT_PLATFORM << 8 | METHOD_PLATFORM_TRACE_CONTROL << 16,
		&begins, &ends);
	CHECK(begins == 1);
}

static void serve_one(struct worker *self)
{
	const handle_t *handles = self->argument;
	struct message m;

	self->status = sys_recv(handles[1], handles[0], &m, 0, soon(5000));
	if (self->status == OK)
		self->status = sys_reply(handles[1], &m);
}

/* A call: begin, message there, message back, end; all of it in the caller's and server's names. */
static void test_messages(void)
{
	handle_t handles[2] = {make(OBJECT_ENDPOINT, 0), make(OBJECT_REPLY, 0)};
	struct message m = {.info = message_info(7, 2, 0)};
	uint64_t start, state, priority, time, faults, server, count;
	unsigned there = 0;
	unsigned back = 0;

	worker_start(&workers[0], serve_one, handles, 110, 0, 0);
	CHECK_STATUS(
		thread_info(workers[0].thread, &state, &priority, &time, &faults, &server), OK);
	start = end_of_trace();
	mode(TRACE_MODE_EVENTS | TRACE_MODE_CALLS);
	CHECK_STATUS(sys_call(handles[0], &m, soon(5000)), OK);
	mode(TRACE_MODE_EVENTS);
	worker_join(&workers[0]);
	while ((count = read_some(&start)) != 0) {
		for (uint64_t i = 0; i < count; i++) {
			if (records[i].event != TRACE_EVENT_IPC)
				continue;
			there += (records[i].a & 0xffffffff) == server &&
				 message_info_label(records[i].b) == 7;
			back += records[i].a >> 32 == server;
		}
	}
	CHECK(there == 1);
	CHECK(back == 1);
}

/* A lent frame holds more than the CPU's own ring would of the same time; revoking it is safe. */
static void test_buffer(void)
{
	uint64_t slot, tag;
	handle_t memory = make(OBJECT_UNTYPED, FRAME_ORDER);
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	unsigned begins, ends;
	uint64_t start;
	handle_t frame;

	slot = next_slot();
	CHECK_STATUS(
		untyped_retype(memory, OBJECT_FRAME, FRAME_ORDER, 1, root->cnode, slot, &tag), OK);
	frame = tag << ABI_HANDLE_PATH_BITS | slot;
	CHECK_STATUS(platform_trace_buffer(root->platform, 9999, frame), ERR_RANGE);
	CHECK_STATUS(platform_trace_buffer(root->platform, 0, notification), ERR_WRONG_TYPE);
	CHECK_STATUS(platform_trace_buffer(root->platform, 0, copy(frame, RIGHT_READ)), ERR_RIGHTS);
	CHECK_STATUS(platform_trace_buffer(root->platform, 0, frame), OK);
	start = end_of_trace();
	mode(TRACE_MODE_CALLS);
	for (unsigned i = 0; i < 3 * RECORDS; i++)
		(void)!sys_signal(notification);
	mode(TRACE_MODE_EVENTS);
	count_calls(start, SYSCALL_SIGNAL, &begins, &ends);
	CHECK(begins + ends >= RECORDS - 40 && begins + ends <= RECORDS); /* the newest */

	/* The memory goes while the kernel records. */
	mode(TRACE_MODE_EVENTS | TRACE_MODE_CALLS);
	CHECK_STATUS(cnode_revoke(root->cnode, memory & ((1u << ABI_HANDLE_PATH_BITS) - 1)), OK);
	CHECK_STATUS(untyped_reset(memory), OK);
	for (unsigned i = 0; i < 10; i++)
		(void)!sys_signal(notification);
	mode(TRACE_MODE_EVENTS);
	count_calls(0, SYSCALL_SIGNAL, &begins, &ends);
	CHECK(begins == 10);
	CHECK_STATUS(untyped_retype(
			     memory, OBJECT_FRAME, FRAME_ORDER, 1, root->cnode, next_slot(), &tag),
		OK);
}

static void test_control(void)
{
	uint64_t before = 99;

	CHECK_STATUS(platform_trace_control(root->platform, 4, &before), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(
		platform_trace_control(copy(root->platform, RIGHT_WRITE), 0, &before), ERR_RIGHTS);
	CHECK_STATUS(platform_trace_control(root->platform, 0, &before), OK);
	CHECK(before == TRACE_MODE_EVENTS);
	mode(TRACE_MODE_EVENTS);
}

const struct test trace_tests[] = {
	{"trace: system calls on demand", test_calls},
	{"trace: messages with sender and receiver", test_messages},
	{"trace: a lent frame, revoked while in use", test_buffer},
	{"trace: modes and rights", test_control},
	{nullptr, nullptr},
};
