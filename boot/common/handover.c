// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot/handover.h"

#include "boot/bundle.h"
#include "boot/cpu.h"
#include "boot/elf.h"
#include "boot/paging.h"
#include "boot/platform.h"

#include <string.h>

#define GIB               UINT64_C(0x40000000)
#define MIB_2             UINT64_C(0x200000)
#define DEVICE_END        (4 * GIB) // below it devices hide between the memory
#define ROOT_RANDOM_LOW   UINT64_C(0x100000000000)
#define ROOT_RANDOM_SPACE UINT64_C(0x400000000000)
#define ROOT_FIXED_LOW    UINT64_C(0x400000)
#define ROOT_FIXED_END    UINT64_C(0x40000000)

// A program of the bundle, copied to memory.
struct loaded {
	struct elf_image image;
	uint64_t physical;
	uint64_t address; // of the image's first byte
};

extern const char handover_trampoline[];
extern const char handover_trampoline_end[];

static void *at_physical(uint64_t address)
{
	return (void *)address;
}

static status_t no_memory(struct report *report)
{
	return report_failure(report, ERR_NO_MEMORY, "There is not enough memory.", ADVICE_MEMORY);
}

// A multiple of a page in [0, space - size], the same for the same seed and purpose.
static uint64_t random_offset(
	const struct handover *handover, const char *purpose, uint64_t space, uint64_t size)
{
	uint64_t random[4];
	if (!handover->options.relocate)
		return 0;
	entropy_derive(&handover->entropy, purpose, random);
	return random[0] % ((space - size) / ABI_PAGE_SIZE + 1) * ABI_PAGE_SIZE;
}

// --- programs ---------------------------------------------------------------------------------

static status_t parse_program(const struct bundle *bundle, const char *name,
	struct elf_image *image, struct report *report)
{
	struct bundle_file file;
	report->subject = name;
	if (bundle_find(bundle, name, &file) != OK)
		return report_failure(
			report, ERR_NOT_FOUND, "The bundle lacks this file.", ADVICE_BUNDLE);
	return elf_parse(image, file.data, file.size, report);
}

// `loaded->address` says where the program will see itself.
static status_t place_program(struct loaded *loaded, uint32_t kind, struct report *report)
{
	if (platform_allocate(loaded->image.size, kind, &loaded->physical) != OK)
		return no_memory(report);
	return elf_place(&loaded->image, at_physical(loaded->physical),
		loaded->address - loaded->image.low, report);
}

static status_t load_kernel(const struct handover *handover, const struct bundle *bundle,
	struct loaded *kernel, struct report *report)
{
	struct elf_image *image = &kernel->image;
	status_t status = parse_program(bundle, "kernel", image, report);
	if (status != OK)
		return status;
	if (!image->relocatable || image->low != BOOT_KERNEL_BASE ||
		image->size > BOOT_KERNEL_SPACE)
		return report_failure(report, ERR_BAD_IMAGE,
			"The kernel is not linked for -2 GiB as a static PIE.", ADVICE_ALIKE);
	kernel->address = BOOT_KERNEL_BASE +
			  random_offset(handover, "kernel", BOOT_KERNEL_SPACE, image->size);
	return place_program(kernel, MEMORY_KIND_KERNEL, report);
}

static bool is_fixed_place_allowed(const struct elf_image *image)
{
	return image->low >= ROOT_FIXED_LOW && image->low < ROOT_FIXED_END &&
	       image->size <= ROOT_FIXED_END - image->low;
}

static status_t load_root(const struct handover *handover, const struct bundle *bundle,
	struct loaded *root, struct report *report)
{
	struct elf_image *image = &root->image;
	status_t status = parse_program(bundle, "init", image, report);
	if (status != OK)
		return status;
	if (image->relocatable ? image->size > ROOT_RANDOM_SPACE : !is_fixed_place_allowed(image))
		return report_failure(report, ERR_BAD_IMAGE,
			"The first task's addresses are not where it may be.", ADVICE_ALIKE);
	root->address = image->low;
	if (image->relocatable)
		root->address = ROOT_RANDOM_LOW +
				random_offset(handover, "root", ROOT_RANDOM_SPACE, image->size);
	return place_program(root, MEMORY_KIND_BUNDLE, report);
}

static void describe_root(struct boot_info *info, const struct loaded *root)
{
	const struct elf_image *image = &root->image;
	info->root_entry = image->entry - image->low + root->address;
	info->root_segment_count = image->segment_count;
	for (uint64_t i = 0; i < image->segment_count; i++) {
		uint64_t offset = image->segments[i].address - image->low;
		info->root_segments[i] = (struct boot_segment){.physical = root->physical + offset,
			.address = root->address + offset,
			.size = image->segments[i].size,
			.rights = image->segments[i].rights};
	}
}

// --- page tables ------------------------------------------------------------------------------

static uint64_t physmap_size(void)
{
	uint64_t end = platform_memory_end();
	if (end < DEVICE_END)
		return DEVICE_END;
	return (end + GIB - 1) & ~(GIB - 1);
}

static enum page_level physmap_level(void)
{
	return cpu_has_huge_pages() ? PAGE_1G : PAGE_2M;
}

// The first 4 GiB get 2 MiB pages: there a larger one would span memory and devices.
static status_t map_physical(struct page_builder *builder, uint64_t size)
{
	constexpr uint64_t flags = PAGE_WRITE | PAGE_GLOBAL | PAGE_NO_EXECUTE;
	status_t status = page_map(builder, BOOT_PHYSMAP, 0, DEVICE_END, flags, PAGE_2M);
	if (status != OK)
		return status;
	return page_map(builder, BOOT_PHYSMAP + DEVICE_END, DEVICE_END, size - DEVICE_END, flags,
		physmap_level());
}

static uint64_t page_flags(uint64_t rights)
{
	return PAGE_GLOBAL | (rights & RIGHT_WRITE ? PAGE_WRITE : 0) |
	       (rights & RIGHT_EXECUTE ? 0 : PAGE_NO_EXECUTE);
}

static status_t map_kernel(struct page_builder *builder, const struct loaded *kernel)
{
	const struct elf_image *image = &kernel->image;
	for (uint64_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		uint64_t offset = segment->address - image->low;
		status_t status =
			page_map(builder, kernel->address + offset, kernel->physical + offset,
				segment->size, page_flags(segment->rights), PAGE_4K);
		if (status != OK)
			return status;
	}
	return OK;
}

static uint64_t tables_size(const struct loaded *kernel, uint64_t memory)
{
	uint64_t tables = 1 + page_tables_needed(BOOT_PHYSMAP, DEVICE_END, PAGE_2M);
	if (memory > DEVICE_END)
		tables += page_tables_needed(
			BOOT_PHYSMAP + DEVICE_END, memory - DEVICE_END, physmap_level());
	tables += page_tables_needed(kernel->address, kernel->image.size, PAGE_4K);
	tables += page_tables_needed(0, ABI_PAGE_SIZE, PAGE_4K);
	return tables * ABI_PAGE_SIZE;
}

static status_t build_tables(
	struct handover *handover, const struct loaded *kernel, struct report *report)
{
	struct boot_info *info = handover->info;
	struct page_builder builder;
	uint64_t size = tables_size(kernel, info->physmap_size);
	uint64_t pool;
	if (platform_allocate(size, MEMORY_KIND_KERNEL, &pool) != OK)
		return no_memory(report);
	page_builder_begin(&builder, pool, size);
	info->page_table = (uint64_t)builder.root;
	if (map_physical(&builder, info->physmap_size) != OK ||
		map_kernel(&builder, kernel) != OK ||
		page_map(&builder, handover->trampoline, handover->trampoline, ABI_PAGE_SIZE, 0,
			PAGE_4K) != OK)
		return no_memory(report);
	return OK;
}

// --- boot_info --------------------------------------------------------------------------------

static uint64_t page_round_up(uint64_t value)
{
	return (value + ABI_PAGE_SIZE - 1) & ~(uint64_t)(ABI_PAGE_SIZE - 1);
}

// boot_info, command line, memory map and stack lie in one allocation, in this order.
static status_t allocate_info(struct handover *handover, struct report *report)
{
	uint64_t line_size = strlen(handover->command_line) + 1;
	uint64_t line = page_round_up(sizeof(struct boot_info));
	uint64_t map = line + page_round_up(line_size);
	uint64_t base;
	if (platform_allocate(
		    map + BOOT_RANGES_SIZE + BOOT_STACK_SIZE, MEMORY_KIND_LOADER, &base) != OK ||
		platform_allocate_code(&handover->trampoline) != OK)
		return no_memory(report);
	handover->info = at_physical(base);
	handover->info->command_line = base + line;
	handover->info->command_line_size = line_size;
	memcpy(at_physical(base + line), handover->command_line, line_size);
	handover->info->memory_map = base + map;
	handover->map = (struct ranges){.items = at_physical(base + map),
		.capacity = BOOT_RANGES_SIZE / sizeof(struct memory_range)};
	return OK;
}

static void fill_info(
	const struct handover *handover, const struct bundle *bundle, const struct loaded *kernel)
{
	struct boot_info *info = handover->info;
	info->magic = BOOT_MAGIC;
	info->abi_hash = ABI_HASH;
	info->size = sizeof *info;
	info->loader = handover->loader;
	info->physmap = BOOT_PHYSMAP;
	info->physmap_size = physmap_size();
	info->kernel_virtual = kernel->address;
	info->kernel_physical = kernel->physical;
	info->kernel_size = kernel->image.size;
	info->bundle = (uint64_t)bundle->base;
	info->bundle_size = bundle->size;
	info->rsdp = handover->rsdp;
	info->tsc_entry = handover->tsc_entry;
	info->entropy_bits = handover->entropy.bits;
	entropy_derive(&handover->entropy, "kernel's seed", info->entropy);
	info->framebuffer = handover->framebuffer;
}

// --- all together -----------------------------------------------------------------------------

static status_t check_machine(struct report *report)
{
	static const char advice[] = "Use a newer processor or another machine type.";
	report->subject = "processor";
	if (!cpu_has_no_execute())
		return report_failure(report, ERR_NOT_SUPPORTED,
			"It has no protection against execution (NX).", advice);
	if (cpu_read_cr4() & CR4_LA57)
		return report_failure(report, ERR_NOT_SUPPORTED,
			"The firmware started it with five levels of page tables.",
			"Switch them off in the firmware's settings.");
	return OK;
}

static status_t check_options(struct handover *handover, struct report *report)
{
	status_t status = options_parse(&handover->options, handover->command_line, report);
	if (status == OK && handover->options.help) {
		options_explain(platform_print);
		return report_failure(report, ERR_CANCELLED, "The list was asked for.",
			"Boot again without this option.");
	}
	if (handover->options.fixed_entropy)
		entropy_begin_fixed(&handover->entropy);
	return status;
}

static status_t check_bundle(
	const struct handover *handover, struct bundle *bundle, struct report *report)
{
	status_t status = bundle_open(bundle, handover->bundle, handover->bundle_size, report);
	if (status != OK)
		return status;
	return bundle_check(bundle, handover->options.check_all, report);
}

status_t handover_prepare(struct handover *handover, struct report *report)
{
	struct bundle bundle;
	struct loaded kernel;
	struct loaded root;
	status_t status = check_machine(report);
	if (status == OK)
		status = check_options(handover, report);
	if (status == OK)
		status = check_bundle(handover, &bundle, report);
	if (status == OK)
		status = load_kernel(handover, &bundle, &kernel, report);
	if (status == OK)
		status = load_root(handover, &bundle, &root, report);
	if (status == OK)
		status = allocate_info(handover, report);
	if (status != OK)
		return status;
	fill_info(handover, &bundle, &kernel);
	describe_root(handover->info, &root);
	handover->kernel_entry = kernel.image.entry - kernel.image.low + kernel.address;
	return build_tables(handover, &kernel, report);
}

void handover_enter(struct handover *handover)
{
	typedef void __attribute__((sysv_abi)) jump(
		uint64_t info, uint64_t page_table, uint64_t stack, uint64_t entry);
	struct boot_info *info = handover->info;
	uint64_t size = (uint64_t)(handover_trampoline_end - handover_trampoline);
	memcpy(at_physical(handover->trampoline), handover_trampoline, size);
	info->memory_map_count = handover->map.count;
	cpu_enable_no_execute();
	info->tsc_handover = cpu_time_stamp();
	// As after a call from address 0, so that the entry may be a C function.
	uint64_t stack = BOOT_PHYSMAP + info->memory_map + BOOT_RANGES_SIZE + BOOT_STACK_SIZE - 8;
	((jump *)handover->trampoline)(
		(uint64_t)info, info->page_table, stack, handover->kernel_entry);
	cpu_halt();
}

void handover_complain(const struct report *report)
{
	platform_print("Craton cannot start: ");
	if (report->subject) {
		for (const char *c = report->subject; *c != '\0' && *c != ' '; c++)
			platform_print((const char[]){*c, '\0'});
		platform_print(": ");
	}
	platform_print(report->what);
	platform_print("\n");
	platform_print(report->advice);
	platform_print("\n");
}
