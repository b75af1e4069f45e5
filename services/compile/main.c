// SPDX-License-Identifier: MIT OR Apache-2.0
/* The compile worker: one module in, machine code out, then it ends. Only it may ask the memory
 * service for code. The module is hostile, and a defect of the compiler is contained here: this
 * process reaches the memory service, for memory of its own, and the process service, for its job.
 */
#include "worker.h"

#include <abi/protocol/memory.h>
#include <abi/protocol/process.h>
#include <hash/sha256.h>
#include <wasm/compiler.h>
#include <wasm/image.h>

#define MODULE_MAX     ((size_t)64 << 20)
#define STATUS_DONE    0u
#define STATUS_FAILED  1u
#define ROUND(s, unit) (((s) + (unit) - 1) & ~((uint64_t)(unit) - 1))

static struct client memory_client;
static struct client process_client;

struct bytes {
	uint8_t *data;
	size_t size;
};

status_t memory_call(uint32_t method, struct call *call)
{
	return client_call(&memory_client, method, call);
}

static status_t job_call(uint32_t method, struct call *call)
{
	return client_call(&process_client, method, call);
}

[[noreturn]] static void end(uint64_t status)
{
	struct call call = {.words = {status}};

	(void)!job_call(PROCESS_EXIT, &call);
	runtime_abort("the process service let a program live that wanted to end");
}

static void connect(const struct process_start *start)
{
	const handle_t *handles = &start->handles[PROCESS_SLOT_SERVICE];
	struct message_page *page = (struct message_page *)PROCESS_MESSAGE_ADDRESS;

	memory_client = (struct client){.endpoint = handles[SERVICE_NUMBER_MEMORY], .page = page};
	process_client = (struct client){.endpoint = handles[SERVICE_NUMBER_PROCESS], .page = page};
}

/* --- the module ------------------------------------------------------------------------------- */

static status_t read_piece(struct bytes *module, size_t *done)
{
	uint8_t piece[MESSAGE_BYTES];
	struct call call = {.words = {*done}, .out = piece, .out_size = sizeof(piece)};
	status_t status = job_call(PROCESS_JOB_READ, &call);
	size_t size = call.words[1] < call.out_used ? call.words[1] : call.out_used;

	if (status != OK)
		return status;
	if (module->data == nullptr) {
		module->size = call.words[0];
		if (module->size == 0 || module->size > MODULE_MAX)
			return ERR_TOO_LONG;
		module->data = heap.resize(heap.self, nullptr, 0, module->size);
	}
	if (module->data == nullptr)
		return ERR_NO_MEMORY;
	if (size == 0 || size > module->size - *done)
		return ERR_BUSY; /* it is shorter, or longer, than it was */
	memcpy(module->data + *done, piece, size);
	*done += size;
	return OK;
}

static status_t read_module(struct bytes *module)
{
	size_t done = 0;
	status_t status = OK;

	while (status == OK && (module->data == nullptr || done < module->size))
		status = read_piece(module, &done);
	return status;
}

/* True: somebody has compiled the same already. */
static bool is_known(const struct bytes *module)
{
	uint8_t hash[SHA256_SIZE];
	struct call call = {.words = {sizeof(hash)}, .in = hash, .in_size = sizeof(hash)};

	sha256(module->data, module->size, hash);
	return job_call(PROCESS_JOB_HASH, &call) == OK && call.words[0] != 0;
}

/* --- the code ----------------------------------------------------------------------------------
 */

/* Copies the image to memory for code and seals it. */
static status_t make_code(const struct bytes *image, uint64_t *object)
{
	uint64_t room = ROUND(image->size, (uint64_t)MEMORY_SHARED_UNIT);
	struct call call = {.words = {image->size, heap_place(room)}};
	uint64_t address = call.words[1];
	status_t status = memory_call(MEMORY_CODE_CREATE, &call);

	if (status != OK)
		return status;
	memcpy((void *)address, image->data, image->size);
	call = (struct call){0};
	status = memory_call(MEMORY_CODE_SEAL, &call);
	*object = call.words[0];
	return status;
}

static status_t hand_over(const struct bytes *image)
{
	const struct wasm_image_header *header = (const struct wasm_image_header *)image->data;
	const struct wasm_image_section *code = &header->sections[WASM_SECTION_CODE];
	struct job_result result = {.features = header->cpu_features};
	struct call call = {.words = {0, image->size, code->offset, code->size, sizeof(result)},
		.in = &result,
		.in_size = sizeof(result)};
	status_t status = make_code(image, &call.words[0]);

	sha256(image->data, image->size, result.hash);
	return status == OK ? job_call(PROCESS_JOB_DONE, &call) : status;
}

static void tell_failure(const struct wasm_diagnostic *diagnostic)
{
	struct call call = {
		.words = {(uint64_t)diagnostic->status, diagnostic->offset, diagnostic->function}};

	(void)!job_call(PROCESS_JOB_FAILED, &call);
}

static enum wasm_status compile(
	const struct bytes *module, struct bytes *image, struct wasm_diagnostic *diagnostic)
{
	struct wasm_compile_options options = {.cpu_features = wasm_cpu_features_detect()};

	return wasm_compile(module->data, module->size, &options, &heap, &image->data, &image->size,
		diagnostic);
}

static enum wasm_status work(struct wasm_diagnostic *diagnostic)
{
	struct bytes module = {0};
	struct bytes image = {0};
	enum wasm_status result = WASM_OK;
	status_t status = read_module(&module);

	if (status == OK && is_known(&module))
		return WASM_OK;
	if (status == OK)
		result = compile(&module, &image, diagnostic);
	if (status == OK && result == WASM_OK)
		status = hand_over(&image);
	if (status == OK)
		return result;
	diagnostic->status = status == ERR_TOO_LONG ? WASM_LIMIT_MODULE_SIZE : WASM_PLATFORM;
	return diagnostic->status;
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	struct wasm_diagnostic diagnostic = {.function = WASM_NO_INDEX};

	connect(start);
	if (work(&diagnostic) == WASM_OK)
		end(STATUS_DONE);
	tell_failure(&diagnostic);
	end(STATUS_FAILED);
}
