// SPDX-License-Identifier: MIT OR Apache-2.0
/* What this machine's CPUs can do, found out once at boot (CPUID, Intel SDM volume 2). */
#ifndef ARCH_FEATURES_H
#define ARCH_FEATURES_H

#include <kernel/types.h>

struct features {
	bool smep;
	bool smap;
	bool umip;
	bool x2apic;
	bool tsc_deadline;
	bool tsc_invariant;
	bool xsave;
	bool avx;
	bool xgetbv1;        /* XGETBV with ECX = 1 tells what is in use */
	bool meltdown;       /* the CPU reads kernel memory speculatively: isolate */
	uint64_t crystal_hz; /* TSC frequency from CPUID, 0: unknown */
	char brand[49];
};

extern struct features features;

void features_detect(void);

#endif
