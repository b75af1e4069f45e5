// SPDX-License-Identifier: MIT OR Apache-2.0
// test and [: string, number and file conditions, with ! ( ) -a -o.
// WASI files have no permission bits: -r, -w and -x say whether the file exists (-x: and is a
// directory or could be a program).
// Tests: tests/host/apps/cases/builtin_test.sh
#include "builtin.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

constexpr int TEST_DEPTH_MAX = 50;

struct test {
	struct shell *shell;
	char **at;
	int left, depth;
	const char *error;
};

static bool test_or(struct test *test);

static long long number(struct test *test, const char *string)
{
	char *end;
	errno = 0;
	long long value = strtoll(string, &end, 10);
	while (*end == ' ')
		end++;
	if (end == string || *end || errno)
		test->error = "a number is expected";
	return value;
}

static bool is_terminal(struct test *test, const char *string)
{
	long long fd = number(test, string);
	struct tty_state state;
	return fd >= 0 && fd < SHELL_FDS && test->shell->fds.real[fd] >= 0 &&
	       craton_tty_state(test->shell->fds.real[fd], &state) == 0;
}

static bool file_test(char sign, const char *path)
{
	struct stat status;
	if (sign == 'h' || sign == 'L')
		return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
	if (stat(path, &status) != 0)
		return false;
	switch (sign) {
	case 'f':
		return S_ISREG(status.st_mode);
	case 'd':
		return S_ISDIR(status.st_mode);
	case 'c':
		return S_ISCHR(status.st_mode);
	case 'b':
		return S_ISBLK(status.st_mode);
	case 's':
		return status.st_size > 0;
	case 'p':
		return S_ISFIFO(status.st_mode);
	default: // e r w x
		return true;
	}
}

static bool is_unary(const char *word)
{
	return word[0] == '-' && word[1] && !word[2] && strchr("bcdefhLnprstwxz", word[1]);
}

static bool unary(struct test *test, char sign, const char *operand)
{
	switch (sign) {
	case 'n':
		return *operand;
	case 'z':
		return !*operand;
	case 't':
		return is_terminal(test, operand);
	default:
		return file_test(sign, operand);
	}
}

static int time_order(const char *left, const char *right)
{
	struct stat a, b;
	bool has_a = stat(left, &a) == 0, has_b = stat(right, &b) == 0;
	if (!has_a || !has_b)
		return has_a - has_b;
	if (a.st_mtim.tv_sec != b.st_mtim.tv_sec)
		return a.st_mtim.tv_sec < b.st_mtim.tv_sec ? -1 : 1;
	return (a.st_mtim.tv_nsec > b.st_mtim.tv_nsec) - (a.st_mtim.tv_nsec < b.st_mtim.tv_nsec);
}

static bool same_file(const char *left, const char *right)
{
	struct stat a, b;
	return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

enum binary {
	BINARY_NONE,
	BINARY_EQUAL,
	BINARY_DIFFERENT,
	BINARY_BEFORE,
	BINARY_AFTER,
	BINARY_EQ,
	BINARY_NE,
	BINARY_LT,
	BINARY_LE,
	BINARY_GT,
	BINARY_GE,
	BINARY_NEWER,
	BINARY_OLDER,
	BINARY_SAME,
};

static enum binary binary_find(const char *word)
{
	static const struct {
		const char *word;
		enum binary binary;
	} words[] = {{"=", BINARY_EQUAL}, {"==", BINARY_EQUAL}, {"!=", BINARY_DIFFERENT},
		{"<", BINARY_BEFORE}, {">", BINARY_AFTER}, {"-eq", BINARY_EQ}, {"-ne", BINARY_NE},
		{"-lt", BINARY_LT}, {"-le", BINARY_LE}, {"-gt", BINARY_GT}, {"-ge", BINARY_GE},
		{"-nt", BINARY_NEWER}, {"-ot", BINARY_OLDER}, {"-ef", BINARY_SAME}};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].binary;
	return BINARY_NONE;
}

static bool compare_numbers(struct test *test, enum binary binary, const char *a, const char *b)
{
	long long left = number(test, a), right = number(test, b);
	switch (binary) {
	case BINARY_EQ:
		return left == right;
	case BINARY_NE:
		return left != right;
	case BINARY_LT:
		return left < right;
	case BINARY_LE:
		return left <= right;
	case BINARY_GT:
		return left > right;
	default:
		return left >= right;
	}
}

static bool compare(struct test *test, enum binary binary, const char *left, const char *right)
{
	switch (binary) {
	case BINARY_EQUAL:
		return strcmp(left, right) == 0;
	case BINARY_DIFFERENT:
		return strcmp(left, right) != 0;
	case BINARY_BEFORE:
		return strcmp(left, right) < 0;
	case BINARY_AFTER:
		return strcmp(left, right) > 0;
	case BINARY_NEWER:
		return time_order(left, right) > 0;
	case BINARY_OLDER:
		return time_order(left, right) < 0;
	case BINARY_SAME:
		return same_file(left, right);
	default:
		return compare_numbers(test, binary, left, right);
	}
}

static void take(struct test *test, int words)
{
	test->at += words;
	test->left -= words;
}

static bool test_parenthesis(struct test *test)
{
	take(test, 1);
	bool value = test_or(test);
	if (test->left < 1 || strcmp(test->at[0], ")") != 0)
		test->error = "`)' is missing";
	else
		take(test, 1);
	return value;
}

static bool test_primary(struct test *test)
{
	if (test->left == 0) {
		test->error = "an expression is missing";
		return false;
	}
	char **at = test->at;
	enum binary binary = test->left >= 3 ? binary_find(at[1]) : BINARY_NONE;
	if (binary) {
		take(test, 3);
		return compare(test, binary, at[0], at[2]);
	}
	if (test->left >= 2 && strcmp(at[0], "!") == 0) {
		take(test, 1);
		if (++test->depth > TEST_DEPTH_MAX) {
			test->error = "nested too deeply";
			return false;
		}
		return !test_primary(test);
	}
	if (test->left >= 3 && strcmp(at[0], "(") == 0)
		return test_parenthesis(test);
	if (test->left >= 2 && is_unary(at[0])) {
		take(test, 2);
		return unary(test, at[0][1], at[1]);
	}
	take(test, 1);
	return *at[0];
}

static bool test_and(struct test *test)
{
	bool value = test_primary(test);
	while (!test->error && test->left > 0 && strcmp(test->at[0], "-a") == 0) {
		take(test, 1);
		value &= test_primary(test);
	}
	return value;
}

static bool test_or(struct test *test)
{
	if (++test->depth > TEST_DEPTH_MAX) {
		test->error = "nested too deeply";
		return false;
	}
	bool value = test_and(test);
	while (!test->error && test->left > 0 && strcmp(test->at[0], "-o") == 0) {
		take(test, 1);
		value |= test_and(test);
	}
	test->depth--;
	return value;
}

BUILTIN(builtin_test)
{
	(void)out;
	struct test test = {.shell = shell, .at = arguments + 1, .left = count - 1};
	if (strcmp(arguments[0], "[") == 0) {
		if (strcmp(arguments[count - 1], "]") != 0) {
			shell_error(shell, "[: `]' is missing");
			return 2;
		}
		test.left--;
	}
	if (test.left == 0)
		return 1;
	bool value = test_or(&test);
	if (!test.error && test.left > 0)
		test.error = "an sign is missing or not known";
	if (test.error) {
		shell_error(shell, "%s: %s", arguments[0], test.error);
		return 2;
	}
	return !value;
}
