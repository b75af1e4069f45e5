// SPDX-License-Identifier: MIT OR Apache-2.0
// Channels: see channel.h.
#include "channel.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE 4096

static uint32_t address_of(const void *memory)
{
	return (uint32_t)(uintptr_t)memory;
}

int channel_make(int *serve, int *call)
{
	return __craton_channel(serve, call);
}

int channel_call(int fd, const void *data, size_t data_size, void *reply, size_t room, size_t *size,
	uint64_t timeout_ns)
{
	struct channel_call c = {
		.data = address_of(data),
		.size = (uint32_t)data_size,
		.reply = address_of(reply),
		.room = (uint32_t)room,
		.timeout_ns = timeout_ns,
	};
	int error = __craton_channel_call(fd, &c);
	if (!error)
		*size = c.reply_size < room ? c.reply_size : room;
	return error;
}

int channel_receive(
	int fd, void *data, size_t room, struct channel_message *message, uint64_t timeout_ns)
{
	struct channel_request r = {
		.data = address_of(data), .room = (uint32_t)room, .timeout_ns = timeout_ns};
	int error = __craton_channel_receive(fd, &r);
	if (error)
		return error;
	*message = (struct channel_message){
		.token = r.token,
		.size = r.size < r.room ? r.size : r.room,
		.client = r.client,
		.sequence = r.sequence,
	};
	return 0;
}

int channel_reply(int fd, uint32_t token, const void *data, size_t size)
{
	return __craton_channel_reply(fd, (int32_t)token, data, (int32_t)size);
}

void *channel_buffer(int fd, int index, size_t size)
{
	void *buffer = aligned_alloc(PAGE, size);
	if (!buffer)
		return nullptr;
	int error = __craton_channel_buffer(fd, index, buffer, (int32_t)size);
	if (!error)
		return buffer;
	free(buffer);
	errno = error;
	return nullptr;
}

void channel_buffer_free(void *buffer, size_t size)
{
	if (buffer && __craton_channel_buffer_end(buffer, (int32_t)size) == 0)
		free(buffer);
}
