// SPDX-License-Identifier: MIT OR Apache-2.0
/* Tables that sfdisk made, whole and damaged. */
#include <block/partition.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (64u << 20)
#define MIB  (1u << 20)

static uint8_t *image;
static struct partition found[PARTITIONS_MOST];
static uint32_t count;

static status_t read_image(void *self, uint64_t offset, void *bytes, size_t size)
{
	(void)self;
	assert_true(offset + size <= SIZE && size <= 4096 && offset % 512 == 0);
	memcpy(bytes, image + offset, size);
	return OK;
}

static status_t read_nothing(void *self, uint64_t offset, void *bytes, size_t size)
{
	(void)self;
	(void)offset;
	(void)bytes;
	(void)size;
	return ERR_IO;
}

static status_t find_all(void)
{
	return partitions_find(
		&(struct partition_disk){nullptr, SIZE, 512, read_image}, found, &count);
}

/* Lines for sfdisk. */
static void make(const char *script)
{
	char path[] = "/tmp/partition-test-XXXXXX";
	char command[1024];
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0 && ftruncate(fd, SIZE) == 0);
	(void)snprintf(command, sizeof(command), "printf '%s' | /sbin/sfdisk -q %s", script, path);
	assert_int_equal(system(command), 0);
	file = fdopen(fd, "rb");
	assert_int_equal(fread(image, 1, SIZE, file), SIZE);
	(void)fclose(file);
	(void)unlink(path);
}

static void assert_partition(
	unsigned i, uint32_t number, uint64_t offset, uint64_t size, const char *type)
{
	assert_true(i < count);
	assert_int_equal(found[i].number, number);
	assert_int_equal(found[i].offset, offset);
	assert_int_equal(found[i].size, size);
	assert_string_equal(found[i].type, type);
}

static int allocate(void **state)
{
	(void)state;
	image = calloc(1, SIZE);
	return image == nullptr;
}

static int release(void **state)
{
	(void)state;
	free(image);
	return 0;
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 0);
	image[510] = 0x55; /* the first sector of a FAT volume looks so */
	image[511] = 0xaa;
	memset(image + 446, 'x', 64);
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 0);
	assert_int_equal(partitions_find(&(struct partition_disk){nullptr, SIZE, 512, read_nothing},
				 found, &count),
		ERR_IO);
	assert_int_equal(partitions_find(&(struct partition_disk){nullptr, SIZE, 300, read_image},
				 found, &count),
		OK);
}

static void test_mbr(void **state)
{
	(void)state;
	make("label: dos\\n2048,20480,83\\n,20480,c\\n,,5\\n,8192,82\\n,8192,7\\n,8192,83\\n");
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 5);
	assert_partition(0, 1, MIB, 10 * MIB, "Linux");
	assert_partition(1, 2, 11 * MIB, 10 * MIB, "FAT");
	assert_partition(2, 5, 22 * MIB, 4 * MIB, "Linux swap");
	assert_partition(3, 6, 27 * MIB, 4 * MIB, "NTFS or exFAT");
	assert_partition(4, 7, 32 * MIB, 4 * MIB, "Linux");
}

static void test_gpt(void **state)
{
	(void)state;
	make("label: gpt\\n,20M,U\\n,8M,L\\n,4M,S\\n");
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 3);
	assert_partition(0, 1, MIB, 20 * MIB, "EFI system");
	assert_partition(1, 2, 21 * MIB, 8 * MIB, "Linux");
	assert_partition(2, 3, 29 * MIB, 4 * MIB, "Linux swap");
}

/* Each byte of header and entries counts; then the backup is taken, and then nothing is left. */
static void test_damage(void **state)
{
	static const uint32_t places[] = {512, 520, 535, 560, 584, 600, 1024, 1040, 1100, 512 + 88};

	(void)state;
	make("label: gpt\\n,20M,U\\n,8M,L\\n");
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		image[places[i]] ^= 1;
		assert_int_equal(find_all(), OK);
		assert_int_equal(count, 2);
		assert_partition(1, 2, 21 * MIB, 8 * MIB, "Linux");
		image[SIZE - 512 + 20] ^= 1;
		assert_int_equal(find_all(), ERR_CORRUPT);
		assert_int_equal(count, 0);
		image[SIZE - 512 + 20] ^= 1;
		image[places[i]] ^= 1;
	}
}

static void put32(size_t offset, uint32_t value)
{
	memcpy(image + offset, &value, sizeof(value));
}

/* Outside of the disk, on top of each other, chains that go round. */
static void test_lies(void **state)
{
	(void)state;
	memset(image, 0, 4096);
	image[510] = 0x55;
	image[511] = 0xaa;
	for (unsigned i = 0; i < 4; i++)
		image[446 + 16 * i + 4] = 0x83;
	put32(446 + 8, 2048);
	put32(446 + 12, 2048);
	put32(462 + 8, 3000); /* overlaps */
	put32(462 + 12, 2048);
	put32(478 + 8, SIZE / 512 - 10); /* too long */
	put32(478 + 12, 11);
	put32(494 + 8, UINT32_MAX);
	put32(494 + 12, UINT32_MAX);
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 1);
	image[462 + 4] = 5; /* an extended one whose table refers to itself */
	put32(462 + 8, 8192);
	memcpy(image + 8192 * 512, image, 512);
	image[8192 * 512 + 446 + 16 + 4] = 5;
	put32(8192 * 512 + 446 + 16 + 8, 0);
	assert_int_equal(find_all(), OK);
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_mbr),
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, allocate, release);
}
