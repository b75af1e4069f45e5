// SPDX-License-Identifier: MIT OR Apache-2.0
// apps/shell: the line editor, played from a string of keys.
#include "test.h"

#include "shell/line_editor.h"

struct play {
	const char *keys;
	struct text screen;
};

static int play_read(void *context)
{
	struct play *play = context;
	return *play->keys ? (unsigned char)*play->keys++ : KEY_END;
}

static void play_write(void *context, const char *bytes, size_t size)
{
	text_add(&((struct play *)context)->screen, bytes, size);
}

static size_t play_columns(void *)
{
	return 20;
}

static void play_complete(void *, const char *line, size_t cursor, struct completion *completion)
{
	static const char *const words[] = {"echo", "edit", "exit"};
	completion->start = 0;
	for (size_t i = 0; i < 3; i++)
		if (strncmp(words[i], line, cursor) == 0)
			fields_add(&completion->words, memory_string(words[i]));
}

static enum edit_result play(const char *keys, struct history *history, char **line)
{
	struct play state = {.keys = keys};
	struct editor editor = {
		.terminal = {&state, play_read, play_read, play_write, play_columns},
		.history = history,
		.complete = play_complete};
	enum edit_result result = editor_read(&editor, "two\nline $ ");
	*line = memory_string(editor.line.bytes);
	editor_free(&editor);
	text_free(&state.screen);
	return result;
}

static void keys_edit(void **)
{
	static const struct {
		const char *keys, *line;
	} cases[] = {{"abc\r", "abc"}, {"abc\x7f\x7fX\r", "aX"}, {"abc\001X\r", "Xabc"},
		{"abc\001X\005Y\r", "XabcY"}, {"ab\033[DX\r", "aXb"},
		{"ab\033[D\033[D\033[CX\r", "aXb"}, {"ab\033[HX\033[FY\r", "XabY"},
		{"ab\033[1~X\033[4~Y\r", "XabY"}, {"abc\001\033[3~\r", "bc"},
		{"one two\027X\r", "one X"}, {"one two\025X\r", "X"}, {"one two\001\013X\r", "X"},
		{"one\025two\031\r", "twoone"}, {"abc\001\004\r", "bc"}, {"ab\024\r", "ba"},
		{"\xc3\xa9\x7fx\r", "x"}, {"\xc3\xa9\033[Dx\r", "x\xc3\xa9"},
		{"e\xcc\x81\x7fx\r", "x"}, {"ec\t\r", "echo "}, {"e\t\tx\r", "ex"},
		{"one two\033bX\r", "one Xtwo"}, {"one two\001\033fX\r", "oneX two"},
		{"one two\001\033[1;5CX\r", "oneX two"}, {"abc\014\r", "abc"},
		{"a\033[99999999Zb\r", "ab"}, {"\x7f\033[D\033[C\033[3~x\r", "x"},
		{"a\006\002b\r", "ba"}, {"a\002\006b\r", "ab"},
		{"a long line that wraps around the screen\001X\r",
			"Xa long line that wraps around the screen"}};
	struct history history = {};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *line;
		assert_int_equal(play(cases[i].keys, &history, &line), EDIT_LINE);
		if (strcmp(line, cases[i].line) != 0)
			fail_msg("case %zu gives %s, not %s", i, line, cases[i].line);
		free(line);
	}
}

static void history_moves(void **)
{
	static const struct {
		const char *keys, *line;
	} cases[] = {{"\033[A\r", "third"}, {"\020\020\r", "second"},
		{"\033[A\033[A\033[B\r", "third"}, {"new\033[A\033[B!\r", "new!"},
		{"\033[A\033[A\033[A\033[A\r", "first"}, {"\022ir\r", "third"},
		{"\022ir\022\r", "first"}, {"\022zzz\rx", ""}, {"\022sec\001X\r", "Xsecond"},
		{"\022fi\007x\r", "x"}, {"\022ird\x7f\x7f\x7f\r", "third"}};
	struct history history = {};
	history_add(&history, "first");
	history_add(&history, "second");
	history_add(&history, "third\n");
	history_add(&history, "third");
	assert_int_equal(history.count, 3);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *line;
		(void)play(cases[i].keys, &history, &line);
		if (strcmp(line, cases[i].line) != 0)
			fail_msg("case %zu gives %s, not %s", i, line, cases[i].line);
		free(line);
	}
	history_clear(&history);
	free(history.lines);
}

static void history_is_bounded(void **)
{
	struct history history = {};
	for (int i = 0; i < 2000; i++) {
		struct text line = {};
		text_format(&line, "line %d", i);
		history_add(&history, line.bytes);
		text_free(&line);
	}
	assert_int_equal(history.count, HISTORY_MAX);
	assert_string_equal(history.lines[HISTORY_MAX - 1], "line 1999");
	history_clear(&history);
	free(history.lines);
}

static void endings_are_told(void **)
{
	struct history history = {};
	char *line;
	assert_int_equal(play("\004", &history, &line), EDIT_END);
	free(line);
	assert_int_equal(play("abc\003", &history, &line), EDIT_INTERRUPT);
	free(line);
	assert_int_equal(play("", &history, &line), EDIT_END);
	free(line);
	assert_int_equal(play("abc", &history, &line), EDIT_LINE);
	free(line);
}

// Any keys at all must leave the editor in order.
static void random_keys_are_harmless(void **)
{
	struct history history = {};
	history_add(&history, "some \xc3\xa9 line");
	history_add(&history, "\xff\xfe odd");
	uint32_t random = 12345;
	for (int round = 0; round < 3000; round++) {
		char keys[64], *line;
		for (size_t i = 0; i < sizeof keys - 1; i++) {
			random = random * 1664525 + 1013904223;
			static const char likely[] =
				"\033[DCAB\t\x7f\001\005\013\025\027\022 \xc3\xa9\xcc\x81";
			unsigned pick = random >> 24;
			keys[i] =
				pick < 160 ? likely[pick % (sizeof likely - 1)] : (char)(pick | 1);
		}
		keys[sizeof keys - 1] = 0;
		(void)play(keys, &history, &line);
		free(line);
	}
	history_clear(&history);
	free(history.lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_edit),
		cmocka_unit_test(history_moves),
		cmocka_unit_test(history_is_bounded),
		cmocka_unit_test(endings_are_told),
		cmocka_unit_test(random_keys_are_harmless),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
