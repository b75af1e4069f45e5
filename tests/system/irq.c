// SPDX-License-Identifier: MIT OR Apache-2.0
/* Message-signalled interrupts, from QEMU's `edu` device (docs/specs/edu.txt of QEMU): a register
 * raises its interrupt, another takes it back. This file is its driver. PCI: Local Bus
 * Specification 3.0, sections 3.2.2.3.2 (configuration ports), 6.7 (capabilities) and 6.8 (MSI). */
#include "framework.h"

#define PATH(handle)  ((handle) & 0xffffff)
#define ADDRESS_PORT  0xcf8u
#define DATA_PORT     0xcfcu
#define EDU           0x11e81234u /* device and vendor */
#define DEVICES       32u
#define COMMAND       0x04u
#define BAR0          0x10u
#define CAPABILITIES  0x34u
#define MEMORY_MASTER 6u /* command: memory space, bus master */
#define CAPABILITY_ID 5u
#define MSI_ENABLE    ((uint64_t)1 << 16)
#define MSI_64        ((uint64_t)1 << 23)
#define EDU_RAISE     (0x60 / 4)
#define EDU_TAKE_BACK (0x64 / 4)
#define ROUNDS        5u
#define VECTORS       400u /* more than a CPU has */

static uint64_t device; /* its number on bus 0 */
static volatile uint32_t *registers;

static uint64_t config_read(uint64_t number, uint64_t offset)
{
	uint64_t value = 0;

	CHECK_STATUS(io_port_out(root->io_port, ADDRESS_PORT, 4,
			     (uint64_t)1 << 31 | number << 11 | (offset & 0xfc)),
		OK);
	CHECK_STATUS(io_port_in(root->io_port, DATA_PORT, 4, &value), OK);
	return value;
}

static void config_write(uint64_t offset, uint64_t value)
{
	CHECK_STATUS(io_port_out(root->io_port, ADDRESS_PORT, 4,
			     (uint64_t)1 << 31 | device << 11 | (offset & 0xfc)),
		OK);
	CHECK_STATUS(io_port_out(root->io_port, DATA_PORT, 4, value & 0xffffffff), OK);
}

/* Its registers: one frame of all the device memory around them, mapped from the right offset. */
static bool map_registers(uint64_t physical)
{
	uint64_t address = free_address(4096);
	uint64_t slot = next_slot();
	uint64_t missing;
	uint64_t tag;

	for (uint64_t i = 0; i < root->untyped_count; i++) {
		const struct root_untyped *u = &root->untyped[i];

		if (u->device == 0 || physical - u->physical >= (uint64_t)1 << u->order)
			continue;
		CHECK_STATUS(untyped_retype(
				     u->handle, OBJECT_FRAME, u->order, 1, root->cnode, slot, &tag),
			OK);
		CHECK_STATUS(
			address_space_map(root->space, handle_of(slot, tag), physical - u->physical,
				address, 1, RIGHT_READ | RIGHT_WRITE | MAP_FLAG_UNCACHED, &missing),
			OK);
		registers = (volatile uint32_t *)address;
		return true;
	}
	return false;
}

static bool find_device(void)
{
	for (device = 0; device < DEVICES; device++) {
		if (config_read(device, 0) != EDU)
			continue;
		config_write(COMMAND, MEMORY_MASTER);
		return map_registers(config_read(device, BAR0) & ~(uint64_t)0xf);
	}
	return false;
}

/* Has the device send its interrupts as `data` to `address`. */
static void program(uint64_t address, uint64_t data)
{
	uint64_t at = config_read(device, CAPABILITIES) & 0xfc;
	uint64_t head;

	while (at != 0 && (config_read(device, at) & 0xff) != CAPABILITY_ID)
		at = config_read(device, at) >> 8 & 0xfc;
	CHECK(at != 0);
	head = config_read(device, at);
	config_write(at + 4, address);
	config_write(at + 8, (head & MSI_64) != 0 ? address >> 32 : data);
	if ((head & MSI_64) != 0)
		config_write(at + 12, data);
	config_write(at, head | MSI_ENABLE);
}

static void raise_and_take_back(void)
{
	registers[EDU_RAISE] = 1;
	registers[EDU_TAKE_BACK] = 1;
}

static uint64_t unowned_on(uint64_t cpu)
{
	uint64_t idle, interrupts, switches, longest, spurious = 0;

	CHECK_STATUS(platform_statistics(root->platform, cpu, &idle, &interrupts, &switches,
			     &longest, &spurious),
		OK);
	return spurious;
}

/* Raises until `cpu` has counted an interrupt that nobody owns. */
static void check_dropped(uint64_t cpu)
{
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t before = unowned_on(cpu);
	uint64_t deadline = soon(10000);
	uint64_t bits;

	raise_and_take_back();
	while (unowned_on(cpu) == before && time_now() < deadline)
		(void)!sys_wait(pause, 1, soon(1), &bits);
	CHECK(unowned_on(cpu) == before + 1);
}

static void check_cpu(uint64_t cpu)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	uint64_t slot = next_slot();
	uint64_t tag, address, data, bits;
	handle_t irq;

	CHECK_STATUS(irq_control_allocate_msi(
			     root->irq_control, cpu, root->cnode, slot, &tag, &address, &data),
		OK);
	irq = handle_of(slot, tag);
	program(address, data);
	check_dropped(cpu); /* not bound yet */
	CHECK_STATUS(irq_bind(irq, notification, (uint64_t)1 << cpu), OK);
	for (unsigned i = 0; i < ROUNDS; i++) {
		raise_and_take_back();
		bits = 0;
		CHECK_STATUS(sys_wait(notification, ~(uint64_t)0, soon(10000), &bits), OK);
		CHECK(bits == (uint64_t)1 << cpu);
		CHECK_STATUS(irq_acknowledge(irq), OK);
	}
	CHECK_STATUS(cnode_delete(root->cnode, slot), OK);
	check_dropped(cpu); /* the device still sends it */
	CHECK_STATUS(sys_wait(notification, ~(uint64_t)0, 0, &bits), ERR_WOULD_BLOCK);
}

static void test_msi(void)
{
	bool found = find_device();

	CHECK(found);
	for (uint64_t cpu = 0; found && cpu < root->cpu_count; cpu++)
		check_cpu(cpu);
	for (uint64_t i = 0; i < root->untyped_count; i++) {
		if (root->untyped[i].device != 0)
			CHECK_STATUS(cnode_revoke(root->cnode, PATH(root->untyped[i].handle)), OK);
	}
}

/* All vectors of a CPU, given back by deleting them. */
static void test_vectors(void)
{
	handle_t table = make(OBJECT_CNODE, 9);
	uint64_t tag, address, data;
	unsigned first = 0;

	CHECK_STATUS(irq_control_allocate_msi(
			     root->irq_control, root->cpu_count, table, 2, &tag, &address, &data),
		ERR_RANGE);
	for (unsigned round = 0; round < 2; round++) {
		unsigned count = 0;

		while (count < VECTORS && irq_control_allocate_msi(root->irq_control, 0, table,
						  count + 2, &tag, &address, &data) == OK)
			count++;
		CHECK(count > 100 && count < VECTORS);
		CHECK(round == 0 || count == first);
		CHECK_STATUS(irq_control_allocate_msi(
				     root->irq_control, 0, table, count + 2, &tag, &address, &data),
			ERR_TOO_MANY);
		first = count;
		for (unsigned i = 0; i < count; i++)
			CHECK_STATUS(cnode_delete(table, i + 2), OK);
	}
}

const struct test irq_tests[] = {
	{"irq/msi", test_msi},
	{"irq/vectors", test_vectors},
	{nullptr, nullptr},
};
