// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs Craton's WASM programs on the host, for tests: WASI preview 1 over a folder as root, and the
// import module `craton`. Programs run one after the other: spawn returns when the child has ended,
// pipes are buffers without a limit that matters, an empty pipe is at its end. Good enough for
// everything but concurrency and terminals.
import fs from 'node:fs';
import path from 'node:path';
import crypto from 'node:crypto';

const E = {SUCCESS: 0, ACCES: 2, AGAIN: 6, BADF: 8, BUSY: 10, EXIST: 20, INVAL: 28, ISDIR: 31, NOENT: 44,
	NOEXEC: 45, NOSYS: 52, NOTDIR: 54, NOTEMPTY: 55, NOTSUP: 58, NOTTY: 59, PERM: 63, PIPE: 64,
	LOOP: 32, NAMETOOLONG: 37, XDEV: 75, SPIPE: 70, SRCH: 71, IO: 29, ROFS: 69};
const CODES = {EACCES: E.ACCES, EEXIST: E.EXIST, EISDIR: E.ISDIR, ENOENT: E.NOENT, EPERM: E.PERM,
	ENOTDIR: E.NOTDIR, ENOTEMPTY: E.NOTEMPTY, ELOOP: E.LOOP, EINVAL: E.INVAL, EXDEV: E.XDEV,
	ENAMETOOLONG: E.NAMETOOLONG, EBADF: E.BADF, ESPIPE: E.SPIPE, EROFS: E.ROFS};
const CAUSE = {EXITED: 0, KILLED: 1, INTERRUPTED: 2, TRAPPED: 3, BROKEN_PIPE: 6};
const TRAPS = [['unreachable', 1], ['out of bounds', 2], ['divide by zero', 4],
	['remainder by zero', 4], ['divide result', 5], ['unrepresentable', 6], ['table index', 3],
	['null function', 8], ['signature', 9], ['call stack', 10]];
const PIPE_MAX = 1 << 23;
const FILETYPE = {character: 2, directory: 3, file: 4, socket: 6, link: 7};
const text = new TextDecoder(), bytes = new TextEncoder();

class Exit extends Error {
	constructor(status, cause = CAUSE.EXITED, detail = 0) {
		super('exit');
		Object.assign(this, {status, cause, detail});
	}
}

// Open descriptions; shared between descriptors and programs.
class File {
	constructor(osfd, hostPath, append) {
		Object.assign(this, {osfd, hostPath, append, users: 1});
	}
	stat() {
		return this.osfd === null ? fs.statSync(this.hostPath, {bigint: true})
					  : fs.fstatSync(this.osfd, {bigint: true});
	}
	read(buffer) {
		return fs.readSync(this.osfd, buffer, 0, buffer.length, this.position());
	}
	position() {
		return this.offset === undefined ? null : this.offset;
	}
	write(buffer) {
		return fs.writeSync(this.osfd, buffer, 0, buffer.length, null);
	}
	release() {
		if (--this.users === 0 && this.osfd > 2)
			fs.closeSync(this.osfd);
	}
}

// A regular file with its own offset, since node cannot seek.
class Seekable extends File {
	offset = 0;
	read(buffer) {
		const n = fs.readSync(this.osfd, buffer, 0, buffer.length, this.offset);
		this.offset += n;
		return n;
	}
	write(buffer) {
		if (this.append)
			this.offset = Number(fs.fstatSync(this.osfd).size);
		const n = fs.writeSync(this.osfd, buffer, 0, buffer.length, this.offset);
		this.offset += n;
		return n;
	}
}

class PipeEnd {
	constructor(pipe, writes) {
		Object.assign(this, {pipe, writes, users: 1});
	}
	read(buffer) {
		const chunk = this.pipe.chunks[0];
		if (!chunk)
			return 0;
		const n = Math.min(chunk.length, buffer.length);
		buffer.set(chunk.subarray(0, n));
		if (n === chunk.length)
			this.pipe.chunks.shift();
		else
			this.pipe.chunks[0] = chunk.subarray(n);
		this.pipe.size -= n;
		return n;
	}
	write(buffer) {
		if (this.pipe.readers === 0 || this.pipe.size > PIPE_MAX)
			throw new Exit(141, CAUSE.BROKEN_PIPE);
		this.pipe.chunks.push(Buffer.from(buffer));
		this.pipe.size += buffer.length;
		return buffer.length;
	}
	release() {
		if (--this.users === 0 && !this.writes)
			this.pipe.readers = 0;
	}
}

// A terminal whose keys come from a string and whose screen is a string.
export class Terminal {
	constructor(keys) {
		Object.assign(this, {keys: Buffer.from(keys, 'utf8'), screen: '', mode: 0, users: 1});
	}
	read(buffer) {
		const n = Math.min(buffer.length, this.keys.length, this.mode ? buffer.length
			: this.keys.indexOf('\r') + 1 || this.keys.length);
		buffer.set(this.keys.subarray(0, n));
		if (!this.mode)
			for (let i = 0; i < n; i++)
				buffer[i] = buffer[i] === 13 ? 10 : buffer[i];
		this.keys = this.keys.subarray(n);
		return n;
	}
	write(buffer) {
		this.screen += text.decode(buffer);
		return buffer.length;
	}
	release() {}
}

class ProcessHandle {
	constructor(pid, exit) {
		Object.assign(this, {pid, exit, users: 1});
	}
	release() {}
}

export class System {
	constructor(root, options = {}) {
		this.root = root;
		this.next = 2;
		this.modules = new Map();
		this.options = options;
		this.log = [];
	}

	module(file) {
		const stamp = `${file}:${fs.statSync(file).mtimeMs}`;
		if (!this.modules.has(stamp))
			this.modules.set(stamp, new WebAssembly.Module(fs.readFileSync(file)));
		return this.modules.get(stamp);
	}

	host(guest) {
		return path.join(this.root, path.posix.normalize('/' + guest));
	}

	// Runs a program to its end: {status, cause, detail}. `fds` maps numbers to descriptions.
	run(guestPath, args, env, directory, fds) {
		const program = new Program(this, args, env, directory, fds);
		const start = process.hrtime.bigint();
		const exit = program.run(this.module(this.host(guestPath)));
		exit.cpu = process.hrtime.bigint() - start;
		program.close();
		return exit;
	}

	handle(fd) {
		return new File(fd, null, false);
	}
}

class Program {
	constructor(system, args, env, directory, fds) {
		Object.assign(this, {system, args, env, fds});
		this.pid = system.next++;
		this.fds.set(3, this.directory('/', '/'));
		this.fds.set(4, this.directory(directory, '.'));
	}

	directory(guest, name) {
		const file = new File(null, this.system.host(guest), false);
		file.preopen = name;
		return file;
	}

	run(module) {
		try {
			this.instance = new WebAssembly.Instance(module, {
				wasi_snapshot_preview1: this.guard(wasi), craton: this.guard(craton)});
			this.memory = this.instance.exports.memory;
			this.instance.exports._start();
			return new Exit(0);
		} catch (error) {
			if (error instanceof Exit)
				return error;
			if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
				const found = TRAPS.find(([t]) => error.message.includes(t));
				return new Exit(134, CAUSE.TRAPPED, found ? found[1] : 1);
			}
			throw error;
		}
	}

	// Binds functions to this program; errors of node become errnos.
	guard(functions) {
		const bound = {};
		for (const [name, call] of Object.entries(functions))
			bound[name] = (...args) => {
				try {
					return call.apply(this, args) ?? 0;
				} catch (error) {
					if (error instanceof Exit || !error.code)
						throw error;
					return CODES[error.code] ?? E.IO;
				}
			};
		return bound;
	}

	get view() {
		return new DataView(this.memory.buffer);
	}
	slice(at, size) {
		return new Uint8Array(this.memory.buffer, at, size);
	}
	string(at, size) {
		return text.decode(this.slice(at, size));
	}
	strings(at, size) {
		return size ? this.string(at, size).replace(/\0$/, '').split('\0') : [];
	}
	u32(at, value) {
		this.view.setUint32(at, value, true);
	}
	u64(at, value) {
		this.view.setBigUint64(at, BigInt(value), true);
	}
	put(at, size, string) {
		this.slice(at, size).fill(0).set(bytes.encode(string).subarray(0, size - 1));
	}
	get(fd) {
		const file = this.fds.get(fd);
		if (!file)
			throw Object.assign(new Error('fd'), {code: 'EBADF'});
		return file;
	}
	lowest() {
		let fd = 5;
		while (this.fds.has(fd))
			fd++;
		return fd;
	}
	add(file) {
		const fd = this.lowest();
		this.fds.set(fd, file);
		return fd;
	}
	close() {
		for (const file of this.fds.values())
			file.release();
	}

	// The host path of a path below a directory; like a sandbox, by text.
	resolve(fd, at, size) {
		const base = this.get(fd).hostPath;
		const joined = path.join(base, this.string(at, size));
		if (joined === path.join(this.system.root, 'dev/null'))
			return '/dev/null';
		const relative = path.relative(this.system.root, joined);
		if (relative.startsWith('..'))
			throw Object.assign(new Error('escape'), {code: 'EPERM'});
		return joined;
	}

	vectors(at, count) {
		const list = [];
		for (let i = 0; i < count; i++)
			list.push(this.slice(this.view.getUint32(at + 8 * i, true),
				this.view.getUint32(at + 8 * i + 4, true)));
		return list;
	}

	filestat(at, stat) {
		const type = stat.isDirectory() ? FILETYPE.directory : stat.isFile() ? FILETYPE.file
			: stat.isSymbolicLink() ? FILETYPE.link
			: stat.isCharacterDevice() ? FILETYPE.character : 0;
		this.slice(at, 64).fill(0);
		this.u64(at, stat.dev);
		this.u64(at + 8, stat.ino);
		this.view.setUint8(at + 16, type);
		this.u64(at + 24, stat.nlink);
		this.u64(at + 32, stat.size);
		this.u64(at + 40, stat.atimeNs);
		this.u64(at + 48, stat.mtimeNs);
		this.u64(at + 56, stat.ctimeNs);
	}

	list(values, at, data) {
		for (const value of values) {
			const encoded = bytes.encode(value + '\0');
			this.u32(at, data);
			this.slice(data, encoded.length).set(encoded);
			at += 4;
			data += encoded.length;
		}
	}
	sizes(values, count, size) {
		this.u32(count, values.length);
		this.u32(size, values.reduce((n, v) => n + bytes.encode(v).length + 1, 0));
	}
}

function seconds(clock) {
	return clock === 0 ? BigInt(Date.now()) * 1000000n : process.hrtime.bigint();
}

function setTimes(target, atime, mtime, flags, link) {
	const stat = fs.statSync(target, {bigint: true}), now = BigInt(Date.now()) * 1000000n;
	const a = flags & 2 ? now : flags & 1 ? atime : stat.atimeNs;
	const m = flags & 8 ? now : flags & 4 ? mtime : stat.mtimeNs;
	fs.utimesSync(target, Number(a) / 1e9, Number(m) / 1e9);
}

const wasi = {
	args_sizes_get(count, size) {
		this.sizes(this.args, count, size);
	},
	args_get(at, data) {
		this.list(this.args, at, data);
	},
	environ_sizes_get(count, size) {
		this.sizes(this.env, count, size);
	},
	environ_get(at, data) {
		this.list(this.env, at, data);
	},
	clock_time_get(clock, precision, at) {
		this.u64(at, seconds(clock));
	},
	clock_res_get(clock, at) {
		this.u64(at, 1);
	},
	random_get(at, size) {
		crypto.randomFillSync(this.slice(at, size));
	},
	sched_yield() {},
	proc_exit(status) {
		throw new Exit(status & 255);
	},
	fd_close(fd) {
		this.get(fd).release();
		this.fds.delete(fd);
	},
	fd_renumber(from, to) {
		const file = this.get(from);
		this.fds.get(to)?.release();
		this.fds.set(to, file);
		this.fds.delete(from);
	},
	fd_prestat_get(fd, at) {
		const file = this.get(fd);
		if (file.preopen === undefined)
			return E.BADF;
		this.u32(at, 0);
		this.u32(at + 4, bytes.encode(file.preopen).length);
	},
	fd_prestat_dir_name(fd, at, size) {
		this.slice(at, size).set(bytes.encode(this.get(fd).preopen));
	},
	fd_fdstat_get(fd, at) {
		const file = this.get(fd);
		this.slice(at, 24).fill(0);
		let type = FILETYPE.socket, rights = (1n << 29n) - 1n;
		if (file instanceof File) {
			const stat = file.stat();
			type = stat.isDirectory() ? FILETYPE.directory
				: stat.isFile() ? FILETYPE.file : FILETYPE.character;
		}
		this.view.setUint8(at, type);
		this.view.setUint16(at + 2, file.append ? 1 : 0, true);
		this.u64(at + 8, rights);
		this.u64(at + 16, rights);
	},
	fd_fdstat_set_flags(fd, flags) {
		this.get(fd).append = (flags & 1) !== 0;
	},
	fd_filestat_get(fd, at) {
		const file = this.get(fd);
		if (file instanceof File)
			this.filestat(at, file.stat());
		else
			this.slice(at, 64).fill(0);
	},
	fd_filestat_set_size(fd, size) {
		fs.ftruncateSync(this.get(fd).osfd, Number(size));
	},
	fd_filestat_set_times(fd, atime, mtime, flags) {
		setTimes(this.get(fd).hostPath, atime, mtime, flags);
	},
	fd_sync() {},
	fd_datasync() {},
	fd_advise() {},
	fd_seek(fd, offset, whence, at) {
		const file = this.get(fd);
		if (!(file instanceof Seekable))
			return E.SPIPE;
		const base = whence === 0 ? 0n : whence === 1 ? BigInt(file.offset) : file.stat().size;
		if (base + offset < 0n)
			return E.INVAL;
		file.offset = Number(base + offset);
		this.u64(at, file.offset);
	},
	fd_tell(fd, at) {
		this.u64(at, this.get(fd).offset ?? 0);
	},
	fd_read(fd, at, count, out) {
		const file = this.get(fd);
		if (file.osfd === null)
			return E.ISDIR;
		let total = 0;
		for (const vector of this.vectors(at, count)) {
			const n = file.read(vector);
			total += n;
			if (n < vector.length)
				break;
		}
		this.u32(out, total);
	},
	fd_write(fd, at, count, out) {
		const file = this.get(fd);
		let total = 0;
		for (const vector of this.vectors(at, count))
			total += file.write(vector);
		this.u32(out, total);
	},
	fd_pread(fd, at, count, offset, out) {
		let total = 0;
		for (const vector of this.vectors(at, count))
			total += fs.readSync(this.get(fd).osfd, vector, 0, vector.length,
				Number(offset) + total);
		this.u32(out, total);
	},
	fd_readdir(fd, at, size, cookie, out) {
		const directory = this.get(fd).hostPath;
		const names = ['.', '..', ...fs.readdirSync(directory).sort()];
		let used = 0;
		for (let i = Number(cookie); i < names.length && used < size; i++) {
			const name = bytes.encode(names[i]), entry = new Uint8Array(24 + name.length);
			const view = new DataView(entry.buffer);
			const stat = fs.lstatSync(path.join(directory, names[i]));
			view.setBigUint64(0, BigInt(i + 1), true);
			view.setBigUint64(8, BigInt(stat.ino), true);
			view.setUint32(16, name.length, true);
			view.setUint8(20, stat.isDirectory() ? 3 : stat.isSymbolicLink() ? 7 : 4);
			entry.set(name, 24);
			const part = entry.subarray(0, size - used);
			this.slice(at + used, part.length).set(part);
			used += part.length;
		}
		this.u32(out, used);
	},
	path_open(dirfd, lookup, at, size, oflags, rights, inheriting, fdflags, out) {
		const target = this.resolve(dirfd, at, size);
		const reads = (rights & 2n) !== 0n, writes = (rights & 64n) !== 0n;
		const C = fs.constants;
		if (!(lookup & 1) && fs.lstatSync(target, {throwIfNoEntry: false})?.isSymbolicLink())
			return E.LOOP;
		const existing = fs.statSync(target, {throwIfNoEntry: false});
		if (existing?.isDirectory()) {
			if (writes)
				return E.ISDIR;
			this.u32(out, this.add(new File(null, target, false)));
			return;
		}
		if (oflags & 2 || this.string(at, size).endsWith('/'))
			return existing ? E.NOTDIR : E.NOENT;
		let flags = writes ? (reads ? C.O_RDWR : C.O_WRONLY) : C.O_RDONLY;
		if (oflags & 1)
			flags |= C.O_CREAT;
		if (oflags & 4)
			flags |= C.O_EXCL;
		if (oflags & 8)
			flags |= C.O_TRUNC;
		const osfd = fs.openSync(target, flags, 0o666);
		const plain = fs.fstatSync(osfd).isFile();
		const file = new (plain ? Seekable : File)(osfd, target, (fdflags & 1) !== 0);
		this.u32(out, this.add(file));
	},
	path_filestat_get(dirfd, lookup, at, size, out) {
		const target = this.resolve(dirfd, at, size);
		const stat = (lookup & 1 ? fs.statSync : fs.lstatSync)(target, {bigint: true});
		if (this.string(at, size).endsWith('/') && !stat.isDirectory())
			return E.NOTDIR;
		this.filestat(out, stat);
	},
	path_filestat_set_times(dirfd, lookup, at, size, atime, mtime, flags) {
		setTimes(this.resolve(dirfd, at, size), atime, mtime, flags);
	},
	path_create_directory(dirfd, at, size) {
		fs.mkdirSync(this.resolve(dirfd, at, size));
	},
	path_remove_directory(dirfd, at, size) {
		fs.rmdirSync(this.resolve(dirfd, at, size));
	},
	path_unlink_file(dirfd, at, size) {
		const target = this.resolve(dirfd, at, size);
		if (fs.lstatSync(target).isDirectory())
			return E.ISDIR;
		fs.unlinkSync(target);
	},
	path_rename(from, at, size, to, toAt, toSize) {
		fs.renameSync(this.resolve(from, at, size), this.resolve(to, toAt, toSize));
	},
	path_link(from, lookup, at, size, to, toAt, toSize) {
		fs.linkSync(this.resolve(from, at, size), this.resolve(to, toAt, toSize));
	},
	path_symlink(at, size, dirfd, toAt, toSize) {
		fs.symlinkSync(this.string(at, size), this.resolve(dirfd, toAt, toSize));
	},
	path_readlink(dirfd, at, size, buffer, room, out) {
		const target = bytes.encode(fs.readlinkSync(this.resolve(dirfd, at, size)));
		const n = Math.min(room, target.length);
		this.slice(buffer, n).set(target.subarray(0, n));
		this.u32(out, n);
	},
	// All are ready at once; a sleep alone takes no time, so that tests are quick.
	poll_oneoff(input, output, count, out) {
		for (let i = 0; i < count; i++) {
			this.slice(output + 32 * i, 32).fill(0);
			this.u64(output + 32 * i, this.view.getBigUint64(input + 48 * i, true));
			this.view.setUint8(output + 32 * i + 10, this.view.getUint8(input + 48 * i + 8));
		}
		this.u32(out, count);
	},
};

const RECORDS = {
	0: () => ({size: 120, rows: [
		[0n, 2n, 1n, 12345678n, 1048576n, 67108864n, 100, 2, 1, 1, 'sh'],
		[1n, 1n, 0n, 2000000000n, 262144n, 0n, 200, 2, 1, 0, 'init']]
		.map((row) => row.slice(1)), fill: processRecord}),
	1: () => ({size: 144, rows: [[7n, 90000000000n, 2, 1, 131072n, 'tmpfs', 'ready', 250000000n, 1, 3]],
		fill: serviceRecord}),
	2: () => ({size: 64, rows: [[536870912n, 4194304n, 67108864n, 465567744n, 8388608n, 1048576n,
		268435456n, 1234n]], fill: words}),
	3: () => ({size: 144, rows: [[3661000000000n, 150000000n, 2n, 3000000000000n, 2400000000n,
		77n, 'Craton test', 'q35']], fill: systemRecord}),
	4: () => ({size: 192, rows: [[1500000000n, 2, 1, 'init', 'started tmpfs'],
		[2500000000n, 1, 7, 'tmpfs', 'odd request']], fill: logRecord}),
	5: () => ({size: 32, rows: [[0x1000015n, 5n, 0n, 5, 3],
		[0x2000002n, 0n, 16n, 10, 7]], fill: capabilityRecord}),
	6: () => ({size: 136, rows: [[1048576n, 524288n, 1, 'bundle', '/', ''],
		[67108864n, 1048576n, 0, 'ext4', '/mnt', 'vda1']], fill: volumeRecord}),
	10: () => ({size: 144, rows: [[0x10, 0x1af4, 0x1042, 0, 0x010000, 1, 0xfe000000n, 16384n, 'virtio-blk'],
		[0xfa, 0x8086, 0x2918, 0, 0x060100, 2, 0n, 0n, '']], fill: deviceRecord}),
	11: () => ({size: 72, rows: [[0n, 134217728n, 0, 0, 'vda', 'disk'],
		[1048576n, 67108864n, 1, 0, 'vda1', 'Linux'], [0n, 1048576n, 0, 1, 'vdb', 'disk']], fill: diskRecord}),
};

function volumeRecord(program, at, row) {
	words(program, at, row.slice(0, 2));
	program.u32(at + 16, row[2]);
	program.put(at + 24, 32, row[3]);
	program.put(at + 56, 64, row[4]);
	program.put(at + 120, 16, row[5]);
}
function deviceRecord(program, at, row) {
	row.slice(0, 4).forEach((value, i) => program.view.setUint16(at + 2 * i, value, true));
	program.u32(at + 8, row[4]);
	program.u32(at + 12, row[5]);
	program.u64(at + 16, row[6]);
	program.u64(at + 64, row[7]);
	program.put(at + 112, 32, row[8]);
}
function diskRecord(program, at, row) {
	words(program, at, row.slice(0, 2));
	program.u32(at + 16, row[2]);
	program.u32(at + 20, row[3]);
	program.put(at + 24, 16, row[4]);
	program.put(at + 40, 32, row[5]);
}
function words(program, at, row) {
	row.forEach((value, i) => program.u64(at + 8 * i, value));
}
function processRecord(program, at, row) {
	words(program, at, row.slice(0, 5));
	row.slice(5, 9).forEach((value, i) => program.u32(at + 40 + 4 * i, value));
	program.put(at + 56, 64, row[9]);
}
function serviceRecord(program, at, row) {
	words(program, at, row.slice(0, 2));
	program.u32(at + 16, row[2]);
	program.u32(at + 20, row[3]);
	program.u64(at + 24, row[4]);
	program.put(at + 32, 32, row[5]);
	program.put(at + 64, 64, row[6]);
	program.u64(at + 128, row[7]);
	program.u32(at + 136, row[8]);
	program.u32(at + 140, row[9]);
}
function systemRecord(program, at, row) {
	words(program, at, row.slice(0, 6));
	program.put(at + 48, 32, row[6]);
	program.put(at + 80, 64, row[7]);
}
function logRecord(program, at, row) {
	program.u64(at, row[0]);
	program.u32(at + 8, row[1]);
	program.u32(at + 12, row[2]);
	program.put(at + 16, 16, row[3]);
	program.put(at + 32, 160, row[4]);
}
function capabilityRecord(program, at, row) {
	words(program, at, row.slice(0, 3));
	program.u32(at + 24, row[3]);
	program.u32(at + 28, row[4]);
}

const MAGIC = Buffer.from([0, 0x61, 0x73, 0x6d]);

const craton = {
	spawn(at, out) {
		const field = (i) => this.view.getUint32(at + 4 * i, true);
		const directory = this.string(field(6), field(7));
		const guest = path.posix.resolve(directory, this.string(field(0), field(1)));
		const host = this.system.host(guest);
		const head = Buffer.alloc(4), file = fs.openSync(host, 'r');
		try {
			if (fs.fstatSync(file).isDirectory())
				return E.ISDIR;
			fs.readSync(file, head, 0, 4, 0);
		} finally {
			fs.closeSync(file);
		}
		if (!head.equals(MAGIC))
			return E.NOEXEC;
		const fds = new Map();
		for (let i = 0; i < field(9); i++) {
			const child = this.view.getInt32(field(8) + 8 * i, true);
			const description = this.get(this.view.getInt32(field(8) + 8 * i + 4, true));
			description.users++;
			fds.set(child, description);
		}
		const pid = this.system.next;
		const exit = this.system.run(guest, this.strings(field(2), field(3)),
			this.strings(field(4), field(5)), directory, fds);
		this.u32(out, this.add(new ProcessHandle(pid, exit)));
	},
	wait(fd, flags, at) {
		const exit = this.get(fd).exit;
		if (!exit)
			return E.INVAL;
		this.u32(at, exit.status);
		this.u32(at + 4, exit.cause);
		this.u64(at + 8, exit.detail);
		this.u64(at + 16, exit.cpu ?? 0n);
		this.u64(at + 24, 65536);
	},
	process_id(fd, at) {
		this.u64(at, this.get(fd).pid);
	},
	pipe(readAt, writeAt) {
		const pipe = {chunks: [], size: 0, readers: 1};
		this.u32(readAt, this.add(new PipeEnd(pipe, false)));
		this.u32(writeAt, this.add(new PipeEnd(pipe, true)));
	},
	dup(fd, at) {
		const file = this.get(fd);
		file.users++;
		this.u32(at, this.add(file));
	},
	kill(pid, reason) {
		if (Number(pid) === this.pid)
			throw new Exit(128 + reason, reason === 2 ? CAUSE.INTERRUPTED : CAUSE.KILLED);
		return E.SRCH;
	},
	getpid(at) {
		this.u64(at, this.pid);
	},
	tty_get(fd, at) {
		const terminal = this.get(fd);
		if (!(terminal instanceof Terminal))
			return E.NOTTY;
		[terminal.mode, 24, 80, 0].forEach((value, i) => this.u32(at + 4 * i, value));
	},
	tty_set(fd, mode) {
		const terminal = this.get(fd);
		if (!(terminal instanceof Terminal))
			return E.NOTTY;
		terminal.mode = mode;
	},
	tty_foreground(fd) {
		return this.get(fd) instanceof Terminal ? E.SUCCESS : E.NOTTY;
	},
	interrupt_mode() {},
	interrupt_take(at) {
		this.u32(at, 0);
	},
	info(kind, argument, at, size, out) {
		if (!RECORDS[kind])
			return E.INVAL;
		const records = RECORDS[kind]();
		this.u32(out, records.size * records.rows.length);
		records.rows.forEach((row, i) => {
			if ((i + 1) * records.size <= size) {
				this.slice(at + i * records.size, records.size).fill(0);
				records.fill(this, at + i * records.size, row);
			}
		});
	},
	service_control(at, size, operation) {
		return this.string(at, size) === 'tmpfs' ? E.SUCCESS : E.NOENT;
	},
	watch() {
		return E.NOSYS;
	},
	access_get(dirfd, flags, at, size, out) {
		const target = this.resolve(dirfd, at, size);
		const stat = (flags & 1 ? fs.statSync : fs.lstatSync)(target);
		this.u32(out, stat.mode & 0o7777);
		this.u32(out + 4, 0);
		this.u32(out + 8, 0);
	},
	access_set(fd, at) {
		const mode = this.view.getUint32(at, true);
		if (mode !== 0xffffffff)
			fs.chmodSync(this.get(fd).hostPath, mode);
	},
	mount(device, deviceSize, at, size) {
		return this.string(device, deviceSize) === 'vdb' ? E.NOEXEC : this.string(at, size) === '/mnt' ? E.BUSY : E.NOENT;
	},
	unmount(at, size) {
		return this.string(at, size) === '/mnt' ? E.SUCCESS : E.INVAL;
	},
	trace_control() {
		return E.PERM;
	},
	power(operation) {
		return operation > 1 ? E.INVAL : E.PERM;
	},
	sync() {
		return 0;
	},
	log_write(level, at, size) {
		this.system.log.push([level, this.string(at, size)]);
	},
};

// The host's descriptor as a description that is never closed.
export function hostFile(osfd) {
	return Object.assign(new File(osfd, null, false), {release() {}});
}
