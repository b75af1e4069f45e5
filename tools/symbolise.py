#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Turns addresses in text into function names and source lines.

usage: symbolise.py [--slide 0x...] [--elf build/kernel.elf] [file]

Reads a log from the file or standard input and writes it with ` <name file:line>` after each
address that the program has, and after each `kernel+0x...`, which is what a panic prints. For whole
addresses --slide tells the distance from where the kernel was linked (none with kaslr=off)."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ADDRESS = re.compile(r"(?:\b0x|(\bkernel\+)(?:0x)?)([0-9a-fA-F]{1,16})\b")
LINKED = 0xFFFFFFFF80000000
SYMBOLIZER = "llvm-symbolizer-19"


def load_ranges(elf):
    """[start, end) of each executable segment, from the program headers."""
    out = subprocess.run(["llvm-readelf-19", "-lW", str(elf)], capture_output=True, text=True,
                         check=True).stdout
    ranges = []
    for line in out.split("\n"):
        words = line.split()
        if words[:1] == ["LOAD"] and "E" in words[6:-1]:
            ranges.append((int(words[2], 16), int(words[2], 16) + int(words[5], 16)))
    return ranges


def names(elf, addresses):
    """Address → `name file:line`, for those that have a name."""
    query = "".join(f"{a:#x}\n" for a in addresses)
    out = subprocess.run([SYMBOLIZER, "--obj", str(elf), "--output-style=GNU", "--no-inlines",
                          "--basenames"], input=query, capture_output=True, text=True, check=True).stdout
    lines = [line for line in out.split("\n") if line]
    found = {}
    for address, name, place in zip(addresses, lines[::2], lines[1::2]):
        if not name.startswith("??"):
            found[address] = f"{name} {place}"
    return found


def linked_address(match, slide):
    """What the symbols call the address that was found in the text."""
    value = int(match.group(2), 16)
    return value + LINKED if match.group(1) else value - slide


def annotate(text, found, slide):
    def mark(match):
        name = found.get(linked_address(match, slide))
        return f"{match.group(0)} <{name}>" if name else match.group(0)
    return ADDRESS.sub(mark, text)


def symbolised(text, elf, slide=0):
    """`text` with names. Raises OSError or CalledProcessError."""
    ranges = load_ranges(elf)
    seen = {linked_address(match, slide) for match in ADDRESS.finditer(text)}
    inside = sorted(a for a in seen if any(low <= a < high for low, high in ranges))
    return annotate(text, names(elf, inside) if inside else {}, slide)


def main():
    parser = argparse.ArgumentParser(description="Names for addresses.")
    parser.add_argument("--elf", type=Path, default=Path("build/kernel.elf"))
    parser.add_argument("--slide", type=lambda v: int(v, 0), default=0)
    parser.add_argument("file", nargs="?", type=Path)
    options = parser.parse_args()
    try:
        text = options.file.read_text(errors="replace") if options.file else sys.stdin.read()
        sys.stdout.write(symbolised(text, options.elf, options.slide))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"symbolise: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
