// SPDX-License-Identifier: MIT OR Apache-2.0
/* The process service's parts and the state that they share. A program is a thread in an address
 * space of the memory service, with a CNode that holds just what it may use. All that belongs to
 * one program comes from one untyped, so ending it is one revoke. */
#pragma once

#include <abi/protocol/memory.h>
#include <abi/protocol/process.h>
#include <craton/client.h>
#include <craton/service.h>

#define PROCESSES        120u
#define CHILDREN         64u    /* of one program, ended ones that nobody waited for too */
#define RESERVED         16u    /* places for the console's first program, the shell */
#define FIRST_PID        32u    /* smaller numbers are shown for services */
#define BLOB_SIZE        16384u /* start data: path, arguments, environment, directory, descriptors */
#define WAITERS          4u
#define MEMORY_LIMIT     (64u << 20)
#define PROGRAM_PRIORITY 100u

/* Slots of this service's CNode. */
#define SLOT_POOL_COPY PROCESS_SLOT_FREE
#define SLOT_PROCESS   1024u
#define PROCESS_SLOTS  16u
#define SLOT_CHANNEL   4096u /* 2 each: untyped, endpoint */
#define UNTYPED_ORDER  14u

enum own_slot {
	OWN_UNTYPED,
	OWN_CNODE,
	OWN_THREAD,
	OWN_CONTEXT,
	OWN_SPACE,
	OWN_MESSAGE,
	OWN_UPCALL,
	OWN_FAULT
};

/* Rights of programs beyond their descriptors. */
#define PERMISSION_SYSTEM  1u /* restart services, end the machine, end others' programs */
#define PERMISSION_COMPILE 2u /* a compile worker */

enum process_phase { PHASE_FREE, PHASE_PREPARING, PHASE_COMPILING, PHASE_RUNNING, PHASE_ENDED };

#define CODE_HASH     32u /* bytes of a module's SHA-256 */
#define CODE_SIZE_MAX ((uint64_t)16 << 20)
#define CODE_ENTRIES  48u
#define MEMOS         64u
#define PAGE          4096u

#define CHANNELS        32u
#define CHANNEL_ENDS    16u /* of one program */
#define CHANNEL_BUFFERS 4u
#define CHANNEL_REPLIES 4u /* calls that one program may hold unanswered */

/* Certain contents of a file outside the bundle. */
struct module_id {
	uint64_t file; /* device and inode; 0: none */
	uint64_t changed_ns;
};

struct channel_buffer {
	uint64_t size;    /* 0: there is none */
	uint64_t account; /* the program that pays */
};

struct channel {
	uint32_t holders[2]; /* ends of programs, by enum channel_role; none: it is free */
	struct channel_buffer buffers[CHANNEL_BUFFERS];
};

/* A program's end of a channel; its number is the index + 1. */
struct channel_end {
	uint32_t channel; /* index + 1; 0: none */
	uint32_t role;    /* enum channel_role */
};

struct process {
	uint64_t pid;
	uint64_t parent;
	uint32_t phase;
	uint32_t permissions;
	uint32_t interrupt_mode;
	uint32_t interrupts;
	uint64_t quota;
	uint64_t cpu_limit_ns;
	uint64_t status; /* of an ended one */
	uint64_t cause;
	uint64_t detail;
	uint64_t cpu_ns;
	uint64_t memory_peak;
	uint64_t entry;           /* first instruction */
	struct module_id module;  /* what it waits for, or what it compiles */
	struct module_id loading; /* a module that it waits for while it runs */
	struct parked loader;
	uint64_t loaded;         /* modules so far */
	uint64_t compile_detail; /* of a worker: what is wrong with the module */
	uint8_t module_hash[CODE_HASH];
	struct program_start start;
	struct parked waiters[WAITERS];
	struct channel_end ends[CHANNEL_ENDS];
	uint8_t name[64];
	uint8_t blob[BLOB_SIZE];
};

#define STARTS 256u /* programs whose thread's number is known, ended ones too */

/* A compiled image in an object of the memory service or in the bundle, and its executable part. */
struct code_place {
	uint64_t object; /* MEMORY_OBJECT_BUNDLE, or sealed code */
	uint64_t offset; /* in the bundle */
	uint64_t size;
	uint64_t code_offset; /* in the image */
	uint64_t code_size;
};

struct code_entry {
	uint8_t hash[CODE_HASH];
	struct code_place place;
	uint64_t used; /* grows with each use; 0: free */
};

/* The hash of a file's contents. */
struct code_memo {
	struct module_id id;
	uint8_t hash[CODE_HASH];
};

#define IMAGE_SEGMENTS 4u

enum image_number { IMAGE_RUNTIME, IMAGE_COMPILER, IMAGES };

/* A native program of the system, in a memory object. */
struct image {
	uint64_t object; /* 0: not loaded yet */
	uint64_t entry;
	uint64_t base;
	uint64_t segment_count;
	struct {
		uint64_t address, size, rights;
	} segments[IMAGE_SEGMENTS];
};

struct process_state {
	uint64_t next_pid;
	uint64_t starts; /* so far */
	struct program_thread threads[STARTS];
	uint64_t session_pid; /* the console's first program */
	struct image images[IMAGES];
	struct code_entry code[CODE_ENTRIES];
	struct code_memo memos[MEMOS];
	struct channel channels[CHANNELS];
	uint64_t code_uses;
	uint64_t memo_next;
	struct process processes[PROCESSES];
};

extern struct process_state *table;

/* --- peers.c: calls to other services ----------------------------------------------------------
 */

void peers_init(void);

/* Calls service `number`. Overwrites the message page. */
[[nodiscard]] status_t peer_call(uint32_t number, uint32_t method, struct call *call);

/* The same with words only. */
[[nodiscard]] status_t peer_ask(uint32_t number, uint32_t method, uint64_t words[6]);

/* Where capabilities that come with the next reply go. */
void peer_window(uint64_t slot, uint64_t count);

/* --- table.c: programs ---------------------------------------------------------------------------
 */

struct process *process_find(uint64_t pid);

/* Neither being prepared nor ended. */
bool process_is_alive(const struct process *process);
struct process *process_preparing(uint64_t parent);
[[nodiscard]] status_t process_prepare(uint64_t parent, struct process **process);

/* Ends a running program: everything it held is given back, those who wait are told. */
void process_end(struct process *process, uint64_t status, uint64_t cause, uint64_t detail);

/* Interrupts it: counted if it asked for that, else it ends with status 130. */
void process_interrupt(struct process *process);

/* Forgets an ended program. */
void process_forget(struct process *process);
uint64_t process_slot(const struct process *process, enum own_slot slot);
handle_t process_handle(const struct process *process, enum own_slot slot);

/* The slot has just got a capability with this tag. */
void process_handle_note(const struct process *process, enum own_slot slot, uint64_t tag);

/* The slots have changed in another way than by filling empty ones; not that of the untyped. */
void process_handles_forget(const struct process *process);
uint64_t process_cpu_ns(const struct process *process);

/* --- start.c: from a prepared record to a running program
 * ------------------------------------------- */

/* Starts it, or lets it wait for its module to be compiled. */
[[nodiscard]] status_t process_start_program(struct process *process);

/* Starts one that waited, on this code. */
[[nodiscard]] status_t process_start_compiled(
	struct process *process, const struct code_place *place);

enum file_kind {
	FILE_NATIVE,
	FILE_COMPILED, /* its code is at `code` */
	FILE_MODULE    /* to be compiled first */
};

/* The file of a program that was found. */
struct program_file {
	enum file_kind kind;
	const uint8_t *data; /* of a native one, all of it; valid until the next program is found */
	uint64_t size;
	struct code_place code;
	struct module_id module;
};

/* A map call of the memory service. */
[[nodiscard]] status_t process_map(const struct process *process, uint64_t address, uint64_t size,
	uint64_t flags, uint64_t object, uint64_t offset);

/* Regions of a program, which are mapped by one call. */
#define LAYOUT_REGIONS (MESSAGE_BYTES / sizeof(struct memory_region))
struct layout {
	size_t count;
	struct memory_region regions[LAYOUT_REGIONS];
};

/* Adds one; the size is rounded up to pages. There is room for LAYOUT_REGIONS. */
void layout_add(struct layout *layout, uint64_t address, uint64_t size, uint64_t flags,
	uint64_t object, uint64_t offset);

/* Adds an image at an address: its code executable, the rest read-only, shared by all who run it.
 */
void layout_add_code(struct layout *layout, const struct code_place *code, uint64_t address);

/* Maps them all and leaves the layout empty. The memory service's errors. */
[[nodiscard]] status_t layout_map(const struct process *process, struct layout *layout);

/* The absolute path: as given, or below the working directory. ERR_TOO_LONG, ERR_NOT_FOUND. */
[[nodiscard]] status_t program_path(
	const struct process *process, uint8_t path[MESSAGE_BYTES], size_t *size);

/* --- program_file.c: finding a program's file and telling what it is
 * -------------------------------------------- */

/* ERR_BAD_IMAGE: neither a module nor an ELF file; ERR_NOT_SUPPORTED: a compiled module that is not
 * in the bundle; ERR_TOO_LONG: too large; and what the vfs says. */
[[nodiscard]] status_t program_find(const struct process *process, struct program_file *file);

/* Any file with a module, by its absolute path: its code, or what to compile. */
[[nodiscard]] status_t program_find_module(
	const uint8_t *path, size_t size, struct program_file *file);

/* --- native.c: programs that are ELF files
 * ---------------------------------------------------------------------- */

/* Places the program in its address space. Trusts nothing in the file; what is wrong with it is in
 * the log. ERR_BAD_IMAGE, ERR_TOO_LONG, and what the memory service says. */
[[nodiscard]] status_t native_load(struct process *process, const struct program_file *file);

bool is_zero(const uint8_t *bytes, size_t size);

/* Memory in which an image is put together: IMAGE_MAX bytes. */
#define IMAGE_MAX 0xd0000u
extern uint8_t image_memory[IMAGE_MAX];

/* Parts of the blob. */
const uint8_t *blob_path(const struct process *process);
struct process_descriptor *blob_descriptors(struct process *process);

/* --- image.c: native programs of the system
 * ----------------------------------------------------------------------- */

/* Adds the at most IMAGE_SEGMENTS regions of one, which is loaded when it is first needed, and sets
 * where the program begins. */
[[nodiscard]] status_t image_add(
	struct process *process, enum image_number number, struct layout *layout);

/* --- code_cache.c: compiled code by the module's hash
 * ----------------------------------------------------------------------- */

/* Finds code for a module with this hash. */
bool code_cache_find(const uint8_t hash[CODE_HASH], struct code_place *place);

/* Finds code for a file whose contents were hashed already. */
bool code_cache_find_file(const struct module_id *id, struct code_place *place);
void code_cache_remember(const struct module_id *id, const uint8_t hash[CODE_HASH]);

/* Keeps sealed code, in place of what was not used for long. */
void code_cache_add(const uint8_t hash[CODE_HASH], const struct code_place *place);

/* Is the file of the bundle a compiled image? */
bool code_place_of_bundle(uint64_t offset, uint64_t size, struct code_place *place);

/* Are offsets and sizes such that it can be mapped? */
bool code_place_is_sound(const struct code_place *place);

/* --- compile.c: modules that are not compiled yet
 * ----------------------------------------------------------------------- */

/* Starts workers for programs that wait. */
void compile_next(void);

/* A worker is gone: who waits for it still will wait in vain. */
void compile_worker_ended(const struct process *worker);

/* A program that waited is gone. */
void compile_abandoned(const struct process *process);

[[nodiscard]] status_t module_load_handler(struct request *request);
[[nodiscard]] status_t job_read_handler(struct request *request);
[[nodiscard]] status_t job_hash_handler(struct request *request);
[[nodiscard]] status_t job_done_handler(struct request *request);
[[nodiscard]] status_t job_failed_handler(struct request *request);

/* --- channel.c: channels between programs
 * ----------------------------------------------------------------------- */

/* Gives `to` an end like that of `from`. ERR_INVALID_HANDLE, ERR_TOO_MANY. */
[[nodiscard]] status_t channel_share(
	struct process *from, uint64_t id, struct process *to, uint64_t *out);

/* A program is gone. */
void channels_release(struct process *process);

[[nodiscard]] status_t channel_create_handler(struct request *request);
[[nodiscard]] status_t channel_close_handler(struct request *request);
[[nodiscard]] status_t channel_connect_handler(struct request *request);
[[nodiscard]] status_t channel_buffer_handler(struct request *request);

/* --- session.c: the console's first program
 * ------------------------------------------------------------- */

/* Starts the shell, or with `cmd=` on the system's command line that line. */
void session_start(void);

/* The first program ended: starts it again, or ends the machine after a `cmd=`. */
void session_ended(uint64_t status);
