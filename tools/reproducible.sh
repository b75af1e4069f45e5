#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds everything that is booted a second time, in another folder, and compares the bytes.

set -eu
first=${BUILD:-build}
second=$first/again
rm -rf "$second"
make --no-print-directory -s BUILD="$second" all >/dev/null
status=0
for file in boot/craton.elf boot/BOOTX64.EFI craton.bundle craton.img; do
	if cmp "$first/$file" "$second/$file"; then
		echo "$file: the same"
	else
		status=1
	fi
done
[ $status != 0 ] || rm -rf "$second"
exit $status
