// SPDX-License-Identifier: MIT OR Apache-2.0
// Parts that several subcommands use.
#include "tools/wasm/tool.h"

#include "tools/wasm/allocator.h"
#include "tools/wat/assembler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *resize(void *self, void *old, size_t old_size, size_t new_size)
{
	(void)self;
	(void)old_size;
	if (new_size != 0)
		return realloc(old, new_size);
	free(old);
	return nullptr;
}

const struct wasm_allocator tool_allocator = {.resize = resize};

const char *tool_option(int count, char **arguments, int *at, const char *name)
{
	const char *argument = arguments[*at];
	size_t size = strlen(name);
	if (strncmp(argument, name, size) != 0)
		return nullptr;
	if (argument[size] == '=')
		return argument + size + 1;
	if (argument[size] != 0 || *at + 1 >= count)
		return nullptr;
	return arguments[++*at];
}

void tool_diagnose(const char *path, const struct wasm_diagnostic *d)
{
	fprintf(stderr, "%s: %s (%s) at offset 0x%llx", path, wasm_status_text(d->status),
		wasm_status_name(d->status), (unsigned long long)d->offset);
	if (d->function != WASM_NO_INDEX)
		fprintf(stderr, " in function %u", d->function);
	fputc('\n', stderr);
}

bool tool_cpu_features(const char *text, uint32_t *features)
{
	char *end;
	if (strcmp(text, "baseline") == 0) {
		*features = 0;
		return true;
	}
	if (strcmp(text, "native") == 0) {
		*features = wasm_cpu_features_detect();
		return true;
	}
	errno = 0;
	unsigned long value = strtoul(text, &end, 0);
	*features = (uint32_t)value;
	return *text != 0 && *end == 0 && errno == 0 && value <= UINT32_MAX;
}

bool tool_is_image(const struct file *file)
{
	uint64_t magic = 0;
	memcpy(&magic, file->bytes, file->size < sizeof(magic) ? file->size : sizeof(magic));
	return magic == WASM_IMAGE_MAGIC;
}

// --- Modules as text ----------------------------------------------------------------------------

// The fields of the one module of a text, with `(module ...)` around them or without.
static const struct node *fields_of(const struct node *tree)
{
	const struct node *fields = tree->first;
	if (!node_is_list(fields, "module"))
		return fields;
	fields = fields->first->next;
	return node_is_id(fields) ? fields->next : fields;
}

static bool assemble(const char *path, const struct file *text, struct file *module)
{
	struct arena arena = {&tool_allocator, nullptr};
	uint32_t line = 0;
	enum wasm_status status = WASM_MALFORMED_BODY;
	struct node *tree = tree_parse(&arena, (const char *)text->bytes, text->size, &line);
	if (tree != nullptr)
		status = wat_assemble(&arena, &tool_allocator, fields_of(tree), &module->bytes,
			&module->size, &line);
	if (status != WASM_OK)
		fprintf(stderr, "%s:%u: %s\n", path, line,
			status == WASM_MALFORMED_BODY ? "syntax error" : wasm_status_text(status));
	arena_free(&arena);
	return status == WASM_OK;
}

static bool is_text(const struct file *file)
{
	size_t at = 0;
	while (at < file->size && strchr(" \t\r\n", file->bytes[at]) != nullptr)
		at++;
	return at < file->size && (file->bytes[at] == '(' || file->bytes[at] == ';');
}

bool tool_read_module(const char *path, struct file *module)
{
	struct file text;
	if (!file_read(path, module))
		return false;
	if (!is_text(module))
		return true;
	text = *module;
	*module = (struct file){};
	bool ok = assemble(path, &text, module);
	file_free(&text);
	return ok;
}
