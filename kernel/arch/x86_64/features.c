// SPDX-License-Identifier: MIT OR Apache-2.0
/* CPU features: see features.h. */
#include <arch/asm.h>
#include <arch/features.h>

struct features features;

static void detect_brand(void)
{
	for (uint32_t i = 0; i < 3; i++) {
		struct cpuid r = cpuid_read(0x80000002u + i, 0);

		memcpy(features.brand + 16 * i, &r, 16);
	}
}

/* Atoms that execute in order: Bonnell and Saltwell. */
static bool is_in_order(uint32_t signature)
{
	uint32_t family = signature >> 8 & 0xf;
	uint32_t model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);

	return family == 6 &&
	       (model == 0x1c || model == 0x26 || model == 0x27 || model == 0x35 || model == 0x36);
}

/* Intel CPUs that execute out of order, without RDCL_NO (IA32_ARCH_CAPABILITIES bit 0), are
 * affected; others are not. */
static bool reads_kernel_speculatively(
	const struct cpuid *leaf0, uint32_t signature, const struct cpuid *leaf7)
{
	bool intel = leaf0->ebx == 0x756e6547u; /* "Genu" */

	if (!intel || is_in_order(signature))
		return false;
	if ((leaf7->edx >> 29 & 1) == 0)
		return true;
	return (msr_read(MSR_ARCH_CAPS) & 1) == 0;
}

static uint64_t tsc_frequency(uint32_t highest_leaf)
{
	struct cpuid hypervisor = cpuid_read(0x40000000u, 0);

	if ((cpuid_read(1, 0).ecx >> 31 & 1) != 0 && hypervisor.eax >= 0x40000010u &&
		hypervisor.eax < 0x40000100u) {
		uint64_t khz = cpuid_read(0x40000010u, 0).eax;

		if (khz != 0)
			return khz * 1000;
	}
	if (highest_leaf >= 0x15) {
		struct cpuid r = cpuid_read(0x15, 0);

		if (r.eax != 0 && r.ebx != 0 && r.ecx != 0)
			return (uint64_t)r.ecx * r.ebx / r.eax;
	}
	return 0;
}

void features_detect(void)
{
	struct cpuid leaf0 = cpuid_read(0, 0);
	struct cpuid leaf1 = cpuid_read(1, 0);
	struct cpuid leaf7 = {0};
	struct cpuid extended = cpuid_read(0x80000000u, 0);

	if (leaf0.eax >= 7)
		leaf7 = cpuid_read(7, 0);
	features.smep = (leaf7.ebx >> 7 & 1) != 0;
	features.smap = (leaf7.ebx >> 20 & 1) != 0;
	features.umip = (leaf7.ecx >> 2 & 1) != 0;
	features.x2apic = (leaf1.ecx >> 21 & 1) != 0;
	features.tsc_deadline = (leaf1.ecx >> 24 & 1) != 0;
	features.xsave = (leaf1.ecx >> 26 & 1) != 0;
	features.avx = (leaf1.ecx >> 28 & 1) != 0;
	features.xgetbv1 = features.xsave && (cpuid_read(0xd, 1).eax >> 2 & 1) != 0;
	if (extended.eax >= 0x80000007u)
		features.tsc_invariant = (cpuid_read(0x80000007u, 0).edx >> 8 & 1) != 0;
	if (extended.eax >= 0x80000004u)
		detect_brand();
	features.meltdown = reads_kernel_speculatively(&leaf0, leaf1.eax, &leaf7);
	features.crystal_hz = tsc_frequency(leaf0.eax);
}
