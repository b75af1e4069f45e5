// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers and structures of WASI 0.1 (wasi_snapshot_preview1). Layouts are those in linear memory.
#ifndef WASM_WASI_TYPES_H
#define WASM_WASI_TYPES_H

#include <stdint.h>

// X(name, number)
#define WASI_ERRNO_LIST(X) \
	X(SUCCESS, 0)      \
	X(TOOBIG, 1)       \
	X(ACCES, 2)        \
	X(ADDRINUSE, 3)    \
	X(AGAIN, 6)        \
	X(BADF, 8)         \
	X(BUSY, 10)        \
	X(CANCELED, 11)    \
	X(CHILD, 12)       \
	X(CONNABORTED, 13) \
	X(CONNRESET, 15)   \
	X(DEADLK, 16)      \
	X(DOM, 18)         \
	X(DQUOT, 19)       \
	X(EXIST, 20)       \
	X(FAULT, 21)       \
	X(FBIG, 22)        \
	X(ILSEQ, 25)       \
	X(INTR, 27)        \
	X(INVAL, 28)       \
	X(IO, 29)          \
	X(ISDIR, 31)       \
	X(LOOP, 32)        \
	X(MFILE, 33)       \
	X(MLINK, 34)       \
	X(MSGSIZE, 35)     \
	X(NAMETOOLONG, 37) \
	X(NFILE, 41)       \
	X(NODEV, 43)       \
	X(NOENT, 44)       \
	X(NOEXEC, 45)      \
	X(NOLCK, 46)       \
	X(NOMEM, 48)       \
	X(NOSPC, 51)       \
	X(NOSYS, 52)       \
	X(NOTCONN, 53)     \
	X(NOTDIR, 54)      \
	X(NOTEMPTY, 55)    \
	X(NOTSOCK, 57)     \
	X(NOTSUP, 58)      \
	X(NOTTY, 59)       \
	X(NXIO, 60)        \
	X(OVERFLOW, 61)    \
	X(PERM, 63)        \
	X(PIPE, 64)        \
	X(RANGE, 68)       \
	X(ROFS, 69)        \
	X(SPIPE, 70)       \
	X(SRCH, 71)        \
	X(STALE, 72)       \
	X(TIMEDOUT, 73)    \
	X(TXTBSY, 74)      \
	X(XDEV, 75)        \
	X(NOTCAPABLE, 76)

enum [[nodiscard]] wasi_errno : uint16_t {
#define X(name, number) WASI_##name = number,
	WASI_ERRNO_LIST(X)
#undef X
};

enum wasi_filetype : uint8_t {
	WASI_FILETYPE_UNKNOWN = 0,
	WASI_FILETYPE_BLOCK_DEVICE = 1,
	WASI_FILETYPE_CHARACTER_DEVICE = 2,
	WASI_FILETYPE_DIRECTORY = 3,
	WASI_FILETYPE_REGULAR_FILE = 4,
	WASI_FILETYPE_SOCKET_DGRAM = 5,
	WASI_FILETYPE_SOCKET_STREAM = 6,
	WASI_FILETYPE_SYMBOLIC_LINK = 7,
};

enum wasi_rights : uint64_t {
	WASI_RIGHT_FD_DATASYNC = 1u << 0,
	WASI_RIGHT_FD_READ = 1u << 1,
	WASI_RIGHT_FD_SEEK = 1u << 2,
	WASI_RIGHT_FD_FDSTAT_SET_FLAGS = 1u << 3,
	WASI_RIGHT_FD_SYNC = 1u << 4,
	WASI_RIGHT_FD_TELL = 1u << 5,
	WASI_RIGHT_FD_WRITE = 1u << 6,
	WASI_RIGHT_FD_ADVISE = 1u << 7,
	WASI_RIGHT_FD_ALLOCATE = 1u << 8,
	WASI_RIGHT_PATH_CREATE_DIRECTORY = 1u << 9,
	WASI_RIGHT_PATH_CREATE_FILE = 1u << 10,
	WASI_RIGHT_PATH_LINK_SOURCE = 1u << 11,
	WASI_RIGHT_PATH_LINK_TARGET = 1u << 12,
	WASI_RIGHT_PATH_OPEN = 1u << 13,
	WASI_RIGHT_FD_READDIR = 1u << 14,
	WASI_RIGHT_PATH_READLINK = 1u << 15,
	WASI_RIGHT_PATH_RENAME_SOURCE = 1u << 16,
	WASI_RIGHT_PATH_RENAME_TARGET = 1u << 17,
	WASI_RIGHT_PATH_FILESTAT_GET = 1u << 18,
	WASI_RIGHT_PATH_FILESTAT_SET_SIZE = 1u << 19,
	WASI_RIGHT_PATH_FILESTAT_SET_TIMES = 1u << 20,
	WASI_RIGHT_FD_FILESTAT_GET = 1u << 21,
	WASI_RIGHT_FD_FILESTAT_SET_SIZE = 1u << 22,
	WASI_RIGHT_FD_FILESTAT_SET_TIMES = 1u << 23,
	WASI_RIGHT_PATH_SYMLINK = 1u << 24,
	WASI_RIGHT_PATH_REMOVE_DIRECTORY = 1u << 25,
	WASI_RIGHT_PATH_UNLINK_FILE = 1u << 26,
	WASI_RIGHT_POLL_FD_READWRITE = 1u << 27,
	WASI_RIGHT_SOCK_SHUTDOWN = 1u << 28,
	WASI_RIGHT_SOCK_ACCEPT = 1u << 29,
	WASI_RIGHTS_ALL = (1u << 30) - 1,
	// What makes sense on a directory, and on a byte stream.
	WASI_RIGHTS_READ_ONLY = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL |
				WASI_RIGHT_FD_ADVISE | WASI_RIGHT_PATH_OPEN |
				WASI_RIGHT_FD_READDIR | WASI_RIGHT_PATH_READLINK |
				WASI_RIGHT_PATH_FILESTAT_GET | WASI_RIGHT_FD_FILESTAT_GET |
				WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_POLL_FD_READWRITE,
	WASI_RIGHTS_STREAM_IN = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
				WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_POLL_FD_READWRITE,
	WASI_RIGHTS_STREAM_OUT = WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
				 WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_SYNC |
				 WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_POLL_FD_READWRITE,
	// A connection; a socket that listens, whose connections inherit the former.
	WASI_RIGHTS_CONNECTION = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE |
				 WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_FILESTAT_GET |
				 WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_SOCK_SHUTDOWN,
	WASI_RIGHTS_LISTENER = WASI_RIGHT_SOCK_ACCEPT | WASI_RIGHT_FD_READ |
			       WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_FILESTAT_GET |
			       WASI_RIGHT_POLL_FD_READWRITE,
};

enum wasi_fdflags : uint16_t {
	WASI_FDFLAG_APPEND = 1,
	WASI_FDFLAG_DSYNC = 2,
	WASI_FDFLAG_NONBLOCK = 4,
	WASI_FDFLAG_RSYNC = 8,
	WASI_FDFLAG_SYNC = 16,
	WASI_FDFLAGS_ALL = 31,
};

// sock_recv: what is asked for, and what came; sock_shutdown: which directions.
enum wasi_riflags : uint16_t {
	WASI_RIFLAG_PEEK = 1,
	WASI_RIFLAG_WAITALL = 2,
	WASI_RIFLAGS_ALL = 3,
};

enum wasi_roflags : uint16_t {
	WASI_ROFLAG_DATA_TRUNCATED = 1,
};

enum wasi_sdflags : uint8_t {
	WASI_SDFLAG_RD = 1,
	WASI_SDFLAG_WR = 2,
	WASI_SDFLAGS_ALL = 3,
};

enum wasi_oflags : uint16_t {
	WASI_OFLAG_CREAT = 1,
	WASI_OFLAG_DIRECTORY = 2,
	WASI_OFLAG_EXCL = 4,
	WASI_OFLAG_TRUNC = 8,
	WASI_OFLAGS_ALL = 15,
};

enum wasi_fstflags : uint16_t {
	WASI_FST_ATIM = 1,
	WASI_FST_ATIM_NOW = 2,
	WASI_FST_MTIM = 4,
	WASI_FST_MTIM_NOW = 8,
	WASI_FST_ALL = 15,
};

enum wasi_whence : uint8_t {
	WASI_WHENCE_SET = 0,
	WASI_WHENCE_CUR = 1,
	WASI_WHENCE_END = 2,
};

enum wasi_clock : uint32_t {
	WASI_CLOCK_REALTIME = 0,
	WASI_CLOCK_MONOTONIC = 1,
	WASI_CLOCK_PROCESS_CPUTIME = 2,
	WASI_CLOCK_THREAD_CPUTIME = 3,
};

enum wasi_eventtype : uint8_t {
	WASI_EVENT_CLOCK = 0,
	WASI_EVENT_FD_READ = 1,
	WASI_EVENT_FD_WRITE = 2,
};

constexpr uint16_t WASI_EVENT_HANGUP = 1;
constexpr uint32_t WASI_LOOKUP_SYMLINK_FOLLOW = 1;
constexpr uint16_t WASI_SUBCLOCK_ABSTIME = 1;

// filestat; times are nanoseconds since 1970 (UTC).
struct wasi_filestat {
	uint64_t device;
	uint64_t inode;
	uint8_t filetype; // enum wasi_filetype
	uint8_t padding[7];
	uint64_t links;
	uint64_t size;
	uint64_t accessed;
	uint64_t modified;
	uint64_t changed;
};
static_assert(sizeof(struct wasi_filestat) == 64);

// dirent; the name (name_size bytes, no zero) follows it in fd_readdir's buffer.
struct wasi_dirent {
	uint64_t next; // cookie of the entry after this one
	uint64_t inode;
	uint32_t name_size;
	uint8_t filetype;
	uint8_t padding[3];
};
static_assert(sizeof(struct wasi_dirent) == 24);

#endif
