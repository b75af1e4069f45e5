// SPDX-License-Identifier: MIT OR Apache-2.0
// The WASI backend on Linux. A description is a file descriptor, whose offset and flags the kernel
// keeps. Every look-up goes through openat2 with RESOLVE_BENEATH, so that no link leads out.
#include "wasm/wasi_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct wasi_description {
	int fd;
	uint32_t references;
};

typedef struct wasi_description description_t;
typedef enum wasi_errno errno_t;

constexpr size_t PATH_LIMIT = 4096;
constexpr uint64_t NANOSECONDS = 1000000000;

// --- errors ----------------------------------------------------------------------------------

static errno_t errno_of(int number)
{
	static const struct {
		int number;
		errno_t error;
	} map[] = {
		{E2BIG, WASI_TOOBIG},
		{EACCES, WASI_ACCES},
		{EAGAIN, WASI_AGAIN},
		{EBADF, WASI_BADF},
		{EBUSY, WASI_BUSY},
		{ECONNABORTED, WASI_CONNABORTED},
		{ECONNRESET, WASI_CONNRESET},
		{EDQUOT, WASI_DQUOT},
		{EEXIST, WASI_EXIST},
		{EFAULT, WASI_FAULT},
		{EFBIG, WASI_FBIG},
		{EILSEQ, WASI_ILSEQ},
		{EINTR, WASI_INTR},
		{EINVAL, WASI_INVAL},
		{EIO, WASI_IO},
		{EISDIR, WASI_ISDIR},
		{ELOOP, WASI_LOOP},
		{EMFILE, WASI_MFILE},
		{EMLINK, WASI_MLINK},
		{EMSGSIZE, WASI_MSGSIZE},
		{ENAMETOOLONG, WASI_NAMETOOLONG},
		{ENFILE, WASI_NFILE},
		{ENODEV, WASI_NODEV},
		{ENOENT, WASI_NOENT},
		{ENOMEM, WASI_NOMEM},
		{ENOSPC, WASI_NOSPC},
		{ENOSYS, WASI_NOSYS},
		{ENOTCONN, WASI_NOTCONN},
		{ENOTDIR, WASI_NOTDIR},
		{ENOTEMPTY, WASI_NOTEMPTY},
		{ENOTSOCK, WASI_NOTSOCK},
		{ENOTSUP, WASI_NOTSUP},
		{ENOTTY, WASI_NOTTY},
		{ENXIO, WASI_NXIO},
		{EOVERFLOW, WASI_OVERFLOW},
		{EPERM, WASI_PERM},
		{EPIPE, WASI_PIPE},
		{ERANGE, WASI_RANGE},
		{EROFS, WASI_ROFS},
		{ESPIPE, WASI_SPIPE},
		{ETIMEDOUT, WASI_TIMEDOUT},
		{ETXTBSY, WASI_TXTBSY},
		{EXDEV, WASI_XDEV},
	};
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].number == number)
			return map[i].error;
	return WASI_IO;
}

static errno_t result(long value)
{
	return value >= 0 ? WASI_SUCCESS : errno_of(errno);
}

static errno_t counted(ssize_t value, size_t *done)
{
	if (value < 0)
		return errno_of(errno);
	*done = (size_t)value;
	return WASI_SUCCESS;
}

// --- descriptions ----------------------------------------------------------------------------

description_t *wasi_posix_description(int fd)
{
	description_t *description = malloc(sizeof(*description));
	if (description != nullptr)
		*description = (description_t){fd, 1};
	return description;
}

static void posix_retain(void *, description_t *description)
{
	description->references++;
}

static errno_t posix_release(void *, description_t *description)
{
	if (--description->references != 0)
		return WASI_SUCCESS;
	int closed = close(description->fd);
	free(description);
	return result(closed);
}

static enum wasi_filetype filetype_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return WASI_FILETYPE_REGULAR_FILE;
	case S_IFDIR:
		return WASI_FILETYPE_DIRECTORY;
	case S_IFLNK:
		return WASI_FILETYPE_SYMBOLIC_LINK;
	case S_IFCHR:
		return WASI_FILETYPE_CHARACTER_DEVICE;
	case S_IFBLK:
		return WASI_FILETYPE_BLOCK_DEVICE;
	case S_IFSOCK:
		return WASI_FILETYPE_SOCKET_STREAM;
	default:
		return WASI_FILETYPE_UNKNOWN;
	}
}

static enum wasi_filetype posix_filetype(void *, description_t *description)
{
	struct stat stat;
	int type = 0;
	socklen_t size = sizeof(type);
	if (fstat(description->fd, &stat) != 0)
		return WASI_FILETYPE_UNKNOWN;
	if (S_ISSOCK(stat.st_mode) &&
		getsockopt(description->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
		type == SOCK_DGRAM)
		return WASI_FILETYPE_SOCKET_DGRAM;
	return filetype_of_mode(stat.st_mode);
}

static int flags_to_posix(uint16_t fdflags)
{
	return ((fdflags & WASI_FDFLAG_APPEND) != 0 ? O_APPEND : 0) |
	       ((fdflags & WASI_FDFLAG_NONBLOCK) != 0 ? O_NONBLOCK : 0) |
	       ((fdflags & WASI_FDFLAG_DSYNC) != 0 ? O_DSYNC : 0) |
	       ((fdflags & (WASI_FDFLAG_SYNC | WASI_FDFLAG_RSYNC)) != 0 ? O_SYNC : 0);
}

static errno_t posix_get_flags(void *, description_t *description, uint16_t *fdflags)
{
	int flags = fcntl(description->fd, F_GETFL);
	if (flags < 0)
		return errno_of(errno);
	*fdflags = (uint16_t)(((flags & O_APPEND) != 0 ? WASI_FDFLAG_APPEND : 0) |
			      ((flags & O_NONBLOCK) != 0 ? WASI_FDFLAG_NONBLOCK : 0) |
			      ((flags & O_SYNC) == O_SYNC      ? WASI_FDFLAG_SYNC
				      : (flags & O_DSYNC) != 0 ? WASI_FDFLAG_DSYNC
							       : 0));
	return WASI_SUCCESS;
}

static errno_t posix_set_flags(void *, description_t *description, uint16_t fdflags)
{
	return result(fcntl(description->fd, F_SETFL, flags_to_posix(fdflags)));
}

// --- bytes -----------------------------------------------------------------------------------

static const struct iovec *as_iovec(const struct wasi_buffer *buffers)
{
	static_assert(sizeof(struct iovec) == sizeof(struct wasi_buffer));
	return (const struct iovec *)buffers;
}

static errno_t posix_read(void *, description_t *description, const struct wasi_buffer *buffers,
	size_t count, size_t *done)
{
	return counted(readv(description->fd, as_iovec(buffers), (int)count), done);
}

static errno_t posix_write(void *, description_t *description,
	const struct wasi_const_buffer *buffers, size_t count, size_t *done)
{
	return counted(writev(description->fd, (const struct iovec *)buffers, (int)count), done);
}

static errno_t posix_pread(void *, description_t *description, const struct wasi_buffer *buffers,
	size_t count, uint64_t offset, size_t *done)
{
	return counted(preadv(description->fd, as_iovec(buffers), (int)count, (off_t)offset), done);
}

static errno_t posix_pwrite(void *, description_t *description,
	const struct wasi_const_buffer *buffers, size_t count, uint64_t offset, size_t *done)
{
	return counted(
		pwritev(description->fd, (const struct iovec *)buffers, (int)count, (off_t)offset),
		done);
}

static errno_t posix_seek(void *, description_t *description, int64_t delta,
	enum wasi_whence whence, uint64_t *offset)
{
	static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
	off_t at = lseek(description->fd, delta, whences[whence]);
	if (at < 0)
		return errno_of(errno);
	*offset = (uint64_t)at;
	return WASI_SUCCESS;
}

// --- attributes ------------------------------------------------------------------------------

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

static struct timespec timespec_of(uint64_t time)
{
	return (struct timespec){(time_t)(time / NANOSECONDS), (long)(time % NANOSECONDS)};
}

static void fill_stat(const struct stat *from, struct wasi_filestat *to)
{
	*to = (struct wasi_filestat){.device = from->st_dev,
		.inode = from->st_ino,
		.filetype = filetype_of_mode(from->st_mode),
		.links = from->st_nlink,
		.size = (uint64_t)from->st_size,
		.accessed = nanoseconds(from->st_atim),
		.modified = nanoseconds(from->st_mtim),
		.changed = nanoseconds(from->st_ctim)};
}

static errno_t posix_stat(void *, description_t *description, struct wasi_filestat *stat)
{
	struct stat s;
	if (fstat(description->fd, &s) != 0)
		return errno_of(errno);
	fill_stat(&s, stat);
	return WASI_SUCCESS;
}

static errno_t posix_set_size(void *, description_t *description, uint64_t size)
{
	return result(ftruncate(description->fd, (off_t)size));
}

static struct timespec time_argument(uint64_t time, bool set, bool now)
{
	if (set)
		return timespec_of(time);
	return (struct timespec){0, now ? UTIME_NOW : UTIME_OMIT};
}

static void times_arguments(
	struct timespec times[2], uint64_t accessed, uint64_t modified, uint16_t flags)
{
	times[0] = time_argument(
		accessed, (flags & WASI_FST_ATIM) != 0, (flags & WASI_FST_ATIM_NOW) != 0);
	times[1] = time_argument(
		modified, (flags & WASI_FST_MTIM) != 0, (flags & WASI_FST_MTIM_NOW) != 0);
}

static errno_t posix_set_times(
	void *, description_t *description, uint64_t accessed, uint64_t modified, uint16_t flags)
{
	struct timespec times[2];
	times_arguments(times, accessed, modified, flags);
	return result(futimens(description->fd, times));
}

static errno_t posix_allocate(void *, description_t *description, uint64_t offset, uint64_t size)
{
	int error = posix_fallocate(description->fd, (off_t)offset, (off_t)size);
	return error == 0 ? WASI_SUCCESS : errno_of(error);
}

static errno_t posix_sync(void *, description_t *description, bool data_only)
{
	return result(data_only ? fdatasync(description->fd) : fsync(description->fd));
}

// --- look-up ---------------------------------------------------------------------------------

static int open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_BENEATH};
	return (int)syscall(SYS_openat2, directory, *path == 0 ? "." : path, &how, sizeof(how));
}

// Links out of the directory give EXDEV.
static errno_t lookup_error(void)
{
	return errno == EXDEV ? WASI_NOTCAPABLE : errno_of(errno);
}

static bool terminate(struct wasi_path path, char text[PATH_LIMIT])
{
	if (path.size >= PATH_LIMIT)
		return false;
	memcpy(text, path.text, path.size);
	text[path.size] = 0;
	return true;
}

// The directory of a path's last component, opened, and the component.
struct parent {
	int fd;
	char *name;
	char text[PATH_LIMIT];
};

static errno_t parent_open(description_t *directory, struct wasi_path path, struct parent *p)
{
	if (!terminate(path, p->text))
		return WASI_NAMETOOLONG;
	size_t end = path.size;
	while (end > 0 && p->text[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin > 0 && p->text[begin - 1] != '/')
		begin--;
	p->name = p->text + begin; // a trailing slash stays: the system checks for a directory
	if (end == begin || strncmp(p->name, "..", end - begin + 1) == 0)
		return WASI_INVAL;
	char parent[PATH_LIMIT];
	memcpy(parent, p->text, begin);
	parent[begin] = 0;
	p->fd = open_beneath(directory->fd, parent, O_PATH | O_DIRECTORY, 0);
	return p->fd < 0 ? lookup_error() : WASI_SUCCESS;
}

static errno_t parent_done(struct parent *p, long value)
{
	errno_t error = result(value);
	close(p->fd);
	return error;
}

// --- directories -----------------------------------------------------------------------------

static enum wasi_filetype filetype_of_entry(unsigned char type)
{
	return filetype_of_mode((mode_t)DTTOIF(type));
}

static void send_entries(DIR *stream, const struct wasi_directory_sink *sink)
{
	for (struct dirent *d; (d = readdir(stream)) != nullptr;) {
		struct wasi_dirent entry = {.next = (uint64_t)d->d_off,
			.inode = d->d_ino,
			.name_size = (uint32_t)strlen(d->d_name),
			.filetype = filetype_of_entry(d->d_type)};
		if (!sink->entry(sink->self, &entry, d->d_name))
			return;
	}
}

static errno_t posix_read_directory(
	void *, description_t *directory, uint64_t cookie, const struct wasi_directory_sink *sink)
{
	int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? nullptr : fdopendir(fd);
	if (stream == nullptr) {
		errno_t error = errno_of(errno);
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (cookie != 0)
		seekdir(stream, (long)cookie);
	send_entries(stream, sink);
	closedir(stream);
	return WASI_SUCCESS;
}

static uint64_t open_flags(const struct wasi_open *open)
{
	int access = open->read && open->write ? O_RDWR : open->write ? O_WRONLY : O_RDONLY;
	uint16_t o = open->oflags;
	return (uint64_t)(access | flags_to_posix(open->fdflags) |
			  ((o & WASI_OFLAG_CREAT) != 0 ? O_CREAT : 0) |
			  ((o & WASI_OFLAG_DIRECTORY) != 0 ? O_DIRECTORY : 0) |
			  ((o & WASI_OFLAG_EXCL) != 0 ? O_EXCL : 0) |
			  ((o & WASI_OFLAG_TRUNC) != 0 ? O_TRUNC : 0) |
			  (open->follow ? 0 : O_NOFOLLOW) | O_NOCTTY);
}

static errno_t posix_open_at(
	void *, description_t *directory, const struct wasi_open *open, description_t **description)
{
	char path[PATH_LIMIT];
	if (!terminate(open->path, path))
		return WASI_NAMETOOLONG;
	int fd = open_beneath(directory->fd, path, open_flags(open),
		(open->oflags & WASI_OFLAG_CREAT) != 0 ? 0666 : 0);
	if (fd < 0)
		return lookup_error();
	*description = wasi_posix_description(fd);
	if (*description != nullptr)
		return WASI_SUCCESS;
	close(fd);
	return WASI_NOMEM;
}

// The file that a path names, for attributes only.
static int open_path(description_t *directory, struct wasi_path path, bool follow)
{
	char text[PATH_LIMIT];
	if (!terminate(path, text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open_beneath(directory->fd, text, (uint64_t)(O_PATH | (follow ? 0 : O_NOFOLLOW)), 0);
}

static errno_t posix_stat_at(void *, description_t *directory, struct wasi_path path, bool follow,
	struct wasi_filestat *stat)
{
	struct stat s;
	int fd = open_path(directory, path, follow);
	if (fd < 0)
		return lookup_error();
	int done = fstat(fd, &s);
	close(fd);
	if (done == 0)
		fill_stat(&s, stat);
	return result(done);
}

static errno_t posix_set_times_at(void *, description_t *directory, struct wasi_path path,
	bool follow, uint64_t accessed, uint64_t modified, uint16_t flags)
{
	struct timespec times[2];
	times_arguments(times, accessed, modified, flags);
	int fd = open_path(directory, path, follow);
	if (fd < 0)
		return lookup_error();
	errno_t error = result(utimensat(fd, "", times, AT_EMPTY_PATH));
	close(fd);
	return error;
}

static errno_t posix_make_directory_at(void *, description_t *directory, struct wasi_path path)
{
	struct parent p;
	errno_t error = parent_open(directory, path, &p);
	return error == WASI_SUCCESS ? parent_done(&p, mkdirat(p.fd, p.name, 0777)) : error;
}

static errno_t posix_remove_directory_at(void *, description_t *directory, struct wasi_path path)
{
	struct parent p;
	errno_t error = parent_open(directory, path, &p);
	return error == WASI_SUCCESS ? parent_done(&p, unlinkat(p.fd, p.name, AT_REMOVEDIR))
				     : error;
}

static errno_t posix_unlink_at(void *, description_t *directory, struct wasi_path path)
{
	struct parent p;
	errno_t error = parent_open(directory, path, &p);
	return error == WASI_SUCCESS ? parent_done(&p, unlinkat(p.fd, p.name, 0)) : error;
}

static errno_t posix_rename_at(void *, description_t *from_directory, struct wasi_path from,
	description_t *to_directory, struct wasi_path to)
{
	struct parent a, b;
	errno_t error = parent_open(from_directory, from, &a);
	if (error != WASI_SUCCESS)
		return error;
	error = parent_open(to_directory, to, &b);
	if (error == WASI_SUCCESS)
		error = parent_done(&b, renameat(a.fd, a.name, b.fd, b.name));
	close(a.fd);
	return error;
}

// Following a link would need privileges on Linux: not supported.
static errno_t posix_link_at(void *, description_t *from_directory, struct wasi_path from,
	bool follow, description_t *to_directory, struct wasi_path to)
{
	struct parent a, b;
	if (follow)
		return WASI_INVAL;
	errno_t error = parent_open(from_directory, from, &a);
	if (error != WASI_SUCCESS)
		return error;
	error = parent_open(to_directory, to, &b);
	if (error == WASI_SUCCESS)
		error = parent_done(&b, linkat(a.fd, a.name, b.fd, b.name, 0));
	close(a.fd);
	return error;
}

static errno_t posix_symlink_at(
	void *, struct wasi_path target, description_t *directory, struct wasi_path path)
{
	struct parent p;
	char text[PATH_LIMIT];
	if (!terminate(target, text))
		return WASI_NAMETOOLONG;
	errno_t error = parent_open(directory, path, &p);
	return error == WASI_SUCCESS ? parent_done(&p, symlinkat(text, p.fd, p.name)) : error;
}

static errno_t posix_read_link_at(void *, description_t *directory, struct wasi_path path,
	char *target, size_t size, size_t *done)
{
	struct parent p;
	errno_t error = parent_open(directory, path, &p);
	if (error != WASI_SUCCESS)
		return error;
	error = counted(readlinkat(p.fd, p.name, target, size), done);
	close(p.fd);
	return error;
}

// --- sockets ---------------------------------------------------------------------------------

static errno_t posix_accept(
	void *, description_t *description, uint16_t fdflags, description_t **accepted)
{
	int kind = (fdflags & WASI_FDFLAG_NONBLOCK) != 0 ? SOCK_NONBLOCK : 0;
	int fd = accept4(description->fd, nullptr, nullptr, SOCK_CLOEXEC | kind);
	if (fd < 0)
		return errno_of(errno);
	*accepted = wasi_posix_description(fd);
	if (*accepted != nullptr)
		return WASI_SUCCESS;
	close(fd);
	return WASI_NOMEM;
}

static errno_t posix_receive(void *, description_t *description, const struct wasi_buffer *buffers,
	size_t count, uint16_t riflags, size_t *done, uint16_t *roflags)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)as_iovec(buffers), .msg_iovlen = count};
	int flags = ((riflags & WASI_RIFLAG_PEEK) != 0 ? MSG_PEEK : 0) |
		    ((riflags & WASI_RIFLAG_WAITALL) != 0 ? MSG_WAITALL : 0);
	errno_t error = counted(recvmsg(description->fd, &message, flags), done);
	*roflags = (message.msg_flags & MSG_TRUNC) != 0 ? WASI_ROFLAG_DATA_TRUNCATED : 0;
	return error;
}

static errno_t posix_send(void *, description_t *description,
	const struct wasi_const_buffer *buffers, size_t count, size_t *done)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)buffers, .msg_iovlen = count};
	return counted(sendmsg(description->fd, &message, MSG_NOSIGNAL), done);
}

static errno_t posix_shutdown(void *, description_t *description, uint8_t sdflags)
{
	static const int directions[] = {0, SHUT_RD, SHUT_WR, SHUT_RDWR};
	return result(shutdown(description->fd, directions[sdflags]));
}

// --- time and waiting ------------------------------------------------------------------------

static clockid_t clock_of(enum wasi_clock clock)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
	return clocks[clock];
}

static errno_t posix_clock_time(void *, enum wasi_clock clock, uint64_t *time)
{
	struct timespec now;
	if (clock_gettime(clock_of(clock), &now) != 0)
		return errno_of(errno);
	*time = nanoseconds(now);
	return WASI_SUCCESS;
}

static errno_t posix_clock_resolution(void *, enum wasi_clock clock, uint64_t *resolution)
{
	struct timespec unit;
	if (clock_getres(clock_of(clock), &unit) != 0)
		return errno_of(errno);
	*resolution = nanoseconds(unit);
	return WASI_SUCCESS;
}

// Nanoseconds until the item's time.
static uint64_t time_left(const struct wasi_poll_item *item)
{
	uint64_t now;
	if (!item->absolute)
		return item->timeout;
	if (posix_clock_time(nullptr, item->clock, &now) != WASI_SUCCESS || now >= item->timeout)
		return 0;
	return item->timeout - now;
}

static uint64_t first_timeout(const struct wasi_poll_item *items, size_t count)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		if (items[i].description == nullptr && time_left(&items[i]) < first)
			first = time_left(&items[i]);
	return first;
}

static void mark_descriptors(struct wasi_poll_item *items, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (items[i].description == nullptr || fds[i].revents == 0)
			continue;
		items[i].ready = true;
		items[i].available = 1;
		items[i].flags = (fds[i].revents & POLLHUP) != 0 ? WASI_EVENT_HANGUP : 0;
		if ((fds[i].revents & POLLNVAL) != 0)
			items[i].error = WASI_BADF;
	}
}

static void mark_clocks(struct wasi_poll_item *items, size_t count, uint64_t waited)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].description == nullptr &&
			(items[i].absolute ? time_left(&items[i]) == 0
					   : items[i].timeout <= waited))
			items[i].ready = true;
}

static errno_t posix_poll(void *, struct wasi_poll_item *items, size_t count)
{
	struct pollfd *fds = calloc(count, sizeof(*fds));
	if (fds == nullptr)
		return WASI_NOMEM;
	for (size_t i = 0; i < count; i++) {
		fds[i].fd = items[i].description == nullptr ? -1 : items[i].description->fd;
		fds[i].events = items[i].type == WASI_EVENT_FD_WRITE ? POLLOUT : POLLIN;
	}
	uint64_t timeout = first_timeout(items, count);
	struct timespec wait = timespec_of(timeout);
	int ready = ppoll(fds, count, timeout == UINT64_MAX ? nullptr : &wait, nullptr);
	errno_t error = result(ready);
	if (ready > 0)
		mark_descriptors(items, fds, count);
	if (ready >= 0)
		mark_clocks(items, count, ready == 0 ? timeout : 0);
	free(fds);
	return error;
}

static errno_t posix_random(void *, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	while (size > 0) {
		ssize_t done = getrandom(to, size, 0);
		if (done < 0 && errno != EINTR)
			return errno_of(errno);
		if (done > 0) {
			to += done;
			size -= (size_t)done;
		}
	}
	return WASI_SUCCESS;
}

static errno_t posix_yield(void *)
{
	return result(sched_yield());
}

const struct wasi_host wasi_posix_host = {
	.retain = posix_retain,
	.release = posix_release,
	.filetype = posix_filetype,
	.get_flags = posix_get_flags,
	.set_flags = posix_set_flags,
	.read = posix_read,
	.write = posix_write,
	.pread = posix_pread,
	.pwrite = posix_pwrite,
	.seek = posix_seek,
	.stat = posix_stat,
	.set_size = posix_set_size,
	.set_times = posix_set_times,
	.allocate = posix_allocate,
	.sync = posix_sync,
	.read_directory = posix_read_directory,
	.open_at = posix_open_at,
	.stat_at = posix_stat_at,
	.set_times_at = posix_set_times_at,
	.make_directory_at = posix_make_directory_at,
	.remove_directory_at = posix_remove_directory_at,
	.unlink_at = posix_unlink_at,
	.rename_at = posix_rename_at,
	.link_at = posix_link_at,
	.symlink_at = posix_symlink_at,
	.read_link_at = posix_read_link_at,
	.accept = posix_accept,
	.receive = posix_receive,
	.send = posix_send,
	.shutdown = posix_shutdown,
	.clock_time = posix_clock_time,
	.clock_resolution = posix_clock_resolution,
	.poll = posix_poll,
	.random = posix_random,
	.yield = posix_yield,
};
