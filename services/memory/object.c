// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory objects: pages that several programs map. */
#include "memory.h"

#include <craton/estate.h>

struct object *object_find(uint64_t number)
{
	uint64_t index = number - MEMORY_OBJECT_FIRST;

	if (number < MEMORY_OBJECT_FIRST || index >= OBJECTS || memory->objects[index].size == 0)
		return nullptr;
	return &memory->objects[index];
}

status_t object_create(uint64_t size, uint64_t *number)
{
	if (size == 0 || size > (uint64_t)OBJECT_PAGES * PAGE)
		return ERR_RANGE;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		struct object *object = &memory->objects[i];

		if (object->size != 0)
			continue;
		estate_save(object, sizeof(*object));
		*object = (struct object){.size = size};
		*number = MEMORY_OBJECT_FIRST + i;
		return OK;
	}
	return ERR_TOO_MANY;
}

status_t object_page(struct object *object, uint64_t offset, uint64_t *page)
{
	uint32_t *entry = &object->pages[offset / PAGE];
	status_t status;

	if (offset >= object->size)
		return ERR_ACCESS;
	if (*entry == 0) {
		status = page_allocate(page);
		if (status != OK)
			return status;
		ESTATE_SET(*entry, (uint32_t)*page + 1);
	}
	*page = *entry - 1;
	return OK;
}

status_t object_write(uint64_t number, uint64_t offset, const uint8_t *bytes, size_t size)
{
	struct object *object = object_find(number);

	if (object == nullptr)
		return ERR_NOT_FOUND;
	if (offset > object->size || size > object->size - offset)
		return ERR_RANGE;
	while (size > 0) {
		size_t room = PAGE - offset % PAGE;
		size_t part = size < room ? size : room;
		uint64_t page;
		status_t status = object_page(object, offset, &page);

		if (status != OK)
			return status;
		memcpy((uint8_t *)page_contents(page) + offset % PAGE, bytes, part);
		offset += part;
		bytes += part;
		size -= part;
	}
	return OK;
}

void object_reference(uint64_t number)
{
	struct object *object = object_find(number);

	if (is_shared(number))
		shared_reference(number);
	if (is_code(number))
		code_reference(number);
	if (object != nullptr)
		ESTATE_SET(object->references, object->references + 1);
}

static void object_free(struct object *object)
{
	estate_save(object, sizeof(*object));
	pages_release(object->pages, OBJECT_PAGES);
	object->size = 0;
}

void object_unreference(uint64_t number)
{
	struct object *object = object_find(number);

	if (is_shared(number))
		shared_unreference(number);
	if (is_code(number))
		code_unreference(number);
	if (object == nullptr)
		return;
	ESTATE_SET(object->references, object->references - 1);
	if (object->references == 0 && object->dying != 0)
		object_free(object);
}

void object_destroy(struct object *object)
{
	if (object->references == 0)
		object_free(object);
	else
		ESTATE_SET(object->dying, 1);
}
