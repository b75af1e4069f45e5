# SPDX-License-Identifier: MIT OR Apache-2.0
# The file systems FAT12, FAT16 and FAT32.

FAT_CORE := $(addprefix services/fat/,engine.c variant_fat.c mount.c boot.c mend.c mend_entry.c buffer.c commit.c table.c name.c \
	cursor.c scan.c directory.c entry.c node.c names.c file.c grow.c time.c) lib/text/utf.c lib/calendar/calendar.c

$(eval $(call host_test,fat_name,tests/host/services/fat_name_test.c $(addprefix services/fat/,name.c time.c) lib/text/utf.c lib/calendar/calendar.c,\
	-Ilib/include -Iservices/fat -Ilib))
