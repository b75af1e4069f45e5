// SPDX-License-Identifier: MIT OR Apache-2.0
// SQLite's file layer on Craton (https://www.sqlite.org/vfs.html): files through WASI, locks
// through the interface of ours, as SQLite's own layers place them
// (https://www.sqlite.org/lockingv3.html). Locks belong to the open file, so two connections of one
// program exclude each other as well. There is no shared memory between programs here: a WAL needs
// `PRAGMA locking_mode=EXCLUSIVE`.
#include <sqlite3.h>

#include <craton.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECTOR        4096
#define PATH_MOST     1024
#define PENDING_BYTE  0x40000000
#define RESERVED_BYTE (PENDING_BYTE + 1)
#define SHARED_FIRST  (PENDING_BYTE + 2)
#define SHARED_SIZE   510
// Days from noon of 24 November 4714 BC, where SQLite counts from, to 1970, in milliseconds.
#define JULIAN_EPOCH_MS ((sqlite3_int64)210866760000000)

struct file {
	sqlite3_file base;
	int fd;
	int level;               // SQLITE_LOCK_*
	const char *delete_path; // removed when it is closed; or null
};

// --- Reading and writing ----------------------------------------------------------------------

// What could not be read is zero, as SQLite expects of a short read.
static int file_read(sqlite3_file *base, void *buffer, int size, sqlite3_int64 offset)
{
	struct file *file = (struct file *)base;
	int done = 0;
	while (done < size) {
		ssize_t got = pread(
			file->fd, (char *)buffer + done, (size_t)(size - done), offset + done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SQLITE_IOERR_READ;
		if (got == 0)
			break;
		done += (int)got;
	}
	memset((char *)buffer + done, 0, (size_t)(size - done));
	return done == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
	struct file *file = (struct file *)base;
	int done = 0;
	while (done < size) {
		ssize_t put = pwrite(
			file->fd, (const char *)data + done, (size_t)(size - done), offset + done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
		done += (int)put;
	}
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	return ftruncate(((struct file *)base)->fd, size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int file_sync(sqlite3_file *base, int flags)
{
	(void)flags;
	return fsync(((struct file *)base)->fd) == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	struct stat status;
	if (fstat(((struct file *)base)->fd, &status) != 0)
		return SQLITE_IOERR_FSTAT;
	*size = status.st_size;
	return SQLITE_OK;
}

static int file_close(sqlite3_file *base)
{
	struct file *file = (struct file *)base;
	int result = close(file->fd) == 0 ? SQLITE_OK : SQLITE_IOERR_CLOSE;
	if (file->delete_path)
		(void)unlink(file->delete_path);
	return result;
}

// --- Locks ------------------------------------------------------------------------------------

static int set(struct file *file, int operation, sqlite3_int64 offset, sqlite3_int64 size)
{
	int error = craton_lock(file->fd, operation, offset, size);
	if (error == EAGAIN)
		return SQLITE_BUSY;
	return error == 0 ? SQLITE_OK : SQLITE_IOERR_LOCK;
}

// A writer that holds PENDING_BYTE keeps new readers out.
static int lock_shared(struct file *file)
{
	int result = set(file, LOCK_OPERATION_SHARED, PENDING_BYTE, 1);
	if (result != SQLITE_OK)
		return result;
	result = set(file, LOCK_OPERATION_SHARED, SHARED_FIRST, SHARED_SIZE);
	(void)set(file, LOCK_OPERATION_UNLOCK, PENDING_BYTE, 1);
	return result;
}

static int lock_exclusive(struct file *file)
{
	int result = SQLITE_OK;
	if (file->level < SQLITE_LOCK_PENDING)
		result = set(file, LOCK_OPERATION_EXCLUSIVE, PENDING_BYTE, 1);
	if (result != SQLITE_OK)
		return result;
	file->level = SQLITE_LOCK_PENDING;
	return set(file, LOCK_OPERATION_EXCLUSIVE, SHARED_FIRST, SHARED_SIZE);
}

static int file_lock(sqlite3_file *base, int level)
{
	struct file *file = (struct file *)base;
	int result;
	if (level <= file->level)
		return SQLITE_OK;
	switch (level) {
	case SQLITE_LOCK_SHARED:
		result = lock_shared(file);
		break;
	case SQLITE_LOCK_RESERVED:
		result = set(file, LOCK_OPERATION_EXCLUSIVE, RESERVED_BYTE, 1);
		break;
	default:
		result = lock_exclusive(file);
	}
	if (result == SQLITE_OK)
		file->level = level;
	return result;
}

// PENDING_BYTE and RESERVED_BYTE are neighbours.
static int file_unlock(sqlite3_file *base, int level)
{
	struct file *file = (struct file *)base;
	int result = SQLITE_OK;
	if (level >= file->level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_SHARED)
		result = set(file, LOCK_OPERATION_SHARED, SHARED_FIRST, SHARED_SIZE);
	else
		result = set(file, LOCK_OPERATION_UNLOCK, SHARED_FIRST, SHARED_SIZE);
	if (result == SQLITE_OK)
		result = set(file, LOCK_OPERATION_UNLOCK, PENDING_BYTE, 2);
	file->level = level;
	return result == SQLITE_OK ? SQLITE_OK : SQLITE_IOERR_UNLOCK;
}

static int file_check_reserved(sqlite3_file *base, int *reserved)
{
	struct file *file = (struct file *)base;
	int result = SQLITE_OK;
	*reserved = file->level > SQLITE_LOCK_SHARED;
	if (!*reserved)
		result = set(file, LOCK_OPERATION_TEST_SHARED, RESERVED_BYTE, 1);
	if (result == SQLITE_BUSY)
		*reserved = 1;
	return result == SQLITE_IOERR_LOCK ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
	if (operation != SQLITE_FCNTL_LOCKSTATE)
		return SQLITE_NOTFOUND;
	*(int *)argument = ((struct file *)base)->level;
	return SQLITE_OK;
}

static int file_sector(sqlite3_file *base)
{
	(void)base;
	return SECTOR;
}

static int file_device(sqlite3_file *base)
{
	(void)base;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
};

// --- Names ------------------------------------------------------------------------------------

static int open_flags(int flags)
{
	int result = (flags & SQLITE_OPEN_READWRITE) != 0 ? O_RDWR : O_RDONLY;
	if ((flags & SQLITE_OPEN_CREATE) != 0)
		result |= O_CREAT;
	if ((flags & SQLITE_OPEN_EXCLUSIVE) != 0)
		result |= O_EXCL;
	return result;
}

// Temporary files are kept in memory (SQLITE_TEMP_STORE), so each file has a name.
static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out)
{
	struct file *file = (struct file *)base;
	(void)vfs;
	*file = (struct file){.fd = -1};
	if (!path)
		return SQLITE_CANTOPEN;
	file->fd = open(path, open_flags(flags), 0644);
	if (file->fd < 0 && (flags & SQLITE_OPEN_READWRITE) != 0 &&
		(errno == EACCES || errno == EROFS || errno == ENOTCAPABLE)) {
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
			SQLITE_OPEN_READONLY;
		file->fd = open(path, O_RDONLY);
	}
	if (file->fd < 0)
		return SQLITE_CANTOPEN;
	if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0)
		file->delete_path = path; // SQLite keeps it until the file is closed
	if (out)
		*out = flags;
	file->base.pMethods = &methods;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	(void)vfs;
	(void)sync;
	if (unlink(path) == 0)
		return SQLITE_OK;
	return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

// An empty file counts as none, as in SQLite's own layers: a journal of that kind says nothing.
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
	struct stat status;
	(void)vfs;
	*result = stat(path, &status) == 0 &&
		  (flags != SQLITE_ACCESS_EXISTS || !S_ISREG(status.st_mode) || status.st_size > 0);
	return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	size_t used = 0;
	(void)vfs;
	if (path[0] != '/') {
		if (!getcwd(out, (size_t)size))
			return SQLITE_CANTOPEN;
		used = strlen(out);
		if (used > 0 && out[used - 1] != '/')
			out[used++] = '/';
	}
	if (used + strlen(path) + 1 > (size_t)size)
		return SQLITE_CANTOPEN;
	strcpy(out + used, path);
	return SQLITE_OK;
}

// --- The rest ---------------------------------------------------------------------------------

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	return getentropy(out, (size_t)size) == 0 ? size : 0;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	struct timespec time = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};
	(void)vfs;
	nanosleep(&time, nullptr);
	return microseconds;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	struct timespec now;
	(void)vfs;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return SQLITE_ERROR;
	*out = JULIAN_EPOCH_MS + (sqlite3_int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 now = 0;
	int result = vfs_time_ms(vfs, &now);
	*out = (double)now / 86400000.0;
	return result;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", strerror(errno));
	return errno;
}

int sqlite3_os_init(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct file),
		.mxPathname = PATH_MOST,
		.zName = "craton",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xCurrentTimeInt64 = vfs_time_ms,
		.xGetLastError = vfs_last_error,
	};
	return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
	return SQLITE_OK;
}
