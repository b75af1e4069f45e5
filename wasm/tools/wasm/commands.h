// SPDX-License-Identifier: MIT OR Apache-2.0
// The subcommands of `wasm` and how they are used. Included by main.c only.
#ifndef WASM_TOOLS_WASM_COMMANDS_H
#define WASM_TOOLS_WASM_COMMANDS_H

static const struct {
	const char *name;
	tool_command *run;
	const char *summary;
	const char *usage;
} commands[] = {
	{"run", run_command, "run a program, or call a function of a module",
		"usage: wasm run [OPTION]... FILE [ARGUMENT]...\n"
		"\n"
		"Runs a WASI program (module or compiled image) with these arguments.\n"
		"\n"
		"  --dir HOST[::GUEST]   open a directory to it (GUEST: its name inside)\n"
		"  --listen ADDRESS:PORT a TCP socket that listens, for it to accept connections\n"
		"                        of: the descriptor after the directories\n"
		"  --env NAME=VALUE      a variable of its environment\n"
		"  --invoke NAME         call this exported function instead; the arguments are\n"
		"                        its numbers, the results are printed\n"
		"  --memory MIB          most memory that it may have\n"
		"  --time SECONDS        end it after so much time\n"
		"  --stack KIB           most stack that it may use\n"
		"\n"
		"Exit status: the program's own; 126 it could not be run; 134 a trap; 137 its "
		"time\n"
		"was over.\n"},
	{"validate", validate_command, "check modules and say where they are wrong",
		"usage: wasm validate FILE...\n"},
	{"compile", compile_command, "make a compiled image of a module",
		"usage: wasm compile [--cpu baseline|native|BITS] FILE -o OUT\n"
		"\n"
		"An image for `baseline` (what is assumed otherwise) runs on every x86-64-v2 CPU,\n"
		"one for `native` on this CPU; BITS are those of enum wasm_cpu_feature.\n"},
	{"objdump", objdump_command, "show a module's machine code, or what an image holds",
		"usage: wasm objdump [--cpu baseline|native|BITS] [--function N] FILE\n"
		"\n"
		"Of a module: each instruction with its place, and below it the machine code that\n"
		"the compiler makes of it. Of a compiled image: sections, imports, exports.\n"},
	{"wat", wat_command, "turn the text format into a binary module",
		"usage: wasm wat FILE -o OUT\n"},
	{"spec", spec_command, "run scripts of the official test suite",
		"usage: wasm spec [-q] FILE.wast...\n"
		"\n"
		"Prints for each file and in all how many assertions passed, failed and were\n"
		"skipped, and why; each failure with its line. -q: only failures and the total.\n"
		"WAST_BASELINE_CPU in the environment: code for the oldest CPU. Exit status 1 if\n"
		"something failed.\n"},
};
constexpr size_t COMMANDS = sizeof(commands) / sizeof(commands[0]);

#endif
