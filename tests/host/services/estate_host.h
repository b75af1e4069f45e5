// SPDX-License-Identifier: MIT OR Apache-2.0
/* The estate library on the host, with kills at every saved change. */
#pragma once

#include <craton/estate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* When not null, the n-th estate_save from now on jumps here before it does anything. */
extern jmp_buf *estate_kill;
extern unsigned long estate_kill_after;

/* Such a place that is no change. */
void estate_host_may_die(void);

/* A new, empty estate in ordinary memory; the one before is freed. */
void *estate_host_new(size_t size);

/* What a new instance does first. */
bool estate_host_reopen(void);

/* The part that transactions protect: all but the log. */
const uint8_t *estate_host_heap(void);
size_t estate_host_heap_size(void);
