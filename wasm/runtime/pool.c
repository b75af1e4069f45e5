// SPDX-License-Identifier: MIT OR Apache-2.0
// Memories of shared code as copies of an image: their contents after instantiation, made once if
// they are constant. The reservations of ended memories go back to what they were and wait for the
// next instance, so that this needs neither mapping nor copying.
#include "runtime/internal.h"

constexpr uint32_t IDLE_LIMIT = 256;
constexpr uint64_t HOLES_LIMIT = (uint64_t)1 << 20;

struct memory_pool {
	const struct wasm_platform *platform;
	void *image;   // null: this memory has no pool
	uint64_t size; // of the memory at first
	lock_word lock;
	struct array idle; // void *, bases; guarded by the lock, like the limit
	uint32_t idle_limit;
};

// --- which memories --------------------------------------------------------------------------

// The piece that an active segment of constant place is; false if there is none, or it traps.
static bool segment_piece(const struct wasm_image *image, const struct wasm_image_data *data,
	struct wasm_memory_piece *piece)
{
	union wasm_value offset;
	uint64_t size = image->memories[data->memory].minimum * WASM_PAGE_SIZE;
	if (!constant_evaluate_alone(image, data->offset, &offset) || offset.i32 > size ||
		data->bytes.size > size - offset.i32)
		return false;
	*piece = (struct wasm_memory_piece){
		offset.i32, image->bytes + data->bytes.offset, data->bytes.size};
	return true;
}

// Tables and memories of others would show how far a failing instantiation came.
static bool memory_is_constant(const struct wasm_image *image, uint32_t index)
{
	const struct wasm_image_memory *memory = &image->memories[index];
	return image->imported_tables == 0 && image->imported_memories == 0 && memory->is_64 == 0 &&
	       memory->is_shared == 0 && memory->minimum != 0;
}

// All pieces of a memory, or false.
static bool collect_pieces(const struct wasm_image *image, uint32_t memory,
	struct wasm_memory_piece *pieces, size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < image->data_count; i++) {
		const struct wasm_image_data *data = &image->data[i];
		if (data->mode != WASM_SEGMENT_ACTIVE || data->memory != memory)
			continue;
		if (!segment_piece(image, data, &pieces[*count]))
			return false;
		(*count)++;
	}
	return true;
}

// The size of the image, or UINT64_MAX if most of it would be holes.
static uint64_t image_extent(const struct wasm_memory_piece *pieces, size_t count)
{
	uint64_t end = 0, sum = 0;
	for (size_t i = 0; i < count; i++) {
		end = pieces[i].at + pieces[i].size > end ? pieces[i].at + pieces[i].size : end;
		sum += pieces[i].size;
	}
	constexpr uint64_t PAGE = 4096;
	return end > HOLES_LIMIT + 2 * sum ? UINT64_MAX : (end + PAGE - 1) & ~(PAGE - 1);
}

static enum wasm_status pool_create(struct memory_pool *pool, const struct wasm_image *image,
	uint32_t memory, struct wasm_memory_piece *pieces)
{
	const struct wasm_platform *platform = pool->platform;
	size_t count;
	if (!memory_is_constant(image, memory) || !collect_pieces(image, memory, pieces, &count))
		return WASM_OK;
	uint64_t extent = image_extent(pieces, count);
	if (extent == UINT64_MAX)
		return WASM_OK;
	pool->size = image->memories[memory].minimum * WASM_PAGE_SIZE;
	return platform->image_create(platform->self, pieces, count, extent, &pool->image);
}

enum wasm_status pools_create(struct wasm_code *code)
{
	const struct wasm_platform *platform = code->platform;
	const struct wasm_image *image = &code->image;
	if (platform->image_create == nullptr || image->memory_count == 0)
		return WASM_OK;
	code->pools =
		wasm_allocate(&platform->allocator, image->memory_count, sizeof(*code->pools));
	struct wasm_memory_piece *pieces =
		wasm_allocate(&platform->allocator, image->data_count, sizeof(*pieces));
	enum wasm_status status =
		code->pools == nullptr || pieces == nullptr ? WASM_NO_MEMORY : WASM_OK;
	for (uint32_t i = 0; i < image->memory_count && status == WASM_OK; i++) {
		code->pools[i].platform = platform;
		code->pools[i].idle_limit = IDLE_LIMIT;
		status = pool_create(&code->pools[i], image, i, pieces);
	}
	wasm_free(&platform->allocator, pieces, image->data_count, sizeof(*pieces));
	return status;
}

struct memory_pool *pool_of(const struct wasm_code *code, uint32_t memory)
{
	return code->pools != nullptr && code->pools[memory].image != nullptr ? &code->pools[memory]
									      : nullptr;
}

// --- reservations ----------------------------------------------------------------------------

static void *take_idle(struct memory_pool *pool)
{
	void *base = nullptr;
	lock_take(pool->platform, &pool->lock);
	if (pool->idle.count != 0)
		base = ((void **)pool->idle.items)[--pool->idle.count];
	lock_release(pool->platform, &pool->lock);
	return base;
}

static bool give_idle(struct memory_pool *pool, void *base)
{
	lock_take(pool->platform, &pool->lock);
	bool kept =
		pool->idle.count < pool->idle_limit &&
		array_push(&pool->idle, &pool->platform->allocator, sizeof(base), &base) == WASM_OK;
	lock_release(pool->platform, &pool->lock);
	return kept;
}

enum wasm_status pool_take(struct memory_pool *pool, void **base)
{
	const struct wasm_platform *platform = pool->platform;
	*base = take_idle(pool);
	if (*base != nullptr)
		return WASM_OK;
	enum wasm_status status = platform->reserve(platform->self, WASM_MEMORY_RESERVATION, base);
	if (status != WASM_OK)
		return status;
	status = platform->image_map(platform->self, pool->image, *base, pool->size);
	if (status != WASM_OK)
		platform->release(platform->self, *base, WASM_MEMORY_RESERVATION);
	return status;
}

void pool_give(struct memory_pool *pool, void *base, uint64_t bytes)
{
	const struct wasm_platform *platform = pool->platform;
	if (platform->image_reset(platform->self, base, pool->size, bytes) != WASM_OK ||
		!give_idle(pool, base))
		platform->release(platform->self, base, WASM_MEMORY_RESERVATION);
}

static void release_idle(struct memory_pool *pool, uint32_t count)
{
	const struct wasm_platform *platform = pool->platform;
	while (pool->idle.count > count)
		platform->release(platform->self, ((void **)pool->idle.items)[--pool->idle.count],
			WASM_MEMORY_RESERVATION);
}

void wasm_code_keep(struct wasm_code *code, uint32_t count)
{
	for (uint32_t i = 0; i < code->image.memory_count; i++) {
		struct memory_pool *pool = pool_of(code, i);
		if (pool == nullptr)
			continue;
		lock_take(pool->platform, &pool->lock);
		pool->idle_limit = count;
		release_idle(pool, count);
		lock_release(pool->platform, &pool->lock);
	}
}

void pools_destroy(struct wasm_code *code)
{
	const struct wasm_platform *platform = code->platform;
	for (uint32_t i = 0; code->pools != nullptr && i < code->image.memory_count; i++) {
		struct memory_pool *pool = pool_of(code, i);
		if (pool == nullptr)
			continue;
		release_idle(pool, 0);
		array_free(&pool->idle, &platform->allocator, sizeof(void *));
		platform->image_destroy(platform->self, pool->image);
	}
	wasm_free(
		&platform->allocator, code->pools, code->image.memory_count, sizeof(*code->pools));
}
