// SPDX-License-Identifier: MIT OR Apache-2.0
// Files and directories below /d.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
	char *names[64];
	int count = 0;
	DIR *directory = opendir(path);
	if (directory == NULL) {
		check(path, -1);
		return;
	}
	for (struct dirent *d; count < 64 && (d = readdir(directory)) != NULL;)
		if (d->d_name[0] != '.')
			names[count++] = strdup(d->d_name);
	closedir(directory);
	qsort(names, (size_t)count, sizeof(names[0]), compare);
	for (int i = 0; i < count; i++)
		printf("%s/%s\n", path, names[i]);
}

static void copy(const char *from, const char *to)
{
	char buffer[7];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	long size;
	check(from, in);
	check(to, out);
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		write(out, buffer, (size_t)size);
	printf("seek %lld\n", (long long)lseek(out, -5, SEEK_END));
	write(out, "XYZ", 3);
	close(in);
	close(out);
}

int main(void)
{
	struct stat status;
	char text[100] = {0};
	check("mkdir", mkdir("/d/sub", 0777));
	check("mkdir again", mkdir("/d/sub", 0777));
	copy("/d/file.txt", "/d/sub/copy");
	check("stat", stat("/d/sub/copy", &status));
	printf("size %lld, regular %d\n", (long long)status.st_size, S_ISREG(status.st_mode));
	FILE *file = fopen("/d/sub/copy", "r");
	fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	puts(text);
	check("rename", rename("/d/sub/copy", "/d/sub/other"));
	check("open gone", open("/d/sub/copy", O_RDONLY));
	check("truncate", truncate("/d/sub/other", 3));
	check("rmdir full", rmdir("/d/sub"));
	check("symlink", symlink("other", "/d/sub/link"));
	memset(text, 0, sizeof(text));
	check("readlink", (int)readlink("/d/sub/link", text, sizeof(text)));
	puts(text);
	list("/d");
	list("/d/sub");
	list("/d/none");
	check("unlink", unlink("/d/sub/link"));
	check("unlink", unlink("/d/sub/other"));
	check("rmdir", rmdir("/d/sub"));
	check("outside", open("/etc/passwd", O_RDONLY));
	check("above", open("/d/../../etc/passwd", O_RDONLY));
	return 0;
}
