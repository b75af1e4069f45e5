// SPDX-License-Identifier: MIT OR Apache-2.0
/* Partition tables of any content: what is found lies on the disk, and none lies over another. */
#include <block/partition.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct image {
	const uint8_t *data;
	size_t size;
};

static status_t read_image(void *self, uint64_t offset, void *bytes, size_t size)
{
	const struct image *image = self;

	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = offset + i < image->size ? image->data[offset + i] : 0;
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image = {data, size};
	struct partition_disk disk = {&image, 1 << 20, 512, read_image};
	struct partition found[PARTITIONS_MOST];
	uint32_t count;

	(void)!partitions_find(&disk, found, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (found[i].size == 0 || found[i].offset > disk.size ||
			found[i].size > disk.size - found[i].offset)
			abort();
		for (uint32_t k = 0; k < i; k++) {
			if (found[i].offset < found[k].offset + found[k].size &&
				found[k].offset < found[i].offset + found[i].size)
				abort();
		}
	}
	return 0;
}
