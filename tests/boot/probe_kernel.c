// SPDX-License-Identifier: MIT OR Apache-2.0
// Stands in for the kernel in the loaders' tests: checks everything that boot/handover.h promises,
// and ends the emulator with PASSED. Complaints go to the second serial port.
#include "abi/abi.h"

enum { EXIT_PORT = 0xf4, PASSED = 7, FAILED = 8, COM2 = 0x2f8 };
#define KERNEL_BASE UINT64_C(0xffffffff80000000)
#define PHYSMAP     UINT64_C(0xffff800000000000)
#define FRAME       UINT64_C(0x000ffffffffff000)
#define PRESENT     UINT64_C(1)
#define WRITE       UINT64_C(2)
#define LARGE       UINT64_C(0x80)
#define GLOBAL      UINT64_C(0x100)
#define NO_EXECUTE  (UINT64_C(1) << 63)
#define EFER        0xc0000080u
#define FLAGS_IF    UINT64_C(0x200)

void probe_entry(uint64_t info);
void __stack_chk_fail(void);
uintptr_t __stack_chk_guard = 0x1234567;

static const struct boot_info *info;
static uint64_t failures;
static const char *const relocated[] = {"relocated"};

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static void print(const char *text)
{
	for (; *text != '\0'; text++)
		out8(COM2, (uint8_t)*text);
}

static void end(uint32_t status)
{
	__asm__ volatile("outl %0, %1" ::"a"(status), "d"((uint16_t)EXIT_PORT));
	for (;;)
		__asm__ volatile("hlt");
}

void __stack_chk_fail(void)
{
	print("stack smashed\n");
	end(FAILED);
}

static void print_number(uint64_t value)
{
	if (value >= 10)
		print_number(value / 10);
	out8(COM2, (uint8_t)('0' + value % 10));
}

static void check(int good, const char *what)
{
	if (good)
		return;
	failures++;
	print("failed: ");
	print(what);
	print("\n");
}

static const void *at(uint64_t physical)
{
	return (const void *)(PHYSMAP + physical);
}

static int equal(const char *left, const char *right, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++) {
		if (left[i] != right[i])
			return 0;
	}
	return 1;
}

static int has_option(const char *option, uint64_t size)
{
	const char *line = at(info->command_line);
	for (uint64_t i = 0; i + size <= info->command_line_size; i++) {
		if (equal(line + i, option, size))
			return 1;
	}
	return 0;
}

#define OPTION(text) has_option(text, sizeof text - 1)

// --- registers --------------------------------------------------------------------------------

static void check_registers(void)
{
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t flags;
	uint32_t efer;
	uint32_t high;
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	__asm__ volatile("rdmsr" : "=a"(efer), "=d"(high) : "c"(EFER));
	check((cr0 >> 16 & 1) != 0, "CR0.WP");
	check((cr4 >> 7 & 1) != 0, "CR4.PGE");
	check((efer >> 11 & 1) != 0, "EFER.NXE");
	check((flags & FLAGS_IF) == 0, "interrupts are off");
	check(cr3 == info->page_table, "CR3 is the announced table");
}

// --- memory map -------------------------------------------------------------------------------

static uint32_t kind_at(uint64_t physical)
{
	const struct memory_range *map = at(info->memory_map);
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		if (physical >= map[i].base && physical - map[i].base < map[i].size)
			return map[i].kind;
	}
	return 0;
}

static int range_is(uint64_t base, uint64_t size, uint32_t kind)
{
	for (uint64_t done = 0; done < size; done += ABI_PAGE_SIZE) {
		if (kind_at(base + done) != kind)
			return 0;
	}
	return size > 0 && base % ABI_PAGE_SIZE == 0;
}

static void check_map_order(void)
{
	const struct memory_range *map = at(info->memory_map);
	uint64_t end = 0;
	uint64_t usable = 0;
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		check(map[i].base >= end && map[i].size > 0, "memory map in order");
		check((map[i].base | map[i].size) % ABI_PAGE_SIZE == 0, "memory map in pages");
		end = map[i].base + map[i].size;
		if (map[i].kind == MEMORY_KIND_USABLE)
			usable += map[i].size;
	}
	check(usable > (UINT64_C(8) << 20), "usable memory");
}

static void check_kinds(void)
{
	uint64_t stack = (uint64_t)__builtin_frame_address(0) - PHYSMAP;
	check(range_is(info->kernel_physical, info->kernel_size, MEMORY_KIND_KERNEL),
		"the image's kind");
	check(range_is(info->bundle, info->bundle_size, MEMORY_KIND_BUNDLE), "the bundle's kind");
	check(kind_at((uint64_t)info - PHYSMAP) == MEMORY_KIND_LOADER, "boot_info's kind");
	check(kind_at(info->command_line) == MEMORY_KIND_LOADER, "the command line's kind");
	check(kind_at(info->memory_map) == MEMORY_KIND_LOADER, "the memory map's kind");
	check(kind_at(stack) == MEMORY_KIND_LOADER, "the stack's kind");
}

// Touches the last usable byte: the physical map reaches all memory.
static void check_physmap_reaches(void)
{
	const struct memory_range *map = at(info->memory_map);
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		uint64_t last = map[i].base + map[i].size - 1;
		if (map[i].kind == MEMORY_KIND_USABLE)
			(void)*(const volatile uint8_t *)at(last);
	}
	check(info->physmap_size >= UINT64_C(4) << 30, "the physical map's size");
}

// --- page tables ------------------------------------------------------------------------------

static uint64_t low_pages;
static uint64_t kernel_pages;
static uint64_t physmap_bytes;

static uint64_t canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16);
}

static void check_leaf(uint64_t entry, uint64_t address, uint64_t size)
{
	int executable = !(entry & NO_EXECUTE);
	check(!(executable && entry & WRITE), "no page is writable and executable");
	if (address < UINT64_C(1) << 47) {
		low_pages += size / ABI_PAGE_SIZE;
		check(executable && !(entry & GLOBAL), "the low page only holds the jump");
		return;
	}
	check((entry & GLOBAL) != 0, "kernel pages are global");
	if (address >= KERNEL_BASE) {
		kernel_pages++;
		check((entry & FRAME) - info->kernel_physical == address - info->kernel_virtual,
			"the image is mapped in one piece");
		return;
	}
	physmap_bytes += size;
	check(!executable && entry & WRITE, "the physical map is data");
	check((entry & FRAME & ~(size - 1)) == address - PHYSMAP, "the physical map is linear");
}

static void walk(uint64_t table, unsigned shift, uint64_t address)
{
	const uint64_t *entries = at(table);
	check(kind_at(table) == MEMORY_KIND_KERNEL, "a page table's kind");
	for (uint64_t i = 0; i < 512; i++) {
		uint64_t below = canonical(address | i << shift);
		if (!(entries[i] & PRESENT))
			continue;
		if (shift == 12 || entries[i] & LARGE)
			check_leaf(entries[i], below, UINT64_C(1) << shift);
		else
			walk(entries[i] & FRAME, shift - 9, below);
	}
}

static void check_page_tables(void)
{
	walk(info->page_table, 39, 0);
	check(low_pages == 1, "one low page");
	check(kernel_pages == info->kernel_size / ABI_PAGE_SIZE, "every page of the image");
	check(physmap_bytes == info->physmap_size, "all of the physical map");
}

// --- the rest ---------------------------------------------------------------------------------

static void check_info(void)
{
	check(info->magic == BOOT_MAGIC, "magic");
	check(info->abi_hash == ABI_HASH, "interface hash");
	check(info->size == sizeof *info, "size");
	check(info->physmap == PHYSMAP, "physmap");
	check(info->loader == 1 || info->loader == 2, "loader");
	check(info->rsdp != 0, "ACPI");
	check(info->tsc_handover > info->tsc_entry, "time stamps");
	check(equal(relocated[0], "relocated", 10), "relocation");
	uint64_t end = info->command_line_size - 1;
	check(((const char *)at(info->command_line))[end] == '\0', "command line");
	check(OPTION("kaslr=off") == (info->kernel_virtual == KERNEL_BASE), "random address");
	check(OPTION("entropy=fixed") == (info->entropy_bits == 0), "entropy");
	check((info->entropy[0] | info->entropy[1]) != 0, "a seed");
}

// The first task (probe_init.c) begins its data with a mark, and its last segment ends in zeros.
static void check_root(void)
{
	int entry_found = 0;
	int mark_found = 0;
	check(info->root_segment_count >= 2, "segments of the first task");
	for (uint64_t i = 0; i < info->root_segment_count; i++) {
		const struct boot_segment *s = &info->root_segments[i];
		const char *data = at(s->physical);
		uint64_t forbidden = RIGHT_WRITE | RIGHT_EXECUTE;
		check(range_is(s->physical, s->size, MEMORY_KIND_BUNDLE), "a segment's kind");
		check((s->rights & forbidden) != forbidden, "a segment's rights");
		check(s->address + s->size <= ABI_USER_ADDRESS_END, "a segment's address");
		if (s->rights & RIGHT_EXECUTE && info->root_entry - s->address < s->size)
			entry_found = 1;
		for (uint64_t at_byte = 0; at_byte + 8 <= s->size; at_byte += 8)
			mark_found |= equal(data + at_byte, "ProbeMrk", 8);
	}
	check(entry_found, "the first task's entry");
	check(mark_found, "the first task's data");
}

void probe_entry(uint64_t physical)
{
	info = at(physical);
	check_info();
	check_registers();
	check_map_order();
	check_kinds();
	check_physmap_reaches();
	check_page_tables();
	check_root();
	print("boot.loader-to-kernel ");
	print_number(info->tsc_handover - info->tsc_entry);
	print(" ticks\n");
	print(failures == 0 ? "probe kernel: all promises kept\n" : "probe kernel: failed\n");
	end(failures == 0 ? PASSED : FAILED);
}
