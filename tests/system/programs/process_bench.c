// SPDX-License-Identifier: MIT OR Apache-2.0
// What starting a program and waiting for its end costs: the command `true` (a WASM module with the
// C library), and a native program. Under instruction counting a nanosecond is an instruction.
// Prints lines `name value unit`.
#include <craton.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 51 };

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t run_once(const char *path, char **arguments)
{
	const struct spawn_descriptor map[] = {{0, 0}, {1, 1}, {2, 2}};
	char *environment[] = {nullptr};
	const struct craton_program program = {.path = path,
		.arguments = arguments,
		.environment = environment,
		.directory = "/",
		.descriptors = map,
		.descriptor_count = 3};
	struct process_exit end;
	int process;
	uint64_t begin = now();
	if (craton_spawn(&program, &process) != 0 || craton_wait(process, &end) != 0 ||
		end.status != 0)
		exit(1);
	uint64_t passed = now() - begin;
	close(process);
	return passed;
}

static uint64_t median_run(const char *path, char **arguments)
{
	uint64_t samples[ROUNDS];
	for (int i = 0; i < ROUNDS; i++)
		samples[i] = run_once(path, arguments);
	qsort(samples, ROUNDS, sizeof *samples, compare);
	return samples[ROUNDS / 2];
}

int main(void)
{
	char *module[] = {"true", nullptr};
	char *native[] = {"native", "exit", "0", nullptr};
	uint64_t module_cost = median_run("/bin/true", module);
	uint64_t native_cost = median_run("/share/demos/native", native);
	printf("process.start_and_wait_module %llu instructions\n",
		(unsigned long long)module_cost);
	printf("process.start_and_wait_native %llu instructions\n",
		(unsigned long long)native_cost);
	return 0;
}
