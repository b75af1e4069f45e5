#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Drivers without a right signature are refused by name, and all else goes on: a machine with a disk of each kind, of whose
three drivers two are signed wrongly, in all ways that there are. Programs of which a bit has changed are not started."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import bundle
import machine

BUILD = Path(os.environ.get("BUILD") or "build")
TIMEOUT = 600
LINE = ("lsblk | tail -n +2 | cut -d ' ' -f 1; svc | grep refused | cut -d ' ' -f 1; svc start {first}; svc restart {second}; "
        "log | grep -c 'is not signed by'; hexdump -n 4 /dev/disk/{good}")
DISKS = {"virtio-blk": ("virtio", "vda"), "nvme": ("nvme", "nvme0n1"), "ahci": ("sata", "sda")}
REFUSED = ("svc: {} is refused: it is not signed by this system's key; sign it with the key that the system was built with "
           "(`make SIGNING_KEY=...')")


def own_signature(data, folder):
    """By a key that is made for it."""
    key, file = folder / "key.pem", folder / "driver"
    file.write_bytes(data)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, stderr=subprocess.DEVNULL)
    return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", file], check=True,
                          stdout=subprocess.PIPE).stdout


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def wrongs(files, name, folder):
    """What can be wrong with a driver: pieces of the bundle."""
    program, signature = f"drv/{name}", f"drv/{name}.sig"
    yield {signature: None}
    yield {signature: own_signature(files[program], folder)}
    yield {program: flipped(files[program], len(files[program]) // 2)}
    yield {signature: files[signature] + b"\0"}
    yield {signature: flipped(files[signature], 40)}
    yield {signature: bytes(64)}


def boot(contents, line, folder):
    path = folder / "bundle"
    path.write_bytes(contents)
    settings = machine.Settings(build=BUILD, cmd=line, direct=True, accel="tcg", bundle=path, log=folder / "kernel.log")
    for bus, _ in DISKS.values():
        disk = folder / f"{bus}.img"
        disk.write_bytes(b"disk" + bytes((1 << 20) - 4))
        settings.extra += ["-drive", f"if=none,id={bus},format=raw,file={disk}", *machine.disk_device(bus, bus)]
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=TIMEOUT)
    return done.stdout.decode(errors="replace")


def damaged(files, name):
    """A bundle in which a file was changed after its hash had been made."""
    contents = bundle.build(files)
    return flipped(contents, contents.index(files[name]) + len(files[name]) // 2)


def look_at_damaged(files, folder):
    """A service that the system needs, and a driver, which it can do without: its signature is looked at first."""
    boot(damaged(files, "svc/clock"), "echo lives", folder)
    log = (folder / "kernel.log").read_text(errors="replace")
    yield "cannot start clock: the bundle's file svc/clock is damaged; build or copy it again" in log and "is not complete" in log
    output = boot(damaged(files, "drv/nvme"), "log | grep -c 'nvme is refused'; lsblk | tail -n +2 | cut -d ' ' -f 1", folder)
    yield output.split() == ["1", "vda", "sda"]


def main():
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ways = [list(wrongs(files, driver, folder)) for driver in DISKS]
        for number in range(len(ways[0])):
            drivers = list(DISKS)
            good = drivers.pop(number % len(drivers))
            changes = {place: data for driver in drivers for place, data in ways[list(DISKS).index(driver)][number].items()}
            contents = bundle.build({place: data for place, data in (files | changes).items() if data is not None})
            output = boot(contents, LINE.format(first=drivers[0], second=drivers[1], good=DISKS[good][1]), folder)
            wanted = [DISKS[good][1], *(driver for driver in DISKS if driver != good), *map(REFUSED.format, drivers), "4",
                      "00000000  64 69 73 6b"]
            got = [line.rstrip() for line in output.rstrip("\n").split("\n")]
            if [line[:len(want)] for line, want in zip(got, wanted)] != wanted:
                print(f"wrong in way {number}: wanted\n" + "\n".join(wanted) + f"\ngot\n{output}")
                return 1
        if not all(look_at_damaged(files, folder)):
            print(f"a damaged file is not told:\n{(folder / 'kernel.log').read_text(errors='replace')}")
            return 1
    print(f"{number + 1} ways, two drivers each, refused by name; the third driver works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
