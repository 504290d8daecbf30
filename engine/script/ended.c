/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts and tells of functions that were ended; answers the checks in scripts. See ended.h.
 */
#include "script/ended.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/walk.h"

int nm_over(struct host *h)
{
	struct limit *l = &h->state.limit;
	if (!limit_over(l, h->state.used))
		return 0;
	const char *during = strcmp(l->under_way, STATE_LOADING) == 0 ? "while it loads" : "on this record";
	err_set(&h->error, ERR_SCRIPT, "the %s does not come to an end %s (limit: %d ms)", l->under_way,
		during, (int)(l->most_us / 1000));
	return 1;
}

static void tell(const struct message *m, const struct ip *device, const char *reason)
{
	char text[IP_TEXT_MAX] = "unknown";
	if (device->family != 0)
		ip_format(device, text);
	log_error("ALARM: %s [%" PRId32 "] offset %" PRId64 ", device %s: %s", m->topic, m->partition,
		  m->offset, text, reason);
}

static void strike(struct host *h, struct strikes *s)
{
	if (strikes_add(s, clock_mono_ms()) && h->options.alarm)
		log_error("ALARM: the %s%s was ended or slow %d times: what it would get now becomes dead "
			  "letters unasked; mend the script and reload, else it is tried again in a minute",
			  s->kind, s->name, LIMIT_STRIKES);
}

void ended_slow(struct host *h, struct strikes *s, uint32_t message, const struct ip *device)
{
	struct limit *l = &h->state.limit;
	int64_t took = limit_charge(l);
	if (!limit_slow(l, s, took))
		return;
	char text[256];
	snprintf(text, sizeof text,
		 "the %s%s is slow: %lld ms on this record, all functions %lld ms in this batch", s->kind,
		 s->name, (long long)took / 1000, (long long)l->batch_us / 1000);
	if (h->options.alarm)
		tell(&h->walk.batch->messages[message], device, text);
	strike(h, s);
}

void ended_note(struct host *h, struct strikes *s, uint32_t message, const struct ip *device,
		const char *reason)
{
	struct limit *l = &h->state.limit;
	struct batch *b = h->walk.batch;
	if (!l->over && !l->refused) {
		if (l->began_us >= 0)
			ended_slow(h, s, message, device);
		return;
	}
	b->counts.ended++;
	if (l->began_us >= 0)
		limit_charge(l);
	if (h->options.alarm)
		tell(&b->messages[message], device, reason);
	strike(h, s);
}

bool ended_shut(struct host *h, struct strikes *s)
{
	if (s->count == 0 || !strikes_out(s, clock_mono_ms()))
		return false;
	h->walk.batch->counts.shut++;
	return true;
}

const char *ended_reason(struct host *h, const struct strikes *s)
{
	strbuf_reset(&h->reason);
	strbuf_printf(&h->reason,
		      "not tried: the %s%s was ended or slow %d times before, and is not asked for a minute",
		      s->kind, s->name, LIMIT_STRIKES);
	return h->reason.data;
}
