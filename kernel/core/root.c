// SPDX-License-Identifier: MIT OR Apache-2.0
/* The first task: its CNode, space, thread and context, and capabilities for all memory, ports,
 * interrupts and the bundle. See struct root_info in abi/structs.toml. */
#include <arch/cpu_init.h>
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/boot_memory.h>
#include <kernel/crash.h>
#include <kernel/object.h>
#include <kernel/root.h>
#include <kernel/sched.h>
#include <kernel/space.h>
#include <kernel/thread.h>
#include <kernel/time.h>

#define ROOT_RADIX      12u
#define ROOT_TABLES     48u
#define ROOT_PRIORITY   200u
#define ROOT_SLICE_NS   10000000u
#define INFO_ORDER      14u
#define UNTYPED_MAX     256u
#define ECAM_ALIGNMENT  0x100000u     /* a bus */
#define DEVICE_HOLE_END 0xfec00000ull /* I/O APIC, HPET and local APICs stay with the kernel */

_Static_assert(sizeof(struct root_info) <= 1u << INFO_ORDER, "root_info fits");

struct root {
	struct cnode *cnode;
	struct address_space *space;
	struct thread *thread;
	struct root_info *info;
	uint32_t next; /* slot */
};

static uint32_t object_size(uint64_t type, uint64_t size)
{
	return object_order(type, size);
}

static void *make_object(uint64_t type, uint64_t size)
{
	void *memory = boot_allocate(object_size(type, size));

	object_init(type, size, memory);
	return memory;
}

static handle_t add(struct root *root, uint32_t type, uint64_t object, uint32_t rights)
{
	uint32_t index = root->next++;
	struct slot *slot = &root->cnode->container.slots[index];

	if (index > root->cnode->mask)
		panic("the first task's table is full", NULL);
	slot_fill(slot, type, object, rights);
	return slot->tag << ABI_HANDLE_PATH_BITS | index;
}

static uint64_t frame_object(uint64_t physical, uint32_t order, uint64_t flags)
{
	return (uint64_t)(uintptr_t)virtual_of(physical) | order | flags;
}

static void map(
	struct root *root, uint64_t address, uint64_t physical, uint64_t size, uint64_t rights)
{
	arch_map(root->space, address, physical, (size + PAGE_SIZE - 1) >> PAGE_SHIFT, rights);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void add_untyped(struct root *root, uint64_t physical, uint32_t order, bool device)
{
	struct root_info *info = root->info;
	struct slot *slot;
	handle_t handle;

	if (info->untyped_count == UNTYPED_MAX)
		return;
	handle = add(root, OBJECT_UNTYPED, frame_object(physical, order, device ? SLOT_DEVICE : 0),
		RIGHT_ALL);
	slot = &root->cnode->container.slots[root->next - 1];
	slot->link_a = device ? 0 : slot_size(slot); /* holds old contents */
	info->untyped[info->untyped_count++] = (struct root_untyped){
		.physical = physical,
		.handle = handle,
		.order = order,
		.device = device ? 1 : 0,
	};
}

static void add_memory(struct root *root)
{
	uint64_t physical;
	uint32_t order;

	while (boot_memory_next(&physical, &order))
		add_untyped(root, physical, order, false);
}

static void add_devices(struct root *root, uint64_t start, uint64_t end)
{
	while (start < end) {
		uint32_t order = (uint32_t)__builtin_ctzll(start);

		while (((uint64_t)1 << order) > end - start)
			order--;
		add_untyped(root, start, order, true);
		start += (uint64_t)1 << order;
	}
}

/* All of it but the registers of IOMMUs. */
static void add_device_memory(struct root *root, uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t kept = arch_iommu_next_registers(start, end);

		add_devices(root, start, kept);
		start = kept + PAGE_SIZE;
	}
}

/* Device memory between the end of RAM below 4 GiB and the interrupt controllers. */
static uint64_t find_devices(const struct boot_info *boot)
{
	const struct memory_range *ranges = virtual_of(boot->memory_map);
	uint64_t start = 0;

	for (uint64_t i = 0; i < boot->memory_map_count; i++) {
		uint64_t end = ranges[i].base + ranges[i].size;

		if (end <= DEVICE_HOLE_END && end > start)
			start = end;
	}
	start = (start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	return start != 0 ? start : DEVICE_HOLE_END;
}

/* Whether there is nothing else at this place, as far as the loader knows. */
static bool is_reserved(const struct boot_info *boot, uint64_t start, uint64_t end)
{
	const struct memory_range *ranges = virtual_of(boot->memory_map);

	for (uint64_t i = 0; i < boot->memory_map_count; i++) {
		if (ranges[i].kind != MEMORY_KIND_RESERVED &&
			ranges[i].kind != MEMORY_KIND_DEVICE && ranges[i].base < end &&
			start < ranges[i].base + ranges[i].size)
			return false;
	}
	return true;
}

/* Configuration space, unless it is where it cannot be; a part of the devices' memory is given
 * once. */
static void add_ecam(struct root *root, const struct boot_info *boot, uint64_t devices,
	uint64_t ecam, uint64_t size)
{
	if (ecam == 0 || ecam % ECAM_ALIGNMENT != 0 || size == 0 || ecam >= DEVICE_HOLE_END ||
		size > DEVICE_HOLE_END - ecam || !is_reserved(boot, ecam, ecam + size))
		return;
	root->info->ecam = ecam;
	root->info->ecam_size = size;
	add_device_memory(root, ecam, ecam + size < devices ? ecam + size : devices);
}

static void add_bundle(struct root *root, const struct boot_info *boot)
{
	uint64_t physical = boot->bundle;
	uint64_t left = (boot->bundle_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

	root->info->bundle_first_index = root->next;
	root->info->bundle_size = boot->bundle_size;
	while (left > 0) {
		uint32_t order = (uint32_t)__builtin_ctzll(physical);

		while (((uint64_t)1 << order) > left)
			order--;
		(void)add(root, OBJECT_FRAME, frame_object(physical, order, 0),
			RIGHT_READ | RIGHT_EXECUTE);
		physical += (uint64_t)1 << order;
		left -= (uint64_t)1 << order;
		root->info->bundle_frame_count++;
	}
	map(root, ROOT_BUNDLE_ADDRESS, boot->bundle, boot->bundle_size, RIGHT_READ);
}

/* --- objects ---------------------------------------------------------------------------------- */

static void make_space(struct root *root, const struct boot_info *boot)
{
	root->space = make_object(OBJECT_ADDRESS_SPACE, 0);
	for (uint32_t i = 0; i < ROOT_TABLES; i++)
		space_pool_return(root->space, physical_of(boot_allocate(PAGE_SHIFT)));
	for (uint64_t i = 0; i < boot->root_segment_count; i++) {
		const struct boot_segment *segment = &boot->root_segments[i];

		map(root, segment->address, segment->physical, segment->size, segment->rights);
	}
}

static uint64_t map_new(struct root *root, uint64_t address, uint64_t size, uint64_t rights)
{
	for (uint64_t done = 0; done < size; done += PAGE_SIZE)
		map(root, address + done, physical_of(boot_allocate(PAGE_SHIFT)), PAGE_SIZE,
			rights);
	return address;
}

static void make_message_page(struct root *root)
{
	void *page = boot_allocate(PAGE_SHIFT);

	map(root, ROOT_MESSAGE_ADDRESS, physical_of(page), PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
	root->thread->message = page;
}

static void make_thread(struct root *root, const struct boot_info *boot)
{
	struct thread *thread = make_object(OBJECT_THREAD, 0);
	struct sched_context *sc = make_object(OBJECT_SCHED_CONTEXT, 0);
	status_t status = sched_context_configure(sc, 0, ROOT_SLICE_NS, 0, 0);

	KERNEL_ASSERT(status == OK);
	root->thread = thread;
	thread_set_cspace(thread, root->cnode);
	thread->space = root->space;
	thread->home = sc;
	thread->sc = sc;
	sc->owner = thread;
	sc->holder = thread;
	thread->base_priority = ROOT_PRIORITY;
	thread->priority = ROOT_PRIORITY;
	thread->maximum_priority = ABI_PRIORITIES - 1;
	map_new(root, ROOT_STACK_TOP - ROOT_STACK_SIZE, ROOT_STACK_SIZE, RIGHT_READ | RIGHT_WRITE);
	arch_frame_enter(&thread->frame, boot->root_entry, ROOT_STACK_TOP);
	thread->frame.args[0] = ROOT_INFO_ADDRESS;
	make_message_page(root);
}

static struct time_page *make_time_page(struct root *root)
{
	struct time_page *page = boot_allocate(PAGE_SHIFT);

	page->tsc_base = clock.base;
	page->multiplier = clock.multiplier;
	page->shift = CLOCK_SHIFT;
	page->tsc_hz = clock.hz;
	root->info->time_frame =
		add(root, OBJECT_FRAME, frame_object(physical_of(page), PAGE_SHIFT, 0), RIGHT_READ);
	return page;
}

static void fill_info(struct root *root, const struct boot_info *boot)
{
	struct root_info *info = root->info;
	const char *line = virtual_of(boot->command_line);
	uint64_t size = boot->command_line_size;

	info->magic = ROOT_MAGIC;
	info->abi_hash = ABI_HASH;
	info->cnode_slots = root->cnode->mask + 1;
	info->cpu_count = cpu_count;
	info->tsc_hz = clock.hz;
	info->tsc_entry = boot->tsc_entry;
	info->tsc_handover = boot->tsc_handover;
	info->rsdp = boot->rsdp;
	info->framebuffer = boot->framebuffer;
	for (uint32_t i = 0; i < 4; i++)
		info->entropy[i] =
			boot->entropy[i] * 0x9e3779b97f4a7c15ull ^ boot->entropy[3 - i] >> 7;
	if (size > sizeof(info->command_line))
		size = sizeof(info->command_line);
	memcpy(info->command_line, line, size);
	if (size > 0)
		info->command_line[size - 1] = 0;
	info->command_line_size = size;
}

static void add_capabilities(struct root *root)
{
	struct root_info *info = root->info;
	uint64_t size;

	root->next = CNODE_RESERVED;
	info->cnode = add(root, OBJECT_CNODE, (uint64_t)(uintptr_t)root->cnode, RIGHT_ALL);
	info->space = add(root, OBJECT_ADDRESS_SPACE, (uint64_t)(uintptr_t)root->space, RIGHT_ALL);
	info->thread = add(root, OBJECT_THREAD, (uint64_t)(uintptr_t)root->thread, RIGHT_ALL);
	info->sched_context =
		add(root, OBJECT_SCHED_CONTEXT, (uint64_t)(uintptr_t)root->thread->home, RIGHT_ALL);
	info->irq_control = add(root, OBJECT_IRQ_CONTROL, 0, RIGHT_ALL);
	info->io_port = add(root, OBJECT_IO_PORT, (uint64_t)0x10000 << 16, RIGHT_ALL);
	info->platform = add(root, OBJECT_PLATFORM, 0, RIGHT_ALL);
	if (arch_iommu_table(&size) != NULL)
		info->iommu = add(root, OBJECT_IOMMU, 0, RIGHT_ALL);
}

void root_start(const struct boot_info *boot, uint64_t ecam, uint64_t ecam_size)
{
	struct root root = {0};
	uint64_t devices;

	root.cnode = make_object(OBJECT_CNODE, ROOT_RADIX);
	root.info = boot_allocate(INFO_ORDER);
	make_space(&root, boot);
	make_thread(&root, boot);
	fill_info(&root, boot);
	add_capabilities(&root);
	make_time_page(&root);
	add_bundle(&root, boot);
	root.info->memory_total = boot_memory_total();
	root.info->memory_kernel = boot_memory_taken() + boot->kernel_size;
	add_memory(&root);
	devices = find_devices(boot);
	add_device_memory(&root, devices, DEVICE_HOLE_END);
	add_ecam(&root, boot, devices, ecam, ecam_size);
	root.info->first_free_index = root.next;
	map(&root, ROOT_INFO_ADDRESS, physical_of(root.info), sizeof(*root.info), RIGHT_READ);
	root.info->tsc_kernel = arch_timestamp();
	thread_make_ready(root.thread);
}
