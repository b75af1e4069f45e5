// SPDX-License-Identifier: MIT OR Apache-2.0
// Channels: programs call each other, and share memory. See docs/developer/channels.md.
// Functions return 0 or a value of <errno.h>; outputs are set only on success.
#ifndef CRATON_CHANNEL_H
#define CRATON_CHANNEL_H

#include <craton_imports.h>

#include <stddef.h>
#include <stdint.h>

// Sizes that a shared buffer may have.
enum { CHANNEL_BUFFER_SMALL = 32 << 10, CHANNEL_BUFFER_LARGE = 2 << 20 };
#define CHANNEL_FOREVER UINT64_MAX

// Makes a channel: descriptors for who serves and for who calls. Give them to programs that are
// started (struct spawn_descriptor); close() what is not needed. EMFILE: too many channels.
int channel_make(int *serve, int *call);

// Calls whoever serves and waits for the answer: `*size` bytes of it, cut at `room`. While nobody
// serves, the call waits; if who serves ends before it has answered, the next one gets the call
// again. EMSGSIZE: more than CHANNEL_LIMIT_BYTES. ETIMEDOUT: not accepted in time. EPIPE: nobody
// can serve any more. EINTR.
int channel_call(int fd, const void *data, size_t data_size, void *reply, size_t room, size_t *size,
	uint64_t timeout_ns);

// A call that came.
struct channel_message {
	uint32_t token;    // for channel_reply
	uint32_t size;     // of the call; cut at the room that there was
	uint64_t client;   // the caller's process number
	uint64_t sequence; // grows with each call of a client; a repeated call has its old one
};

// Waits for a call. EAGAIN: four calls are unanswered. ETIMEDOUT, EPIPE (nobody can call), EINTR.
int channel_receive(
	int fd, void *data, size_t room, struct channel_message *message, uint64_t timeout_ns);

// Answers it. EPIPE: the caller has left.
int channel_reply(int fd, uint32_t token, const void *data, size_t size);

// Memory that both sides see: buffer `index` (0 to 3) of the channel, CHANNEL_BUFFER_SMALL or
// _LARGE bytes, zero when it is new. Null with errno set. What the other side writes can change at
// any time: access it as volatile, or with atomics.
void *channel_buffer(int fd, int index, size_t size);
// Gives the address range back; the other side keeps the buffer.
void channel_buffer_free(void *buffer, size_t size);

#endif
