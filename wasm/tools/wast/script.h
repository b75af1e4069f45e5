// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs .wast scripts, the form of the official test suite: modules, actions and assertions.
#ifndef WASM_TOOLS_WAST_SCRIPT_H
#define WASM_TOOLS_WAST_SCRIPT_H

#include "base/array.h"
#include "tools/wat/tree.h"
#include "wasm/compiler.h"
#include "wasm/runtime.h"

constexpr uint32_t SCRIPT_VALUES = 64;

struct script_counts {
	uint32_t passed;
	uint32_t failed;
	uint32_t skipped;
	uint32_t skipped_by[WASM_STATUS_COUNT]; // by the feature that is missing
	uint32_t skipped_custom;                // assertions on custom sections
};

// Something that failed, for people.
struct script_failure {
	const char *path;
	uint32_t line;
	const char *why;
	const char *what; // that `where` counts, as "module offset"; null: nobody knows where
	uint64_t where;
};

// Where scripts run.
struct script_host {
	void *self;
	const struct wasm_allocator *allocator;
	const struct wasm_platform *platform;
	// Makes an image that lives until it is released, when the script has ended. Status and
	// diagnostic are those of wasm_compile.
	enum wasm_status (*compile)(void *self, const uint8_t *module, size_t size, uint8_t **image,
		size_t *image_size, struct wasm_diagnostic *diagnostic);
	void (*release)(void *self, uint8_t *image, size_t size);
	// So many images live at a time at most, as far as the script does not name them; 0: any
	// number.
	uint32_t images_most;
	void (*failed)(void *self, const struct script_failure *failure);
};

// Runs a script with a store of its own.
struct script_counts script_run_text(
	const struct script_host *host, const char *path, const char *text, size_t size);
void script_counts_add(struct script_counts *all, const struct script_counts *counts);

struct named_instance {
	const struct node *name; // identifier, or string of a registration
	struct wasm_instance *instance;
	const struct node *definition; // (module definition): the module's node
	enum wasm_status missing;      // why there is no instance, or WASM_OK
};

struct script {
	struct arena *arena;
	const struct wasm_allocator *allocator;
	const struct wasm_platform *platform;
	struct wasm_store *store;
	const struct script_host *host;
	const char *path;
	const char *detail; // of a failure, as in struct script_failure
	uint64_t detail_where;
	struct script_counts counts;
	struct wasm_instance *current;    // null: it could not be made
	enum wasm_status current_missing; // the feature that it needs, or WASM_OK
	enum wasm_status import_missing;  // the feature that an import lacks, or WASM_OK
	enum wasm_status tainted;         // a module was skipped: later state may differ
	struct array instances;           // struct named_instance, by identifier
	struct array registered;          // struct named_instance, by import name
	struct array images;              // struct script_image, alive as long as the store
	struct wasm_memory *spectest_memory;
	struct wasm_memory *spectest_shared_memory;
	struct wasm_table *spectest_tables[2]; // table, table64
	struct wasm_global *spectest_globals[4];
};

struct script_image {
	uint8_t *bytes;
	size_t size;
};

// Gives everything back that the script's modules hold, and begins with an empty store.
enum wasm_status script_renew(struct script *script);

// Runs all commands of a parsed file.
void script_run(struct script *script, struct node *commands);

// --- spectest.c: the module that the suite expects -------------------------------------------

enum wasm_status spectest_create(struct script *script);
bool spectest_resolve(
	struct script *script, const struct wasm_import_name *import, struct wasm_extern *found);

// --- values.c --------------------------------------------------------------------------------

// Constants "(i32.const 1)"…; `types` gets their types. False if something is not supported.
bool values_parse(const struct node *at, union wasm_value *values, enum wasm_type *types,
	uint32_t *count, enum wasm_status *missing);
// Does a result match the pattern?
bool value_matches(const struct node *pattern, enum wasm_type type, union wasm_value value);

#endif
