// SPDX-License-Identifier: MIT OR Apache-2.0
// Builtins that change the shell's state: variables, options, parameters, aliases, read, trap.
// Tests: tests/host/apps/cases/builtin_state.sh, read.sh
#include "builtin.h"
#include "scan.h"
#include "unparse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(struct shell *shell, const char *name)
{
	shell_error(shell, "usage: %s", builtin_find(name)->usage);
	return 2;
}

// Splits NAME or NAME=value; gives the value or null. False: no name.
static bool definition_split(struct shell *shell, const char *word, char **name, const char **value)
{
	size_t length = name_length(word);
	if (length == 0 || (word[length] && word[length] != '=')) {
		shell_error(shell, "%s: not a variable's name", word);
		return false;
	}
	*name = memory_copy(word, length);
	*value = word[length] ? word + length + 1 : nullptr;
	return true;
}

static void print_variable(struct output *out, const char *prefix, const struct variable *variable)
{
	struct text line = {};
	text_format(&line, "%s%s", prefix, variable->name);
	if (variable->value) {
		text_char(&line, '=');
		quote_append(&line, variable->value);
	}
	output_format(out, "%s\n", line.bytes);
	text_free(&line);
}

enum listing { LIST_SET, LIST_EXPORTED, LIST_READ_ONLY };

static int list_variables(struct shell *shell, struct output *out, enum listing listing)
{
	static const char *const prefixes[] = {"", "export ", "readonly "};
	size_t count;
	struct variable **list = variables_sorted(&shell->variables, &count);
	for (size_t i = 0; i < count; i++) {
		bool shown = listing == LIST_SET        ? list[i]->value != nullptr
			     : listing == LIST_EXPORTED ? list[i]->exported
							: list[i]->read_only;
		if (shown)
			print_variable(out, prefixes[listing], list[i]);
	}
	free(list);
	return 0;
}

static int define(struct shell *shell, const char *word,
	void (*mark)(struct shell *shell, const char *name, bool off), bool off)
{
	char *name;
	const char *value;
	if (!definition_split(shell, word, &name, &value))
		return 2;
	int status = 0;
	if (value && !variable_set(&shell->variables, name, value)) {
		shell_error(shell, "%s: is read only", name);
		status = 2;
	} else {
		mark(shell, name, off);
	}
	free(name);
	return status;
}

static void mark_export(struct shell *shell, const char *name, bool off)
{
	variable_export(&shell->variables, name, !off);
}

static void mark_read_only(struct shell *shell, const char *name, bool off)
{
	(void)off;
	variable_lock(&shell->variables, name);
}

BUILTIN(builtin_export)
{
	bool off = false;
	int status = 0, i = 1;
	for (; i < count && arguments[i][0] == '-'; i++)
		off |= strcmp(arguments[i], "-n") == 0;
	if (i == count)
		return list_variables(shell, out, LIST_EXPORTED);
	for (; i < count && !status; i++)
		status = define(shell, arguments[i], mark_export, off);
	return status;
}

BUILTIN(builtin_readonly)
{
	int status = 0, i = 1;
	while (i < count && arguments[i][0] == '-')
		i++;
	if (i == count)
		return list_variables(shell, out, LIST_READ_ONLY);
	for (; i < count && !status; i++)
		status = define(shell, arguments[i], mark_read_only, false);
	return status;
}

BUILTIN(builtin_unset)
{
	(void)count, (void)out;
	bool functions = false;
	int status = 0;
	for (arguments++; *arguments && (*arguments)[0] == '-'; arguments++)
		functions = strcmp(*arguments, "-f") == 0;
	for (; *arguments; arguments++) {
		if (functions) {
			(void)function_remove(shell, *arguments);
		} else if (!variable_unset(&shell->variables, *arguments)) {
			shell_error(shell, "%s: is read only", *arguments);
			status = 2;
		}
	}
	return status;
}

BUILTIN(builtin_local)
{
	(void)out;
	if (!shell->functions_active) {
		shell_error(shell, "local: only inside a function");
		return 2;
	}
	for (int i = 1; i < count; i++) {
		char *name;
		const char *value;
		if (!definition_split(shell, arguments[i], &name, &value))
			return 2;
		variable_local(&shell->variables, name);
		bool done = variable_set(&shell->variables, name, value);
		free(name);
		if (!done) {
			shell_error(shell, "%s: is read only", arguments[i]);
			return 2;
		}
	}
	return 0;
}

// --- set, shift -------------------------------------------------------------------------------

static bool *option_find(struct shell *shell, char letter, const char *name)
{
	const struct {
		bool *flag;
		const char *name;
		char letter;
	} options[] = {{&shell->exit_on_error, "errexit", 'e'}, {&shell->no_glob, "noglob", 'f'},
		{&shell->unset_is_error, "nounset", 'u'}, {&shell->trace, "xtrace", 'x'},
		{&shell->no_run, "noexec", 'n'}, {&shell->verbose, "verbose", 'v'}};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (name ? strcmp(options[i].name, name) == 0 : options[i].letter == letter)
			return options[i].flag;
	return nullptr;
}

static bool option_set(struct shell *shell, char letter, const char *name, bool on)
{
	bool *flag = option_find(shell, letter, name);
	if (flag)
		*flag = on;
	else if (name)
		shell_error(shell, "set: -o %s: not known", name);
	else
		shell_error(shell, "set: -%c: not known", letter);
	return flag != nullptr;
}

// One word of options; `*next` is the argument of -o. False: an error.
static bool options_apply(struct shell *shell, const char *word, char ***next)
{
	bool on = word[0] == '-';
	for (word++; *word; word++) {
		if (*word == 'o') {
			if (!**next || !option_set(shell, 0, *(*next)++, on))
				return false;
		} else if (!option_set(shell, *word, nullptr, on)) {
			return false;
		}
	}
	return true;
}

BUILTIN(builtin_set)
{
	if (count == 1)
		return list_variables(shell, out, LIST_SET);
	char **next = arguments + 1;
	while (*next && ((*next)[0] == '-' || (*next)[0] == '+') && (*next)[1]) {
		const char *word = *next++;
		if (strcmp(word, "--") == 0) {
			shell_arguments(shell, (int)(arguments + count - next), next);
			return 0;
		}
		if (!options_apply(shell, word, &next))
			return 2;
	}
	if (*next)
		shell_arguments(shell, (int)(arguments + count - next), next);
	return 0;
}

BUILTIN(builtin_shift)
{
	(void)out;
	long by = count > 1 ? strtol(arguments[1], nullptr, 10) : 1;
	if (by < 0 || by > shell->argument_count) {
		shell_error(shell, "shift: there are only %d parameters", shell->argument_count);
		return 2;
	}
	char **rest = memory_get(((size_t)shell->argument_count + 1) * sizeof *rest);
	memcpy(rest, shell->arguments + by, (size_t)(shell->argument_count - by) * sizeof *rest);
	for (long i = 0; i < by; i++)
		free(shell->arguments[i]);
	free(shell->arguments);
	shell->arguments = rest;
	shell->argument_count -= (int)by;
	return 0;
}

// --- Aliases ----------------------------------------------------------------------------------

static void print_alias(struct output *out, const struct alias *alias)
{
	struct text line = {};
	text_format(&line, "%s=", alias->name);
	quote_append(&line, alias->value);
	output_format(out, "%s\n", line.bytes);
	text_free(&line);
}

static int alias_show(struct shell *shell, const char *name, struct output *out)
{
	for (const struct alias *alias = shell->aliases; alias; alias = alias->next) {
		if (strcmp(alias->name, name) == 0) {
			print_alias(out, alias);
			return 0;
		}
	}
	shell_error(shell, "alias: %s: not found", name);
	return 1;
}

BUILTIN(builtin_alias)
{
	int status = 0;
	if (count == 1)
		for (const struct alias *alias = shell->aliases; alias; alias = alias->next)
			print_alias(out, alias);
	for (int i = 1; i < count; i++) {
		char *equals = strchr(arguments[i], '=');
		if (!equals) {
			status |= alias_show(shell, arguments[i], out);
			continue;
		}
		if (equals == arguments[i] || strchr(equals, '\n'))
			return usage(shell, "alias");
		*equals = 0;
		alias_define(shell, arguments[i], equals + 1);
	}
	return status;
}

BUILTIN(builtin_unalias)
{
	(void)out;
	if (count == 1)
		return usage(shell, "unalias");
	int status = 0;
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "-a") == 0)
			while (shell->aliases)
				(void)alias_remove(shell, shell->aliases->name);
		else if (!alias_remove(shell, arguments[i]))
			status = 1;
	}
	return status;
}

// --- read -------------------------------------------------------------------------------------

// Bytes of the line with a mark each: escaped ones do not separate.
struct read_line {
	struct text bytes, escaped;
};

// Byte by byte, since what follows belongs to others. 0 a line, 1 the end came first, 130.
static int line_read(struct shell *shell, bool raw, struct read_line *line)
{
	bool escape = false;
	for (;;) {
		char byte;
		ssize_t got = shell->fds.real[0] < 0 ? 0 : read(shell->fds.real[0], &byte, 1);
		if (got < 0 && errno == EINTR) {
			shell_interrupted(shell);
			return 130;
		}
		if (got <= 0)
			return 1;
		if (!escape && byte == '\n')
			return 0;
		if (!raw && !escape && byte == '\\') {
			escape = true;
			continue;
		}
		if (byte && !(escape && byte == '\n')) {
			text_char(&line->bytes, byte);
			text_char(&line->escaped, escape ? 'e' : '-');
		}
		escape = false;
	}
}

static bool separates(const struct read_line *line, size_t at, const char *separators, bool blank)
{
	char byte = line->bytes.bytes[at];
	return line->escaped.bytes[at] == '-' && strchr(separators, byte) &&
	       (!blank || strchr(" \t\n", byte));
}

// Gives the next field and moves `*at` behind its separator; the last one takes the rest.
static char *field_take(const struct read_line *line, size_t *at, const char *separators, bool last)
{
	size_t size = line->bytes.length, from = *at, to;
	if (last) {
		to = size;
		while (to > from && separates(line, to - 1, separators, true))
			to--;
		size_t inside = from;
		while (inside < to && !separates(line, inside, separators, false))
			inside++;
		// A single separator behind the last field is dropped.
		if (inside + 1 == to)
			to = inside;
		*at = size;
		return memory_copy(line->bytes.bytes + from, to - from);
	}
	for (to = from; to < size && !separates(line, to, separators, false); to++) {
	}
	*at = to;
	while (*at < size && separates(line, *at, separators, true))
		++*at;
	if (*at < size && separates(line, *at, separators, false) &&
		!strchr(" \t\n", line->bytes.bytes[*at]))
		++*at;
	while (*at < size && separates(line, *at, separators, true))
		++*at;
	return memory_copy(line->bytes.bytes + from, to - from);
}

static bool fields_assign(struct shell *shell, const struct read_line *line, char **names)
{
	const char *separators = variable_get(&shell->variables, "IFS");
	if (!separators)
		separators = " \t\n";
	size_t at = 0;
	while (at < line->bytes.length && separates(line, at, separators, true))
		at++;
	bool done = true;
	for (; *names && done; names++) {
		char *value = line->bytes.length ? field_take(line, &at, separators, !names[1])
						 : memory_string("");
		done = variable_set(&shell->variables, *names, value);
		if (!done)
			shell_error(shell, "%s: is read only", *names);
		free(value);
	}
	return done;
}

BUILTIN(builtin_read)
{
	(void)count, (void)out;
	bool raw = false;
	static char reply[] = "REPLY";
	char *fallback[] = {reply, nullptr}, **names = arguments + 1;
	for (; *names && (*names)[0] == '-' && (*names)[1]; names++) {
		if (strcmp(*names, "-r") == 0)
			raw = true;
		else if (strcmp(*names, "-p") == 0 && names[1] && shell->fds.real[2] >= 0) {
			names++;
			(void)write_all(shell->fds.real[2], *names, strlen(*names));
		} else
			return usage(shell, "read");
	}
	if (!*names)
		names = fallback;
	for (char **name = names; *name; name++)
		if (name_length(*name) == 0 || (*name)[name_length(*name)])
			return usage(shell, "read");
	struct read_line line = {};
	int status = line_read(shell, raw, &line);
	if (status != 130 && !fields_assign(shell, &line, names))
		status = 2;
	text_free(&line.bytes);
	text_free(&line.escaped);
	return status;
}

// --- trap, getopts ----------------------------------------------------------------------------

BUILTIN(builtin_trap)
{
	if (count == 1) {
		if (shell->exit_trap) {
			struct text line = {};
			quote_append(&line, shell->exit_trap);
			output_format(out, "trap -- %s EXIT\n", line.bytes);
			text_free(&line);
		}
		return 0;
	}
	int first = strcmp(arguments[1], "--") == 0 ? 2 : 1;
	if (count != first + 2)
		return usage(shell, "trap");
	const char *action = arguments[first], *event = arguments[first + 1];
	if (strcmp(event, "EXIT") != 0 && strcmp(event, "0") != 0) {
		shell_error(shell, "trap: %s: only EXIT can be trapped here", event);
		return 1;
	}
	free(shell->exit_trap);
	shell->exit_trap = *action && strcmp(action, "-") != 0 ? memory_string(action) : nullptr;
	return 0;
}

struct getopts {
	struct shell *shell;
	const char *options, *name;
	char **words;
	int count, index, offset; // of the word, within it
};

static void getopts_set(struct getopts *getopts, const char *name, const char *value)
{
	if (!variable_set(&getopts->shell->variables, name, value))
		shell_error(getopts->shell, "%s: is read only", name);
}

static void getopts_next_word(struct getopts *getopts)
{
	getopts->index++;
	getopts->offset = 1;
}

// The option needs an argument: the rest of its word or the next one. False: there is none.
static bool getopts_argument(struct getopts *getopts)
{
	const char *word = getopts->words[getopts->index - 1];
	if (word[getopts->offset]) {
		getopts_set(getopts, "OPTARG", word + getopts->offset);
	} else if (getopts->index < getopts->count) {
		getopts_set(getopts, "OPTARG", getopts->words[getopts->index++]);
	} else {
		getopts_next_word(getopts);
		return false;
	}
	getopts_next_word(getopts);
	return true;
}

static void getopts_refuse(struct getopts *getopts, char letter, bool missing)
{
	char text[2] = {letter, 0};
	bool quiet = getopts->options[0] == ':';
	getopts_set(getopts, getopts->name, quiet && missing ? ":" : "?");
	if (quiet)
		getopts_set(getopts, "OPTARG", text);
	else
		shell_error(getopts->shell,
			missing ? "option -%c needs an argument" : "option -%c is not known",
			letter);
}

static void getopts_option(struct getopts *getopts)
{
	const char *word = getopts->words[getopts->index - 1];
	char letter = word[getopts->offset++], text[2] = {letter, 0};
	const char *known = letter != ':' ? strchr(getopts->options, letter) : nullptr;
	if (known && known[1] == ':') {
		if (getopts_argument(getopts))
			getopts_set(getopts, getopts->name, text);
		else
			getopts_refuse(getopts, letter, true);
		return;
	}
	if (!word[getopts->offset])
		getopts_next_word(getopts);
	(void)variable_unset(&getopts->shell->variables, "OPTARG");
	if (known)
		getopts_set(getopts, getopts->name, text);
	else
		getopts_refuse(getopts, letter, false);
}

// $OPTIND counts words; the place within one is kept behind it as _OPTOFF.
static void getopts_load(struct getopts *getopts)
{
	const char *index = variable_get(&getopts->shell->variables, "OPTIND");
	const char *offset = variable_get(&getopts->shell->variables, "_OPTOFF");
	long at = index ? strtol(index, nullptr, 10) : 1;
	getopts->index = at < 1 || at > getopts->count + 1 ? 1 : (int)at;
	getopts->offset = offset ? (int)strtol(offset, nullptr, 10) : 1;
	if (getopts->index > getopts->count)
		return;
	size_t length = strlen(getopts->words[getopts->index - 1]);
	if (getopts->offset < 1 || (size_t)getopts->offset >= length)
		getopts->offset = 1;
}

static void getopts_store(struct getopts *getopts)
{
	char number[16];
	snprintf(number, sizeof number, "%d", getopts->index);
	getopts_set(getopts, "OPTIND", number);
	snprintf(number, sizeof number, "%d", getopts->offset);
	getopts_set(getopts, "_OPTOFF", number);
}

BUILTIN(builtin_getopts)
{
	(void)out;
	if (count < 3)
		return usage(shell, "getopts");
	struct getopts getopts = {.shell = shell, .options = arguments[1], .name = arguments[2]};
	getopts.words = count > 3 ? arguments + 3 : shell->arguments;
	getopts.count = count > 3 ? count - 3 : shell->argument_count;
	getopts_load(&getopts);
	const char *word = getopts.index <= getopts.count ? getopts.words[getopts.index - 1] : "";
	bool more = word[0] == '-' && word[1];
	if (more && strcmp(word, "--") == 0) {
		getopts_next_word(&getopts);
		more = false;
	}
	if (more)
		getopts_option(&getopts);
	else
		getopts_set(&getopts, getopts.name, "?");
	getopts_store(&getopts);
	return !more;
}
