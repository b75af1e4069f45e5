// SPDX-License-Identifier: MIT OR Apache-2.0
/* Copying messages: see message.h. */
#include "message.h"

#include <kernel/cspace.h>
#include <kernel/trace.h>

status_t message_check(const struct thread *sender, uint64_t info, bool may_grant)
{
	uint32_t handles = info_handles(info);

	if ((info & MESSAGE_INFO_RESERVED) != 0)
		return ERR_INVALID_ARGUMENT;
	if (info_words(info) > ABI_MESSAGE_WORDS || handles > ABI_MESSAGE_HANDLES)
		return ERR_TOO_LONG;
	if ((info_words(info) > ABI_MESSAGE_REGISTER_WORDS || handles > 0) &&
		sender->message == NULL)
		return ERR_BAD_ADDRESS;
	if (handles > 0 && !may_grant)
		return ERR_RIGHTS;
	for (uint32_t i = 0; i < handles; i++) {
		struct slot *slot;
		status_t status = cspace_lookup(sender, sender->message->send_handles[i], &slot);

		if (status != OK)
			return status;
		if (slot_is_single(slot))
			return ERR_WRONG_TYPE;
	}
	return OK;
}

/* The receiver's slot for the capability number `i` of a message, or NULL. */
static struct slot *receive_slot(const struct thread *receiver, uint32_t i)
{
	const struct message_page *page = receiver->message;
	struct slot *cnode;
	struct slot *slot;

	if (page == NULL || i >= page->receive_count)
		return NULL;
	if (cspace_lookup_object(
		    receiver, page->receive_cnode, OBJECT_CNODE, RIGHT_CONTROL, &cnode) != OK)
		return NULL;
	if (cnode_empty_slot((struct cnode *)cnode->object, page->receive_index + i, &slot) != OK)
		return NULL;
	return slot;
}

static uint32_t transfer_handles(struct thread *sender, struct thread *receiver, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct slot *source;
		struct slot *target = receive_slot(receiver, i);

		if (target == NULL ||
			cspace_lookup(sender, sender->message->send_handles[i], &source) != OK ||
			slot_is_single(source))
			return i;
		slot_copy(target, source, source->rights);
		receiver->message->received_tags[i] = target->tag;
	}
	return count;
}

void message_transfer(struct thread *sender, struct thread *receiver, uint64_t info, uint64_t badge)
{
	uint32_t handles = info_handles(info);

	if (UNLIKELY(kernel_watch != 0) && (kernel_watch & WATCH_CALLS) != 0)
		trace_message(sender, receiver, info);
	if (UNLIKELY(sender->fault_pending)) {
		message_transfer_fault(sender, receiver, badge);
		return;
	}
	message_copy_registers(sender, receiver);
	if (UNLIKELY(!info_is_short(info))) {
		message_copy_page_words(sender->message, receiver->message, info_words(info));
		if (handles > 0) {
			handles = transfer_handles(sender, receiver, handles);
			info = (info & ~(uint64_t)0xf00) | (uint64_t)handles << 8;
		}
	}
	receiver->frame.number = (uint64_t)OK;
	receiver->frame.args[0] = badge;
	receiver->frame.args[1] = info;
	receiver->frame.args[2] = 0;
}
