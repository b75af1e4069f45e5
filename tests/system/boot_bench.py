#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The start of the whole system, counted in instructions, and its memory when idle: directly, or
with `--uefi` through the firmware. Each figure is what the running system says of itself."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHASES = re.compile(r"microseconds: loader (\d+), kernel (\d+), services (\d+)")
UP = re.compile(r"^up (\d+\.\d+)s", re.MULTILINE)
USED = re.compile(r"^used\s+(\d+)", re.MULTILINE)


def boot(direct):
    """Under instruction counting a nanosecond is an instruction."""
    environment = dict(os.environ, ICOUNT="1", DIRECT="1" if direct else "0", TIMEOUT="1500",
                       CMD="uptime; free -b; log -s supervisor")
    result = subprocess.run([sys.executable, str(ROOT / "tools/run.py")], env=environment,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            errors="replace", check=True)
    return result.stdout.replace("\r", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uefi", action="store_true")
    uefi = parser.parse_args().uefi
    output = boot(not uefi)
    phases, up, used = (pattern.search(output) for pattern in (PHASES, UP, USED))
    if not (phases and up and used):
        sys.exit(f"figures are missing in:\n{output}")
    prefix = "boot.uefi" if uefi else "boot.direct"
    for name, value in zip(("loader", "kernel", "services"), phases.groups()):
        print(f"{prefix}.{name} {int(value) / 1000:.2f} M-instructions")
    first = float(up.group(1)) * 1000 + int(phases.group(1)) / 1000  # the clock starts with the kernel
    print(f"{prefix}.first-output {first:.0f} M-instructions")
    if not uefi:
        print(f"idle_memory {int(used.group(1)) / 2**20:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
