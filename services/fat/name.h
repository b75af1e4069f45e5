// SPDX-License-Identifier: MIT OR Apache-2.0
/* Names: UTF-8 in the system; on the volume a short one of 8 and 3 characters in an old character
 * set (code page 437), and perhaps a long one in UTF-16. Capital and small letters are the same. */
#pragma once

#include "format.h"

#include <craton/file_engine.h>

#define SHORT_SIZE 11u

struct fat_name {
	uint32_t count; /* units */
	uint16_t units[LONG_MOST];
};

/* ERR_INVALID_ARGUMENT: no UTF-8, or a character that names cannot have; ERR_TOO_LONG. */
[[nodiscard]] status_t name_from(struct name text, struct fat_name *name);

/* As UTF-8, with an end; 0: it is no text, or longer than NAME_MOST. */
size_t name_to(const uint16_t *units, uint32_t count, char text[NAME_MOST + 1]);

/* What the short name of an entry looks like. */
void name_of_short(const struct dirent *entry, struct fat_name *name);

bool name_is_same(const struct fat_name *a, const struct fat_name *b);

/* The short name that says all of a name; false: there is none. */
bool name_fits_short(const struct fat_name *name, uint8_t short_name[SHORT_SIZE]);

/* Such a name without a number behind it. True: only the size of letters is lost, so it needs a
 * number only if another file has it. */
bool name_make_short(const struct fat_name *name, uint8_t short_name[SHORT_SIZE]);

/* Puts "~number" behind the first part; and with `salt`, four of its digits before that. */
void name_number(uint8_t short_name[SHORT_SIZE], uint32_t number, bool salted, uint16_t salt);

/* Of a short name, that pieces of its long name carry. */
uint8_t name_checksum(const uint8_t short_name[SHORT_SIZE]);

/* The piece with this order (from 1). */
void piece_fill(
	struct long_entry *piece, const struct fat_name *name, uint32_t order, uint8_t checksum);
/* Its units; behind the end they are 0 and then 0xffff. */
void piece_units(const struct long_entry *piece, uint16_t units[LONG_UNITS]);
