// SPDX-License-Identifier: MIT OR Apache-2.0
// Plays keys to the shell on a terminal and looks at what it shows, on the host.
// usage: node run_terminal.mjs FOLDER-WITH-WASM-FILES
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {System, Terminal} from './craton_node.mjs';
import {root_make, work_make} from './roots.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const built = path.resolve(process.argv[2] ?? 'build/apps');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'craton-terminal-'));
const CTRL_C = '\x03', CTRL_D = '\x04', TAB = '\t', UP = '\x1b[A', CTRL_R = '\x12';

const tests = [
	['prompt', 'echo hello\r' + CTRL_D, ['craton', '~', '\r\nhello\n'], 0],
	['exit status', 'exit 5\r', [], 5],
	['status in the prompt', 'false\r' + CTRL_D, ['31m1'], 1],
	['Ctrl-C gives a new prompt', 'echo lost' + CTRL_C + 'echo kept\r' + CTRL_D, ['\r\nkept\n'], 0],
	['several lines', 'if true\rthen echo multi\rfi\r' + CTRL_D, ['> ', '\r\nmulti\n'], 0],
	['Ctrl-C leaves several lines', 'if true\r' + CTRL_C + 'echo next\r' + CTRL_D,
		['\r\nnext\n'], 0],
	['syntax error', 'fi\recho after\r' + CTRL_D, ['syntax error', '\r\nafter\n'], 0],
	['history', 'echo one\recho two\r' + UP + UP + '\r' + CTRL_D, ['one\n', 'two\n'], 0],
	['history search', 'echo findme\rtrue\r' + CTRL_R + 'find\r' + CTRL_D, ["search `find'"], 0],
	['command completion', 'hexd' + TAB + '-C noeol\r' + CTRL_D, ['hexdump -C noeol', '00000000'], 0],
	['path completion', 'cat wo' + TAB + '\r' + CTRL_D, ['words.txt', 'alpha'], 0],
	['directory completion', 'ls dir/su' + TAB + '\r' + CTRL_D, ['x.k'], 0],
	['variable completion', 'echo $HO' + TAB + '\r' + CTRL_D, ['$HOME', '\r\n/desk\n'], 0],
	['choices', 'ls dir/' + TAB + TAB + '\r' + CTRL_D, ['dir/numbers', 'dir/sub/'], 0],
	['alias', "alias hi='echo greetings'\rhi there\r" + CTRL_D, ['\r\ngreetings there\n'], 0],
	['colours and columns', 'ls\r' + CTRL_D, ['\x1b[1;34mdir\x1b[0m', 'words.txt'], 0],
	['abnormal ends', 'crash divide\rcrash unreachable\recho on\r' + CTRL_D,
		['crash: integer divide by zero (trap)', 'crash: unreachable (trap)', '\r\non\n'], 0],
	['not found', 'nosuch\r' + CTRL_D, ["sh: nosuch: command not found (try `help')"], 127],
	['background', 'true &\rwait\r' + CTRL_D, ['[1] '], 0],
	['pager', 'less lines.txt\r q' + CTRL_D, ['lines 1-23 of 300', 'lines 24-46 of 300'], 0],
	['pager of a pipe', 'cat words.txt | less\r' + CTRL_D, ['alpha'], 0],
	['recursion', 'f() { f; }; f\recho alive\r' + CTRL_D, ['nested too deeply', '\r\nalive\n'], 0],
	['nested shell', 'sh\recho inner\r' + CTRL_D + 'echo outer\r' + CTRL_D,
		['\r\ninner\n', '\r\nouter\n'], 0],
	['read from the terminal', 'read x\rtyped words\recho "<$x>"\r' + CTRL_D, ['<typed words>'], 0],
];

function run(name, keys) {
	const root = root_make(scratch, built, name.replaceAll(' ', '-'));
	work_make(root, path.join(here, 'cases'));
	const terminal = new Terminal(keys);
	const exit = new System(root).run('/bin/sh.wasm', ['sh'],
		['PATH=/bin', 'HOME=/desk', 'PWD=/desk', 'TZ=UTC'], '/desk',
		new Map([[0, terminal], [1, terminal], [2, terminal]]));
	return {screen: terminal.screen, status: exit.status,
		history: fs.existsSync(path.join(root, 'desk/.history'))};
}

let failed = 0;
for (const [name, keys, shown, status] of tests) {
	const result = run(name, keys);
	const missing = shown.filter((part) => !result.screen.includes(part));
	const good = missing.length === 0 && result.status === status && result.history;
	console.log(`${good ? 'ok  ' : 'FAIL'} ${name}`);
	if (!good)
		console.log({missing, status: result.status, history: result.history,
			screen: result.screen.slice(-1500)});
	failed += !good;
}
fs.rmSync(scratch, {recursive: true, force: true});
console.log(`${tests.length - failed} of ${tests.length} terminal tests passed`);
process.exit(failed ? 1 : 0);
