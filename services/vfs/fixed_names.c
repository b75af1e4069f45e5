// SPDX-License-Identifier: MIT OR Apache-2.0
/* See fixed_names.h. */
#include "fixed_names.h"

status_t fixed_create(struct volume *v, uint64_t directory, struct name name, enum file_type type,
	struct name target, uint64_t *node)
{
	(void)v;
	(void)directory;
	(void)name;
	(void)type;
	(void)target;
	(void)node;
	return ERR_ACCESS;
}

status_t fixed_remove(struct volume *v, uint64_t node, struct entry_name name)
{
	(void)v;
	(void)node;
	(void)name;
	return ERR_ACCESS;
}

status_t fixed_rename(struct volume *v, uint64_t node, struct entry_name from, struct entry_name to,
	uint64_t replaced)
{
	(void)v;
	(void)node;
	(void)from;
	(void)to;
	(void)replaced;
	return ERR_ACCESS;
}

status_t fixed_set_times(struct volume *v, uint64_t node, uint64_t accessed, uint64_t modified)
{
	(void)v;
	(void)node;
	(void)accessed;
	(void)modified;
	return OK;
}

status_t fixed_space(struct volume *v, uint64_t *total, uint64_t *used)
{
	(void)v;
	*total = 0;
	*used = 0;
	return OK;
}

status_t fixed_parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	(void)v;
	*node = directory;
	return OK;
}
