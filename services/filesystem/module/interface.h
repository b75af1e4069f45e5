// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a WASM module with engines of files and its host say to each other. Both include this:
 * types have the same layout for 32-bit and 64-bit addresses; addresses are offsets in the module's
 * memory.
 *
 * The module exports
 *   describe(kind: i32) -> i32              1, and `engine` of the area; 0: there are no more
 *   open(kind, memory, size: i32) -> i32    file_engine.open; 0: the memory is too small
 *   call(method: i32, a, b, c: i64) -> i64  a method of what is open; texts and results in the area
 *   area() -> i32                           where its struct module_area is
 *   memory                                  of a fixed size; the first MODULE_OWN bytes are its own
 *   __heap_base: i32                        a global: where its own bytes end
 *
 * and imports from `engine` what is in module/host.c: struct engine_environment, the estate, the
 * end of a module that finds itself wrong. */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/file_engine.h>

#define MODULE_OWN       0x20000u /* bytes of memory for data and stack of the module */
#define MODULE_TEXT_MOST 512u

struct module_engine {
	uint64_t root;
	uint32_t has_aliases;
	uint32_t is_writable; /* what follows create() of struct file_engine is there */
	uint32_t has_link;
	uint32_t has_tidy;
	uint32_t has_access;
};

/* Numbers of a call's results are in the order of the arguments of struct file_engine. */
struct module_area {
	uint64_t numbers[4];
	uint32_t first_size;  /* a name */
	uint32_t second_size; /* another one, or a link's target; of answers: a link, a reason */
	uint8_t first[NAME_MOST + 1];
	uint8_t second[MODULE_TEXT_MOST];
	struct file_attributes attributes;
	struct filesystem_item item;
	struct module_engine engine;
};

/* Methods of struct file_engine; what is not said otherwise takes its numbers in a, b and c. */
enum module_method : uint32_t {
	MODULE_RESET, /* a: size, b: read only */
	MODULE_RESUME,
	MODULE_WORK,
	MODULE_IO_DONE,
	MODULE_IS_QUIET,
	MODULE_IS_IDLE,
	MODULE_IS_TIDY,
	MODULE_IS_READ_ONLY,
	MODULE_BLOCK_SIZE,
	MODULE_TROUBLE, /* 0: there is none; 1: it is the second text */
	MODULE_MOUNT,
	MODULE_UNMOUNT,
	MODULE_SPACE,
	MODULE_SYNC,
	MODULE_TIDY,
	MODULE_LOOKUP,
	MODULE_PARENT,
	MODULE_ATTRIBUTES,
	MODULE_NEXT,
	MODULE_READ_LINK, /* b: offset, c: bytes that are wanted */
	MODULE_RETAIN,
	MODULE_RELEASE,
	MODULE_CREATE, /* a: directory, b: type; first: name, second: target */
	MODULE_LINK,   /* a: node, b: directory; first: name */
	MODULE_REMOVE,
	MODULE_RENAME, /* a, b: directories; first, second: names */
	MODULE_SET_TIMES,
	MODULE_SET_ACCESS, /* b: mode, c: group << 32 | owner */
	MODULE_SET_SIZE,
	MODULE_RESERVE,
	MODULE_MAP,
	MODULE_MAP_WRITE,
	MODULE_WRITTEN,
};
