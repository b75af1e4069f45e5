// SPDX-License-Identifier: MIT OR Apache-2.0
// find: tests joined by `and` (default), -o and !, without parentheses.
#include "../lib/pattern.h"
#include "command.h"
#include "remove.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr int FIND_TESTS = 64;

enum test_kind {
	TEST_NAME,
	TEST_PATH,
	TEST_TYPE,
	TEST_SIZE,
	TEST_NEWER,
	TEST_EMPTY,
	TEST_PRINT,
	TEST_PRINT_ZERO,
	TEST_DELETE,
	TEST_OR
};

struct test {
	enum test_kind kind;
	const char *word;
	int64_t size, unit;
	int order; // of -size: -1 less, 0 equal, 1 more
	struct timespec time;
	bool negated;
};

static struct {
	struct test tests[FIND_TESTS];
	int count;
	uint64_t depth_most, depth_least;
	bool acts, deletes;
} find;

struct found {
	const char *path;
	struct stat status;
};

static bool is_empty(const struct found *found)
{
	if (!S_ISDIR(found->status.st_mode))
		return S_ISREG(found->status.st_mode) && found->status.st_size == 0;
	char **names;
	size_t count;
	bool read = directory_names(found->path, &names, &count);
	if (read)
		names_free(names, count);
	return read && count == 0;
}

static bool has_type(const struct stat *status, char letter)
{
	switch (letter) {
	case 'f':
		return S_ISREG(status->st_mode);
	case 'd':
		return S_ISDIR(status->st_mode);
	case 'l':
		return S_ISLNK(status->st_mode);
	default:
		return S_ISCHR(status->st_mode);
	}
}

static bool has_size(const struct test *test, const struct stat *status)
{
	int64_t units = (status->st_size + test->unit - 1) / test->unit;
	return test->order < 0   ? units < test->size
	       : test->order > 0 ? units > test->size
				 : units == test->size;
}

static bool is_newer(const struct test *test, const struct stat *status)
{
	const struct timespec *time = &status->st_mtim;
	return time->tv_sec != test->time.tv_sec ? time->tv_sec > test->time.tv_sec
						 : time->tv_nsec > test->time.tv_nsec;
}

static bool entry_delete(const char *path)
{
	const struct removal removal = {.recursive = true};
	return strcmp(path, ".") == 0 || remove_tree(&removal, path, 0);
}

static bool test_holds(const struct test *test, const struct found *found)
{
	const char *base = path_base(found->path);
	switch (test->kind) {
	case TEST_NAME:
		return pattern_match(test->word, base, strlen(base));
	case TEST_PATH:
		return pattern_match(test->word, found->path, strlen(found->path));
	case TEST_TYPE:
		return has_type(&found->status, test->word[0]);
	case TEST_SIZE:
		return has_size(test, &found->status);
	case TEST_NEWER:
		return is_newer(test, &found->status);
	case TEST_EMPTY:
		return is_empty(found);
	case TEST_DELETE:
		return entry_delete(found->path);
	default:
		output_string(&out, found->path);
		output_char(&out, test->kind == TEST_PRINT_ZERO ? 0 : '\n');
		return true;
	}
}

// `and` binds closer than -o.
static bool tests_hold(const struct found *found)
{
	bool holds = true;
	for (int i = 0; i < find.count; i++) {
		if (find.tests[i].kind == TEST_OR) {
			if (holds)
				return true;
			holds = true;
		} else if (holds) {
			holds = test_holds(&find.tests[i], found) != find.tests[i].negated;
		}
	}
	return holds;
}

static void visit(const struct found *found)
{
	if (tests_hold(found) && !find.acts)
		output_format(&out, "%s\n", found->path);
}

static void walk(const char *path, uint64_t depth)
{
	struct found found = {.path = path};
	char **names;
	size_t count;
	if (lstat(path, &found.status) != 0) {
		complain_file(path);
		return;
	}
	if (depth >= find.depth_least && !find.deletes)
		visit(&found);
	if (S_ISDIR(found.status.st_mode) && depth < find.depth_most && depth < TREE_DEPTH_MAX &&
		directory_names(path, &names, &count)) {
		for (size_t i = 0; i < count; i++) {
			char *inner = path_join(path, names[i]);
			walk(inner, depth + 1);
			free(inner);
		}
		names_free(names, count);
	}
	if (depth >= find.depth_least && find.deletes)
		visit(&found);
}

// --- Reading the tests ------------------------------------------------------------------------

static void size_read(struct test *test, const char *word)
{
	test->order = *word == '+' ? 1 : *word == '-' ? -1 : 0;
	char *end;
	test->size = strtoll(word + (test->order != 0), &end, 10);
	test->unit = *end == 'c' ? 1 : *end == 'k' ? 1024 : *end == 'M' ? 1 << 20 : 512;
	if (*end && (end[1] || !strchr("ckMb", *end)))
		die("-size %s: a number with c, k or M is expected", word);
}

static void newer_read(struct test *test, const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		die("%s: %s", path, strerror(errno));
	test->time = status.st_mtim;
}

static void operand_read(struct test *test, const char *word)
{
	test->word = word;
	if (test->kind == TEST_SIZE)
		size_read(test, word);
	if (test->kind == TEST_NEWER)
		newer_read(test, word);
	if (test->kind == TEST_TYPE && (!strchr("fdlc", word[0]) || word[1]))
		die("-type %s: f, d, l or c is expected", word);
}

static bool depth_option(const char *name, const char *value)
{
	if (strcmp(name, "-maxdepth") == 0)
		find.depth_most = number_read(value);
	else if (strcmp(name, "-mindepth") == 0)
		find.depth_least = number_read(value);
	else
		return false;
	return true;
}

// Reads one test; gives how many words it took.
static int test_read(char **words, bool negated)
{
	static const struct {
		const char *name;
		enum test_kind kind;
		bool operand;
	} known[] = {{"-name", TEST_NAME, true}, {"-path", TEST_PATH, true},
		{"-type", TEST_TYPE, true}, {"-size", TEST_SIZE, true},
		{"-newer", TEST_NEWER, true}, {"-empty", TEST_EMPTY, false},
		{"-print", TEST_PRINT, false}, {"-print0", TEST_PRINT_ZERO, false},
		{"-delete", TEST_DELETE, false}, {"-o", TEST_OR, false}};
	if (words[1] && depth_option(words[0], words[1]))
		return 2;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].name, words[0]) != 0)
			continue;
		if (find.count == FIND_TESTS || (known[i].operand && !words[1]))
			die_usage();
		struct test *test = &find.tests[find.count++];
		*test = (struct test){.kind = known[i].kind, .negated = negated};
		find.acts |= test->kind >= TEST_PRINT && test->kind <= TEST_DELETE;
		find.deletes |= test->kind == TEST_DELETE;
		if (known[i].operand)
			operand_read(test, words[1]);
		return 1 + known[i].operand;
	}
	die("%s: not known; %s", words[0], command_running->usage);
}

int command_find_files(int count, char **arguments)
{
	int paths = 1;
	while (paths < count && arguments[paths][0] != '-' && strcmp(arguments[paths], "!") != 0)
		paths++;
	find.depth_most = UINT64_MAX;
	bool negated = false;
	for (int i = paths; i < count;) {
		if (strcmp(arguments[i], "!") == 0) {
			negated = !negated;
			i++;
			continue;
		}
		if (strcmp(arguments[i], "-a") == 0) {
			i++;
			continue;
		}
		i += test_read(arguments + i, negated);
		negated = false;
	}
	if (paths == 1)
		walk(".", 0);
	for (int i = 1; i < paths; i++)
		walk(arguments[i], 0);
	return command_status;
}
