// SPDX-License-Identifier: MIT OR Apache-2.0
/* The parts of the native program that runs one WASM program, and what they share. Everything here
 * belongs to that one program and runs on its one thread. */
#pragma once

#include <abi/protocol/process.h>
#include <craton/client.h>
#include <craton/service.h>
#include <wasm/platform.h>
#include <wasm/wasi.h>

/* --- services.c: calls to services ------------------------------------------------------------ */

void services_init(const struct process_start *start);

/* What services know this program by: its number. */
uint64_t service_badge(void);

/* False: the program was not given this service (enum service_number). */
bool service_present(uint32_t number);

/* One call. An interrupt does not end it: it is noted for the next service_wait. */
[[nodiscard]] status_t service_call(uint32_t number, uint32_t method, struct call *call);

/* The same for calls that wait for something: ERR_CANCELLED if an interrupt came. */
[[nodiscard]] status_t service_wait(uint32_t number, uint32_t method, struct call *call);

/* A number to give back to the vfs with the next call to it. False: one waits already. */
bool service_close_later(uint64_t id);

/* The first call with words only. */
[[nodiscard]] status_t service_ask(uint32_t number, uint32_t method, uint64_t words[6]);

/* Notes an interrupt that came in another wait. */
void interrupt_note(void);

/* Forgets an interrupt that was noted. */
void interrupt_clear(void);

/* True once for an interrupt that was noted. */
bool interrupt_noted(void);

/* --- memory.c: regions of the address space --------------------------------------------------- */

/* `size` bytes of address space without access, or nullptr. */
void *memory_reserve(uint64_t size);

/* Memory that can be used at once. */
void *memory_take(uint64_t size);

/* The same at an address where nothing is. */
[[nodiscard]] bool memory_take_at(void *address, uint64_t size);

/* A random address, a multiple of MEMORY_SHARED_UNIT, for the arena: behind it is as much as that
 * can take, where nothing else of this program is ever put. */
uint64_t memory_arena(void);

/* Makes a part of it readable, writable and zero; it costs memory when it is touched. */
[[nodiscard]] bool memory_commit(void *address, uint64_t size);
void memory_release(void *address, uint64_t size);

/* --- heap.c: small memory --------------------------------------------------------------------- */

[[nodiscard]] bool heap_init(void);

/* Not zeroed, aligned to 16 bytes; nullptr if there is no more. */
void *heap_take(size_t size);
void heap_give(void *memory, size_t size);
void *heap_resize(void *self, void *old, size_t old_size, size_t new_size);
/* The same for new memory that is zeroed: what was never used is. */
void *heap_zeroed(void *self, size_t size);
extern const struct wasm_allocator heap_allocator;

/* --- stack.c, entry.S: the stacks ------------------------------------------------------------- */

/* Makes the stack of the program and that of upcalls. */
[[nodiscard]] bool stacks_init(void);

/* The lowest address that compiled code may reach. */
uintptr_t stack_limit(void);

/* Top of the stack of upcalls. */
uintptr_t stack_of_upcalls(void);

/* Runs the function on the program's stack. It does not return. */
[[noreturn]] void stack_enter(void (*function)(void));

/* --- platform.c, fault.c: what the engine needs ----------------------------------------------- */

extern const struct wasm_platform craton_platform;

/* From here on faults of compiled code are traps; other faults end the program. */
[[nodiscard]] status_t faults_init(const struct process_start *start);

/* --- start_data.c: what the program was started with ------------------------------------------ */

struct strings {
	const char **items;
	size_t count;
};

struct start_data {
	struct program_start sizes;
	const char *path; /* zero-terminated, like all texts here */
	const char *directory;
	struct strings arguments;
	struct strings environment;
	const struct process_descriptor *descriptors;
};

[[nodiscard]] status_t start_data_read(struct start_data *data);

/* --- run.c: the module, from loading to its end ----------------------------------------------- */

/* Runs it and ends the process. */
[[noreturn]] void program_run(const struct start_data *data);

/* Ends the process. `cause`: enum exit_cause. */
[[noreturn]] void program_exit(uint64_t status, uint64_t cause, uint64_t detail);

/* Writes a line to the system's log, levels as in abi/services/log.toml. */
void log_line(uint64_t level, const char *text);
