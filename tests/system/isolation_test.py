#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What user mode's page tables hold of the kernel, seen from outside while a program runs: under
isolation the entry code, the table of interrupts, and of each CPU a page and three stacks; nothing
writable and executable, nothing for user mode. Without isolation the same look finds more.

usage: isolation_test.py [--smp N]"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine
from monitor import Guest

BUILD = Path(os.environ.get("BUILD") or "build")
KERNEL_HALF = 1 << 47
LINE = re.compile(r"^([0-9a-f]{16}): ([0-9a-f]+) ([A-Z-]{9})", re.MULTILINE)
DATA_PAGES = 4  # of each CPU


def entry_pages():
    """Pages of entry code in the image."""
    out = subprocess.run(["llvm-nm-19", BUILD / "kernel.elf"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    place = {words[2]: int(words[0], 16) for words in map(str.split, out.split("\n"))
             if len(words) == 3}
    return place["kernel_entry_text_end"] - place["kernel_entry_text_start"] >> 12


def kernel_pages(guest, cpu):
    """Pages of the kernel half on a CPU that is in user mode, or None."""
    guest.ask("stop")
    guest.ask(f"cpu {cpu}")
    pages = None
    if "CPL=3" in guest.ask("info registers"):
        pages = [(int(a, 16), flags) for a, _, flags in LINE.findall(guest.ask("info tlb"))
                 if int(a, 16) >= KERNEL_HALF]
    guest.ask("cont")
    return pages


def look(smp, option, folder):
    settings = machine.Settings(build=BUILD, cmd="(while :; do :; done) & while :; do :; done",
                                smp=smp, options=f"kpti={option}", accel="tcg",
                                log=folder / f"{option}.log")
    with Guest(settings, folder) as guest:
        guest.until_said("kernel isolation: on" if option == "on" else "Craton kernel")
        return guest.until(lambda: next(filter(None, (kernel_pages(guest, cpu)
                           for cpu in range(smp))), None), "a CPU in user mode")


def problems(pages, smp):
    code = [page for page in pages if page[1][0] == "-"]   # X: not executable
    writable = [page for page in pages if page[1][-1] == "W"]
    if any(page[1][-2] == "U" for page in pages):
        yield "a page of the kernel is for user mode"
    if set(code) & set(writable):
        yield "a page is writable and executable"
    if len(code) != entry_pages():
        yield f"{len(code)} pages of code, not {entry_pages()}"
    if len(writable) != smp * DATA_PAGES:
        yield f"{len(writable)} writable pages, not {smp * DATA_PAGES}"
    if len(pages) != len(code) + len(writable) + 1:
        yield f"{len(pages)} pages in all"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smp", type=int, default=1)
    smp = parser.parse_args().smp
    with tempfile.TemporaryDirectory() as folder:
        found = list(problems(look(smp, "on", Path(folder)), smp))
        open_pages = look(smp, "off", Path(folder))
    if not list(problems(open_pages, smp)):
        found.append("the look finds nothing without isolation either")
    print("\n".join(found) or f"user mode sees {entry_pages() + 1 + smp * DATA_PAGES} pages "
          f"of the kernel, without isolation {len(open_pages)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
