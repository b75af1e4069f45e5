// SPDX-License-Identifier: MIT OR Apache-2.0
/* Commands in memory, what disks say about themselves, and a port's errors, over registers that are
 * plain memory. */
#include "port.h"

#include <craton/driver.h>
#include <craton/service.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PHYSICAL UINT64_C(0x123450000)

static _Alignas(8) uint8_t memory[MEMORY_SHARED_UNIT];
static _Alignas(8) uint8_t registers[0x80];
static uint8_t answer[512];
static uint64_t now;

uint64_t time_now(void)
{
	return now;
}

void driver_pause(uint64_t nanoseconds)
{
	now += nanoseconds;
}

static uint64_t get(size_t at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)memory[at + i] << i * 8;
	return value;
}

/* --- commands ------------------------------------------------------------------------------------
 */

static void test_write(void **state)
{
	const uint32_t table = AT_TABLES + 3 * TABLE_BYTES;

	(void)state;
	command_lay(memory, PHYSICAL, 3,
		&(struct ata_request){
			.command = ATA_WRITE,
			.is_write = true,
			.sector = 0x123456789abc,
			.sectors = 0x1234,
			.part_count = 2,
			.parts = {{UINT64_C(0x987654320), 0x1000}, {0x5000, 0x3000}},
		});
	assert_int_equal(get(AT_LIST + 3 * 32, 4), 5 | 1 << 6 | 2 << 16);
	assert_int_equal(get(AT_LIST + 3 * 32 + 8, 8), PHYSICAL + table);
	assert_int_equal(get(table, 4), 0x00358027);
	assert_int_equal(get(table + 4, 3), 0x789abc);
	assert_int_equal(get(table + 8, 3), 0x123456);
	assert_int_equal(get(table + 12, 2), 0x1234);
	assert_int_equal(get(table + 0x80, 8), 0x987654320);
	assert_int_equal(get(table + 0x8c, 4), 0xfff);
	assert_int_equal(get(table + 0x90, 8), 0x5000);
	assert_int_equal(get(table + 0x9c, 4), 0x2fff);
}

static void test_without_bytes(void **state)
{
	(void)state;
	command_lay(memory, PHYSICAL, 0, &(struct ata_request){.command = ATA_FLUSH});
	assert_int_equal(get(AT_LIST, 4), 5);
}

/* 16 bits of each range are its length; a command names 64 ranges. */
static void test_discard(void **state)
{
	const uint32_t ranges = AT_RANGES + 2 * RANGE_BYTES;

	(void)state;
	command_lay_discard(memory, PHYSICAL, 2, 1000, 70000);
	assert_int_equal(get(ranges, 8), 1000 | UINT64_C(0xffff) << 48);
	assert_int_equal(get(ranges + 8, 8), (1000 + 0xffff) | UINT64_C(4465) << 48);
	assert_int_equal(get(ranges + 16, 8), 0);
	assert_int_equal(get(AT_TABLES + 2 * TABLE_BYTES + 0x80, 8), PHYSICAL + ranges);
	command_lay_discard(memory, PHYSICAL, 31, 0, UINT32_MAX);
	assert_int_equal(get(AT_RANGES + 31 * RANGE_BYTES + 504, 8),
		UINT64_C(63) * 0xffff | UINT64_C(0xffff) << 48);
}

/* --- identity ------------------------------------------------------------------------------------
 */

static void put_word(unsigned number, uint32_t value)
{
	answer[number * 2] = (uint8_t)value;
	answer[number * 2 + 1] = (uint8_t)(value >> 8);
}

static int good_disk(void **state)
{
	(void)state;
	memset(answer, 0, sizeof(answer));
	put_word(49, 1 << 8);
	put_word(82, 1 << 5);
	put_word(83, 1 << 10);
	put_word(100, 0x1000);
	put_word(101, 0x2);
	return 0;
}

static void test_identity(void **state)
{
	struct ata_disk disk;

	(void)state;
	assert_int_equal(ata_disk_read(answer, &disk), OK);
	assert_int_equal(disk.sectors, 0x21000);
	assert_int_equal(disk.sector, 512);
	assert_true(disk.has_cache && !disk.can_force && !disk.can_discard);
	put_word(84, 1 << 6);
	put_word(106, 1 << 14 | 1 << 12);
	put_word(117, 2048);
	put_word(169, 1);
	assert_int_equal(ata_disk_read(answer, &disk), OK);
	assert_int_equal(disk.sector, 4096);
	assert_true(disk.can_force && disk.can_discard);
}

static void test_lies(void **state)
{
	static const uint32_t sizes[] = {0, 1, 100, 300, 2047};
	struct ata_disk disk;

	(void)state;
	put_word(106, 1 << 14 | 1 << 12);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put_word(117, sizes[i]);
		assert_int_equal(ata_disk_read(answer, &disk), ERR_NOT_SUPPORTED);
	}
	put_word(117, 256);
	assert_int_equal(ata_disk_read(answer, &disk), OK);
	put_word(103, 0xffff);
	assert_int_equal(ata_disk_read(answer, &disk), ERR_NOT_SUPPORTED);
	put_word(103, 0);
	put_word(83, 0);
	assert_int_equal(ata_disk_read(answer, &disk), ERR_NOT_SUPPORTED);
}

/* --- a port --------------------------------------------------------------------------------------
 */

enum { INTERRUPTS = 0x10, TASK = 0x20, SIGNATURE = 0x24, LINK = 0x28, ISSUED = 0x38 };
#define TASK_ERROR (1u << 30)

static void put(uint32_t at, uint32_t value)
{
	driver_write32(registers, at, value);
}

static struct ahci_port make_port(void)
{
	memset(registers, 0, sizeof(registers));
	put(SIGNATURE, 0x101);
	put(LINK, 3);
	return (struct ahci_port){
		.registers = registers, .memory = memory, .physical = PHYSICAL, .is_open = true};
}

static void begin(struct ahci_port *p, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(port_free(p), i);
		port_begin(p, i, &(struct ata_request){.command = ATA_FLUSH});
	}
	port_kick(p);
}

static void test_ends(void **state)
{
	struct ahci_port p = make_port();
	bool is_failed;

	(void)state;
	begin(&p, 3);
	assert_int_equal(driver_read32(registers, ISSUED), 7);
	assert_int_equal(port_ends(&p, &is_failed), 0);
	put(ISSUED, 5);
	assert_int_equal(port_ends(&p, &is_failed), 2);
	assert_false(is_failed);
	assert_int_equal(port_free(&p), 1);
	put(ISSUED, 0);
	assert_int_equal(port_ends(&p, &is_failed), 5);
	assert_int_equal(port_free(&p), 0);
}

/* Nobody is told of an error before it is known whose it is. */
static void test_error(void **state)
{
	struct ahci_port p = make_port();
	bool is_failed;

	(void)state;
	begin(&p, 3);
	put(ISSUED, 0);
	put(INTERRUPTS, TASK_ERROR);
	assert_int_equal(port_ends(&p, &is_failed), 0);
	assert_int_equal(port_free(&p), 3);
	put(INTERRUPTS, 0);
	for (uint32_t slot = 1; slot < 8; slot <<= 1) {
		port_kick(&p);
		port_kick(&p);
		assert_int_equal(driver_read32(registers, ISSUED), slot);
		put(ISSUED, 0);
		put(INTERRUPTS, slot == 2 ? TASK_ERROR : 0);
		assert_int_equal(port_ends(&p, &is_failed), slot);
		assert_int_equal(is_failed, slot == 2);
		put(INTERRUPTS, 0);
	}
	port_begin(&p, 0, &(struct ata_request){.command = ATA_FLUSH});
	port_kick(&p);
	assert_int_equal(driver_read32(registers, ISSUED), 1);
}

/* A disk that does not get ready any more ends everything. */
static void test_dead(void **state)
{
	struct ahci_port p = make_port();
	bool is_failed;

	(void)state;
	begin(&p, 2);
	port_begin(&p, 2, &(struct ata_request){.command = ATA_FLUSH});
	put(TASK, 0x80);
	put(INTERRUPTS, TASK_ERROR);
	assert_int_equal(port_ends(&p, &is_failed), 7);
	assert_true(is_failed && !p.is_open);
}

/* It was pulled out: that is known at once. */
static void test_pulled(void **state)
{
	struct ahci_port p = make_port();
	uint64_t before = now;
	bool is_failed;

	(void)state;
	begin(&p, 2);
	put(LINK, 0);
	put(ISSUED, 0); /* so says a port that stops */
	put(INTERRUPTS, 1u << 22);
	assert_int_equal(port_ends(&p, &is_failed), 3);
	assert_true(is_failed && !p.is_open);
	assert_true(now - before < 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_without_bytes),
		cmocka_unit_test(test_discard),
		cmocka_unit_test_setup(test_identity, good_disk),
		cmocka_unit_test_setup(test_lies, good_disk),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_pulled),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
