# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the names of objects, rights, slots, services, calls, methods and faults from the
interface description as C, for `caps` and `trace`. usage: system_names.py ABI-FOLDER"""
import sys
import tomllib
from pathlib import Path


def table(name, rows):
    print(f'[[maybe_unused]] static const char *const {name}[] = {{')
    for number, text in rows:
        print(f'\t[{number}] = "{text}",')
    print('};')


def enum(source, name):
    """Numbers and names of an enum of a description."""
    for entry in source['enum']:
        if entry['name'] == name:
            pairs = (value.split('#')[0].split('=') for value in entry['values'])
            return [(int(number), key.strip()) for key, number in pairs]
    raise SystemExit(f'system_names: there is no enum {name}')


def main(folder):
    kernel = tomllib.loads((folder / 'kernel.toml').read_text())
    process = tomllib.loads((folder / 'process.toml').read_text())
    structs = tomllib.loads((folder / 'structs.toml').read_text())
    rows = lambda kind, key: [(entry[key], entry['name']) for entry in kernel[kind]]
    print('// Generated from abi/*.toml; do not edit.')
    table('object_names', rows('object', 'value'))
    table('right_names', rows('right', 'bit'))
    table('slot_names', enum(process, 'process_slot'))
    table('service_names', enum(process, 'service_number'))
    table('syscall_names', rows('syscall', 'number'))
    table('fault_names', rows('fault', 'value'))
    table('event_names', enum(structs, 'trace_event'))
    errors = tomllib.loads((folder / 'errors.toml').read_text())
    table('error_names', [(-entry['value'], entry['name']) for entry in errors['error']])
    numbers = {entry['name']: entry['value'] for entry in kernel['object']}
    print('[[maybe_unused]] static const struct { unsigned char object, method; const char *name; } '
          'method_names[] = {')
    for method in kernel['method']:
        print(f'\t{{{numbers[method["object"]]}, {method["number"]}, '
              f'"{method["object"]}.{method["name"]}"}},')
    print('};')
    print('[[maybe_unused]] static const struct { const char *service; unsigned method; const char *name; } '
          'protocol_names[] = {')
    for path in sorted((folder / 'services').glob('*.toml')):
        protocol = tomllib.loads(path.read_text())
        for method in protocol['method']:
            print(f'\t{{"{protocol["protocol"]}", {method["number"]}, "{method["name"]}"}},')
    print('};')
    for number, name in enum(structs, 'trace_event'):
        print(f'#define EVENT_{name.upper()} {number}u')
    for name in ('bundle', 'reply', 'free', 'service'):
        print(f'#define SLOT_{name.upper()} {dict(map(reversed, enum(process, "process_slot")))[name]}u')


main(Path(sys.argv[1]))
