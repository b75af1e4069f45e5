// SPDX-License-Identifier: MIT OR Apache-2.0
// dd: copies blocks between files, also disks (/dev/disk).
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

constexpr uint64_t BLOCK_MOST = 16 << 20;
constexpr uint64_t SECOND_NS = 1000000000;

struct job {
	const char *from, *to; // null: standard input and output
	size_t block;
	uint64_t count, skip, seek;
	bool progress, quiet, keep, sync;
	// What happened.
	uint64_t whole_in, part_in, whole_out, part_out, bytes;
	uint64_t begin, told;
};

static uint64_t now(void)
{
	struct timespec time;
	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

static void tell(const struct job *job)
{
	uint64_t time = now() - job->begin;
	uint64_t rate = time > 0 ? (uint64_t)((double)job->bytes * 1e9 / (double)time) : 0;
	char bytes[16], second[16];
	size_format(bytes, job->bytes);
	size_format(second, rate);
	dprintf(STDERR_FILENO, "%llu bytes (%s) copied, %llu.%03llu s, %s/s",
		(unsigned long long)job->bytes, bytes, (unsigned long long)(time / SECOND_NS),
		(unsigned long long)(time / 1000000 % 1000), second);
}

static void progress(struct job *job)
{
	if (!job->progress || now() - job->told < SECOND_NS)
		return;
	job->told = now();
	dprintf(STDERR_FILENO, "\r");
	tell(job);
	dprintf(STDERR_FILENO, "   ");
}

static void summary(const struct job *job)
{
	if (job->quiet)
		return;
	dprintf(STDERR_FILENO, "%s%llu+%llu records in\n%llu+%llu records out\n",
		job->told != job->begin ? "\n" : "", (unsigned long long)job->whole_in,
		(unsigned long long)job->part_in, (unsigned long long)job->whole_out,
		(unsigned long long)job->part_out);
	tell(job);
	dprintf(STDERR_FILENO, "\n");
}

// --- copying ---------------------------------------------------------------------------------

// A whole block but at the end: what gives less at once is asked again. Negative: errno says why.
static ssize_t read_block(const struct job *job, int fd, char *buffer)
{
	size_t used = 0;
	ssize_t size = 1;
	while (size > 0 && used < job->block) {
		size = read(fd, buffer + used, job->block - used);
		used += size > 0 ? (size_t)size : 0;
	}
	return used > 0 ? (ssize_t)used : size;
}

// Passes over what is not wanted: by reading where there is no other way.
static void skip_input(const struct job *job, int fd, char *buffer)
{
	if (lseek(fd, (off_t)(job->skip * job->block), SEEK_SET) >= 0)
		return;
	for (uint64_t i = 0; i < job->skip; i++)
		if (read_block(job, fd, buffer) <= 0)
			return;
}

static void copy_blocks(struct job *job, int in, int out_fd, char *buffer)
{
	for (uint64_t i = 0; i < job->count; i++) {
		ssize_t size = read_block(job, in, buffer);
		if (size < 0)
			complain_file(job->from ? job->from : "standard input");
		if (size <= 0)
			return;
		uint64_t *records = (size_t)size == job->block ? &job->whole_in : &job->part_in;
		++*records;
		int error = write_all(out_fd, buffer, (size_t)size);
		if (error) {
			complain("%s: %s", job->to ? job->to : "standard output", strerror(error));
			return;
		}
		records = (size_t)size == job->block ? &job->whole_out : &job->part_out;
		++*records;
		job->bytes += (uint64_t)size;
		progress(job);
	}
}

static int open_output(const struct job *job)
{
	int flags = O_WRONLY | O_CREAT | (job->keep || job->seek > 0 ? 0 : O_TRUNC);
	int fd = job->to ? open(job->to, flags, 0666) : STDOUT_FILENO;
	if (fd < 0)
		return -1;
	if (job->seek > 0 && lseek(fd, (off_t)(job->seek * job->block), SEEK_SET) < 0)
		return -1;
	return fd;
}

static void copy(struct job *job)
{
	int in = job->from ? open(job->from, O_RDONLY) : STDIN_FILENO;
	if (in < 0) {
		complain_file(job->from);
		return;
	}
	int to = open_output(job);
	char *buffer = malloc(job->block);
	if (to < 0)
		complain_file(job->to ? job->to : "standard output");
	else if (!buffer)
		complain("not enough memory for a block");
	if (command_status)
		return;
	skip_input(job, in, buffer);
	copy_blocks(job, in, to, buffer);
	if (job->sync && fsync(to) != 0)
		complain_file(job->to);
	free(buffer);
	summary(job);
}

// --- operands --------------------------------------------------------------------------------

static void read_words(struct job *job, char *words, bool is_status)
{
	for (char *word = strtok(words, ","); word; word = strtok(nullptr, ",")) {
		if (is_status && strcmp(word, "progress") == 0)
			job->progress = true;
		else if (is_status && strcmp(word, "none") == 0)
			job->quiet = true;
		else if (!is_status && strcmp(word, "notrunc") == 0)
			job->keep = true;
		else if (!is_status && strcmp(word, "fsync") == 0)
			job->sync = true;
		else
			die_usage();
	}
}

static size_t block_read(const char *word)
{
	uint64_t block = number_read(word);
	if (block == 0 || block > BLOCK_MOST)
		die("bs: from 1 to 16M");
	return (size_t)block;
}

static void read_operand(struct job *job, char *operand)
{
	char *value = strchr(operand, '=');
	if (!value)
		die_usage();
	*value++ = 0;
	if (strcmp(operand, "if") == 0)
		job->from = value;
	else if (strcmp(operand, "of") == 0)
		job->to = value;
	else if (strcmp(operand, "bs") == 0)
		job->block = block_read(value);
	else if (strcmp(operand, "count") == 0)
		job->count = number_read(value);
	else if (strcmp(operand, "skip") == 0)
		job->skip = number_read(value);
	else if (strcmp(operand, "seek") == 0)
		job->seek = number_read(value);
	else if (strcmp(operand, "status") == 0 || strcmp(operand, "conv") == 0)
		read_words(job, value, operand[0] == 's');
	else
		die_usage();
}

int command_dd(int count, char **arguments)
{
	struct job job = {.block = 512, .count = UINT64_MAX};
	for (int i = 1; i < count; i++)
		read_operand(&job, arguments[i]);
	job.begin = job.told = now();
	copy(&job);
	return command_status;
}
