// SPDX-License-Identifier: MIT OR Apache-2.0
// apps/shell: lexer, parser and unparser.
#include "test.h"

#include "shell/parser.h"
#include "shell/scan.h"
#include "shell/unparse.h"

static enum parse_result parse_whole(const char *source)
{
	struct parse_options options = {.arena = arena_make(), .line = 1};
	struct parse parse = parser_text(source, &options);
	arena_drop(options.arena);
	return parse.result;
}

static char *reprint(const char *source)
{
	struct parse_options options = {.arena = arena_make(), .line = 1};
	struct parse parse = parser_text(source, &options);
	struct text text = {};
	if (parse.result == PARSE_OK && parse.tree)
		unparse(&text, parse.tree);
	arena_drop(options.arena);
	return text_take(&text);
}

static const char *const programs[] = {
	"echo a b 'c d' \"$x\"",
	"a=1 b=$(c d) cmd >out 2>&1 <in",
	"a && b || c; d & e",
	"! a | b | c",
	"if a; then b; elif c; then d; else e; fi",
	"while a; do b; done | c",
	"until a; do b; done >f",
	"for x in 1 2 3; do echo $x; done",
	"for x; do echo; done",
	"case $x in a|b) c;; (*) d; e;; esac",
	"f() { a; b; }",
	"f() ( a )",
	"(a; b) | { c; d; }",
	"cat <<A <<'B' && echo\nfirst $x\nA\nsecond\nB\n",
	"if cat <<E; then a; fi\nbody\nE\n",
	"while read x; do echo $x; done <<E\n1\n2\nE\necho after",
	"echo $(case x in x) a;; esac) `b` $((1+2)) ${x:-y} ${x#'}'}",
	"a |\nb &&\nc",
	"a &>f 3<>g >|h",
	"function g { a; }",
};

static void printing_is_stable(void **)
{
	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		char *once = reprint(programs[i]);
		if (!*once)
			fail_msg("does not parse: %s", programs[i]);
		char *twice = reprint(once);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

static void errors_are_found(void **)
{
	static const char *const bad[] = {"fi", "a | | b", "a ;; b", "if a; fi",
		"for 1 in; do a; done", "case x y", "a && ", "( )", ") a", "{ a; } b", "f() echo",
		"a > > b", "while; do a; done", "echo $(fi)", "a 10> x", "for x in a; b", "a=(1 2)",
		"! ", "} a"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		enum parse_result result = parse_whole(bad[i]);
		if (result != PARSE_ERROR && result != PARSE_MORE)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void open_texts_ask_for_more(void **)
{
	static const char *const open[] = {"'", "\"a", "`a", "$(", "${x", "$((1", "if a",
		"if a; then b", "while a; do", "a |", "a &&", "{ a", "(a", "case x in",
		"case x in a) b", "cat <<E\nx", "f() {", "a \\", "echo $(if a", "for x in a b",
		"! "};
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
		if (parse_whole(open[i]) != PARSE_MORE)
			fail_msg("not open: %s", open[i]);
}

static void lines_come_one_by_one(void **)
{
	static const char source[] = "a\n# c\n\nb; c\nif x\nthen y\nfi\ncat <<E\nbody\nE\nlast";
	struct arena *arena = arena_make();
	struct parse_options options = {.arena = arena, .line = 1};
	int commands = 0;
	for (;;) {
		struct parse parse = parser_line(source, &options);
		if (parse.result == PARSE_END)
			break;
		assert_int_equal(parse.result, PARSE_OK);
		commands += parse.tree != nullptr;
		options.start = parse.end;
		options.line = parse.line;
	}
	assert_int_equal(commands, 5);
	arena_drop(arena);
}

static char *repeat(const char *before, const char *middle, const char *after, int times)
{
	struct text text = {};
	for (int i = 0; i < times; i++)
		text_string(&text, before);
	text_string(&text, middle);
	for (int i = 0; i < times; i++)
		text_string(&text, after);
	return text_take(&text);
}

static void depth_is_bounded(void **)
{
	static const char *const nests[][3] = {{"(", "a", ")"}, {"{ ", "a", "; }"},
		{"echo $(", "a", ")"}, {"echo \"$(", "a", ")\""}, {"if ", "a", "; then b; fi"},
		{"${x:-", "a", "}"}, {"$((", "1", "))"},
		{"if a; then b; el", "if a; then b; fi", ""}, {"! ", "a", ""},
		{"f() { ", "a", "; }"}, {"$((a) ", "b", ")"}};
	for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++) {
		char *text = repeat(nests[i][0], nests[i][1], nests[i][2], 3000);
		(void)parse_whole(text);
		free(text);
	}
}

static const char *alias_for_test(void *, const char *name, size_t length)
{
	if (length == 2 && memcmp(name, "ll", 2) == 0)
		return "ls -l";
	if (length == 2 && memcmp(name, "ls", 2) == 0)
		return "ls -F";
	return length == 1 && *name == 'r' ? "q" : length == 1 && *name == 'q' ? "r" : nullptr;
}

static void aliases_are_replaced(void **)
{
	struct parse_options options = {.arena = arena_make(), .alias = alias_for_test, .line = 1};
	static const char source[] = "ll x; echo ll; r\nnext";
	struct parse parse = parser_line(source, &options);
	assert_int_equal(parse.result, PARSE_OK);
	struct text text = {};
	unparse(&text, parse.tree);
	assert_memory_equal(text.bytes, "ls -F -l x\necho ll\n", 19);
	assert_string_equal(&source[parse.end], "next");
	text_free(&text);
	arena_drop(options.arena);
}

static void quoting_is_exact(void **)
{
	struct text text = {};
	quote_append(&text, "it's $x");
	assert_string_equal(text.bytes, "'it'\\''s $x'");
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printing_is_stable),
		cmocka_unit_test(errors_are_found),
		cmocka_unit_test(open_texts_ask_for_more),
		cmocka_unit_test(lines_come_one_by_one),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(aliases_are_replaced),
		cmocka_unit_test(quoting_is_exact),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
