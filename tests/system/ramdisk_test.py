#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The disk in memory: volumes are copied onto it, mounted, changed and copied back while its driver and others are killed;
sizes that the machine cannot give are refused by name."""

import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import disk_test
from disk_kinds import KINDS, MIB, Wrong

machine = disk_test.machine
FORMS = {"ext4": (24, 1024), "fat": (24, ("-F", "16", "-s", "2"))}
COUNT = 40  # files
# The first disk has the volume, the second gets what became of it.
WORK = (
    "(r=0; while [ ! -e /tmp/end ]; do svc restart ramdisk; sleep 0.0$(($r % 7)); svc restart ramdisk; [ $(($r % 3)) = 0 ] && svc restart vfs; "
    "[ $(($r % 5)) = 0 ] && svc restart memory; sleep 0.0$(($r % 5)); r=$((r + 1)); done; echo kills $((r * 2)) >/tmp/kills) & "
    "dd if=/dev/disk/vda of=/dev/disk/ram0 bs=64K conv=fsync status=none; blkid /dev/disk/ram0 | grep -c TYPE; mount ram0 /mnt && mkdir /mnt/copy; "
    "dd if=/dev/zero of=/dev/disk/ram0 count=1 status=none 2>&1; "
    "cd /mnt; for n in * .hidden*; do case \"$n\" in copy|lost+found) ;; *) cp -r -- \"$n\" copy;; esac; done; cd /; sync; umount /mnt; "
    "dd if=/dev/disk/ram0 of=/dev/disk/vdb bs=64K count={blocks} conv=fsync status=none; echo x >/tmp/end; wait; cat /tmp/kills; lsblk -b | grep ram0")


def boot(folder, line, disks, option, memory=256):
    settings = disk_test.settings_for(folder, line, disks, smp=2, memory=memory)
    settings.options = option
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=disk_test.TIMEOUT)
    return done.stdout.decode(errors="replace")


def volumes(folder):
    for name, form in FORMS.items():
        kind, tree = KINDS[name], folder / f"tree-{name}"
        disk_test.make_tree(tree, COUNT, random.Random(1), kind.has_links)
        wanted = disk_test.tree_sums(tree)
        image = kind.make(folder / f"{name}.img", form, tree)
        back = folder / f"{name}-back.img"
        back.write_bytes(bytes(image.stat().st_size))
        output = boot(folder, WORK.replace("{blocks}", str(form[0] * 16)), [image, back], "ramdisk=40M")
        match = re.fullmatch(r"1\ndd: /dev/disk/ram0: Resource busy\nkills (\d+)\nram0 +41943040 rw disk\n", output)
        if not match or int(match[1]) < 10:
            raise Wrong(f"{output}\n{(folder / 'kernel.log').read_text(errors='replace')}")
        kind.check(back)
        disk_test.expect(name, disk_test.tree_sums(kind.take_out(back, "/copy", folder / f"out-{name}")), wanted)
        print(f"{name}: {len(wanted)} files came back from memory, over {match[1]} kills of its driver")


# Option, memory of the machine, what the kernel's log says. The driver is there, the disk is not.
REFUSED = (
    ("ramdisk=129M", 512, "ramdisk: no disk: 129M is more than the 128 MiB that it can have"),
    ("ramdisk=4G", 512, "ramdisk: no disk: 4G is more than the 128 MiB that it can have"),
    ("ramdisk=100M", 192, "ramdisk: no disk: 100M is more than half of the memory that is free"),
    ("ramdisk=0", 256, "ramdisk: no disk: boot option ramdisk=SIZE, such as 64M, says how large it is"),
    ("log=normal", 256, "ramdisk: no disk: boot option ramdisk=SIZE, such as 64M, says how large it is"),
)


def refusals(folder):
    for option, memory, wanted in REFUSED:
        line = "svc | grep -c '^ramdisk *stopped'; svc start ramdisk; lsblk | grep -c ram0; svc | grep -c '^ramdisk *running'; seq 1 3 >/tmp/x && wc -l </tmp/x"
        output = boot(folder, line, [], option, memory)
        said = (folder / "kernel.log").read_text(errors="replace")
        disk_test.expect(option, output, f"{int(option == 'log=normal')}\n0\n1\n3\n")
        if wanted not in said:
            raise Wrong(f"{option}: the log does not say: {wanted}\n{said}")
        print(f"{option} with {memory} MiB: {wanted.removeprefix('ramdisk: ')}")


def main():
    with tempfile.TemporaryDirectory(dir=disk_test.place()) as name:
        try:
            refusals(Path(name))
            volumes(Path(name))
        except Wrong as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
