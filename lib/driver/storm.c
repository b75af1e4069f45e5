// SPDX-License-Identifier: MIT OR Apache-2.0
/* See craton/storm.h. */
#include <craton/storm.h>

#define PERIOD_NS 100000000u
#define USELESS_MOST \
	500u /* of the period: requests that end together interrupt a few times too often */
#define ALL_MOST 20000u      /* the same: no device has so much to say */
#define ROW_NS   1000000000u /* heard for so long: the next storm is the first again */

static void count(struct storm *s, uint64_t now, bool is_useful)
{
	if (now - s->since >= PERIOD_NS) {
		s->since = now;
		s->useless = 0;
		s->all = 0;
	}
	s->useless = is_useful ? 0 : s->useless + 1;
	s->all++;
}

static void begin(struct storm *s, uint64_t now)
{
	s->repeats = now - s->heard_since < ROW_NS ? s->repeats + 1 : 1;
	s->quiet_until = s->repeats > STORM_REPEATS
				 ? UINT64_MAX
				 : now + ((uint64_t)STORM_FIRST_NS << (s->repeats - 1));
	s->next_look = now + STORM_LOOK_NS;
}

bool storm_interrupt(struct storm *storm, uint64_t now, bool is_useful)
{
	if (storm->quiet_until != 0)
		return false; /* it was on its way */
	count(storm, now, is_useful);
	if (storm->useless <= USELESS_MOST && storm->all <= ALL_MOST)
		return false;
	begin(storm, now);
	return true;
}

uint64_t storm_deadline(const struct storm *storm)
{
	return storm->quiet_until != 0 ? storm->next_look : ABI_DEADLINE_NEVER;
}

bool storm_looked(struct storm *storm, uint64_t now)
{
	storm->next_look = now + STORM_LOOK_NS;
	if (storm->quiet_until == 0 || now < storm->quiet_until)
		return false;
	storm->quiet_until = 0;
	storm->since = now;
	storm->heard_since = now;
	storm->useless = 0;
	storm->all = 0;
	return true;
}
