// SPDX-License-Identifier: MIT OR Apache-2.0
// See expand.h. A word is first turned into bytes with a mark each (below), then split into
// fields, then each field is matched against file names. Marks keep what was quoted apart.
// Tests: tests/host/apps/expand_test.c and tests/host/apps/cases/expand_*.sh
#include "expand.h"

#include "../lib/pattern.h"
#include "arithmetic.h"
#include "execute.h"
#include "glob.h"
#include "scan.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum mark : char {
	MARK_PLAIN = 'p',  // literal: may be a pattern
	MARK_QUOTED = 'q', // neither pattern nor split
	MARK_SPLIT = 's',  // from an expansion: may be split, may be a pattern
	MARK_BREAK = 'b',  // between two fields; the byte is a blank for contexts without fields
	MARK_KEEP = 'k',   // no byte of its own: the field stays even if it is empty
};

constexpr int EXPAND_DEPTH_MAX = 60;

struct expansion {
	struct shell *shell;
	struct text bytes, marks;
	enum mark plain; // mark of unquoted literals
	int depth;
	bool failed;
	bool no_arguments; // a quoted $@ without arguments was met
	bool here;         // double quotes are ordinary
};

static void expand_range(
	struct expansion *exp, const char *text, size_t at, size_t end, bool quoted);

static void put(struct expansion *exp, char byte, enum mark mark)
{
	text_char(&exp->bytes, byte);
	text_char(&exp->marks, mark);
}

static void put_value(struct expansion *exp, const char *value, bool quoted)
{
	for (; *value; value++)
		put(exp, *value, quoted ? MARK_QUOTED : MARK_SPLIT);
}

[[gnu::format(printf, 2, 3)]] static void fail(struct expansion *exp, const char *format, ...)
{
	if (!exp->failed) {
		struct text message = {};
		va_list arguments;
		va_start(arguments, format);
		text_vformat(&message, format, arguments);
		va_end(arguments);
		shell_abort(exp->shell, 2, "%s", message.bytes);
		text_free(&message);
	}
	exp->failed = true;
}

static void expansion_free(struct expansion *exp)
{
	text_free(&exp->bytes);
	text_free(&exp->marks);
}

// --- Parameters -------------------------------------------------------------------------------

static char *number_text(int64_t number)
{
	struct text text = {};
	text_format(&text, "%" PRId64, number);
	return text_take(&text);
}

static char *option_letters(const struct shell *shell)
{
	struct text text = {};
	const struct {
		bool set;
		char letter;
	} options[] = {{shell->exit_on_error, 'e'}, {shell->no_glob, 'f'},
		{shell->interactive, 'i'}, {shell->unset_is_error, 'u'}, {shell->verbose, 'v'},
		{shell->trace, 'x'}};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].set)
			text_char(&text, options[i].letter);
	return text_take(&text);
}

// "$*": all arguments, joined by the first byte of IFS.
static char *arguments_joined(const struct shell *shell)
{
	struct text text = {};
	const char *separator = variable_get(&shell->variables, "IFS");
	for (int i = 0; i < shell->argument_count; i++) {
		if (i > 0 && (!separator || *separator))
			text_char(&text, separator ? *separator : ' ');
		text_string(&text, shell->arguments[i]);
	}
	return text_take(&text);
}

// The value of any parameter, malloc'd; null: unset.
static char *parameter_value(struct shell *shell, const char *name)
{
	switch (name[0]) {
	case '?':
		return number_text(shell->status);
	case '#':
		return number_text(shell->argument_count);
	case '$':
		return number_text((int64_t)shell->pid);
	case '!':
		return shell->last_background ? number_text((int64_t)shell->last_background)
					      : nullptr;
	case '-':
		return option_letters(shell);
	case '@':
	case '*':
		return shell->argument_count ? arguments_joined(shell) : nullptr;
	case '0':
		if (!name[1])
			return memory_string(shell->name ? shell->name : "sh");
		break;
	}
	if (isdigit((unsigned char)name[0])) {
		long index = strtol(name, nullptr, 10);
		return index >= 1 && index <= shell->argument_count
			       ? memory_string(shell->arguments[index - 1])
			       : nullptr;
	}
	const char *value = variable_get(&shell->variables, name);
	return value ? memory_string(value) : nullptr;
}

static void put_arguments(struct expansion *exp, bool quoted)
{
	const struct shell *shell = exp->shell;
	for (int i = 0; i < shell->argument_count; i++) {
		if (i > 0)
			put(exp, ' ', MARK_BREAK);
		if (quoted)
			put(exp, 0, MARK_KEEP);
		put_value(exp, shell->arguments[i], quoted);
	}
	if (quoted && shell->argument_count == 0)
		exp->no_arguments = true;
}

static void put_parameter(struct expansion *exp, const char *name, bool quoted)
{
	if (name[0] == '@' || (name[0] == '*' && !quoted)) {
		put_arguments(exp, quoted);
		return;
	}
	char *value = parameter_value(exp->shell, name);
	if (value)
		put_value(exp, value, quoted);
	else if (exp->shell->unset_is_error && name[0] != '*')
		fail(exp, "%s: parameter not set", name);
	free(value);
}

// --- ${...} -----------------------------------------------------------------------------------

struct braces {
	const char *text;    // whole word
	size_t operand, end; // range of the operand
	char name[256];
	char sign; // - = ? + # % or 0
	bool colon, doubled, length, quoted;
};

static size_t parameter_length(const char *text)
{
	if (isdigit((unsigned char)text[0]))
		return strspn(text, "0123456789");
	if (text[0] && strchr("@*#?-$!", text[0]))
		return 1;
	return name_length(text);
}

// Takes `${...}` apart; `end` is the position of its '}'.
static bool braces_read(struct braces *braces, const char *text, size_t at, size_t end)
{
	braces->text = text;
	braces->end = end;
	if (text[at] == '#' && at + 1 < end && parameter_length(text + at + 1) == end - at - 1) {
		braces->length = true;
		at++;
	}
	size_t length = parameter_length(text + at);
	if (length == 0 || length >= sizeof braces->name)
		return false;
	memcpy(braces->name, text + at, length);
	at += length;
	if (at == end)
		return true;
	braces->colon = text[at] == ':';
	at += braces->colon;
	braces->sign = text[at];
	if (!braces->sign || !strchr(braces->colon ? "-=?+" : "-=?+#%", braces->sign))
		return false;
	braces->doubled = strchr("#%", text[at]) && text[at + 1] == text[at];
	braces->operand = at + 1 + braces->doubled;
	return true;
}

static void put_operand(struct expansion *exp, const struct braces *braces)
{
	enum mark plain = exp->plain;
	exp->plain = MARK_SPLIT;
	expand_range(exp, braces->text, braces->operand, braces->end, braces->quoted);
	exp->plain = plain;
}

// The operand as one string or, if `pattern`, as a pattern. Null on errors.
static char *operand_string(struct expansion *exp, const struct braces *braces, bool pattern)
{
	char *word = memory_copy(braces->text + braces->operand, braces->end - braces->operand);
	char *value = pattern ? expand_pattern(exp->shell, word) : expand_string(exp->shell, word);
	free(word);
	if (!value)
		exp->failed = true;
	return value;
}

static void assign_default(struct expansion *exp, const struct braces *braces)
{
	if (!name_starts(braces->name[0])) {
		fail(exp, "%s: cannot be assigned this way", braces->name);
		return;
	}
	char *value = operand_string(exp, braces, false);
	if (!value)
		return;
	if (variable_set(&exp->shell->variables, braces->name, value))
		put_value(exp, value, braces->quoted);
	else
		fail(exp, "%s: is read only", braces->name);
	free(value);
}

static void report_unset(struct expansion *exp, const struct braces *braces)
{
	char *message = operand_string(exp, braces, false);
	if (message)
		fail(exp, "%s: %s", braces->name, *message ? message : "parameter not set");
	free(message);
}

// `${x#pattern}` and its relatives on `value`.
static void put_trimmed(struct expansion *exp, const struct braces *braces, char *value)
{
	char *pattern = operand_string(exp, braces, true);
	if (!pattern)
		return;
	size_t size = strlen(value);
	bool front = braces->sign == '#';
	for (size_t i = 0; i <= size; i++) {
		size_t cut = braces->doubled ? size - i : i;
		const char *part = front ? value : value + size - cut;
		if (!pattern_match(pattern, part, cut))
			continue;
		if (front)
			value += cut;
		else
			value[size - cut] = 0;
		break;
	}
	free(pattern);
	put_value(exp, value, braces->quoted);
}

static void put_length(struct expansion *exp, const char *name, const char *value)
{
	bool count = name[0] == '@' || name[0] == '*';
	size_t length = value ? strlen(value) : 0;
	if (count)
		length = (size_t)exp->shell->argument_count;
	char *number = number_text((int64_t)length);
	put_value(exp, number, true);
	free(number);
}

static void put_braces(struct expansion *exp, const struct braces *braces)
{
	char *value = parameter_value(exp->shell, braces->name);
	bool given = value && !(braces->colon && !*value);
	if (braces->length)
		put_length(exp, braces->name, value);
	else if (braces->sign == '+') {
		if (given)
			put_operand(exp, braces);
	} else if (braces->sign == '#' || braces->sign == '%') {
		if (value)
			put_trimmed(exp, braces, value);
		else if (exp->shell->unset_is_error)
			fail(exp, "%s: parameter not set", braces->name);
	} else if (given || !braces->sign)
		put_parameter(exp, braces->name, braces->quoted);
	else if (braces->sign == '-')
		put_operand(exp, braces);
	else if (braces->sign == '=')
		assign_default(exp, braces);
	else
		report_unset(exp, braces);
	free(value);
}

// --- Substitutions ----------------------------------------------------------------------------

static void put_arithmetic(struct expansion *exp, const char *text, size_t at, size_t end)
{
	char *source = memory_copy(text + at, end - at);
	char *expression = expand_here(exp->shell, source);
	int64_t result;
	if (expression) {
		const char *error =
			arithmetic_evaluate(&exp->shell->variables, expression, &result);
		if (error)
			fail(exp, "arithmetic expression `%s': %s", expression, error);
	}
	if (!expression || exp->failed) {
		exp->failed = true;
	} else {
		char *number = number_text(result);
		put_value(exp, number, true);
		free(number);
	}
	free(expression);
	free(source);
}

static void put_command(struct expansion *exp, const char *commands, bool quoted)
{
	char *output = substitute_command(exp->shell, commands);
	if (!output) {
		exp->failed = true;
		return;
	}
	size_t length = strlen(output);
	while (length > 0 && output[length - 1] == '\n')
		output[--length] = 0;
	put_value(exp, output, quoted);
	free(output);
}

static size_t expand_backquotes(struct expansion *exp, const char *text, size_t at, bool quoted)
{
	size_t end = scan_back(text, at);
	if (scan_failed(end)) {
		fail(exp, "a backquote is not closed");
		return strlen(text);
	}
	struct text commands = {};
	for (size_t i = at + 1; i < end - 1; i++) {
		if (text[i] == '\\' &&
			(strchr("\\`$", text[i + 1]) || (quoted && text[i + 1] == '"')))
			i++;
		text_char(&commands, text[i]);
	}
	put_command(exp, commands.bytes ? commands.bytes : "", quoted);
	text_free(&commands);
	return end;
}

static void expand_braces(
	struct expansion *exp, const char *text, size_t at, size_t end, bool quoted)
{
	struct braces braces = {.quoted = quoted};
	if (braces_read(&braces, text, at + 2, end - 1))
		put_braces(exp, &braces);
	else
		fail(exp, "%.*s: this substitution is not known", (int)(end - at), text + at);
}

// Expands what starts with '$' at `at`; gives the position behind it.
static size_t expand_dollar(struct expansion *exp, const char *text, size_t at, bool quoted)
{
	size_t end = scan_dollar(text, at, exp->depth);
	if (scan_failed(end)) {
		fail(exp, "a substitution is not closed or nested too deeply");
		return strlen(text);
	}
	if (end == at + 1) {
		put(exp, '$', quoted ? MARK_QUOTED : exp->plain);
	} else if (text[at + 1] == '{') {
		expand_braces(exp, text, at, end, quoted);
	} else if (text[at + 1] == '(' && scan_arithmetic(text, at) == end) {
		put_arithmetic(exp, text, at + 3, end - 2);
	} else {
		bool command = text[at + 1] == '(';
		char *inner = memory_copy(text + at + 1 + command, end - at - 1 - 2 * command);
		if (command)
			put_command(exp, inner, quoted);
		else
			put_parameter(exp, inner, quoted);
		free(inner);
	}
	return end;
}

// --- Quotes -----------------------------------------------------------------------------------

static size_t expand_backslash(struct expansion *exp, const char *text, size_t at, bool quoted)
{
	char next = text[at + 1];
	if (next == '\n')
		return at + 2;
	if (!next || (quoted && !strchr(exp->here ? "$`\\" : "$`\"\\}", next))) {
		put(exp, '\\', MARK_QUOTED);
		return at + 1;
	}
	put(exp, next, MARK_QUOTED);
	return at + 2;
}

static size_t expand_single(struct expansion *exp, const char *text, size_t at, size_t end)
{
	put(exp, 0, MARK_KEEP);
	for (at++; at < end && text[at] != '\''; at++)
		put(exp, text[at], MARK_QUOTED);
	return at + 1;
}

static size_t expand_double(struct expansion *exp, const char *text, size_t at, size_t end)
{
	size_t close = scan_double(text, at, exp->depth), before = exp->bytes.length;
	if (scan_failed(close) || close > end) {
		fail(exp, "a double quote is not closed");
		return end;
	}
	exp->no_arguments = false;
	expand_range(exp, text, at + 1, close - 1, true);
	if (exp->bytes.length > before || !exp->no_arguments)
		put(exp, 0, MARK_KEEP);
	return close;
}

static void expand_range(
	struct expansion *exp, const char *text, size_t at, size_t end, bool quoted)
{
	if (++exp->depth > EXPAND_DEPTH_MAX)
		fail(exp, "substitutions are nested too deeply");
	while (at < end && !exp->failed) {
		char byte = text[at];
		if (byte == '\\')
			at = expand_backslash(exp, text, at, quoted);
		else if (byte == '$')
			at = expand_dollar(exp, text, at, quoted);
		else if (byte == '`')
			at = expand_backquotes(exp, text, at, quoted);
		else if (byte == '\'' && !quoted)
			at = expand_single(exp, text, at, end);
		else if (byte == '"' && !exp->here && !quoted)
			at = expand_double(exp, text, at, end);
		else if (byte == '"' && !exp->here)
			at++;
		else
			put(exp, text[at++], quoted ? MARK_QUOTED : exp->plain);
	}
	exp->depth--;
}

// --- Whole words ------------------------------------------------------------------------------

// ~ and ~/... at the start; gives how many bytes were used.
static size_t expand_tilde(struct expansion *exp, const char *word)
{
	if (word[0] != '~' || (word[1] && word[1] != '/'))
		return 0;
	const char *home = variable_get(&exp->shell->variables, "HOME");
	if (!home)
		return 0;
	put_value(exp, home, true);
	return 1;
}

static bool expansion_run(struct expansion *exp, struct shell *shell, const char *word, bool here)
{
	*exp = (struct expansion){.shell = shell, .plain = MARK_PLAIN, .here = here};
	size_t start = here ? 0 : expand_tilde(exp, word);
	expand_range(exp, word, start, strlen(word), here);
	if (exp->failed)
		expansion_free(exp);
	return !exp->failed;
}

// Bytes without marks; with `pattern`, quoted ones are escaped.
static char *expansion_string(struct expansion *exp, size_t from, size_t to, bool pattern)
{
	struct text out = {};
	for (size_t i = from; i < to; i++) {
		char byte = exp->bytes.bytes[i], mark = exp->marks.bytes[i];
		if (mark == MARK_KEEP)
			continue;
		bool escape =
			mark == MARK_QUOTED ? strchr("*?[]\\!^-", byte) != nullptr : byte == '\\';
		if (pattern && escape)
			text_char(&out, '\\');
		text_char(&out, byte);
	}
	return text_take(&out);
}

static bool has_pattern(const struct expansion *exp, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		char mark = exp->marks.bytes[i];
		if ((mark == MARK_PLAIN || mark == MARK_SPLIT) &&
			strchr("*?[", exp->bytes.bytes[i]))
			return true;
	}
	return false;
}

static void field_add(struct expansion *exp, size_t from, size_t to, struct fields *fields)
{
	if (!exp->shell->no_glob && has_pattern(exp, from, to)) {
		char *pattern = expansion_string(exp, from, to, true);
		bool found = glob_expand(pattern, fields);
		free(pattern);
		if (found)
			return;
	}
	fields_add(fields, expansion_string(exp, from, to, false));
}

// Splits at field breaks and at unquoted bytes of IFS.
static void fields_split(struct expansion *exp, struct fields *fields)
{
	const char *separators = variable_get(&exp->shell->variables, "IFS");
	if (!separators)
		separators = " \t\n";
	size_t from = 0, size = exp->bytes.length;
	bool some = false, after_blank = false;
	for (size_t i = 0; i < size; i++) {
		char byte = exp->bytes.bytes[i], mark = exp->marks.bytes[i];
		bool split = mark == MARK_SPLIT && strchr(separators, byte);
		if (!split && mark != MARK_BREAK) {
			if (!some)
				from = i;
			some = true;
			after_blank = false;
			continue;
		}
		bool blank = mark == MARK_BREAK || strchr(" \t\n", byte);
		if (some || (!blank && !after_blank))
			field_add(exp, some ? from : i, i, fields);
		after_blank = blank && (some || after_blank) && mark != MARK_BREAK;
		some = false;
	}
	if (some)
		field_add(exp, from, size, fields);
}

bool expand_words(struct shell *shell, const struct word *words, struct fields *fields)
{
	for (; words; words = words->next) {
		struct expansion exp;
		if (!expansion_run(&exp, shell, words->text, false))
			return false;
		fields_split(&exp, fields);
		expansion_free(&exp);
	}
	return true;
}

static char *expand_one(struct shell *shell, const char *word, bool here, bool pattern)
{
	struct expansion exp;
	if (!expansion_run(&exp, shell, word, here))
		return nullptr;
	char *string = expansion_string(&exp, 0, exp.bytes.length, pattern);
	expansion_free(&exp);
	return string;
}

char *expand_string(struct shell *shell, const char *word)
{
	return expand_one(shell, word, false, false);
}

char *expand_pattern(struct shell *shell, const char *word)
{
	return expand_one(shell, word, false, true);
}

char *expand_here(struct shell *shell, const char *body)
{
	return expand_one(shell, body, true, false);
}
