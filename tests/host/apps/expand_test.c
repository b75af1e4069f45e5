// SPDX-License-Identifier: MIT OR Apache-2.0
// apps/shell: variables, arithmetic, expansion, execution of what needs no other process.
#include "test.h"

#include "shell/arithmetic.h"
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/shell.h"

static int start(void **state)
{
	static char path[] = "PATH=/nowhere";
	char *environment[] = {path, nullptr};
	struct shell *shell = memory_get(sizeof *shell);
	shell_start(shell, environment);
	shell->name = memory_string("test");
	shell->program = memory_string("/nowhere/sh");
	shell->fds.real[2] = FD_CLOSED;
	*state = shell;
	return 0;
}

static int stop(void **state)
{
	shell_free(*state);
	free(*state);
	return 0;
}

// The fields of one word, joined by '|'.
static char *expanded(struct shell *shell, const char *text)
{
	struct word word = {.text = text};
	struct fields fields = {};
	struct text joined = {};
	shell->flow = FLOW_NEXT;
	bool done = expand_words(shell, &word, &fields);
	text_string(&joined, done ? "" : "error");
	for (size_t i = 0; done && i < fields.count; i++)
		text_format(&joined, "%s%s", i ? "|" : "", fields.items[i]);
	if (done && fields.count == 0)
		text_string(&joined, "nothing");
	fields_free(&fields);
	return text_take(&joined);
}

static void words_expand(void **state)
{
	struct shell *shell = *state;
	static const struct {
		const char *word, *fields;
	} cases[] = {{"a", "a"}, {"$v", "one|two"}, {"\"$v\"", "one two"}, {"$none", "nothing"},
		{"\"$none\"", ""}, {"''$none", ""}, {"x$none", "x"}, {"${v#o}", "ne|two"},
		{"${#v}", "7"}, {"${none:-a b}", "a|b"}, {"${none:-\"a b\"}", "a b"},
		{"\"${none:-a b}\"", "a b"}, {"${v:+set}", "set"}, {"$((1+2))", "3"},
		{"$(echo hi there)", "hi|there"}, {"\"$(echo 'a  b')\"", "a  b"}, {"\\$v", "$v"},
		{"'$v'", "$v"}, {"$1$2", "p1p|2"}, {"\"$@\"", "p1|p 2"}, {"x\"$@\"y", "xp1|p 2y"},
		{"$*", "p1|p|2"}, {"\"$*\"", "p1 p 2"}, {"${1}0", "p10"}, {"$10", "p10"},
		{"${10}", "nothing"}, {"$", "$"}, {"a$", "a$"}, {"${}", "error"}, {"${v", "error"},
		{"$((1/0))", "error"}, {"${none?msg}", "error"}, {"${#}", "2"},
		{"${v%%o*}", "nothing"}, {"${c}", "|a||b"}, {"\"\"", ""}, {"\"\"\"\"", ""},
		{"${v/a/b}", "error"}};
	char one[] = "p1", two[] = "p 2";
	char *arguments[] = {one, two, nullptr};
	shell_arguments(shell, 2, arguments);
	(void)variable_set(&shell->variables, "v", "one two");
	(void)variable_set(&shell->variables, "c", ":a::b:");
	(void)variable_set(&shell->variables, "IFS", " \t\n");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool colon = strcmp(cases[i].word, "${c}") == 0;
		if (colon)
			(void)variable_set(&shell->variables, "IFS", ":");
		char *got = expanded(shell, cases[i].word);
		if (strcmp(got, cases[i].fields) != 0)
			fail_msg("%s gives %s, not %s", cases[i].word, got, cases[i].fields);
		free(got);
		if (colon)
			(void)variable_set(&shell->variables, "IFS", " \t\n");
	}
}

static void arithmetic_works(void **)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {{"", 0}, {"1+2*3", 7}, {"(1+2)*3", 9}, {"-5/2", -2}, {"-5%3", -2},
		{"1<<4", 16}, {"5>3&&2>1", 1}, {"1||1/0", 1}, {"0&&1/0", 0}, {"1?2:1/0", 2},
		{"x=5", 5}, {"x+1", 6}, {"x+=2,", 0}, {"x<<=1", 10}, {"y", 0}, {"!0", 1},
		{"~0", -1}, {"0x10|1", 17}, {"5!=3", 1}, {"5==5", 1}, {"5<=4", 0}, {"6&3^1", 3},
		{"-9223372036854775807-1", INT64_MIN}, {"9223372036854775807+1", INT64_MIN},
		{"(-9223372036854775807-1)/-1", INT64_MIN}, {"1<<64", 1}, {"- - 3", 3},
		{"2>=2", 1}};
	struct variables variables = {};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t value;
		const char *error = arithmetic_evaluate(&variables, cases[i].text, &value);
		if (strchr(cases[i].text, ','))
			assert_non_null(error);
		else if (error || value != cases[i].value)
			fail_msg("%s gives %lld (%s)", cases[i].text, (long long)value,
				error ? error : "no error");
		(void)variable_set(&variables, "x", "5");
	}
	variables_free(&variables);
}

static void arithmetic_refuses(void **)
{
	static const char *const bad[] = {"1+", "1 2", "(1", "1/0", "1%0", "a b", "0x", "08x", "$",
		"*3", "99999999999999999999999", "1?2"};
	struct variables variables = {};
	struct text deep = {};
	int64_t value;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (!arithmetic_evaluate(&variables, bad[i], &value))
			fail_msg("accepted: %s", bad[i]);
	for (int i = 0; i < 100000; i++)
		text_char(&deep, i % 2 ? '(' : '-');
	assert_non_null(arithmetic_evaluate(&variables, deep.bytes, &value));
	text_free(&deep);
	variables_free(&variables);
}

static void scopes_restore(void **)
{
	struct variables variables = {};
	(void)variable_set(&variables, "a", "1");
	scope_enter(&variables);
	variable_local(&variables, "a");
	variable_local(&variables, "b");
	(void)variable_set(&variables, "a", "2");
	(void)variable_set(&variables, "b", "3");
	variable_lock(&variables, "b");
	scope_leave(&variables);
	assert_string_equal(variable_get(&variables, "a"), "1");
	assert_null(variable_find(&variables, "b"));
	variables_free(&variables);
}

static const char *run(struct shell *shell, const char *text)
{
	shell->flow = FLOW_NEXT;
	(void)variable_unset(&shell->variables, "r");
	run_text(shell, text);
	const char *result = variable_get(&shell->variables, "r");
	return result ? result : "unset";
}

static void scripts_run(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {{"r=1", "1"}, {"for i in a b c; do r=$r$i; done", "abc"},
		{"i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i = 3 ] && continue; r=$r$i; done",
			"1245"},
		{"f() { r=$1$#; }; f x y", "x2"}, {"f() { f; }; f; r=after", "unset"},
		{"case abc in a?c) r=yes;; esac", "yes"}, {"r=$(echo $(echo in))", "in"},
		{"(r=sub); r=${r-outer}", "outer"}, {"false || r=or", "or"},
		{"set -e; false; r=never", "unset"},
		{"set +e; if false; then :; else r=e; fi", "e"},
		{"r=a; { r=b; }; readonly q=1; q=2; r=never", "b"}, {"eval 'r=\"ev al\"'", "ev al"},
		{"r=`echo bq`", "bq"}, {"nosuch; r=$?", "127"},
		{"set -- a b c; shift; r=$*", "b c"}, {"x=1; x=2 true; r=$x", "1"},
		{"for i in 1 2; do for j in 1 2; do r=$r$i$j; break 2; done; done", "11"},
		{"f() { local r=in; }; r=out; f", "out"}, {"f() { return 3; }; f; r=$?", "3"},
		{"r=$((2+3)); exit 4; r=never", "5"}, {"if", "unset"},
		{"until false; do r=u; break; done", "u"}, {"! false && r=not", "not"},
		{"alias e='r=al'; true\ne", "al"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = run(*state, cases[i].text);
		if (strcmp(got, cases[i].result) != 0)
			fail_msg("%s gives %s, not %s", cases[i].text, got, cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words_expand, start, stop),
		cmocka_unit_test(arithmetic_works),
		cmocka_unit_test(arithmetic_refuses),
		cmocka_unit_test(scopes_restore),
		cmocka_unit_test_setup_teardown(scripts_run, start, stop),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
