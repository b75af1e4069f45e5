// SPDX-License-Identifier: MIT OR Apache-2.0
// What every command uses: its name and output, messages, options, going through files.
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "../lib/stream.h"
#include "../lib/text.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct command {
	const char *name, *usage, *summary;
	int (*run)(int count, char **arguments);
};

#define COMMAND(name, function, usage, summary) int function(int count, char **arguments);
#include "commands.h"
#undef COMMAND

extern const struct command command_table[];
extern const size_t command_count;
const struct command *command_find(const char *name);
void command_help(const struct command *command);

extern const struct command *command_running;
extern struct output out;  // standard output
extern int command_status; // 0 until something failed

// "wc: ..." to standard error; the status becomes 1.
[[gnu::format(printf, 1, 2)]] void complain(const char *format, ...);
// "wc: PATH: what errno says".
void complain_file(const char *path);
// The same and the end, with status 1 or 2.
[[noreturn]] [[gnu::format(printf, 1, 2)]] void die(const char *format, ...);
[[noreturn]] void die_usage(void);

// getopt that ends the program with the usage line when an option is not known.
int option_next(int count, char **arguments, const char *known);
// A number from 0 on with an optional K, M or G; dies when it is none.
uint64_t number_read(const char *word);

// Calls `visit` for each named file, or for standard input if there is none or for "-".
// `name` is null for an unnamed standard input. Files that cannot be opened are complained about.
void inputs_visit(char **paths, void (*visit)(struct input *input, const char *name, void *context),
	void *context);
// Copies all that is left. False: complained.
bool input_copy(struct input *input, const char *name);
// Complains if the input ended by an error.
void input_check(const struct input *input, const char *name);

// dir/name, malloc'd.
char *path_join(const char *directory, const char *name);
const char *path_base(const char *path); // behind the last slash; not for trailing slashes
bool is_directory(const char *path);     // follows links
// Names in a directory, sorted, without . and ..; false: complained. Free with names_free.
bool directory_names(const char *path, char ***names, size_t *count);
void names_free(char **names, size_t count);

constexpr int TREE_DEPTH_MAX = 100;

// 1.5K, 12M ...; for numbers below 1024 just the digits.
void size_format(char text[16], uint64_t size);
// Is standard output a terminal? Then its width (80 if unknown), else 0.
size_t terminal_columns(void);

#endif
