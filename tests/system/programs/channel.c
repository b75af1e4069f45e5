// SPDX-License-Identifier: MIT OR Apache-2.0
// Programs that talk through a channel: one serves and ends now and then, another calls, and this
// one started as a parent starts the server again. Prints what is wrong, and `ok` at the end.
#include <channel.h>
#include <craton.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVE_FD 20
#define CALL_FD  21
#define CALLS    400
#define CRASHES  25 // calls between two ends of the server

static int failures;

static void expect(const char *what, int64_t got, int64_t wanted)
{
	if (got != wanted) {
		printf("%s: %lld, not %lld\n", what, (long long)got, (long long)wanted);
		failures++;
	}
}

// --- The server -------------------------------------------------------------------------------

struct request {
	uint32_t operation;
	uint32_t a;
	uint32_t b;
};

enum { ADD, SUM, TRAP };

static uint32_t sum_of(const volatile uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	return sum;
}

// True the first time for a number: what a program knows ends with it, a file stays.
static bool is_first(uint32_t number)
{
	char name[32];
	snprintf(name, sizeof name, "/tmp/trapped-%u", (unsigned)number);
	FILE *file = fopen(name, "wx");
	return file && fclose(file) == 0;
}

static void answer(const struct request *r, const struct channel_message *m)
{
	static volatile uint8_t *buffer;
	uint32_t result = r->a + r->b;
	switch (r->operation) {
	case TRAP:
		expect("sequence", (int64_t)m->sequence, r->a);
		if (is_first(r->a))
			__builtin_trap();
		break;
	case SUM:
		if (!buffer)
			buffer = channel_buffer(SERVE_FD, 0, CHANNEL_BUFFER_SMALL);
		result = buffer ? sum_of(buffer, CHANNEL_BUFFER_SMALL) : 0;
		break;
	default:
		break;
	}
	expect("reply", channel_reply(SERVE_FD, m->token, &result, sizeof result), 0);
}

static int serve(void)
{
	struct request r;
	struct channel_message m;
	for (;;) {
		int error = channel_receive(SERVE_FD, &r, sizeof r, &m, CHANNEL_FOREVER);
		if (error == EPIPE)
			return failures != 0;
		expect("receive", error, 0);
		answer(&r, &m);
	}
}

// --- The client -------------------------------------------------------------------------------

static uint32_t ask(uint32_t operation, uint32_t a, uint32_t b)
{
	struct request r = {operation, a, b};
	uint32_t result = 0;
	size_t size = 0;
	expect("call",
		channel_call(CALL_FD, &r, sizeof r, &result, sizeof result, &size, CHANNEL_FOREVER),
		0);
	expect("size of the reply", (int64_t)size, sizeof result);
	return result;
}

static void share(void)
{
	volatile uint8_t *buffer = channel_buffer(CALL_FD, 0, CHANNEL_BUFFER_SMALL);
	if (!buffer) {
		expect("buffer", errno, 0);
		return;
	}
	for (int i = 0; i < CHANNEL_BUFFER_SMALL; i++)
		buffer[i] = (uint8_t)i;
	expect("sum", ask(SUM, 0, 0), (int64_t)sum_of(buffer, CHANNEL_BUFFER_SMALL));
	buffer[5] = 200;
	expect("sum after a change", ask(SUM, 0, 0), (int64_t)sum_of(buffer, CHANNEL_BUFFER_SMALL));
	expect("another size", channel_buffer(CALL_FD, 0, CHANNEL_BUFFER_LARGE) != nullptr, 0);
	expect("no such buffer", channel_buffer(CALL_FD, 4, CHANNEL_BUFFER_SMALL) != nullptr, 0);
	channel_buffer_free((void *)buffer, CHANNEL_BUFFER_SMALL);
	expect("memory in its place", buffer[7], 0);
}

static void misuse(void)
{
	char large[CHANNEL_LIMIT_BYTES + 1] = {};
	struct channel_message m;
	size_t size;
	expect("too large", channel_call(CALL_FD, large, sizeof large, large, 1, &size, 0),
		EMSGSIZE);
	expect("no memory", channel_call(CALL_FD, (void *)0xfffffff0, 100, large, 1, &size, 0),
		EFAULT);
	expect("wrong side", channel_receive(CALL_FD, large, 10, &m, 0), EBADF);
	expect("wrong side", channel_reply(CALL_FD, 0, large, 10), EBADF);
	expect("no channel", channel_call(1, large, 1, large, 1, &size, 0), EBADF);
	expect("no descriptor", channel_call(99, large, 1, large, 1, &size, 0), EBADF);
}

static int call(void)
{
	misuse();
	for (uint32_t i = 1; i <= CALLS; i++) {
		if (i % CRASHES == 0)
			expect("after an end", ask(i % 2 ? TRAP : ADD, i, 0), i);
		else
			expect("add", ask(ADD, i, 1000), i + 1000);
	}
	share();
	return failures != 0;
}

// --- The parent -------------------------------------------------------------------------------

static int start(const char *mode, int child_fd, int fd)
{
	char *const arguments[] = {"channel", (char *)mode, nullptr};
	const struct spawn_descriptor descriptors[] = {{1, 1}, {2, 2}, {child_fd, fd}};
	char *const environment[] = {"PWD=/", nullptr};
	struct craton_program program = {
		.path = "/app/channel",
		.arguments = arguments,
		.environment = environment,
		.directory = "/",
		.descriptors = descriptors,
		.descriptor_count = 3,
	};
	int process = -1;
	expect("spawn", craton_spawn(&program, &process), 0);
	return process;
}

static int finish(int process)
{
	struct process_exit exit = {.status = 255};
	expect("wait", craton_wait(process, &exit), 0);
	close(process);
	return (int)exit.status;
}

// Starts the server again whenever it ends, until the client has ended; returns how often.
static int keep_serving(int serve_fd, int client)
{
	int server = start("serve", SERVE_FD, serve_fd);
	int restarts = 0;
	struct process_exit exit = {};
	while (craton_wait_now(client, &exit) == EAGAIN) {
		if (craton_wait_now(server, &exit) == EAGAIN) {
			usleep(1000);
			continue;
		}
		close(server);
		server = start("serve", SERVE_FD, serve_fd);
		restarts++;
	}
	expect("the client", (int64_t)exit.status, 0);
	close(client);
	close(serve_fd);
	expect("the server", finish(server), 0);
	return restarts;
}

// Nobody has the other side.
static void lonely(void)
{
	int ends[2];
	char byte;
	size_t size;
	struct channel_message m;
	expect("make", channel_make(&ends[0], &ends[1]), 0);
	expect("nobody serves in time", channel_call(ends[1], "x", 1, &byte, 1, &size, 1000000),
		ETIMEDOUT);
	expect("nobody calls in time", channel_receive(ends[0], &byte, 1, &m, 1000000), ETIMEDOUT);
	close(ends[0]);
	expect("nobody can serve", channel_call(ends[1], "x", 1, &byte, 1, &size, CHANNEL_FOREVER),
		EPIPE);
	close(ends[1]);
	expect("make", channel_make(&ends[0], &ends[1]), 0);
	close(ends[1]);
	expect("nobody can call", channel_receive(ends[0], &byte, 1, &m, CHANNEL_FOREVER), EPIPE);
	close(ends[0]);
}

// All of a program's, and then again: nothing is lost.
static void many(void)
{
	for (int round = 0; round < 20; round++) {
		int ends[64];
		int count = 0;
		int error = 0;
		while (count < 64 && (error = channel_make(&ends[count], &ends[count + 1])) == 0)
			count += 2;
		expect("channels", count, 16);
		expect("one too many", error, EMFILE);
		while (count > 0)
			close(ends[--count]);
	}
}

static int parent(void)
{
	int ends[2];
	lonely();
	many();
	expect("make", channel_make(&ends[0], &ends[1]), 0);
	int client = start("call", CALL_FD, ends[1]);
	close(ends[1]);
	int restarts = keep_serving(ends[0], client);
	expect("restarts", restarts, CALLS / CRASHES / 2);
	if (failures == 0)
		puts("ok");
	return failures != 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "parent";
	if (strcmp(mode, "serve") == 0)
		return serve();
	return strcmp(mode, "call") == 0 ? call() : parent();
}
