// SPDX-License-Identifier: MIT OR Apache-2.0
// From a bundle in memory to the kernel's first instruction; the same for all ways of booting.
//
// At the kernel's entry: 64-bit mode, interrupts off, rdi = physical address of struct boot_info,
// rsp = a temporary stack in the physical map, as after a call from address 0. Mapped are the
// kernel's image (W^X, global, 4 KiB pages), all RAM and the first 4 GiB at BOOT_PHYSMAP (writable,
// never executable, global), and one page at its own address below 256 top-level entries, which
// holds the code that jumped: clear those entries. CR0.WP, EFER.NXE and CR4.PGE are set. GDT and
// IDT are not mapped any more: load your own before touching a segment register.
//
// In the memory map, kind `kernel` is the image and the page tables, to be kept for ever; `bundle`
// is the bundle and the first task's segments, which become frames; `loader` holds boot_info,
// memory map, command line, stack and the jumping code, free once the kernel needs none of them.
#pragma once

#include "boot/entropy.h"
#include "boot/options.h"
#include "boot/ranges.h"

#define BOOT_PHYSMAP      UINT64_C(0xffff800000000000)
#define BOOT_KERNEL_BASE  UINT64_C(0xffffffff80000000)
#define BOOT_KERNEL_SPACE (UINT64_C(1) << 30) // where the kernel's image may lie
#define BOOT_STACK_SIZE   UINT64_C(0x4000)
#define BOOT_RANGES_SIZE  UINT64_C(0x4000)

// Filled by the platform before handover_prepare().
struct handover {
	const char *command_line; // zero-terminated
	const void *bundle;       // page-aligned, at its physical address
	uint64_t bundle_size;     // of the memory it came in
	uint64_t loader;          // boot_info.loader
	uint64_t rsdp;
	uint64_t tsc_entry;
	struct entropy entropy; // begun and mixed
	struct boot_framebuffer framebuffer;

	struct options options; // from here on handover_prepare()'s
	struct ranges map;      // empty; the platform fills it after handover_prepare()
	struct boot_info *info;
	uint64_t kernel_entry;
	uint64_t trampoline; // the page with the code that jumps
};

// Verifies and loads everything, builds page tables and boot_info. Afterwards the platform fills
// `map` and calls handover_enter(), which cannot fail.
[[nodiscard]] status_t handover_prepare(struct handover *handover, struct report *report);

// Enters the kernel. Interrupts are off, and nothing else uses the machine.
[[noreturn]] void handover_enter(struct handover *handover);

// Prints a failure in full.
void handover_complain(const struct report *report);
