/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager is told and when; see service.h.
 */
#include "control/service.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define STATUS_MS 5000 /* between two status lines that tell of the same state */

void service_open(struct service *s)
{
	*s = (struct service){0};
	notify_open(&s->notify);
}

void service_close(struct service *s)
{
	notify_close(&s->notify);
}

static void tell_status(struct service *s, const struct service_view *v, int64_t now_ms)
{
	int64_t passed = now_ms - s->counted_ms;
	uint64_t rate =
		s->counted_ms != 0 && passed > 0 ? (v->messages - s->messages) * 1000 / (uint64_t)passed : 0;
	s->told_ms = now_ms;
	s->counted_ms = now_ms;
	s->messages = v->messages;
	s->well = v->why[0] == '\0';
	notify_send(&s->notify,
		    "STATUS=%s%.*s; %zu workers read %d partitions; %" PRIu64 " messages settled, %" PRIu64
		    "/s",
		    s->well ? "ready" : "NOT READY: ", (int)strcspn(v->why, "\n"), v->why, v->workers,
		    v->partitions, v->messages, rate);
}

void service_tick(struct service *s, const struct service_view *v, int64_t now_ms)
{
	if (v->turning && s->notify.watchdog_ms > 0)
		notify_send(&s->notify, "WATCHDOG=1");
	bool due = s->told_ms == 0 || now_ms - s->told_ms >= STATUS_MS;
	if (v->joined < v->workers && !s->ready) {
		if (due)
			notify_send(&s->notify, "STATUS=waits for its group: %zu of %zu workers have joined",
				    v->joined, v->workers);
		s->told_ms = due ? now_ms : s->told_ms;
		return;
	}
	bool first = !s->ready;
	if (first)
		s->ready = notify_send(&s->notify, "READY=1");
	bool reloaded = atomic_exchange(&s->reloaded, false);
	if (due || first || reloaded || s->well != (v->why[0] == '\0'))
		tell_status(s, v, now_ms);
}

void service_reloading(struct service *s)
{
	if (s->ready)
		notify_send(&s->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloads",
			    clock_mono_us());
}

void service_reloaded(struct service *s)
{
	if (s->ready)
		notify_send(&s->notify, "READY=1");
	s->reloaded = true;
}

void service_stopping(struct service *s, int64_t most_ms)
{
	notify_send(&s->notify, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "\nSTATUS=stops", most_ms * 1000);
}
