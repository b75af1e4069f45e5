// SPDX-License-Identifier: MIT OR Apache-2.0
/* What drivers need: see craton/driver.h. */
#include <abi/protocol/devices.h>
#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/driver.h>
#include <craton/service.h>

#define PAGE            4096u
#define DEVICE_SLOTS    8u /* of the CNode for each device: the interrupt, then its windows */
#define FIRST_SLOT      ((uint64_t)PROCESS_SLOT_FREE + 16)
#define WINDOWS_ADDRESS 0x400000000u
#define WINDOW_MOST     0x200000u
#define SHARED_ADDRESS  0x500000000u
#define LOOK_NS         1000000000u
#define KEYS            0x120u /* of shared units: own ones, and those with clients */
#define READ_WRITE      (RIGHT_READ | RIGHT_WRITE)

static handle_t interrupts[DRIVER_DEVICES];
static handle_t dma_space;
static bool dma_is_known;

/* `send`: a capability to send along; 0: none. */
static status_t ask_with(unsigned service, uint32_t method, uint64_t words[6], handle_t send)
{
	static struct client clients[2]; /* a sequence each, which goes on */
	struct client *client = &clients[service == SERVICE_NUMBER_MEMORY];

	if (client->page == nullptr)
		*client = client_of(service);
	return client_ask(client, method, words, send);
}

static status_t ask(unsigned service, uint32_t method, uint64_t words[6])
{
	return ask_with(service, method, words, 0);
}

/* --- the device ---------------------------------------------------------------------------------
 */

/* The same with a capability, which replaces what the instance before had in this slot. */
static status_t ask_for(
	unsigned service, uint64_t slot, uint32_t method, uint64_t words[6], handle_t *handle)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	uint64_t type, rights, badge, tag, detail;
	status_t status;

	(void)!cnode_delete(cnode, slot);
	service_receive_window(slot, 1);
	status = ask(service, method, words);
	service_receive_window(0, 0);
	if (status == OK)
		status = cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail);
	if (status == OK)
		*handle = handle_of(slot, tag);
	return status;
}

static uint64_t slot_of(unsigned nth)
{
	return FIRST_SLOT + (uint64_t)nth * DEVICE_SLOTS;
}

status_t driver_claim(unsigned nth, uint64_t bits)
{
	uint64_t words[6] = {nth};
	status_t status = nth < DRIVER_DEVICES ? OK : ERR_NOT_FOUND;

	if (status == OK)
		status = ask_for(SERVICE_NUMBER_DEVICES, slot_of(nth), DEVICES_CLAIM, words,
			&interrupts[nth]);
	if (status != OK)
		return status;
	status = irq_bind(
		interrupts[nth], service_start()->handles[PROCESS_SLOT_NOTIFICATION], bits);
	driver_interrupt_seen(nth); /* one that the instance before did not see */
	return status;
}

/* Its interrupt and windows go with their capabilities. */
status_t driver_release(unsigned nth)
{
	uint64_t words[6] = {nth};

	for (uint64_t slot = slot_of(nth); slot < slot_of(nth + 1); slot++)
		(void)!cnode_delete(service_start()->handles[PROCESS_SLOT_CNODE], slot);
	interrupts[nth] = 0;
	return ask(SERVICE_NUMBER_DEVICES, DEVICES_RELEASE, words);
}

void driver_interrupt_seen(unsigned nth)
{
	(void)!irq_acknowledge(interrupts[nth]);
}

status_t driver_window(unsigned nth, unsigned window, volatile uint8_t **registers, size_t *size)
{
	uint64_t words[6] = {nth, window};
	uint64_t address = WINDOWS_ADDRESS + ((uint64_t)nth * DEVICE_SLOTS + window) * WINDOW_MOST;
	uint64_t missing;
	handle_t frame;
	status_t status = ask_for(
		SERVICE_NUMBER_DEVICES, slot_of(nth) + 1 + window, DEVICES_WINDOW, words, &frame);

	if (status != OK)
		return status;
	*size = words[0] < WINDOW_MOST ? words[0] : WINDOW_MOST;
	*registers = (volatile uint8_t *)address;
	return address_space_map(service_start()->handles[PROCESS_SLOT_SPACE], frame, 0, address,
		*size / PAGE, READ_WRITE, &missing);
}

status_t driver_config(unsigned nth, uint32_t offset, uint32_t *value)
{
	uint64_t words[6] = {nth, offset};
	status_t status = ask(SERVICE_NUMBER_DEVICES, DEVICES_CONFIG, words);

	*value = (uint32_t)words[0];
	return status;
}

/* What the devices of this driver reach; none where there is no IOMMU. */
static status_t open_dma_space(void)
{
	uint64_t words[6] = {0};
	status_t status = OK;

	if (!dma_is_known)
		status = ask_for(SERVICE_NUMBER_MEMORY, slot_of(DRIVER_DEVICES), MEMORY_DMA_SPACE,
			words, &dma_space);
	if (status == ERR_NOT_SUPPORTED)
		status = OK;
	dma_is_known = status == OK;
	return status;
}

status_t driver_enable(unsigned nth)
{
	uint64_t words[6] = {nth};
	status_t status = open_dma_space();

	return status == OK ? ask_with(SERVICE_NUMBER_DEVICES, DEVICES_ENABLE, words, dma_space)
			    : status;
}

status_t driver_quiet(unsigned nth)
{
	uint64_t words[6] = {nth};

	return ask(SERVICE_NUMBER_DEVICES, DEVICES_QUIET, words);
}

/* Once a second it asks whether the device is still there. */
status_t driver_wait(unsigned nth, uint64_t deadline)
{
	status_t status;

	do {
		uint64_t next = time_now() + LOOK_NS;
		uint64_t bits;
		uint32_t value;

		status = sys_wait(service_start()->handles[PROCESS_SLOT_NOTIFICATION],
			(uint64_t)1 << nth, next < deadline ? next : deadline, &bits);
		driver_interrupt_seen(nth);
		if (status != OK && driver_config(nth, 0, &value) == ERR_GONE)
			return ERR_GONE;
	} while (status != OK && time_now() < deadline);
	return status;
}

void driver_pause(uint64_t nanoseconds)
{
	uint64_t bits;

	(void)!sys_wait(service_start()->handles[PROCESS_SLOT_NOTIFICATION], 0,
		time_now() + nanoseconds, &bits);
}

/* --- memory -------------------------------------------------------------------------------------
 */

status_t driver_open(void)
{
	struct client memory = client_of(SERVICE_NUMBER_MEMORY);
	struct call call = {.send = {service_start()->handles[PROCESS_SLOT_SPACE]}};

	return client_call(&memory, MEMORY_ADOPT, &call);
}

/* Once in each instance. */
static status_t map_unit(uint64_t key, void **memory, uint64_t *object)
{
	static uint64_t mapped[KEYS];
	uint64_t address = SHARED_ADDRESS + key * MEMORY_SHARED_UNIT;
	uint64_t create[6] = {key, MEMORY_SHARED_UNIT};
	status_t status = ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_CREATE, create);
	uint64_t words[6] = {
		service_start()->badge, address, MEMORY_SHARED_UNIT, READ_WRITE, create[0]};

	*memory = (void *)address;
	*object = create[0];
	if (status == OK && (key >= KEYS || mapped[key] != create[0]))
		status = ask(SERVICE_NUMBER_MEMORY, MEMORY_MAP, words);
	if (status == OK && key < KEYS)
		mapped[key] = create[0];
	return status;
}

status_t driver_memory(uint64_t key, uint8_t **memory, uint64_t *physical)
{
	void *unit;
	uint64_t object;
	uint64_t size;
	status_t status = map_unit(key, &unit, &object);

	*memory = unit;
	return status == OK ? driver_pin(object, physical, &size) : status;
}

status_t driver_share(uint64_t key, uint64_t service, void **memory, uint64_t *object)
{
	uint64_t words[6] = {key, service};
	status_t status = map_unit(key, memory, object);

	return status == OK ? ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_OFFER, words) : status;
}

status_t driver_pin(uint64_t object, uint64_t *physical, uint64_t *size)
{
	uint64_t words[6] = {object};
	status_t status = ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_PIN, words);

	*physical = words[0];
	*size = words[1];
	return status;
}

void driver_unpin(uint64_t object)
{
	uint64_t words[6] = {object};

	(void)!ask(SERVICE_NUMBER_MEMORY, MEMORY_SHARE_UNPIN, words);
}
