// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory service over a small kernel (memory_kernel.c): instances of it, and requests to them.
 */
#pragma once

#include "estate_host.h"
#include "memory_calls.h"
#include "memory_kernel.h"

#include "memory.h"

#include <abi/protocol/memory.h>

#define ESTATE_SIZE        (6u << 20)
#define MACHINE            (64u << 20)
#define BASE               UINT64_C(0x10000000)
#define FAR                UINT64_C(0x300000000000)
#define RW                 (RIGHT_READ | RIGHT_WRITE)
#define RX                 (RIGHT_READ | RIGHT_EXECUTE)
#define QUOTA              (16u << 20)
#define SERVICE            (BADGE_SERVICE + 5)
#define ACCESS_WRITE_BIT   1u /* of a fault */
#define ACCESS_EXECUTE_BIT 2u
#define WINDOW_SLOT        960u /* as main.c has it */

extern uint64_t results[6]; /* of the last request */
extern handle_t sent[2];
extern uint8_t message[MESSAGE_BYTES];

int setup_with(uint64_t bytes);
int setup(void **state);
void restart(void);
status_t ask(uint64_t badge, uint32_t method, const uint64_t words[6], size_t size);
status_t make(uint64_t pid, uint64_t quota);
status_t map(uint64_t pid, uint64_t address, uint64_t pages, uint64_t flags, uint64_t object);
status_t fault(uint64_t pid, uint64_t address, uint64_t access);
uint64_t slot_of_space(uint64_t pid);
uint8_t *touch(uint64_t pid, uint64_t address, bool write);
uint64_t used_by(uint64_t pid);
uint64_t used_of_all(void);
uint64_t total_of_all(void);

#define ASK(badge, method, ...) ask(badge, method, (uint64_t[6]){__VA_ARGS__}, 0)
