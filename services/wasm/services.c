// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls to services. An interrupt of the program (Ctrl-C) cancels whatever wait its thread is in,
 * also one that cannot be cut short, such as a write. Those are sent again under the same sequence
 * number, so that what was done already is not done twice. */
#include "program.h"

#define CLOSE_WORD 5u /* of a request to the vfs: a number to give back besides */

static struct client clients[PROCESS_SERVICES];
static uint64_t badge;
static bool noted;
static uint64_t close_later; /* a number of the vfs; 0: none */

/* A wait that an interrupt ended: the service may have answered it all the same. When the program
 * asks the same thing next, it does so under the same number and gets that answer. */
static struct cancelled {
	uint32_t number;
	uint32_t method;
	uint32_t sequence;
	uint64_t words[6];
} cancelled;

void services_init(const struct process_start *start)
{
	badge = start->badge;
	for (uint32_t i = 0; i < PROCESS_SERVICES; i++)
		clients[i] = (struct client){
			.endpoint = start->handles[(uint32_t)PROCESS_SLOT_SERVICE + i],
			.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
		};
}

uint64_t service_badge(void)
{
	return badge;
}

bool service_present(uint32_t number)
{
	return number < PROCESS_SERVICES && clients[number].endpoint != 0;
}

bool interrupt_noted(void)
{
	bool was = noted;

	noted = false;
	return was;
}

void interrupt_note(void)
{
	noted = true;
}

void interrupt_clear(void)
{
	noted = false;
}

bool service_close_later(uint64_t id)
{
	if (close_later != 0)
		return false;
	close_later = id;
	return true;
}

status_t service_call(uint32_t number, uint32_t method, struct call *call)
{
	uint64_t words[6];
	status_t status;

	if (number == SERVICE_NUMBER_VFS) {
		call->words[CLOSE_WORD] = close_later;
		close_later = 0;
	}
	memcpy(words, call->words, sizeof(words));
	for (;;) {
		status = client_call(&clients[number], method, call);
		if (status != ERR_CANCELLED)
			return status;
		noted = true;
		clients[number].sequence--;
		memcpy(call->words, words, sizeof(words));
	}
}

static void resume_cancelled(uint32_t number, uint32_t method, const struct call *call)
{
	struct client *client = &clients[number];

	if (cancelled.sequence != 0 && cancelled.number == number && cancelled.method == method &&
		cancelled.sequence == client->sequence &&
		memcmp(cancelled.words, call->words, sizeof(call->words)) == 0)
		client->sequence--;
	cancelled.sequence = 0;
}

status_t service_wait(uint32_t number, uint32_t method, struct call *call)
{
	struct cancelled this = {.number = number, .method = method};
	status_t status;

	if (interrupt_noted())
		return ERR_CANCELLED;
	memcpy(this.words, call->words, sizeof(this.words));
	resume_cancelled(number, method, call);
	status = client_call(&clients[number], method, call);
	if (status == ERR_CANCELLED) {
		this.sequence = clients[number].sequence;
		cancelled = this;
	}
	return status;
}

status_t service_ask(uint32_t number, uint32_t method, uint64_t words[6])
{
	struct call call = {0};
	status_t status;

	memcpy(call.words, words, sizeof(call.words));
	status = service_call(number, method, &call);
	memcpy(words, call.words, sizeof(call.words));
	return status;
}
