// SPDX-License-Identifier: MIT OR Apache-2.0
/* The device manager: what devices there are, and which driver gets which. */
#include "pci.h"
#include "registers.h"

#include <abi/protocol/log.h>
#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define ESTATE_VERSION 1u
#define SESSIONS       64u
#define IRQ_SLOT       768u /* + number of a device */
#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define CONFIG_ENABLE  0x80000000u
#define CONFIG_BYTES   256u
#define HOLE_BEGIN     0xe0000000u /* where windows are placed that the firmware did not place well */
#define HOLE_END       0xfec00000u
#define PAGE           4096u
#define PAGE_ORDER     12u
#define MATCHES        4u

struct irq {
	uint64_t tag; /* 0: there is none yet */
	uint64_t target;
	uint64_t data;
};

struct state {
	uint32_t is_scanned;
	uint32_t count;
	struct pci_device devices[PCI_DEVICES_MOST];
	struct irq irqs[PCI_DEVICES_MOST];
};

static struct state *state;

/* --- configuration space: mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2) ----------------------------
 */

static void select(uint16_t address, uint32_t offset)
{
	uint64_t word = CONFIG_ENABLE | (uint32_t)address << 8 | (offset & 0xfc);

	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_ADDRESS, 4, word);
}

static uint32_t config_read(void *self, uint16_t address, uint32_t offset)
{
	uint64_t value = UINT32_MAX;

	(void)self;
	select(address, offset);
	(void)!io_port_in(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA, 4, &value);
	return (uint32_t)value;
}

static void config_write(void *self, uint16_t address, uint32_t offset, uint32_t value)
{
	(void)self;
	select(address, offset);
	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA, 4, value);
}

static const struct pci_bus bus = {nullptr, config_read, config_write};

/* --- matching -----------------------------------------------------------------------------------
 */

/* What the manifest of a driver says, by the number of its service. */
static status_t manifest_of(uint64_t number, struct service_manifest *manifest)
{
	struct client supervisor = {
		.endpoint = service_start()
			->handles[PROCESS_SLOT_SERVICE + (unsigned)SERVICE_NUMBER_SUPERVISOR],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
	struct call call = {.words = {number}, .out = manifest, .out_size = sizeof(*manifest)};
	status_t status = client_call(&supervisor, SUPERVISOR_MANIFEST, &call);

	return status == OK && call.out_used < sizeof(*manifest) ? ERR_PROTOCOL : status;
}

static bool is_match(const struct pci_device *d, const struct service_manifest *manifest)
{
	uint32_t id = (uint32_t)d->device << 16 | d->vendor;

	if (manifest->match_class != 0 && manifest->match_class == d->class)
		return true;
	for (unsigned i = 0; i < MATCHES; i++) {
		if (manifest->matches[i] == id)
			return true;
	}
	return false;
}

/* The nth device of the driver that asks. Words of the message are gone afterwards. */
static status_t own_device(const struct request *request, uint64_t nth, uint32_t *index)
{
	uint64_t number = request->badge - BADGE_SERVICE;
	struct service_manifest manifest;
	status_t status =
		request->badge < BADGE_SERVICE ? ERR_ACCESS : manifest_of(number, &manifest);

	for (uint32_t i = 0; status == OK && i < state->count; i++) {
		if (!is_match(&state->devices[i], &manifest) || nth-- != 0)
			continue;
		*index = i;
		return OK;
	}
	return status == OK ? ERR_NOT_FOUND : status;
}

/* --- windows ------------------------------------------------------------------------------------
 */

static unsigned window_order(const struct pci_device *d, uint32_t window)
{
	uint64_t size = d->window_size[window];

	return size <= PAGE ? PAGE_ORDER : 63 - (unsigned)__builtin_clzll(size);
}

static status_t window_frame(uint32_t index, uint32_t window, handle_t *frame)
{
	struct pci_device *d = &state->devices[index];
	unsigned order = window_order(d, window);
	uint64_t place = d->window[window];
	status_t status = ERR_NOT_FOUND;

	if (place != 0 && place < HOLE_END && place % PAGE == 0)
		status = registers_frame(place, order, frame);
	if (status != ERR_NOT_FOUND)
		return status;
	place = pci_free_address(
		state->devices, state->count, (uint64_t)1 << order, HOLE_BEGIN, HOLE_END);
	if (place == 0)
		return ERR_NO_SPACE;
	status = registers_frame(place, order, frame);
	if (status != OK)
		return status;
	estate_save(d, sizeof(*d));
	pci_place_window(&bus, d, window, place);
	return OK;
}

/* --- interrupts ---------------------------------------------------------------------------------
 */

static status_t make_irq(uint32_t index)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	struct irq *irq = &state->irqs[index];

	if (irq->tag != 0)
		return OK;
	(void)!cnode_delete(cnode, IRQ_SLOT + index); /* of an instance that died just then */
	estate_save(irq, sizeof(*irq));
	return irq_control_allocate_msi(service_start()->handles[PROCESS_SLOT_IRQ_CONTROL], 0,
		cnode, IRQ_SLOT + index, &irq->tag, &irq->target, &irq->data);
}

static status_t set_msi_x(uint32_t index)
{
	const struct irq *irq = &state->irqs[index];
	const uint32_t entry[4] = {
		(uint32_t)irq->target, (uint32_t)(irq->target >> 32), (uint32_t)irq->data, 0};
	struct pci_msi_x msi_x;
	handle_t frame;
	status_t status = pci_msi_x(&bus, &state->devices[index], &msi_x);

	if (status == OK)
		status = window_frame(index, msi_x.window, &frame);
	return status == OK
		       ? registers_write(state->devices[index].window[msi_x.window] + msi_x.offset,
				 entry, 4)
		       : status;
}

static void interrupt_off(const struct pci_device *d)
{
	if (d->interrupt == PCI_INTERRUPT_MSI_X)
		pci_msi_x_enable(&bus, d, false);
	else if (d->interrupt == PCI_INTERRUPT_MSI)
		pci_msi_enable(&bus, d, false);
}

static status_t interrupt_on(uint32_t index)
{
	const struct pci_device *d = &state->devices[index];
	const struct irq *irq = &state->irqs[index];
	status_t status = OK;

	if (irq->tag == 0)
		return ERR_NOT_FOUND; /* it was not claimed */
	pci_set_master(&bus, d->address, true);
	if (d->interrupt == PCI_INTERRUPT_MSI_X) {
		status = set_msi_x(index);
		pci_msi_x_enable(&bus, d, true);
	} else {
		pci_msi_set(&bus, d, irq->target, (uint32_t)irq->data);
		pci_msi_enable(&bus, d, true);
	}
	return status;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static status_t list_handler(struct request *request)
{
	if (request->words[0] >= state->count)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, &state->devices[request->words[0]], sizeof(struct pci_device));
	request->words[0] = sizeof(struct pci_device);
	request->reply_size = sizeof(struct pci_device);
	return OK;
}

static status_t claim_handler(struct request *request)
{
	uint32_t index;
	struct pci_device *d;
	status_t status = own_device(request, request->words[0], &index);

	if (status != OK)
		return status;
	d = &state->devices[index];
	interrupt_off(d);
	pci_set_master(&bus, d->address, false);
	if (d->interrupt == PCI_INTERRUPT_NONE)
		return ERR_NOT_SUPPORTED;
	status = make_irq(index);
	if (status != OK)
		return status;
	ESTATE_SET(d->owner, (uint8_t)(request->badge - BADGE_SERVICE));
	request->words[0] = d->address;
	request->send[0] = handle_of(IRQ_SLOT + index, state->irqs[index].tag);
	return OK;
}

static status_t window_handler(struct request *request)
{
	uint64_t window = request->words[1];
	uint32_t index;
	status_t status = own_device(request, request->words[0], &index);

	if (status != OK)
		return status;
	if (window >= PCI_WINDOWS || state->devices[index].window_size[window] == 0 ||
		(state->devices[index].window_size[window] & 1) != 0)
		return ERR_NOT_FOUND;
	status = window_frame(index, (uint32_t)window, &request->send[0]);
	request->words[0] = (uint64_t)1 << window_order(&state->devices[index], (uint32_t)window);
	return status;
}

static status_t config_handler(struct request *request)
{
	uint64_t offset = request->words[1];
	uint32_t index;
	status_t status = own_device(request, request->words[0], &index);

	if (status != OK)
		return status;
	if (offset >= CONFIG_BYTES || offset % 4 != 0)
		return ERR_RANGE;
	request->words[0] = config_read(nullptr, state->devices[index].address, (uint32_t)offset);
	return OK;
}

static status_t enable_handler(struct request *request)
{
	uint32_t index;
	status_t status = own_device(request, request->words[0], &index);

	return status == OK ? interrupt_on(index) : status;
}

static const struct service_method methods[] = {
	[DEVICES_LIST] = {list_handler, RESTART_PURE},
	[DEVICES_CLAIM] = {claim_handler, RESTART_REPLAY},
	[DEVICES_WINDOW] = {window_handler, RESTART_REPLAY},
	[DEVICES_CONFIG] = {config_handler, RESTART_PURE},
	[DEVICES_ENABLE] = {enable_handler, RESTART_REPLAY},
};

/* --- start --------------------------------------------------------------------------------------
 */

static void scan(void)
{
	estate_save(state, sizeof(*state));
	state->count = pci_scan(&bus, state->devices);
	state->is_scanned = 1;
	estate_commit();
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	state = estate_allocate(sizeof(*state), 64);
	if (state == nullptr)
		runtime_abort("the estate is too small");
	if (state->is_scanned == 0)
		scan();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
	});
}
