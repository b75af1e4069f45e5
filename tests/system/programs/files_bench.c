// SPDX-License-Identifier: MIT OR Apache-2.0
// What files and pipes cost a WASM program. Under instruction counting a nanosecond is an
// instruction. Prints lines `name value unit`. `files_bench child` is the other end of the pipes.
#include <craton.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 201, SMALL = 1024, LARGE = 1 << 20 };

static uint64_t samples[ROUNDS];
static char buffer[64 << 10];

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Printed at the end: the console's interrupts would count in what is measured meanwhile.
static char report[2048];
static size_t report_size;

#define REPORT(...)     \
	(report_size += \
		(size_t)snprintf(report + report_size, sizeof(report) - report_size, __VA_ARGS__))

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char names[ROUNDS + 1][24];

static const char *name(int number)
{
	return names[number];
}

static void create(int number)
{
	int fd = open(name(number), O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0 || write(fd, buffer, SMALL) != SMALL || close(fd) != 0)
		fail("create");
}

static void read_all(int number)
{
	int fd = open(name(number), O_RDONLY);
	if (fd < 0 || read(fd, buffer, SMALL) != SMALL || close(fd) != 0)
		fail("read");
}

static void get_status(int number)
{
	struct stat status;
	if (stat(name(number), &status) != 0 || status.st_size != SMALL)
		fail("stat");
}

static void remove_it(int number)
{
	if (unlink(name(number)) != 0)
		fail("unlink");
}

// The mean of many.
static uint64_t measure(void (*operation)(int))
{
	uint64_t begin = now();
	for (int i = 0; i < ROUNDS; i++)
		operation(i);
	return (now() - begin) / ROUNDS;
}

static void small_files(void)
{
	static const struct {
		const char *text;
		void (*operation)(int);
	} rows[] = {{"create", create}, {"read", read_all}, {"stat", get_status},
		{"unlink", remove_it}};
	for (int i = 0; i <= ROUNDS; i++)
		snprintf(names[i], sizeof(names[i]), "/tmp/bench%d", i);
	create(ROUNDS);
	read_all(ROUNDS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		REPORT("files.tmpfs_%s_1_kib %llu instructions\n", rows[i].text,
			(unsigned long long)measure(rows[i].operation));
}

static void large_files(void)
{
	uint64_t begin = now();
	int fd = open("/tmp/large", O_CREAT | O_RDWR, 0600);
	for (int at = 0; at < LARGE; at += (int)sizeof(buffer))
		if (write(fd, buffer, sizeof(buffer)) != sizeof(buffer))
			fail("write");
	uint64_t written = now();
	if (lseek(fd, 0, SEEK_SET) != 0)
		fail("seek");
	uint64_t sought = now();
	for (int at = 0; at < LARGE; at += (int)sizeof(buffer))
		if (read(fd, buffer, sizeof(buffer)) != sizeof(buffer))
			fail("read");
	uint64_t end = now();
	REPORT("files.tmpfs_write %.2f bytes/instruction\n",
		(double)LARGE / (double)(written - begin));
	REPORT("files.tmpfs_read %.2f bytes/instruction\n", (double)LARGE / (double)(end - sought));
	REPORT("files.seek %llu instructions\n", (unsigned long long)(sought - written));
	close(fd);
	unlink("/tmp/large");
}

// The child sends back what it gets, byte by byte, then takes the stream.
static int child(void)
{
	char byte;
	for (int i = 0; i < ROUNDS; i++)
		if (read(0, &byte, 1) != 1 || write(1, &byte, 1) != 1)
			return 1;
	for (int left = LARGE; left > 0;) {
		ssize_t size = read(0, buffer, sizeof(buffer));
		if (size <= 0)
			return 1;
		left -= (int)size;
	}
	return write(1, &byte, 1) == 1 ? 0 : 1;
}

static int start_child(const char *self, const int to[2], const int from[2])
{
	char *const arguments[] = {(char *)self, "child", nullptr};
	char *const none[] = {nullptr};
	const struct spawn_descriptor descriptors[] = {
		{.child_fd = 0, .parent_fd = to[0]}, {.child_fd = 1, .parent_fd = from[1]}};
	const struct craton_program program = {.path = self,
		.arguments = arguments,
		.environment = none,
		.descriptors = descriptors,
		.descriptor_count = 2};
	int process;
	if (craton_spawn(&program, &process) != 0)
		fail("spawn");
	return process;
}

static void pipes(const char *self)
{
	int to[2], from[2];
	struct process_exit end;
	char byte = 'x';
	if (craton_pipe(to) != 0 || craton_pipe(from) != 0)
		fail("pipe");
	int process = start_child(self, to, from);
	close(to[0]);
	close(from[1]);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = now();
		if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1)
			fail("round trip");
		samples[i] = now() - begin;
	}
	REPORT("files.pipe_round_trip %llu instructions\n",
		(unsigned long long)median(samples, ROUNDS));
	uint64_t begin = now();
	for (int at = 0; at < LARGE; at += (int)sizeof(buffer))
		if (write(to[1], buffer, sizeof(buffer)) != sizeof(buffer))
			fail("stream");
	if (read(from[0], &byte, 1) != 1)
		fail("stream");
	REPORT("files.pipe_stream %.2f bytes/instruction\n",
		(double)LARGE / (double)(now() - begin));
	if (craton_wait(process, &end) != 0 || end.status != 0)
		fail("child");
}

int main(int count, char **arguments)
{
	memset(buffer, 'f', sizeof(buffer));
	if (count > 1 && strcmp(arguments[1], "child") == 0)
		return child();
	small_files();
	large_files();
	pipes(arguments[0]);
	fputs(report, stdout);
	return 0;
}
