// SPDX-License-Identifier: MIT OR Apache-2.0
// See complete.h. Offered words are written as the shell must read them: special bytes get a
// backslash.
// Tests: tests/host/apps/editor_test.c
#include "complete.h"

#include "builtin.h"
#include "program.h"
#include "scan.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool separates(char byte)
{
	return strchr(" \t;&|()<>=", byte) != nullptr;
}

// Start of the word that ends at the cursor.
static size_t word_start(const char *line, size_t cursor)
{
	size_t start = 0;
	for (size_t i = 0; i < cursor; i++) {
		if (line[i] == '\\' && i + 1 < cursor)
			i++;
		else if (separates(line[i]))
			start = i + 1;
	}
	return start;
}

static bool at_command(const char *line, size_t start)
{
	while (start > 0 && (line[start - 1] == ' ' || line[start - 1] == '\t'))
		start--;
	return start == 0 || strchr(";&|(", line[start - 1]);
}

static char *word_unquote(const char *word, size_t size)
{
	struct text text = {};
	text_add(&text, "", 0);
	for (size_t i = 0; i < size; i++) {
		if (word[i] == '\\' && i + 1 < size)
			i++;
		text_char(&text, word[i]);
	}
	return text_take(&text);
}

static char *word_quote(const char *word)
{
	struct text text = {};
	text_add(&text, "", 0);
	for (; *word; word++) {
		if (strchr(" \t\\'\"$`*?[]&|;<>()#!", *word))
			text_char(&text, '\\');
		text_char(&text, *word);
	}
	return text_take(&text);
}

static void remove_doubles(struct fields *words)
{
	size_t kept = 0;
	fields_sort(words, 0);
	for (size_t i = 0; i < words->count; i++) {
		if (kept > 0 && strcmp(words->items[kept - 1], words->items[i]) == 0)
			free(words->items[i]);
		else
			words->items[kept++] = words->items[i];
	}
	words->count = kept;
	if (words->items)
		words->items[kept] = nullptr;
}

static void add_if_starts(struct fields *words, const char *name, const char *prefix)
{
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		fields_add(words, memory_string(name));
}

static void complete_command(struct shell *shell, const char *prefix, struct fields *words)
{
	for (size_t i = 0; i < builtin_count; i++)
		if (name_starts(builtin_table[i].name[0]))
			add_if_starts(words, builtin_table[i].name, prefix);
	for (const struct function *at = shell->functions; at; at = at->next)
		add_if_starts(words, at->name, prefix);
	for (const struct alias *at = shell->aliases; at; at = at->next)
		add_if_starts(words, at->name, prefix);
	program_names(shell, prefix, words);
}

static void complete_variable(struct shell *shell, const char *prefix, struct fields *words)
{
	size_t count;
	struct variable **list = variables_sorted(&shell->variables, &count);
	for (size_t i = 0; i < count; i++)
		if (strncmp(list[i]->name, prefix, strlen(prefix)) == 0) {
			struct text word = {};
			text_format(&word, "$%s", list[i]->name);
			fields_add(words, text_take(&word));
		}
	free(list);
}

static void add_path(struct fields *words, const char *shown, const char *real, const char *name)
{
	struct text path = {};
	struct stat status;
	text_format(&path, "%s%s", real, name);
	bool directory = stat(path.bytes, &status) == 0 && S_ISDIR(status.st_mode);
	text_clear(&path);
	text_format(&path, "%s%s", shown, name);
	char *quoted = word_quote(path.bytes);
	text_clear(&path);
	text_format(&path, "%s%s", quoted[0] == '\\' && quoted[1] == '~' ? quoted + 1 : quoted,
		directory ? "/" : "");
	free(quoted);
	fields_add(words, text_take(&path));
}

static void complete_path(struct shell *shell, const char *prefix, struct fields *words)
{
	const char *slash = strrchr(prefix, '/');
	const char *name = slash ? slash + 1 : prefix;
	char *shown = memory_copy(prefix, (size_t)(name - prefix));
	const char *home = variable_get(&shell->variables, "HOME");
	struct text real = {};
	bool tilde = shown[0] == '~' && shown[1] == '/' && home;
	text_format(&real, "%s%s", tilde ? home : "", tilde ? shown + 1 : shown);
	DIR *directory = opendir(real.length ? real.bytes : ".");
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
		if (dots || (entry->d_name[0] == '.') != (name[0] == '.'))
			continue;
		if (strncmp(entry->d_name, name, strlen(name)) == 0)
			add_path(words, shown, real.bytes, entry->d_name);
	}
	if (directory)
		(void)closedir(directory);
	text_free(&real);
	free(shown);
}

void shell_complete(void *context, const char *line, size_t cursor, struct completion *completion)
{
	struct shell *shell = context;
	size_t start = word_start(line, cursor);
	char *prefix = word_unquote(line + start, cursor - start);
	completion->start = start;
	if (prefix[0] == '$')
		complete_variable(shell, prefix + 1, &completion->words);
	else if (at_command(line, start) && !strchr(prefix, '/'))
		complete_command(shell, prefix, &completion->words);
	else
		complete_path(shell, prefix, &completion->words);
	free(prefix);
	remove_doubles(&completion->words);
}
