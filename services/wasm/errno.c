// SPDX-License-Identifier: MIT OR Apache-2.0
/* Statuses of services as errno numbers of WASI. */
#include "host.h"

static const struct {
	status_t status;
	errno_t error;
} map[] = {
	{OK, WASI_SUCCESS},
	{ERR_INVALID_HANDLE, WASI_BADF},
	{ERR_STALE, WASI_BADF},
	{ERR_RIGHTS, WASI_PERM},
	{ERR_INVALID_ARGUMENT, WASI_INVAL},
	{ERR_ALIGNMENT, WASI_INVAL},
	{ERR_RANGE, WASI_INVAL},
	{ERR_NO_MEMORY, WASI_NOMEM},
	{ERR_DEADLINE, WASI_TIMEDOUT},
	{ERR_WOULD_BLOCK, WASI_AGAIN},
	{ERR_CANCELLED, WASI_INTR},
	{ERR_BUSY, WASI_BUSY},
	{ERR_TOO_LONG, WASI_NAMETOOLONG},
	{ERR_NO_METHOD, WASI_NOSYS},
	{ERR_NOT_SUPPORTED, WASI_NOTSUP},
	{ERR_AGAIN, WASI_AGAIN},
	{ERR_BAD_IMAGE, WASI_NOEXEC},
	{ERR_NOT_FOUND, WASI_NOENT},
	{ERR_EXISTS, WASI_EXIST},
	{ERR_QUOTA, WASI_DQUOT},
	{ERR_NOT_DIRECTORY, WASI_NOTDIR},
	{ERR_IS_DIRECTORY, WASI_ISDIR},
	{ERR_NOT_EMPTY, WASI_NOTEMPTY},
	{ERR_READ_ONLY, WASI_ROFS},
	{ERR_IO, WASI_IO},
	{ERR_BROKEN_PIPE, WASI_PIPE},
	{ERR_NO_SPACE, WASI_NOSPC},
	{ERR_CROSS_DEVICE, WASI_XDEV},
	{ERR_TOO_MANY, WASI_MFILE},
	{ERR_ACCESS, WASI_ACCES},
	{ERR_LOOP, WASI_LOOP},
	{ERR_NOT_SIGNED, WASI_ACCES},
	{ERR_TIMED_OUT, WASI_TIMEDOUT},
};

errno_t errno_of(status_t status)
{
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].status == status)
			return map[i].error;
	return WASI_IO;
}

errno_t errno_of_spawn(status_t status)
{
	switch (status) {
	case ERR_NOT_SUPPORTED:
	case ERR_BAD_IMAGE:
		return WASI_NOEXEC;
	case ERR_IS_DIRECTORY:
		return WASI_ACCES;
	case ERR_TOO_LONG:
		return WASI_TOOBIG;
	case ERR_TOO_MANY:
		return WASI_AGAIN;
	default:
		return errno_of(status);
	}
}
