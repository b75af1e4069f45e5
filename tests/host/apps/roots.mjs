// SPDX-License-Identifier: MIT OR Apache-2.0
// Folders that stand for Craton's file system in tests.
import fs from 'node:fs';
import path from 'node:path';

// bin/ with the programs, tmp/.
export function root_make(scratch, built, name) {
	const root = path.join(scratch, name);
	fs.mkdirSync(path.join(root, 'bin'), {recursive: true});
	fs.mkdirSync(path.join(root, 'tmp'));
	for (const file of fs.readdirSync(built))
		if (file.endsWith('.wasm') || file.endsWith('.list'))
			fs.linkSync(path.join(built, file), path.join(root, 'bin', file));
	for (const file of fs.readdirSync(path.join(built, 'demos')))
		fs.linkSync(path.join(built, 'demos', file), path.join(root, 'bin', file));
	return root;
}

// desk/ with a copy of the cases' files; case.sh.
export function work_make(root, cases, script) {
	const work = path.join(root, 'desk');
	fs.cpSync(path.join(cases, 'data'), work, {recursive: true, preserveTimestamps: true});
	if (script)
		fs.copyFileSync(script, path.join(root, 'case.sh'));
	return work;
}
