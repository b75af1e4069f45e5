// SPDX-License-Identifier: MIT OR Apache-2.0
// The same as run_exports.c, on V8. The result types come from the module itself: JavaScript's numbers
// do not tell i32 from f32.
'use strict';
const bytes = require('fs').readFileSync(process.argv[2]);

let at = 8;
const u = () => { let v = 0, s = 0, b; do { b = bytes[at++]; v += (b & 127) * 2 ** s; s += 7; } while (b & 128); return v; };
const types = [], functions = [], exported = {};
function vector(read) { const n = u(), out = []; for (let i = 0; i < n; i++) out.push(read()); return out; }
function limits() { const f = bytes[at++]; u(); if (f & 1) u(); }
function name() { const n = u(); at += n; return bytes.subarray(at - n, at).toString(); }
while (at < bytes.length) {
	const id = bytes[at++], end = u() + at;
	if (id === 1) vector(() => { at++; types.push([vector(() => bytes[at++]), vector(() => bytes[at++])]); });
	if (id === 2) vector(() => { name(); name(); const k = bytes[at++];
		if (k === 0) functions.push(u()); else if (k === 1) { at++; limits(); } else if (k === 2) limits(); else at += 2; });
	if (id === 3) vector(() => functions.push(u()));
	if (id === 7) vector(() => { const n = name(), k = bytes[at++], i = u(); if (k === 0) exported[n] = types[functions[i]]; });
	at = end;
}

const f64 = new Float64Array(1), f32 = new Float32Array(f64.buffer), u64 = new BigUint64Array(f64.buffer), u32 = new Uint32Array(f64.buffer);
function bits(type, value) {
	switch (type) {
	case 0x7f: return (value >>> 0).toString(16);
	case 0x7e: return BigInt.asUintN(64, value).toString(16);
	case 0x7d: f32[0] = value; return u32[0].toString(16);
	default: f64[0] = value; return u64[0].toString(16);
	}
}
const classes = [[/^unreachable/, 'unreachable'], [/^memory access out|^data segment|unaligned/, 'memory'],
	[/^table index|^table access|^element segment/, 'table'], [/by zero$/, 'zero'], [/unrepresentable/, 'number'],
	[/^null function or/, 'callee'], [/^dereferencing a null/, 'null reference'],
	[/^Atomics.wait/, 'expected shared memory']];
function classOf(e) {
	if (e instanceof RangeError) return 'stack';
	if (e instanceof WebAssembly.Exception) return 'uncaught exception';
	const found = classes.find(([text]) => text.test(e.message));
	return found ? found[1] : e.message;
}

const out = [];
const log = (letter, type) => (v) => { out.push(`log ${letter} ${bits(type, v)}`); };
// (func (export "f") (param v128)) calls (import "h" "l") with its two halves: JavaScript has no vectors.
const halves = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
	1, 9, 2, 0x60, 1, 0x7e, 0, 0x60, 1, 0x7b, 0, 2, 7, 1, 1, 0x68, 1, 0x6c, 0, 0, 3, 2, 1, 1, 7, 5, 1, 1, 0x66, 0, 1,
	10, 18, 1, 16, 0, 0x20, 0, 0xfd, 0x1d, 0, 0x10, 0, 0x20, 0, 0xfd, 0x1d, 1, 0x10, 0, 0x0b])), {h: {l: log('V', 0x7e)}});
const imports = {'fuzzing-support': {'log-i32': log('i', 0x7f), 'log-i64': log('I', 0x7e), 'log-f32': log('f', 0x7d), 'log-f64': log('F', 0x7c),
	'log-v128': halves.exports.f}};
let instance;
try {
	instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
} catch (e) {
	out.push(e instanceof WebAssembly.CompileError ? 'invalid' : 'no instance');
}
// The same as in run_exports.c.
const integers = [0, 1, -1, -(2 ** 31), 1000], floats = [0, 1.5, -1e30, 1e-40, -0].map(Math.fround);
function argument(type, which) {
	if (type === 0x7f) return integers[which];
	return type === 0x7e ? BigInt(integers[which]) : floats[which];
}
function callAll(round) {
	for (const [n, [parameters, results]] of Object.entries(exported)) {
		if (parameters.includes(0x7b) || results.includes(0x7b)) continue; // JavaScript cannot call these
		try {
			let r = instance.exports[n](...parameters.map((t, i) => argument(t, (round + i) % integers.length)));
			if (results.length === 0) r = []; else if (results.length === 1) r = [r];
			out.push([n, ...[...r].map((v, i) => bits(results[i], v))].join(' '));
		} catch (e) {
			out.push(`${n} trap ${classOf(e)}`);
		}
	}
}
for (let round = 0; instance && round < integers.length; round++) callAll(round);
process.stdout.write(out.length ? out.join('\n') + '\n' : '');
