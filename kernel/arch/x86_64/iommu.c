// SPDX-License-Identifier: MIT OR Apache-2.0
/* IOMMUs: see iommu.h. Section numbers are those of VT-d 3.3. */
#include <arch/asm.h>
#include <arch/clock.h>
#include <arch/cpu_init.h>
#include <arch/iommu.h>
#include <arch/machine.h>
#include <arch/mmio.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/cpu.h>
#include <kernel/crash.h>
#include <kernel/irq.h>

#define UNITS   8u
#define DOMAINS 64u /* bits in masks; 0: none */

/* The DMAR table (8.1, 8.3). */
#define TABLE_HEADER  48u
#define ENTRY_IOMMU   0u
#define IOMMU_SIZE    16u
#define REGISTERS_END 0xffffffffull /* the map of memory reaches all below */

/* Registers (11.4). */
enum {
	REG_CAPABILITY = 0x08,
	REG_EXTENDED = 0x10,
	REG_COMMAND = 0x18,
	REG_STATUS = 0x1c,
	REG_ROOT = 0x20,
	REG_FAULT_STATUS = 0x34,
	REG_FAULT_CONTROL = 0x38,
	REG_FAULT_DATA = 0x3c,
	REG_FAULT_ADDRESS = 0x40,
	REG_PROTECTED = 0x64,
	REG_QUEUE_TAIL = 0x88,
	REG_QUEUE = 0x90,
};

#define CAPABILITY_WRITE_FLUSH ((uint64_t)1 << 4)
#define CAPABILITY_PROTECTED   ((uint64_t)3 << 5)
#define CAPABILITY_CACHING     ((uint64_t)1 << 7) /* also entries that are not present */
#define EXTENDED_QUEUE         ((uint64_t)1 << 1)
#define LEVELS_3               ((uint64_t)1 << 9)
#define LEVELS_4               ((uint64_t)1 << 10)

#define COMMAND_TRANSLATE ((uint32_t)1 << 31)
#define COMMAND_ROOT      ((uint32_t)1 << 30)
#define COMMAND_QUEUE     ((uint32_t)1 << 26)
#define COMMAND_KEPT      0x96ffffffu /* bits of the status that a command repeats */
#define FAULT_MASKED      ((uint32_t)1 << 31)
#define FAULT_OVERFLOW    1u
#define FAULT_THERE       ((uint64_t)1 << 63) /* of a record's second word */
#define FAULT_READ        ((uint64_t)1 << 62)
#define FAULT_CLEAR       ((uint32_t)1 << 31)

/* Requests in the queue (6.5.2). */
#define QUEUE_ENTRIES       256u
#define FORGET_DEVICES      (1u | 1u << 4)                     /* all */
#define FORGET_ALL          (2u | 1u << 4 | 1u << 6 | 1u << 7) /* and end what is under way */
#define FORGET_DOMAIN       (2u | 2u << 4 | 1u << 6 | 1u << 7)
#define FORGET_DOMAIN_SHIFT 16u
#define SAY_SO              (5u | 1u << 5 | (uint64_t)1 << 32) /* write 1 to an address */

#define ENTRY_PRESENT       ((uint64_t)1)
#define ENTRY_ADDRESS       0xfffffffffffff000ull
#define DEVICE_DOMAIN_SHIFT 8u
#define TABLE_ENTRIES       256u

#define PATIENCE_NS 100000000u /* with a unit: it answers in microseconds */

struct request {
	uint64_t low;
	uint64_t high;
};

/* An entry of a root table or of a table of devices. */
struct entry {
	uint64_t low;
	uint64_t high;
};

struct unit {
	struct address_space header; /* the root table, and the pool of tables of devices */
	uint64_t registers;          /* physical */
	uint64_t capability;
	uint64_t faults; /* physical address of the records */
	uint32_t fault_count;
	uint32_t tail; /* of the queue */
	struct request *queue;
	uint32_t said; /* written by the unit */
	bool is_usable;
	bool is_on;
	const struct irq *irq; /* that says that there are faults */
};

static struct unit *units[UNITS]; /* of the machine, not of users */
static uint32_t unit_count;
static const uint8_t *dmar;
static uint32_t dmar_size;
static uint32_t levels; /* of all spaces' tables; 0: there is no IOMMU that can be used */
static uint32_t address_bits;
static uint32_t domain_end = DOMAINS;
static struct dma_space *domains[DOMAINS];
static uint64_t forgotten; /* bit per domain; bit 0: all that is known of devices, too */

/* --- start ------------------------------------------------------------------------------------ */

static uint32_t read16(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint64_t read64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static void unit_add(uint64_t registers)
{
	struct unit *u;
	uint64_t extended;

	if (unit_count == UNITS || registers == 0 || registers % PAGE_SIZE != 0 ||
		registers > REGISTERS_END - PAGE_SIZE)
		return;
	u = boot_allocate(ARCH_SPACE_ORDER);
	units[unit_count++] = u;
	arch_dma_space_init(&u->header, 0);
	u->registers = registers;
	u->queue = boot_allocate(PAGE_SHIFT);
	u->capability = mmio_read64(registers + REG_CAPABILITY);
	extended = mmio_read64(registers + REG_EXTENDED);
	u->faults = registers + (u->capability >> 24 & 0x3ff) * 16;
	u->fault_count = (uint32_t)(u->capability >> 40 & 0xff) + 1;
	u->is_usable = (extended & EXTENDED_QUEUE) != 0 &&
		       (u->capability & (LEVELS_3 | LEVELS_4)) != 0 &&
		       (u->capability & CAPABILITY_WRITE_FLUSH) == 0 &&
		       u->faults + u->fault_count * sizeof(struct entry) <= registers + PAGE_SIZE;
}

static void find_units(void)
{
	uint32_t offset = TABLE_HEADER;

	while (offset + 4 <= dmar_size) {
		const uint8_t *entry = dmar + offset;
		uint32_t size = read16(entry + 2);

		if (size < 4 || size > dmar_size - offset)
			return;
		if (read16(entry) == ENTRY_IOMMU && size >= IOMMU_SIZE)
			unit_add(read64(entry + 8));
		offset += size;
	}
}

static uint32_t least(uint32_t a, uint64_t b)
{
	return b < a ? (uint32_t)b : a;
}

/* What all units that are used have in common. */
static void choose_levels(void)
{
	uint64_t common = LEVELS_3 | LEVELS_4;
	bool has_unit = false;

	for (uint32_t i = 0; i < unit_count; i++) {
		if (!units[i]->is_usable)
			continue;
		if ((common & units[i]->capability) != 0)
			common &= units[i]->capability;
		has_unit = true;
	}
	if (!has_unit)
		return;
	common = (common & LEVELS_4) != 0 ? LEVELS_4 : LEVELS_3;
	levels = common == LEVELS_4 ? 4 : 3;
	address_bits = PAGE_SHIFT + 9 * levels;
	for (uint32_t i = 0; i < unit_count; i++) {
		struct unit *u = units[i];

		u->is_usable = u->is_usable && (u->capability & common) != 0;
		if (!u->is_usable)
			continue;
		address_bits = least(address_bits, (u->capability >> 16 & 0x3f) + 1);
		domain_end = least(domain_end, (uint64_t)16 << 2 * (u->capability & 7));
	}
}

void iommu_init(const uint8_t *table, uint32_t size)
{
	unit_count = 0;
	levels = 0;
	domain_end = DOMAINS;
	forgotten = 0;
	memset(domains, 0, sizeof(domains));
	dmar = table;
	dmar_size = table == NULL ? 0 : size;
	find_units();
	choose_levels();
}

uint64_t arch_iommu_next_registers(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < unit_count; i++) {
		if (units[i]->registers >= start && units[i]->registers < end)
			end = units[i]->registers;
	}
	return end;
}

const uint8_t *arch_iommu_table(uint64_t *size)
{
	*size = dmar_size;
	return dmar;
}

uint32_t arch_iommu_levels(void)
{
	return levels;
}

uint64_t arch_iommu_address_end(void)
{
	return (uint64_t)1 << address_bits;
}

/* --- invalidation ----------------------------------------------------------------------------- */

/* A unit that does not answer would go on using memory that others get. */
static COLD NORETURN void does_not_answer(void)
{
	panic("an IOMMU does not answer", NULL);
}

static void submit(struct unit *u, uint64_t low, uint64_t high)
{
	u->queue[u->tail] = (struct request){low, high};
	u->tail = (u->tail + 1) % QUEUE_ENTRIES;
}

/* Returns when the unit has done what is in its queue; then it has forgotten, and what used the old
 * translations has ended. */
static void finish(struct unit *u)
{
	time_ns end = arch_time_now() + PATIENCE_NS;

	__atomic_store_n(&u->said, 0, __ATOMIC_SEQ_CST);
	submit(u, SAY_SO, physical_of(&u->said));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	mmio_write32(u->registers + REG_QUEUE_TAIL, u->tail << 4);
	while (__atomic_load_n(&u->said, __ATOMIC_ACQUIRE) == 0) {
		if (arch_time_now() > end)
			does_not_answer();
		arch_relax();
	}
}

static void forget_all(struct unit *u)
{
	submit(u, FORGET_DEVICES, 0);
	submit(u, FORGET_ALL, 0);
	finish(u);
}

static void forget_domains(struct unit *u, uint64_t mask)
{
	for (uint32_t i = 1; i < DOMAINS; i++) {
		if ((mask >> i & 1) != 0)
			submit(u, FORGET_DOMAIN | (uint64_t)i << FORGET_DOMAIN_SHIFT, 0);
	}
	finish(u);
}

/* The CPU's own bit has the kernel flush before it is left. */
void iommu_forget(const struct address_space *space)
{
	if (space->domain == 0 && space->levels != 0)
		return; /* no unit has ever seen it */
	forgotten |= (uint64_t)1 << space->domain;
	arch_flush_mask |= (uint64_t)1 << cpu_self()->id;
}

void iommu_mapped(const struct address_space *space)
{
	for (uint32_t i = 0; i < unit_count; i++) {
		if (units[i]->is_on && (units[i]->capability & CAPABILITY_CACHING) != 0)
			iommu_forget(space);
	}
}

void iommu_flush(void)
{
	if (LIKELY(forgotten == 0))
		return;
	for (uint32_t i = 0; i < unit_count; i++) {
		if (!units[i]->is_on)
			continue;
		if ((forgotten & 1) != 0)
			forget_all(units[i]);
		else
			forget_domains(units[i], forgotten);
	}
	forgotten = 0;
}

/* --- units ------------------------------------------------------------------------------------ */

static struct unit *unit_find(uint64_t number)
{
	return number < unit_count ? units[number] : NULL;
}

status_t arch_iommu_unit(uint64_t number, uint64_t *address)
{
	const struct unit *u = unit_find(number);

	if (u == NULL)
		return ERR_NOT_FOUND;
	*address = u->registers;
	return u->is_usable ? OK : ERR_NOT_SUPPORTED;
}

/* One that is on. */
static status_t unit_on(uint64_t number, struct unit **unit)
{
	*unit = unit_find(number);
	return *unit != NULL && (*unit)->is_on ? OK : ERR_NOT_FOUND;
}

/* The status says when the unit has done it (11.4.4). */
static status_t command(struct unit *u, uint32_t bit, bool on)
{
	time_ns end = arch_time_now() + PATIENCE_NS;
	uint32_t old = mmio_read32(u->registers + REG_STATUS) & COMMAND_KEPT;

	mmio_write32(u->registers + REG_COMMAND, on ? old | bit : old & ~bit);
	while (((mmio_read32(u->registers + REG_STATUS) & bit) != 0) != on) {
		if (arch_time_now() > end)
			return ERR_IO;
		arch_relax();
	}
	return OK;
}

/* Whatever the firmware had done with it. */
static status_t stop(struct unit *u)
{
	uint32_t status = mmio_read32(u->registers + REG_STATUS);
	status_t result = OK;

	if ((status & COMMAND_TRANSLATE) != 0)
		result = command(u, COMMAND_TRANSLATE, false);
	if (result == OK && (status & COMMAND_QUEUE) != 0)
		result = command(u, COMMAND_QUEUE, false);
	return result;
}

static status_t start(struct unit *u)
{
	status_t status = stop(u);

	if (status != OK)
		return status;
	mmio_write32(u->registers + REG_FAULT_CONTROL, FAULT_MASKED);
	u->tail = 0;
	mmio_write64(u->registers + REG_QUEUE_TAIL, 0);
	mmio_write64(u->registers + REG_QUEUE, physical_of(u->queue));
	status = command(u, COMMAND_QUEUE, true);
	mmio_write64(u->registers + REG_ROOT, u->header.root);
	if (status == OK)
		status = command(u, COMMAND_ROOT, true);
	if (status != OK)
		return status;
	forget_all(u);
	status = command(u, COMMAND_TRANSLATE, true);
	if ((u->capability & CAPABILITY_PROTECTED) != 0)
		mmio_write32(u->registers + REG_PROTECTED, 0);
	return status;
}

status_t arch_iommu_start(uint64_t number, struct slice *slice)
{
	struct unit *u = unit_find(number);
	status_t status;

	if (u == NULL)
		return ERR_NOT_FOUND;
	if (!u->is_usable)
		return ERR_NOT_SUPPORTED;
	if (u->header.torn) { /* a table of devices was taken from it: it has none any more */
		status = space_destroy(&u->header, slice);
		if (status != OK)
			return status;
		u->header.torn = false;
	}
	if (u->is_on)
		return OK;
	status = start(u);
	u->is_on = status == OK;
	return status;
}

struct address_space *arch_iommu_tables(uint64_t number)
{
	struct unit *u = unit_find(number);

	return u == NULL ? NULL : &u->header;
}

/* --- devices ---------------------------------------------------------------------------------- */

static struct entry *root_entry(const struct unit *u, uint32_t requester)
{
	return (struct entry *)virtual_of(u->header.root) + (requester >> 8);
}

/* NULL: there is no table of devices for the bus. */
static struct entry *device_entry(const struct unit *u, uint32_t requester)
{
	const struct entry *root = root_entry(u, requester);

	if ((root->low & ENTRY_PRESENT) == 0)
		return NULL;
	return (struct entry *)virtual_of(root->low & ENTRY_ADDRESS) +
	       (requester & (TABLE_ENTRIES - 1));
}

static struct entry *device_entry_make(struct unit *u, uint32_t requester)
{
	struct entry *root = root_entry(u, requester);

	if ((root->low & ENTRY_PRESENT) == 0) {
		uint64_t table = space_pool_take(&u->header);

		memory_write_back(virtual_of(table), PAGE_SIZE);
		root->low = table | ENTRY_PRESENT;
		memory_write_back(root, sizeof(*root));
	}
	return device_entry(u, requester);
}

static struct dma_space *space_of(const struct entry *entry)
{
	uint64_t domain = entry->high >> DEVICE_DOMAIN_SHIFT & (DOMAINS - 1);

	return (entry->low & ENTRY_PRESENT) != 0 ? domains[domain] : NULL;
}

static void entry_clear(struct unit *u, struct entry *entry)
{
	entry->low = 0;
	entry->high = 0;
	memory_write_back(entry, sizeof(*entry));
	forget_all(u);
}

static void list_remove(struct dma_space *space, uint32_t device)
{
	for (uint32_t i = 0; i < space->device_count; i++) {
		if (space->devices[i] != device)
			continue;
		space->devices[i] = space->devices[--space->device_count];
		return;
	}
}

static uint32_t domain_find(const struct dma_space *space)
{
	if (space->header.domain != 0)
		return space->header.domain;
	for (uint32_t i = 1; i < domain_end; i++) {
		if (domains[i] == NULL)
			return i;
	}
	return 0;
}

/* Its own name of a device: which unit's. */
static uint32_t name_of(uint64_t number, uint64_t requester)
{
	return (uint32_t)(number << 16 | requester);
}

static void detach(struct unit *u, uint64_t number, uint32_t requester)
{
	struct entry *entry = device_entry(u, requester);
	struct dma_space *space = entry == NULL ? NULL : space_of(entry);

	if (space == NULL)
		return;
	list_remove(space, name_of(number, requester));
	entry_clear(u, entry);
}

status_t arch_iommu_attach(uint64_t number, uint64_t requester, struct dma_space *space)
{
	struct unit *u;
	const struct entry *old;
	struct entry *entry;
	uint32_t domain = domain_find(space);
	status_t status = unit_on(number, &u);

	if (status != OK)
		return status;
	if (space->header.torn || u->header.torn)
		return ERR_PEER_DEAD;
	old = device_entry(u, (uint32_t)requester);
	if (old == NULL && u->header.pool_count == 0)
		return ERR_NEED_TABLES;
	if (old != NULL && space_of(old) == space)
		return OK;
	if (domain == 0 || space->device_count == DMA_DEVICES)
		return ERR_TOO_MANY;
	detach(u, number, (uint32_t)requester);
	space->header.domain = domain;
	domains[domain] = space;
	space->devices[space->device_count++] = name_of(number, requester);
	entry = device_entry_make(u, (uint32_t)requester);
	entry->high = (uint64_t)domain << DEVICE_DOMAIN_SHIFT | (levels - 2);
	memory_write_back(entry, sizeof(*entry));
	entry->low = space->header.root | ENTRY_PRESENT;
	memory_write_back(entry, sizeof(*entry));
	forget_all(u);
	return OK;
}

status_t arch_iommu_detach(uint64_t number, uint64_t requester)
{
	struct unit *u;
	status_t status = unit_on(number, &u);

	if (status == OK)
		detach(u, number, (uint32_t)requester);
	return status;
}

void arch_iommu_release(struct dma_space *space)
{
	while (space->device_count > 0) {
		uint32_t device = space->devices[space->device_count - 1];
		struct unit *u = units[device >> 16];
		struct entry *entry = device_entry(u, device & 0xffff);

		space->device_count--;
		if (entry != NULL && space_of(entry) == space)
			entry_clear(u, entry);
	}
	domains[space->header.domain] = NULL; /* the number may be another's at once */
	space->header.domain = 0;
}

/* --- faults ----------------------------------------------------------------------------------- */

status_t arch_iommu_fault(uint64_t number, uint64_t fault[3])
{
	struct unit *u;
	status_t status = unit_on(number, &u);

	if (status != OK)
		return status;
	for (uint32_t i = 0; i < u->fault_count; i++) {
		uint64_t at = u->faults + i * sizeof(struct entry);
		uint64_t word = mmio_read64(at + 8);

		if ((word & FAULT_THERE) == 0)
			continue;
		fault[0] = word & 0xffff;
		fault[1] = mmio_read64(at) & ENTRY_ADDRESS;
		fault[2] = (word >> 32 & 0xff) | ((word & FAULT_READ) != 0 ? 0x100 : 0);
		mmio_write32(at + 12, FAULT_CLEAR);
		return OK;
	}
	mmio_write32(u->registers + REG_FAULT_STATUS, FAULT_OVERFLOW);
	return ERR_NOT_FOUND;
}

status_t arch_iommu_bind(uint64_t number, const struct irq *irq)
{
	struct unit *u;
	uint64_t address;
	uint64_t data;
	status_t status = unit_on(number, &u);

	if (status == OK && irq->line != IRQ_MSI)
		status = ERR_INVALID_ARGUMENT;
	if (status != OK)
		return status;
	arch_irq_message(irq, &address, &data);
	mmio_write32(u->registers + REG_FAULT_DATA, (uint32_t)data);
	mmio_write32(u->registers + REG_FAULT_ADDRESS, (uint32_t)address);
	mmio_write32(u->registers + REG_FAULT_ADDRESS + 4, (uint32_t)(address >> 32));
	mmio_write32(u->registers + REG_FAULT_CONTROL, 0);
	u->irq = irq;
	return OK;
}

void arch_iommu_forget_irq(const struct irq *irq)
{
	for (uint32_t i = 0; i < unit_count; i++) {
		if (units[i]->irq != irq)
			continue;
		mmio_write32(units[i]->registers + REG_FAULT_CONTROL, FAULT_MASKED);
		units[i]->irq = NULL;
	}
}
