// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls to the process of a file system: transactions, silence, what is asked within an operation.
 * See remote.h. */
#include "remote.h"

#include "remote_internal.h"

#include <craton/estate.h>
#include <craton/service.h>

#define LITTLE_NS  20000000u  /* patience with one that did not answer, at first; it doubles */
#define LOST_NS    320000000u /* when it was silent for about ten seconds */
#define SILENCE    20u        /* it is left alone for so many times that */
#define ERROR_MOST 4095

/* --- transactions -------------------------------------------------------------------------------
 */

/* What the process is told: that the last transaction has ended, and how. */
void remote_tell_end(struct remote *r, uint64_t transaction, bool is_kept)
{
	if (is_kept)
		__atomic_store_n(&r->channel->committed, transaction, __ATOMIC_RELEASE);
	__atomic_store_n(&r->channel->ended, transaction, __ATOMIC_RELEASE);
}

/* One that was undone: something may wait for that. One that was kept is seen with the next call,
 * or when the process looks by itself. */
static void transaction_ended(bool is_kept)
{
	for (unsigned i = 0; i < remote_count; i++) {
		struct remote *r = &remotes[i];

		if (r->open == 0)
			continue;
		remote_tell_end(r, r->open, is_kept && r->steps > 0);
		r->open = 0;
		if (!is_kept)
			remote_signal(r->index);
	}
}

/* The number is not used again, whatever becomes of the transaction. */
static void begin_transaction(struct remote *r)
{
	r->open = ++r->state->begun;
	r->steps = 0;
	estate_when_ended(transaction_ended);
}

/* --- calls --------------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static bool has_first(uint32_t method)
{
	return method == FILESYSTEM_LOOKUP ||
	       (method >= FILESYSTEM_CREATE && method <= FILESYSTEM_RENAME);
}

/* The same for the same operation, so that one that kills the process is known when it comes again
 * (lib/service/suspect.h). Never 0. */
static uint32_t sequence_of(const struct remote *r, uint32_t method, const uint64_t words[6])
{
	uint64_t hash = mix(method, words[2]);

	for (unsigned i = 3; i < 6; i++)
		hash = mix(hash, words[i]);
	if (has_first(method))
		hash = name_key(r->first, hash);
	hash = (hash ^ hash >> 24) & SERVICE_SEQUENCE_MASK;
	return hash != 0 ? (uint32_t)hash : 1;
}

/* It was asked with this patience, in vain. */
static void note_silence(struct remote *r, uint64_t patience)
{
	uint64_t next = patience * 2 < REMOTE_PATIENCE_NS ? patience * 2 : REMOTE_PATIENCE_NS;

	r->patience = r->patience == 0 ? LITTLE_NS : next;
	r->silent_until = time_now() + SILENCE * r->patience;
	r->has_waiters = true;
}

void remote_end_silence(struct remote *r)
{
	r->patience = 0;
	r->silent_until = 0;
}

/* After some time of silence what needs it fails, so that nobody waits for ever. */
static status_t silence_of(struct remote *r)
{
	r->has_waiters = true;
	return r->patience >= LOST_NS ? ERR_CRASHED : ERR_AGAIN;
}

static status_t ask(struct remote *r, uint32_t method, uint64_t words[6])
{
	uint64_t patience = r->patience != 0 ? r->patience : REMOTE_PATIENCE_NS;
	status_t status;

	if (r->silent_until > time_now())
		return silence_of(r);
	r->channel->time_offset_ns = r->environment->now(r->environment->self) - time_now();
	status = remote_call(r->index, method, sequence_of(r, method, words), patience, words);
	if (status != ERR_DEADLINE) {
		remote_end_silence(r);
		return status;
	}
	note_silence(r, patience);
	return silence_of(r);
}

bool remote_is_silent(const void *fs)
{
	const struct remote *r = fs;

	return r->patience != 0;
}

void remote_heard(void *fs)
{
	remote_end_silence(fs);
}

/* The process wants to know whether a file is clean. OK: it is told with the same step again. */
static status_t tell_clean(struct remote *r, uint64_t node)
{
	struct filesystem_channel *c = r->channel;
	status_t status;

	if (node == 0 || r->told == FILESYSTEM_NODES)
		return FILE_LATER;
	status = r->environment->clean(r->environment->self, node);
	if (status == FILE_LATER)
		return FILE_LATER;
	c->clean_nodes[r->told] = node;
	c->clean_statuses[r->told] = (uint64_t)-status;
	c->clean_count = ++r->told;
	return OK;
}

static bool may_forget(uint32_t method)
{
	return method == FILESYSTEM_CREATE || method == FILESYSTEM_REMOVE ||
	       method == FILESYSTEM_RENAME || method == FILESYSTEM_RELEASE ||
	       method == FILESYSTEM_TIDY;
}

static void forget_nodes(struct remote *r)
{
	const struct filesystem_channel *c = r->channel;
	uint32_t count = c->forgotten_count;

	for (uint32_t i = 0; i < count && i < FILESYSTEM_NODES; i++)
		r->environment->forget(r->environment->self, c->forgotten[i]);
}

static status_t checked(status_t status)
{
	if (status == ERR_AGAIN)
		return FILE_LATER;
	if (status > 0 || status < -ERROR_MOST || status == ERR_CRASHED || status == ERR_PROTOCOL ||
		status == ERR_NO_METHOD)
		return ERR_IO; /* nothing of the volume can be reached */
	return status;
}

/* What was told of directories, and where contents lie. Room that is made, and contents that are
 * written, leave what has a place there. */
void remote_forget_answers(struct remote *r, uint32_t method)
{
	r->has_items = false;
	if (method != FILESYSTEM_WRITTEN && method != FILESYSTEM_RESERVE)
		r->run.method = 0;
}

/* An operation: `words` from 2 on are its arguments, and what comes back. */
static status_t perform(struct remote *r, uint32_t method, uint64_t words[6], bool changes)
{
	uint64_t own[6];
	status_t status;

	r->channel->clean_count = 0;
	r->told = 0;
	if (changes && r->open == 0)
		begin_transaction(r);
	if (changes)
		remote_forget_answers(r, method);
	do {
		memcpy(own, words, sizeof(own));
		own[0] = changes ? r->open : 0;
		own[1] = changes ? r->steps + 1 : 0;
		r->channel->wanted_clean = 0;
		status = ask(r, method, own);
	} while (status == ERR_AGAIN &&
		 tell_clean(r, __atomic_load_n(&r->channel->wanted_clean, __ATOMIC_RELAXED)) == OK);
	memcpy(words, own, sizeof(own));
	if (status != OK)
		return checked(status);
	if (changes && r->steps++ == 0)
		ESTATE_SET(r->state->committed, r->open); /* if the transaction here is kept */
	if (may_forget(method))
		forget_nodes(r);
	return OK;
}

/* The VFS has checked what a name can be; a target fits a message. */
void remote_put_first(struct remote *r, struct name name)
{
	r->first = name;
	r->channel->first_size = (uint32_t)name.size;
	memcpy(r->channel->first, name.text, name.size);
}

void remote_put_second(struct remote *r, struct name text)
{
	r->channel->second_size = (uint32_t)text.size;
	if (text.size > 0)
		memcpy(r->channel->second, text.text, text.size);
}

static_assert(sizeof((struct filesystem_channel){}.second) >= MESSAGE_BYTES);

status_t remote_look(void *fs, uint32_t method, uint64_t words[6])
{
	return perform(fs, method, words, false);
}

status_t remote_change(void *fs, uint32_t method, uint64_t words[6])
{
	return perform(fs, method, words, true);
}
