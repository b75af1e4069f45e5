// SPDX-License-Identifier: MIT OR Apache-2.0
// See execute.h. There is no fork: `( )` runs in a copy of the shell's state in this process, and
// pipeline stages that are no programs run in a new process of the shell (inherit.h).
// Depth is bounded by SHELL_DEPTH_MAX.
// Tests: tests/host/apps/cases/*.sh
#include "execute.h"

#include "../lib/pattern.h"
#include "builtin.h"
#include "expand.h"
#include "job.h"
#include "parser.h"
#include "program.h"
#include "redirect.h"
#include "unparse.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void execute_node(struct shell *shell, const struct node *node);

// --- Assignments and traces -------------------------------------------------------------------

// NAME=value; `local`: only until the innermost scope ends, and exported to programs.
static bool assign(struct shell *shell, const char *word, bool local)
{
	size_t length = assignment_length(word);
	char *name = memory_copy(word, length - 1);
	char *value = expand_string(shell, word + length);
	bool done = false;
	if (value) {
		if (local)
			variable_local(&shell->variables, name);
		done = variable_set(&shell->variables, name, value);
		if (!done)
			shell_abort(shell, 2, "%s: is read only", name);
		else if (local)
			variable_export(&shell->variables, name, true);
	}
	if (done && shell->trace)
		shell_error(shell, "+ %s=%s", name, value);
	free(value);
	free(name);
	return done;
}

static bool assign_all(struct shell *shell, const struct word *words, bool local)
{
	for (; words; words = words->next)
		if (!assign(shell, words->text, local))
			return false;
	return true;
}

static void trace_command(struct shell *shell, char **arguments)
{
	struct text line = {};
	const char *prefix = variable_get(&shell->variables, "PS4");
	text_string(&line, prefix ? prefix : "+ ");
	for (char **argument = arguments; *argument; argument++) {
		bool plain = **argument && !strpbrk(*argument, " \t\n'\"\\$`*?[]&|;<>()");
		text_string(&line, argument == arguments ? "" : " ");
		if (plain)
			text_string(&line, *argument);
		else
			quote_append(&line, *argument);
	}
	text_char(&line, '\n');
	if (shell->fds.real[2] >= 0)
		(void)write_all(shell->fds.real[2], line.bytes, line.length);
	text_free(&line);
}

// --- Simple commands --------------------------------------------------------------------------

static void call_function(struct shell *shell, struct function *function, char **arguments)
{
	char **outer = shell->arguments;
	int outer_count = shell->argument_count, loops = shell->loops, count = 0;
	struct arena *arena = arena_keep(function->arena);
	while (arguments[count + 1])
		count++;
	shell->arguments = nullptr;
	shell_arguments(shell, count, arguments + 1);
	scope_enter(&shell->variables);
	shell->loops = 0;
	shell->functions_active++;
	shell->status = execute(shell, function->body, arena);
	shell->functions_active--;
	shell->loops = loops;
	if (shell->flow == FLOW_RETURN)
		shell->flow = FLOW_NEXT;
	scope_leave(&shell->variables);
	shell_arguments(shell, 0, nullptr);
	free(shell->arguments);
	shell->arguments = outer;
	shell->argument_count = outer_count;
	arena_drop(arena);
}

static void output_report(struct shell *shell, const char *name, int error)
{
	if (error == EPIPE && shell->subshell && !shell->interactive)
		_exit(141);
	shell_error(shell, "%s: write error: %s", name, strerror(error));
	shell->status = 1;
}

static void call_builtin(struct shell *shell, const struct builtin *builtin, char **arguments)
{
	int count = 0;
	while (arguments[count])
		count++;
	struct output out = {.fd = shell->fds.real[1]};
	if (out.fd == FD_MEMORY)
		out.memory = shell->captured;
	bool help = builtin_wants_help(builtin, count, arguments);
	if (help)
		builtin_explain(builtin, &out);
	int status = help ? 0 : builtin->run(shell, count, arguments, &out);
	if (shell->flow != FLOW_ABORT)
		shell->status = status;
	int error = output_flush(&out);
	if (error)
		output_report(shell, arguments[0], error);
	output_free(&out);
}

static void call_program(struct shell *shell, char **arguments)
{
	struct job *job = job_make();
	job->status = program_start(shell, arguments, &shell->fds, job);
	int status = job_wait(shell, job);
	shell->status = status;
	job_free(job);
}

int execute_arguments(struct shell *shell, char **arguments, bool functions)
{
	struct function *function = functions ? function_find(shell, arguments[0]) : nullptr;
	const struct builtin *builtin = function ? nullptr : builtin_find(arguments[0]);
	if (function)
		call_function(shell, function, arguments);
	else if (builtin)
		call_builtin(shell, builtin, arguments);
	else
		call_program(shell, arguments);
	return shell->status;
}

// After `exec` with redirections only: they stay.
static void keep_descriptors(struct shell *shell, struct descriptors *outer)
{
	for (int i = 0; i < SHELL_FDS; i++) {
		if (shell->fds.real[i] == outer->real[i])
			continue;
		descriptors_set(outer, i, shell->fds.real[i], shell->fds.owned[i]);
		shell->fds.owned[i] = false;
	}
}

static void execute_fields(struct shell *shell, const struct node *node, char **arguments)
{
	const struct builtin *builtin = builtin_find(arguments[0]);
	bool special = builtin && builtin->special && !function_find(shell, arguments[0]);
	bool scoped = node->assignments && !special;
	if (scoped)
		scope_enter(&shell->variables);
	if (assign_all(shell, node->assignments, scoped)) {
		if (shell->trace)
			trace_command(shell, arguments);
		execute_arguments(shell, arguments, true);
	}
	if (scoped)
		scope_leave(&shell->variables);
}

static void execute_assignments(struct shell *shell, const struct node *node)
{
	shell->substitution_status = -1;
	if (!assign_all(shell, node->assignments, false))
		return;
	shell->status = shell->substitution_status < 0 ? 0 : shell->substitution_status;
}

// Runs `body` with the redirections in force.
static bool redirections_enter(struct shell *shell, const struct redirect *redirects,
	struct descriptors *outer, bool lasting)
{
	struct descriptors changed;
	descriptors_inherit(&changed, &shell->fds);
	bool done = redirect_apply(shell, redirects, &changed, lasting);
	if (!done) {
		descriptors_release(&changed);
		if (shell->status == 0)
			shell->status = 1;
		return false;
	}
	*outer = shell->fds;
	shell->fds = changed;
	return true;
}

static void redirections_leave(struct shell *shell, struct descriptors *outer)
{
	descriptors_release(&shell->fds);
	shell->fds = *outer;
}

static void execute_command(struct shell *shell, const struct node *node)
{
	struct fields fields = {};
	struct descriptors outer;
	shell->line = node->line;
	shell->substitution_status = -1;
	if (!expand_words(shell, node->words, &fields)) {
		fields_free(&fields);
		return;
	}
	bool lasting = fields.count == 1 && strcmp(fields.items[0], "exec") == 0;
	if (redirections_enter(shell, node->redirects, &outer, lasting)) {
		if (fields.count > 0)
			execute_fields(shell, node, fields.items);
		else if (node->assignments)
			execute_assignments(shell, node);
		else
			shell->status =
				shell->substitution_status < 0 ? 0 : shell->substitution_status;
		if (lasting)
			keep_descriptors(shell, &outer);
		redirections_leave(shell, &outer);
	}
	fields_free(&fields);
}

// --- Pipelines --------------------------------------------------------------------------------

static bool word_is_literal(const char *word)
{
	return !strpbrk(word, "$`'\"\\*?[~");
}

// A command that is a program for sure, before its words are expanded.
static bool is_program(struct shell *shell, const struct node *node)
{
	return node->kind == NODE_COMMAND && node->words && word_is_literal(node->words->text) &&
	       !builtin_find(node->words->text) && !function_find(shell, node->words->text);
}

static int start_program_stage(
	struct shell *shell, const struct node *node, struct descriptors *fds, struct job *job)
{
	struct fields fields = {};
	int status = 1;
	shell->line = node->line;
	scope_enter(&shell->variables);
	if (expand_words(shell, node->words, &fields) &&
		assign_all(shell, node->assignments, true) &&
		redirect_apply(shell, node->redirects, fds, false)) {
		if (shell->trace)
			trace_command(shell, fields.items);
		status = program_start(shell, fields.items, fds, job);
	}
	scope_leave(&shell->variables);
	fields_free(&fields);
	return status;
}

static int start_stage(
	struct shell *shell, const struct node *node, struct descriptors *fds, struct job *job)
{
	if (is_program(shell, node))
		return start_program_stage(shell, node, fds, job);
	return subshell_start(shell, node, fds, job);
}

// Starts one stage between `input` (-1: the shell's) and the next one. Takes `input`; gives the
// reading end for the next stage, or -1.
static int start_between(
	struct shell *shell, const struct node *node, int input, struct job *job, int *status)
{
	int ends[2] = {-1, -1};
	struct descriptors fds;
	descriptors_inherit(&fds, &shell->fds);
	if (input >= 0)
		descriptors_set(&fds, 0, input, true);
	if (node->next) {
		int error = craton_pipe(ends);
		if (error) {
			shell_abort(shell, 1, "cannot make a pipe: %s", strerror(error));
			descriptors_release(&fds);
			*status = 1;
			return -1;
		}
		descriptors_set(&fds, 1, ends[1], true);
	}
	*status = start_stage(shell, node, &fds, job);
	descriptors_release(&fds);
	return ends[0];
}

// Starts all stages from `first` on.
static void start_stages(struct shell *shell, const struct node *first, struct job *job)
{
	int input = -1;
	for (const struct node *stage = first; stage; stage = stage->next) {
		input = start_between(shell, stage, input, job, &job->status);
		if (shell->flow != FLOW_NEXT)
			break;
	}
	if (input >= 0)
		(void)close(input);
}

static void execute_pipeline(struct shell *shell, const struct node *node)
{
	if (node->negated)
		shell->conditions++;
	if (!node->children->next) {
		execute_node(shell, node->children);
	} else {
		struct job *job = job_make();
		start_stages(shell, node->children, job);
		int status = job_wait(shell, job);
		if (shell->flow == FLOW_NEXT)
			shell->status = status;
		job_free(job);
	}
	if (node->negated) {
		shell->conditions--;
		if (shell->flow == FLOW_NEXT)
			shell->status = !shell->status;
	}
}

static void execute_background(struct shell *shell, const struct node *node)
{
	if (!jobs_have_room(shell)) {
		shell_error(shell, "%u jobs run in the background, no more can", JOBS_RUNNING_MAX);
		shell->status = 1;
		return;
	}
	struct job *job = job_make();
	struct descriptors outer = shell->fds;
	struct text text = {};
	unparse(&text, node);
	descriptors_inherit(&shell->fds, &outer);
	int empty = descriptor_empty();
	descriptors_set(&shell->fds, 0, empty, empty >= 0);
	if (node->kind == NODE_PIPELINE && !node->negated) {
		start_stages(shell, node->children, job);
	} else {
		int status = start_stage(shell, node, &shell->fds, job);
		job->status = status;
	}
	descriptors_release(&shell->fds);
	shell->fds = outer;
	shell->status = 0;
	job_background(shell, job, text_take(&text));
}

// --- Command substitution ---------------------------------------------------------------------

static int read_all(int fd, struct text *out)
{
	struct input input = {.fd = fd};
	const char *bytes;
	size_t size;
	while (input_chunk(&input, &bytes, &size))
		for (size_t i = 0; i < size; i++)
			if (bytes[i])
				text_char(out, bytes[i]);
	int error = input.error;
	input_free(&input);
	return error;
}

// A builtin by itself needs no other process: its output goes to memory.
static bool substitute_builtin(struct shell *shell, const struct node *node, struct text *out)
{
	if (node->kind != NODE_COMMAND || !node->words || !word_is_literal(node->words->text) ||
		function_find(shell, node->words->text) || !builtin_find(node->words->text))
		return false;
	static const char *const running[] = {
		".", "source", "eval", "exec", "command", "time", "fg"};
	for (size_t i = 0; i < sizeof running / sizeof running[0]; i++)
		if (strcmp(node->words->text, running[i]) == 0)
			return false;
	struct shell copy;
	shell_copy(&copy, shell);
	copy.captured = out;
	copy.fds.real[1] = FD_MEMORY;
	execute_command(&copy, node);
	shell->substitution_status = copy.status;
	shell_free(&copy);
	return true;
}

static void start_substitution(struct shell *shell, const struct node *node, struct job *job)
{
	if (node->kind == NODE_PIPELINE && !node->negated)
		start_stages(shell, node->children, job);
	else
		job->status = start_stage(shell, node, &shell->fds, job);
}

static bool substitute_processes(struct shell *shell, const struct node *node, struct text *out)
{
	int ends[2];
	int error = craton_pipe(ends);
	if (error) {
		shell_abort(shell, 1, "cannot make a pipe: %s", strerror(error));
		return false;
	}
	struct job *job = job_make();
	struct descriptors outer = shell->fds;
	descriptors_inherit(&shell->fds, &outer);
	descriptors_set(&shell->fds, 1, ends[1], true);
	start_substitution(shell, node, job);
	descriptors_release(&shell->fds);
	shell->fds = outer;
	while (read_all(ends[0], out) == EINTR) {
		(void)craton_interrupts();
		job_kill(job, 2);
		shell_interrupted(shell);
	}
	(void)close(ends[0]);
	shell->substitution_status = job_wait(shell, job);
	job_free(job);
	return shell->flow != FLOW_ABORT;
}

char *substitute_command(struct shell *shell, const char *commands)
{
	struct text out = {};
	struct parse_options options = {.arena = arena_make(),
		.alias = alias_find,
		.alias_context = shell,
		.line = shell->line};
	struct parse parse = parser_text(commands, &options);
	bool done = parse.result == PARSE_OK;
	int line = shell->line;
	if (!done)
		shell_abort(shell, 2, "in $( ): %s", parse.message);
	else if (!parse.tree)
		shell->substitution_status = 0;
	else {
		const struct node *node = parse.tree;
		if (node->kind == NODE_LIST && !node->children->next && !node->children->background)
			node = node->children;
		done = substitute_builtin(shell, node, &out) ||
		       substitute_processes(shell, node, &out);
	}
	shell->line = line;
	arena_drop(options.arena);
	if (!done) {
		text_free(&out);
		return nullptr;
	}
	return text_take(&out);
}

// --- Compound commands ------------------------------------------------------------------------

static bool condition_holds(struct shell *shell, const struct node *condition)
{
	shell->conditions++;
	execute_node(shell, condition);
	shell->conditions--;
	return shell->flow == FLOW_NEXT && shell->status == 0;
}

static void execute_if(struct shell *shell, const struct node *node)
{
	if (condition_holds(shell, node->condition))
		execute_node(shell, node->body);
	else if (shell->flow == FLOW_NEXT && node->otherwise)
		execute_node(shell, node->otherwise);
	else if (shell->flow == FLOW_NEXT)
		shell->status = 0;
}

// After a round of a loop: does it go on?
static bool loop_goes_on(struct shell *shell)
{
	if (craton_interrupts() > 0)
		shell_interrupted(shell);
	if (shell->flow == FLOW_NEXT)
		return true;
	if (shell->flow != FLOW_BREAK && shell->flow != FLOW_CONTINUE)
		return false;
	bool again = shell->flow == FLOW_CONTINUE && shell->flow_levels == 1;
	if (--shell->flow_levels == 0)
		shell->flow = FLOW_NEXT;
	return again;
}

static void execute_while(struct shell *shell, const struct node *node)
{
	int status = 0;
	shell->loops++;
	for (;;) {
		bool holds = condition_holds(shell, node->condition);
		if (shell->flow != FLOW_NEXT) {
			if (!loop_goes_on(shell))
				break;
			continue;
		}
		if (holds == (node->kind == NODE_UNTIL))
			break;
		execute_node(shell, node->body);
		status = shell->status;
		if (!loop_goes_on(shell))
			break;
	}
	shell->loops--;
	if (shell->flow == FLOW_NEXT)
		shell->status = status;
}

static void execute_for(struct shell *shell, const struct node *node)
{
	struct fields fields = {};
	static struct word all = {.text = "\"$@\""};
	shell->line = node->line;
	if (expand_words(shell, node->has_words ? node->words : &all, &fields)) {
		shell->status = 0;
		shell->loops++;
		for (size_t i = 0; i < fields.count; i++) {
			if (!variable_set(&shell->variables, node->name, fields.items[i])) {
				shell_abort(shell, 2, "%s: is read only", node->name);
				break;
			}
			execute_node(shell, node->body);
			if (!loop_goes_on(shell))
				break;
		}
		shell->loops--;
	}
	fields_free(&fields);
}

// -1: an error.
static int case_item_matches(struct shell *shell, const struct case_item *item, const char *value)
{
	for (const struct word *word = item->patterns; word; word = word->next) {
		char *pattern = expand_pattern(shell, word->text);
		if (!pattern)
			return -1;
		bool matches = pattern_match(pattern, value, strlen(value));
		free(pattern);
		if (matches)
			return 1;
	}
	return 0;
}

static void execute_case(struct shell *shell, const struct node *node)
{
	shell->line = node->line;
	char *value = expand_string(shell, node->name);
	if (!value)
		return;
	int matches = 0;
	const struct case_item *item = node->items;
	for (; item; item = item->next) {
		matches = case_item_matches(shell, item, value);
		if (matches)
			break;
	}
	free(value);
	if (matches < 0)
		return;
	shell->status = 0;
	if (item && item->body)
		execute_node(shell, item->body);
}

static void execute_subshell(struct shell *shell, const struct node *node)
{
	struct shell copy;
	char *directory = getcwd(nullptr, 0);
	shell_copy(&copy, shell);
	execute_node(&copy, node->body);
	run_exit_trap(&copy);
	shell->status = copy.status;
	if (copy.flow == FLOW_ABORT && copy.status == 130)
		shell_interrupted(shell);
	shell_free(&copy);
	if (directory)
		(void)chdir(directory);
	free(directory);
}

static void execute_and_or(struct shell *shell, const struct node *node)
{
	for (const struct node *child = node->children; child; child = child->next) {
		bool first = child == node->children;
		if (!first && (shell->status == 0) == child->or_else)
			continue;
		shell->conditions += child->next != nullptr;
		execute_node(shell, child);
		shell->conditions -= child->next != nullptr;
		if (shell->flow != FLOW_NEXT)
			return;
	}
}

static void execute_list(struct shell *shell, const struct node *node)
{
	for (const struct node *child = node->children; child; child = child->next) {
		if (child->background)
			execute_background(shell, child);
		else
			execute_node(shell, child);
		if (shell->flow != FLOW_NEXT)
			return;
	}
}

static void dispatch(struct shell *shell, const struct node *node)
{
	switch (node->kind) {
	case NODE_COMMAND:
		execute_command(shell, node);
		break;
	case NODE_PIPELINE:
		execute_pipeline(shell, node);
		break;
	case NODE_AND_OR:
		execute_and_or(shell, node);
		break;
	case NODE_LIST:
		execute_list(shell, node);
		break;
	case NODE_IF:
		execute_if(shell, node);
		break;
	case NODE_WHILE:
	case NODE_UNTIL:
		execute_while(shell, node);
		break;
	case NODE_FOR:
		execute_for(shell, node);
		break;
	case NODE_CASE:
		execute_case(shell, node);
		break;
	case NODE_GROUP:
		execute_node(shell, node->body);
		break;
	case NODE_SUBSHELL:
		execute_subshell(shell, node);
		break;
	case NODE_FUNCTION:
		function_define(shell, node->name, node->body, shell->arena);
		shell->status = 0;
		break;
	}
}

// `set -e`: a command that fails outside of conditions ends the script.
static void check_error_exit(struct shell *shell, const struct node *node)
{
	bool counts = node->kind == NODE_COMMAND || node->kind == NODE_SUBSHELL ||
		      (node->kind == NODE_PIPELINE && !node->negated);
	if (counts && shell->exit_on_error && shell->status != 0 && shell->conditions == 0 &&
		shell->flow == FLOW_NEXT)
		shell->flow = FLOW_EXIT;
}

static void dispatch_redirected(struct shell *shell, const struct node *node)
{
	struct descriptors outer;
	if (node->kind == NODE_COMMAND || !node->redirects) {
		dispatch(shell, node);
		return;
	}
	if (!redirections_enter(shell, node->redirects, &outer, false))
		return;
	dispatch(shell, node);
	redirections_leave(shell, &outer);
}

static void execute_node(struct shell *shell, const struct node *node)
{
	if (shell->no_run || shell->flow != FLOW_NEXT)
		return;
	if (craton_interrupts() > 0) {
		shell_interrupted(shell);
		return;
	}
	if (++shell->depth > SHELL_DEPTH_MAX)
		shell_abort(shell, 2, "commands and functions are nested too deeply (limit %d)",
			SHELL_DEPTH_MAX);
	else
		dispatch_redirected(shell, node);
	shell->depth--;
	check_error_exit(shell, node);
}

int execute(struct shell *shell, const struct node *node, struct arena *arena)
{
	struct arena *outer = shell->arena;
	shell->arena = arena;
	execute_node(shell, node);
	shell->arena = outer;
	return shell->status;
}

// --- Texts ------------------------------------------------------------------------------------

void run_text(struct shell *shell, const char *text)
{
	struct parse parse = {.line = shell->line};
	int line = 1;
	do {
		struct arena *arena = arena_make();
		struct parse_options options = {.arena = arena,
			.alias = alias_find,
			.alias_context = shell,
			.start = parse.end,
			.line = line};
		parse = parser_line(text, &options);
		line = parse.line;
		if (parse.result == PARSE_OK && parse.tree)
			execute(shell, parse.tree, arena);
		if (parse.result == PARSE_MORE || parse.result == PARSE_ERROR) {
			shell->line = parse.line;
			shell_abort(shell, 2, "syntax error: %s", parse.message);
		}
		arena_drop(arena);
	} while (parse.result == PARSE_OK && shell->flow == FLOW_NEXT && text[parse.end]);
}

void run_exit_trap(struct shell *shell)
{
	char *command = shell->exit_trap;
	shell->exit_trap = nullptr;
	if (!command)
		return;
	int status = shell->status;
	shell->flow = FLOW_NEXT;
	run_text(shell, command);
	if (shell->flow != FLOW_EXIT)
		shell->status = status;
	free(command);
}
