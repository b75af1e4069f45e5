// SPDX-License-Identifier: MIT OR Apache-2.0
/* The loop of a service: see craton/service.h. */
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/service.h>

#include "suspect.h"

#define SESSION_FREE 0u
#define SESSION_GONE UINT64_MAX
#define KEY(badge)   ((badge) + 1) /* badge 0 is a client, too */
#define FAULT_LABEL  0xffffffffu

/* In the estate: the last request of a client and its reply. */
struct session {
	uint64_t key;  /* KEY of the client's badge, SESSION_FREE or SESSION_GONE */
	uint64_t used; /* time of the last request; a hint, so no part of transactions */
	uint32_t sequence;
	uint32_t size; /* bytes of the reply */
	status_t status;
	uint64_t words[6];
	uint8_t bytes[MESSAGE_BYTES];
};

/* Replies to parked requests, sent after the commit. */
struct late_reply {
	handle_t reply;
	struct session *session; /* nullptr: nobody waits for it */
};

static const struct service *service;
static struct session *sessions;
static struct suspects *suspects;
static struct message_page *const page = (struct message_page *)PROCESS_MESSAGE_ADDRESS;
static handle_t replies[PROCESS_REPLY_COUNT]; /* free ones */
static unsigned free_replies;
static struct late_reply late[PROCESS_REPLY_COUNT];
static unsigned late_count;

const struct process_start *service_start(void)
{
	return (const struct process_start *)PROCESS_START_ADDRESS;
}

/* --- sessions -------------------------------------------------------------------------------- */

/* A place for a new session: one that is free, else that of the client that has been silent for the
 * longest, which most likely is gone. The table has room for more clients than can live. */
static struct session *better_place(struct session *a, struct session *b)
{
	if (a == nullptr || b->key == SESSION_FREE)
		return a != nullptr && a->key == SESSION_GONE ? a : b;
	if (a->key == SESSION_GONE)
		return a;
	return b->key == SESSION_GONE || b->used < a->used ? b : a;
}

/* The client's session, made if it is new. */
static struct session *session_find(uint64_t badge)
{
	struct session *place = nullptr;
	size_t start = badge % service->session_count;

	for (size_t i = 0; i < service->session_count; i++) {
		struct session *s = &sessions[(start + i) % service->session_count];

		if (s->key == KEY(badge)) {
			s->used = time_now();
			return s;
		}
		place = better_place(place, s);
		if (s->key == SESSION_FREE)
			break;
	}
	estate_save(place, offsetof(struct session, bytes));
	place->key = KEY(badge);
	place->used = time_now();
	place->sequence = 0;
	return place;
}

void service_session_end(uint64_t badge)
{
	size_t start = badge % service->session_count;

	for (size_t i = 0; i < service->session_count; i++) {
		struct session *s = &sessions[(start + i) % service->session_count];

		if (s->key == SESSION_FREE)
			return;
		if (s->key != KEY(badge))
			continue;
		ESTATE_SET(s->key, SESSION_GONE);
		return;
	}
}

static void session_remember(struct session *s, uint32_t sequence, status_t status,
	const uint64_t words[6], const void *bytes, size_t size)
{
	estate_save(s, offsetof(struct session, bytes) + size);
	s->sequence = sequence;
	s->status = status;
	s->size = (uint32_t)size;
	memcpy(s->words, words, sizeof(s->words));
	memcpy(s->bytes, bytes, size);
}

/* --- replies --------------------------------------------------------------------------------- */

static struct message reply_message(status_t status, const uint64_t words[6], size_t size)
{
	unsigned count = size > 0 ? 6 + (unsigned)(size + 7) / 8 : 6;
	struct message message = {.info = message_info((uint32_t)-status, count, 0)};

	memcpy(message.words, words, sizeof(message.words));
	return message;
}

static struct message reply_from_session(const struct session *s)
{
	memcpy(page->words + 6, s->bytes, s->size);
	return reply_message(s->status, s->words, s->size);
}

status_t service_park(const struct request *request, struct parked *parked)
{
	if (free_replies == 0)
		return ERR_TOO_MANY;
	*parked =
		(struct parked){request->reply, request->badge, request->method, request->sequence};
	return SERVICE_PARKED;
}

void service_complete(struct parked *parked, status_t status, const uint64_t words[6],
	const void *bytes, size_t size)
{
	struct session *s = session_find(parked->badge);

	ASSERT(late_count < PROCESS_REPLY_COUNT);
	session_remember(s, parked->sequence, status, words, bytes, size);
	late[late_count++] = (struct late_reply){parked->reply, s};
	parked->reply = 0;
}

void service_forget(struct parked *parked)
{
	ASSERT(late_count < PROCESS_REPLY_COUNT);
	late[late_count++] = (struct late_reply){.reply = parked->reply};
	parked->reply = 0;
}

static struct message late_message(const struct session *s)
{
	static const uint64_t none[6];

	return s != nullptr ? reply_from_session(s) : reply_message(ERR_CANCELLED, none, 0);
}

static void send_late_replies(void)
{
	for (unsigned i = 0; i < late_count; i++) {
		struct message message = late_message(late[i].session);
		status_t status = sys_reply(late[i].reply, &message);

		(void)status; /* the client may have gone: then nobody waits */
		replies[free_replies++] = late[i].reply;
	}
	late_count = 0;
}

/* --- requests -------------------------------------------------------------------------------- */

static status_t run_handler(struct request *request, struct session *session)
{
	const struct service_method *method = &service->methods[request->method];
	status_t status;

	if (request->method >= service->method_count || method->handler == nullptr)
		return ERR_NO_METHOD;
	status = method->handler(request);
	if (status == SERVICE_PARKED || method->restart_class != RESTART_ONCE)
		return status;
	session_remember(session, request->sequence, status, request->words, request->bytes,
		status == OK ? request->reply_size : 0);
	return status;
}

static bool is_repeated(const struct request *request, const struct session *session)
{
	return request->method < service->method_count &&
	       service->methods[request->method].restart_class == RESTART_ONCE &&
	       session->sequence == request->sequence && request->sequence != 0;
}

static void decode(struct request *request, const struct message *message, handle_t reply)
{
	uint32_t label = (uint32_t)message_info_label(message->info);
	size_t words = message_info_words(message->info);

	*request = (struct request){
		.badge = message->badge,
		.method = label >> SERVICE_METHOD_SHIFT,
		.sequence = label & SERVICE_SEQUENCE_MASK,
		.bytes = (uint8_t *)(page->words + 6),
		.size = words > 6 ? (words - 6) * 8 : 0,
		.handles_in = (unsigned)message_info_handles(message->info),
		.reply = reply,
	};
	memcpy(request->words, message->words, sizeof(request->words));
}

static unsigned place_handles(const struct request *request)
{
	unsigned count = 0;

	while (count < 2 && request->send[count] != 0) {
		page->send_handles[count] = request->send[count];
		count++;
	}
	return count;
}

/* Handles one message; false if it is answered later. `*message` becomes the reply. */
static bool serve(struct message *message, handle_t reply)
{
	struct request request;
	struct session *session;
	status_t status;

	decode(&request, message, reply);
	if (message_info_label(message->info) == FAULT_LABEL && service->fault != nullptr) {
		status = service->fault(&request);
		estate_commit();
		*message = (struct message){.info = message_info((uint32_t)status, 0, 0)};
		return true; /* FAULT_REPLY_* has the number of SERVICE_PARKED, too */
	}
	session = session_find(request.badge);
	estate_commit(); /* the session stays if the handler undoes what it did */
	if (is_repeated(&request, session)) {
		*message = reply_from_session(session);
		return true;
	}
	if (suspects_condemn(suspects, session->key, request.method, request.sequence)) {
		*message = reply_message(ERR_CRASHED, request.words, 0);
		return true;
	}
	suspects_begin(suspects, session->key, request.method, request.sequence);
	status = run_handler(&request, session);
	estate_commit();
	suspects_end(suspects);
	if (status == SERVICE_PARKED)
		return false;
	*message = reply_message(status, request.words, status == OK ? request.reply_size : 0);
	message->info |= (uint64_t)place_handles(&request) << 8;
	return true;
}

static uint64_t next_deadline(void)
{
	return service->deadline != nullptr ? service->deadline() : ABI_DEADLINE_NEVER;
}

/* Answers the heartbeat; the other bits are for the service. */
static uint64_t take_ping(uint64_t bits)
{
	if ((bits & SERVICE_PING) != 0)
		(void)!sys_signal(service_start()->handles[PROCESS_SLOT_HEALTH]);
	return bits & ~(uint64_t)SERVICE_PING;
}

static void handle_event(const struct message *message, status_t status)
{
	uint64_t bits = status == OK ? take_ping(message->extra) : 0;

	if (status == ERR_DEADLINE && service->expired != nullptr)
		service->expired(time_now());
	else if (bits != 0 && service->notified != nullptr)
		service->notified(bits);
	estate_commit();
}

static void init_replies(void)
{
	for (unsigned i = 0; i < PROCESS_REPLY_COUNT; i++)
		replies[i] = handle_of(PROCESS_SLOT_REPLY + i, service_start()->reply_tag + i);
	free_replies = PROCESS_REPLY_COUNT;
}

void service_receive_window(uint64_t index, uint64_t count)
{
	page->receive_cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	page->receive_index = index;
	page->receive_count = count;
}

/* What came with a request stays for it alone, also if its instance was killed or its method wants
 * none: the next capability would find no room. */
static void empty_window(void)
{
	for (uint64_t i = 0; i < page->receive_count; i++)
		(void)!cnode_delete(page->receive_cnode, page->receive_index + i);
}

/* As serve(), for one that may have brought capabilities. */
static bool serve_with_window(struct message *message, handle_t reply)
{
	bool has_brought = message_info_handles(message->info) != 0;
	bool answer = serve(message, reply);

	if (has_brought)
		empty_window();
	return answer;
}

void service_run(const struct service *definition)
{
	handle_t endpoint = service_start()->handles[PROCESS_SLOT_ENDPOINT];
	struct message message = {0};
	handle_t reply;
	status_t status;

	service = definition;
	sessions = estate_allocate(service->session_count * sizeof(*sessions), 64);
	suspects = estate_allocate(sizeof(*suspects), 64);
	ASSERT(sessions != nullptr && suspects != nullptr);
	suspects_open(suspects, service_start()->after_failure != 0);
	estate_commit();
	init_replies();
	empty_window();
	reply = replies[--free_replies];
	status = sys_recv(reply, endpoint, &message, 0, next_deadline());
	for (;;) {
		bool answer = false;

		if (status == OK && message.extra == 0)
			answer = serve_with_window(&message, reply);
		else
			handle_event(&message, status);
		if (status == OK && message.extra == 0 && !answer)
			reply = replies[--free_replies];
		send_late_replies();
		status = answer ? sys_reply_recv(reply, endpoint, &message, next_deadline())
				: sys_recv(reply, endpoint, &message, 0, next_deadline());
	}
}
