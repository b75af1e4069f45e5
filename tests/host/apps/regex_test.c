// SPDX-License-Identifier: MIT OR Apache-2.0
// apps/commands: regular expressions, compared with the C library's where both define the result.
#include "test.h"

#include "commands/regex.h"

#include <regex.h>

static void compare_one(const char *pattern, const char *text, int flags)
{
	const char *error = nullptr;
	struct regex *ours = regex_make(pattern, flags, &error);
	regex_t theirs;
	int posix = (flags & REGEX_EXTENDED ? REG_EXTENDED : 0) |
		    (flags & REGEX_NO_CASE ? REG_ICASE : 0);
	if (!ours)
		fail_msg("%s: %s", pattern, error);
	assert_int_equal(regcomp(&theirs, pattern, posix), 0);
	size_t start = 0, end = 0;
	regmatch_t match;
	bool found = regex_search(ours, text, strlen(text), 0, &start, &end);
	bool wanted = regexec(&theirs, text, 1, &match, 0) == 0;
	if (found != wanted ||
		(found && (start != (size_t)match.rm_so || end != (size_t)match.rm_eo)))
		fail_msg("%s on %s: %d %zu-%zu, not %d %d-%d", pattern, text, found, start, end,
			wanted, wanted ? (int)match.rm_so : -1, wanted ? (int)match.rm_eo : -1);
	assert_int_equal(regex_search(ours, text, strlen(text), 0, nullptr, nullptr), wanted);
	regfree(&theirs);
	regex_free(ours);
}

static const char *const texts[] = {"", "a", "b", "ab", "aab", "abc", "abcabc", "xaby", "foo bar",
	"foobar", "a.b", "a*b", "(a)", "1234", "aaa", "AbC", "hello world", "a|b", "ababab", "^a$",
	"x{2}", "tab\there", "]", "a-b"};

static void extended_agrees(void **)
{
	static const char *const patterns[] = {"a", "ab*", "a|b", "(ab)+", "a.c", "^a", "b$", "^$",
		"[a-c]+", "[^a]", "a{2}", "a{2,}", "a{1,2}b", "(a|ab)(c|bcd)?", "foo|foobar", "x*",
		"(x*)*b", "a?b?c?", "[[:digit:]]+", "[[:alpha:]]* [a-z]", "\\.", "\\(a\\)", "()",
		"a||b", "[]a]+", "[^]a]+", "(a|b|c)*abc", "a+b+c+", "((a))", "[a-]", "(^a|b$)",
		"(ab|a)(b|)"};
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
		for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
			compare_one(patterns[i], texts[j], REGEX_EXTENDED);
			compare_one(patterns[i], texts[j], REGEX_EXTENDED | REGEX_NO_CASE);
		}
}

static void basic_agrees(void **)
{
	static const char *const patterns[] = {"a", "ab*", "a\\|b", "\\(ab\\)*", "a.c", "^a", "b$",
		"a+", "a\\+", "a\\?b", "(a)", "a|b", "[ab]*", "a\\{2\\}", "a\\{1,\\}b", "*b",
		"\\(^a\\)", "a^", "x{2}", "^*a", "\\*", "[*.]"};
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
		for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
			compare_one(patterns[i], texts[j], 0);
}

static bool matches(const char *pattern, const char *text, int flags)
{
	const char *error = nullptr;
	struct regex *regex = regex_make(pattern, flags, &error);
	assert_non_null(regex);
	bool found = regex_search(regex, text, strlen(text), 0, nullptr, nullptr);
	regex_free(regex);
	return found;
}

static void options_work(void **)
{
	assert_true(matches("a.b", "xa.by", REGEX_FIXED));
	assert_false(matches("a.b", "xacby", REGEX_FIXED));
	assert_true(matches("A.B", "xa.by", REGEX_FIXED | REGEX_NO_CASE));
	assert_true(matches("one\ntwo", "is two", REGEX_FIXED));
	assert_false(matches("ab", "abc", REGEX_LINE));
	assert_true(matches("abc", "abc", REGEX_LINE));
	assert_true(matches("\\bword\\b", "a word here", REGEX_EXTENDED));
	assert_false(matches("\\<ord", "a word here", REGEX_EXTENDED));
	assert_true(matches("\\w+\\s\\w+", "two words", REGEX_EXTENDED));
}

static void malformed_is_refused(void **)
{
	static const char *const bad[] = {"(", "a(", "[", "[a", "[[:nope:]]", "a{1,0}", "a{999}",
		"\\", "\\1", "[z-a]", "a{1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *error = nullptr;
		struct regex *regex = regex_make(bad[i], REGEX_EXTENDED, &error);
		if (regex)
			fail_msg("accepted: %s", bad[i]);
		assert_non_null(error);
	}
}

static void hostile_patterns_are_quick(void **)
{
	char text[5001];
	memset(text, 'a', 5000);
	text[5000] = 0;
	assert_false(matches("(a*)*b", text, REGEX_EXTENDED));
	assert_false(matches("(a|aa)+$b", text, REGEX_EXTENDED));
	assert_false(matches("a?a?a?a?a?a?a?a?a?a?a?a?a?a?b", text, REGEX_EXTENDED));
	const char *error = nullptr;
	assert_null(regex_make("((((a{200}){200}){200}){200}){200}", REGEX_EXTENDED, &error));
	struct regex *deep;
	char open[501];
	memset(open, '(', 500);
	open[500] = 0;
	deep = regex_make(open, REGEX_EXTENDED, &error);
	assert_null(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extended_agrees),
		cmocka_unit_test(basic_agrees),
		cmocka_unit_test(options_work),
		cmocka_unit_test(malformed_is_refused),
		cmocka_unit_test(hostile_patterns_are_quick),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
