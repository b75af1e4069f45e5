// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs a program on node's WASI with the arguments that programs.py gives to ours.
'use strict';
const {WASI} = require('wasi');
const wasi = new WASI({version: 'preview1', args: ['program', 'first', 'second'], env: {NAME: 'value'},
	preopens: {'/d': process.argv[3]}, returnOnExit: true});
const module_ = new WebAssembly.Module(require('fs').readFileSync(process.argv[2]));
const instance = new WebAssembly.Instance(module_, {wasi_snapshot_preview1: wasi.wasiImport});
process.exitCode = wasi.start(instance);
