// SPDX-License-Identifier: MIT OR Apache-2.0
// What the subcommands of the tool `wasm` share.
#ifndef WASM_TOOLS_WASM_TOOL_H
#define WASM_TOOLS_WASM_TOOL_H

#include "tools/file.h"
#include "wasm/compiler.h"
#include "wasm/image.h"

// Exit statuses, as shells have them.
enum {
	TOOL_OK = 0,
	TOOL_FAILED = 1,    // the module is wrong, a file cannot be read
	TOOL_USAGE = 2,     // the command line is wrong
	TOOL_NOT_RUN = 126, // the program could not be started
	TOOL_TRAPPED = 134,
	TOOL_TIMED_OUT = 137,
};

// A subcommand: `arguments` begin after its name. Returns the exit status.
typedef int tool_command(int count, char **arguments);

tool_command compile_command, validate_command, wat_command, objdump_command, run_command,
	spec_command;

// Prints how the tool, or the subcommand of that name, is used; to standard output, or to standard
// error and returning TOOL_USAGE.
void tool_help(const char *name);
int tool_usage(const char *name);

// Takes an option with a value, `--name VALUE` or `--name=VALUE`, and moves `*at` to its last word.
// Null: it is another one, or has no value.
const char *tool_option(int count, char **arguments, int *at, const char *name);

// "file.wasm: type mismatch at offset 0x1f in function 3"
void tool_diagnose(const char *path, const struct wasm_diagnostic *diagnostic);

// Reads a module, or assembles it if it is a text. False, with a message, on failure.
bool tool_read_module(const char *path, struct file *module);

// The CPU features that `--cpu` names: baseline, native, or a number with bits of enum
// wasm_cpu_feature. False: none of these.
bool tool_cpu_features(const char *text, uint32_t *features);

bool tool_is_image(const struct file *file);

#endif
