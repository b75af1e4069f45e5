// SPDX-License-Identifier: MIT OR Apache-2.0
// Images of memory on Linux: files in memory that reservations map copy-on-write.
#include "platform/host/host.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct host_image {
	int file;
	uint64_t size;
};

static bool write_piece(int file, const struct wasm_memory_piece *piece)
{
	const uint8_t *from = piece->bytes;
	for (uint64_t done = 0; done < piece->size;) {
		ssize_t count =
			pwrite(file, from + done, piece->size - done, (off_t)(piece->at + done));
		if (count <= 0)
			return false;
		done += (uint64_t)count;
	}
	return true;
}

static bool write_image(
	int file, const struct wasm_memory_piece *pieces, size_t count, uint64_t size)
{
	if (ftruncate(file, (off_t)size) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!write_piece(file, &pieces[i]))
			return false;
	return true;
}

enum wasm_status host_image_create(
	void *, const struct wasm_memory_piece *pieces, size_t count, uint64_t size, void **image)
{
	struct host_image *i = malloc(sizeof(*i));
	int file = i == nullptr ? -1 : memfd_create("wasm memory", MFD_CLOEXEC);
	if (file >= 0 && write_image(file, pieces, count, size)) {
		*i = (struct host_image){file, size};
		*image = i;
		return WASM_OK;
	}
	if (file >= 0)
		close(file);
	free(i);
	return WASM_NO_MEMORY;
}

void host_image_destroy(void *, void *image)
{
	close(((struct host_image *)image)->file);
	free(image);
}

// What lies behind the file's end stays anonymous, so that reading it takes no memory.
enum wasm_status host_image_map(void *, void *image, void *address, uint64_t size)
{
	const struct host_image *i = image;
	if (mprotect(address, size, PROT_READ | PROT_WRITE) != 0)
		return WASM_NO_MEMORY;
	if (i->size == 0)
		return WASM_OK;
	void *mapped = mmap(address, i->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, i->file, 0);
	return mapped == address ? WASM_OK : WASM_NO_MEMORY;
}

enum wasm_status host_image_reset(void *, void *address, uint64_t size, uint64_t committed)
{
	if (madvise(address, size, MADV_DONTNEED) != 0)
		return WASM_PLATFORM;
	if (committed <= size)
		return WASM_OK;
	void *rest = (uint8_t *)address + size;
	void *mapped = mmap(rest, committed - size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	return mapped == rest ? WASM_OK : WASM_NO_MEMORY;
}
