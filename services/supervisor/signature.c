// SPDX-License-Identifier: MIT OR Apache-2.0
/* Drivers are signed, as a device reaches all memory: who could slip one in would have the machine.
 * Ed25519 over the whole file, by the key that this program was built with (drivers/drivers.mk). */
#include "supervisor.h"

#include <craton/print.h>
#include <signature/ed25519.h>

#define DRIVERS   "drv/"
#define EXTENSION ".sig"

static const uint8_t key[] = {
#embed "driver.pub"
};

static_assert(sizeof(key) == ED25519_KEY_SIZE);

/* Whom the device manager gives devices. */
static bool is_driver(const struct service_manifest *m)
{
	return m->match_class != 0 || m->matches[0] != 0 ||
	       strncmp((const char *)m->binary, DRIVERS, sizeof(DRIVERS) - 1) == 0;
}

static bool check(const char *binary)
{
	char name[sizeof(((struct service_manifest *)nullptr)->binary) + sizeof(EXTENSION)];
	const uint8_t *signature;
	const uint8_t *file;
	uint64_t signature_size;
	uint64_t size;

	print_to(name, sizeof(name), "%s%s", binary, EXTENSION);
	return builder_file(&builder, name, &signature, &signature_size) == OK &&
	       signature_size == ED25519_SIGNATURE_SIZE &&
	       builder_file(&builder, binary, &file, &size) == OK &&
	       ed25519_is_signed(key, signature, file, size);
}

bool service_is_trusted(struct supervised *s)
{
	if (!is_driver(&s->built.manifest))
		return true;
	/* Once: nobody can write to the bundle. Its hash need not be looked at, too. */
	if (s->built.is_whole == 0)
		s->built.is_whole = check((const char *)s->built.manifest.binary);
	return s->built.is_whole != 0;
}
