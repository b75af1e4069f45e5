// SPDX-License-Identifier: MIT OR Apache-2.0
// Functions on sockets. A program opens none itself: it is given them, or accepts connections of
// those that it was given.
#include "wasi/internal.h"

// The connection's descriptor has the rights that the listening one lets it inherit.
enum wasi_errno wasi_sock_accept(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_SOCK_ACCEPT, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if ((v[1].i32 & ~(uint32_t)WASI_FDFLAGS_ALL) != 0)
		return WASI_INVAL;
	if (wasm_memory_at(m, v[2].i32, 4) == nullptr)
		return WASI_FAULT;
	struct wasi_descriptor connection = {
		.rights = entry.inheriting_rights, .inheriting_rights = entry.inheriting_rights};
	error = w->host->accept(
		w->self, entry.description, (uint16_t)v[1].i32, &connection.description);
	if (error != WASI_SUCCESS)
		return error;
	uint32_t number;
	error = wasi_descriptor_insert(w, &connection, 0, &number);
	if (error == WASI_SUCCESS)
		return store_result(m, v[2].i32, &number, 4);
	(void)w->host->release(w->self, connection.description);
	return error;
}

enum wasi_errno wasi_sock_recv(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	uint16_t flags = 0;
	enum wasi_errno error = wasi_transfer_begin(w, m, v, WASI_RIGHT_FD_READ, &entry, &vector);
	if (error == WASI_SUCCESS && (v[3].i32 & ~(uint32_t)WASI_RIFLAGS_ALL) != 0)
		error = WASI_INVAL;
	if (error == WASI_SUCCESS && (wasm_memory_at(m, v[4].i32, 4) == nullptr ||
					     wasm_memory_at(m, v[5].i32, 2) == nullptr))
		error = WASI_FAULT; // before bytes are taken that would be lost
	if (error == WASI_SUCCESS)
		error = w->host->receive(w->self, entry.description, vector.buffers, vector.count,
			(uint16_t)v[3].i32, &done, &flags);
	if (error == WASI_SUCCESS)
		error = wasi_store_size(m, v[4].i32, done);
	return error == WASI_SUCCESS ? store_result(m, v[5].i32, &flags, sizeof(flags)) : error;
}

// The specification defines no flags of sock_send.
enum wasi_errno wasi_sock_send(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	enum wasi_errno error = wasi_transfer_begin(w, m, v, WASI_RIGHT_FD_WRITE, &entry, &vector);
	if (error == WASI_SUCCESS && v[3].i32 != 0)
		error = WASI_INVAL;
	if (error == WASI_SUCCESS && wasm_memory_at(m, v[4].i32, 4) == nullptr)
		error = WASI_FAULT;
	if (error == WASI_SUCCESS)
		error = w->host->send(w->self, entry.description, wasi_vector_constant(&vector),
			vector.count, &done);
	return error == WASI_SUCCESS ? wasi_store_size(m, v[4].i32, done) : error;
}

enum wasi_errno wasi_sock_shutdown(struct wasi *w, const struct wasm_instance *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_SOCK_SHUTDOWN, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if (v[1].i32 == 0 || (v[1].i32 & ~(uint32_t)WASI_SDFLAGS_ALL) != 0)
		return WASI_INVAL;
	return w->host->shutdown(w->self, entry.description, (uint8_t)v[1].i32);
}
