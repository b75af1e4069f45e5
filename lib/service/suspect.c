// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that killed the service: see suspect.h. */
#include "suspect.h"

#define DEATHS_MOST 2u

static bool is_same(const struct suspect *s, uint64_t key, uint32_t method, uint32_t sequence)
{
	return s->key == key && s->method == method && s->sequence == sequence;
}

static struct suspect *find(
	struct suspects *suspects, uint64_t key, uint32_t method, uint32_t sequence)
{
	for (uint32_t i = 0; i < SUSPECTS; i++) {
		if (is_same(&suspects->list[i], key, method, sequence))
			return &suspects->list[i];
	}
	return nullptr;
}

static void blame(struct suspects *suspects)
{
	const struct suspect *r = &suspects->running;
	struct suspect *s = find(suspects, r->key, r->method, r->sequence);

	if (s == nullptr) {
		s = &suspects->list[suspects->next % SUSPECTS];
		suspects->next++;
		*s = *r;
		s->deaths = 0;
	}
	s->deaths++;
	suspects->any = 1;
}

void suspects_open(struct suspects *suspects, bool after_failure)
{
	if (suspects->running.key != 0 && after_failure)
		blame(suspects);
	suspects_end(suspects);
}

bool suspects_condemn(struct suspects *suspects, uint64_t key, uint32_t method, uint32_t sequence)
{
	struct suspect *s;

	if (suspects->any == 0) /* the usual case */
		return false;
	s = find(suspects, key, method, sequence);
	if (s == nullptr || s->deaths < DEATHS_MOST)
		return false;
	s->key = 0;
	return true;
}
