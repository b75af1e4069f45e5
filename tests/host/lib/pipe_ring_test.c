// SPDX-License-Identifier: MIT OR Apache-2.0
/* The bytes of pipes: against a model, between threads, and with nonsense in the shared memory. */
#include <pipe/ring.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pipe_shared *pipe_memory;

static int setup(void **state)
{
	(void)state;
	free(pipe_memory);
	pipe_memory = calloc(1, MEMORY_SHARED_UNIT);
	return pipe_memory == nullptr;
}

/* Sizes that wrap in all ways; what is read is what was written. */
static void test_stream(void **state)
{
	static uint8_t bytes[PIPE_BYTES + 5000];
	uint8_t written = 0;
	uint8_t read = 0;
	size_t done;

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t size = 1 + (size_t)rand() % (round % 7 == 0 ? sizeof(bytes) : 3000);
		status_t status;

		if (rand() % 2 == 0) {
			for (size_t i = 0; i < size; i++)
				bytes[i] = (uint8_t)(written + i);
			status = pipe_put(pipe_memory, bytes, size, &done);
			if (size <= PIPE_WHOLE && status == OK)
				assert_int_equal(done, size);
			written = (uint8_t)(written + done);
		} else {
			status = pipe_take(pipe_memory, bytes, size, &done);
			for (size_t i = 0; i < done; i++)
				assert_int_equal(bytes[i], read++);
		}
		assert_true(status == OK ? done > 0 : status == ERR_WOULD_BLOCK && done == 0);
	}
}

static void test_ends(void **state)
{
	uint8_t bytes[4];
	size_t done;

	(void)state;
	assert_int_equal(pipe_take(pipe_memory, bytes, 4, &done), ERR_WOULD_BLOCK);
	assert_false(pipe_is_ready(pipe_memory, PIPE_END_READ));
	assert_true(pipe_is_ready(pipe_memory, PIPE_END_WRITE));
	assert_int_equal(pipe_put(pipe_memory, "last", 4, &done), OK);
	pipe_memory->closed[PIPE_END_WRITE] = 1;
	assert_int_equal(pipe_take(pipe_memory, bytes, 3, &done), OK);
	assert_int_equal(done, 3);
	assert_int_equal(pipe_take(pipe_memory, bytes, 3, &done), OK);
	assert_int_equal(done, 1);
	assert_int_equal(pipe_take(pipe_memory, bytes, 3, &done), OK);
	assert_int_equal(done, 0);
	assert_true(pipe_is_ready(pipe_memory, PIPE_END_READ));
	pipe_memory->closed[PIPE_END_READ] = 1;
	assert_int_equal(pipe_put(pipe_memory, "x", 1, &done), ERR_BROKEN_PIPE);
	assert_true(pipe_is_ready(pipe_memory, PIPE_END_WRITE));
}

static void test_whole_writes(void **state)
{
	static uint8_t bytes[PIPE_BYTES];
	size_t done;

	(void)state;
	assert_int_equal(pipe_put(pipe_memory, bytes, PIPE_BYTES - 10, &done), OK);
	assert_int_equal(pipe_put(pipe_memory, bytes, 11, &done), ERR_WOULD_BLOCK);
	assert_false(pipe_is_ready(pipe_memory, PIPE_END_WRITE));
	assert_int_equal(pipe_put(pipe_memory, bytes, PIPE_WHOLE + 1, &done), OK);
	assert_int_equal(done, 10);
	assert_int_equal(pipe_put(pipe_memory, bytes, 1, &done), ERR_WOULD_BLOCK);
}

static void test_nonsense(void **state)
{
	static uint8_t bytes[PIPE_BYTES];
	size_t done;

	(void)state;
	pipe_memory->written = 5;
	pipe_memory->read = 6;
	assert_int_equal(pipe_take(pipe_memory, bytes, 4, &done), ERR_IO);
	assert_int_equal(pipe_put(pipe_memory, bytes, 4, &done), ERR_IO);
	pipe_memory->written = PIPE_BYTES + 7;
	assert_int_equal(pipe_take(pipe_memory, bytes, 4, &done), ERR_IO);
	pipe_memory->written = 2;
	pipe_memory->read = UINT64_MAX - 2; /* the counts may go round */
	assert_int_equal(pipe_take(pipe_memory, bytes, 100, &done), OK);
	assert_int_equal(done, 5);
}

static void test_lock(void **state)
{
	uint32_t lock = 0;
	uint32_t seen = 0;

	(void)state;
	assert_true(pipe_lock(&lock, 7, &seen));
	assert_int_equal(lock, 7);
	assert_false(pipe_lock(&lock, 8, &seen));
	assert_int_equal(seen, 7 | PIPE_WAITERS);
	assert_int_equal(lock, seen);
	assert_true(pipe_unlock(&lock));
	assert_true(pipe_lock(&lock, 8, &seen));
	assert_false(pipe_unlock(&lock));
}

#define STREAM 3000000u

static void *write_all(void *argument)
{
	uint8_t bytes[777];
	uint64_t at = 0;

	(void)argument;
	while (at < STREAM) {
		size_t done;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((at + i) * 7 >> 3);
		(void)!pipe_put(pipe_memory, bytes, sizeof(bytes), &done);
		if (done == 0)
			sched_yield();
		at += done;
	}
	return nullptr;
}

static void test_two_threads(void **state)
{
	uint8_t bytes[1000];
	pthread_t writer;
	uint64_t at = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, nullptr, write_all, nullptr), 0);
	while (at < STREAM) {
		size_t done;

		(void)!pipe_take(pipe_memory, bytes, sizeof(bytes), &done);
		if (done == 0)
			sched_yield();
		for (size_t i = 0; i < done; i++, at++) {
			if (bytes[i] != (uint8_t)(at * 7 >> 3))
				fail_msg("byte %llu is wrong", (unsigned long long)at);
		}
	}
	assert_int_equal(pthread_join(writer, nullptr), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stream),
		TEST(test_ends),
		TEST(test_whole_writes),
		TEST(test_nonsense),
		TEST(test_lock),
		TEST(test_two_threads),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
