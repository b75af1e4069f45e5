// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calling services: see craton/client.h. */
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/service.h>

static unsigned send_handles(struct client *client, const struct call *call)
{
	unsigned count = 0;

	while (count < 2 && call->send[count] != 0) {
		client->page->send_handles[count] = call->send[count];
		count++;
	}
	return count;
}

static void take_bytes(const struct client *client, struct call *call, uint64_t info)
{
	size_t words = message_info_words(info);
	size_t size = words > 6 ? (words - 6) * 8 : 0;

	call->out_used = size < call->out_size ? size : call->out_size;
	if (call->out_used > 0)
		memcpy(call->out, client->page->words + 6, call->out_used);
}

status_t client_call(struct client *client, uint32_t method, struct call *call)
{
	uint32_t label =
		method << SERVICE_METHOD_SHIFT | (++client->sequence & SERVICE_SEQUENCE_MASK);
	uint64_t deadline =
		client->patience_ns != 0 ? time_now() + client->patience_ns : ABI_DEADLINE_NEVER;
	struct message message;
	status_t status;

	if (call->in_size > MESSAGE_BYTES)
		return ERR_TOO_LONG;
	do {
		unsigned handles = send_handles(client, call);
		unsigned words = call->in_size > 0 ? 6 + (unsigned)(call->in_size + 7) / 8 : 6;

		memcpy(message.words, call->words, sizeof(message.words));
		if (call->in_size > 0)
			memcpy(client->page->words + 6, call->in, call->in_size);
		message.info = message_info(label, words, handles);
		status = sys_call(client->endpoint, &message, deadline);
	} while (status == ERR_PEER_DEAD);
	if (status != OK)
		return status;
	memcpy(call->words, message.words, sizeof(call->words));
	take_bytes(client, call, message.info);
	return -(status_t)message_info_label(message.info);
}
