// SPDX-License-Identifier: MIT OR Apache-2.0
/* The ring of lines: see ring.h. */
#include "ring.h"

#include <craton/estate.h>
#include <craton/print.h>

/* Copies text for people: terminated, and without what would move a terminal's cursor. */
static void copy_text(uint8_t *to, size_t room, const uint8_t *text, size_t size)
{
	size_t length = 0;

	while (length < size && length < room - 1 && text[length] != 0 && text[length] != '\n') {
		bool is_control = text[length] < ' ' || text[length] == 127;

		to[length] = is_control ? '?' : text[length];
		length++;
	}
	memset(to + length, 0, room - length);
}

static struct log_name *find_name(struct log_ring *ring, uint64_t badge)
{
	for (size_t i = 0; i < LOG_NAMES; i++) {
		if (ring->names[i].key == badge + 1)
			return &ring->names[i];
	}
	return nullptr;
}

void log_set_name(struct log_ring *ring, uint64_t badge, const uint8_t *text, size_t size)
{
	struct log_name *name = find_name(ring, badge);

	if (name == nullptr) {
		name = &ring->names[ring->next_name];
		ESTATE_SET(ring->next_name, (ring->next_name + 1) % LOG_NAMES);
	}
	estate_save(name, sizeof(*name));
	name->key = badge + 1;
	copy_text((uint8_t *)name->text, sizeof(name->text), text, size);
}

/* Services have names of their own; the process service's badge is 0. */
static const char *service_name(uint64_t badge)
{
	static const char *const names[] = {
		[SERVICE_NUMBER_SUPERVISOR] = "supervisor",
		[SERVICE_NUMBER_MEMORY] = "memory",
		[SERVICE_NUMBER_LOG] = "log",
		[SERVICE_NUMBER_CONSOLE] = "console",
		[SERVICE_NUMBER_CLOCK] = "clock",
		[SERVICE_NUMBER_DEVICES] = "devices",
		[SERVICE_NUMBER_VIRTIO_BLK] = "virtio-blk",
		[SERVICE_NUMBER_NVME] = "nvme",
		[SERVICE_NUMBER_AHCI] = "ahci",
		[SERVICE_NUMBER_RAMDISK] = "ramdisk",
		[SERVICE_NUMBER_VFS] = "vfs",
		[SERVICE_NUMBER_TRACE] = "trace",
		[SERVICE_NUMBER_PROCESS] = "process",
	};
	uint64_t number = badge == 0 ? SERVICE_NUMBER_PROCESS : badge - BADGE_SERVICE;

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : nullptr;
}

static void fill_source(struct log_ring *ring, struct log_line *line, uint64_t badge)
{
	const struct log_name *given = find_name(ring, badge);
	const char *text = given != nullptr ? given->text : service_name(badge);

	memset(line->source, 0, sizeof(line->source));
	if (text != nullptr)
		print_to((char *)line->source, sizeof(line->source), "%s", text);
	else
		print_to((char *)line->source, sizeof(line->source), "%lu", badge);
}

void log_append(struct log_ring *ring, uint64_t now, uint32_t level, uint64_t badge,
	const uint8_t *text, size_t size)
{
	struct log_line *line = &ring->lines[ring->next % LOG_LINES];

	estate_save(line, sizeof(*line));
	line->time_ns = now;
	line->level = level;
	line->pid = badge < BADGE_SERVICE ? (uint32_t)badge : 0;
	fill_source(ring, line, badge);
	copy_text(line->text, sizeof(line->text), text, size);
	ESTATE_SET(ring->next, ring->next + 1);
}

const struct log_line *log_line_at(const struct log_ring *ring, uint64_t *sequence)
{
	uint64_t oldest = ring->next > LOG_LINES ? ring->next - LOG_LINES : 0;

	if (*sequence < oldest)
		*sequence = oldest;
	if (*sequence >= ring->next)
		return nullptr;
	return &ring->lines[(*sequence)++ % LOG_LINES];
}
