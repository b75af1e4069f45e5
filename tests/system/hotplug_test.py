#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Disks that are plugged and pulled while the system runs, at PCI Express root ports of the emulated machine.
usage: hotplug_test.py PART [--smp N] [--count N] [--iommu]; PART: disks, kills"""

import argparse
import hashlib
import random
import re
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine
from monitor import Guest
from disk_kinds import DEBUGFS, MIB, Wrong, check_disk, make_disk, tool
from disk_test import BUILD, place

TIMEOUT = 600
PORTS = 2
# One more, for which the firmware leaves no room.
BARE = ["-device", "pcie-root-port,id=port2,chassis=3,slot=3,mem-reserve=0,io-reserve=0,pref64-reserve=0"]
DEVICES = {"nvme": "nvme,serial=x,logical_block_size=512", "virtio": "virtio-blk-pci"}
FILES = 8
# Words of the scripts: until the disk is there, until it is not.
COMES = "while ! lsblk | grep -q '{0} '; do sleep 0.1; done; "
GOES = "while lsblk | grep -q '{0} '; do sleep 0.1; done; "


class Machine:
    """A guest with ports, and images that can be plugged into them."""

    def __init__(self, options, folder, script, images):
        line = "mount sda /mnt; cp /mnt/script /tmp; umount /mnt; . /tmp/script"  # a command line has no room for it
        (folder / "script").write_text(script + "\n")
        tool(DEBUGFS, "-w", "-R", f"write {folder / 'script'} script", make_disk(folder / "script.img", 4 * MIB))
        self.settings = machine.Settings(build=BUILD, cmd=line, smp=options.smp, memory=256, direct=True, accel="tcg",
                                         bus="sata", ports=PORTS, iommu=options.iommu, disks=[(folder / "script.img", False)], log=folder / "kernel.log")
        arguments = list(BARE)
        self.devices = DEVICES | ({"virtio": DEVICES["virtio"] + machine.CONFINED} if options.iommu else {})
        for name, image in images.items():
            arguments += ["-blockdev", f"driver=file,node-name={name},filename={image}"]
        self.guest = Guest(self.settings, folder, arguments)

    def __enter__(self):
        self.guest.__enter__()
        return self

    def __exit__(self, *rest):
        self.guest.__exit__(*rest)

    def said(self):
        return self.guest.terminal().replace("\r", "")

    def until(self, text):
        self.wait(lambda: f"{text}\n" in self.said(), repr(text), TIMEOUT)

    def wait(self, condition, what, seconds=60):
        try:
            self.guest.until(condition, what, seconds)
        except AssertionError as error:
            raise Wrong(f"{error}\n{self.said()[-3000:]}") from error

    def ask(self, command):
        answer = self.guest.ask(command)
        if "Error" in answer:
            raise Wrong(f"{command}: {answer[answer.index('Error'):]}")
        return answer

    def plug(self, kind, image, port):
        """The emulator lets an image go some time after the device that had it."""
        command = f"device_add {self.devices[kind]},drive={image},id=in{port},bus=port{port}"
        self.wait(lambda: "Error" not in self.guest.ask(command), command)

    def pull(self, port):
        """Presses the button; the emulator takes the device away when the system has turned the power off."""
        self.ask(f"device_del in{port}")
        self.wait(lambda: f'"in{port}"' not in self.ask("info qtree"), f"port {port} to be empty")

    def end(self):
        self.guest.process.wait(TIMEOUT)
        if "tried to" in self.guest.log():
            raise Wrong(self.guest.log())
        return "".join(line for line in self.said().splitlines(keepends=True) if not line.startswith(machine.QEMU))


def with_files(path, seed, size=32):
    """A disk with files; what `sha256sum *` says of them there."""
    make_disk(path, size * MIB, "-b", "4096")
    source = random.Random(seed)
    sums = ""
    for number in range(FILES):
        data = source.randbytes(source.randrange(1, 400_000))
        file = path.with_suffix(".file")
        file.write_bytes(data)
        tool(DEBUGFS, "-w", "-R", f"write {file} f{number}", path)
        sums += f"{hashlib.sha256(data).hexdigest()}  f{number}\n"
    return sums


DISKS = (
    "lsblk | tail -n +2 | wc -l; echo ready; " + COMES.format("nvme0n1") + "mount nvme0n1 /mnt; (cd /mnt; sha256sum f*); echo one; "
    + COMES.format("vda") + "mkdir /tmp/o; mount vda /tmp/o; cp /mnt/f* /tmp/o; sync; (cd /tmp/o; sha256sum f*); lspci | grep -c '(virtio-blk)'; echo two; "
    "while echo more >>/mnt/log && sync; do :; done 2>/tmp/e; wc -l </tmp/e; " + GOES.format("nvme0n1") +
    "sha256sum /mnt/unknown /mnt/f0 >/dev/null 2>&1; mkdir /tmp/o/d; cp /tmp/o/f* /tmp/o/d; lspci | grep -c '(nvme)'; echo three; "
    # The same slot has another disk, and the first one's volume is still there.
    + COMES.format("nvme0n1") + "sha256sum /dev/disk/nvme0n1; { echo even more >>/mnt/f0; } 2>/dev/null; umount /mnt 2>&1 | grep -c 'I/O error'; "
    "umount -f /mnt 2>/dev/null; lsblk | grep -c '/mnt'; mount nvme0n1 /mnt; (cd /mnt; sha256sum f*); echo of the third >/mnt/new; umount /mnt; echo $?; echo four; "
    + GOES.format("nvme0n1") + COMES.format("vdb") + "mount vdb /mnt; cat /mnt/new; sha256sum /dev/disk/vdb | wc -l; umount /mnt; "
    "(cd /tmp/o/d; sha256sum f*); umount /tmp/o; echo $?; echo five; " + GOES.format("vd[ab]") +
    "ls /dev/disk; svc | grep -c failed; lspci | wc -l; echo ended")


def disks(options, folder):
    """Two kinds, mounted; one is pulled in the middle of its work, and its slot used again, twice."""
    names = ("a", "b", "c")
    images = {name: folder / f"{name}.img" for name in names}
    sums = {name: with_files(image, ord(name)) for name, image in images.items()}
    sums["whole"] = f"{hashlib.sha256(images['c'].read_bytes()).hexdigest()}  /dev/disk/nvme0n1\n"
    with Machine(options, folder, DISKS, images) as m:
        m.until("ready")
        m.plug("nvme", "a", 0)
        m.until("one")
        m.plug("virtio", "b", 1)
        m.until("two")
        time.sleep(0.5)  # in the middle of the loop, wherever
        m.pull(0)
        m.until("three")
        m.plug("nvme", "c", 0)
        m.until("four")
        m.pull(0)
        m.plug("virtio", "c", 2)
        m.until("five")
        m.pull(2)
        m.pull(1)
        text = m.end()
    wanted = (r"1\nready\n{a}one\n{a}1\ntwo\n1\n0\nthree\n{whole}1\n0\n{c}0\nfour\n"
              r"of the third\n1\n{a}0\nfive\nsda\n0\n[0-9]+\nended\n")
    if not re.fullmatch(wanted.format(**{name: re.escape(value) for name, value in sums.items()}), text):
        raise Wrong(f"plugged and pulled:\n{text}")
    for name in ("b", "c"):
        check_disk(images[name])
    print("disks of two kinds came and went, one in the middle of its work; all others went on")


KILLS = (
    COMES.format("vda") + "mkdir /tmp/o; mount vda /tmp/o; "
    "(i=0; while [ ! -e /tmp/end ]; do for s in devices nvme virtio-blk devices vfs; do svc restart $s; sleep 0.$(($i % 3))$(($i % 7)); i=$((i + 1)); done; "
    "sleep 0.2; done; echo kills $i) & "
    "(while [ ! -e /tmp/end ]; do seq 5000 >/tmp/o/x; seq 5000 | cmp - /tmp/o/x || echo wrong; cp /tmp/o/x /tmp/o/y; sync; done) & "
    "echo ready; for r in {rounds}; do " + COMES.format("nvme0n1") +
    "mount nvme0n1 /mnt || echo not mounted; cat /mnt/round; echo $r >/mnt/round; umount /mnt || echo busy; echo in $r; "
    + GOES.format("nvme0n1") + "echo out $r; done; echo x >/tmp/end; wait; umount /tmp/o; svc | grep -c failed; echo ended")


def kills(options, folder):
    """A disk comes and goes while the device manager, the drivers and the VFS are killed; another one is at work."""
    images = {name: folder / f"{name}.img" for name in ("a", "b")}
    for image in images.values():
        make_disk(image, 32 * MIB, "-b", "4096")
    rounds = [str(number) for number in range(options.count)]
    source = random.Random(options.seed)
    with Machine(options, folder, KILLS.replace("{rounds}", " ".join(rounds)), images) as m:
        m.plug("virtio", "b", 1)
        m.until("ready")
        for number in rounds:
            time.sleep(source.random() / 2)
            m.plug("nvme", "a", 0)
            m.until(f"in {number}")
            time.sleep(source.random() / 2)
            m.pull(0)
            m.until(f"out {number}")
        text = m.end()
    text = re.sub(r"cat: /mnt/round: [^\n]*\n", "", text)
    wanted = "ready\n"
    for number in rounds:
        wanted += (f"{int(number) - 1}\n" if number != "0" else "") + f"in {number}\nout {number}\n"
    match = re.fullmatch(wanted + r"kills (\d+)\n0\nended\n", text)
    if not match:
        raise Wrong(f"plugged, pulled, killed:\n{text}")
    for image in images.values():
        check_disk(image)
    print(f"{len(rounds)} times plugged and pulled under {match[1]} kills, nothing lost")


def main():
    parts = {"disks": (disks, 0), "kills": (kills, 12)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--iommu", action="store_true", help="the machine has one")
    options = parser.parse_args()
    part, count = parts[options.part]
    options.count = options.count or count
    with tempfile.TemporaryDirectory(dir=place()) as name:
        try:
            part(options, Path(name))
        except (Wrong, AssertionError) as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
