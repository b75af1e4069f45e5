// SPDX-License-Identifier: MIT OR Apache-2.0
// Any text through lexer and parser; what parses must print to text that parses and prints to the
// same text again.
#include "shell/parser.h"
#include "shell/unparse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char *reprint(const char *source)
{
	struct parse_options options = {.arena = arena_make(), .line = 1};
	struct parse parse = parser_text(source, &options);
	struct text text = {};
	bool some = parse.result == PARSE_OK && parse.tree;
	if (some)
		unparse(&text, parse.tree);
	arena_drop(options.arena);
	return some ? text_take(&text) : nullptr;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *source = memory_copy((const char *)bytes, size);
	char *once = reprint(source);
	char *twice = once ? reprint(once) : nullptr;
	if (once && (!twice || strcmp(once, twice) != 0))
		abort();
	free(twice);
	free(once);
	free(source);
	return 0;
}
