#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the boot bundle. usage: mkbundle.py --list specs --out file [place=file ...]"""

import argparse
import sys
from pathlib import Path

import bundle


def main():
    parser = argparse.ArgumentParser(description="Makes the boot bundle.")
    parser.add_argument("--list", type=Path, help="file with a line `place=file` per entry")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("specs", nargs="*", metavar="place=file")
    options = parser.parse_args()
    listed = options.list.read_text().split("\n") if options.list else []
    try:
        data = bundle.build(bundle.read_specs([*filter(None, listed), *options.specs]))
    except (bundle.BundleError, bundle.model.AbiError, OSError) as error:
        print(f"mkbundle: {error}", file=sys.stderr)
        return 1
    options.out.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
