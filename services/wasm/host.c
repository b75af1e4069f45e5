// SPDX-License-Identifier: MIT OR Apache-2.0
/* struct wasi_host on Craton. */
#include "host.h"

#include <abi/syscall.h>
#include <craton/random.h>

static errno_t host_random(void *self, void *bytes, size_t size)
{
	(void)self;
	random_fill(bytes, size);
	return WASI_SUCCESS;
}

// The system has no network yet: whatever is open is no socket.
static errno_t host_accept(void *, struct wasi_description *, uint16_t, struct wasi_description **)
{
	return WASI_NOTSOCK;
}

static errno_t host_receive(void *, struct wasi_description *, const struct wasi_buffer *, size_t,
	uint16_t, size_t *, uint16_t *)
{
	return WASI_NOTSOCK;
}

static errno_t host_send(
	void *, struct wasi_description *, const struct wasi_const_buffer *, size_t, size_t *)
{
	return WASI_NOTSOCK;
}

static errno_t host_shutdown(void *, struct wasi_description *, uint8_t)
{
	return WASI_NOTSOCK;
}

static errno_t host_yield(void *self)
{
	(void)self;
	(void)!sys_yield();
	return WASI_SUCCESS;
}

const struct wasi_host craton_host = {
	.retain = description_retain,
	.release = description_release,
	.filetype = description_filetype,
	.get_flags = description_get_flags,
	.set_flags = description_set_flags,
	.read = bytes_read,
	.write = bytes_write,
	.pread = bytes_pread,
	.pwrite = bytes_pwrite,
	.seek = bytes_seek,
	.stat = file_stat,
	.set_size = file_set_size,
	.set_times = file_set_times,
	.allocate = file_allocate,
	.sync = file_sync,
	.read_directory = directory_read,
	.open_at = path_open,
	.stat_at = path_stat,
	.set_times_at = path_set_times,
	.make_directory_at = directory_make,
	.remove_directory_at = directory_remove,
	.unlink_at = path_unlink,
	.rename_at = path_rename,
	.link_at = path_link,
	.symlink_at = path_symlink,
	.read_link_at = path_read_link,
	.clock_time = clock_time,
	.clock_resolution = clock_resolution,
	.poll = poll_items,
	.random = host_random,
	.accept = host_accept,
	.receive = host_receive,
	.send = host_send,
	.shutdown = host_shutdown,
	.yield = host_yield,
};
