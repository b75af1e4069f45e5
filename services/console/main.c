// SPDX-License-Identifier: MIT OR Apache-2.0
/* The console service: requests and interrupts. The terminal is in the estate; requests and
 * received bytes change it in transactions; the device is moved between them (see step()). */
#include "uart.h"

#include <abi/protocol/console.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/waiting.h>

#define ESTATE_VERSION 1u
#define SESSIONS       256u
#define IRQ_SLOT       PROCESS_SLOT_FREE
#define IRQ_BIT        1u
#define BATCH          64u /* received bytes in one transaction */
#define ROWS           24u
#define COLUMNS        80u
#define PERSON         1u /* flag of `get` */
#define DRAIN_LOOK_NS  1000000u
#define NOW            1u /* a deadline that has passed */

static struct terminal *terminal;
static struct uart uart;
static handle_t irq;

/* --- what waits ------------------------------------------------------------------------------ */

static void complete(struct waiting *w, uint64_t result, const void *bytes, size_t size)
{
	uint64_t words[6] = {result};

	service_complete(&w->parked, OK, words, bytes, size);
}

static size_t read_size(uint64_t wanted)
{
	return wanted < MESSAGE_BYTES ? wanted : MESSAGE_BYTES;
}

static void serve_readers(void)
{
	uint8_t bytes[MESSAGE_BYTES];
	struct waiting *w;

	while (terminal_is_readable(terminal) &&
		(w = waiting_next(nullptr, CONSOLE_READ)) != nullptr) {
		size_t count = terminal_read(terminal, bytes, read_size(w->words[0]));

		complete(w, count, bytes, count);
		estate_commit();
	}
}

static void serve_pollers(void)
{
	struct waiting *w;

	while (terminal_is_readable(terminal) &&
		(w = waiting_next(nullptr, CONSOLE_POLL)) != nullptr) {
		complete(w, 1, "", 0);
		estate_commit();
	}
}

static void serve_writers(void)
{
	struct waiting *w;

	while ((w = waiting_next(nullptr, CONSOLE_WRITE)) != nullptr) {
		size_t taken = terminal_write(terminal, w->bytes, w->words[0]);

		if (taken == 0)
			return;
		complete(w, taken, "", 0);
		estate_commit();
	}
}

static void serve_drains(void)
{
	struct waiting *w;

	if (waiting_next(nullptr, CONSOLE_DRAIN) == nullptr || !uart_is_idle(&uart, terminal))
		return;
	while ((w = waiting_next(nullptr, CONSOLE_DRAIN)) != nullptr) {
		complete(w, 0, "", 0);
		estate_commit();
	}
}

static void serve_expired(uint64_t now)
{
	struct waiting *w;

	while ((w = waiting_expired(now)) != nullptr) {
		if (w->parked.method == CONSOLE_DRAIN)
			w->deadline = now + DRAIN_LOOK_NS;
		else
			complete(w, 0, "", 0);
		estate_commit();
	}
}

/* --- input ----------------------------------------------------------------------------------- */

/* Lost if the process service is not there; it is repeated when this service starts again. */
static void signal_interrupt(void)
{
	handle_t peer = service_start()->signals[SERVICE_NUMBER_PROCESS];

	if (peer != 0)
		(void)!sys_signal(peer);
}

static void process_received(void)
{
	while (terminal_can_process(terminal)) {
		if (terminal_process(terminal, BATCH)) {
			waiting_end_method(CONSOLE_READ, ERR_CANCELLED);
			signal_interrupt();
		}
		estate_commit();
		serve_readers();
	}
}

/* Everything that there is to do besides requests. Each part commits what it did. */
static void step(uint64_t now)
{
	uart_send(&uart, terminal);
	if (uart.holding)
		uart_handle_interrupt(&uart, terminal);
	process_received();
	serve_readers();
	serve_pollers();
	serve_writers();
	serve_drains();
	serve_expired(now);
}

static void notified(uint64_t bits)
{
	(void)bits;
	/* First, so that what happens from now on interrupts again. */
	(void)!irq_acknowledge(irq);
	do {
		uart_handle_interrupt(&uart, terminal);
		process_received();
	} while (uart.holding && terminal_can_receive(terminal));
	step(time_now());
}

static uint64_t next_deadline(void)
{
	if (uart_can_go_on(&uart, terminal) || terminal_can_process(terminal))
		return NOW;
	return waiting_deadline();
}

/* --- requests -------------------------------------------------------------------------------- */

/* A client waits for one thing at a time: a request means that it gave up the one before. */
static void forget_earlier(const struct request *request)
{
	waiting_end_client(request->badge, ERR_CANCELLED);
}

static status_t write_handler(struct request *request)
{
	size_t size = request->words[0];
	size_t taken;

	forget_earlier(request);
	if (size > request->size)
		return ERR_PROTOCOL;
	taken = waiting_next(nullptr, CONSOLE_WRITE) != nullptr
			? 0
			: terminal_write(terminal, request->bytes, size);
	if (taken == 0 && size > 0)
		return waiting_add(request, ABI_DEADLINE_NEVER);
	request->words[0] = taken;
	return OK;
}

static status_t read_handler(struct request *request)
{
	size_t size = read_size(request->words[0]);

	forget_earlier(request);
	if (size > 0 &&
		(!terminal_is_readable(terminal) || waiting_next(nullptr, CONSOLE_READ) != nullptr))
		return waiting_add(request, ABI_DEADLINE_NEVER);
	request->reply_size = size > 0 ? terminal_read(terminal, request->bytes, size) : 0;
	request->words[0] = request->reply_size;
	return OK;
}

static status_t poll_handler(struct request *request)
{
	uint64_t deadline = request->words[0];
	bool ready = terminal_is_readable(terminal);

	forget_earlier(request);
	if (!ready && deadline > time_now())
		return waiting_add(request, deadline);
	request->words[0] = ready;
	return OK;
}

/* A command given at boot has nobody at the terminal to read what is meant for people. */
static bool is_person_there(void)
{
	const char *line = (const char *)service_start()->command_line;

	for (const char *at = line; *at != 0; at++) {
		if ((at == line || at[-1] == ' ') && strncmp(at, "cmd=", 4) == 0)
			return false;
	}
	return true;
}

static status_t get_handler(struct request *request)
{
	request->words[0] = terminal->control.mode;
	request->words[1] = ROWS;
	request->words[2] = COLUMNS;
	request->words[3] = is_person_there() ? PERSON : 0;
	return OK;
}

static status_t set_mode_handler(struct request *request)
{
	if (request->words[0] > TERMINAL_RAW)
		return ERR_INVALID_ARGUMENT;
	terminal_set_mode(terminal, (enum terminal_mode)request->words[0]);
	return OK;
}

static status_t set_foreground_handler(struct request *request)
{
	ESTATE_SET(terminal->control.foreground, request->words[0]);
	return OK;
}

static bool is_manager(const struct request *request)
{
	return request->badge == 0;
}

static status_t take_interrupt_handler(struct request *request)
{
	if (!is_manager(request))
		return ERR_ACCESS;
	request->words[0] = terminal->control.interrupt;
	ESTATE_SET(terminal->control.interrupt, 0);
	return OK;
}

static status_t drain_handler(struct request *request)
{
	forget_earlier(request);
	if (!uart_is_idle(&uart, terminal))
		return waiting_add(request, time_now() + DRAIN_LOOK_NS);
	return OK;
}

static status_t session_end_handler(struct request *request)
{
	if (!is_manager(request) || request->words[0] == 0)
		return ERR_ACCESS;
	waiting_end_client(request->words[0], ERR_CANCELLED);
	service_session_end(request->words[0]);
	return OK;
}

static const struct service_method methods[] = {
	[CONSOLE_WRITE] = {write_handler, RESTART_ONCE},
	[CONSOLE_READ] = {read_handler, RESTART_ONCE},
	[CONSOLE_POLL] = {poll_handler, RESTART_PURE},
	[CONSOLE_GET] = {get_handler, RESTART_PURE},
	[CONSOLE_SET_MODE] = {set_mode_handler, RESTART_REPLAY},
	[CONSOLE_SET_FOREGROUND] = {set_foreground_handler, RESTART_REPLAY},
	[CONSOLE_TAKE_INTERRUPT] = {take_interrupt_handler, RESTART_ONCE},
	[CONSOLE_DRAIN] = {drain_handler, RESTART_PURE},
	[CONSOLE_SESSION_END] = {session_end_handler, RESTART_REPLAY},
};

/* --- start ----------------------------------------------------------------------------------- */

/* An earlier instance's capability is still in its slot. */
static status_t find_irq(void)
{
	const struct process_start *start = service_start();
	handle_t cnode = start->handles[PROCESS_SLOT_CNODE];
	uint64_t type, tag;
	status_t status = cnode_inspect(cnode, IRQ_SLOT, &type, nullptr, nullptr, &tag, nullptr);

	if (status != OK || type != OBJECT_IRQ)
		status = irq_control_allocate_line(start->handles[PROCESS_SLOT_IRQ_CONTROL],
			UART_LINE, 0, cnode, IRQ_SLOT, &tag);
	irq = handle_of(IRQ_SLOT, tag);
	return status;
}

static void start_device(void)
{
	status_t status = find_irq();

	uart_start(&uart);
	if (status == OK)
		status =
			irq_bind(irq, service_start()->handles[PROCESS_SLOT_NOTIFICATION], IRQ_BIT);
	if (status != OK)
		debug_print("console: no interrupt from the serial port: error %ld\n", status);
	uart_handle_interrupt(&uart, terminal);
	if (terminal->control.interrupt != 0)
		signal_interrupt();
}

void program_main(const void *argument)
{
	static struct waiting table[WAITING_MOST];
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	terminal = estate_allocate(sizeof(*terminal), 64);
	if (terminal == nullptr)
		runtime_abort("the estate is too small");
	terminal->control.is_plain = !is_person_there();
	start_device();
	waiting_open(table);
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
		.notified = notified,
		.deadline = next_deadline,
		.expired = step,
	});
}
