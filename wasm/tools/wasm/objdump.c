// SPDX-License-Identifier: MIT OR Apache-2.0
// wasm objdump: a module's instructions with the machine code that is made of them; what an image
// holds.
#include "tools/wasm/tool.h"

#include "base/array.h"
#include "decode/instruction.h"
#include "tools/wasm/allocator.h"
#include "tools/wasm/disassemble.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- Images -----------------------------------------------------------------------------------

static void print_span(const struct wasm_image *image, struct wasm_image_span span)
{
	fwrite(image->bytes + span.offset, 1, span.size, stdout);
}

static void print_names(const struct wasm_image *image)
{
	static const char *const kinds[] = {"function", "table", "memory", "global", "tag"};
	for (uint32_t i = 0; i < image->import_count; i++) {
		printf("import %s ", kinds[image->imports[i].kind]);
		print_span(image, image->imports[i].module);
		putchar('.');
		print_span(image, image->imports[i].name);
		putchar('\n');
	}
	for (uint32_t i = 0; i < image->export_count; i++) {
		printf("export %s ", kinds[image->exports[i].kind]);
		print_span(image, image->exports[i].name);
		printf(" = %u\n", image->exports[i].index);
	}
}

static int dump_image(const char *path, const struct file *file)
{
	struct wasm_image image;
	enum wasm_status status = wasm_image_open(file->bytes, file->size, &image);
	if (status != WASM_OK) {
		fprintf(stderr, "%s: %s\n", path, wasm_status_text(status));
		return TOOL_FAILED;
	}
	printf("engine %016" PRIx64 ", cpu features %x, module sha256 ", image.header->engine_hash,
		image.header->cpu_features);
	for (size_t i = 0; i < sizeof(image.header->module_hash); i++)
		printf("%02x", image.header->module_hash[i]);
	printf("\n%zu bytes, %" PRIu64 " of code, %u functions, %u imported\n", image.size,
		image.code_size, image.function_count, image.imported_functions);
	print_names(&image);
	return TOOL_OK;
}

// --- Modules ----------------------------------------------------------------------------------

// Where the code of an instruction begins.
struct place {
	uint32_t function;
	uint64_t code;
	uint64_t offset;
};

struct places {
	struct array items;
	bool failed;
};

static void note(void *self, uint32_t function, uint64_t code, uint64_t offset)
{
	struct places *places = self;
	const struct place place = {function, code, offset};
	if (array_push(&places->items, &tool_allocator, sizeof(place), &place) != WASM_OK)
		places->failed = true;
}

static const char *opcode_text(enum opcode opcode)
{
	static const char *const texts[OPCODE_LIMIT] = {
#define OP(number, name, text, immediate, signature, access) [number] = text,
#include "decode/opcodes.def"
#undef OP
	};
	return opcode < OPCODE_LIMIT && texts[opcode] != nullptr ? texts[opcode] : "?";
}

static void print_immediate(const struct instruction *in)
{
	switch (opcode_infos[in->opcode].immediate) {
	case IMMEDIATE_LABEL:
	case IMMEDIATE_FUNCTION:
	case IMMEDIATE_INDIRECT:
	case IMMEDIATE_TYPE:
	case IMMEDIATE_TAG:
	case IMMEDIATE_LOCAL:
	case IMMEDIATE_GLOBAL:
	case IMMEDIATE_TABLE:
		printf(" %u", in->index);
		break;
	case IMMEDIATE_I32:
		printf(" %" PRId32, (int32_t)in->bits);
		break;
	case IMMEDIATE_I64:
		printf(" %" PRId64, (int64_t)in->bits);
		break;
	case IMMEDIATE_F32:
	case IMMEDIATE_F64:
		printf(" 0x%" PRIx64, in->bits);
		break;
	case IMMEDIATE_MEMARG:
	case IMMEDIATE_MEMARG_ATOMIC:
	case IMMEDIATE_MEMARG_LANE:
		printf(" offset=%" PRIu64 " align=%u", in->offset, 1u << in->alignment);
		break;
	default:
		break;
	}
}

static void print_instruction(const struct file *module, uint64_t offset)
{
	struct reader reader = {module->bytes + offset, module->bytes + module->size, WASM_OK};
	struct instruction in;
	printf("%8" PRIx64 "  ", offset);
	if (instruction_read(&reader, &in)) {
		fputs(opcode_text(in.opcode), stdout);
		print_immediate(&in);
	}
	putchar('\n');
}

static void print_function(const struct wasm_image *image, uint32_t function)
{
	const struct wasm_image_function *f = &image->functions[function];
	printf("\nfunction %u ", function);
	print_span(image, f->name);
	printf("\n          ; prologue\n");
}

// The code of `place` reaches to the next place of the function, or to the function's end.
static void dump_places(const struct file *module, const struct wasm_image *image,
	const struct places *places, uint32_t only)
{
	const struct place *items = places->items.items;
	for (uint32_t i = 0; i < places->items.count; i++) {
		const struct place *p = &items[i];
		const struct wasm_image_function *f = &image->functions[p->function];
		bool first = i == 0 || items[i - 1].function != p->function;
		bool last = i + 1 == places->items.count || items[i + 1].function != p->function;
		if (only != WASM_NO_INDEX && only != p->function)
			continue;
		if (first) {
			print_function(image, p->function);
			disassemble(image->code, f->code, p->code);
		}
		print_instruction(module, p->offset);
		disassemble(image->code, p->code,
			last ? f->code + (uint64_t)f->code_size : items[i + 1].code);
	}
}

static int dump_module(
	const char *path, const struct file *module, uint32_t features, uint32_t function)
{
	struct places places = {};
	const struct wasm_code_listener listener = {&places, note};
	struct wasm_compile_options options = {.cpu_features = features, .listener = &listener};
	struct wasm_diagnostic diagnostic;
	struct file bytes = {};
	struct wasm_image image;
	enum wasm_status status = wasm_compile(module->bytes, module->size, &options,
		&tool_allocator, &bytes.bytes, &bytes.size, &diagnostic);
	if (status != WASM_OK)
		tool_diagnose(path, &diagnostic);
	else
		status = wasm_image_open(bytes.bytes, bytes.size, &image);
	if (status == WASM_OK && function != WASM_NO_INDEX && function >= image.function_count)
		fprintf(stderr, "%s: there is no function %u\n", path, function);
	if (status == WASM_OK && !places.failed)
		dump_places(module, &image, &places, function);
	array_free(&places.items, &tool_allocator, sizeof(struct place));
	file_free(&bytes);
	return status == WASM_OK && !places.failed ? TOOL_OK : TOOL_FAILED;
}

int objdump_command(int count, char **arguments)
{
	const char *path = nullptr;
	uint32_t features = 0;
	uint32_t function = WASM_NO_INDEX;
	for (int i = 0; i < count; i++) {
		const char *cpu = tool_option(count, arguments, &i, "--cpu");
		const char *number =
			cpu == nullptr ? tool_option(count, arguments, &i, "--function") : nullptr;
		if (number != nullptr)
			function = (uint32_t)strtoul(number, nullptr, 0);
		else if (cpu != nullptr && !tool_cpu_features(cpu, &features))
			return tool_usage("objdump");
		else if (cpu == nullptr && (path != nullptr || arguments[i][0] == '-'))
			return tool_usage("objdump");
		else if (cpu == nullptr)
			path = arguments[i];
	}
	struct file file;
	if (path == nullptr)
		return tool_usage("objdump");
	if (!tool_read_module(path, &file))
		return TOOL_FAILED;
	int result = tool_is_image(&file) ? dump_image(path, &file)
					  : dump_module(path, &file, features, function);
	file_free(&file);
	return result;
}
