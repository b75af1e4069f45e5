// SPDX-License-Identifier: MIT OR Apache-2.0
/* DMAR tables of any content, on a bus of any content: nothing is read outside, and questions end.
 */
#include <dmar.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUS_BYTES 64u

static uint32_t read_any(void *self, uint16_t address, uint32_t offset)
{
	const uint8_t *bytes = self;
	uint32_t at = (address * 7u + offset * 3u) % BUS_BYTES;

	return bytes[at] | (uint32_t)bytes[(at + 1) % BUS_BYTES] << 8 |
	       (uint32_t)bytes[(at + 2) % BUS_BYTES] << 16 |
	       (uint32_t)bytes[(at + 3) % BUS_BYTES] << 24;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[BUS_BYTES];
	struct pci_bus bus = {bytes, read_any, nullptr, nullptr};
	struct pci_device devices[8] = {0};
	struct dmar dmar;
	uint64_t registers;

	if (size < BUS_BYTES)
		return 0;
	memcpy(bytes, data, BUS_BYTES);
	dmar = (struct dmar){data + BUS_BYTES, size - BUS_BYTES};
	for (unsigned i = 0; i < 8; i++)
		devices[i] = (struct pci_device){
			.address = (uint16_t)((uint32_t)bytes[i] << 8 | i), .header = i & 1};
	for (unsigned i = 0; i < 16; i++) {
		uint16_t address = (uint16_t)(bytes[i] << 8 | bytes[i + 16]);

		(void)dmar_shares_number(&bus, devices, 8, address);
		if (dmar_check(&dmar) != OK)
			continue;
		(void)dmar_find_unit(&dmar, &bus, address, &registers);
		(void)dmar_is_reserved(&dmar, &bus, address);
	}
	return 0;
}
