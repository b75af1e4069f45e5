// SPDX-License-Identifier: MIT OR Apache-2.0
/* The device manager: what devices there are, and which driver gets which. Requests. */
#include "config.h"
#include "confine.h"
#include "drivers.h"
#include "interrupt.h"
#include "plug.h"
#include "table.h"
#include "windows.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define ESTATE_VERSION 3u
#define SESSIONS       64u
#define WINDOW         836u /* slot of the CNode: a DMA space that came with a message */

/* --- requests -----------------------------------------------------------------------------------
 */

static bool is_listed(uint32_t index)
{
	return table->uses[index].state == DEVICE_THERE ||
	       table->uses[index].state == DEVICE_LEAVING;
}

static status_t list_handler(struct request *request)
{
	uint64_t left = request->words[0];
	uint32_t i = 0;

	while (i < PCI_DEVICES_MOST && (!is_listed(i) || left-- > 0))
		i++;
	if (i == PCI_DEVICES_MOST)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, &table->devices[i], sizeof(struct pci_device));
	request->words[0] = sizeof(struct pci_device);
	request->reply_size = sizeof(struct pci_device);
	return OK;
}

/* One that stays. */
static status_t find_there(const struct request *request, uint32_t *index)
{
	status_t status = table_find(request->badge, request->words[0], index);

	return status == OK && table->uses[*index].state != DEVICE_THERE ? ERR_GONE : status;
}

static status_t claim_handler(struct request *request)
{
	uint32_t index;
	struct pci_device *d;
	status_t status = find_there(request, &index);

	if (status != OK)
		return status;
	d = &table->devices[index];
	interrupt_off(index);
	pci_set_master(&config_bus, d->address, false);
	confine_detach(index);
	if (d->interrupt == PCI_INTERRUPT_NONE)
		return ERR_NOT_SUPPORTED;
	status = interrupt_make(index, &request->send[0]);
	if (status != OK)
		return status;
	ESTATE_SET(d->owner, table->uses[index].driver);
	request->words[0] = d->address;
	return OK;
}

static status_t window_handler(struct request *request)
{
	uint64_t window = request->words[1];
	uint32_t index;
	status_t status = find_there(request, &index);

	if (status != OK)
		return status;
	if (window >= PCI_WINDOWS || table->devices[index].window_size[window] == 0 ||
		(table->devices[index].window_size[window] & 1) != 0)
		return ERR_NOT_FOUND;
	status = window_frame(index, (uint32_t)window, &request->send[0]);
	request->words[0] = (uint64_t)1 << window_order(index, (uint32_t)window);
	return status;
}

static status_t config_handler(struct request *request)
{
	uint64_t offset = request->words[1];
	uint32_t index;
	status_t status = find_there(request, &index);

	if (status != OK)
		return status;
	if (offset >= config_bytes() || offset % 4 != 0)
		return ERR_RANGE;
	request->words[0] =
		config_bus.read(config_bus.self, table->devices[index].address, (uint32_t)offset);
	return OK;
}

/* What came with the message, if it did. */
static handle_t received(const struct request *request)
{
	uint64_t type, rights, badge, tag, detail;

	if (request->handles_in == 0 ||
		cnode_inspect(service_start()->handles[PROCESS_SLOT_CNODE], WINDOW, &type, &rights,
			&badge, &tag, &detail) != OK)
		return 0;
	return handle_of(WINDOW, tag);
}

static status_t enable_handler(struct request *request)
{
	handle_t space = received(request);
	uint32_t index;
	status_t status = find_there(request, &index);

	if (status == OK)
		status = confine_attach(index, space);
	if (status == OK)
		status = interrupt_on(index, 0);
	return status;
}

static status_t quiet_handler(struct request *request)
{
	uint32_t index;
	status_t status = find_there(request, &index);

	if (status == OK)
		interrupt_off(index);
	return status;
}

/* One that stays is there for the next claim. */
static status_t release_handler(struct request *request)
{
	uint32_t index;
	status_t status = table_find(request->badge, request->words[0], &index);

	if (status == OK && table->uses[index].state == DEVICE_THERE)
		status = ERR_BUSY;
	if (status == OK)
		plug_released(index);
	return status;
}

static status_t drivers_handler(struct request *request)
{
	request->words[0] = drivers_that_run();
	return OK;
}

static const struct service_method methods[] = {
	[DEVICES_LIST] = {list_handler, RESTART_PURE},
	[DEVICES_CLAIM] = {claim_handler, RESTART_REPLAY},
	[DEVICES_WINDOW] = {window_handler, RESTART_REPLAY},
	[DEVICES_CONFIG] = {config_handler, RESTART_PURE},
	[DEVICES_ENABLE] = {enable_handler, RESTART_REPLAY},
	[DEVICES_RELEASE] = {release_handler, RESTART_REPLAY},
	[DEVICES_QUIET] = {quiet_handler, RESTART_REPLAY},
	[DEVICES_DRIVERS] = {drivers_handler, RESTART_PURE},
};

/* --- start --------------------------------------------------------------------------------------
 */

static void notified(uint64_t bits)
{
	if ((bits & CONFINE_SIGNAL) != 0)
		confine_look();
	plug_notified(bits);
}

static uint64_t deadline(void)
{
	uint64_t plug = plug_deadline();
	uint64_t confine = confine_deadline();

	return plug < confine ? plug : confine;
}

static void expired(uint64_t now)
{
	if (confine_deadline() <= now)
		confine_look();
	plug_expired();
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	bool is_first;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	table = estate_allocate(sizeof(*table), 64);
	if (table == nullptr)
		runtime_abort("the estate is too small");
	config_open();
	is_first = table->is_scanned == 0;
	if (is_first) {
		table_scan();
		plug_find();
		estate_commit();
	}
	confine_open(is_first);
	service_receive_window(WINDOW, 1);
	plug_start();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
		.notified = notified,
		.deadline = deadline,
		.expired = expired,
	});
}
