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
const out = [];
const log = (letter, type) => (v) => { out.push(`log ${letter} ${bits(type, v)}`); };
const imports = {'fuzzing-support': {'log-i32': log('i', 0x7f), 'log-i64': log('I', 0x7e), 'log-f32': log('f', 0x7d), 'log-f64': log('F', 0x7c)}};
let instance;
try {
	instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
} catch (e) {
	out.push(e instanceof WebAssembly.CompileError ? 'invalid' : 'no instance');
}
for (const [n, [parameters, results]] of Object.entries(instance ? exported : {})) {
	try {
		let r = instance.exports[n](...parameters.map((t) => t === 0x7e ? 0n : 0));
		if (results.length === 0) r = []; else if (results.length === 1) r = [r];
		out.push([n, ...[...r].map((v, i) => bits(results[i], v))].join(' '));
	} catch (e) {
		out.push(`${n} trap${e instanceof RangeError ? ' stack' : ''}`);
	}
}
process.stdout.write(out.length ? out.join('\n') + '\n' : '');
