/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline of the output `redis`: commands go out while their replies come in, and an event counts as
 * stored when its reply was read and says OK. The first reply that is an error ends it: what was sent behind
 * it is still answered, and sent again with what follows, which a SET takes in good part.
 */
#include "outputs/redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define CHUNK_BYTES 65536 /* encoded at a time */
#define WINDOW 8192       /* most commands under way */

static const char doing[] = "SET";

/* A write under way. */
struct run {
	const struct output_range *range;
	size_t most; /* events of the range to try */
	size_t sent; /* encoded */
	size_t done; /* whose reply was OK, before any that was not */
	bool failed; /* the event behind those was refused */
	char error[sizeof((struct redis_reply *)0)->text];
};

static void encode_some(struct redis *s, struct run *run)
{
	const struct batch *b = run->range->batch;
	while (run->sent < run->most && s->awaited < WINDOW && s->out.len < CHUNK_BYTES)
		redis_add_set(s, b, &b->events[run->range->pick[run->sent++]]);
}

/* Takes the replies that are there; 0, or -1 with r. */
static int take_replies(struct redis *s, struct run *run, struct output_result *r)
{
	int more;
	while ((more = redis_next_reply(s, doing, r)) > 0) {
		bool ok = s->reply.type == REDIS_REPLY_STATUS && strcmp(s->reply.text, "OK") == 0;
		if (!ok && s->reply.type != REDIS_REPLY_ERROR) {
			redis_lost(s, doing, "was answered by something else: is this a Redis server?", r);
			r->alarm = true;
			return -1;
		}
		if (run->failed)
			continue;
		if (ok) {
			run->done++;
			continue;
		}
		run->failed = true;
		snprintf(run->error, sizeof run->error, "%s", s->reply.text);
	}
	return more;
}

/* Sends and takes until every command that went out is answered. */
static int pump(struct redis *s, struct run *run, struct output_result *r)
{
	for (;;) {
		if (!run->failed)
			encode_some(s, run);
		if (s->awaited == 0)
			return 0;
		if (redis_exchange(s, clock_mono_ms() + s->options->timeout, doing, r) != 0 ||
		    take_replies(s, run, r) != 0)
			return -1;
	}
}

static void answer(struct redis *s, const struct run *run, struct output_result *r)
{
	s->probe = false;
	if (!run->failed) {
		output_ok(r, run->done);
	} else if (!redis_judge(run->error).reject) {
		redis_refuse(s, doing, run->error, r);
	} else if (run->done > 0) {
		s->probe = true;
		output_ok(r, run->done);
	} else {
		char words[REDIS_WORDS];
		output_reject(r, 1, "redis %s: %s", s->where, redis_words(s, run->error, words));
	}
}

void redis_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct redis *s = (struct redis *)o;
	struct run run = {.range = range, .most = s->probe && range->n > 0 ? 1 : range->n};
	if (s->fd < 0)
		redis_lost(s, doing, "not connected", r);
	else if (pump(s, &run, r) == 0)
		answer(s, &run, r);
}
