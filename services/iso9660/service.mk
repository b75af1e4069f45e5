# SPDX-License-Identifier: MIT OR Apache-2.0
# The file system of compact discs.

ISO9660_CORE := $(addprefix services/iso9660/,engine.c record.c sectors.c)
