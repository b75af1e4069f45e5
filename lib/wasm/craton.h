// SPDX-License-Identifier: MIT OR Apache-2.0
// What a WASM program can do on Craton besides WASI 0.1: start other programs and connect them,
// drive the terminal, take interrupts (Ctrl-C), look at the system. Records and enumerations come
// from abi/wasm.toml through the generated header.
//
// Every function returns 0 or a value of <errno.h> unless it says otherwise; outputs are set only
// on success. Descriptors are ordinary WASI descriptors: close() them, poll() them.
#ifndef CRATON_H
#define CRATON_H

#include <craton_imports.h>

#include <stddef.h>
#include <stdint.h>

// --- Programs -------------------------------------------------------------------------------

// What to start. Everything is borrowed for the call.
struct craton_program {
	const char *path;         // absolute, or relative to `directory`
	char *const *arguments;   // null-terminated; arguments[0] is the program's name
	char *const *environment; // null-terminated, NAME=value
	const char *directory;    // absolute; null: the caller's
	const struct spawn_descriptor *descriptors; // all that the child gets besides directories
	uint32_t descriptor_count;
	uint64_t memory_limit;  // bytes; 0: the caller's own limit
	uint64_t time_limit_ns; // CPU time; 0: none
};

// Starts a program. `*process` becomes a descriptor for it: wait with craton_wait, then close it.
// ENOENT: no such file. ENOEXEC: no WASM program. EACCES. ENOMEM: limits do not fit.
int craton_spawn(const struct craton_program *program, int *process);
// Waits for the end of a process. EINTR: an interrupt came (see craton_interrupt_mode).
int craton_wait(int process, struct process_exit *exit);
// As craton_wait, but EAGAIN while the process still runs.
int craton_wait_now(int process, struct process_exit *exit);
// The number of a child.
int craton_process_id(int process, uint64_t *pid);
// Ends a process of the same session; its status becomes 128 + reason. Reason 2 interrupts.
int craton_kill(uint64_t pid, int reason);
// The caller's own number; 0 if the system does not say.
uint64_t craton_pid(void);

// --- Descriptors ----------------------------------------------------------------------------

// ends[0] reads what was written to ends[1].
int craton_pipe(int ends[2]);
// A second descriptor for the same open file.
int craton_dup(int fd, int *copy);
// Locks `size` bytes of a file (0: all) from `offset` on; `operation`: enum lock_operation. Nobody
// waits: EAGAIN. The lock belongs to the open file and goes with its last descriptor.
int craton_lock(int fd, int operation, int64_t offset, int64_t size);

// A descriptor from which struct change_record are read, each followed by its name padded to 8
// bytes, when something happens to an open file or directory: bits CHANGE_... . EDQUOT, ENFILE.
int craton_watch(int fd, uint32_t events, int *changes);
#define CRATON_CHANGES_ALL 127u

// Permissions and owners, which the system keeps for others, such as Linux on the same disk, and
// gives no rights by. Of what a path leads to; `follow`: also a last symbolic link.
int craton_access(const char *path, bool follow, struct file_access *access);
// Of an open file or directory; CRATON_ACCESS_LEAVE: as it is. ENOTSUP: its volume keeps none.
#define CRATON_ACCESS_LEAVE UINT32_MAX
int craton_access_set(int fd, const struct file_access *access);

// --- Terminal and interrupts ----------------------------------------------------------------

// ENOTTY: not a terminal.
int craton_tty_state(int fd, struct tty_state *state);
// Raw mode delivers each key at once and does not echo.
int craton_tty_raw(int fd, int raw);
// Ctrl-C at the terminal goes to `process`; -1: to the caller.
int craton_tty_foreground(int fd, int process);
// 1: interrupts no longer end the program; they are counted and end waits with EINTR.
int craton_interrupt_mode(int mode);
// How many interrupts came since the last call; clears the count.
uint32_t craton_interrupts(void);

// --- The system -----------------------------------------------------------------------------

// Reads all records of a kind (INFO_KIND_...). Gives a malloc'd array in `*records`, `*count` of
// them; free() it. `argument` is a process number for capabilities, else 0.
int craton_records(int kind, uint64_t argument, size_t record_size, void **records, size_t *count);
// The records of a kind that fit into `buffer`, from `argument` on; `*used` bytes of them.
int craton_records_some(int kind, uint64_t argument, void *buffer, size_t size, size_t *used);
// Records what the kernel traces (CRATON_TRACE_...), or with 0 stops. EPERM.
int craton_trace(unsigned mode);
int craton_service_control(const char *name, int operation);
int craton_power(int operation, int status);
int craton_log(int level, const char *text);
// What all programs have written to files so far lasts when this returns. EIO.
int craton_sync(void);

// Mounts a disk or partition, such as vda1, at a directory. EACCES; ENOEXEC: it has no file system
// that is known; EBUSY: it is mounted already, or (unmounting) files are open there.
int craton_mount(const char *device, const char *path, bool read_only);
// EIO: something cannot be written, and the volume stays; with `give_up` it is gone all the same.
int craton_unmount(const char *path, bool give_up);

// Operations of craton_service_control and craton_power.
enum { CRATON_SERVICE_RESTART, CRATON_SERVICE_STOP, CRATON_SERVICE_START };
enum { CRATON_POWER_OFF, CRATON_POWER_REBOOT };
// Modes of craton_trace (enum trace_mode of abi/structs.toml).
enum { CRATON_TRACE_EVENTS = 1, CRATON_TRACE_CALLS = 2 };

#endif
