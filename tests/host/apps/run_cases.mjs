// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs the scripts in cases/ with Craton's shell and commands, on the host.
// usage: node run_cases.mjs FOLDER-WITH-WASM-FILES [PART-OF-A-NAME]
//
// A case NAME.sh with NAME.out must print just that. Without NAME.out, dash and the host's own
// commands run it too, and both must print the same and end with the same status. Each runs in a
// fresh folder with the files of cases/data. Standard error is not compared; a case sends it to
// standard output if it matters. UPDATE=1 writes what was printed to the .out files there are (read
// the difference before committing it); SHOW_ERRORS=1 shows standard error. NATIVE=path runs the
// cases that are compared with dash with a native build of the shell instead, which must not leave
// a report of a sanitizer.
import child from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {System, hostFile} from './craton_node.mjs';
import {root_make as make_root, work_make as make_work} from './roots.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const cases = path.join(here, 'cases');
const built = path.resolve(process.argv[2] ?? 'build/apps');
const native = process.env.NATIVE && path.resolve(process.env.NATIVE);
const part = process.argv[3] ?? '';
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'craton-cases-'));

const root_make = (name) => make_root(scratch, built, name);
const work_make = (root, script) => make_work(root, cases, script);
const environment = ['PATH=/bin', 'HOME=/desk', 'PWD=/desk', 'TZ=UTC', 'LC_ALL=C'];

function run_ours(name, script) {
	const root = root_make(name);
	work_make(root, script);
	const file = path.join(root, 'output');
	const out = fs.openSync(file, 'w'), none = fs.openSync('/dev/null', 'r+');
	const errors = process.env.SHOW_ERRORS ? 2 : none;
	const system = new System(root);
	const exit = system.run('/bin/sh.wasm', ['sh', '/case.sh'], environment, '/desk',
		new Map([[0, hostFile(none)], [1, hostFile(out)], [2, hostFile(errors)]]));
	fs.closeSync(out);
	fs.closeSync(none);
	return {output: fs.readFileSync(file, 'latin1'), status: exit.status};
}

function run_host(name, script, shell) {
	const root = path.join(scratch, `${name}.${path.basename(shell)}`);
	fs.mkdirSync(root);
	const work = work_make(root, script);
	const result = child.spawnSync(shell, [path.join(root, 'case.sh')], {cwd: work,
		env: {PATH: '/usr/bin:/bin', HOME: work, TZ: 'UTC', LC_ALL: 'C'},
		stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28});
	const errors = result.stderr.toString('latin1');
	const reports = errors.split('\n').filter((l) => /Sanitizer|runtime error/.test(l));
	return {output: result.stdout.toString('latin1') + reports.join('\n'),
		status: result.status};
}

function expected(name, script) {
	const file = script.replace(/\.sh$/, '.out');
	if (!fs.existsSync(file))
		return run_host(name, script, 'dash');
	const output = fs.readFileSync(file, 'latin1');
	const status = /status (\d+)\n$/.exec(output);
	return {output: status ? output.slice(0, status.index) : output,
		status: status ? Number(status[1]) : 0};
}

function difference(name, wanted, got) {
	const a = path.join(scratch, name + '.expected'), b = path.join(scratch, name + '.got');
	fs.writeFileSync(a, wanted.output + `status ${wanted.status}\n`, 'latin1');
	fs.writeFileSync(b, got.output + `status ${got.status}\n`, 'latin1');
	return child.spawnSync('diff', ['-a', '-u', '--label', 'expected', '--label', 'got', a, b])
		.stdout.toString();
}

let failed = 0, count = 0;
for (const file of fs.readdirSync(cases).sort()) {
	if (!file.endsWith('.sh') || !file.includes(part))
		continue;
	const name = file.slice(0, -3), script = path.join(cases, file);
	if (native && fs.existsSync(script.replace(/\.sh$/, '.out')))
		continue;
	const wanted = expected(name, script);
	let got;
	try {
		got = native ? run_host(name, script, native) : run_ours(name, script);
	} catch (error) {
		got = {output: `harness: ${error.stack}\n`, status: -1};
	}
	const out = script.replace(/\.sh$/, '.out');
	if (process.env.UPDATE && fs.existsSync(out))
		fs.writeFileSync(out, got.output + (got.status ? `status ${got.status}\n` : ''), 'latin1');
	const same = wanted.output === got.output && wanted.status === got.status;
	console.log(`${same ? 'ok  ' : 'FAIL'} ${name}`);
	if (!same)
		console.log(difference(name, wanted, got).split('\n').slice(0, 60).join('\n'));
	failed += !same;
	count++;
}
fs.rmSync(scratch, {recursive: true, force: true});
console.log(`${count - failed} of ${count} cases passed`);
process.exit(failed ? 1 : 0);
