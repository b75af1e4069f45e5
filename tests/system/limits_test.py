#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Greedy programs get errors with names, and everything comes back afterwards; program after program
leaves memory as it was. usage: limits_test.py [--lifetimes N] (10,000 take about two minutes)"""

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
USED = "free -b | grep used | tr -dc 0-9"
# Names, shell lines, and patterns of what they print.
STEPS = (
    ("jobs without end", "i=0; while [ $i -lt 100 ]; do sleep 100 & i=$((i + 1)); done 2>/tmp/o; sort /tmp/o | uniq -c",
     r" +60 .*40 jobs run in the background, no more can\n"),
    ("other programs run beside them", "echo abc | cat | wc -c", r" *4\n"),
    ("they end", "i=1; while [ $i -le 40 ]; do kill %$i; i=$((i + 1)); done; wait; ps | grep -c sleep", r"0\n"),
    ("programs that start programs", "echo 'sh /tmp/b; exit $?' >/tmp/b; sh /tmp/b 2>&1; echo $?",
     r"/tmp/b: 1: sh: too many programs are running\n126\n"),
    ("they have ended", "ps | wc -l", r" *(1\d|2[0-3])\n"),
    ("a file without end", "yes >/tmp/full; echo $?", r"1\n"),
    ("it said why", "yes 2>&1 >/tmp/full", r"yes: write error: No space left on device\n"),
    ("its space comes back", "rm /tmp/full; echo x >/tmp/y; cat /tmp/y", r"x\n"),
    ("memory without end", "/share/demos/eat >/dev/null 2>&1; echo $?; /share/demos/native eat; echo $?", r"137\n137\n"),
    ("a program of many", "i=0; while [ $i -lt 300 ]; do mkdir /tmp/d$i || break; i=$((i + 1)); done; rm -r /tmp/d*; "
     "ls /tmp | wc -l", r" *3\n"),
)

SHELL_BYTES = 8 * 4096


def write_script(lifetimes):
    lines = [f"{line}; echo ----" for _, line, _ in STEPS]
    loop = "i=0; while [ $i -lt {} ]; do /bin/true; i=$((i + 1)); done; {}; echo ----"
    return "\n".join([*lines, loop.format(200, USED), *[loop.format(lifetimes // 2, USED)] * 2, ""])


def run(script):
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs)) | {"share/script": script.encode()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        path.write_bytes(bundle.build(files))
        environment = dict(os.environ, CMD="sh /share/script 2>/dev/null", DIRECT="1", TIMEOUT="1200")
        done = subprocess.run([sys.executable, ROOT / "tools/run.py", "--bundle", path], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("latin1").split("----\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifetimes", type=int, default=1000)
    options = parser.parse_args()
    parts = run(write_script(options.lifetimes))
    failed = [(name, got) for (name, _, wanted), got in zip(STEPS, parts) if not re.fullmatch(wanted, got)]
    for name, got in failed:
        print(f"{name}: {got!r}")
    used = [int(part) for part in parts[len(STEPS):len(STEPS) + 3] if part.strip().isdigit()]
    print(f"{options.lifetimes} lifetimes: bytes in use before, after half of them, and after: {used}")
    # The shell that runs the loop may touch a page of its own that it had not before, and a service may
    # add a piece to a pool once, when more programs than ever overlap; what programs leave behind would
    # grow in both halves.
    return int(bool(failed) or len(used) != 3 or min(used[1] - used[0], used[2] - used[1]) > SHELL_BYTES)


if __name__ == "__main__":
    sys.exit(main())
