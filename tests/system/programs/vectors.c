// SPDX-License-Identifier: MIT OR Apache-2.0
// Vector instructions (-msimd128) in the system: what is in vector registers survives page faults,
// calls of the host, and another program that uses the same registers at the same time. Sums of
// vectors are compared with those of an ordinary loop. Ends with 0, or the number of the first part
// that failed.
#include <craton.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef uint32_t vector __attribute__((vector_size(16)));

enum { STREAMS = 8, WORDS = 1 << 20, FILL = 0x9e3779b9 };

// Eight sums of four lanes each, more than the registers that calls preserve; `between` is called
// for each step with all of them live.
static uint32_t sum_vectors(const vector *from, uint32_t count, void (*between)(void))
{
	vector sums[STREAMS] = {};
	for (uint32_t i = 0; i + STREAMS <= count; i += STREAMS) {
		for (uint32_t s = 0; s < STREAMS; s++)
			sums[s] = (sums[s] ^ from[i + s]) * 3 + from[i + s];
		if (between != nullptr)
			between();
	}
	uint32_t all = 0;
	for (uint32_t s = 0; s < STREAMS; s++)
		all = all * 31 + sums[s][0] + 5 * sums[s][1] + 7 * sums[s][2] + 11 * sums[s][3];
	return all;
}

static uint32_t sum_words(const volatile uint32_t *from, uint32_t count)
{
	uint32_t sums[STREAMS * 4] = {}, all = 0;
	for (uint32_t i = 0; i + STREAMS <= count; i += STREAMS)
		for (uint32_t s = 0; s < STREAMS * 4; s++) {
			uint32_t word = from[i * 4 + s];
			sums[s] = (sums[s] ^ word) * 3 + word;
		}
	for (uint32_t s = 0; s < STREAMS; s++)
		all = all * 31 + sums[s * 4] + 5 * sums[s * 4 + 1] + 7 * sums[s * 4 + 2] +
		      11 * sums[s * 4 + 3];
	return all;
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Calls into the host: to the kernel and to a service.
static void ask_host(void)
{
	struct timespec moment = {0, 1};
	char byte = 'v';
	int file = open("/tmp/vectors", O_CREAT | O_RDWR | O_TRUNC, 0600);
	if (file < 0 || write(file, &byte, 1) != 1 || close(file) != 0)
		exit(9);
	nanosleep(&moment, nullptr);
}

static void fill(uint32_t *words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		words[i] = i * (uint32_t)FILL;
}

// Pages that nobody has touched come in while the sums are in registers.
static int touch_pages(void)
{
	static uint32_t *zeros;
	uint32_t seed[STREAMS * 4];
	zeros = calloc(WORDS, sizeof(*zeros));
	if (zeros == nullptr)
		return 1;
	fill(seed, STREAMS * 4);
	vector sums[STREAMS], *to = (vector *)zeros;
	memcpy(sums, seed, sizeof(seed));
	for (uint32_t i = 0; i < WORDS / 4; i += STREAMS)
		for (uint32_t s = 0; s < STREAMS; s++) {
			sums[s] = sums[s] * 5 + to[i + s] + 1;
			to[i + s] = sums[s];
		}
	for (uint32_t s = 0; s < STREAMS * 4; s++) {
		uint32_t word = seed[s];
		for (uint32_t i = 0; i < WORDS / 4 / STREAMS; i++)
			if (word = word * 5 + 1, zeros[i * STREAMS * 4 + s] != word)
				return 2;
	}
	return 0;
}

static int sum_for(uint64_t nanoseconds, void (*between)(void), uint32_t count)
{
	static uint32_t words[1 << 16] __attribute__((aligned(16)));
	fill(words, 1 << 16);
	uint32_t wanted = sum_words(words, count);
	uint64_t end = now() + nanoseconds;
	do
		if (sum_vectors((const vector *)words, count, between) != wanted)
			return 3;
	while (now() < end);
	return 0;
}

// Another instance of this program works meanwhile.
static int with_company(char *path)
{
	const struct spawn_descriptor map[] = {{0, 0}, {1, 1}, {2, 2}};
	char *arguments[] = {path, "again", nullptr}, *environment[] = {nullptr};
	const struct craton_program program = {.path = path,
		.arguments = arguments,
		.environment = environment,
		.directory = "/",
		.descriptors = map,
		.descriptor_count = 3};
	struct process_exit end;
	int process;
	if (craton_spawn(&program, &process) != 0)
		return 4;
	int mine = sum_for(500000000, nullptr, 1 << 14);
	if (craton_wait(process, &end) != 0 || end.status != 0)
		return 5;
	return mine;
}

int main(int count, char **arguments)
{
	if (count > 1)
		return sum_for(400000000, nullptr, 1 << 14);
	int failed = touch_pages();
	if (failed == 0)
		failed = sum_for(0, ask_host, 1 << 8);
	if (failed == 0)
		failed = with_company(arguments[0]);
	printf("vectors: %s\n", failed == 0 ? "ok" : "wrong");
	return failed;
}
