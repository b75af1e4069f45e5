#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes, fills and reads exFAT volumes without mounting them, by Microsoft's specification 1.00: for disk_test.py and host
tests. What it writes is as mixed as several systems would leave it: runs and chains, clusters in any order, sets of entries that
lie in two clusters, times of other zones, files of which only a part was written; with "vendor" also entries that few know, which
fsck.exfat takes for faults.
usage: exfat_image.py make IMAGE MEBIBYTES SECTOR CLUSTER [TREE [vendor]] | get IMAGE FOLDER"""

import random
import struct
import sys
from pathlib import Path

END, PER_ENTRY, PER_NAME = 0xFFFFFFFF, 32, 15
FILE, STREAM, NAME, BITMAP, UPCASE, LABEL, VENDOR = 0x85, 0xC0, 0xC1, 0x81, 0x82, 0x83, 0xE0
DIRECTORY, ARCHIVE = 0x10, 0x20
BOOT = struct.Struct("<3s8s53xQQIIIIIIHHBBBBB7x390xH")
STAMP, ZONE = 46 << 25 | 3 << 21 | 4 << 16 | 5 << 11 | 6 << 5 | 7, 0x80 | 4  # 2026-03-04 05:06:14, an hour before UTC


def sum32(data, skip=()):
    total = 0
    for at, byte in enumerate(data):
        if at not in skip:
            total = ((total & 1) << 31 | total >> 1) + byte & 0xFFFFFFFF
    return total


def sum16(data, skip=()):
    total = 0
    for at, byte in enumerate(data):
        if at not in skip:
            total = ((total & 1) << 15 | total >> 1) + byte & 0xFFFF
    return total


def capital(unit):
    upper = chr(unit).upper() if not 0xD800 <= unit < 0xE000 else chr(unit)
    return ord(upper) if len(upper) == 1 and ord(upper) < 0x10000 else unit


def upcase_table():
    """Compressed: runs of those that are their own capitals are counted."""
    units, at = [], 0
    while at < 0x10000:
        run = 0
        while at + run < 0x10000 and capital(at + run) == at + run:
            run += 1
        if run > 2:
            units += [0xFFFF, min(run, 0xFFFF)]
            at += min(run, 0xFFFF)
        else:
            units.append(capital(at))
            at += 1
    return struct.pack(f"<{len(units)}H", *units)


def units_of(name):
    return struct.unpack(f"<{len(name.encode('utf-16-le')) // 2}H", name.encode("utf-16-le"))


def name_hash(name):
    units = [capital(unit) for unit in units_of(name)]
    return sum16(struct.pack(f"<{len(units)}H", *units))


class Volume:
    """One that is in memory."""

    def __init__(self, image):
        self.image = image
        values = BOOT.unpack_from(image)
        self.sector, self.cluster = 1 << values[12], 1 << values[12] + values[13]
        self.fat, self.heap = values[4] * self.sector, values[6] * self.sector
        self.clusters, self.root = values[7], values[8]
        self.bitmap = None
        self.has_vendor = False

    def offset(self, cluster):
        if not 2 <= cluster < self.clusters + 2:
            raise ValueError(f"no such cluster: {cluster}")
        return self.heap + (cluster - 2) * self.cluster

    def link(self, cluster):
        return struct.unpack_from("<I", self.image, self.fat + 4 * cluster)[0]

    def chain(self, start, size=None, is_run=False):
        """Its clusters; without a size, all."""
        count = None if size is None else -(-size // self.cluster)
        found = []
        while (start != END if count is None else len(found) < count):
            found.append(start)
            start = start + 1 if is_run else self.link(start)
        return found

    def content(self, clusters):
        return b"".join(self.image[self.offset(c):self.offset(c) + self.cluster] for c in clusters)

    # --- reading

    def entries(self, data):
        """Sets of entries: each a list."""
        at = 0
        while at < len(data) and data[at] != 0:
            count = 1 + (data[at + 1] if data[at] == FILE else 0)
            if data[at] & 0x80:
                yield [data[i:i + PER_ENTRY] for i in range(at, at + PER_ENTRY * count, PER_ENTRY)]
            at += PER_ENTRY * count

    def files(self, clusters):
        for entries in self.entries(self.content(clusters)):
            if entries[0][0] != FILE:
                continue
            if sum16(b"".join(entries), (2, 3)) != struct.unpack_from("<H", entries[0], 2)[0]:
                raise ValueError("the sum of a set is wrong")
            flags, units = entries[1][1], entries[1][3]
            valid, start, size = struct.unpack_from("<Q4xIQ", entries[1], 8)
            name = b"".join(entry[2:] for entry in entries[2:] if entry[0] == NAME)[:2 * units].decode("utf-16-le")
            if name_hash(name) != struct.unpack_from("<H", entries[1], 4)[0]:
                raise ValueError(f"the sum of a name is wrong: {name}")
            yield name, entries[0][4] & DIRECTORY, self.chain(start, size, flags & 2) if size else [], valid, size

    def get(self, folder, clusters=None):
        folder.mkdir(exist_ok=True)
        for name, is_directory, chain, valid, size in self.files(clusters or self.chain(self.root)):
            if is_directory:
                self.get(folder / name, chain)
            else:
                (folder / name).write_bytes(self.content(chain)[:valid] + bytes(size - valid))

    def find(self, path):
        clusters = self.chain(self.root)
        for part in [part for part in path.split("/") if part]:
            clusters = next(chain for name, _, chain, _, _ in self.files(clusters) if name == part)
        return clusters

    def names(self):
        return [name for name, *_ in self.files(self.chain(self.root))]

    # --- writing

    def find_bitmap(self):
        for entries in self.entries(self.content(self.chain(self.root))):
            if entries[0][0] == BITMAP:
                self.bitmap = self.offset(struct.unpack_from("<I", entries[0], 20)[0])

    def is_free(self, cluster):
        return cluster < self.clusters + 2 and not self.image[self.bitmap + (cluster - 2) // 8] >> (cluster - 2) % 8 & 1

    def take(self, cluster):
        self.image[self.bitmap + (cluster - 2) // 8] |= 1 << (cluster - 2) % 8
        return cluster

    def allocate(self, count, source):
        """Side by side, or as a chain; the clusters, and whether they are a run."""
        free = [c for c in range(2, min(self.clusters + 2, 60000)) if self.is_free(c)]
        if source.random() < 0.6:
            for first in free:
                if all(self.is_free(first + i) for i in range(count)):
                    return [self.take(first + i) for i in range(count)], True
        taken = [self.take(c) for c in source.sample(free[:2 * count + 8], count)]
        for cluster, behind in zip(taken, taken[1:] + [END]):
            struct.pack_into("<I", self.image, self.fat + 4 * cluster, behind)
        return taken, False

    def put(self, data, clusters):
        for i, cluster in enumerate(clusters):
            part = data[i * self.cluster:(i + 1) * self.cluster]
            self.image[self.offset(cluster):self.offset(cluster) + len(part)] = part

    @staticmethod
    def file_set(name, attributes, clusters, is_run, valid, size, vendor):
        units = units_of(name)
        stream = struct.pack("<BBxBHxxQ4xIQ", STREAM, 3 if clusters and is_run else 1, len(units), name_hash(name), valid,
                             clusters[0] if clusters else 0, size)
        names = [struct.pack("<BB15H", NAME, 0, *(units[i:i + PER_NAME] + (0,) * PER_NAME)[:PER_NAME])
                 for i in range(0, len(units), PER_NAME)]
        others = [struct.pack("<BB16s14x", VENDOR, 0, vendor if isinstance(vendor, bytes) else b"somebody's entry")] if vendor else []
        first = struct.pack("<BBHHxxIIIBBBBB7x", FILE, 1 + len(names) + len(others), 0, attributes, STAMP, STAMP, STAMP, 123, 45,
                            ZONE, ZONE, ZONE)
        data = bytearray(first + stream + b"".join(names) + b"".join(others))
        struct.pack_into("<H", data, 2, sum16(data, (2, 3)))
        return bytes(data)

    def add_file(self, path, source):
        data = path.read_bytes()
        clusters, is_run = self.allocate(-(-len(data) // self.cluster), source) if data else ([], False)
        valid = len(data.rstrip(b"\0")) if source.random() < 0.5 else len(data)
        self.put(data[:valid] + bytes([0xDB]) * (len(clusters) * self.cluster - valid), clusters)
        return self.file_set(path.name, ARCHIVE, clusters, is_run, valid, len(data),
                             self.has_vendor and source.random() < 0.3)

    def add_tree(self, tree, source):
        """The sets of its files; entries of some that were removed lie between them."""
        data = b""
        for path in sorted(tree.iterdir()):
            if path.is_dir():
                below = self.add_tree(path, source)
                size = max(1, -(-len(below) // self.cluster)) * self.cluster
                clusters, is_run = self.allocate(size // self.cluster, source)
                self.put(below.ljust(size, b"\0"), clusters)
                data += self.file_set(path.name, DIRECTORY, clusters, is_run, size, size, False)
            elif not path.is_symlink():
                data += self.add_file(path, source)
            if source.random() < 0.2:
                data += bytes([5]) + bytes(31) + bytes([0x40]) + bytes(31)
        return data

    def fill_root(self, tree, source):
        self.find_bitmap()
        old = self.content(self.chain(self.root))
        data = old[:next(i for i in range(0, len(old), PER_ENTRY) if old[i] == 0)] + self.add_tree(tree, source)
        clusters = self.chain(self.root)
        while len(clusters) * self.cluster < len(data):
            more = self.take(next(c for c in range(2, self.clusters + 2) if self.is_free(c)))
            struct.pack_into("<I", self.image, self.fat + 4 * clusters[-1], more)
            struct.pack_into("<I", self.image, self.fat + 4 * more, END)
            clusters.append(more)
        self.put(data.ljust(len(clusters) * self.cluster, b"\0"), clusters)


def make_empty(size, sector, cluster):
    """A volume without files."""
    table = upcase_table()
    sectors, per_cluster = size // sector, cluster // sector
    fat_sector, guess = 32, sectors // per_cluster
    fat_sectors = -(-(guess + 2) * 4 // sector)
    heap_sector = -(-(fat_sector + fat_sectors) // per_cluster) * per_cluster
    clusters = (sectors - heap_sector) // per_cluster
    image = bytearray(size)
    map_size = -(-clusters // 8)
    starts, at = [], 2
    for part in (map_size, len(table), 1):
        starts.append(at)
        count = -(-part // cluster)
        for i in range(count):
            struct.pack_into("<I", image, fat_sector * sector + 4 * (at + i), END if i == count - 1 else at + i + 1)
        at += count
    struct.pack_into("<II", image, fat_sector * sector, 0xFFFFFFF8, END)
    boot = BOOT.pack(b"\xeb\x76\x90", b"EXFAT   ", 0, sectors, fat_sector, fat_sectors, heap_sector, clusters, starts[2], 0x12345678,
                     0x100, 0, sector.bit_length() - 1, per_cluster.bit_length() - 1, 1, 0x80, 0xFF, 0xAA55)
    region = boot.ljust(sector, b"\0") + 8 * (bytes(sector - 4) + struct.pack("<I", 0xAA550000)) + bytes(2 * sector)
    region += struct.pack("<I", sum32(region, (106, 107, 112))) * (sector // 4)
    image[:24 * sector] = region + region
    volume = Volume(image)
    volume.bitmap = volume.offset(starts[0])
    for cluster_number in range(2, at):
        volume.take(cluster_number)
    volume.put(table, range(starts[1], starts[2]))
    label = "of a test".encode("utf-16-le")
    volume.put(struct.pack("<BB22s8x", LABEL, len(label) // 2, label) + struct.pack("<BB18xIQ", BITMAP, 0, starts[0], map_size) +
               struct.pack("<B3xI12xIQ", UPCASE, sum32(table), starts[1], len(table)), [starts[2]])
    return volume


def make(path, size, sector, cluster, tree=None, has_vendor=False):
    volume = make_empty(size, sector, cluster)
    volume.has_vendor = has_vendor
    if tree:
        volume.fill_root(tree, random.Random(1))
    path.write_bytes(volume.image)
    return path


def get(path, folder, inside="/"):
    volume = Volume(bytearray(path.read_bytes()))
    volume.get(folder, volume.find(inside))
    return folder


def names(path):
    return Volume(bytearray(path.read_bytes())).names()


def main(arguments):
    if arguments[0] == "make":
        mebibytes, sector, cluster = map(int, arguments[2:5])
        make(Path(arguments[1]), mebibytes << 20, sector, cluster, Path(arguments[5]) if len(arguments) > 5 else None,
             "vendor" in arguments[6:])
    else:
        get(Path(arguments[1]), Path(arguments[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
