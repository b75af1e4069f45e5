# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the names of object types and rights from the kernel's interface description as C."""
import sys
import tomllib


def main(path):
    with open(path, 'rb') as file:
        source = tomllib.load(file)
    print(f'// Generated from {path}; do not edit.')
    print('static const char *const object_names[] = {')
    for entry in source['object']:
        print(f'\t[{entry["value"]}] = "{entry["name"]}",')
    print('};\nstatic const char *const right_names[] = {')
    for entry in source['right']:
        print(f'\t[{entry["bit"]}] = "{entry["name"]}",')
    print('};')


main(sys.argv[1])
