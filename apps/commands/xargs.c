// SPDX-License-Identifier: MIT OR Apache-2.0
// xargs: words of the input (with quotes), or zero-terminated ones (-0), as arguments.
#include "command.h"
#include "run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

constexpr size_t XARGS_BYTES = 65536; // of arguments per run

static struct {
	char **words; // the command, then arguments from the input
	size_t fixed, count, capacity, bytes, limit;
	const char *replace;
	bool zero, only_some, trace, ran;
} xargs;

static void word_push(char *word)
{
	xargs.words =
		array_room(xargs.words, xargs.count + 1, &xargs.capacity, sizeof *xargs.words);
	xargs.words[xargs.count++] = word;
	xargs.words[xargs.count] = nullptr;
}

static char *replaced(const char *word, const char *value)
{
	struct text text = {};
	size_t length = strlen(xargs.replace);
	text_add(&text, "", 0);
	for (const char *found; (found = strstr(word, xargs.replace)); word = found + length) {
		text_add(&text, word, (size_t)(found - word));
		text_string(&text, value);
	}
	text_string(&text, word);
	return text_take(&text);
}

static void run(char **words)
{
	if (xargs.trace)
		for (char **word = words; *word; word++) {
			(void)write_all(2, *word, strlen(*word));
			(void)write_all(2, word[1] ? " " : "\n", 1);
		}
	int status = program_run(words, environ, true);
	xargs.ran = true;
	if (status >= 126)
		exit(status);
	if (status)
		command_status = 123;
}

static void batch_run(void)
{
	run(xargs.words);
	while (xargs.count > xargs.fixed)
		free(xargs.words[--xargs.count]);
	xargs.words[xargs.count] = nullptr;
	xargs.bytes = 0;
}

static void replace_run(const char *value)
{
	char **words = memory_get((xargs.fixed + 1) * sizeof *words);
	for (size_t i = 0; i < xargs.fixed; i++)
		words[i] = replaced(xargs.words[i], value);
	run(words);
	for (size_t i = 0; i < xargs.fixed; i++)
		free(words[i]);
	free(words);
}

static void word_take(const char *word, size_t size)
{
	if (xargs.replace) {
		char *value = memory_copy(word, size);
		replace_run(value);
		free(value);
		return;
	}
	bool full = xargs.bytes + size > XARGS_BYTES || xargs.count - xargs.fixed >= xargs.limit;
	if (full && xargs.count > xargs.fixed)
		batch_run();
	word_push(memory_copy(word, size));
	xargs.bytes += size + 1;
}

// Words of one line; quotes and backslashes as in POSIX.
static void line_split(const char *line, size_t size)
{
	struct text word = {};
	bool some = false;
	char quote = 0;
	for (size_t i = 0; i <= size; i++) {
		char byte = i < size ? line[i] : '\n';
		bool space = isspace((unsigned char)byte);
		if (!quote && space) {
			if (some)
				word_take(word.bytes ? word.bytes : "", word.length);
			text_clear(&word);
			some = false;
		} else if (byte == quote) {
			quote = 0;
		} else if (!quote && (byte == '"' || byte == '\'')) {
			quote = byte;
			some = true;
		} else if (i < size) {
			if (!quote && byte == '\\' && i + 1 < size)
				byte = line[++i];
			text_char(&word, byte);
			some = true;
		}
	}
	if (quote)
		die("a quote is not closed on its line");
	text_free(&word);
}

static void input_split(void)
{
	struct input input = {.fd = 0};
	const char *record;
	size_t size;
	while (input_record(&input, xargs.zero ? 0 : '\n', &record, &size)) {
		size -= record[size - 1] == (xargs.zero ? 0 : '\n');
		size_t skip = xargs.replace && !xargs.zero ? strspn(record, " \t") : 0;
		if (xargs.zero || (xargs.replace && size > skip))
			word_take(record + skip, size - skip);
		else if (!xargs.replace)
			line_split(record, size);
	}
	input_check(&input, nullptr);
	input_free(&input);
}

int command_xargs(int count, char **arguments)
{
	static char echo[] = "echo";
	xargs.limit = SIZE_MAX;
	for (int option; (option = option_next(count, arguments, "+0rtn:I:")) >= 0;) {
		xargs.zero |= option == '0';
		xargs.only_some |= option == 'r';
		xargs.trace |= option == 't';
		if (option == 'n')
			xargs.limit = (size_t)number_read(optarg);
		if (option == 'I')
			xargs.replace = optarg;
	}
	if (optind == count)
		word_push(echo);
	for (; optind < count; optind++)
		word_push(arguments[optind]);
	xargs.fixed = xargs.count;
	input_split();
	if (!xargs.replace && (xargs.count > xargs.fixed || (!xargs.ran && !xargs.only_some)))
		batch_run();
	return command_status;
}
