#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints a test script (.wast) for all atomic instructions: results, what is in memory then, traps, and what
validation refuses. What needs several threads is in threads_test.c."""

OLD = 0xf1e2d3c4b5a69788
VARIANTS = [('i32', '', 4), ('i64', '', 8), ('i32', '8', 1), ('i32', '16', 2), ('i64', '8', 1), ('i64', '16', 2),
            ('i64', '32', 4)]
OPERATIONS = {'add': lambda a, b: a + b, 'sub': lambda a, b: a - b, 'and': lambda a, b: a & b,
              'or': lambda a, b: a | b, 'xor': lambda a, b: a ^ b, 'xchg': lambda a, b: b}
VALUE = 0x123456789abcdef7
functions, checks, names = [], [], []
INDEX, MEMORY = '@i', '@m '  # the type of addresses, and a memory's name: see print_for


def const(kind, value):
    return f'({kind}.const {value & ((1 << int(kind[1:])) - 1)})'


def add(name, kind, size, operands, result):
    """The instruction as it is, with an offset, and with operands that are temporaries."""
    names.append((name, kind, size, operands, result))
    parameters = ' '.join([INDEX] + [kind] * operands)
    results = f'(result {kind})' if result else ''
    get = ' '.join(f'(local.get {i + 1})' for i in range(operands))
    busy = ' '.join(f'({kind}.xor (local.get {i + 1}) ({kind}.const 0))' for i in range(operands))
    functions.append(f'(func (export "{name}") (param {parameters}) {results} ({name} {MEMORY}(local.get 0) {get}))')
    functions.append(f'(func (export "{name} offset") (param {parameters}) {results}'
                     f' ({name} {MEMORY}offset=8 ({INDEX}.sub (local.get 0) ({INDEX}.const 8)) {busy}))')
    checks.extend(f'(assert_trap (invoke "{name}" ({INDEX}.const {address}) {" ".join([const(kind, 0)] * operands)}) "{why}")'
                  for address, why in [(65536, 'out of bounds memory access'), *(
                      [(17, 'unaligned atomic'), (16 + size // 2, 'unaligned atomic')] if size > 1 else [])])


def check(name, kind, size, arguments, result, stored):
    """From OLD at 16 and 24: the result, and what is there then."""
    mask = (1 << 8 * size) - 1
    arguments = ' '.join(const(kind, a) for a in arguments)
    for suffix in '', ' offset':
        checks.append(f'(invoke "set" {const("i64", OLD)})')
        wanted = '' if result is None else const(kind, result & mask)
        checks.append(f'(assert_return (invoke "{name}{suffix}" ({INDEX}.const 16) {arguments}) {wanted})')
        checks.append(f'(assert_return (invoke "get") {const("i64", OLD & ~mask | stored & mask)})')


for kind, width, size in VARIANTS:
    suffix = '_u' if width else ''
    mask = (1 << 8 * size) - 1
    add(f'{kind}.atomic.load{width}{suffix}', kind, size, 0, True)
    check(f'{kind}.atomic.load{width}{suffix}', kind, size, [], OLD, OLD)
    add(f'{kind}.atomic.store{width}', kind, size, 1, False)
    check(f'{kind}.atomic.store{width}', kind, size, [VALUE], None, VALUE)
    for operation, function in OPERATIONS.items():
        name = f'{kind}.atomic.rmw{width}.{operation}{suffix}'
        add(name, kind, size, 1, True)
        check(name, kind, size, [VALUE], OLD, function(OLD, VALUE))
    name = f'{kind}.atomic.rmw{width}.cmpxchg{suffix}'
    add(name, kind, size, 2, True)
    check(name, kind, size, [OLD & mask, VALUE], OLD, VALUE)
    check(name, kind, size, [OLD + 1 & mask, VALUE], OLD, OLD)



def print_for(memories, index, memory):
    def put(*parts):
        print('\n'.join(parts).replace('@i', index).replace('@m ', memory))
    put(f'(module {memories}', *functions, """
  (func (export "set") (param i64) (i64.store @m (@i.const 16) (local.get 0)))
  (func (export "get") (result i64) (atomic.fence) (i64.load @m (@i.const 16)))
  (func (export "wait32") (param @i i32 i64) (result i32)
    (memory.atomic.wait32 @m offset=4 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param @i i64 i64) (result i32)
    (memory.atomic.wait64 @m (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param @i i32) (result i32)
    (memory.atomic.notify @m offset=4 (local.get 0) (local.get 1))))""")
    put(*checks)
    put("""
(assert_return (invoke "notify" (@i.const 12) (i32.const -1)) (i32.const 0))
(assert_trap (invoke "notify" (@i.const 2) (i32.const 0)) "unaligned atomic")
(assert_trap (invoke "notify" (@i.const 65532) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "notify" (@i.const -4) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "wait32" (@i.const 65532) (i32.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "wait64" (@i.const 4) (i64.const 0) (i64.const 0)) "unaligned atomic")
(invoke "set" (i64.const 0x200000001))""")
    put("""
(assert_return (invoke "wait32" (@i.const 12) (i32.const 2) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait32" (@i.const 12) (i32.const 1) (i64.const 1)) (i32.const 2))
(assert_return (invoke "wait64" (@i.const 16) (i64.const 0x200000001) (i64.const 1000)) (i32.const 2))
(assert_return (invoke "wait64" (@i.const 16) (i64.const 1) (i64.const -1)) (i32.const 1))""" if 'shared' in memories else """
(assert_trap (invoke "wait32" (@i.const 12) (i32.const 9) (i64.const 0)) "expected shared memory")
(assert_trap (invoke "wait64" (@i.const 16) (i64.const 9) (i64.const 0)) "expected shared memory")""")


print_for('(memory 1 1 shared)', 'i32', '')
print_for('(memory 1)', 'i32', '')
print_for('(memory i64 1 1 shared)', 'i64', '')
print_for('(memory 3) (memory $m 1 1 shared)', 'i32', '$m ')

for name, kind, size, operands, result in names:
    drop, end = ('(drop ', ')') if result else ('', '')
    code = f'{drop}({name} %s(i32.const 0) {" ".join([const(kind, 0)] * operands)}){end}'
    print(f'(assert_invalid (module (func {code % ""})) "unknown memory")')
    for wrong in {size * 2, max(1, size // 2)} - {size}:
        print(f'(assert_invalid (module (memory 1) (func {code % f"align={wrong} "})) "alignment")')

print(r'''
(assert_invalid (module (memory 1 shared)) "shared memory must have maximum")
(assert_invalid (module (memory 2 1 shared)) "size minimum must not be greater than maximum")
(assert_invalid (module (memory 1 65537 shared)) "memory size")
(assert_invalid (module (memory 1 1 shared) (func (drop (memory.atomic.wait32 align=8 (i32.const 0) (i32.const 0) (i64.const 0))))) "alignment")
(assert_malformed (module binary "\00asm\01\00\00\00\04\05\01\70\03\01\02") "malformed limits flags")
(assert_malformed (module binary "\00asm\01\00\00\00\01\04\01\60\00\00\03\02\01\00\0a\07\01\05\00\fe\03\01\0b") "zero byte expected")
(module (memory (export "m") 1 3 shared)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size)))
(register "own")
(module $user (import "own" "m" (memory 1 3 shared))
  (func (export "size") (result i32) (memory.size))
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0))))
(assert_return (invoke "size") (i32.const 1))
(assert_trap (invoke "load" (i32.const 65536)) "out of bounds memory access")
(module $own (import "own" "grow" (func $grow (param i32) (result i32)))
  (func (export "grow") (param i32) (result i32) (call $grow (local.get 0))))
(assert_return (invoke $own "grow" (i32.const 2)) (i32.const 1))
(assert_return (invoke $own "grow" (i32.const 1)) (i32.const -1))
(assert_return (invoke $user "size") (i32.const 3))
(assert_return (invoke $user "load" (i32.const 196604)) (i32.const 0))
(assert_unlinkable (module (import "own" "m" (memory 1 3))) "incompatible import type")
(assert_unlinkable (module (import "own" "m" (memory 1 2 shared))) "incompatible import type")
(module (import "spectest" "shared_memory" (memory 1 2 shared)))
(assert_unlinkable (module (import "spectest" "shared_memory" (memory 1 2))) "incompatible import type")
(assert_unlinkable (module (import "spectest" "memory" (memory 1 2 shared))) "incompatible import type")
''')
