/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs filters written in Lua over the events of one output, by the loop in scripts/filter.lua; see host.h.
 * The filter reads the event as handlers do, and cannot write it.
 */
#include <string.h>

#include "base/strbuf.h"
#include "script/generation_data.h"
#include "script/walk.h"

int nm_filter_next(struct host *h)
{
	struct asking *a = &h->asking;
	while (a->next < a->n && ended_shut(h, a->strikes)) {
		const char *reason = ended_reason(h, a->strikes);
		a->raised(a->ctx, a->pick[a->next++], reason);
	}
	if (a->next == a->n)
		return 0;
	h->walk.event = h->walk.batch->events[a->pick[a->next++]];
	for (uint32_t rest = a->hidden; rest != 0; rest &= rest - 1)
		event_unset(&h->walk.event, (enum event_field)__builtin_ctz(rest));
	limit_begin(&h->state.limit);
	return 1;
}

void nm_filter_answer(struct host *h, int stays)
{
	struct asking *a = &h->asking;
	const struct event *ev = &h->walk.batch->events[a->pick[a->next - 1]];
	if (h->state.limit.began_us >= 0)
		ended_slow(h, a->strikes, ev->message, &ev->host);
	if (stays != 0)
		a->pick[a->kept++] = a->pick[a->next - 1];
}

void nm_filter_raised(struct host *h, const char *reason, uint32_t len)
{
	struct asking *a = &h->asking;
	const struct event *ev = &h->walk.batch->events[a->pick[a->next - 1]];
	strbuf_reset(&h->reason);
	strbuf_add(&h->reason, reason, len < ERR_MSG_MAX ? len : ERR_MSG_MAX);
	ended_note(h, a->strikes, ev->message, &ev->host, h->reason.data);
	a->raised(a->ctx, a->pick[a->next - 1], h->reason.data);
}

static int number_of(const struct host *h, const char *path)
{
	for (size_t i = 0; i < h->generation->filter_count; i++)
		if (strcmp(h->generation->filters[i].path, path) == 0)
			return (int)i + 1;
	return 0;
}

size_t host_filter(struct host *h, const char *path, struct batch *b, uint32_t hidden, uint32_t *pick,
		   size_t n, host_raised_fn *raise, void *ctx)
{
	struct err e;
	h->walk = (struct walk){.batch = b, .handling = true};
	h->asking = (struct asking){.hidden = hidden, .pick = pick, .n = n, .raised = raise, .ctx = ctx};
	int number = number_of(h, path);
	h->asking.filter = &h->generation->filters[number - 1];
	h->asking.strikes = &h->strikes[h->generation->source_count + (size_t)number - 1];
	for (size_t before = 0; before < n && state_filter_loop(&h->state, number, &e) != 0;
	     before = h->asking.next) {
		/* Lua failed outside of the filter's pcall (no memory): that costs the event under way, or
		 * the next one where none was, so that each turn comes further. */
		if (h->asking.next == before)
			h->asking.next++;
		nm_filter_raised(h, e.msg, (uint32_t)strlen(e.msg));
	}
	h->walk = (struct walk){0};
	return h->asking.kept;
}
