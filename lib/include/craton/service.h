// SPDX-License-Identifier: MIT OR Apache-2.0
/* A service: receives requests, keeps a session for each client, answers. Authors write handlers.
 *
 * Each handler runs in an estate transaction together with the session's reply, so a kill leaves
 * either nothing or everything done, and a repeated request of class `once` gets the reply that
 * was lost. A handler that must wait parks its request: the client waits on, the service goes on,
 * and after a restart the client's stub asks again. */
#pragma once

#include <abi/protocol.h>
#include <craton/runtime.h>

#define SERVICE_METHOD_SHIFT  24u
#define SERVICE_SEQUENCE_MASK 0xffffffu

/* Returned by a handler that answers later. */
#define SERVICE_PARKED ((status_t)1)

struct request {
	uint64_t badge;
	uint32_t method;
	uint32_t sequence;
	uint64_t words[6];   /* arguments in, results out */
	uint8_t *bytes;      /* of the message, in the message page (hostile until copied) */
	size_t size;         /* how many came: at most MESSAGE_BYTES */
	size_t reply_size;   /* set by the handler: bytes of `bytes` to send back */
	unsigned handles_in; /* capabilities that came, in the receive window */
	handle_t send[2];    /* set by the handler: capabilities to send back; 0: none */
	handle_t reply;      /* what answers it */
};

/* A request that was parked. */
struct parked {
	handle_t reply; /* 0: this entry is free */
	uint64_t badge;
	uint32_t method;
	uint32_t sequence;
};

typedef status_t (*service_handler)(struct request *request);

struct service_method {
	service_handler handler; /* nullptr: no such method */
	uint8_t restart_class;
};

struct service {
	const struct process_start *start;
	const struct service_method *methods;
	uint32_t method_count;
	size_t session_count; /* clients at most; the estate holds their last replies */
	/* Bits of the bound notification came. May be nullptr. */
	void (*notified)(uint64_t bits);
	/* The next absolute time at which `expired` is to be called; may be nullptr. */
	uint64_t (*deadline)(void);
	void (*expired)(uint64_t now);
	/* A message that is no request: a fault of a thread that this service handles. */
	status_t (*fault)(struct request *request);
};

/* Serves for ever. The estate is open, and everything else that the service allocates from it at
 * every start was allocated already or comes from `session_count`. */
[[noreturn]] void service_run(const struct service *service);

/* Parks the request that a handler was given; the handler returns SERVICE_PARKED. ERR_TOO_MANY:
 * all reply objects are in use. */
[[nodiscard]] status_t service_park(const struct request *request, struct parked *parked);

/* Answers a parked request, in the same transaction as what was done for it; the entry is free
 * then. The reply goes out after the commit. */
void service_complete(struct parked *parked, status_t status, const uint64_t words[6],
	const void *bytes, size_t size);

/* Forgets a parked request, whose client no longer waits; the entry is free then. */
void service_forget(struct parked *parked);

/* Forgets a client. */
void service_session_end(uint64_t badge);

/* Where received capabilities arrive: `count` slots from `index`, which service_run() empties when
 * it begins and after each request that brought some. Before that, a handler copies what it keeps.
 */
void service_receive_window(uint64_t index, uint64_t count);

/* Nanoseconds since boot, from the time page. */
uint64_t time_now(void);

const struct process_start *service_start(void);

/* True: the word stands among the system's boot options (before `cmd=`). */
bool service_has_option(const char *word);

/* The value of option `name` (`name=value`), as text in `value`, of `size` bytes. False: there is
 * none, or it is longer. */
bool service_option(const char *name, char *value, size_t size);

/* A handle of a slot of the program's own CNode, from its tag. */
static inline handle_t handle_of(uint64_t index, uint64_t tag)
{
	return tag << ABI_HANDLE_PATH_BITS | index;
}
