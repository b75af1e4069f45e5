#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints a test script (.wast) for all vector instructions: what each must give comes from the plain model
here, operand by operand from locals, temporaries, slots and with the result in the local of an operand.

usage: vector_script.py [SEED]
"""
import math
import random
import struct
import sys

R = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
SHAPES = {'i8x16': (16, 8), 'i16x8': (8, 16), 'i32x4': (4, 32), 'i64x2': (2, 64), 'f32x4': (4, 32), 'f64x2': (2, 64)}
NAN = 'nan'  # a lane that must be some arithmetic NaN
tests = {}   # instruction: (operand kinds, result kind, function of the operands)


# --- lanes -----------------------------------------------------------------------------------------

def split(value, bits):
    return [value >> i & (1 << bits) - 1 for i in range(0, 128, bits)]


def join(lanes, bits):
    return sum((lane & (1 << bits) - 1) << i * bits for i, lane in enumerate(lanes))


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def clamp(value, low, high):
    return max(low, min(high, value))


def saturate(value, bits, is_signed):
    half = 1 << bits - 1
    return clamp(value, -half, half - 1) if is_signed else clamp(value, 0, 2 * half - 1)


def to_float(value, bits):
    return struct.unpack('<f' if bits == 32 else '<d', value.to_bytes(bits // 8, 'little'))[0]


def from_float(number, bits):
    if math.isnan(number):
        return NAN
    try:
        data = struct.pack('<f' if bits == 32 else '<d', number)
    except OverflowError:
        data = struct.pack('<f', math.copysign(math.inf, number))
    return int.from_bytes(data, 'little')


# --- the model -------------------------------------------------------------------------------------

def lanewise(shape, name, kinds, function):
    """The same function on each lane; operands of kind V are split, others are passed as they are."""
    count, bits = SHAPES[shape]

    def run(*operands):
        columns = [split(o, bits) if k == 'V' else [o] * count for o, k in zip(operands, kinds)]
        return [function(*column) for column in zip(*columns)], bits
    tests[f'{shape}.{name}'] = (kinds, 'V', run)


def integers(shape):
    count, bits = SHAPES[shape]
    ones = (1 << bits) - 1
    s = lambda v: signed(v, bits)

    def binary(name, function):
        lanewise(shape, name, 'VV', function)

    def compare(name, function):
        binary(name + '_s' if name not in ('eq', 'ne') else name, lambda a, b: ones * function(s(a), s(b)))
        if name not in ('eq', 'ne') and bits != 64:
            binary(name + '_u', lambda a, b: ones * function(a, b))

    for name, function in {'eq': lambda a, b: a == b, 'ne': lambda a, b: a != b, 'lt': lambda a, b: a < b,
                           'gt': lambda a, b: a > b, 'le': lambda a, b: a <= b, 'ge': lambda a, b: a >= b}.items():
        compare(name, function)
    binary('add', lambda a, b: a + b)
    binary('sub', lambda a, b: a - b)
    if bits != 8:
        binary('mul', lambda a, b: a * b)
    if bits != 64:
        binary('min_s', lambda a, b: min(s(a), s(b)))
        binary('max_s', lambda a, b: max(s(a), s(b)))
        binary('min_u', min)
        binary('max_u', max)
    if bits < 32:
        binary('avgr_u', lambda a, b: (a + b + 1) >> 1)
        for suffix, sign, view in (('_s', True, s), ('_u', False, lambda v: v)):
            binary('add_sat' + suffix, lambda a, b, g=sign, v=view: saturate(v(a) + v(b), bits, g))
            binary('sub_sat' + suffix, lambda a, b, g=sign, v=view: saturate(v(a) - v(b), bits, g))
    lanewise(shape, 'abs', 'V', lambda a: abs(s(a)))
    lanewise(shape, 'neg', 'V', lambda a: -a)
    lanewise(shape, 'shl', 'Vi', lambda a, n: a << n % bits)
    lanewise(shape, 'shr_s', 'Vi', lambda a, n: s(a) >> n % bits)
    lanewise(shape, 'shr_u', 'Vi', lambda a, n: a >> n % bits)
    tests[shape + '.all_true'] = ('V', 'i', lambda a: int(all(split(a, bits))))
    tests[shape + '.bitmask'] = ('V', 'i', lambda a: sum((l >> bits - 1) << i for i, l in enumerate(split(a, bits))))
    tests[shape + '.splat'] = ('I' if bits == 64 else 'i', 'V', lambda a: ([a] * count, bits))


def widths():
    """Instructions between shapes."""
    for wide, narrow in (('i16x8', 'i8x16'), ('i32x4', 'i16x8'), ('i64x2', 'i32x4')):
        bits = SHAPES[narrow][1]
        for suffix, view in (('_s', lambda v, b=bits: signed(v, b)), ('_u', lambda v: v)):
            lanes = lambda a, v=view, b=bits: [v(lane) for lane in split(a, b)]
            for half, part in (('low', lambda l: l[:len(l) // 2]), ('high', lambda l: l[len(l) // 2:])):
                tests[f'{wide}.extend_{half}_{narrow}{suffix}'] = (
                    'V', 'V', lambda a, p=part, l=lanes, b=bits: (p(l(a)), 2 * b))
                tests[f'{wide}.extmul_{half}_{narrow}{suffix}'] = (
                    'VV', 'V', lambda a, c, p=part, l=lanes, b=bits: (
                        [x * y for x, y in zip(p(l(a)), p(l(c)))], 2 * b))
            if wide != 'i64x2':
                tests[f'{wide}.extadd_pairwise_{narrow}{suffix}'] = ('V', 'V', lambda a, l=lanes, b=bits: (
                    [x + y for x, y in zip(l(a)[::2], l(a)[1::2])], 2 * b))
                tests[f'{narrow}.narrow_{wide}{suffix}'] = ('VV', 'V', lambda a, c, g=suffix == '_s', b=bits: (
                    [saturate(signed(v, 2 * b), b, g) for v in split(a, 2 * b) + split(c, 2 * b)], b))
    pairs = lambda a, b: [x * y for x, y in zip([signed(v, 16) for v in split(a, 16)], [signed(v, 16) for v in split(b, 16)])]
    tests['i32x4.dot_i16x8_s'] = ('VV', 'V', lambda a, b: ([x + y for x, y in zip(pairs(a, b)[::2], pairs(a, b)[1::2])], 32))
    q15 = lambda a, b: saturate((signed(a, 16) * signed(b, 16) + 0x4000) >> 15, 16, True)
    lanewise('i16x8', 'q15mulr_sat_s', 'VV', q15)
    lanewise('i16x8', 'relaxed_q15mulr_s', 'VV', lambda a, b: (signed(a, 16) * signed(b, 16) + 0x4000) >> 15)
    lanewise('i8x16', 'popcnt', 'V', lambda a: bin(a).count('1'))


def bits_and_lanes():
    full = (1 << 128) - 1
    whole = lambda function: lambda *o: (split(function(*o) & full, 64), 64)
    for name, function in {'and': lambda a, b: a & b, 'or': lambda a, b: a | b, 'xor': lambda a, b: a ^ b,
                           'andnot': lambda a, b: a & ~b}.items():
        tests['v128.' + name] = ('VV', 'V', whole(function))
    tests['v128.not'] = ('V', 'V', whole(lambda a: ~a))
    select = whole(lambda a, b, c: a & c | b & ~c)
    for name in ('v128.bitselect', *(s + '.relaxed_laneselect' for s in ('i8x16', 'i16x8', 'i32x4', 'i64x2'))):
        tests[name] = ('VVV', 'V', select)
    tests['v128.any_true'] = ('V', 'i', lambda a: int(a != 0))
    pick = lambda a, b, f: ([f(split(a, 8), i) for i in split(b, 8)], 8)
    tests['i8x16.swizzle'] = ('VV', 'V', lambda a, b: pick(a, b, lambda l, i: l[i] if i < 16 else 0))
    tests['i8x16.relaxed_swizzle'] = ('VV', 'V', lambda a, b: pick(a, b, lambda l, i: l[i % 16] if i < 128 else 0))
    for shape, (count, bits) in SHAPES.items():
        kind = {32: 'f', 64: 'F'}[bits] if shape[0] == 'f' else 'I' if bits == 64 else 'i'
        for lane in range(count):
            for suffix in ('_s', '_u') if bits < 32 else ('',):
                tests[f'{shape}.extract_lane{suffix} {lane}'] = ('V', kind, lambda a, l=lane, b=bits, u=suffix: (
                    signed(split(a, b)[l], b) & 0xffffffff if u == '_s' else split(a, b)[l]))
            tests[f'{shape}.replace_lane {lane}'] = ('V' + kind, 'V', lambda a, v, l=lane, b=bits: (
                [v if i == l else x for i, x in enumerate(split(a, b))], b))
        if shape[0] == 'f':
            tests[shape + '.splat'] = (kind, 'V', lambda a, c=count, b=bits: ([a] * c, b))


def shuffles():
    identity = list(range(16))
    lists = [identity, [i + 16 for i in identity], identity[::-1], [i // 4 * 4 ^ 4 | i % 4 for i in identity],
             [5] * 16, [i + 3 for i in identity], [(i + 20) % 32 for i in identity],
             [i + 16 * (i // 2 % 2) for i in identity], [i + 16 * (i // 4 == 1) for i in identity],
             [8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 28, 29, 30, 31],
             [20, 21, 22, 23, 28, 29, 30, 31, 8, 9, 10, 11, 0, 1, 2, 3]]
    for size in (1, 2, 4, 8):
        for start in (0, 8):
            ab = [start + i // size // 2 * size + i % size + i // size % 2 * 16 for i in identity]
            lists += [ab, [i ^ 16 for i in ab]]
    lists += [[R.randrange(32) for _ in identity] for _ in range(12)]
    for lanes in lists:
        name = 'i8x16.shuffle ' + ' '.join(map(str, lanes))
        tests[name] = ('VV', 'V', lambda a, b, l=lanes: ([(split(a, 8) + split(b, 8))[i] for i in l], 8))


def floats(shape):
    count, bits = SHAPES[shape]
    ones = (1 << bits) - 1
    f = lambda v: to_float(v, bits)
    result = lambda number: from_float(number, bits)

    def divide(a, b):
        if b != 0 or math.isnan(a):
            return a / b
        return math.nan if a == 0 else math.copysign(math.inf, a) * math.copysign(1, b)

    def multiply(a, b):
        return math.nan if {abs(a), abs(b)} == {0.0, math.inf} else a * b

    def minimum(a, b):
        if math.isnan(a) or math.isnan(b):
            return math.nan
        return min(a, b, key=lambda v: (v, math.copysign(1, v)))

    def rounded(function):
        return lambda a: math.copysign(function(a), a) if math.isfinite(a) else a

    for name, function in {'eq': lambda a, b: a == b, 'ne': lambda a, b: a != b, 'lt': lambda a, b: a < b,
                           'gt': lambda a, b: a > b, 'le': lambda a, b: a <= b, 'ge': lambda a, b: a >= b}.items():
        lanewise(shape, name, 'VV', lambda a, b, g=function: ones * g(f(a), f(b)))
    for name, function in {'add': lambda a, b: a + b, 'sub': lambda a, b: a - b, 'mul': multiply, 'div': divide,
                           'min': minimum, 'max': lambda a, b: -minimum(-a, -b)}.items():
        lanewise(shape, name, 'VV', lambda a, b, g=function: result(g(f(a), f(b))))
    lanewise(shape, 'pmin', 'VV', lambda a, b: b if f(b) < f(a) else a)
    lanewise(shape, 'pmax', 'VV', lambda a, b: b if f(a) < f(b) else a)
    lanewise(shape, 'relaxed_min', 'VV', lambda a, b: a if f(a) < f(b) else b)
    lanewise(shape, 'relaxed_max', 'VV', lambda a, b: a if f(a) > f(b) else b)
    lanewise(shape, 'abs', 'V', lambda a: a & ones >> 1)
    lanewise(shape, 'neg', 'V', lambda a: a ^ 1 << bits - 1)
    lanewise(shape, 'sqrt', 'V', lambda a: result(math.sqrt(f(a)) if f(a) >= 0 else math.nan if f(a) != 0 else f(a)))
    for name, function in {'ceil': math.ceil, 'floor': math.floor, 'trunc': math.trunc, 'nearest': round}.items():
        lanewise(shape, name, 'V', lambda a, g=function: result(rounded(g)(f(a))))
    twice = lambda a, b: f(result(multiply(a, b))) if result(multiply(a, b)) != NAN else math.nan
    lanewise(shape, 'relaxed_madd', 'VVV', lambda a, b, c: result(twice(f(a), f(b)) + f(c)))
    lanewise(shape, 'relaxed_nmadd', 'VVV', lambda a, b, c: result(f(c) - twice(f(a), f(b))))


def conversions():
    def truncated(number, is_signed, relaxed):
        low, high = (-2 ** 31, 2 ** 31 - 1) if is_signed else (0, 2 ** 32 - 1)
        if relaxed and is_signed:
            return math.trunc(number) if math.isfinite(number) and low <= math.trunc(number) <= high else low
        if math.isnan(number):
            return 0
        return clamp(math.trunc(number) if math.isfinite(number) else math.copysign(2.0 ** 40, number), low, high)

    for kind, relaxed in (('trunc_sat', False), ('relaxed_trunc', True)):
        for suffix, sign in (('_s', True), ('_u', False)):
            t = lambda v, b, g=sign, r=relaxed: int(truncated(to_float(v, b), g, r))
            tests[f'i32x4.{kind}_f32x4{suffix}'] = ('V', 'V', lambda a, t=t: ([t(v, 32) for v in split(a, 32)], 32))
            tests[f'i32x4.{kind}_f64x2{suffix}_zero'] = ('V', 'V', lambda a, t=t: ([t(v, 64) for v in split(a, 64)] + [0, 0], 32))
    for suffix, view in (('_s', lambda v: signed(v, 32)), ('_u', lambda v: v)):
        tests['f32x4.convert_i32x4' + suffix] = ('V', 'V', lambda a, w=view: ([from_float(w(v), 32) for v in split(a, 32)], 32))
        tests['f64x2.convert_low_i32x4' + suffix] = ('V', 'V', lambda a, w=view: ([from_float(w(v), 64) for v in split(a, 32)[:2]], 64))
    tests['f32x4.demote_f64x2_zero'] = ('V', 'V', lambda a: ([from_float(to_float(v, 64), 32) for v in split(a, 64)] + [0, 0], 32))
    tests['f64x2.promote_low_f32x4'] = ('V', 'V', lambda a: ([from_float(to_float(v, 32), 64) for v in split(a, 32)[:2]], 64))


def dots():
    def pairs(a, b):
        products = [signed(x, 8) * y for x, y in zip(split(a, 8), split(b, 8))]
        return [saturate(x + y, 16, True) for x, y in zip(products[::2], products[1::2])]
    tests['i16x8.relaxed_dot_i8x16_i7x16_s'] = ('VV', 'V', lambda a, b: (pairs(a, b), 16))
    tests['i32x4.relaxed_dot_i8x16_i7x16_add_s'] = ('VVV', 'V', lambda a, b, c: (
        [x + y + z for x, y, z in zip(pairs(a, b)[::2], pairs(a, b)[1::2], split(c, 32))], 32))


# --- the script ------------------------------------------------------------------------------------

TYPES = {'V': 'v128', 'i': 'i32', 'I': 'i64', 'f': 'f32', 'F': 'f64'}
EDGES = {8: [0, 1, 0x7f, 0x80, 0xff, 0x55, 15, 16, 31], 16: [0, 1, 0x7fff, 0x8000, 0xffff, 0x80],
         32: [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x8000], 64: [0, 1, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1, 2 ** 32]}
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.5, 2.5, -3.7, 1e10, -1e10, 2147483648.0, -2147483649.0, 4294967296.0, 4294967295.5,
          3e9, math.inf, -math.inf, math.nan, 1e-40, 3.4e38]


def random_lane(bits, is_float):
    if is_float and R.random() < 0.8:
        value = from_float(R.choice(FLOATS), bits)
        return (0x7fc00000 if bits == 32 else 0x7ff8 << 48) if value == NAN else value
    return R.choice(EDGES[bits]) if R.random() < 0.5 else R.getrandbits(bits)


def random_operand(kind, name):
    shape = next((s for s in SHAPES if s in name.split('.')[1]), name.split('.')[0])
    if kind != 'V':
        bits = 64 if kind in 'IF' else 32
        return random_lane(bits, kind in 'fF')
    _, bits = SHAPES.get(shape, (16, 8))
    return join([random_lane(bits, shape[0] == 'f') for _ in range(128 // bits)], bits)


def constant(kind, value):
    if kind == 'V':
        return '(v128.const i64x2 0x%x 0x%x)' % tuple(split(value, 64))
    if kind in 'fF':
        bits = 32 if kind == 'f' else 64
        number = to_float(value, bits)
        sign = '-' if value >> bits - 1 else ''
        text = 'nan:0x%x' % (value & (1 << (23 if bits == 32 else 52)) - 1) if math.isnan(number) else \
            'inf' if math.isinf(number) else abs(number).hex()
        return f'({TYPES[kind]}.const {sign}{text})'
    return f'({TYPES[kind]}.const {value})'


def expected(kind, value):
    if kind != 'V':
        return constant(kind, value)
    lanes, bits = value
    if NAN not in lanes:
        return constant('V', join(lanes, bits))
    texts = []
    for lane in lanes:
        texts.append('nan:arithmetic' if lane == NAN else constant('f' if bits == 32 else 'F', lane).split(' ')[1][:-1])
    return f'(v128.const f{bits}x{128 // bits} {" ".join(texts)})'


def function(name, kinds, result):
    """The instruction with operands in locals, in temporaries, in slots, and with a result that replaces
    the local of its first or last vector operand."""
    get = [f'(local.get {i})' for i in range(len(kinds))]
    forms = [f'({name} {" ".join(get)})']
    fresh = [f'(v128.or (local.get {i}) (local.get $zero))' if k == 'V' else g for i, (k, g) in enumerate(zip(kinds, get))]
    forms.append(f'({name} {" ".join(fresh)})')
    forms.append(' '.join(get + ['(call $nothing)', f'({name})']))
    if result == 'V':
        for i in {kinds.find('V'), kinds.rfind('V')} - {-1}:
            own = [f'(local.get $x)' if j == i else g for j, g in enumerate(get)]
            forms.append(f'(local.set $x (local.get {i})) (local.set $x ({name} {" ".join(own)})) (local.get $x)')
    parameters = ' '.join(TYPES[k] for k in kinds)
    results = ' '.join([TYPES[result]] * len(forms))
    return (f'(func (export "{name}") (param {parameters}) (result {results}) (local $x v128) (local $zero v128)\n  '
            + '\n  '.join(forms) + ')'), len(forms)


def with_constants(name, kinds, operands):
    """The last operand as a constant, and all of them."""
    last = [f'(local.get {i})' for i in range(len(kinds) - 1)] + [constant(kinds[-1], operands[-1])]
    every = [constant(k, o) for k, o in zip(kinds, operands)]
    return f'({name} {" ".join(last)}) ({name} {" ".join(every)})'


def print_tests():
    names = list(tests)
    print('(module (func $nothing)')
    forms = {}
    for name in names:
        text, forms[name] = function(name, tests[name][0], tests[name][1])
        print(text)
    print(')')
    cases = {}
    for name in names:
        kinds, result, run = tests[name]
        rounds = 2 if ' ' in name else 6
        cases[name] = [[random_operand(k, name) for k in kinds] for _ in range(rounds)]
        for operands in cases[name]:
            wanted = expected(result, run(*operands))
            arguments = ' '.join(constant(k, o) for k, o in zip(kinds, operands))
            print(f'(assert_return (invoke "{name}" {arguments}) {" ".join([wanted] * forms[name])})')
    print('(module')
    for name in names:
        kinds, result, _ = tests[name]
        parameters = ' '.join(TYPES[k] for k in kinds)
        print(f'(func (export "{name}") (param {parameters}) (result {TYPES[result]} {TYPES[result]})',
              with_constants(name, kinds, cases[name][0]) + ')')
    print(')')
    for name in names:
        kinds, result, run = tests[name]
        operands = cases[name][0]
        arguments = ' '.join(constant(k, o) for k, o in zip(kinds, operands))
        print(f'(assert_return (invoke "{name}" {arguments})', ' '.join([expected(result, run(*operands))] * 2) + ')')


def print_memory(memories, index, memory):
    """Addresses are of type `index`, `memory` stands before each offset."""
    data = [R.randrange(256) for _ in range(64)]
    at = lambda i, n: sum(data[i + k] << 8 * k for k in range(n))
    loads = {'v128.load': (16, lambda i: at(i, 16))}
    for size in (1, 2, 4, 8):
        loads[f'v128.load{8 * size}_splat'] = (size, lambda i, n=size: join([at(i, n)] * (16 // n), 8 * n))
        if size < 8:
            for suffix in '_s', '_u':
                loads[f'v128.load{8 * size}x{8 // size}{suffix}'] = (8, lambda i, n=size, g=suffix == '_s': join(
                    [signed(at(i + k, n), 8 * n) if g else at(i + k, n) for k in range(0, 8, n)], 16 * n))
        if size >= 4:
            loads[f'v128.load{8 * size}_zero'] = (size, lambda i, n=size: at(i, n))
    text = ''.join(f'\\{b:02x}' for b in data)
    print(f'(module {memories} (data {"(memory $m)" if memory else ""} ({index}.const 0) "{text}")')
    lanes = []
    for name in loads:
        print(f'(func (export "{name}") (param {index}) (result v128) (local $x v128)',
              f'(local.set $x ({name} {memory}offset=3 align=1 (local.get 0))) (local.get $x))')
    for size in (1, 2, 4, 8):
        for lane in range(16 // size):
            lanes.append((size, lane))
            for kind, result in (('load', '(result v128)'), ('store', '')):
                print(f'(func (export "{kind}{size} {lane}") (param {index} v128) {result}',
                      f'(v128.{kind}{8 * size}_lane {memory}offset=1 {lane} (local.get 0) (local.get 1)))')
    print(f'(func (export "store") (param {index} v128) (v128.store {memory}offset=5 (local.get 0) (local.get 1)))')
    print(f'(func (export "get") (param {index}) (result v128) (v128.load {memory}(local.get 0))))')
    for name, (size, value) in loads.items():
        for address in (0, 1, 13):
            print(f'(assert_return (invoke "{name}" ({index}.const {address}))', constant('V', value(address + 3)) + ')')
        print(f'(assert_return (invoke "{name}" ({index}.const {65536 - size - 3})) (v128.const i64x2 0 0))')
        for address in (65536 - size - 2, 65536, -1):
            print(f'(assert_trap (invoke "{name}" ({index}.const {address})) "out of bounds memory access")')
    vector = R.getrandbits(128)
    for size, lane in lanes:
        changed = split(vector, 8 * size)
        changed[lane] = at(8, size)
        print(f'(assert_return (invoke "load{size} {lane}" ({index}.const 7) {constant("V", vector)})',
              constant('V', join(changed, 8 * size)) + ')')
        print(f'(assert_return (invoke "store{size} {lane}" ({index}.const 1023) {constant("V", vector)}))')
        print(f'(assert_return (invoke "get" ({index}.const 1024))', constant('V', split(vector, 8 * size)[lane]) + ')')
        print(f'(assert_return (invoke "store" ({index}.const 1019) (v128.const i64x2 0 0)))')
        for kind in 'load', 'store':
            print(f'(assert_trap (invoke "{kind}{size} {lane}" ({index}.const {65536 - size}) {constant("V", vector)})',
                  '"out of bounds memory access")')
    print(f'(assert_trap (invoke "store" ({index}.const 65516) {constant("V", vector)}) "out of bounds memory access")')
    print(f'(assert_return (invoke "get" ({index}.const 65520)) (v128.const i64x2 0 0))')


INVALID = '''
(assert_invalid (module (func (drop (v128.load (i32.const 0))))) "unknown memory")
(assert_invalid (module (memory 1) (func (drop (v128.load align=32 (i32.const 0))))) "alignment")
(assert_invalid (module (memory 1) (func (drop (v128.load16x4_s align=16 (i32.const 0))))) "alignment")
(assert_invalid (module (memory 1) (func (param v128) (v128.store32_lane align=8 0 (i32.const 0) (local.get 0)))) "alignment")
(assert_invalid (module (memory 1) (func (param v128) (v128.store32_lane 4 (i32.const 0) (local.get 0)))) "invalid lane index")
(assert_invalid (module (memory 1) (func (param v128) (drop (v128.load64_lane 2 (i32.const 0) (local.get 0))))) "invalid lane index")
(assert_invalid (module (func (param v128) (drop (i8x16.extract_lane_s 16 (local.get 0))))) "invalid lane index")
(assert_invalid (module (func (param v128) (drop (f64x2.replace_lane 2 (local.get 0) (f64.const 0))))) "invalid lane index")
(assert_invalid (module (func (param v128) (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 (local.get 0) (local.get 0))))) "invalid lane index")
(assert_invalid (module (func (param v128) (drop (i32x4.add (local.get 0) (i32.const 0))))) "type mismatch")
(assert_invalid (module (func (param v128) (drop (i32x4.splat (local.get 0))))) "type mismatch")
(assert_invalid (module (func (param v128) (drop (f32x4.replace_lane 0 (local.get 0) (f64.const 0))))) "type mismatch")
(assert_invalid (module (func (param v128) (result i32) (v128.any_true))) "type mismatch")
(assert_invalid (module (global v128 (i64.const 0))) "type mismatch")
(assert_invalid (module (func (param v128) (if (local.get 0) (then)))) "type mismatch")
(assert_malformed (module quote "(func (drop (v128.const i32x4 1 2 3)))") "wrong number of lanes")
(assert_malformed (module quote "(func (drop (v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)))") "constant out of range")
(assert_malformed (module quote "(func (drop (i8x16.shuffle 0 1 2 (v128.const i64x2 0 0) (v128.const i64x2 0 0))))") "invalid lane length")
(assert_malformed (module binary "\\00asm\\01\\00\\00\\00\\01\\04\\01\\60\\00\\00\\03\\02\\01\\00\\0a\\06\\01\\04\\00\\fd\\a2\\01") "illegal opcode")

;; Values of all kinds through calls, globals, blocks, branches and select.
(module
  (global $g (mut v128) (v128.const i32x4 1 2 3 4))
  (global (export "constant") v128 (v128.const f64x2 -0x1p+3 nan))
  (func $many (param v128 i32 v128 f64 v128 v128 v128 v128 v128 v128 v128 i64 v128) (result v128 i32 v128 i64)
    (i32x4.add (local.get 12) (local.get 0)) (local.get 1)
    (i32x4.add (local.get 10) (local.get 9)) (local.get 11))
  (func (export "call") (param v128) (result v128 i32 v128 i64)
    (call $many (local.get 0) (i32.const 7) (local.get 0) (f64.const 1) (local.get 0) (local.get 0) (local.get 0)
      (local.get 0) (local.get 0) (global.get $g) (local.get 0) (i64.const -9) (global.get $g)))
  (func (export "swap") (param v128) (result v128)
    (global.get $g) (global.set $g (local.get 0)))
  (func (export "branch") (param i32 v128 v128) (result v128)
    (block $out (result v128)
      (br_if $out (local.get 1) (local.get 0)) (drop) (local.get 2)))
  (func (export "table") (param i32) (result v128 i32)
    (block $a (result v128 i32) (block $b (result v128 i32)
      (br_table $a $b (v128.const i64x2 5 6) (i32.const 1) (local.get 0)))
      (i32.add (i32.const 1))))
  (func (export "select") (param i32 v128 v128) (result v128 v128)
    (select (local.get 1) (local.get 2) (local.get 0))
    (select (result v128) (v128.const i64x2 1 1) (local.get 2) (i32.eqz (local.get 0))))
  (func (export "loop") (param v128 i32) (result v128) (local v128)
    (local.get 0)
    (loop $l (param v128) (result v128)
      (i32x4.add (local.get 0))
      (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
  (func (export "deep") (param v128) (result v128) (local $i i32)
    (local.get 0) (i8x16.neg (local.get 0)) (i16x8.neg (local.get 0)) (i32x4.neg (local.get 0)) (i64x2.neg (local.get 0))
    (i8x16.abs (local.get 0)) (i16x8.abs (local.get 0)) (i32x4.abs (local.get 0)) (i64x2.abs (local.get 0)) (v128.not (local.get 0))
    (v128.xor) (v128.xor) (v128.xor) (v128.xor) (v128.xor) (v128.xor) (v128.xor) (v128.xor) (v128.xor)))
(assert_return (invoke "call" (v128.const i32x4 10 20 30 40))
  (v128.const i32x4 11 22 33 44) (i32.const 7) (v128.const i32x4 11 22 33 44) (i64.const -9))
(assert_return (invoke "swap" (v128.const i32x4 5 6 7 8)) (v128.const i32x4 1 2 3 4))
(assert_return (invoke "swap" (v128.const i32x4 0 0 0 0)) (v128.const i32x4 5 6 7 8))
(assert_return (get "constant") (v128.const f64x2 -8 nan:canonical))
(assert_return (invoke "branch" (i32.const 1) (v128.const i64x2 1 2) (v128.const i64x2 3 4)) (v128.const i64x2 1 2))
(assert_return (invoke "branch" (i32.const 0) (v128.const i64x2 1 2) (v128.const i64x2 3 4)) (v128.const i64x2 3 4))
(assert_return (invoke "table" (i32.const 0)) (v128.const i64x2 5 6) (i32.const 1))
(assert_return (invoke "table" (i32.const 9)) (v128.const i64x2 5 6) (i32.const 2))
(assert_return (invoke "select" (i32.const 1) (v128.const i64x2 1 2) (v128.const i64x2 3 4)) (v128.const i64x2 1 2) (v128.const i64x2 3 4))
(assert_return (invoke "select" (i32.const 0) (v128.const i64x2 1 2) (v128.const i64x2 3 4)) (v128.const i64x2 3 4) (v128.const i64x2 1 1))
(assert_return (invoke "loop" (v128.const i32x4 1 2 3 4) (i32.const 9)) (v128.const i32x4 10 20 30 40))
'''


UNWOUND = '''
;; Homes and values through exceptions and tail calls.
(module
  (tag $t (param v128 i32 v128))
  (func $throw (param v128 v128) (local $x v128) (local $y v128)
    (local.set $x (i32x4.add (local.get 0) (local.get 1))) (local.set $y (i32x4.add (local.get $x) (local.get $x)))
    (local.set $x (i32x4.add (local.get $y) (local.get $x))) (local.set $y (i32x4.add (local.get $x) (local.get $y)))
    (throw $t (local.get $x) (i32.const 7) (local.get $y)))
  (func (export "catch") (param $a v128) (param $b v128) (result v128 i32 v128 v128) (local $keep v128)
    (local.set $keep (i32x4.add (local.get $a) (local.get $b)))
    (local.set $keep (i32x4.add (local.get $keep) (local.get $keep)))
    (block $out (result v128 i32 v128)
      (try_table (catch $t $out) (call $throw (local.get $a) (local.get $b)))
      (unreachable))
    (i32x4.sub (local.get $keep) (local.get $b)))
  (type $nine (func (param v128 v128 v128 v128 v128 v128 v128 v128 i32 v128) (result v128 v128)))
  (table funcref (elem $last))
  (func $last (type $nine)
    (i32x4.sub (local.get 9) (local.get 0)) (i32x4.add (local.get 7) (local.get 1)))
  (func $middle (param v128 i32) (result v128 v128)
    (if (local.get 1) (then (return_call $middle (i32x4.add (local.get 0) (local.get 0)) (i32.sub (local.get 1) (i32.const 1)))))
    (return_call_indirect (type $nine) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
      (local.get 0) (v128.const i32x4 1 2 3 4) (i32.const 5) (v128.const i32x4 9 8 7 6) (i32.const 0)))
  (func (export "tail") (param v128) (result v128 v128) (local $keep v128)
    (local.set $keep (v128.not (local.get 0)))
    (local.set $keep (v128.not (local.get $keep)))
    (call $middle (local.get $keep) (i32.const 3))
    (i32x4.add (local.get $keep))))
(assert_return (invoke "catch" (v128.const i32x4 1 2 3 4) (v128.const i32x4 10 20 30 40))
  (v128.const i32x4 33 66 99 132) (i32.const 7) (v128.const i32x4 55 110 165 220) (v128.const i32x4 12 24 36 48))
(assert_return (invoke "tail" (v128.const i32x4 1 2 3 4)) (v128.const i32x4 1 -8 -17 -26) (v128.const i32x4 10 20 30 40))
'''


def deep(a):
    values = [a]
    for bits in (8, 16, 32, 64):
        values += [join([-v for v in split(a, bits)], bits), join([abs(signed(v, bits)) for v in split(a, bits)], bits)]
    result = ~a & (1 << 128) - 1
    for value in values:
        result ^= value
    return result


def main():
    for shape in ('i8x16', 'i16x8', 'i32x4', 'i64x2'):
        integers(shape)
    widths()
    bits_and_lanes()
    shuffles()
    for shape in ('f32x4', 'f64x2'):
        floats(shape)
    conversions()
    dots()
    print_tests()
    print_memory('(memory 1)', 'i32', '')
    print_memory('(memory i64 1)', 'i64', '')
    print_memory('(memory 3) (memory $m 1)', 'i32', '$m ')
    print(INVALID)
    for _ in range(3):
        value = R.getrandbits(128)
        print(f'(assert_return (invoke "deep" {constant("V", value)})', constant('V', deep(value)) + ')')
    print(UNWOUND)


main()
