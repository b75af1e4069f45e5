// SPDX-License-Identifier: MIT OR Apache-2.0
// See regex.h. The tree becomes a program of a non-deterministic automaton; all its states advance
// together, each remembering the earliest place where it can have begun. Plain texts are searched
// for directly.
// Tests: tests/host/apps/regex_test.c, tests/fuzz/regex.c
#include "regex.h"

#include "../lib/text.h"
#include "regex_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

constexpr size_t PROGRAM_MAX = 20000;

enum operation : unsigned char {
	OP_SET,
	OP_TEST,  // a condition on the place: `kind`
	OP_SPLIT, // to `to` and to `other`
	OP_MATCH,
};

struct instruction {
	enum operation operation;
	enum regex_kind kind;
	int set;       // index, OP_SET
	int to, other; // next instructions
};

// States that are alive at a place.
struct state_list {
	int *states;
	size_t *starts;  // by state: where it began
	unsigned *marks; // by state: `generation` if in the list
	size_t count;
	unsigned generation;
};

struct regex {
	struct regex_tree tree;
	struct instruction *program;
	size_t count, capacity;
	int start;
	char *literal; // the whole pattern, if it is plain
	size_t literal_size;
	struct byte_set first; // bytes that a match can start with
	bool any_first;        // a match can be empty or start with a condition
	struct state_list now, next;
	int *stack;
	size_t stack_capacity;
};

// --- Making the program -----------------------------------------------------------------------

static int emit(struct regex *regex, struct instruction instruction)
{
	regex->program =
		array_room(regex->program, regex->count, &regex->capacity, sizeof *regex->program);
	if (regex->count >= PROGRAM_MAX)
		regex->tree.error = "the pattern is too large";
	else
		regex->program[regex->count++] = instruction;
	return (int)regex->count - 1;
}

static int emit_node(struct regex *regex, int index, int next);

// Emits code that goes on to `next`; gives its entry.
static int emit_repeat(struct regex *regex, const struct regex_node *node, int next)
{
	int entry = next;
	if (node->most == REGEX_NO_LIMIT) {
		int split = emit(regex, (struct instruction){.operation = OP_SPLIT, .other = next});
		int body = emit_node(regex, node->left, split);
		regex->program[split].to = body;
		entry = split;
	} else {
		for (int i = node->least; i < node->most && !regex->tree.error; i++) {
			int body = emit_node(regex, node->left, entry);
			entry = emit(
				regex, (struct instruction){
					       .operation = OP_SPLIT, .to = body, .other = next});
		}
	}
	for (int i = 0; i < node->least && !regex->tree.error; i++)
		entry = emit_node(regex, node->left, entry);
	return entry;
}

// Choices nest to the left, too; their order does not matter.
static int emit_choice(struct regex *regex, int index, int next)
{
	int entry = emit_node(regex, regex->tree.nodes[index].right, next);
	do {
		index = regex->tree.nodes[index].left;
		bool more = regex->tree.nodes[index].kind == REGEX_CHOICE;
		int part = more ? regex->tree.nodes[index].right : index;
		int body = emit_node(regex, part, next);
		entry = emit(regex,
			(struct instruction){.operation = OP_SPLIT, .to = body, .other = entry});
	} while (regex->tree.nodes[index].kind == REGEX_CHOICE && !regex->tree.error);
	return entry;
}

static int emit_node(struct regex *regex, int index, int next)
{
	// Sequences nest to the left: walk down, emitting from the right.
	while (regex->tree.nodes[index].kind == REGEX_SEQUENCE && !regex->tree.error) {
		next = emit_node(regex, regex->tree.nodes[index].right, next);
		index = regex->tree.nodes[index].left;
	}
	const struct regex_node node = regex->tree.nodes[index];
	if (regex->tree.error)
		return next;
	switch (node.kind) {
	case REGEX_EMPTY:
		return next;
	case REGEX_SET:
		return emit(
			regex, (struct instruction){.operation = OP_SET, .set = index, .to = next});
	case REGEX_CHOICE:
		return emit_choice(regex, index, next);
	case REGEX_REPEAT:
		return emit_repeat(regex, &node, next);
	default:
		return emit(regex,
			(struct instruction){.operation = OP_TEST, .kind = node.kind, .to = next});
	}
}

static int wrap(struct regex *regex, int root, enum regex_kind before, enum regex_kind after)
{
	struct regex_tree *tree = &regex->tree;
	int first = regex_node_add(tree, before, -1, -1),
	    last = regex_node_add(tree, after, -1, -1);
	int front = regex_node_add(tree, REGEX_SEQUENCE, first, root);
	return regex_node_add(tree, REGEX_SEQUENCE, front, last);
}

// Parses the alternatives, one per line, into one tree.
static int parse_lines(struct regex *regex, const char *pattern, int flags)
{
	int root = -1;
	for (;;) {
		size_t size = strcspn(pattern, "\n");
		int part = regex_parse(&regex->tree, pattern, size, flags);
		if (part < 0)
			return -1;
		root = root < 0 ? part : regex_node_add(&regex->tree, REGEX_CHOICE, root, part);
		if (!pattern[size])
			return root;
		pattern += size + 1;
	}
}

static bool is_literal(const char *pattern, int flags)
{
	if (flags & (REGEX_NO_CASE | REGEX_LINE) || strchr(pattern, '\n'))
		return false;
	return flags & REGEX_FIXED || !strpbrk(pattern, "\\[].*^$+?{}()|");
}

static void lists_make(struct regex *regex)
{
	struct state_list *lists[] = {&regex->now, &regex->next};
	for (size_t i = 0; i < 2; i++) {
		lists[i]->states = memory_get(regex->count * sizeof(int));
		lists[i]->starts = memory_get(regex->count * sizeof(size_t));
		lists[i]->marks = memory_get(regex->count * sizeof(unsigned));
	}
}

// --- Running ----------------------------------------------------------------------------------

static bool is_word(const char *bytes, size_t size, size_t at)
{
	if (at >= size)
		return false;
	unsigned char byte = (unsigned char)bytes[at];
	return byte < 128 && (isalnum(byte) || byte == '_');
}

static bool condition_holds(enum regex_kind kind, const char *bytes, size_t size, size_t at)
{
	bool before = at > 0 && is_word(bytes, size, at - 1), after = is_word(bytes, size, at);
	switch (kind) {
	case REGEX_START:
		return at == 0;
	case REGEX_END:
		return at == size;
	case REGEX_WORD_START:
		return !before && after;
	case REGEX_WORD_END:
		return before && !after;
	case REGEX_WORD_EDGE:
		return before != after;
	default:
		return before == after;
	}
}

struct place {
	const char *bytes;
	size_t size, at;
};

static void push(struct regex *regex, size_t *depth, int state)
{
	regex->stack = array_room(regex->stack, *depth, &regex->stack_capacity, sizeof(int));
	regex->stack[(*depth)++] = state;
}

// Adds a state and all that it leads to without reading; an earlier start wins.
static void list_add(struct regex *regex, struct state_list *list, int state, size_t start,
	const struct place *place)
{
	size_t depth = 0;
	push(regex, &depth, state);
	while (depth > 0) {
		state = regex->stack[--depth];
		bool there = list->marks[state] == list->generation;
		if (there && list->starts[state] <= start)
			continue;
		list->starts[state] = start;
		list->marks[state] = list->generation;
		if (!there)
			list->states[list->count++] = state;
		const struct instruction *at = &regex->program[state];
		if (at->operation == OP_SPLIT) {
			push(regex, &depth, at->other);
			push(regex, &depth, at->to);
		} else if (at->operation == OP_TEST &&
			   condition_holds(at->kind, place->bytes, place->size, place->at)) {
			push(regex, &depth, at->to);
		}
	}
}

static void list_clear(struct state_list *list)
{
	list->count = 0;
	list->generation++;
}

// What can begin a match: follows the start without reading.
static void first_find(struct regex *regex)
{
	struct place nowhere = {.bytes = "", .size = 1, .at = 1};
	list_clear(&regex->now);
	list_add(regex, &regex->now, regex->start, 0, &nowhere);
	for (size_t i = 0; i < regex->now.count; i++) {
		const struct instruction *at = &regex->program[regex->now.states[i]];
		if (at->operation == OP_MATCH || at->operation == OP_TEST)
			regex->any_first = true;
		if (at->operation != OP_SET)
			continue;
		for (size_t word = 0; word < 8; word++)
			regex->first.bits[word] |= regex->tree.nodes[at->set].set.bits[word];
	}
}

struct regex *regex_make(const char *pattern, int flags, const char **error)
{
	struct regex *regex = memory_get(sizeof *regex);
	if (is_literal(pattern, flags)) {
		regex->literal = memory_string(pattern);
		regex->literal_size = strlen(pattern);
		return regex;
	}
	int root = parse_lines(regex, pattern, flags);
	if (root >= 0 && flags & REGEX_LINE)
		root = wrap(regex, root, REGEX_START, REGEX_END);
	if (root >= 0) {
		int match = emit(regex, (struct instruction){.operation = OP_MATCH});
		regex->start = emit_node(regex, root, match);
	}
	if (regex->tree.error) {
		*error = regex->tree.error;
		regex_free(regex);
		return nullptr;
	}
	lists_make(regex);
	first_find(regex);
	return regex;
}

void regex_free(struct regex *regex)
{
	struct state_list *lists[] = {&regex->now, &regex->next};
	for (size_t i = 0; i < 2; i++) {
		free(lists[i]->states);
		free(lists[i]->starts);
		free(lists[i]->marks);
	}
	free(regex->tree.nodes);
	free(regex->program);
	free(regex->literal);
	free(regex->stack);
	free(regex);
}

static bool search_literal(const struct regex *regex, const char *bytes, size_t size, size_t from,
	size_t *start, size_t *end)
{
	const char *found = regex->literal_size == 0 ? bytes + from
						     : memmem(bytes + from, size - from,
							       regex->literal, regex->literal_size);
	if (found && start) {
		*start = (size_t)(found - bytes);
		*end = *start + regex->literal_size;
	}
	return found != nullptr;
}

struct found {
	size_t start, end;
	bool any;
};

// Moves all states over the byte at `place`, or to their end; notes matches that stand here.
static void step(struct regex *regex, const struct place *place, struct found *found)
{
	struct place after = {place->bytes, place->size, place->at + 1};
	list_clear(&regex->next);
	for (size_t i = 0; i < regex->now.count; i++) {
		int state = regex->now.states[i];
		const struct instruction *at = &regex->program[state];
		size_t start = regex->now.starts[state];
		if (found->any && start > found->start)
			continue;
		if (at->operation == OP_MATCH) {
			*found = (struct found){start, place->at, true};
		} else if (at->operation == OP_SET && place->at < place->size &&
			   byte_set_has(&regex->tree.nodes[at->set].set,
				   (unsigned char)place->bytes[place->at])) {
			list_add(regex, &regex->next, at->to, start, &after);
		}
	}
	struct state_list swap = regex->now;
	regex->now = regex->next;
	regex->next = swap;
}

bool regex_search(struct regex *regex, const char *bytes, size_t size, size_t from, size_t *start,
	size_t *end)
{
	if (regex->literal)
		return search_literal(regex, bytes, size, from, start, end);
	struct found found = {};
	struct place place = {bytes, size, from};
	list_clear(&regex->now);
	for (;; place.at++) {
		if (!found.any && regex->now.count == 0 && !regex->any_first)
			while (place.at < size &&
				!byte_set_has(&regex->first, (unsigned char)bytes[place.at]))
				place.at++;
		if (!found.any)
			list_add(regex, &regex->now, regex->start, place.at, &place);
		step(regex, &place, &found);
		if ((found.any && !start) || place.at >= size ||
			(found.any && regex->now.count == 0))
			break;
	}
	if (found.any && start) {
		*start = found.start;
		*end = found.end;
	}
	return found.any;
}
