#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions of the PVH loader: as it starts, and per byte that it verifies."""

import re
import sys
import tempfile
from pathlib import Path

import boot_test
import machine

EXTRA_BYTES = 1 << 20


def instructions(files, options):
    """Under instruction counting a tick of the time stamp is an instruction."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bundle").write_bytes(boot_test.bundle.build(files))
        settings = machine.Settings(build=boot_test.BUILD, icount=True, options=options,
                                    bundle=folder / "bundle", log=folder / "kernel.log")
        status, output = boot_test.run(machine.arguments(settings, False), folder)
    found = re.search(r"boot\.loader-to-kernel (\d+) ticks", output)
    if status != boot_test.PASSED or not found:
        raise RuntimeError(f"the guest ended with {status}:\n{output}")
    return int(found.group(1))


def main():
    files = boot_test.good_files()
    small = instructions(files, "verify=all")
    large = instructions({**files, "share/large": bytes(EXTRA_BYTES)}, "verify=all")
    print(f"boot.loader-pvh {small} instructions")
    print(f"boot.verify {(large - small) / EXTRA_BYTES:.2f} instructions/byte")
    return 0


if __name__ == "__main__":
    sys.exit(main())
