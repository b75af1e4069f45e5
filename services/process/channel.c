// SPDX-License-Identifier: MIT OR Apache-2.0
/* Channels between programs: an endpoint of the kernel, which this service made and holds, and
 * memory that both sides may map. Programs that have an end get a capability of the endpoint and
 * talk without this service; who calls waits at the endpoint, so a server that ends can be started
 * again meanwhile, as long as somebody holds its end for it. When one side has no holder left, the
 * endpoint goes, and with it every wait of the other side. */
#include "process.h"

#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/estate.h>

#define UNTYPED_ORDER_CHANNEL 12u
#define SLOT_ENDS             40u /* of the program's CNode, one for each end */
#define SLOT_REPLIES          56u

static_assert(SLOT_ENDS + CHANNEL_ENDS <= SLOT_REPLIES);
static_assert(SLOT_REPLIES + CHANNEL_REPLIES <= 64);

static handle_t own_cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

static uint64_t untyped_slot(const struct channel *channel)
{
	return SLOT_CHANNEL + 2 * (uint64_t)(channel - table->channels);
}

static uint64_t endpoint_slot(const struct channel *channel)
{
	return untyped_slot(channel) + 1;
}

/* The handle of a filled slot; 0: it is empty. */
static handle_t handle_in(handle_t cnode, uint64_t slot)
{
	uint64_t type, rights, badge, tag, detail;

	if (cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail) != OK ||
		type == OBJECT_NULL)
		return 0;
	return handle_of(slot, tag);
}

/* --- channels --------------------------------------------------------------------------------- */

/* Destroys the endpoint: those who wait there are woken, and all capabilities of it are gone. */
static void end_endpoint(const struct channel *channel)
{
	if (handle_in(own_cnode(), untyped_slot(channel)) != 0)
		(void)!cnode_revoke(own_cnode(), untyped_slot(channel));
}

static status_t make_endpoint(const struct channel *channel)
{
	uint64_t slot = untyped_slot(channel);
	handle_t untyped = handle_in(own_cnode(), slot);
	uint64_t tag;
	status_t status = OK;

	if (untyped == 0) {
		status = untyped_retype(service_start()->handles[PROCESS_SLOT_UNTYPED],
			OBJECT_UNTYPED, UNTYPED_ORDER_CHANNEL, 1, own_cnode(), slot, &tag);
		untyped = handle_of(slot, tag);
	}
	end_endpoint(channel);
	if (status == OK)
		status = untyped_reset(untyped);
	if (status == OK)
		status = untyped_retype(
			untyped, OBJECT_ENDPOINT, 0, 1, own_cnode(), endpoint_slot(channel), &tag);
	return status;
}

static struct channel *free_channel(void)
{
	for (uint32_t i = 0; i < CHANNELS; i++) {
		if (table->channels[i].holders[0] == 0 && table->channels[i].holders[1] == 0)
			return &table->channels[i];
	}
	return nullptr;
}

static uint64_t buffer_key(const struct channel *channel, uint64_t index)
{
	return (uint64_t)(channel - table->channels) * CHANNEL_BUFFERS + index;
}

static void end_buffers(struct channel *channel)
{
	for (uint64_t i = 0; i < CHANNEL_BUFFERS; i++) {
		uint64_t words[6] = {buffer_key(channel, i)};

		if (channel->buffers[i].size == 0)
			continue;
		(void)!peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_DESTROY, words);
		ESTATE_SET(channel->buffers[i].size, 0);
	}
}

/* --- ends of programs ------------------------------------------------------------------------- */

static struct channel_end *end_of(struct process *p, uint64_t id)
{
	struct channel_end *end =
		p != nullptr && id - 1 < CHANNEL_ENDS ? &p->ends[id - 1] : nullptr;

	return end != nullptr && end->channel != 0 ? end : nullptr;
}

static status_t add_end(
	struct process *p, struct channel *channel, enum channel_role role, uint64_t *id)
{
	for (uint64_t i = 0; i < CHANNEL_ENDS; i++) {
		struct channel_end *end = &p->ends[i];

		if (end->channel != 0)
			continue;
		estate_save(end, sizeof(*end));
		*end = (struct channel_end){
			.channel = (uint32_t)(channel - table->channels) + 1, .role = role};
		ESTATE_SET(channel->holders[role], channel->holders[role] + 1);
		*id = i + 1;
		return OK;
	}
	return ERR_TOO_MANY;
}

static void drop_end(struct process *p, struct channel_end *end)
{
	struct channel *channel = &table->channels[end->channel - 1];
	uint32_t role = end->role;
	handle_t cnode = process_handle(p, OWN_CNODE);

	if (cnode != 0)
		(void)!cnode_delete(cnode, SLOT_ENDS + (uint64_t)(end - p->ends));
	ESTATE_SET(end->channel, 0);
	ESTATE_SET(channel->holders[role], channel->holders[role] - 1);
	if (channel->holders[role] == 0)
		end_endpoint(channel);
	if (channel->holders[0] == 0 && channel->holders[1] == 0)
		end_buffers(channel);
}

status_t channel_share(struct process *from, uint64_t id, struct process *to, uint64_t *out)
{
	const struct channel_end *end = end_of(from, id);

	if (end == nullptr)
		return ERR_INVALID_HANDLE;
	return add_end(to, &table->channels[end->channel - 1], (enum channel_role)end->role, out);
}

void channels_release(struct process *p)
{
	for (uint32_t i = 0; i < CHANNEL_ENDS; i++) {
		if (p->ends[i].channel != 0)
			drop_end(p, &p->ends[i]);
	}
}

/* --- requests --------------------------------------------------------------------------------- */

status_t channel_create_handler(struct request *request)
{
	struct process *p = process_find(request->badge);
	struct channel *channel = free_channel();
	status_t status;

	if (p == nullptr)
		return ERR_ACCESS;
	if (channel == nullptr)
		return ERR_TOO_MANY;
	status = make_endpoint(channel);
	if (status == OK)
		status = add_end(p, channel, CHANNEL_ROLE_SERVE, &request->words[0]);
	if (status != OK)
		return status;
	status = add_end(p, channel, CHANNEL_ROLE_CALL, &request->words[1]);
	if (status != OK)
		drop_end(p, &p->ends[request->words[0] - 1]);
	return status;
}

status_t channel_close_handler(struct request *request)
{
	struct process *p = process_find(request->badge);
	struct channel_end *end = end_of(p, request->words[0]);

	if (end == nullptr)
		return ERR_INVALID_HANDLE;
	drop_end(p, end);
	return OK;
}

/* What answers calls: made of the program's own memory when it first serves. */
static status_t give_replies(struct process *p)
{
	handle_t cnode = process_handle(p, OWN_CNODE);
	uint64_t tag;

	if (handle_in(cnode, SLOT_REPLIES) != 0)
		return OK;
	return untyped_retype(process_handle(p, OWN_UNTYPED), OBJECT_REPLY, 0, CHANNEL_REPLIES,
		cnode, SLOT_REPLIES, &tag);
}

/* A caller is known to who serves by its number. */
static status_t give_endpoint(
	struct process *p, const struct channel_end *end, handle_t source, handle_t *handle)
{
	handle_t cnode = process_handle(p, OWN_CNODE);
	uint64_t slot = SLOT_ENDS + (uint64_t)(end - p->ends);
	uint64_t tag;
	status_t status = OK;

	*handle = handle_in(cnode, slot);
	if (*handle != 0)
		return OK;
	if (end->role == CHANNEL_ROLE_CALL)
		status = cnode_mint(cnode, slot, source, RIGHT_WRITE, p->pid, &tag);
	else
		status = cnode_copy(cnode, slot, source, RIGHT_READ, &tag);
	*handle = handle_of(slot, tag);
	return status;
}

status_t channel_connect_handler(struct request *request)
{
	struct process *p = process_find(request->badge);
	const struct channel_end *end = end_of(p, request->words[0]);
	handle_t endpoint;
	status_t status = OK;

	if (end == nullptr)
		return ERR_INVALID_HANDLE;
	endpoint = handle_in(own_cnode(), endpoint_slot(&table->channels[end->channel - 1]));
	if (endpoint == 0)
		return ERR_BROKEN_PIPE;
	if (end->role == CHANNEL_ROLE_SERVE)
		status = give_replies(p);
	if (status == OK)
		status = give_endpoint(p, end, endpoint, &request->words[0]);
	request->words[1] = end->role;
	for (uint64_t i = 0; status == OK && i < CHANNEL_REPLIES; i++)
		request->words[2 + i] = handle_in(process_handle(p, OWN_CNODE), SLOT_REPLIES + i);
	return status;
}

/* The object of a buffer, made by who asks first and paid for by that program. */
static status_t buffer_object(struct channel *channel, uint64_t index, uint64_t size,
	const struct process *p, uint64_t *object)
{
	struct channel_buffer *buffer = &channel->buffers[index];
	uint64_t account = buffer->size != 0 ? buffer->account : p->pid;
	uint64_t words[6] = {buffer_key(channel, index), size, account};
	status_t status;

	if (buffer->size != 0 && buffer->size != size)
		return ERR_INVALID_ARGUMENT;
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_CREATE, words);
	if (status != OK)
		return status;
	estate_save(buffer, sizeof(*buffer));
	*buffer = (struct channel_buffer){size, account};
	*object = words[0];
	return OK;
}

status_t channel_buffer_handler(struct request *request)
{
	struct process *p = process_find(request->badge);
	const struct channel_end *end = end_of(p, request->words[0]);
	uint64_t address = request->words[2];
	uint64_t size = request->words[3];
	uint64_t object;
	status_t status;

	if (end == nullptr)
		return ERR_INVALID_HANDLE;
	if (request->words[1] >= CHANNEL_BUFFERS)
		return ERR_RANGE;
	status = buffer_object(
		&table->channels[end->channel - 1], request->words[1], size, p, &object);
	return status == OK ? process_map(p, address, size, RIGHT_READ | RIGHT_WRITE, object, 0)
			    : status;
}
