// SPDX-License-Identifier: MIT OR Apache-2.0
/* Channels to other programs: see abi/wasm.toml and docs/developer/channels.md. Messages go from
 * program to program through the kernel; the process service only makes and shares the endpoint. A
 * call that was accepted by a server which then ended is sent again, under the same sequence
 * number. */
#include "craton.h"

#include <abi/syscall.h>

#define REPLIES       4u
#define METHOD        1u
#define NEVER         UINT64_MAX
#define CHANNEL_RIGHT (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_POLL_FD_READWRITE)
#define PAGE          4096u

struct channel_side {
	handle_t endpoint;
	enum channel_role role;
	handle_t replies[REPLIES];
	bool is_owed[REPLIES]; /* holds a call that is not answered */
	uint32_t sequence;
};

static struct message_page *const page = (struct message_page *)PROCESS_MESSAGE_ADDRESS;

static errno_t connect(description_t *description)
{
	uint64_t words[6] = {description->id};
	struct channel_side *side;
	status_t status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_CHANNEL_CONNECT, words);

	if (status != OK)
		return errno_of(status);
	side = heap_take(sizeof(*side));
	if (side == nullptr)
		return WASI_NOMEM;
	*side = (struct channel_side){.endpoint = words[0], .role = (enum channel_role)words[1]};
	memcpy(side->replies, &words[2], sizeof(side->replies));
	description->channel = side;
	return WASI_SUCCESS;
}

/* The side behind a descriptor, which must have that role. */
static errno_t side_of(
	struct wasi *wasi, uint32_t fd, enum channel_role role, struct channel_side **side)
{
	description_t *description;
	errno_t error = description_of(wasi, fd, DESCRIPTOR_KIND_CHANNEL, WASI_BADF, &description);

	if (error == WASI_SUCCESS && description->channel == nullptr)
		error = connect(description);
	if (error != WASI_SUCCESS)
		return error;
	*side = description->channel;
	return *side != nullptr && (*side)->role == role ? WASI_SUCCESS : WASI_BADF;
}

status_t channel_side_close(description_t *description)
{
	uint64_t words[6] = {description->id};

	if (description->channel != nullptr)
		heap_give(description->channel, sizeof(*description->channel));
	return service_ask(SERVICE_NUMBER_PROCESS, PROCESS_CHANNEL_CLOSE, words);
}

/* The endpoint is gone when nobody has the other side. */
static errno_t errno_of_channel(status_t status)
{
	switch (status) {
	case ERR_STALE:
	case ERR_INVALID_HANDLE:
	case ERR_PEER_DEAD:
	case ERR_GONE:
		return WASI_PIPE;
	default:
		return errno_of(status);
	}
}

static uint64_t deadline_of(uint64_t timeout)
{
	uint64_t now = time_now();

	return timeout > NEVER - now ? ABI_DEADLINE_NEVER : now + timeout;
}

static uint64_t info_of(uint32_t label, size_t size)
{
	return message_info(label, 6 + (unsigned)(size + 7) / 8, 0);
}

/* The bytes of a message that has come. */
static uint32_t bytes_of(const struct message *message)
{
	size_t words = message_info_words(message->info);
	size_t size = words > 6 ? (words - 6) * 8 : 0;

	return (uint32_t)(message->words[0] < size ? message->words[0] : size);
}

/* --- making ----------------------------------------------------------------------------------- */

/* v: result for serving, result for calling. */
errno_t craton_channel(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0};
	status_t status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_CHANNEL_CREATE, words);
	description_t *ends[2];
	errno_t error;

	if (status != OK)
		return errno_of(status);
	for (unsigned i = 0; i < 2; i++)
		ends[i] =
			description_make(DESCRIPTOR_KIND_CHANNEL, words[i], WASI_FILETYPE_UNKNOWN);
	error = descriptor_give(wasi, memory, ends[0], CHANNEL_RIGHT, v[0].i32);
	if (error != WASI_SUCCESS) {
		if (ends[1] != nullptr)
			(void)!description_release(nullptr, ends[1]);
		return error;
	}
	return descriptor_give(wasi, memory, ends[1], CHANNEL_RIGHT, v[1].i32);
}

/* --- calling ---------------------------------------------------------------------------------- */

static status_t call(struct channel_side *side, const uint8_t *data, uint32_t size,
	uint64_t deadline, struct message *message)
{
	uint32_t label = METHOD << 24 | (++side->sequence & 0xffffff);
	status_t status;

	do {
		if (interrupt_noted())
			return ERR_CANCELLED;
		*message = (struct message){.info = info_of(label, size), .words = {size}};
		memcpy(page->words + 6, data, size);
		status = sys_call(side->endpoint, message, deadline);
	} while (status == ERR_PEER_DEAD);
	return status;
}

/* v: descriptor, struct channel_call. */
errno_t craton_channel_call(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint8_t data[CHANNEL_LIMIT_BYTES];
	struct channel_call c;
	struct channel_side *side;
	struct message message;
	status_t status;
	errno_t error = side_of(wasi, v[0].i32, CHANNEL_ROLE_CALL, &side);

	if (error != WASI_SUCCESS)
		return error;
	if (!wasm_memory_read(memory, v[1].i32, &c, sizeof(c)))
		return WASI_FAULT;
	if (c.size > CHANNEL_LIMIT_BYTES)
		return WASI_MSGSIZE;
	if (!wasm_memory_read(memory, c.data, data, c.size))
		return WASI_FAULT;
	status = call(side, data, c.size, deadline_of(c.timeout_ns), &message);
	if (status != OK)
		return errno_of_channel(status);
	c.reply_size = bytes_of(&message);
	if (!wasm_memory_write(memory, c.reply, page->words + 6,
		    c.reply_size < c.room ? c.reply_size : c.room))
		return WASI_FAULT;
	return store(memory, v[1].i32, &c, sizeof(c));
}

/* --- serving ---------------------------------------------------------------------------------- */

static uint32_t free_reply(const struct channel_side *side)
{
	uint32_t i = 0;

	while (i < REPLIES && side->is_owed[i])
		i++;
	return i;
}

static errno_t receive(struct channel_side *side, struct channel_request *r, memory_t *memory)
{
	struct message message = {0};
	status_t status;

	r->token = free_reply(side);
	if (r->token == REPLIES)
		return WASI_AGAIN;
	if (interrupt_noted())
		return WASI_INTR;
	status = sys_recv(
		side->replies[r->token], side->endpoint, &message, 0, deadline_of(r->timeout_ns));
	if (status != OK)
		return errno_of_channel(status);
	r->size = bytes_of(&message);
	r->client = message.badge;
	r->sequence = message_info_label(message.info) & 0xffffff;
	side->is_owed[r->token] = true;
	return wasm_memory_write(
		       memory, r->data, page->words + 6, r->size < r->room ? r->size : r->room)
		       ? WASI_SUCCESS
		       : WASI_FAULT;
}

/* v: descriptor, struct channel_request. */
errno_t craton_channel_receive(struct wasi *wasi, memory_t *memory, values_t *v)
{
	struct channel_request r;
	struct channel_side *side;
	errno_t error = side_of(wasi, v[0].i32, CHANNEL_ROLE_SERVE, &side);

	if (error != WASI_SUCCESS)
		return error;
	if (!wasm_memory_read(memory, v[1].i32, &r, sizeof(r)) ||
		wasm_memory_at(memory, r.data, r.room) == nullptr)
		return WASI_FAULT;
	error = receive(side, &r, memory);
	return error == WASI_SUCCESS ? store(memory, v[1].i32, &r, sizeof(r)) : error;
}

/* v: descriptor, token, data, size. */
errno_t craton_channel_reply(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint32_t token = v[1].i32;
	uint32_t size = v[3].i32;
	struct message message = {.info = info_of(0, size), .words = {size}};
	struct channel_side *side;
	errno_t error = side_of(wasi, v[0].i32, CHANNEL_ROLE_SERVE, &side);

	if (error != WASI_SUCCESS)
		return error;
	if (token >= REPLIES || !side->is_owed[token])
		return WASI_INVAL;
	if (size > CHANNEL_LIMIT_BYTES)
		return WASI_MSGSIZE;
	if (!wasm_memory_read(memory, v[2].i32, page->words + 6, size))
		return WASI_FAULT;
	side->is_owed[token] = false;
	return errno_of_channel(sys_reply(side->replies[token], &message));
}

/* --- shared memory -----------------------------------------------------------------------------
 */

/* The pages of linear memory at `address`. */
static uint8_t *pages_at(memory_t *memory, uint32_t address, uint32_t size)
{
	uint8_t *pages = wasm_memory_at(memory, address, size);

	return address % PAGE == 0 && size % PAGE == 0 && size != 0 ? pages : nullptr;
}

/* Memory of the program's own, in place of what was there. */
static errno_t own_memory(uint8_t *pages, uint32_t size)
{
	memory_release(pages, size);
	return memory_take_at(pages, size) ? WASI_SUCCESS : WASI_NOMEM;
}

/* v: descriptor, index, address, size. */
errno_t craton_channel_buffer(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint8_t *pages = pages_at(memory, v[2].i32, v[3].i32);
	uint64_t words[6] = {0, v[1].i32, (uint64_t)(uintptr_t)pages, v[3].i32};
	description_t *description;
	status_t status;
	errno_t error =
		description_of(wasi, v[0].i32, DESCRIPTOR_KIND_CHANNEL, WASI_BADF, &description);

	if (error != WASI_SUCCESS)
		return error;
	if (pages == nullptr)
		return WASI_INVAL;
	words[0] = description->id;
	memory_release(pages, v[3].i32);
	status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_CHANNEL_BUFFER, words);
	if (status != OK)
		(void)!own_memory(pages, v[3].i32);
	return errno_of(status);
}

/* v: address, size. */
errno_t craton_channel_buffer_end(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint8_t *pages = pages_at(memory, v[0].i32, v[1].i32);

	(void)wasi;
	return pages != nullptr ? own_memory(pages, v[1].i32) : WASI_INVAL;
}
