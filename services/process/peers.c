// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls to the services that this one uses. */
#include "process.h"

static struct client clients[PROCESS_SERVICES];

void peers_init(void)
{
	for (uint32_t i = 0; i < PROCESS_SERVICES; i++)
		clients[i] = (struct client){
			.endpoint = service_start()->handles[PROCESS_SLOT_SERVICE + i],
			.sequence = (uint32_t)(service_start()->epoch << 16),
			.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
		};
}

status_t peer_call(uint32_t number, uint32_t method, struct call *call)
{
	return client_call(&clients[number], method, call);
}

status_t peer_ask(uint32_t number, uint32_t method, uint64_t words[6])
{
	return client_ask(&clients[number], method, words, 0);
}

void peer_window(uint64_t slot, uint64_t count)
{
	service_receive_window(slot, count);
}
