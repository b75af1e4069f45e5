// SPDX-License-Identifier: MIT OR Apache-2.0
// The working directory. WASI knows only directories that were opened for the program; this file
// replaces wasi-libc's chdir, getcwd and path look-up, which confuse the pre-opened `/` and `.`
// and cannot go up from the working directory. Paths are resolved by their text: `a/link/..` is
// `a`, whatever the link points to.
//
// Start-up sets the working directory from $PWD, before main and before constructors of the
// program (priority 100).
// Tests: tests/host/apps/cases/directory_*.sh
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

constexpr size_t DIRECTORY_PATH_MAX = 4096;
constexpr int PREOPEN_MAX = 32;

struct preopen {
	char *name; // without leading and trailing '/'; "" is the root
	size_t length;
	int fd;
};

static struct preopen preopens[PREOPEN_MAX];
static int preopen_count;
static char working_directory[DIRECTORY_PATH_MAX] = "/";

int __wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative,
	size_t *relative_size, int may_grow);
int __wasilibc_find_relpath(
	const char *path, const char **prefix, char **relative, size_t relative_size);

static void preopen_add(int fd, char *name, size_t length)
{
	while (length > 0 && name[length - 1] == '/')
		name[--length] = 0;
	preopens[preopen_count++] = (struct preopen){name, length, fd};
}

// Notes the pre-opened directories with absolute names.
static void preopens_scan(void)
{
	__wasi_prestat_t stat;
	for (__wasi_fd_t fd = 3; preopen_count < PREOPEN_MAX; fd++) {
		if (__wasi_fd_prestat_get(fd, &stat) != __WASI_ERRNO_SUCCESS)
			return;
		size_t length = stat.u.dir.pr_name_len;
		char *name = calloc(1, length + 1);
		if (!name || __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, length) !=
				     __WASI_ERRNO_SUCCESS)
			return;
		if (name[0] != '/') {
			free(name);
			continue;
		}
		memmove(name, name + 1, length);
		preopen_add((int)fd, name, length - 1);
	}
}

static bool preopen_covers(const struct preopen *preopen, const char *path)
{
	if (strncmp(path, preopen->name, preopen->length) != 0)
		return false;
	char after = path[preopen->length];
	return preopen->length == 0 || after == 0 || after == '/';
}

// The deepest pre-opened directory above `path`, which has no leading '/'.
static const struct preopen *preopen_find(const char *path)
{
	const struct preopen *best = nullptr;
	for (int i = 0; i < preopen_count; i++) {
		if (!preopen_covers(&preopens[i], path))
			continue;
		if (!best || preopens[i].length > best->length)
			best = &preopens[i];
	}
	return best;
}

// Appends a component to the absolute path `out` of `*length` bytes ("" is the root).
static bool component_append(char *out, size_t *length, const char *component, size_t size)
{
	if (size == 0 || (size == 1 && component[0] == '.'))
		return true;
	if (size == 2 && component[0] == '.' && component[1] == '.') {
		while (*length > 0 && out[--*length] != '/') {
		}
		return true;
	}
	if (*length + size + 3 > DIRECTORY_PATH_MAX)
		return false;
	out[(*length)++] = '/';
	memcpy(out + *length, component, size);
	*length += size;
	return true;
}

static bool path_append(char *out, size_t *length, const char *path)
{
	while (*path) {
		size_t size = strcspn(path, "/");
		if (!component_append(out, length, path, size))
			return false;
		path += size;
		path += strspn(path, "/");
	}
	return true;
}

// Makes `path` absolute and free of ".", ".." and double slashes; a final '/' stays, since it
// demands a directory.
static int path_resolve(const char *path, char out[DIRECTORY_PATH_MAX])
{
	size_t length = 0, size = strlen(path);
	if (size == 0)
		return ENOENT;
	if (path[0] != '/' && !path_append(out, &length, working_directory))
		return ENAMETOOLONG;
	if (!path_append(out, &length, path))
		return ENAMETOOLONG;
	if (length == 0 || path[size - 1] == '/')
		out[length++] = '/';
	out[length] = 0;
	return 0;
}

static int relative_store(const char *text, char **relative, size_t *size, bool may_grow)
{
	size_t needed = strlen(text) + 1;
	if (needed > *size) {
		char *grown = may_grow ? realloc(*relative, needed) : nullptr;
		if (!grown)
			return may_grow ? ENOMEM : ERANGE;
		*relative = grown;
		*size = needed;
	}
	memcpy(*relative, text, needed);
	return 0;
}

int __wasilibc_find_relpath_alloc(
	const char *path, const char **prefix, char **relative, size_t *relative_size, int may_grow)
{
	char absolute[DIRECTORY_PATH_MAX];
	int error = path_resolve(path, absolute);
	const struct preopen *preopen = error ? nullptr : preopen_find(absolute + 1);
	if (!error && !preopen)
		error = ENOENT;
	if (!error) {
		const char *rest = absolute + 1 + preopen->length;
		rest += strspn(rest, "/");
		error = relative_store(*rest ? rest : ".", relative, relative_size, may_grow);
	}
	if (error) {
		errno = error;
		return -1;
	}
	*prefix = preopen->name;
	return preopen->fd;
}

int __wasilibc_find_relpath(
	const char *path, const char **prefix, char **relative, size_t relative_size)
{
	return __wasilibc_find_relpath_alloc(path, prefix, relative, &relative_size, 0);
}

int chdir(const char *path)
{
	char absolute[DIRECTORY_PATH_MAX];
	struct stat status;
	int error = path_resolve(path, absolute);
	if (error) {
		errno = error;
		return -1;
	}
	if (stat(absolute, &status) != 0)
		return -1;
	if (!S_ISDIR(status.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	size_t length = strlen(absolute);
	if (length > 1 && absolute[length - 1] == '/')
		absolute[length - 1] = 0;
	strcpy(working_directory, absolute);
	return 0;
}

char *getcwd(char *buffer, size_t size)
{
	if (!buffer)
		return strdup(working_directory);
	if (strlen(working_directory) >= size) {
		errno = ERANGE;
		return nullptr;
	}
	return strcpy(buffer, working_directory);
}

__attribute__((constructor(100))) static void directory_start(void)
{
	preopens_scan();
	const char *directory = getenv("PWD");
	if (directory && directory[0] == '/')
		(void)chdir(directory);
}
