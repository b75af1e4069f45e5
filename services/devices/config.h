// SPDX-License-Identifier: MIT OR Apache-2.0
/* The machine's configuration space. */
#pragma once

#include "pci.h"

extern const struct pci_bus config_bus;
