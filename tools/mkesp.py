#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes a FAT image that UEFI firmware boots: loader, boot options and bundle. Needs mtools."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MIB = 1 << 20
SPARE = 4 * MIB
SERIAL = "43524154"


def copy_with_time(source, target, time):
    target.write_bytes(source.read_bytes())
    os.utime(target, (time, time))


def mtools(*command):
    subprocess.run(command, check=True, env={**os.environ, "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"})


def make(out, files):
    """`files`: path in the image → source. Equal files give an equal image."""
    time = max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800)  # FAT begins in 1980
    os.environ["SOURCE_DATE_EPOCH"] = str(time)
    size = sum(p.stat().st_size for p in files.values()) + SPARE
    out.unlink(missing_ok=True)
    with out.open("wb") as image:
        image.truncate(max(-(-size // MIB), 40) * MIB)
    mtools("mformat", "-i", out, "-F", "-N", SERIAL, "-v", "CRATON", "::")
    folders = {str(p) for name in files for p in Path(name).parents if str(p) != "."}
    for folder in sorted(folders):
        mtools("mmd", "-i", out, f"::{folder}")
    with tempfile.TemporaryDirectory() as temporary:
        for name, source in sorted(files.items()):
            copy = Path(temporary) / "file"
            copy_with_time(source, copy, time)
            mtools("mcopy", "-m", "-i", out, copy, f"::{name}")


def main():
    parser = argparse.ArgumentParser(description="Makes the EFI partition's image.")
    for name in ("out", "efi", "bundle", "options"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    partial = options.out.with_suffix(".new")
    try:
        make(partial, {"EFI/BOOT/BOOTX64.EFI": options.efi, "craton/bundle": options.bundle,
                       "craton/boot.txt": options.options})
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"mkesp: {error}", file=sys.stderr)
        return 1
    partial.replace(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
