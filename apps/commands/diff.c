// SPDX-License-Identifier: MIT OR Apache-2.0
// diff: Myers' algorithm on whole lines, in the classic format or -u with 3 lines of context.
// Memory grows with the square of the number of differences; beyond a limit, the differing middle
// is shown as one block. Status 0 same, 1 different, 2 trouble.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr int DIFF_EDITS_MAX = 2000;
constexpr int DIFF_CONTEXT = 3;

struct file {
	struct text text;
	struct {
		const char *bytes;
		size_t size;
	} *lines;
	size_t count, capacity;
	const char *path;
};

static struct file left, right;
static bool *removed, *added; // by line

static void file_read(struct file *file, const char *path)
{
	int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY);
	struct input input = {.fd = fd};
	const char *bytes;
	size_t size;
	while (fd >= 0 && input_chunk(&input, &bytes, &size))
		text_add(&file->text, bytes, size);
	if (fd < 0 || input.error) {
		complain("%s: %s", path, strerror(fd < 0 ? errno : input.error));
		exit(2);
	}
	input_free(&input);
	file->path = path;
	const char *at = file->text.bytes, *end = at + file->text.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
		file->lines =
			array_room(file->lines, file->count, &file->capacity, sizeof *file->lines);
		file->lines[file->count].bytes = at;
		file->lines[file->count++].size = size;
		at += size;
	}
}

static bool lines_equal(size_t a, size_t b)
{
	return left.lines[a].size == right.lines[b].size &&
	       memcmp(left.lines[a].bytes, right.lines[b].bytes, left.lines[a].size) == 0;
}

// --- Finding the differences ------------------------------------------------------------------

// The furthest place on each diagonal after d edits, for all d: row d has 2d+1 entries.
struct myers {
	int **rows;
	int edits;
	int a0, b0, a_count, b_count; // the part between common start and end
};

static int slide(const struct myers *myers, int x, int y)
{
	while (x < myers->a_count && y < myers->b_count &&
		lines_equal((size_t)(myers->a0 + x), (size_t)(myers->b0 + y))) {
		x++;
		y++;
	}
	return x;
}

static int row_get(const struct myers *myers, int d, int k)
{
	return myers->rows[d][k + d];
}

// Comes down (a line of the right file) or from the left.
static bool comes_down(const struct myers *myers, int d, int k)
{
	return k == -d || (k != d && row_get(myers, d - 1, k - 1) < row_get(myers, d - 1, k + 1));
}

// Fills rows until the end is reached. False: too many edits.
static bool search(struct myers *myers)
{
	for (int d = 0; d <= DIFF_EDITS_MAX; d++) {
		myers->rows[d] = memory_get((size_t)(2 * d + 1) * sizeof(int));
		for (int k = -d; k <= d; k += 2) {
			int x = d == 0                    ? 0
				: comes_down(myers, d, k) ? row_get(myers, d - 1, k + 1)
							  : row_get(myers, d - 1, k - 1) + 1;
			x = slide(myers, x, x - k);
			myers->rows[d][k + d] = x;
			if (x >= myers->a_count && x - k >= myers->b_count) {
				myers->edits = d;
				return true;
			}
		}
	}
	return false;
}

static void trace_back(const struct myers *myers)
{
	int k = myers->a_count - myers->b_count;
	for (int d = myers->edits; d > 0; d--) {
		bool down = comes_down(myers, d, k);
		int before = down ? k + 1 : k - 1, x = row_get(myers, d - 1, before);
		if (down)
			added[myers->b0 + x - before] = true;
		else
			removed[myers->a0 + x] = true;
		k = before;
	}
}

static void differences_find(void)
{
	size_t start = 0, a = left.count, b = right.count;
	while (start < a && start < b && lines_equal(start, start))
		start++;
	while (a > start && b > start && lines_equal(a - 1, b - 1))
		a--, b--;
	struct myers myers = {.a0 = (int)start,
		.b0 = (int)start,
		.a_count = (int)(a - start),
		.b_count = (int)(b - start)};
	myers.rows = memory_get((DIFF_EDITS_MAX + 1) * sizeof *myers.rows);
	if (search(&myers)) {
		trace_back(&myers);
	} else {
		memset(removed + start, 1, a - start);
		memset(added + start, 1, b - start);
	}
	for (int d = 0; d <= DIFF_EDITS_MAX && myers.rows[d]; d++)
		free(myers.rows[d]);
	free(myers.rows);
}

// --- Printing ---------------------------------------------------------------------------------

static void line_print(const struct file *file, size_t index, const char *prefix)
{
	output_string(&out, prefix);
	output_bytes(&out, file->lines[index].bytes, file->lines[index].size);
	if (file->lines[index].bytes[file->lines[index].size - 1] != '\n')
		output_string(&out, "\n\\ No newline at end of file\n");
}

static void range_print(size_t from, size_t to)
{
	if (to - from > 1)
		output_format(&out, "%zu,%zu", from + 1, to);
	else
		output_format(&out, "%zu", to > from ? from + 1 : from);
}

static void change_print(size_t a, size_t a_end, size_t b, size_t b_end)
{
	range_print(a, a_end);
	output_char(&out, a == a_end ? 'a' : b == b_end ? 'd' : 'c');
	range_print(b, b_end);
	output_char(&out, '\n');
	for (size_t i = a; i < a_end; i++)
		line_print(&left, i, "< ");
	if (a < a_end && b < b_end)
		output_string(&out, "---\n");
	for (size_t i = b; i < b_end; i++)
		line_print(&right, i, "> ");
}

static void changes_print(void)
{
	size_t a = 0, b = 0;
	while (a < left.count || b < right.count) {
		size_t a_end = a, b_end = b;
		while (a_end < left.count && removed[a_end])
			a_end++;
		while (b_end < right.count && added[b_end])
			b_end++;
		if (a_end > a || b_end > b)
			change_print(a, a_end, b, b_end);
		a = a_end + 1;
		b = b_end + 1;
	}
}

static void unified_range(char sign, size_t from, size_t count)
{
	output_format(&out, " %c%zu", sign, count ? from + 1 : from);
	if (count != 1)
		output_format(&out, ",%zu", count);
}

static void hunk_print(size_t a, size_t a_end, size_t b, size_t b_end)
{
	output_string(&out, "@@");
	unified_range('-', a, a_end - a);
	unified_range('+', b, b_end - b);
	output_string(&out, " @@\n");
	while (a < a_end || b < b_end) {
		if (a < a_end && removed[a])
			line_print(&left, a++, "-");
		else if (b < b_end && added[b])
			line_print(&right, b++, "+");
		else
			line_print(&left, a++, " "), b++;
	}
}

static bool changed(size_t a, size_t b)
{
	return (a < left.count && removed[a]) || (b < right.count && added[b]);
}

// Steps over changes and short common stretches between them; gives the end of the hunk.
static void hunk_end(size_t *a, size_t *b)
{
	size_t quiet = 0, x = *a, y = *b;
	while ((x < left.count || y < right.count) && quiet <= 2 * DIFF_CONTEXT) {
		if (changed(x, y)) {
			while (x < left.count && removed[x])
				x++;
			while (y < right.count && added[y])
				y++;
			*a = x;
			*b = y;
			quiet = 0;
		} else {
			x++;
			y++;
			quiet++;
		}
	}
}

static void unified_print(void)
{
	output_format(&out, "--- %s\n+++ %s\n", left.path, right.path);
	size_t a = 0, b = 0, last = 0;
	while (a < left.count || b < right.count) {
		if (!changed(a, b)) {
			a++, b++;
			continue;
		}
		size_t before = a - last < DIFF_CONTEXT ? a - last : DIFF_CONTEXT;
		size_t a_start = a - before, b_start = b - before;
		hunk_end(&a, &b);
		size_t after = left.count - a < DIFF_CONTEXT ? left.count - a : DIFF_CONTEXT;
		hunk_print(a_start, a + after, b_start, b + after);
		a += after;
		b += after;
		last = a;
	}
}

int command_diff(int count, char **arguments)
{
	bool unified = false, quiet = false;
	for (int option; (option = option_next(count, arguments, "uq")) >= 0;) {
		unified |= option == 'u';
		quiet |= option == 'q';
	}
	if (count - optind != 2)
		die_usage();
	file_read(&left, arguments[optind]);
	file_read(&right, arguments[optind + 1]);
	removed = memory_get(left.count + 1);
	added = memory_get(right.count + 1);
	bool same = left.text.length == right.text.length &&
		    (left.text.length == 0 ||
			    memcmp(left.text.bytes, right.text.bytes, left.text.length) == 0);
	if (same)
		return 0;
	if (quiet) {
		output_format(&out, "Files %s and %s differ\n", left.path, right.path);
		return 1;
	}
	differences_find();
	if (unified)
		unified_print();
	else
		changes_print();
	return 1;
}
