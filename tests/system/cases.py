#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the cases of the shell and the commands (tests/host/apps/cases) inside the system,
and those that make sense only there (tests/system/cases).

usage: cases.py [PART-OF-A-NAME]

Each case boots Craton with the case and its files in the bundle and must print what its .out file
says, or what dash prints on this machine, and end with the same status.
"""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import bundle

CASES = ROOT / "tests/host/apps/cases"
ONLY_HERE = ROOT / "tests/system/cases"
BUILD = Path(os.environ.get("BUILD") or "build")
SECONDS = 300
# `system` expects the records of the stand-in for the system.
LEFT_OUT = ("system",)
PLACE = "share/case"
# What comes after the mark is shown when a case differs: messages and the system's log.
MARK = b"\n-- messages and log --\n"
LINE = ("mkdir /tmp/desk && cd /tmp/desk && cp -rp /share/case/data/. . && "
        "PATH=/bin:/share/demos HOME=/tmp/desk TZ=UTC LC_ALL=C sh /share/case/case.sh 2>/tmp/messages </dev/null; "
        "ended=$?; printf '\\n-- messages and log --\\n'; cat /tmp/messages; log | tail -n 20; exit $ended")


def expected(script, folder):
    """Output and status on this machine, or from the .out file."""
    stored = script.with_suffix(".out")
    if stored.exists():
        text = stored.read_bytes()
        head, mark, tail = text.rpartition(b"status ")
        return (head, int(tail)) if mark and tail.strip().isdigit() else (text, 0)
    work = folder / "work"
    subprocess.run(["cp", "-rp", str(CASES / "data"), str(work)], check=True)
    done = subprocess.run(["dash", str(script)], cwd=work, stdin=subprocess.DEVNULL, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(work), "TZ": "UTC", "LC_ALL": "C"},
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout, done.returncode


def bundle_with_case(script, folder):
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs))
    files[f"{PLACE}/case.sh"] = script.read_bytes()
    for file in sorted(CASES.glob("data/**/*")):
        if file.is_file():
            files[f"{PLACE}/{file.relative_to(CASES)}"] = file.read_bytes()
    path = folder / "bundle"
    path.write_bytes(bundle.build(files))
    return path


def in_system(script, folder):
    environment = dict(os.environ, CMD=LINE, DIRECT="1", TIMEOUT=str(SECONDS))
    done = subprocess.run([sys.executable, str(ROOT / "tools/run.py"), "--bundle",
                           str(bundle_with_case(script, folder))], env=environment, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    output, _, notes = done.stdout.partition(MARK)
    return (output, done.returncode), notes


def run(script):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = expected(script, folder)
        got, notes = in_system(script, folder)
    if wanted == got:
        return True
    lines = [[*text.decode("latin1").splitlines(), f"status {status}"] for text, status in (wanted, got)]
    print(f"{script.stem}: differs")
    print("\n".join(difflib.unified_diff(*lines, "expected", "in the system", lineterm="")))
    print(notes.decode("latin1"))
    return False


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    scripts = [s for s in sorted([*CASES.glob("*.sh"), *ONLY_HERE.glob("*.sh")]) if part in s.stem and s.stem not in LEFT_OUT]
    failed = [s for s in scripts if not run(s)]
    print(f"{len(scripts) - len(failed)} of {len(scripts)} cases passed in the system")
    return int(bool(failed) or not scripts)


if __name__ == "__main__":
    sys.exit(main())
