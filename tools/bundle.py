# SPDX-License-Identifier: MIT OR Apache-2.0
"""The boot bundle's format (struct bundle_header and bundle_entry of abi/structs.toml)."""

import hashlib
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "abi" / "gen"))
import canonical
import model

PAGE = 4096
HEADER = struct.Struct("<QIIQQ32s")
ENTRY = struct.Struct("<88sQQQ32s")
NAME_MAX = 87
EXECUTABLE = 1
MAGICS = (b"\x7fELF", b"\0asm", b"CRCWASM\0")


class BundleError(Exception):
    pass


def constants(abi):
    return {c["name"]: c["value"] for c in abi.constants}


def round_up(value):
    return -(-value // PAGE) * PAGE


def check_name(name):
    parts = name.split("/")
    if not name or len(name.encode()) > NAME_MAX or any(p in ("", ".", "..") for p in parts):
        raise BundleError(f"`{name}` cannot be a path in the bundle")


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def entry(name, data, offset):
    flags = EXECUTABLE if data.startswith(MAGICS) else 0
    return ENTRY.pack(name.encode(), offset, len(data), flags, digest(data))


def build(files):
    """`files`: path in the bundle → bytes. The result depends on nothing else. Equal files are
    stored once, where the first of them lies."""
    abi = model.load(ROOT / "abi")
    offset = round_up(HEADER.size + ENTRY.size * len(files))
    entries, body, places = b"", bytearray(), {}
    for name in sorted(files, key=str.encode):
        check_name(name)
        data = files[name]
        if data not in places:
            places[data] = offset + len(body)
            body += data + bytes(round_up(len(data)) - len(data))
        entries += entry(name, data, places[data])
    known = constants(abi)
    header = HEADER.pack(known["BUNDLE_MAGIC"], known["BUNDLE_VERSION"], len(files),
                         offset + len(body), canonical.hash64(abi), digest(entries))
    head = header + entries
    return head + bytes(offset - len(head)) + bytes(body)


def read_specs(specs):
    """`place=file` lines → files for build()."""
    files = {}
    for spec in specs:
        place, _, source = spec.strip().partition("=")
        if place in files:
            raise BundleError(f"`{place}` is in the list twice")
        files[place] = Path(source).read_bytes()
    return files
