// SPDX-License-Identifier: MIT OR Apache-2.0
// See arithmetic.h. Precedence climbing; `live` is false in the branch that && || ?: skip, where
// nothing is assigned and no division is done.
// Tests: tests/host/apps/expand_test.c
#include "arithmetic.h"

#include "../lib/text.h"
#include "scan.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

constexpr int ARITHMETIC_DEPTH_MAX = 60;

struct evaluation {
	struct variables *variables;
	const char *at;
	const char *error;
	int depth;
	bool live;
};

static int64_t evaluate_assignment(struct evaluation *eval);

static void skip_space(struct evaluation *eval)
{
	while (isspace((unsigned char)*eval->at))
		eval->at++;
}

static int64_t fail(struct evaluation *eval, const char *error)
{
	if (!eval->error)
		eval->error = error;
	eval->at = "";
	return 0;
}

static bool accept(struct evaluation *eval, const char *sign)
{
	skip_space(eval);
	size_t length = strlen(sign);
	if (strncmp(eval->at, sign, length) != 0)
		return false;
	eval->at += length;
	return true;
}

static int64_t read_number(struct evaluation *eval)
{
	char *end;
	errno = 0;
	int64_t value = (int64_t)strtoull(eval->at, &end, 0);
	if (errno || name_continues(*end))
		return fail(eval, "not a number that fits 64 bits");
	eval->at = end;
	return value;
}

// The value of a variable: a number, possibly signed; unset or empty is 0.
static int64_t variable_number(struct evaluation *eval, const char *name)
{
	const char *value = variable_get(eval->variables, name);
	if (!value || !*value)
		return 0;
	char *end;
	int64_t number = (int64_t)strtoll(value, &end, 0);
	while (isspace((unsigned char)*end))
		end++;
	return *end ? fail(eval, "a variable's value is not a number") : number;
}

static int64_t divide(struct evaluation *eval, int64_t left, int64_t right, bool remainder)
{
	if (!eval->live)
		return 0;
	if (right == 0)
		return fail(eval, "division by zero");
	if (right == -1)
		return remainder ? 0 : (int64_t)(0 - (uint64_t)left);
	return remainder ? left % right : left / right;
}

static int64_t apply(struct evaluation *eval, const char *sign, int64_t left, int64_t right)
{
	uint64_t a = (uint64_t)left, b = (uint64_t)right;
	switch (sign[0]) {
	case '+':
		return (int64_t)(a + b);
	case '-':
		return (int64_t)(a - b);
	case '*':
		return (int64_t)(a * b);
	case '/':
	case '%':
		return divide(eval, left, right, sign[0] == '%');
	case '&':
		return left & right;
	case '|':
		return left | right;
	case '^':
		return left ^ right;
	case '=':
		return left == right;
	case '!':
		return left != right;
	case '<':
		return sign[1] == '<'   ? (int64_t)(a << (b & 63))
		       : sign[1] == '=' ? left <= right
					: left < right;
	default:
		return sign[1] == '>'   ? left >> (b & 63)
		       : sign[1] == '=' ? left >= right
					: left > right;
	}
}

static int64_t evaluate_primary(struct evaluation *eval)
{
	skip_space(eval);
	if (accept(eval, "(")) {
		int64_t value = evaluate_assignment(eval);
		return accept(eval, ")") ? value : fail(eval, "`)' is missing");
	}
	if (isdigit((unsigned char)*eval->at))
		return read_number(eval);
	size_t length = name_length(eval->at);
	if (length == 0)
		return fail(eval, "a number or name is missing");
	char *name = memory_copy(eval->at, length);
	eval->at += length;
	int64_t value = variable_number(eval, name);
	free(name);
	return value;
}

static int64_t evaluate_unary(struct evaluation *eval)
{
	if (++eval->depth > ARITHMETIC_DEPTH_MAX)
		return fail(eval, "nested too deeply");
	skip_space(eval);
	char sign = *eval->at;
	int64_t value;
	if (sign == '-' || sign == '+' || sign == '~' || (sign == '!' && eval->at[1] != '=')) {
		eval->at++;
		value = evaluate_unary(eval);
		value = sign == '-'   ? (int64_t)(0 - (uint64_t)value)
			: sign == '~' ? ~value
			: sign == '!' ? !value
				      : value;
	} else {
		value = evaluate_primary(eval);
	}
	eval->depth--;
	return value;
}

// Binary operators, loosest first; && || ?: and = are handled apart.
static const char *const levels[][5] = {{"|"}, {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"},
	{"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}};
constexpr int LEVEL_COUNT = 8;

// An sign that is not the start of a longer one.
static bool accept_operator(struct evaluation *eval, const char *sign)
{
	skip_space(eval);
	size_t length = strlen(sign);
	if (strncmp(eval->at, sign, length) != 0)
		return false;
	char next = eval->at[length];
	if (length == 1 && strchr("|&<>", sign[0]) && next == sign[0])
		return false;
	if (next == '=' && strcmp(sign, "==") != 0 && !strchr("=!<>", sign[0]))
		return false;
	if ((strcmp(sign, "<<") == 0 || strcmp(sign, ">>") == 0) && next == '=')
		return false;
	eval->at += length;
	return true;
}

static int64_t evaluate_level(struct evaluation *eval, int level)
{
	if (level == LEVEL_COUNT)
		return evaluate_unary(eval);
	int64_t left = evaluate_level(eval, level + 1);
	for (;;) {
		const char *found = nullptr;
		for (int i = 0; i < 5 && levels[level][i] && !found; i++)
			if (accept_operator(eval, levels[level][i]))
				found = levels[level][i];
		if (!found)
			return left;
		left = apply(eval, found, left, evaluate_level(eval, level + 1));
	}
}

static int64_t evaluate_and(struct evaluation *eval)
{
	int64_t left = evaluate_level(eval, 0);
	while (accept(eval, "&&")) {
		bool live = eval->live;
		eval->live = live && left;
		int64_t right = evaluate_level(eval, 0);
		eval->live = live;
		left = left && right;
	}
	return left;
}

static int64_t evaluate_or(struct evaluation *eval)
{
	int64_t left = evaluate_and(eval);
	while (accept(eval, "||")) {
		bool live = eval->live;
		eval->live = live && !left;
		int64_t right = evaluate_and(eval);
		eval->live = live;
		left = left || right;
	}
	return left;
}

static int64_t evaluate_choice(struct evaluation *eval)
{
	int64_t condition = evaluate_or(eval);
	if (!accept(eval, "?"))
		return condition;
	bool live = eval->live;
	eval->live = live && condition;
	int64_t yes = evaluate_assignment(eval);
	if (!accept(eval, ":"))
		return fail(eval, "`:' is missing");
	eval->live = live && !condition;
	int64_t no = evaluate_assignment(eval);
	eval->live = live;
	return condition ? yes : no;
}

// Is there `NAME op=` at the front? Then gives the sign ("" for plain =) and steps over it.
static const char *accept_assignment(struct evaluation *eval, size_t length)
{
	static const char *const operators[] = {
		"<<", ">>", "*", "/", "%", "+", "-", "&", "^", "|", ""};
	const char *after = eval->at + length;
	while (isspace((unsigned char)*after))
		after++;
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		size_t size = strlen(operators[i]);
		if (strncmp(after, operators[i], size) != 0 || after[size] != '=')
			continue;
		if (size == 0 && after[1] == '=')
			return nullptr;
		eval->at = after + size + 1;
		return operators[i];
	}
	return nullptr;
}

static void assign(struct evaluation *eval, const char *name, int64_t value)
{
	char number[32];
	snprintf(number, sizeof number, "%" PRId64, value);
	if (eval->live && !eval->error && !variable_set(eval->variables, name, number))
		(void)fail(eval, "the variable is read-only");
}

static int64_t evaluate_assignment(struct evaluation *eval)
{
	if (++eval->depth > ARITHMETIC_DEPTH_MAX)
		return fail(eval, "nested too deeply");
	skip_space(eval);
	const char *start = eval->at;
	size_t length = name_length(start);
	const char *sign = length ? accept_assignment(eval, length) : nullptr;
	int64_t value;
	if (sign) {
		char *name = memory_copy(start, length);
		value = evaluate_assignment(eval);
		if (*sign)
			value = apply(eval, sign, variable_number(eval, name), value);
		assign(eval, name, value);
		free(name);
	} else {
		value = evaluate_choice(eval);
	}
	eval->depth--;
	return value;
}

const char *arithmetic_evaluate(struct variables *variables, const char *text, int64_t *result)
{
	struct evaluation eval = {.variables = variables, .at = text, .live = true};
	skip_space(&eval);
	*result = *eval.at ? evaluate_assignment(&eval) : 0;
	skip_space(&eval);
	if (!eval.error && *eval.at)
		eval.error = "something follows the expression";
	return eval.error;
}
