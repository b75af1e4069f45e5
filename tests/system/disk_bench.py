#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What files on a disk cost with each file system and each driver, in instructions of the program and of all services: for each 4 KiB that is
read or written from one end to the other, and for operations on names. Waiting for the disk does not count."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import disk_test
import machine
from disk_kinds import KINDS

MIB = 16
PAGES = MIB * 256
FILES = 500
TIMES = 10  # what is quick is done so often
TIME = re.compile(r"^real \S+  cpu (\d+\.\d+)s", re.MULTILINE)
SERVICES = re.compile(r"^\S+ +running +\S+ +\d+ +\d+ +\d+ +\S+s +(\d+\.\d+)s", re.MULTILINE)
MARK = "----\n"

# Name of the figures, file system, form, kind of disk, where the file system runs.
VOLUMES = (("ext4-1024", "ext4", (128, 1024), "virtio", "process"), ("ext4-4096", "ext4", (128, 4096), "virtio", "process"),
           ("fat-4096", "fat", (264, ("-F", "32", "-s", "8")), "virtio", "process"),
           ("ext4-wasm", "ext4", (128, 4096), "virtio", "wasm"),
           ("fat-wasm", "fat", (264, ("-F", "32", "-s", "8")), "virtio", "wasm"),
           ("ext4-fused", "ext4", (128, 4096), "virtio", "fused"),
           ("fat-fused", "fat", (264, ("-F", "32", "-s", "8")), "virtio", "fused"),
           ("nvme", "ext4", (128, 4096), "nvme", "process"), ("sata", "ext4", (128, 4096), "sata", "process"))

# Names, the line that is timed, how many operations it is, of what.
STEPS = (
    ("write", "cp /tmp/f /mnt/f; sync", PAGES, "instructions/4KiB"),
    ("read_first", "umount /mnt; mount vda /mnt; cat /mnt/f >/dev/null", PAGES, "instructions/4KiB"),
    ("read_cached", "for i in $times; do cat /mnt/f; done >/dev/null", PAGES * TIMES, "instructions/4KiB"),
    ("create", "cd /mnt/d; touch $names; cd /; sync", FILES, "instructions/file"),
    ("list", "for i in $times; do ls -l /mnt/d; done >/dev/null", FILES * TIMES, "instructions/file"),
    ("remove", "rm -r /mnt/d; sync", FILES, "instructions/file"),
)


def used(text):
    """Nanoseconds, which are instructions here, of all services so far, and of the program that was timed."""
    services = sum(float(value) for value in SERVICES.findall(text))
    program = sum(float(value) for value in TIME.findall(text))
    return round(services * 1e9), round(program * 1e9)


def main():
    lines = [f"mount vda /mnt; head -c {MIB}M /dev/zero >/tmp/f; mkdir /mnt/d; names=$(echo $(seq 1 {FILES})); times=$(echo $(seq 1 {TIMES})); svc; echo {MARK.strip()}"]
    lines += [f'time sh -c "{line}"; svc; echo {MARK.strip()}' for _, line, _, _ in STEPS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for name, kind, form, bus, placement in VOLUMES:
            disk_test.bus = bus
            image = KINDS[kind].make(folder / "b.img", form)
            settings = disk_test.settings_for(folder, "; ".join(lines), [image])
            settings.options = f"filesystems={placement}"
            settings.icount = True
            done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False, timeout=disk_test.TIMEOUT)
            parts = [used(part) for part in done.stdout.split(MARK)[:-1]]
            if len(parts) != len(STEPS) + 1:
                sys.exit(f"figures are missing in:\n{done.stdout}")
            for (step, _, count, unit), before, after in zip(STEPS, parts, parts[1:]):
                print(f"disk.{name}.{step} {(after[0] - before[0] + after[1]) // count} {unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
