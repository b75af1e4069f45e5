#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs scripts of the WebAssembly suite inside the system (tests/system/spec) and compares what passed with
what passes on this machine. usage: spec_test.py SCRIPT.wast..."""

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
import bundle

BUILD = Path(os.environ.get("BUILD") or "build")
PLACE = "share/spec"
COUNTS = re.compile(r"^(\S+) +(\d+) passed +(\d+) failed +(\d+) skipped", re.MULTILINE)
AT_ONCE = 8
# What the emulator does otherwise than a processor: a store of 16 bytes whose second half has no page writes
# the first half before it faults. By script: how many assertions see it.
EMULATED = {"vector.wast": 2}


def emulated(name, counts):
    passed, failed, skipped = counts
    return passed - EMULATED.get(name, 0), failed + EMULATED.get(name, 0), skipped


def on_this_machine(scripts):
    done = subprocess.run([BUILD / "bin/wasm", "spec", *scripts], stdout=subprocess.PIPE, check=False)
    return {Path(name).name: tuple(map(int, counts))
            for name, *counts in COUNTS.findall(done.stdout.decode()) if name != "total"}


def in_the_system(scripts):
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs)) | {f"{PLACE}/{Path(s).name}": Path(s).read_bytes() for s in scripts}
    files[f"{PLACE}/run"] = (BUILD / "user/spec.stripped").read_bytes()
    names = sorted(f"/{PLACE}/{Path(s).name}" for s in scripts)
    lines = [f"/{PLACE}/run {' '.join(names[i:i + AT_ONCE])}" for i in range(0, len(names), AT_ONCE)]
    files["share/script"] = "\n".join(lines + [""]).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        path.write_bytes(bundle.build(files))
        environment = dict(os.environ, CMD="sh /share/script 2>&1", DIRECT="1", TIMEOUT="1500", MEM="1024")
        done = subprocess.run([sys.executable, ROOT / "tools/run.py", "--bundle", path], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("latin1")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT.wast")
    scripts = parser.parse_args().scripts
    if not scripts:
        print("There are no scripts.")
        return 0
    wanted = on_this_machine(scripts)
    output = in_the_system(scripts)
    got = {Path(name).name: tuple(map(int, counts)) for name, *counts in COUNTS.findall(output) if name != "total"}
    different = [name for name in wanted if got.get(name) not in (wanted[name], emulated(name, wanted[name]))]
    for name in different:
        print(f"{name}: {got.get(name)} in the system, {wanted[name]} on this machine (passed, failed, skipped)")
    print("\n".join(line for line in output.splitlines() if not COUNTS.match(line))[:2000])
    print(f"{len(wanted)} scripts, assertions passed in the system: {sum(c[0] for c in got.values())}, "
          f"on this machine: {sum(c[0] for c in wanted.values())}")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
