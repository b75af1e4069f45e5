// SPDX-License-Identifier: MIT OR Apache-2.0
// cwasm: compiles modules to images, runs them on the host, and shows what images contain.
#include "tools/file.h"
#include "tools/wat/assembler.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/wasi.h"
#include "wasm/wasi_posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: cwasm compile [--native|--cpu-features=BITS] IN.wasm -o OUT.cwasm\n"
	"       cwasm run [--dir HOST[::GUEST]]... [--env NAME=VALUE]... IN.wasm|IN.cwasm "
	"[ARG]...\n"
	"       cwasm assemble IN.wat -o OUT.wasm\n"
	"       cwasm validate IN.wasm\n"
	"       cwasm info IN.cwasm\n"
	"       cwasm --help\n"
	"\n"
	"compile   writes a compiled image; --native uses all features of this machine's CPU,\n"
	"          otherwise the image runs on every x86-64-v2 machine;\n"
	"          BITS are those of enum wasm_cpu_feature, as a number\n"
	"run       runs a WASI program; --dir opens a directory to it (GUEST: its name inside)\n"
	"assemble  turns the text format into a module\n"
	"validate  checks a module and says where it is wrong\n"
	"info      shows an image's sections, imports and exports\n";

static int fail_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static void print_diagnostic(const char *path, const struct wasm_diagnostic *d)
{
	fprintf(stderr, "%s: %s (%s) at offset 0x%llx", path, wasm_status_text(d->status),
		wasm_status_name(d->status), (unsigned long long)d->offset);
	if (d->function != WASM_NO_INDEX)
		fprintf(stderr, " in function %u", d->function);
	fputc('\n', stderr);
}

static bool compile_file(
	const char *path, const struct file *module, uint32_t features, struct file *image)
{
	struct wasm_compile_options options = {features};
	struct wasm_diagnostic diagnostic;
	enum wasm_status status = wasm_compile(module->bytes, module->size, &options,
		&wasm_host_allocator, &image->bytes, &image->size, &diagnostic);
	if (status != WASM_OK)
		print_diagnostic(path, &diagnostic);
	return status == WASM_OK;
}

// --- compile, validate -----------------------------------------------------------------------

static int compile_command(int count, char **arguments)
{
	const char *in = nullptr, *out = nullptr;
	uint32_t features = 0;
	for (int i = 0; i < count; i++) {
		if (strcmp(arguments[i], "-o") == 0 && i + 1 < count)
			out = arguments[++i];
		else if (strcmp(arguments[i], "--native") == 0)
			features = wasm_cpu_features_detect();
		else if (strncmp(arguments[i], "--cpu-features=", 15) == 0)
			features = (uint32_t)strtoul(arguments[i] + 15, nullptr, 0);
		else if (arguments[i][0] != '-' && in == nullptr)
			in = arguments[i];
		else
			return fail_usage();
	}
	if (in == nullptr || out == nullptr)
		return fail_usage();
	struct file module, image;
	if (!file_read(in, &module))
		return 1;
	bool ok = compile_file(in, &module, features, &image) &&
		  file_write(out, image.bytes, image.size);
	file_free(&module);
	file_free(&image);
	return ok ? 0 : 1;
}

static bool assemble_file(const char *path, const struct file *text, struct file *module)
{
	struct arena arena = {&wasm_host_allocator, nullptr};
	uint32_t line = 0;
	enum wasm_status status = WASM_MALFORMED_BODY;
	struct node *tree = tree_parse(&arena, (const char *)text->bytes, text->size, &line);
	const struct node *fields = tree == nullptr ? nullptr : tree->first;
	if (node_is_list(fields, "module")) {
		fields = fields->first->next;
		fields = node_is_id(fields) ? fields->next : fields;
	}
	if (tree != nullptr)
		status = wat_assemble(
			&arena, &wasm_host_allocator, fields, &module->bytes, &module->size, &line);
	if (status != WASM_OK)
		fprintf(stderr, "%s:%u: %s\n", path, line,
			status == WASM_MALFORMED_BODY ? "syntax error" : wasm_status_text(status));
	arena_free(&arena);
	return status == WASM_OK;
}

static int assemble_command(int count, char **arguments)
{
	struct file text, module = {};
	if (count != 3 || strcmp(arguments[1], "-o") != 0)
		return fail_usage();
	if (!file_read(arguments[0], &text))
		return 1;
	bool ok = assemble_file(arguments[0], &text, &module) &&
		  file_write(arguments[2], module.bytes, module.size);
	file_free(&text);
	file_free(&module);
	return ok ? 0 : 1;
}

static int validate_command(int count, char **arguments)
{
	struct file module;
	struct wasm_diagnostic diagnostic;
	if (count != 1)
		return fail_usage();
	if (!file_read(arguments[0], &module))
		return 1;
	enum wasm_status status =
		wasm_validate(module.bytes, module.size, &wasm_host_allocator, &diagnostic);
	if (status != WASM_OK)
		print_diagnostic(arguments[0], &diagnostic);
	file_free(&module);
	return status == WASM_OK ? 0 : 1;
}

// --- info ------------------------------------------------------------------------------------

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

static void print_image(const struct wasm_image *image)
{
	static const char *const names[] = {"code", "types", "functions", "traps", "imports",
		"exports", "tables", "memories", "globals", "tags", "elements", "items", "data",
		"sites", "regions", "clauses", "bytes"};
	printf("engine %016llx, cpu features %x, module sha256 ",
		(unsigned long long)image->header->engine_hash, image->header->cpu_features);
	for (size_t i = 0; i < sizeof(image->header->module_hash); i++)
		printf("%02x", image->header->module_hash[i]);
	printf("\n%zu bytes, %u functions, %u imported\n", image->size, image->function_count,
		image->imported_functions);
	for (uint32_t i = 0; i < WASM_SECTION_COUNT; i++)
		printf("section %-9s offset %8llu size %8llu\n", names[i],
			(unsigned long long)image->header->sections[i].offset,
			(unsigned long long)image->header->sections[i].size);
	print_names(image);
}

static int info_command(int count, char **arguments)
{
	struct file file;
	struct wasm_image image;
	if (count != 1)
		return fail_usage();
	if (!file_read(arguments[0], &file))
		return 1;
	enum wasm_status status = wasm_image_open(file.bytes, file.size, &image);
	if (status == WASM_OK)
		print_image(&image);
	else
		fprintf(stderr, "%s: %s\n", arguments[0], wasm_status_text(status));
	file_free(&file);
	return status == WASM_OK ? 0 : 1;
}

// --- run -------------------------------------------------------------------------------------

constexpr size_t LIST_LIMIT = 256;

struct run_options {
	const char *directories[LIST_LIMIT];
	size_t directory_count;
	const char *environment[LIST_LIMIT];
	size_t environment_count;
	int first; // index of the program in the arguments
};

static bool parse_run(int count, char **arguments, struct run_options *options)
{
	int i = 0;
	for (; i + 1 < count && strncmp(arguments[i], "--", 2) == 0; i += 2) {
		bool is_directory = strcmp(arguments[i], "--dir") == 0;
		size_t *used =
			is_directory ? &options->directory_count : &options->environment_count;
		if ((!is_directory && strcmp(arguments[i], "--env") != 0) || *used == LIST_LIMIT)
			return false;
		(is_directory ? options->directories : options->environment)[(*used)++] =
			arguments[i + 1];
	}
	options->first = i;
	return i < count;
}

static bool add_stream(struct wasi *wasi, int fd)
{
	struct wasi_descriptor entry = {
		.description = wasi_posix_description(dup(fd)),
		.rights = fd == STDIN_FILENO ? WASI_RIGHTS_STREAM_IN : WASI_RIGHTS_STREAM_OUT,
	};
	uint32_t number;
	if (wasi_posix_host.filetype(nullptr, entry.description) == WASI_FILETYPE_REGULAR_FILE)
		entry.rights |= WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL;
	return wasi_descriptor_insert(wasi, &entry, 0, &number) == WASI_SUCCESS;
}

// "host::guest" or one name for both.
static bool add_directory(struct wasi *wasi, const char *argument)
{
	const char *colons = strstr(argument, "::");
	size_t size = colons == nullptr ? strlen(argument) : (size_t)(colons - argument);
	char host[4096];
	uint32_t number;
	if (size >= sizeof(host))
		return false;
	memcpy(host, argument, size);
	host[size] = 0;
	int fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		perror(host);
		return false;
	}
	struct wasi_descriptor entry = {.description = wasi_posix_description(fd),
		.rights = WASI_RIGHTS_ALL,
		.inheriting_rights = WASI_RIGHTS_ALL,
		.preopen_name = colons == nullptr ? argument : colons + 2};
	return wasi_descriptor_insert(wasi, &entry, 0, &number) == WASI_SUCCESS;
}

static bool add_descriptors(struct wasi *wasi, const struct run_options *options)
{
	bool ok = add_stream(wasi, 0) && add_stream(wasi, 1) && add_stream(wasi, 2);
	for (size_t i = 0; i < options->directory_count && ok; i++)
		ok = add_directory(wasi, options->directories[i]);
	return ok;
}

static int report(const char *path, enum wasm_status status, const struct wasm_trap_info *trap,
	const struct wasi *wasi)
{
	char text[512];
	if (status == WASM_OK)
		return 0;
	if (status != WASM_TRAPPED) {
		fprintf(stderr, "%s: %s\n", path, wasm_status_text(status));
		return 126;
	}
	if (trap->trap == WASM_TRAP_EXIT)
		return (int)wasi_exit_code(wasi);
	wasm_trap_describe(trap, text, sizeof(text));
	fprintf(stderr, "%s: trap: %s\n", path, text);
	return 134;
}

static int run_image(const char *path, const struct file *image, struct wasi *wasi)
{
	struct wasm_platform platform;
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap = {};
	struct wasm_host_module hosts = {wasi_functions, wasi_function_count, wasi};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	enum wasm_status status = wasm_host_platform_init(&platform);
	if (status == WASM_OK)
		status = wasm_store_create(&platform, &store);
	if (status != WASM_OK)
		return report(path, status, &trap, wasi);
	status = wasm_module_load(store, image->bytes, image->size, &module);
	if (status == WASM_OK)
		status = wasm_instantiate(module, &resolver, &instance, &trap);
	union wasm_value none = {};
	if (status == WASM_OK)
		status = wasm_instance_call(instance, "_start", ":", &none, &trap);
	int code = report(path, status, &trap, wasi);
	wasm_store_destroy(store);
	return code;
}

static bool is_image(const struct file *file)
{
	uint64_t magic = 0;
	memcpy(&magic, file->bytes, file->size < 8 ? file->size : 8);
	return magic == WASM_IMAGE_MAGIC;
}

// Modules are compiled first, for this machine.
static bool load_program(const char *path, struct file *image)
{
	struct file file;
	if (!file_read(path, &file))
		return false;
	if (is_image(&file)) {
		*image = file;
		return true;
	}
	bool ok = compile_file(path, &file, wasm_cpu_features_detect(), image);
	file_free(&file);
	return ok;
}

static int run_command(int count, char **arguments)
{
	struct run_options options = {};
	struct file image;
	struct wasi *wasi;
	if (!parse_run(count, arguments, &options))
		return fail_usage();
	const char *path = arguments[options.first];
	if (!load_program(path, &image))
		return 126;
	struct wasi_config config = {.allocator = &wasm_host_allocator,
		.host = &wasi_posix_host,
		.arguments = (const char *const *)arguments + options.first,
		.argument_count = (size_t)(count - options.first),
		.environment = options.environment,
		.environment_count = options.environment_count};
	if (wasi_create(&config, &wasi) != WASM_OK)
		return 126;
	int code = add_descriptors(wasi, &options) ? run_image(path, &image, wasi) : 126;
	wasi_destroy(wasi);
	file_free(&image);
	return code;
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		int (*run)(int count, char **arguments);
	} commands[] = {{"compile", compile_command}, {"run", run_command},
		{"assemble", assemble_command}, {"validate", validate_command},
		{"info", info_command}};
	if (count == 2 && strcmp(arguments[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; count >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(arguments[1], commands[i].name) == 0)
			return commands[i].run(count - 2, arguments + 2);
	return fail_usage();
}
