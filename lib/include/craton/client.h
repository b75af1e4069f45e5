// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calling services. A call has a sequence number; when the service dies in the middle, the call is
 * sent again under the same number to its next instance, which recognises what was done already.
 * So callers see a delay, not an error. */
#pragma once

#include <abi/protocol.h>
#include <craton/runtime.h>
#include <craton/service.h>

struct client {
	handle_t endpoint;
	uint32_t sequence;
	struct message_page *page; /* of the calling thread */
	uint64_t patience_ns;      /* 0: waits for ever */
};

/* For calls of the first thread to one of the services that this program uses. The endpoint is 0 if
 * it does not use it. */
static inline struct client client_of(uint32_t service)
{
	return (struct client){
		.endpoint = service_start()->handles[PROCESS_SLOT_SERVICE + service],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
}

/* One call. Words go in and come back in `words`; results that the service does not give are 0. */
struct call {
	uint64_t words[6];
	const void *in;   /* bytes to send, or nullptr */
	size_t in_size;   /* at most MESSAGE_BYTES */
	void *out;        /* where bytes of the reply go, or nullptr */
	size_t out_size;  /* room there */
	size_t out_used;  /* set: bytes that came */
	handle_t send[2]; /* capabilities to send along; 0: none */
};

/* Calls `method`. The status is the service's, or ERR_CANCELLED, ERR_DEADLINE, ERR_TOO_LONG, or
 * what is wrong with the handles. */
[[nodiscard]] status_t client_call(struct client *client, uint32_t method, struct call *call);

/* The same with words alone, and a capability to send along (0: none). */
[[nodiscard]] static inline status_t client_ask(
	struct client *client, uint32_t method, uint64_t words[6], handle_t send)
{
	struct call call = {.send = {send}};
	status_t status;

	memcpy(call.words, words, sizeof(call.words));
	status = client_call(client, method, &call);
	memcpy(words, call.words, sizeof(call.words));
	return status;
}
