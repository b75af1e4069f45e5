// SPDX-License-Identifier: MIT OR Apache-2.0
/* Copying messages between threads; private to the core. */
#ifndef KERNEL_CORE_MESSAGE_H
#define KERNEL_CORE_MESSAGE_H

#include <kernel/fault.h>
#include <kernel/object.h>

/* The info word: see abi/kernel.toml. */
ALWAYS_INLINE uint32_t info_words(uint64_t info)
{
	return (uint32_t)(info & 0xffu);
}

ALWAYS_INLINE uint32_t info_handles(uint64_t info)
{
	return (uint32_t)(info >> 8) & 0xfu;
}

ALWAYS_INLINE uint32_t info_label(uint64_t info)
{
	return (uint32_t)(info >> 32);
}

/* True if the message is no more than its registers. */
ALWAYS_INLINE bool info_is_short(uint64_t info)
{
	return (info & 0xfffu) <= ABI_MESSAGE_REGISTER_WORDS && (info & MESSAGE_INFO_RESERVED) == 0;
}

/* Checks that `sender` can send what `info` says. ERR_TOO_LONG, ERR_INVALID_ARGUMENT, ERR_RIGHTS,
 * or what is wrong with a handle. */
NODISCARD status_t message_check(const struct thread *sender, uint64_t info, bool may_grant);

/* Copies words and capabilities and sets `receiver`'s result registers. Cannot fail: words that
 * the receiver has no page for were refused before (message_fits), capabilities that it has no
 * room for, or that have gone meanwhile, do not arrive, as its info word says. */
void message_transfer(
	struct thread *sender, struct thread *receiver, uint64_t info, uint64_t badge);

/* Copies the words that do not lie in registers, up to `count` in all. */
ALWAYS_INLINE void message_copy_page_words(
	const struct message_page *from, struct message_page *to, uint32_t count)
{
#pragma clang loop unroll(disable)
	for (uint32_t i = ABI_MESSAGE_REGISTER_WORDS; i < count; i++)
		to->words[i] = from->words[i];
}

/* True if `receiver` has room for the words. */
ALWAYS_INLINE bool message_fits(const struct thread *receiver, uint64_t info)
{
	return info_words(info) <= ABI_MESSAGE_REGISTER_WORDS || receiver->message != NULL;
}

/* What a handler gets for a fault: as much as there are words in `fault_words`. */
#define FAULT_MESSAGE_INFO MESSAGE_INFO(FAULT_LABEL, 4)

ALWAYS_INLINE void message_transfer_fault(
	const struct thread *faulted, struct thread *handler, uint64_t badge)
{
	handler->frame.words[0] = faulted->fault_words[0];
	handler->frame.words[1] = faulted->fault_words[1];
	handler->frame.words[2] = faulted->fault_words[2];
	handler->frame.words[3] = faulted->fault_words[3];
	handler->frame.number = (uint64_t)OK;
	handler->frame.args[0] = badge;
	handler->frame.args[1] = FAULT_MESSAGE_INFO;
	handler->frame.args[2] = 0;
}

ALWAYS_INLINE void message_copy_registers(const struct thread *from, struct thread *to)
{
	to->frame.words[0] = from->frame.words[0];
	to->frame.words[1] = from->frame.words[1];
	to->frame.words[2] = from->frame.words[2];
	to->frame.words[3] = from->frame.words[3];
	to->frame.words[4] = from->frame.words[4];
	to->frame.words[5] = from->frame.words[5];
}

#endif
