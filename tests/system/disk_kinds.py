# SPDX-License-Identifier: MIT OR Apache-2.0
"""File systems that Linux's tools make, check and read without mounting: for disk_test.py."""

import os
import re
import subprocess
from pathlib import Path

import exfat_image

FSCK, MKFS, DEBUGFS, FSCK_FAT, MKFS_FAT, FSCK_EXFAT, MKFS_EXFAT = (
    f"/sbin/{name}" for name in ("e2fsck", "mkfs.ext4", "debugfs", "fsck.fat", "mkfs.fat", "fsck.exfat", "mkfs.exfat"))
MIB = 1 << 20


class Wrong(Exception):
    """What was not as it should be."""


def tool(*command, allowed=(0,), **more):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=more.pop("stdin", subprocess.DEVNULL), env={**os.environ, "LC_ALL": "C.UTF-8"}, **more)
    if done.returncode not in allowed:
        raise Wrong(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def make_disk(path, size, *options):
    with path.open("wb") as file:
        file.truncate(size)
    tool(MKFS, "-q", "-F", *options, path)
    return path


def check_disk(path):
    """Clean without anything to repair or to replay: it was unmounted."""
    tool(FSCK, "-fn", path)


class Ext4:
    """A form is (mebibytes, bytes of a block)."""
    name = "ext4"
    forms = ((256, 1024), (256, 2048), (256, 4096))
    small = (24, 1024)
    full = ((8, 1024), (8, 4096))
    has_links = True
    has_access = True
    repairs = True  # its check makes whole what the journal holds, and nothing else
    metadata = (1024, 700 * 1024)  # where most of what describes the volume lies

    @staticmethod
    def make(path, form, tree=None):
        return make_disk(path, form[0] * MIB, "-b", form[1], *(["-d", tree] if tree else []))

    @staticmethod
    def check(path):
        check_disk(path)

    @staticmethod
    def repair(path):
        return tool(FSCK, "-fy", path, allowed=(0, 1))

    @staticmethod
    def take_out(image, inside, folder):
        """Copies a directory of the volume; says where it is."""
        folder.mkdir()
        tool(DEBUGFS, "-R", f"rdump {inside} {folder}", image)
        return folder / Path(inside).name

    @staticmethod
    def names(image):
        return re.findall(r"\S+(?= *$)", tool(DEBUGFS, "-R", "ls -l /", image), re.M)


class Fat:
    """A form is (mebibytes, options of mkfs.fat)."""
    name = "fat"
    forms = ((128, ("-F", "32", "-s", "1")), (128, ("-F", "16")), (256, ("-F", "32", "-s", "4")), (240, ("-F", "12", "-s", "128")))
    small = (24, ("-F", "16", "-s", "2"))
    full = ((8, ("-F", "12")), (40, ("-F", "32", "-s", "1")))
    has_links = False
    has_access = False
    repairs = False
    metadata = (0, 64 * 1024)

    @staticmethod
    def make(path, form, tree=None):
        with path.open("wb") as file:
            file.truncate(form[0] * MIB)
        tool(MKFS_FAT, *form[1], path)
        if tree:
            tool("mcopy", "-s", "-i", path, *sorted(tree.iterdir()), "::")
        return path

    @staticmethod
    def make_many(path, count):
        """Empty files in the root: F0000000.TXT and so on."""
        with path.open("wb") as file:
            file.truncate(64 * MIB)
        tool(MKFS_FAT, "-F", "16", "-r", "32768", path)
        data = bytearray(path.read_bytes())
        reserved, tables, sectors = data[14] | data[15] << 8, data[16], data[22] | data[23] << 8
        root = (reserved + tables * sectors) * 512
        for number in range(count):
            data[root + 32 * number:root + 32 * number + 32] = f"F{number:07}TXT".encode() + b"\x20" + bytes(20)
        path.write_bytes(data)
        return path

    @staticmethod
    def check(path):
        tool(FSCK_FAT, "-nv", path)

    @staticmethod
    def repair(path):
        return tool(FSCK_FAT, "-ay", path, allowed=(0, 1))

    @staticmethod
    def take_out(image, inside, folder):
        folder.mkdir()
        tool("mcopy", "-s", "-n", "-i", image, f"::{inside}", folder)
        return folder / Path(inside).name

    @staticmethod
    def names(image):
        return tool("mdir", "-b", "-i", image, "::").replace("::/", "").replace("/\n", "\n").splitlines()


class Exfat:
    """A form is (mebibytes, bytes of a sector, bytes of a cluster). Trees are put there, and read, by exfat_image.py."""
    name = "exfat"
    forms = ((128, 512, 512), (128, 512, 32768), (192, 4096, 4096), (256, 512, 131072))
    small = (24, 512, 4096)
    full = ((8, 512, 512), (40, 512, 32768))
    has_links = False
    has_access = False
    repairs = False
    metadata = (0, 128 * 1024)

    @staticmethod
    def make(path, form, tree=None):
        if tree or form[1] != 512:
            return exfat_image.make(path, form[0] * MIB, form[1], form[2], tree)
        with path.open("wb") as file:
            file.truncate(form[0] * MIB)
        tool(MKFS_EXFAT, "-b", "64K", "-c", form[2], path)
        return path

    @staticmethod
    def make_many(path, count):
        tree = path.with_suffix(".d")
        tree.mkdir()
        for number in range(count):
            (tree / f"F{number:07}.TXT").touch()
        return exfat_image.make(path, 64 * MIB, 512, 4096, tree)

    @staticmethod
    def check(path):
        tool(FSCK_EXFAT, "-n", path)

    @staticmethod
    def repair(path):
        return tool(FSCK_EXFAT, "-y", path, allowed=(0, 1))

    @staticmethod
    def take_out(image, inside, folder):
        folder.mkdir()
        target = folder / Path(inside).name
        return exfat_image.get(image, target, inside)

    @staticmethod
    def names(image):
        return exfat_image.names(image)


KINDS = {"ext4": Ext4, "fat": Fat, "exfat": Exfat}
