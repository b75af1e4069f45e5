// SPDX-License-Identifier: MIT OR Apache-2.0
/* Finds the TSC's frequency: from CPUID where it tells, else against the HPET, else against the
 * PIT (8254) through port 0x61. */
#include <arch/asm.h>
#include <arch/clock.h>
#include <arch/clock_init.h>
#include <arch/features.h>
#include <arch/physmap.h>

#define CALIBRATE_US 1000u
#define HPET_PERIOD  1u /* 32-bit word indices */
#define HPET_CONFIG  4u
#define HPET_COUNTER 60u
#define HPET_ENABLE  1u
#define FEMTO_PER_US 1000000000ull
#define PIT_HZ       1193182u
#define PIT_GATE     0x61u
#define PIT_CHANNEL2 0x42u
#define PIT_COMMAND  0x43u

struct clock clock;

static uint64_t measure_hpet(uint64_t physical)
{
	volatile uint32_t *hpet = virtual_of(physical);
	uint32_t period = hpet[HPET_PERIOD]; /* femtoseconds */
	uint32_t ticks;
	uint32_t start;
	uint32_t passed;
	uint64_t tsc;
	uint64_t ns;

	if (period == 0 || period > 100000000u)
		return 0;
	hpet[HPET_CONFIG] |= HPET_ENABLE;
	ticks = (uint32_t)(CALIBRATE_US * FEMTO_PER_US / period);
	start = hpet[HPET_COUNTER];
	tsc = arch_timestamp();
	do
		passed = hpet[HPET_COUNTER] - start;
	while (passed < ticks);
	tsc = arch_timestamp() - tsc;
	ns = (uint64_t)passed * period / 1000000u;
	return ns != 0 ? tsc * 1000000000u / ns : 0;
}

static uint64_t measure_pit(void)
{
	uint16_t count = (uint16_t)(PIT_HZ * CALIBRATE_US / 1000000u);
	uint64_t tsc;

	out8(PIT_GATE, (uint8_t)((in8(PIT_GATE) & ~2u) | 1u));
	out8(PIT_COMMAND, 0xb0); /* channel 2, low and high byte, mode 0 */
	out8(PIT_CHANNEL2, (uint8_t)count);
	out8(PIT_CHANNEL2, (uint8_t)(count >> 8));
	tsc = arch_timestamp();
	for (uint32_t tries = 0; (in8(PIT_GATE) & 0x20) == 0 && tries < 100000000u; tries++)
		cpu_pause();
	tsc = arch_timestamp() - tsc;
	return tsc * (1000000u / CALIBRATE_US);
}

void clock_init(uint64_t hpet)
{
	clock.hz = features.crystal_hz;
	if (clock.hz == 0 && hpet != 0)
		clock.hz = measure_hpet(hpet);
	if (clock.hz == 0)
		clock.hz = measure_pit();
	clock.multiplier = (1000000000ull << CLOCK_SHIFT) / clock.hz;
	clock.tsc_multiplier = (clock.hz << 30) / 1000000000u << 2;
	clock.base = arch_timestamp();
}
