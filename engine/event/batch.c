/* SPDX-License-Identifier: Apache-2.0
 *
 * Grows and resets the arrays of a batch; see batch.h.
 */
#include "event/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

#define REASON_MAX 500

void batch_init(struct batch *b, uint32_t messages, uint32_t arena_max)
{
	*b = (struct batch){.message_max = messages};
	b->messages = xcalloc(messages, sizeof *b->messages);
	arena_init(&b->arena, arena_max);
}

void batch_free(struct batch *b)
{
	free(b->messages);
	free(b->events);
	free(b->dead);
	arena_free(&b->arena);
	*b = (struct batch){0};
}

void batch_reset(struct batch *b)
{
	b->message_count = 0;
	b->event_count = 0;
	b->dead_count = 0;
	b->counts = (struct batch_counts){0};
	arena_reset(&b->arena);
}

struct event *batch_add_event(struct batch *b)
{
	if (b->event_count == b->event_max) {
		b->event_max = b->event_max > 0 ? b->event_max * 2 : 1024;
		b->events = xrealloc(b->events, b->event_max * sizeof *b->events);
	}
	return &b->events[b->event_count++];
}

/* Length of the longest prefix of at most max bytes that is whole UTF-8; invalid bytes end it. */
static size_t clean_prefix(const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	size_t i = 0;
	while (i < n) {
		size_t step = utf8_sequence(s + i, n - i);
		if (step == 0)
			break;
		i += step;
	}
	return i;
}

struct dead_letter *batch_add_dead(struct batch *b, uint32_t message, uint32_t record, const char *reason)
{
	if (b->dead_count == b->dead_max) {
		b->dead_max = b->dead_max > 0 ? b->dead_max * 2 : 64;
		b->dead = xrealloc(b->dead, b->dead_max * sizeof *b->dead);
	}
	uint32_t len = (uint32_t)clean_prefix(reason, REASON_MAX);
	uint32_t off = arena_add(&b->arena, reason, len);
	if (off == ARENA_FULL) /* the letter itself must not be lost for want of room for its reason */
		len = off = 0;
	struct dead_letter *d = &b->dead[b->dead_count++];
	*d = (struct dead_letter){
		.message = message,
		.record = record,
		.output = "",
		.vendor = "",
		.rule = "",
		.script_hash = "",
		.reason = {.off = off, .len = len},
	};
	return d;
}
