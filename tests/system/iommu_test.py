#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Devices behind an IOMMU reach what is granted, and nothing else.
usage: iommu_test.py PART [--smp N] [--count N]; PART:
  beyond  a device tries to write and to read what its driver was not granted: in vain, and the log says so
  open    the same without IOMMU, and with one that is off: it is written and read
  kills   the same as `beyond` while the device manager and the memory service are killed all the time
  bridge  one behind a bridge to PCI, which is refused
  disks   disks of all kinds at once, whose drivers and services are killed while they work"""

import argparse
import hashlib
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import bundle
import machine
from monitor import Guest
from disk_kinds import DEBUGFS, MIB, Wrong, check_disk, make_disk, tool
from disk_test import BUILD, place

TIMEOUT = 600
EDU = ["-device", "edu,dma_mask=0xffffffffffffffff"]
ON_PCI = ["-device", "pcie-pci-bridge,id=pci", "-device", "edu,bus=pci,addr=1,dma_mask=0xffffffffffffffff"]
# As it is, with tables of three levels; with four, and a unit that keeps in mind what is not there, too.
UNITS = ([], ["-global", "intel-iommu.aw-bits=48", "-global", "intel-iommu.caching-mode=on"])
MANIFEST = "services/devices/manifest.toml"
DISKS = {"virtio": "vda", "nvme": "nvme0n1", "sata": "sda"}


def bundle_with_driver(folder):
    """The system, and the driver of the device, which the device manager may signal."""
    devices = folder / "devices.toml"
    devices.write_text((ROOT / MANIFEST).read_text().replace("signals = [", 'signals = ["test_driver", '))
    manifests = [path for kind in ("services", "drivers") for path in sorted((ROOT / kind).glob("*/manifest.toml"))
                 if path != ROOT / MANIFEST and path.parent.name != "echo"]
    subprocess.run([sys.executable, ROOT / "tools/manifest.py", "--abi", ROOT / "abi", "--out", folder / "manifests", devices,
                    ROOT / "tests/system/edu/manifest.toml", *manifests], check=True)
    files = bundle.read_specs(filter(None, (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")))
    program = BUILD / "user/test_driver.stripped"
    files["manifests"] = (folder / "manifests").read_bytes()
    files["drv/test_driver"] = program.read_bytes()
    files["drv/test_driver.sig"] = program.with_suffix(".stripped.sig").read_bytes()
    (folder / "bundle").write_bytes(bundle.build(files))
    return folder / "bundle"


def with_edu(smp, folder, until, device, line="sleep 40", **more):
    """What the log says until it says `until`."""
    settings = machine.Settings(build=BUILD, cmd=line, smp=smp, direct=True, accel="tcg", log=folder / "kernel.log",
                                bundle=bundle_with_driver(folder), **more)
    with Guest(settings, folder, device) as guest:
        guest.until_said(until)
        return guest.log()


def must_say(log, *lines):
    """In this order."""
    at = 0
    for line in lines:
        found = re.compile(line, re.MULTILINE).search(log, at)
        if not found:
            raise Wrong(f"the log does not say {line!r} there:\n{log}")
        at = found.end()


def must_not_say(log, line):
    if re.search(line, log, re.MULTILINE):
        raise Wrong(f"the log says {line!r}:\n{log}")


def beyond(options, folder):
    """Each attempt stops the device and starts its driver again; the fourth in a minute is its last."""
    tried = r"^devices: 00:01\.0 tried to {} at [0-9a-f]+, which is not its memory \(\d+\)$"
    again = r"^devices: 00:01\.0 was stopped, and its driver test_driver started again: 0$"
    for kind in UNITS:
        log = with_edu(options.smp, folder, "edu: enable: ", EDU + kind, iommu=True)
        must_say(log, "^devices: IOMMUs that confine devices: 1$", "^edu: what is granted: written$", tried.format("write"), again,
                 "^edu: what is not granted: not written$", tried.format("read"), again, "^edu: what is not granted: not read$",
                 "^edu: afterwards: written$", tried.format("write"), again, tried.format("write"),
                 r"^devices: 00:01\.0 did so too often: it is not used any more$", again, "^edu: enable: -")
        must_not_say(log, "^edu: the end")
    print("a device wrote and read what was granted, and nothing else")


def unconfined(options, folder):
    for more in ({}, {"iommu": True, "options": "iommu=off"}):
        log = with_edu(options.smp, folder, "edu: the end", EDU, **more)
        must_say(log, "^devices: no IOMMU is used: devices reach all memory, so drivers are trusted$",
                 "^edu: what is granted: written$", "^edu: what is not granted: written$", "^edu: what is not granted: read$",
                 "^edu: the end: 0$")
        must_not_say(log, "tried to")
    print("without IOMMU, and with one that is off, it wrote and read what was not granted")


def kills(options, folder):
    """A manager that is killed with a fault in its hand may forget it, or have done all but the last step. Whatever it is, nothing gets
    through, and the device works again for its driver."""
    line = "for i in $(seq 400); do svc restart devices; sleep 0.0$(($i % 7)); svc restart memory; sleep 0.0$(($i % 5)); done"
    log = with_edu(options.smp, folder, "edu: afterwards: written", EDU, line, iommu=True)
    must_say(log, "^edu: what is granted: written$", "tried to", "^edu: what is not granted: not read$", "^edu: afterwards: written$")
    must_not_say(log, "^edu: what is not granted: (written|read)$")
    print(f"the same, with {len(re.findall('started again: 0', log))} times that its driver was started again")


def bridge(options, folder):
    log = with_edu(options.smp, folder, "edu: enable: ", ON_PCI, iommu=True)
    must_say(log, r"^devices: [0-9a-f]{2}:01\.0 is not used: it lies behind a bridge to PCI, and shares its number$",
             "^edu: enable: -")
    with_edu(options.smp, folder, "edu: what is granted: written", ON_PCI)
    print("a device behind a bridge to PCI is refused by name, and works without IOMMU")


# Two of the disks are mounted, which is all that can be; the third is read as it is.
LINE = ("for d in {mounted}; do mkdir /tmp/$d; mount $d /tmp/$d || echo no $d; done; "
        "(i=0; while [ ! -e /tmp/end ]; do for s in virtio-blk devices nvme memory ahci vfs virtio-blk nvme; do svc restart $s; "
        "sleep 0.$(($i % 3))$(($i % 7)); i=$((i + 1)); done; done; echo kills $i) & "
        "for r in {rounds}; do for d in {mounted}; do cp /tmp/{first}/data /tmp/$d/copy$r; sync; "
        "sha256sum </tmp/$d/copy$r; rm /tmp/$d/copy$r; cp /tmp/{first}/data /tmp/$d/last; done; sha256sum </dev/disk/{third}; done; "
        "echo x >/tmp/end; wait; for d in {mounted}; do sha256sum </tmp/$d/last; umount /tmp/$d; echo $?; done; svc | grep -c failed")


def sum_of(data):
    return f"{hashlib.sha256(data).hexdigest()}  -\n"


def disks_at_work(options, folder, kinds):
    """A disk of each kind; the first has a file, and the last is read only."""
    images = {kind: make_disk(folder / f"{kind}.img", 16 * MIB, "-b", "4096") for kind in kinds}
    data = random.Random(options.seed).randbytes(900_000)
    (folder / "data").write_bytes(data)
    tool(DEBUGFS, "-w", "-R", f"write {folder / 'data'} data", images[kinds[0]])
    names = [DISKS[kind] for kind in kinds]
    line = LINE.format(mounted=" ".join(names[:2]), first=names[0], third=names[2], rounds=" ".join(map(str, range(options.count))))
    settings = machine.Settings(build=BUILD, cmd=line, smp=options.smp, direct=True, accel="tcg", log=folder / "kernel.log",
                                iommu=True)
    arguments = []
    for kind, image in images.items():
        arguments += ["-drive", f"if=none,id={kind},format=raw,file={image}",
                      *machine.disk_device(kind, kind, iommu=True)]
    third = sum_of(images[kinds[2]].read_bytes())
    done = subprocess.run(machine.arguments(settings, False) + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          check=False, timeout=TIMEOUT)
    text = done.stdout.decode(errors="replace").replace("\r", "")
    log = settings.log_file.read_text(encoding="utf-8", errors="replace")
    wanted = (2 * sum_of(data) + third) * options.count + r"kills (\d+)\n" + f"{sum_of(data)}0\n" * 2 + r"0\n"
    match = re.fullmatch(wanted, text)
    if not match:
        raise Wrong(f"{', '.join(kinds)}:\n{text}\n{log}")
    must_say(log, "^devices: IOMMUs that confine devices: 1$")
    must_not_say(log, "tried to")
    for image in images.values():
        check_disk(image)
    return int(match[1])


def disks(options, folder):
    kills = [disks_at_work(options, folder, kinds) for kinds in (("virtio", "nvme", "sata"), ("sata", "virtio", "nvme"))]
    print(f"three kinds of disks, {sum(kills)} kills, and no device tried to reach beyond")


def main():
    parts = {"beyond": (beyond, 0), "open": (unconfined, 0), "kills": (kills, 0), "bridge": (bridge, 0), "disks": (disks, 6)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
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
