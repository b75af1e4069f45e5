// SPDX-License-Identifier: MIT OR Apache-2.0
/* Both sides of the slots of requests, over a driver that begins and ends what a test says. */
#pragma once

#include <craton/block_client.h>
#include <craton/block_server.h>
#include <craton/driver.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "estate_host.h"

#define CLIENT    7u
#define OTHER     9u
#define DISK_SIZE (1u << 20)
#define OBJECT    0x10005u
#define PHYSICAL  0x7000000u

extern uint8_t shared[16][MEMORY_SHARED_UNIT]; /* slots, by client */
extern unsigned signals[PROCESS_SERVICES];
extern struct block_request begun[256];
extern unsigned begun_count;
extern unsigned room; /* of each device */
extern bool ends_at_once;
extern unsigned pins;
extern struct block_client client;
extern const struct block_driver driver;

/* Two disks, the second for reading, and CLIENT, who is connected. */
int make(void **state);
void restart_server(void);

/* A request of a client to the driver, with a word or two. */
status_t ask(uint32_t number, uint32_t method, uint64_t word);
status_t ask_two(uint32_t number, uint32_t method, uint64_t word, uint64_t second);

struct block_slot write_of(uint64_t id);
/* Begins a request, and ends it well if it came to the device. */
status_t result_of(struct block_slot request);
