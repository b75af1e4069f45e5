# SPDX-License-Identifier: MIT OR Apache-2.0
# The file system exFAT: what it has besides FAT's.

EXFAT_CORE := $(addprefix services/exfat/,variant.c boot.c tables.c upcase.c bitmap.c set.c stamp.c holder.c \
	directory.c entry.c names.c spare.c mend.c)
