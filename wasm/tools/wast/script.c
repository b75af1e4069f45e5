// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/wast/script.h"

#include "tools/wat/assembler.h"

#include <string.h>

// --- counting --------------------------------------------------------------------------------

static void pass(struct script *s)
{
	s->counts.passed++;
}

static void fail(struct script *s, const struct node *command, const char *why)
{
	s->counts.failed++;
	const struct script_failure failure = {
		s->path, command->line, why, s->detail, s->detail_where};
	s->host->failed(s->host->self, &failure);
}

static void skip(struct script *s, enum wasm_status feature)
{
	s->tainted = feature;
	s->counts.skipped++;
	s->counts.skipped_by[feature]++;
}

// Where in a module something is wrong: for the message of a failure.
static void set_detail(struct script *s, const char *what, uint64_t where)
{
	s->detail = what;
	s->detail_where = where;
}

static void set_diagnostic(struct script *s, const struct wasm_diagnostic *d)
{
	if (d->function != WASM_NO_INDEX)
		set_detail(s, "function", d->function);
	else
		set_detail(s, "module offset", d->offset);
}

static void expect(struct script *s, const struct node *command, bool ok, const char *why)
{
	if (ok)
		pass(s);
	else
		fail(s, command, why);
}

// A module that was skipped could have changed what this instance shares with it.
static void fail_or_taint(struct script *s, const struct node *command, bool named, const char *why)
{
	if (named && s->tainted != WASM_OK)
		skip(s, s->tainted);
	else
		fail(s, command, why);
}

// --- names -----------------------------------------------------------------------------------

static bool same_name(const struct node *a, const char *text, size_t size)
{
	return a->size == size && memcmp(a->text, text, size) == 0;
}

static struct named_instance *find_named(const struct array *names, const char *text, size_t size)
{
	struct named_instance *items = names->items;
	for (uint32_t i = names->count; i-- > 0;)
		if (same_name(items[i].name, text, size))
			return &items[i];
	return nullptr;
}

static void add_named(struct script *s, struct array *names, const struct node *name,
	struct wasm_instance *instance, const struct node *definition, enum wasm_status missing)
{
	struct named_instance named = {name, instance, definition, missing};
	if (name != nullptr && array_push(names, s->allocator, sizeof(named), &named) != WASM_OK)
		fail(s, name, "out of memory");
}

// --- modules ---------------------------------------------------------------------------------

// The bytes of a module command, whichever way they are given.
struct module_source {
	enum wasm_status status; // of assembling
	uint8_t *bytes;
	size_t size;
};

static void join_strings(struct script *s, const struct node *at, struct module_source *source)
{
	for (const struct node *n = at; n != nullptr; n = n->next)
		source->size += n->size;
	source->bytes = wasm_allocate(s->allocator, source->size, 1);
	uint8_t *to = source->bytes;
	for (; at != nullptr; at = at->next) {
		memcpy(to, at->text, at->size);
		to += at->size;
	}
}

static void assemble_fields(
	struct script *s, const struct node *fields, struct module_source *source)
{
	uint32_t line;
	source->status =
		wat_assemble(s->arena, s->allocator, fields, &source->bytes, &source->size, &line);
	if (source->status != WASM_OK)
		set_detail(s, "text line", line);
}

static void assemble_quote(struct script *s, const struct node *at, struct module_source *source)
{
	struct module_source text = {};
	uint32_t line;
	join_strings(s, at, &text);
	// The tree points into the text: keep a copy in the arena.
	char *copy = arena_allocate(s->arena, text.size + 1, 1);
	memcpy(copy, text.bytes, text.size);
	wasm_free(s->allocator, text.bytes, text.size, 1);
	struct node *tree = tree_parse(s->arena, copy, text.size, &line);
	if (tree == nullptr) {
		source->status = WASM_MALFORMED_BODY;
		return;
	}
	const struct node *fields = tree->first;
	if (node_is_list(fields, "module") && fields->next == nullptr) {
		fields = fields->first->next;
		if (node_is_id(fields))
			fields = fields->next;
	}
	assemble_fields(s, fields, source);
}

// (module id? fields*), (module id? binary "..."*), (module id? quote "..."*)
static struct module_source module_source(struct script *s, const struct node *module)
{
	struct module_source source = {};
	const struct node *at = module->first->next;
	if (node_is(at, "definition"))
		at = at->next;
	if (node_is_id(at))
		at = at->next;
	if (node_is(at, "binary"))
		join_strings(s, at->next, &source);
	else if (node_is(at, "quote"))
		assemble_quote(s, at->next, &source);
	else
		assemble_fields(s, at, &source);
	return source;
}

static const struct node *module_id(const struct node *module)
{
	const struct node *at = module->first->next;
	if (node_is(at, "definition") || node_is(at, "instance"))
		at = at->next;
	return node_is_id(at) ? at : nullptr;
}

static bool resolve(void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	struct script *s = self;
	struct named_instance *named =
		find_named(&s->registered, import->module, import->module_size);
	if (named == nullptr)
		return spectest_resolve(s, import, found);
	s->import_missing = named->missing;
	return named->instance != nullptr &&
	       wasm_instance_export_sized(
		       named->instance, import->name, import->name_size, found) == WASM_OK;
}

static enum wasm_status compile_source(
	struct script *s, const struct module_source *source, struct script_image *image)
{
	struct wasm_diagnostic diagnostic = {.function = WASM_NO_INDEX};
	enum wasm_status status = s->host->compile(s->host->self, source->bytes, source->size,
		&image->bytes, &image->size, &diagnostic);
	if (status != WASM_OK)
		set_diagnostic(s, &diagnostic);
	enum wasm_status valid = wasm_validate(source->bytes, source->size, s->allocator, nullptr);
	return valid == status || status == WASM_NO_MEMORY ? status : WASM_PLATFORM;
}

// Modules that no name leads to are in the way of later ones where images are few.
static enum wasm_status make_room(struct script *s)
{
	bool full = s->host->images_most != 0 && s->images.count >= s->host->images_most;
	if (!full || s->instances.count != 0 || s->registered.count != 0)
		return WASM_OK;
	return script_renew(s);
}

// The whole way from a module command to an instance.
static enum wasm_status make_instance(struct script *s, const struct node *module,
	struct wasm_instance **instance, struct wasm_trap_info *trap)
{
	struct script_image image = {};
	struct wasm_module *loaded;
	struct wasm_resolver resolver = {s, resolve};
	struct module_source source = module_source(s, module);
	enum wasm_status status = source.status;
	if (status == WASM_OK)
		status = make_room(s);
	if (status == WASM_OK)
		status = compile_source(s, &source, &image);
	wasm_free(s->allocator, source.bytes, source.size, 1);
	if (status != WASM_OK)
		return status;
	if (array_push(&s->images, s->allocator, sizeof(image), &image) != WASM_OK)
		return WASM_NO_MEMORY;
	s->import_missing = WASM_OK;
	status = wasm_module_load(s->store, image.bytes, image.size, &loaded);
	if (status == WASM_OK)
		status = wasm_instantiate(loaded, &resolver, instance, trap);
	bool skipped = status == WASM_LINK_UNKNOWN && s->import_missing != WASM_OK;
	return skipped ? s->import_missing : status;
}

static void report_instance(struct script *s, const struct node *command, enum wasm_status status)
{
	s->current_missing = WASM_OK;
	if (status == WASM_OK) {
		pass(s);
		return;
	}
	s->current = nullptr;
	if (wasm_status_is_unsupported(status)) {
		s->current_missing = status;
		skip(s, status);
		return;
	}
	fail(s, command, wasm_status_text(status));
}

static void run_module(struct script *s, const struct node *command)
{
	struct wasm_trap_info trap;
	const struct node *from = command;
	const struct node *id = module_id(command);
	if (node_is(command->first->next, "definition")) {
		struct module_source source = module_source(s, command);
		wasm_free(s->allocator, source.bytes, source.size, 1);
		add_named(s, &s->instances, id, nullptr, command, source.status);
		report_instance(s, command, source.status);
		return;
	}
	if (node_is(command->first->next, "instance")) {
		const struct node *definition = id == nullptr ? nullptr : id->next;
		struct named_instance *named =
			definition == nullptr
				? nullptr
				: find_named(&s->instances, definition->text, definition->size);
		if (named == nullptr || named->definition == nullptr) {
			fail(s, command, "no such module definition");
			return;
		}
		from = named->definition;
	}
	s->current = nullptr;
	enum wasm_status status = make_instance(s, from, &s->current, &trap);
	report_instance(s, command, status);
	add_named(s, &s->instances, id, s->current, nullptr, s->current_missing);
}

static void run_register(struct script *s, const struct node *command)
{
	const struct node *name = command->first->next;
	struct wasm_instance *instance = s->current;
	enum wasm_status missing = s->current_missing;
	if (node_is_id(name->next)) {
		struct named_instance *named =
			find_named(&s->instances, name->next->text, name->next->size);
		instance = named == nullptr ? nullptr : named->instance;
		missing = named == nullptr ? WASM_OK : named->missing;
	}
	add_named(s, &s->registered, name, instance, nullptr, missing);
}

// --- actions ---------------------------------------------------------------------------------

struct outcome {
	enum wasm_status status;
	enum wasm_trap trap;
	union wasm_value values[SCRIPT_VALUES];
	const enum wasm_type *types;
	enum wasm_type global_type;
	uint32_t count;
	bool named; // the action names an instance
};

// References of one kind are good for each other here: the caller checks nullability by itself.
static bool argument_fits(enum wasm_type argument, enum wasm_type parameter)
{
	if (!wasm_type_is_reference(argument) || !wasm_type_is_reference(parameter))
		return argument == parameter;
	bool external = wasm_type_code(parameter) == WASM_TYPE_EXTERNREF ||
			wasm_type_code(parameter) == WASM_TYPE_NULLEXTERNREF;
	return external == (wasm_type_code(argument) == WASM_TYPE_EXTERNREF);
}

static bool arguments_fit(
	const enum wasm_type *types, uint32_t count, const struct wasm_function_type *type)
{
	bool fit = count == type->parameter_count;
	for (uint32_t i = 0; i < count && fit; i++)
		fit = argument_fits(types[i], type->parameters[i]);
	return fit;
}

static void invoke(struct outcome *o, struct wasm_function *function, const struct node *arguments)
{
	enum wasm_type types[SCRIPT_VALUES];
	uint32_t count;
	struct wasm_trap_info info;
	struct wasm_function_type type = wasm_function_type_of(function);
	enum wasm_status missing;
	if (!values_parse(arguments, o->values, types, &count, &missing)) {
		o->status = missing;
		return;
	}
	if (!arguments_fit(types, count, &type) || type.result_count > SCRIPT_VALUES) {
		o->status = WASM_LINK_SIGNATURE;
		return;
	}
	o->status = wasm_call(function, o->values, &info);
	o->trap = info.trap;
	o->types = type.results;
	o->count = type.result_count;
}

// (invoke id? "name" args*) or (get id? "name")
static void run_action(struct script *s, const struct node *action, struct outcome *o)
{
	*o = (struct outcome){};
	const struct node *at = action->first->next;
	struct wasm_instance *instance = s->current;
	enum wasm_status missing = s->current_missing;
	o->named = node_is_id(at);
	if (o->named) {
		struct named_instance *named = find_named(&s->instances, at->text, at->size);
		instance = named == nullptr ? nullptr : named->instance;
		missing = named == nullptr ? WASM_OK : named->missing;
		at = at->next;
	}
	if (instance == nullptr) {
		o->status = missing != WASM_OK ? missing : (enum wasm_status)WASM_LINK_UNKNOWN;
		return;
	}
	struct wasm_extern found;
	o->status = wasm_instance_export_sized(instance, at->text, at->size, &found);
	if (o->status != WASM_OK)
		return;
	if (found.kind == WASM_EXTERN_FUNCTION) {
		invoke(o, found.function, at->next);
		return;
	}
	o->values[0] = wasm_global_get(found.global);
	o->global_type = wasm_global_type(found.global);
	o->types = &o->global_type;
	o->count = 1;
}

static bool skip_outcome(struct script *s, const struct outcome *o)
{
	if (!wasm_status_is_unsupported(o->status))
		return false;
	skip(s, o->status);
	return true;
}

static void run_plain_action(struct script *s, const struct node *command)
{
	struct outcome o;
	run_action(s, command, &o);
	if (!skip_outcome(s, &o))
		expect(s, command, o.status == WASM_OK, "action failed");
}

// --- assertions ------------------------------------------------------------------------------

static void assert_return(struct script *s, const struct node *command)
{
	struct outcome o;
	const struct node *action = command->first->next;
	run_action(s, action, &o);
	if (skip_outcome(s, &o))
		return;
	if (o.status != WASM_OK) {
		fail_or_taint(s, command, o.named,
			o.status == WASM_TRAPPED ? wasm_trap_text(o.trap)
						 : wasm_status_text(o.status));
		return;
	}
	const struct node *pattern = action->next;
	bool ok = true;
	for (uint32_t i = 0; i < o.count && ok; i++) {
		ok = value_matches(pattern, o.types[i], o.values[i]);
		pattern = pattern == nullptr ? nullptr : pattern->next;
	}
	if (ok && pattern == nullptr)
		pass(s);
	else
		fail_or_taint(s, command, o.named, "wrong result");
}

// One of the two texts begins with the other.
static bool text_matches(const struct node *expected, const char *text)
{
	size_t size = strlen(text);
	if (!node_is_string(expected))
		return false;
	return memcmp(expected->text, text, size < expected->size ? size : expected->size) == 0;
}

static void assert_trap(struct script *s, const struct node *command)
{
	const struct node *action = command->first->next;
	struct outcome o = {};
	if (node_is_list(action, "module")) {
		struct wasm_instance *instance;
		struct wasm_trap_info info = {};
		o.status = make_instance(s, action, &instance, &info);
		o.trap = info.trap;
	} else {
		run_action(s, action, &o);
	}
	if (skip_outcome(s, &o))
		return;
	if (o.status != WASM_TRAPPED)
		fail(s, command, o.status == WASM_OK ? "no trap" : wasm_status_text(o.status));
	else
		expect(s, command, text_matches(action->next, wasm_trap_text(o.trap)),
			wasm_trap_text(o.trap));
}

static void assert_rejected(struct script *s, const struct node *command)
{
	struct module_source source = module_source(s, command->first->next);
	enum wasm_status status = source.status;
	struct script_image image = {};
	if (status == WASM_OK)
		status = compile_source(s, &source, &image);
	wasm_free(s->allocator, source.bytes, source.size, 1);
	if (image.bytes != nullptr)
		s->host->release(s->host->self, image.bytes, image.size);
	bool malformed = node_is(command->first, "assert_malformed");
	if (wasm_status_is_unsupported(status))
		skip(s, status);
	else
		expect(s, command,
			wasm_status_is_malformed(status) ||
				(!malformed && wasm_status_is_invalid(status)),
			status == WASM_OK ? "module was accepted" : wasm_status_text(status));
}

static void assert_unlinkable(struct script *s, const struct node *command)
{
	struct wasm_instance *instance;
	struct wasm_trap_info info;
	enum wasm_status status = make_instance(s, command->first->next, &instance, &info);
	if (wasm_status_is_unsupported(status))
		skip(s, status);
	else
		expect(s, command, status == WASM_LINK_UNKNOWN || status == WASM_LINK_TYPE,
			wasm_status_text(status));
}

// Custom sections do not matter to the engine, and the assembler drops annotations.
static void skip_custom(struct script *s, const struct node *)
{
	s->counts.skipped++;
	s->counts.skipped_custom++;
}

static void assert_exception(struct script *s, const struct node *command)
{
	struct outcome o;
	run_action(s, command->first->next, &o);
	if (skip_outcome(s, &o))
		return;
	if (o.status == WASM_TRAPPED)
		expect(s, command, o.trap == WASM_TRAP_EXCEPTION, wasm_trap_text(o.trap));
	else
		fail(s, command, o.status == WASM_OK ? "no exception" : wasm_status_text(o.status));
}

static const struct {
	const char *keyword;
	void (*run)(struct script *s, const struct node *command);
} commands[] = {
	{"module", run_module},
	{"register", run_register},
	{"invoke", run_plain_action},
	{"get", run_plain_action},
	{"assert_return", assert_return},
	{"assert_trap", assert_trap},
	{"assert_exhaustion", assert_trap},
	{"assert_invalid", assert_rejected},
	{"assert_malformed", assert_rejected},
	{"assert_unlinkable", assert_unlinkable},
	{"assert_exception", assert_exception},
	{"assert_malformed_custom", skip_custom},
	{"assert_invalid_custom", skip_custom},
};

static void run_command(struct script *s, const struct node *command)
{
	s->detail = nullptr;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (node_is_list(command, commands[i].keyword)) {
			commands[i].run(s, command);
			return;
		}
	fail(s, command, "unknown command");
}

// A file may also be just the fields of one module.
static bool is_inline_module(const struct node *tree)
{
	static const char *const fields[] = {"func", "memory", "table", "global", "tag", "type",
		"rec", "import", "export", "data", "elem", "start"};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (node_is_list(tree, fields[i]))
			return true;
	return false;
}

static void run_inline_module(struct script *s, struct node *fields)
{
	struct node keyword = {.kind = NODE_ATOM, .text = "module", .size = 6, .next = fields};
	struct node module = {.kind = NODE_LIST, .line = 1, .first = &keyword};
	run_module(s, &module);
}

void script_run(struct script *s, struct node *tree)
{
	if (is_inline_module(tree)) {
		run_inline_module(s, tree);
		return;
	}
	for (const struct node *command = tree; command != nullptr; command = command->next)
		run_command(s, command);
}
