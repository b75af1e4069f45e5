// SPDX-License-Identifier: MIT OR Apache-2.0
/* See remote_link.h. */
#include "remote_link.h"

#include "share.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/service.h>

static unsigned number_of(unsigned index)
{
	return (unsigned)SERVICE_NUMBER_FILESYSTEM0 + index;
}

bool remote_is_wanted(void)
{
	return client_of(number_of(0)).endpoint != 0 && !service_has_option("filesystems=fused");
}

uint8_t *remote_channel(unsigned index)
{
	void *unit;
	status_t status = share_unit(SHARE_REMOTE + index, 0, &unit);

	return status == OK ? unit : nullptr;
}

status_t remote_start(unsigned index)
{
	struct client supervisor = client_of(SERVICE_NUMBER_SUPERVISOR);
	struct call call = {.words = {number_of(index)}};
	status_t status = share_offer_unit(SHARE_REMOTE + index, number_of(index));

	if (status == OK)
		status = share_offer_chunk(index, number_of(index));
	return status == OK ? client_call(&supervisor, SUPERVISOR_NEED, &call) : status;
}

status_t remote_call(
	unsigned index, uint32_t method, uint32_t sequence, uint64_t patience_ns, uint64_t words[6])
{
	struct client client = client_of(number_of(index));

	client.sequence = sequence - 1;
	client.patience_ns = patience_ns;
	return client_ask(&client, method, words, 0);
}

void remote_signal(unsigned index)
{
	(void)!sys_signal(service_start()->signals[number_of(index)]);
}

uint64_t remote_bit(unsigned index)
{
	return (uint64_t)SERVICE_SIGNAL << number_of(index);
}
