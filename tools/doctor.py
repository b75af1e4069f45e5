#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Says what this machine lacks for building, running and testing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kvm
import machine

BUILD = Path(os.environ.get("BUILD") or "build")
TOOLS = ("clang-19", "ld.lld-19", "lld-link-19", "llvm-symbolizer-19", "clang-format-19",
         "python3", machine.QEMU, "mcopy", "git")
QEMU_NEEDED = (7, 0)
DISK_NEEDED_MIB = 2048


def say(good, what, advice=""):
    print(f"  {'ok  ' if good else 'LACK'}  {what}{'' if good else f': {advice}'}")
    return good


def check_tools():
    return all([say(shutil.which(tool), tool, "run `make deps`") for tool in TOOLS])


def check_packages():
    script = Path(__file__).parent / "deps.sh"
    result = subprocess.run([script, "--check"], capture_output=True, text=True, check=False)
    return say(result.returncode == 0, "Debian packages", f"{result.stdout.strip()}; run `make deps`")


def check_qemu():
    if not shutil.which(machine.QEMU):
        return False
    out = subprocess.run([machine.QEMU, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+)\.(\d+)", out.stdout)
    version = tuple(map(int, found.groups())) if found else (0, 0)
    return say(version >= QEMU_NEEDED, f"QEMU {version[0]}.{version[1]}", "7.0 or later is needed")


def check_guest():
    return say(kvm.runs("tcg"), "a probe guest runs in QEMU (TCG)", "QEMU does not start")


def check_firmware():
    found = any(Path(code).exists() for code, _ in machine.OVMF)
    return say(found, "UEFI firmware", "run `make deps`; without it only DIRECT=1 works")


def check_space():
    free = shutil.disk_usage(".").free >> 20
    return say(free > DISK_NEEDED_MIB, f"{free} MiB of free space", f"{DISK_NEEDED_MIB} are needed")


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    good = all([check_tools(), check_packages(), check_qemu(), check_firmware(), check_space()])
    good = good and check_guest()
    if kvm.works(BUILD):
        print("  ok    KVM: a probe guest ran in it; it is used")
    else:
        print("  note  KVM does not work here, or not faster than TCG: TCG is used")
    print("Everything is there." if good else "Something is missing, see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
