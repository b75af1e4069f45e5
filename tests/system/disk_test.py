#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Files on disks that others made and check: e2fsprogs on this machine, Craton in QEMU.
usage: disk_test.py PART [--kind ext4|fat|exfat] [--bus virtio|nvme|sata] [--placement process|wasm|fused] [--smp N] [--count N] [--seed N]; PART: trees, tables,
kills, runs, strange, silent, power, log, errors, vanish, stuck, full, hostile, large, iso, buses"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine
from monitor import Guest
import exfat_image
from disk_kinds import DEBUGFS, FSCK, KINDS, Fat, MKFS, MIB, Wrong, check_disk, make_disk, tool

BUILD = Path(os.environ.get("BUILD") or "build")
SFDISK = "/sbin/sfdisk"
TIMEOUT = 1500
DISKS_MOST = 8  # that a driver takes
SATA_PORTS = 6  # of the emulated machine
DRIVERS = {"virtio": "virtio-blk", "nvme": "nvme", "sata": "ahci"}
bus = "virtio"  # what the disks are; main() sets it
placement = "process"  # where file systems run; the same


def disk_name(kind, letter, part=""):
    """What the system calls the disk with this letter, or its partition."""
    if kind == "nvme":
        return f"nvme{ord(letter) - ord('a')}n1" + (part and f"p{part}")
    return f"{'vd' if kind == 'virtio' else 'sd'}{letter}{part}"


def on_bus(line):
    """Lines are written for virtio disks."""
    line = re.sub(r"\bvd([a-h])(\d*)\b", lambda match: disk_name(bus, *match.groups()), line)
    return line.replace(DRIVERS["virtio"], DRIVERS[bus])


def settings_for(folder, line, disks, smp=1, memory=256):
    return machine.Settings(build=BUILD, cmd=on_bus(line), bus=bus, smp=smp, memory=memory, direct=True, accel="tcg",
                            options=f"filesystems={placement}",
                            disks=[(path, False) for path in disks], log=folder / "kernel.log")


def guest(folder, line, disks, **more):
    """Output and status of a shell line."""
    settings = settings_for(folder, line, disks, **more)
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=TIMEOUT)
    return done.stdout.decode(errors="replace"), machine.exit_status(done.returncode)


def expect(what, got, wanted):
    if isinstance(wanted, str):
        wanted = on_bus(wanted)
    if isinstance(wanted, dict) and got != wanted:
        names = [name for name in sorted(got | wanted) if got.get(name) != wanted.get(name)]
        raise Wrong(f"{what}: {len(names)} differ: {[(name, got.get(name), wanted.get(name)) for name in names[:4]]}")
    if got != wanted:
        raise Wrong(f"{what}: got\n{got}\nwanted\n{wanted}")


# --- trees ----------------------------------------------------------------------------------------

def make_tree(folder, count, source, links=True):
    """Files of all sizes, with odd names, in directories of very different sizes; links."""
    directories = [folder]
    folder.mkdir()
    for number in range(count):
        parent = source.choice(directories) if source.random() < 0.5 else folder
        name = f"{source.choice(['file', 'a long name with spaces ', 'ümläut-', '.hidden', '-x'])}{number}"
        size = source.choice([0, 1, 100, 4095, 4096, 5000, 30000, source.randrange(200_000)])
        (parent / name).write_bytes(source.randbytes(size))
        if os.geteuid() == 0:
            os.chown(parent / name, source.choice([0, 1000, 70000]), source.choice([0, 100, 1 << 20]))
        (parent / name).chmod(source.choice([0o644, 0o755, 0o600, 0o444, 0o7]))
        if number % 10 == 0:
            directory = source.choice(directories) / f"directory{number}"
            directory.mkdir()
            directories.append(directory)
        if number % 25 == 0 and links:
            (parent / f"link{number}").symlink_to(name if number % 50 else "x" * 100)


def tree_sums(folder):
    """Every file and link of a tree, with what is in it."""
    result = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            result[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            result[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            result[name] = "directory"
    return result


def tree_access(folder):
    """Permissions and owners of every file and directory; debugfs copies nine bits only."""
    stats = {str(path.relative_to(folder)): path.lstat() for path in folder.rglob("*") if not path.is_symlink()}
    return {name: f"{stat.st_mode:o} {stat.st_uid}:{stat.st_gid}" for name, stat in stats.items()}


def trees(options, folder):
    source = random.Random(options.seed)
    kind = KINDS[options.kind]
    for number, form in enumerate(kind.forms):
        tree = folder / "t"
        make_tree(tree, options.count, source, kind.has_links)
        wanted, access = tree_sums(tree), tree_access(tree)
        (tree / "script").write_text(
            "cd /mnt\nfind . -type f ! -name script | sort >/tmp/names\n"
            "while read -r name; do sha256sum -- \"$name\"; done </tmp/names\n"
            "mkdir copy\nfor name in * .hidden*; do case \"$name\" in copy|script|lost+found) ;; *) cp -pr -- \"$name\" copy;; esac; done\n"
            "svc restart vfs\ncd /\n")
        image = kind.make(folder / f"{number}.img", form, tree)
        output, status = guest(folder, "mount vda /mnt && sh /mnt/script && umount /mnt", [image])
        expect("status", status, 0)
        sums = {line[66:].removeprefix("./"): line[:64] for line in output.splitlines()}
        expect("sums in Craton", sums, {name: value for name, value in wanted.items() if len(value) == 64})
        kind.check(image)
        copies = kind.take_out(image, "/copy", folder / f"out{number}")
        expect("copies", tree_sums(copies), wanted)
        if kind.has_access:
            expect("permissions and owners of copies", tree_access(copies), access)
        print(f"{kind.name} {form}: {len(sums)} files are right, and so are their copies")
        shutil.rmtree(tree)


# --- partition tables, and what goes wrong --------------------------------------------------------

def partitioned(path, script, number, start):
    with path.open("wb") as file:
        file.truncate(128 * MIB)
    done = subprocess.run([SFDISK, "-q", str(path)], input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        raise Wrong(done.stdout.decode())
    tool(MKFS, "-q", "-F", "-E", f"offset={start * MIB}", path, "32m")
    return number


TABLES = """NAME                 SIZE    TYPE                 MOUNTED ON
vda             134217728 rw disk
  vda1           20971520 rw EFI system
  vda2           33554432 rw Linux
  vda3           77594624 rw Linux swap
vdb             134217728 rw disk
  vdb1           10485760 rw FAT
  vdb5           33554432 rw Linux
vdc              16777216 ro disk
"""


def tables(_, folder):
    gpt, mbr, junk = (folder / f"{name}.img" for name in ("gpt", "mbr", "junk"))
    partitioned(gpt, "label: gpt\n,20M,U\n,32M,L\n,,S\n", 2, 21)
    partitioned(mbr, "label: dos\n2048,20480,c\n,,5\n,65536,83\n", 5, 12)
    junk.write_bytes(random.Random(1).randbytes(16 * MIB))
    settings = settings_for(folder, (
        "lsblk -b; mount vda2 /mnt; echo one >/mnt/f; cp /mnt/f /mnt/g; umount /mnt; mkdir /tmp/m; mount /dev/vdb5 /tmp/m;"
        "echo two >/tmp/m/f; exec 5</tmp/m/f; umount /tmp/m; exec 5<&-; umount /tmp/m; mount -r vda2 /mnt; cat /mnt/g;"
        "echo x >/mnt/g; mount vda2 /tmp/m; mount vdc /tmp/m; mount vdx /tmp/m; mount vda1 /nowhere; mount vda1 /share;"
        "umount /tmp/m; rm -r /mnt/f; rmdir /mnt; df | grep -c 'vda2 .* ro  /mnt'"), [gpt, mbr])
    settings.disks.append((junk, True))
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT)
    expect("output", done.stdout.decode(errors="replace"), TABLES +
           "umount: /tmp/m: files are open there\none\n"
           "sh: 1: /mnt/g: Read-only file system\n"
           "mount: vda2 is mounted already, or /tmp/m cannot be a place for it\n"
           "mount: vdc has no file system that is known (ext4, FAT, exFAT, ISO 9660)\n"
           "mount: there is no disk vdx or no directory /tmp/m; lsblk lists disks\n"
           "mount: there is no disk vda1 or no directory /nowhere; lsblk lists disks\n"
           "mount: vda1 has no file system that is known (ext4, FAT, exFAT, ISO 9660)\n"
           "umount: /tmp/m: nothing is mounted there\n"
           "rm: /mnt/f: Read-only file system\n"
           "rmdir: /mnt: Resource busy\n"
           "1\n")
    for image, start, wanted in ((gpt, 21, "one\n"), (mbr, 12, "two\n")):
        name = f"{image}?offset={start * MIB}"
        tool(FSCK, "-fn", name)
        expect(image.name, tool(DEBUGFS, "-R", "cat f", name).split("\n", 1)[1], wanted)
    disks_as_files(folder, gpt, mbr)
    print("partitions of both kinds, disks as files, and errors that say what is wrong")


def part_of(image, start, size):
    with image.open("rb") as file:
        file.seek(start * MIB)
        return file.read(size * MIB)


def disks_as_files(folder, gpt, mbr):
    """What blkid and dd say is what this machine's tools say."""
    stats = tool(DEBUGFS, "-R", "stats", f"{gpt}?offset={21 * MIB}")
    number, features = (re.search(rf"Filesystem {what}: +(.*)", stats)[1] for what in ("UUID", "features"))
    whole = hashlib.sha256(part_of(gpt, 21, 32)).hexdigest()
    output, _ = guest(folder, "blkid /dev/disk/vda /dev/disk/vda2 /dev/disk/vdb1; fsinfo /dev/disk/vda2 | grep feat; dd if=/dev/disk/vda2 bs=1M status=none | sha256sum;"
                      "dd if=/dev/disk/vdb5 of=/dev/disk/vda1 bs=1M count=4 seek=3 status=none conv=fsync; "
                      "mount /dev/disk/vda2 /mnt; mount vda /tmp 2>&1; dd if=/dev/zero of=/dev/disk/vda count=1 status=none 2>&1; "
                      "dd if=/dev/zero of=/dev/disk/vda3 count=1 seek=1 status=none 2>&1; umount /mnt", [gpt, mbr])
    expect("disks as files", output, '/dev/disk/vda: TYPE="partition table (GPT)"\n'
           f'/dev/disk/vda2: UUID="{number}" TYPE="ext4"\nfeatures           {features}\n{whole}  -\n'
           "mount: vda is mounted already, or /tmp cannot be a place for it\n"
           "dd: /dev/disk/vda: Resource busy\n")
    if part_of(gpt, 4, 4) != part_of(mbr, 12, 4):
        raise Wrong("what dd copied from one disk to the other is different")
    tool(FSCK, "-fn", f"{gpt}?offset={21 * MIB}")
    disks_between_mounts(folder, gpt, mbr)


def disks_between_mounts(folder, gpt, mbr):
    """What was written to a disk is there when it is mounted; what was cached of it is not taken for what it is afterwards."""
    output, _ = guest(folder, "dd if=/dev/disk/vda2 of=/dev/disk/vdb5 bs=1M skip=1 seek=1 conv=fsync status=none; "
                      "dd if=/dev/disk/vda2 of=/dev/disk/vdb5 bs=1M count=1 status=none; mount vdb5 /mnt; ls /mnt; mkdir /mnt/new; umount /mnt; "
                      "sha256sum </dev/disk/vdb5; mount -r vdb5 /mnt; ls /mnt", [gpt, mbr])
    whole = hashlib.sha256(part_of(mbr, 12, 32)).hexdigest()
    expect("a disk between mounts", output, f"f\ng\nlost+found\n{whole}  -\nf\ng\nlost+found\nnew\n")
    tool(FSCK, "-fn", f"{mbr}?offset={12 * MIB}")


# --- kills ----------------------------------------------------------------------------------------

KILLS = (
    "mount vda /mnt; cd /mnt; (r=0; while [ $r -lt {rounds} ]; do svc restart virtio-blk; sleep 0.0$(($r % 7)); "
    "svc restart vfs; sleep 0.0$(($r % 5)); svc restart filesystem0; sleep 0.0$(($r % 6)); [ $(($r % 4)) = 0 ] && svc restart devices; r=$((r + 1)); done; echo x >/tmp/end) & "
    "i=0; while [ ! -e /tmp/end ]; do mkdir d$i && seq $i $((i + 20000)) >d$i/a && cp d$i/a d$i/b && mv d$i/b d$i/c && "
    "cmp d$i/a d$i/c && seq $i $((i + 20000)) | cmp - d$i/c || {{ echo wrong $i; break; }}; "
    "[ $((i % 3)) = 0 ] && sync; [ $i -ge 8 ] && rm -r d$((i - 8)); i=$((i + 1)); done; "
    "wait; cd /; echo rounds $i; svc >/tmp/svc; umount /mnt || echo busy; grep -c failed /tmp/svc")


def kills(options, folder):
    """The disk's driver and the VFS with its file system are ended again and again under a load that checks itself."""
    kind = KINDS[options.kind]
    image = kind.make(folder / "k.img", kind.forms[0])
    output, _ = guest(folder, KILLS.format(rounds=options.count), [image], smp=options.smp)
    match = re.fullmatch(r"rounds (\d+)\n0\n", output)
    if not match or int(match[1]) < 1:
        raise Wrong(f"{output}\n{(folder / 'kernel.log').read_text(errors='replace')}")
    kind.check(image)
    names = {name for name in kind.names(image) if re.fullmatch(r"d\d+", name)}
    expect("directories", names, {f"d{i}" for i in range(max(0, int(match[1]) - 8), int(match[1]))})
    print(f"{(2 if placement == 'fused' else 3) * options.count} kills, {match[1]} rounds of work, nothing lost")


# --- a file system that does not answer -----------------------------------------------------------

SILENT = (
    "mount vda /mnt; echo old >/mnt/a; svc stop filesystem0; (echo new >/mnt/b && mv /mnt/b /mnt/c && cat /mnt/a /mnt/c >/tmp/end) & "
    "for i in 1 2 3 4 5 6 7 8 9; do echo $i >/tmp/n; cp /tmp/n /tmp/m; cat /tmp/m >>/tmp/all; done; "
    "test -e /tmp/end && echo too early; wc -l </tmp/all; svc start filesystem0; wait; cat /tmp/end; umount /mnt; svc stop filesystem0; "
    "mount vda /mnt; cat /mnt/c; umount /mnt")


def silent(_, folder):
    """The process of a volume is stopped: who needs it waits, others go on; when it runs again all goes on. It starts with the next mount."""
    kind = KINDS["ext4"]
    image = kind.make(folder / "s.img", kind.forms[0])
    output, _ = guest(folder, SILENT, [image])
    expect("output", output, "9\nold\nnew\nnew\n")
    kind.check(image)
    print("a silent file system holds up nobody else")


# --- several drivers ------------------------------------------------------------------------------

BUSES = (
    "mkdir /tmp/m; mount nvme0n1p2 /tmp/m && mkdir /tmp/m/t; sync; sync; mount -r vda /mnt; "
    "(r=0; while [ ! -e /tmp/end ]; do svc restart nvme; sleep 0.2$(($r % 7)); svc restart ahci; svc restart virtio-blk; "
    "sleep 0.2$(($r % 5)); [ $(($r % 3)) = 0 ] && svc restart vfs; r=$((r + 1)); done; echo kills $((r * 3))) & "
    "cd /mnt; for n in * .hidden*; do [ \"$n\" = lost+found ] || cp -r -- \"$n\" /tmp/m/t; done; cd /; dd if=/dev/disk/vda of=/dev/disk/sda bs=64K conv=fsync status=none; "
    "cmp /dev/disk/vda /dev/disk/sda; umount /tmp/m; umount /mnt; echo x >/tmp/end; wait; lsblk | wc -l")


def buses(options, folder):
    """A disk of each kind at once: one is copied to the two others, while all drivers are killed."""
    source = random.Random(options.seed)
    tree = folder / "t"
    make_tree(tree, options.count, source)
    kind = KINDS["ext4"]
    virtio = kind.make(folder / "v.img", kind.forms[0], tree)
    nvme = folder / "n.img"
    partitioned(nvme, "label: dos\nstart=2048, size=2048, type=6\nstart=8192, size=65536, type=83\n", 2, 4)
    sata = folder / "s.img"
    with sata.open("wb") as out:
        out.truncate(virtio.stat().st_size)
    settings = settings_for(folder, BUSES, [virtio], smp=options.smp)
    for name, path in (("nvme", nvme), ("sata", sata)):
        settings.extra += ["-drive", f"if=none,id={name},format=raw,file={path}", *machine.disk_device(name, name)]
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=TIMEOUT)
    output = done.stdout.decode(errors="replace")
    match = re.fullmatch(r"kills (\d+)\n6\n", output)
    if not match:
        raise Wrong(f"{output}\n{(folder / 'kernel.log').read_text(errors='replace')}")
    if virtio.read_bytes() != sata.read_bytes():
        raise Wrong("the copy on the SATA disk is different")
    part = folder / "p.img"
    part.write_bytes(part_of(nvme, 4, 32))
    kind.check(part)
    expect("copies", tree_sums(kind.take_out(part, "/t", folder / "out")), tree_sums(tree))
    print(f"three drivers, {match[1]} kills, both copies are right")


# --- power cuts -----------------------------------------------------------------------------------

LOAD = ("mount vda /mnt; cd /mnt; i=0; while :; do seq $i $((i + 5000)) >f$i; mkdir d$i; cp f$i d$i; [ $i -ge 5 ] && "
        "mv f$((i - 5)) d$((i - 5))/moved; [ $i -ge 9 ] && rm -r d$((i - 9)); sync && echo synced $i; i=$((i + 1)); done")


def synced_of(text):
    """The last sync of which the outside heard, or -1."""
    return max((int(number) for number in re.findall(r"synced (\d+)\n", text)), default=-1)


def contents_of(number):
    return "".join(f"{value}\n" for value in range(number, number + 5001)).encode()


def check_synced(kind, image, last, folder):
    """What was there at the last sync is there still, but for what was moved or removed since."""
    shutil.rmtree(folder, ignore_errors=True)
    kind.take_out(image, "/", folder)
    for number in range(max(0, last - 3), last + 1):
        for name in (f"f{number}", f"d{number}/f{number}"):
            file = folder / name
            if not file.exists() or file.read_bytes() != contents_of(number):
                raise Wrong(f"after a cut behind sync {last}: {name} is lost or wrong")


def power(options, folder):
    """The emulator is ended at some instant: then Craton mounts the disk again, and a Linux tool repairs a copy."""
    source = random.Random(options.seed)
    kind = KINDS[options.kind]
    for cut in range(options.count):
        image = kind.make(folder / "p.img", source.choice(kind.forms))
        settings = settings_for(folder, LOAD, [image])
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=out)
            end = time.monotonic() + TIMEOUT
            while synced_of((folder / "out").read_text(errors="replace")) < source.randrange(1, 40):
                if process.poll() is not None or time.monotonic() > end:
                    raise Wrong((folder / "out").read_text(errors="replace"))
                time.sleep(source.random() / 20)
            process.send_signal(signal.SIGKILL)
            process.wait()
        last = synced_of((folder / "out").read_text(errors="replace"))
        shutil.copyfile(image, folder / "copy.img")
        kind.repair(folder / "copy.img")
        check_synced(kind, folder / "copy.img", last, folder / "copy")
        output, status = guest(folder, "mount vda /mnt && ls /mnt >/tmp/x && umount /mnt", [image])
        expect("mounting again", (output, status), ("", 0))
        kind.check(image)
        check_synced(kind, image, last, folder / "copy")
        print(f"cut {cut + 1} of {options.count}: behind sync {last}, nothing lost")


# --- every state that the device can have ---------------------------------------------------------

LOG_MAGIC, LOG_FLUSH, LOG_FUA, LOG_DISCARD = 0x6a736677736872, 1, 2, 4


def read_log(path):
    """What QEMU's blklogwrites noted: (offset, bytes, flags), in order."""
    data = path.read_bytes()
    magic, _, count, sector = struct.unpack_from("<QQQI", data)
    if magic != LOG_MAGIC:
        raise Wrong("no log of writes")
    entries, at = [], sector
    for _ in range(count):
        start, sectors, flags, size = struct.unpack_from("<QQQQ", data, at)
        at += sector
        length = 0 if flags & LOG_DISCARD else sectors * sector
        entries.append((start * sector, data[at:at + length], flags))
        at += length
    return entries


def states(entries, count, source):
    """Everything up to some flush, and some of what came behind it before a point in front of the next. What was forced
    to last does: else later writes would be there without what they were built on."""
    flushes = [index for index, entry in enumerate(entries) if entry[2] & LOG_FLUSH]
    for _ in range(count):
        cut = source.choice(flushes)
        end = next((index for index in flushes if index > cut), len(entries))
        point = source.randrange(cut + 1, end + 1)
        loose = [entry for entry in entries[cut + 1:point] if entry[2] & LOG_FUA or source.random() < 0.5]
        yield cut, entries[:cut + 1] + loose


def log(options, folder):
    """One load, of which each write is noted; then disks as the power could have left them."""
    source = random.Random(options.seed)
    kind = KINDS[options.kind]
    image = kind.make(folder / "l.img", kind.small)
    base = image.read_bytes()
    noted = folder / "writes"
    noted.touch()
    settings = settings_for(folder, LOAD.replace("while :", f"while [ $i -lt {options.rounds} ]"), [])
    settings.extra = ["-blockdev", f"driver=file,node-name=data,filename={image}", "-blockdev",
                      f"driver=file,node-name=notes,filename={noted}", "-blockdev",
                      "driver=blklogwrites,node-name=disk,file=data,log=notes,log-sector-size=512",
                      *machine.disk_device(bus, "disk")]
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=TIMEOUT)
    expect("syncs", synced_of(done.stdout.decode(errors="replace")), options.rounds - 1)
    entries = read_log(noted)
    states_made = []
    for number, (cut, state) in enumerate(states(entries, options.count, source)):
        disk = bytearray(base)
        for offset, data, _ in state:
            disk[offset:offset + len(data)] = data
        path = folder / f"state{number}.img"
        path.write_bytes(disk)
        if kind.repairs:
            check_repair(kind, path, f"state {number}, behind entry {cut}", folder)
        if number < SATA_PORTS or not kind.repairs:
            states_made.append(path)
        else:
            path.unlink()
    most = SATA_PORTS if bus == "sata" else DISKS_MOST
    for first in range(0, len(states_made), most):
        own = states_made[first:first + most]
        output, _ = guest(folder, f"for d in {' '.join('abcdefgh'[:len(own)])}; do mount vd$d /mnt && find /mnt -type f | xargs cat "
                          ">/dev/null && umount /mnt || echo $d; done", own)
        expect("mounting the states", output, "")
        for path in own:
            kind.check(path)
    print(f"{options.count} states of {len(entries)} writes and flushes: each is whole after its journal, or was mended")


def check_repair(kind, path, what, folder):
    """That the journal is enough."""
    copy = folder / "state.img"
    shutil.copyfile(path, copy)
    repaired = kind.repair(copy)
    if re.search(r"FIXED|Fix\?|WARNING|differ|wrong", repaired.replace("recovering journal", "")):
        raise Wrong(f"{what}:\n{repaired}")


# --- disks that fail, are full, or lie ------------------------------------------------------------

def debug_disk(image, *errors):
    """The image behind a filter that lets requests fail."""
    described = {"driver": "blkdebug", "node-name": "disk", "image": {"driver": "file", "filename": str(image)},
                 "inject-error": list(errors)}
    return ["-blockdev", json.dumps(described), *machine.disk_device(bus, "disk")]


def block_of(image, name, nth=0):
    """Where a block of a file lies, in sectors of 512 bytes."""
    return int(tool(DEBUGFS, "-R", f"bmap {name} {nth}", image).split("\n")[1]) * 8


def failing(folder, image, line, *errors):
    settings = settings_for(folder, line, [])
    settings.extra = debug_disk(image, *errors)
    done = subprocess.run(machine.arguments(settings, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT)
    lines = done.stdout.decode(errors="replace").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(machine.QEMU))


def errors(_, folder):
    """Who asks for what cannot be read or written hears of it, and nobody else."""
    tree = folder / "tree"
    tree.mkdir()
    for name in ("good", "bad", "other"):
        (tree / name).write_text(f"{name}\n" * 2000)
    image = make_disk(folder / "e.img", 32 * MIB, "-b", "4096", "-d", tree)
    sector = block_of(image, "/bad")
    output = failing(folder, image, "mount vda /mnt; head -n 1 /mnt/good; head -n 1 /mnt/bad; echo $?; head -n 1 /mnt/other;"
                     "echo new >/mnt/new; umount /mnt; echo $?; mount vda /mnt; cat /mnt/new",
                     {"event": "none", "iotype": "read", "errno": 5, "sector": sector, "once": False})
    expect("a bad sector", output, "good\nhead: /mnt/bad: I/O error\n1\nother\n0\nnew\n")
    check_disk(image)
    output = failing(folder, image, "mount vda /mnt; echo one >/mnt/one; sync; echo $?; cat /mnt/one; cat /mnt/good | wc -l; "
                     "svc | grep -c failed", {"event": "none", "iotype": "write", "errno": 5, "sector": block_of(image, "/new"), "once": False})
    expect("another place is written", output, "0\none\n2000\n0\n")
    output = failing(folder, image, "mount vda /mnt; dd if=/dev/zero of=/mnt/bad bs=512 count=1 conv=notrunc status=none; umount /mnt 2>&1; echo $?; "
                     "umount -f /mnt 2>&1; echo $?; mount vda /mnt; echo $?; cat /mnt/good | wc -l; umount /mnt; echo $?",
                     {"event": "none", "iotype": "write", "errno": 5, "sector": sector, "once": False})
    expect("contents that cannot be written", output, "umount: /mnt: I/O error; umount -f gives up what cannot be written\n1\n"
           "umount: /mnt: I/O error\n1\n0\n2000\n0\n")
    if bus != "nvme":  # whose writes last without a flush
        output = failing(folder, image, "mount vda /mnt 2>&1; echo $?; svc | grep -c failed; ls /mnt",
                         {"event": "none", "iotype": "flush", "errno": 5, "once": False})
        expect("nothing lasts", output, "mount: vda: I/O error\n1\n0\n")
    output = failing(folder, image, "mount vda /mnt; seq 9 >/mnt/two; sync; echo $?; { echo >>/mnt/two; } 2>&1; umount /mnt 2>&1; echo $?; ls /mnt; "
                     "svc | grep -c failed",
                     {"event": "none", "iotype": "write", "errno": 5, "sector": block_of(image, "<8>", 1), "once": False})
    expect("a journal that cannot be written", output, "sync: I/O error\n1\nsh: 1: echo: write error: Read-only file system\n"
           "umount: /mnt: I/O error\n1\n0\n")
    print("bad sectors, writes and flushes that fail: named errors, and the rest goes on")


LOST = ("mount vda /mnt; mkdir /tmp/o; mount vdb /tmp/o; cat /mnt/warm; echo kept >/mnt/kept; sync; echo ready; "
        "while echo more >>/mnt/log && sync; do :; done 2>/tmp/e; cat /tmp/e; cat /mnt/warm; sha256sum /mnt/cold; echo $?; "
        "ls /mnt >/dev/null 2>&1; for d in 1 2 3 4; do mkdir /tmp/o/$d; for n in 1 2 3 4 5 6 7 8 9; do cp /share/text/LICENSE-APACHE /tmp/o/$d/$n; done; done; umount /tmp/o; echo $?; umount /mnt; echo $?; umount -f /mnt; echo $?; mount vda /mnt; echo $?; "
        "svc | grep -c failed; lsblk >/dev/null; echo ended")


# Whether contents or the journal are first to fail is chance: then the volume stays, or goes with the first umount.
LOST_SAYS = (r"warm\nready\n(sync: I/O error|sh: 1: echo: write error: (Read-only file system|I/O error))\nwarm\n"
             r"sha256sum: /mnt/cold: I/O error\n1\n0\n"
             r"(umount: /mnt: I/O error; umount -f gives up what cannot be written\n1\numount: /mnt: I/O error"
             r"|umount: /mnt: I/O error\n1\numount: /mnt: nothing is mounted there)\n1\nmount: vda: I/O error\n1\n0\nended\n")


def vanish(_, folder):
    """A disk that is gone in the middle of the work: named errors, and the other disk goes on."""
    image = make_disk(folder / "v.img", 64 * MIB, "-b", "4096")
    other = make_disk(folder / "o.img", 32 * MIB, "-b", "4096")
    files = {"warm": b"warm\n", "cold": bytes(range(256)) * (4 * MIB // 256)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
        tool(DEBUGFS, "-w", "-R", f"write {folder / name} {name}", image)
    settings = settings_for(folder, LOST, [])
    arguments = ["-drive", f"if=none,id=disk,format=raw,file={image}", *machine.disk_device(bus, "disk"),
                 "-drive", f"if=none,id=other,format=raw,file={other}", *machine.disk_device(bus, "other", 1)]
    with Guest(settings, folder, arguments) as machine_:
        machine_.until(lambda: "ready" in machine_.terminal(), "the first writes")
        time.sleep(0.5)  # in the middle of the loop, wherever
        machine_.ask("drive_del disk")
        machine_.process.wait(TIMEOUT)
        lines = machine_.terminal().replace("\r", "").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(machine.QEMU))
    if not re.fullmatch(on_bus(LOST_SAYS), text):
        raise Wrong(f"a disk that vanished:\n{text}")
    check_disk(other)
    print("a disk that vanished: named errors, the other one and the services went on")


def stuck(_, folder):
    """A device that takes requests and does not end them: it is reset, asked again, and then the program hears of it. It can be used when it answers again."""
    image = make_disk(folder / "s.img", 64 * MIB, "-b", "4096")
    other = make_disk(folder / "o.img", 32 * MIB, "-b", "4096")
    data = bytes(range(256)) * (MIB // 256)
    for disk in image, other:
        (folder / "file").write_bytes(data)
        tool(DEBUGFS, "-w", "-R", f"write {folder / 'file'} file", disk)
    digest = hashlib.sha256(data).hexdigest()
    settings = settings_for(folder, "mount vda /mnt; mkdir /tmp/o; mount vdb /tmp/o; ls /mnt >/tmp/e; echo ready; sleep 3; "
                            "cat /mnt/file >/tmp/f || echo failed; sha256sum </tmp/o/file; echo stuck; sleep 3; sha256sum </mnt/file; "
                            "umount /tmp/o; umount /mnt", [])
    arguments = ["-drive", f"if=none,id=disk,format=raw,file={image}", *machine.disk_device(bus, "disk"),
                 "-drive", f"if=none,id=other,format=raw,file={other}", *machine.disk_device(bus, "other", 1)]
    with Guest(settings, folder, arguments) as machine_:
        machine_.until(lambda: "ready" in machine_.terminal(), "the mounts")
        machine_.ask("block_set_io_throttle disk 1 0 0 0 0 0")  # a byte a second: all but the first request stay there
        started = time.monotonic()
        machine_.until(lambda: "stuck" in machine_.terminal(), "an error", 120)
        seconds = time.monotonic() - started
        machine_.ask("block_set_io_throttle disk 0 0 0 0 0 0")
        machine_.process.wait(TIMEOUT)
        text = "".join(line for line in machine_.terminal().replace("\r", "").splitlines(keepends=True) if not line.startswith(machine.QEMU))
    if not re.fullmatch(fr"ready\ncat: [^\n]*timed out\nfailed\n{digest}  -\nstuck\n{digest}  -\n", text):
        raise Wrong(f"a disk that does not answer:\n{text}")
    if not re.search(r"did not answer and was reset: its requests are begun again.*did not answer and was reset: its requests have failed", machine_.log(), re.DOTALL):
        raise Wrong(f"the device was not reset twice:\n{machine_.log()}")
    if seconds < 15:
        raise Wrong(f"it was given up after {seconds:.0f} seconds")
    check_disk(image)
    check_disk(other)
    print(f"a disk that does not answer: a named error after {seconds:.0f} seconds, and it works again")


def full(options, folder):
    kind = KINDS[options.kind]
    for form in kind.full:
        image = kind.make(folder / "f.img", form)
        output, _ = guest(folder, "mount vda /mnt; cat /dev/zero >/mnt/all 2>/tmp/e; cat /tmp/e; mkdir /mnt/d 2>/tmp/e && echo made; "
                          "echo x >/mnt/x 2>/tmp/e; rm /mnt/all; sync; seq 100000 >/mnt/x; seq 100000 | cmp - /mnt/x && echo fits; "
                          "umount /mnt", [image])
        if not re.fullmatch(r"cat: [^\n]*No space left on device\n(made\n)?fits\n", output):
            raise Wrong(f"{form}: {output}")
        kind.check(image)
    print("full disks: an error, and room again after removing")


def large(options, folder):
    """A directory that is larger than what is kept of a volume in memory."""
    kind = KINDS[options.kind]
    image = kind.make_many(folder / "large.img", options.count)
    output, _ = guest(folder, "mount vda /mnt; cd /mnt; ls | wc -l; echo one >'A long name.text'; mkdir 'Another long name'; mv f0000999.txt 'moved here'; "
                      "mv f0000001.txt 'Another long name/x'; rm f0000500.txt; ls | wc -l; cat 'A long name.text'; cd /; umount /mnt", [image])
    expect("a large directory", output, f"{options.count}\n{options.count}\none\n")
    kind.check(image)
    print(f"{options.count} files in one directory")


def busy_table(path):
    """FAT32 of which nearly all of what can be kept of its table in memory is taken, by nobody."""
    Fat.make(path, (300, ("-F", "32", "-s", "1")))
    with path.open("r+b") as file:
        boot = file.read(512)
        reserved, tables, size = struct.unpack_from("<H", boot, 14)[0], boot[16], struct.unpack_from("<I", boot, 36)[0]
        for number in range(tables):
            file.seek((reserved + number * size) * 512 + 4 * 3)
            file.write(struct.pack("<I", 0x0fffffff) * 400_000)
        file.seek(512 + 488)
        file.write(b"\xff" * 8)
    return path


def runs(_, folder):
    """What is looked through, or changed, for one operation and is more than fits into memory, or one transaction, together: a run of exFAT that
    cannot go on becomes a chain; free clusters lie behind many that are taken."""
    image = KINDS["exfat"].make(folder / "run.img", (128, 512, 512))
    output, _ = guest(folder, "mount vda /mnt; head -c 12M /dev/zero >/mnt/a; sync; echo b >/mnt/b; sync; head -c 3M /dev/zero >>/mnt/a; umount /mnt; "
                      "mount vda /mnt; sha256sum /mnt/a; cat /mnt/b; rm /mnt/a; umount /mnt", [image])
    expect("a long run", output, f"{hashlib.sha256(bytes(15 * MIB)).hexdigest()}  /mnt/a\nb\n")
    KINDS["exfat"].check(image)
    output, _ = guest(folder, "mount vda /mnt; seq 1 100000 >/mnt/x; umount /mnt; mount vda /mnt; tail -n 1 /mnt/x; umount /mnt",
                      [busy_table(folder / "busy.img")])
    expect("a busy table", output, "100000\n")
    print("a long run went on as a chain, and free clusters were found behind many others")


def strange_volume(path, sets, behind=b""):
    """exFAT with these sets in its root, and something behind its end. Its first three free clusters are a file's."""
    volume = exfat_image.make_empty(16 * MIB, 512, 4096)
    root = volume.content(volume.chain(volume.root))
    used = next(at for at in range(0, len(root), 32) if root[at] == 0)
    first = next(cluster for cluster in range(2, 100) if volume.is_free(cluster))
    for cluster in range(first, first + 3):
        volume.take(cluster)
    volume.put((root[:used] + b"".join(make([first, first + 1, first + 2]) for make in sets) + behind).ljust(4096, b"\0"), [volume.root])
    path.write_bytes(volume.image)
    return path


def strange(_, folder):
    """What no formatter makes: two files with one run of clusters; entries behind the end of a directory; entries of others, which go with the
    file that is moved over another."""
    made, plain = exfat_image.Volume.file_set, exfat_image.ARCHIVE
    image = strange_volume(folder / "run.img", [lambda run, name=name: made(name, plain, run, True, 12288, 12288, False) for name in ("one", "two")])
    output, _ = guest(folder, "mount vda /mnt; df | grep vda; rm /mnt/one; sync; df | grep vda; rm /mnt/two; sync; df | grep vda; touch /mnt/x; umount /mnt", [image])
    used = [int(line.split()[2]) for line in output.splitlines() if line.startswith("vda")]
    if len(used) != 3 or used[1:] != [used[0] - 12] * 2:
        raise Wrong(f"two files in one run: {output}")
    empty = made("ghost", plain, [], False, 0, 0, False)
    image = strange_volume(folder / "end.img", [lambda run: made("a", plain, run, True, 12288, 12288, False)], bytes(32) + 2 * empty)
    output, _ = guest(folder, "mount vda /mnt; ls /mnt; echo new >/mnt/new; umount /mnt; mount vda /mnt; ls /mnt; cat /mnt/new; echo more >/mnt/more; rm /mnt/new; umount /mnt",
                      [image])
    expect("behind the end", output, "a\na\nnew\nnew\n")
    KINDS["exfat"].check(image)
    expect("names", sorted(exfat_image.names(image)), ["a", "more"])
    entries = (b"of the first one", b"of the other one")
    for number, (first, second, wanted) in enumerate(((*entries, [entries[0]]), (None, entries[1], []), (entries[0], None, []))):
        image = strange_volume(folder / f"mv{number}.img", [lambda run: made("first", plain, run, True, 12288, 12288, first),
                                                             lambda run: made("other", plain, [], False, 0, 0, second)])
        output, _ = guest(folder, "mount vda /mnt; mv /mnt/first /mnt/other; ls -l /mnt | wc -l; umount /mnt", [image])
        expect("files", output, "1\n")
        data = image.read_bytes()
        volume = exfat_image.Volume(bytearray(data))
        root = volume.content(volume.chain(volume.root))
        there = [entry[2:18] for entries_of_one in volume.entries(root) for entry in entries_of_one if entry[0] == exfat_image.VENDOR]
        expect(f"entries of others, case {number}", there, wanted)
        expect("the file", [(name, size) for name, _, _, _, size in volume.files(volume.chain(volume.root))], [("other", 12288)])
    print("two files in one run, entries behind the end, entries of others")


def iso(options, folder):
    """Trees on images of compact discs, with each kind of names."""
    source = random.Random(options.seed)
    tree = folder / "t"
    make_tree(tree, options.count, source)
    deep = tree.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"deep")
    files = {name: value for name, value in tree_sums(tree).items() if len(value) == 64}
    (tree / "directory0" / "to-deep").symlink_to("../" + "/".join("abcdefghij") + "/file")
    for kind, flags in (("rock ridge", ["-R"]), ("joliet", ["-J", "-joliet-long", "-D"]), ("plain", ["-D"])):
        image = folder / "i.iso"
        tool("genisoimage", "-quiet", "-input-charset", "utf-8", *flags, "-o", image, tree)
        output, _ = guest(folder, "mount vda /mnt; cd /mnt; find . -type f | sort >/tmp/names; while read -r n; do sha256sum -- \"$n\"; done </tmp/names; "
                          "cd /; cat /mnt/directory0/to-deep; find /mnt -type l | wc -l; { echo x >/mnt/x; } 2>&1; umount /mnt", [image])
        lines = output.splitlines()
        sums = {line[66:].removeprefix("./"): line[:64] for line in lines if len(line) > 66 and line[64:66] == "  "}
        if kind == "plain":
            expect("contents", sorted(sums.values()), sorted(files.values()))
        else:
            expect(kind, sums, files)
        if kind == "rock ridge":
            expect("links", lines[-2], f"deep{options.count // 25 + 1}")
        expect("writing", lines[-1], "sh: 1: /mnt/x: Read-only file system")
        print(f"{kind}: {len(sums)} files are right")


HOSTILE = ("for d in a b c d e f g h; do mount vd$d /mnt 2>/dev/null && { find /mnt >/tmp/names 2>/dev/null; "
           "while read -r n; do [ -f \"$n\" ] && head -c 20000 \"$n\" >/dev/null 2>&1; done </tmp/names; "
           "{ echo x >/mnt/new; } 2>/dev/null; mkdir /mnt/newdir 2>/dev/null; rm -r /mnt/lost+found 2>/dev/null; }; "
           "umount /mnt 2>/dev/null; done; echo ended; svc | grep -cE '^(vfs|virtio-blk|memory|process) +running .* 0     0 '")


def hostile(options, folder):
    """Volumes with changed bytes in what describes them: refused, or read as far as they make sense. Nothing hangs."""
    source = random.Random(options.seed)
    kind = KINDS[options.kind]
    tree = folder / "t"
    make_tree(tree, 60, source, kind.has_links)
    good = kind.make(folder / "good.img", kind.full[0], tree).read_bytes()
    for round_number in range(options.count):
        disks = []
        for number in range(8):
            data = bytearray(good)
            for _ in range(source.choice((1, 4, 30, 300))):
                at = source.randrange(*kind.metadata)
                data[at] = source.choice((0, 255, data[at] ^ 1 << source.randrange(8), source.randrange(256)))
            path = folder / f"h{number}.img"
            path.write_bytes(data)
            disks.append(path)
        output, _ = guest(folder, HOSTILE, disks)
        expect(f"round {round_number}", output, "ended\n4\n")
    print(f"{8 * options.count} changed volumes: nothing hangs, nothing breaks")


def place():
    """In memory, where there is enough of it."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


def main():
    parts = {"buses": (buses, 60), "iso": (iso, 100), "strange": (strange, 0), "large": (large, 30000), "runs": (runs, 0), "errors": (errors, 0), "vanish": (vanish, 0), "stuck": (stuck, 0), "full": (full, 0), "hostile": (hostile, 4), "trees": (trees, 150), "tables": (tables, 0), "kills": (kills, 40), "silent": (silent, 0), "power": (power, 6), "log": (log, 100)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--kind", choices=KINDS, default="ext4")
    parser.add_argument("--bus", choices=DRIVERS, default="virtio")
    parser.add_argument("--placement", choices=("process", "wasm", "fused"), default="process")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    globals().update(bus=options.bus, placement=options.placement)
    part, count = parts[options.part]
    options.count = options.count or count
    with tempfile.TemporaryDirectory(dir=place()) as name:
        try:
            part(options, Path(name))
        except Wrong as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
