/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts turns and looks at the clock now and then; see limit.h. CPU time and not the wall's: a machine that
 * stands still, or has no time for natmill, must not turn good records into dead letters.
 */
#include "script/limit.h"

#include "base/clock.h"

#define LOOK_EVERY 256 /* turns */

bool limit_over(struct limit *l, size_t held)
{
	l->turns += 1 + (uint32_t)(held >> 20);
	if (l->turns < LOOK_EVERY)
		return false;
	l->turns = 0;
	int64_t now = clock_thread_us();
	if (l->began_us < 0)
		l->began_us = l->charged_us = now;
	l->looked_us = now;
	if (now - l->began_us < l->most_us)
		return false;
	l->over = true;
	return true;
}

int64_t limit_charge(struct limit *l)
{
	int64_t took = l->looked_us - l->charged_us;
	l->charged_us = l->looked_us;
	l->batch_us += took;
	return took;
}

bool limit_slow(const struct limit *l, struct strikes *s, int64_t took_us)
{
	if (took_us >= l->most_us / LIMIT_SLOW)
		return true;
	if (l->batch_us < LIMIT_BATCH * l->most_us)
		return false;
	s->owed_us += took_us;
	if (s->owed_us < l->most_us)
		return false;
	s->owed_us = 0;
	return true;
}

static void forgive(struct strikes *s, int64_t now_ms)
{
	while (s->count > 0 && now_ms - s->since_ms >= LIMIT_FORGIVE_MS) {
		s->count--;
		s->since_ms += LIMIT_FORGIVE_MS;
	}
}

bool strikes_add(struct strikes *s, int64_t now_ms)
{
	forgive(s, now_ms);
	s->count++;
	if (s->count == 1 || s->count == LIMIT_STRIKES)
		s->since_ms = now_ms;
	return s->count == LIMIT_STRIKES;
}

bool strikes_out(struct strikes *s, int64_t now_ms)
{
	forgive(s, now_ms);
	return s->count >= LIMIT_STRIKES;
}
