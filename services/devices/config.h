// SPDX-License-Identifier: MIT OR Apache-2.0
/* The machine's configuration space: memory, where the firmware's tables say where (PCI Express
 * Base 3.0, 7.2.2), else ports, which reach the first 256 bytes of each function only. */
#pragma once

#include "pci.h"

extern const struct pci_bus config_bus;

/* At the start of each instance. */
void config_open(void);

/* Of a function, that can be reached. */
uint32_t config_bytes(void);

/* Where configuration space lies, as the tables say: nothing else can. 0: they do not say. */
uint64_t config_place(uint64_t *size);
