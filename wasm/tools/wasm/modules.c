// SPDX-License-Identifier: MIT OR Apache-2.0
// wasm compile, validate, wat: from a module to an image, a verdict, a binary.
#include "tools/wasm/tool.h"

#include "tools/wasm/allocator.h"

#include <stdio.h>
#include <string.h>

// IN, and after -o OUT; `*features` from --cpu where that is allowed.
struct in_out {
	const char *in;
	const char *out;
	uint32_t features;
};

static bool parse(int count, char **arguments, bool has_cpu, struct in_out *files)
{
	for (int i = 0; i < count; i++) {
		const char *cpu = has_cpu ? tool_option(count, arguments, &i, "--cpu") : nullptr;
		if (cpu != nullptr) {
			if (!tool_cpu_features(cpu, &files->features))
				return false;
		} else if (strcmp(arguments[i], "-o") == 0 && i + 1 < count) {
			files->out = arguments[++i];
		} else if (arguments[i][0] != '-' && files->in == nullptr) {
			files->in = arguments[i];
		} else {
			return false;
		}
	}
	return files->in != nullptr;
}

int compile_command(int count, char **arguments)
{
	struct in_out files = {};
	struct file module;
	struct file image = {};
	struct wasm_diagnostic diagnostic;
	if (!parse(count, arguments, true, &files) || files.out == nullptr)
		return tool_usage("compile");
	if (!tool_read_module(files.in, &module))
		return TOOL_FAILED;
	struct wasm_compile_options options = {.cpu_features = files.features};
	enum wasm_status status = wasm_compile(module.bytes, module.size, &options, &tool_allocator,
		&image.bytes, &image.size, &diagnostic);
	if (status != WASM_OK)
		tool_diagnose(files.in, &diagnostic);
	bool ok = status == WASM_OK && file_write(files.out, image.bytes, image.size);
	file_free(&module);
	file_free(&image);
	return ok ? TOOL_OK : TOOL_FAILED;
}

static bool validate(const char *path)
{
	struct file module;
	struct wasm_diagnostic diagnostic;
	if (!tool_read_module(path, &module))
		return false;
	enum wasm_status status =
		wasm_validate(module.bytes, module.size, &tool_allocator, &diagnostic);
	if (status != WASM_OK)
		tool_diagnose(path, &diagnostic);
	file_free(&module);
	return status == WASM_OK;
}

int validate_command(int count, char **arguments)
{
	int result = TOOL_OK;
	if (count == 0 || arguments[0][0] == '-')
		return tool_usage("validate");
	for (int i = 0; i < count; i++)
		if (!validate(arguments[i]))
			result = TOOL_FAILED;
	return result;
}

int wat_command(int count, char **arguments)
{
	struct in_out files = {};
	struct file module;
	if (!parse(count, arguments, false, &files) || files.out == nullptr)
		return tool_usage("wat");
	if (!tool_read_module(files.in, &module))
		return TOOL_FAILED;
	bool ok = file_write(files.out, module.bytes, module.size);
	file_free(&module);
	return ok ? TOOL_OK : TOOL_FAILED;
}
