// SPDX-License-Identifier: MIT OR Apache-2.0
// All that the runtime asks of an operating system, and the one call that the OS makes back.
// Backends: wasm/platform/host (Linux); Craton's lives with its user-space libraries.
#ifndef WASM_PLATFORM_H
#define WASM_PLATFORM_H

#include "wasm/allocator.h"
#include "wasm/image.h"
#include "wasm/status.h"

// Every linear memory with 32-bit addresses reserves this much address space (bytes): 4 GiB for the
// index, 4 GiB for the static offset, and a guard for the widest access. Only committed parts are
// accessible; every access to the rest must fault and reach wasm_runtime_handle_fault.
constexpr uint64_t WASM_MEMORY_RESERVATION = (UINT64_C(8) << 30) + 65536;

// A part of an image of memory; the rest is zero.
struct wasm_memory_piece {
	uint64_t at;
	const void *bytes;
	uint64_t size;
};

// Each function returns WASM_OK or WASM_PLATFORM / WASM_NO_MEMORY, and on failure changes nothing.
// Calls come only from the thread that uses the store; for shared memories from each thread that
// uses them.
struct wasm_platform {
	void *self;
	struct wasm_allocator allocator;
	// Images are as the compiler wrote them, which whoever gives them has made sure of: only
	// their headers are checked.
	bool trusts_images;

	// Reserves `size` bytes (multiple of 64 KiB) of inaccessible address space, page aligned.
	enum wasm_status (*reserve)(void *self, uint64_t size, void **base);
	// Makes [address, address + size) of a reservation readable and writable. It reads as zero
	// at first; pages may be supplied lazily. Multiples of 64 KiB.
	enum wasm_status (*commit)(void *self, void *address, uint64_t size);
	// Gives a whole reservation back.
	void (*release)(void *self, void *base, uint64_t size);

	// Images that memories start as copies of, page by page when they are written to. All four
	// or none: without them (image_create is null) each instance's data is copied. Any thread
	// may call them. `size`: a multiple of 4 KiB behind the last piece. Later pieces overwrite
	// earlier ones.
	enum wasm_status (*image_create)(void *self, const struct wasm_memory_piece *pieces,
		size_t count, uint64_t size, void **image);
	void (*image_destroy)(void *self, void *image); // no reservation has it
	// Instead of commit: [address, address + size) of a reservation is a copy of the image, and
	// zero behind its end. Multiples of 64 KiB, as are those of image_reset.
	enum wasm_status (*image_map)(void *self, void *image, void *address, uint64_t size);
	// Undoes all that was done since image_map with the same `size`;
	// what was committed behind them, up to `committed` bytes in all, is inaccessible.
	enum wasm_status (*image_reset)(
		void *self, void *address, uint64_t size, uint64_t committed);

	// Gives the address at which the image's code section can be executed (page aligned, not
	// writable), valid until unmap_code. Where the image is already mapped with its code
	// executable, this just returns that address. `image` stays borrowed in between.
	enum wasm_status (*map_code)(void *self, const struct wasm_image *image, const void **code);
	void (*unmap_code)(void *self, const struct wasm_image *image, const void *code);

	// What memory.atomic.wait needs, and the locks of shared memories. Any thread may call
	// these three; `wake` also a signal handler.
	uint64_t (*clock)(void *self); // ns, never goes back
	// Sleeps if `*word` is `value`, until a wake, the deadline of that clock (UINT64_MAX: none)
	// or for no reason. False: the deadline has passed.
	bool (*wait)(void *self, const uint32_t *word, uint32_t value, uint64_t deadline);
	void (*wake)(void *self, const uint32_t *word, uint32_t count);

	// The lowest address of the calling thread's stack that compiled code may reach. The
	// backend leaves what its host functions and fault delivery need below it (64 KiB is
	// plenty).
	uintptr_t (*stack_limit)(void *self);
};

enum wasm_fault_kind : uint32_t {
	WASM_FAULT_ACCESS,      // page fault or general protection fault
	WASM_FAULT_INSTRUCTION, // invalid opcode (ud2)
};

// The interrupted state. `resume_*` are outputs: the registers to change before resuming; all other
// registers may keep any value. The direction flag must be clear on resumption (ABI).
struct wasm_fault {
	enum wasm_fault_kind kind;
	uint32_t reserved;
	uint64_t pc;      // rip of the faulting instruction
	uint64_t address; // fault address (cr2) of WASM_FAULT_ACCESS
	uint64_t sp;      // rsp
	uint64_t context; // r15
	uint64_t frame;   // rbp
	uint64_t resume_pc;
	uint64_t resume_sp;
	uint64_t resume_argument; // goes to rdi
};

// The OS's fault hook calls this on the faulting thread (Linux: a signal handler on another stack;
// Craton: the fault upcall). True: the fault is a trap of compiled code; set rip, rsp and rdi from
// `resume_*` and resume. False: it is not the engine's; the fault stands. Async-signal-safe: takes
// no locks and does not allocate.
bool wasm_runtime_handle_fault(struct wasm_fault *fault);

#endif
