#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Programs under the real kernel: a first task of its own (the name of a program in build/user), or
files as `place=file` for a bundle. There is a device `edu`, for interrupts. Prints what the guest said; exits with its status."""

import argparse
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
ISOLATED = "kernel isolation: on"


def settings_for(options, folder):
    files = {"kernel": (BUILD / "kernel.elf.stripped").read_bytes()}
    for program in options.program:
        place, _, file = program.rpartition("=")
        files[place or "init"] = (Path(file) if place else BUILD / "user" / file).read_bytes()
    (folder / "bundle").write_bytes(bundle.build(files))
    return machine.Settings(build=BUILD, options=options.options, memory=256, smp=options.smp,
                            direct=True, accel="tcg", icount=options.icount,
                            bundle=folder / "bundle", log=folder / "kernel.log",
                            extra=["-device", "edu", *(["-cpu", options.cpu] if options.cpu else [])])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", nargs="+")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--icount", action="store_true")
    parser.add_argument("--options", default="")
    parser.add_argument("--cpu", help="a model of the emulator's, instead of one with everything")
    parser.add_argument("--isolation", choices=("on", "off"),
                        help="what the kernel must choose by itself")
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(options, Path(folder))
        try:
            result = subprocess.run(machine.arguments(settings, False), timeout=options.seconds,
                                    stdin=subprocess.DEVNULL, check=False)
            status = machine.exit_status(result.returncode)
        except subprocess.TimeoutExpired:
            print(f"no end after {options.seconds} s")
            status = 124
        said = settings.log.read_text(encoding="utf-8", errors="replace")
        print(said, end="")
    if options.isolation and (ISOLATED in said) != (options.isolation == "on"):
        print(f"kernel isolation is not {options.isolation}")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
