/* SPDX-License-Identifier: Apache-2.0
 *
 * Delivery of a batch; see deliver.h. An attempt of one output is all or nothing where the output has
 * transactions; whatever fails is undone by its abort and tried again from the start of that output. Outputs
 * that are done are not asked again for the same batch.
 */
#include "stream/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "stream/known.h"
#include "stream/letters.h"
#include "stream/letters_tell.h"
#include "stream/share.h"

#define RENEW_MS 50 /* how soon new settings end the wait for the next attempt */

bool deliver_output_refuses(size_t refused, size_t n)
{
	size_t allowed = n / 100 > 100 ? n / 100 : 100;
	return refused > allowed;
}

void delivery_free(struct delivery *d)
{
	free(d->pick);
	free(d->moves);
	free(d->masked);
	d->pick = NULL;
	d->moves = NULL;
	d->masked = NULL;
}

/* Between two calls of an output: the group is served; true = give up, r says so. */
static bool stopped(const struct delivery *d, struct output_result *r)
{
	if (output_wait(d->host, -1, 0, 0) >= 0)
		return false;
	output_retry(r, false, "stopped while the batch was written");
	return true;
}

/* Writes all picked events; a refused range is halved until the refused event stands alone. */
static void write_events(struct delivery *d, struct batch *b, const struct share *share,
			 struct output_result *r)
{
	size_t limit = share->n;
	size_t refused = 0;
	for (size_t from = 0; from < share->n;) {
		size_t left = share->n - from;
		struct batch view = *b; /* anew each time: the arena grows with dead letters */
		if (share->masked)
			view.events = d->masked;
		struct output_range range = {.batch = &view,
					     .pick = d->pick + from,
					     .n = left < limit ? left : limit};
		share->sink->type->write(share->sink->out, &range, r);
		if (r->verdict == OUTPUT_OK) {
			from += r->n;
			limit = limit * 2 < share->n ? limit * 2 : share->n;
		} else if (r->verdict == OUTPUT_REJECT && r->n > 1) {
			limit = r->n / 2;
		} else if (r->verdict == OUTPUT_REJECT) {
			share_refuse(d, b, share, DEAD_REFUSED, d->pick[from], r);
			from++;
			if (deliver_output_refuses(++refused, share->n) && d->letters == NULL) {
				struct err why = r->why;
				output_retry(r, true,
					     "refuses %zu of %zu events, so it is the output that refuses, "
					     "not the data; "
					     "the last reason: %s",
					     refused, share->n, why.msg);
				r->reopen = true; /* it looks at its tables anew: they may be mended */
				return;
			}
		} else {
			return;
		}
		if (from < share->n && stopped(d, r))
			return;
	}
	output_ok(r, share->n);
}

/* Before letters are stored: what only they need. */
static void complete_letters(const struct delivery *d, struct batch *b, uint32_t from)
{
	for (uint32_t i = from; i < b->dead_count && d->headers != NULL; i++)
		d->headers(&b->messages[b->dead[i].message]);
}

/* Dead letters [from, dead_count) into a store that is not the output under way. Its failure is not the
 * output's: that one keeps its connection. */
static void store_dead_apart(struct delivery *d, struct batch *b, uint32_t from, struct output_result *r)
{
	struct sink *store = &d->sinks->items[d->sinks->store];
	size_t n = b->dead_count - from;
	complete_letters(d, b, from);
	sink_open(store, r);
	if (r->verdict == OUTPUT_OK)
		store->type->begin(store->out, r);
	if (r->verdict == OUTPUT_OK)
		store->type->dead(store->out, b, b->dead + from, n, r);
	if (r->verdict == OUTPUT_OK)
		store->type->commit(store->out, NULL, 0, r);
	if (r->verdict == OUTPUT_OK) {
		sink_worked(store);
		return;
	}
	struct output_result of_store = *r;
	sink_failed(store, &of_store);
	output_retry(r, false, "its dead letters cannot be stored: %s", of_store.why.msg);
}

/* One attempt of one output. */
static void attempt(struct delivery *d, struct batch *b, struct share *share, struct output_result *r)
{
	struct sink *s = share->sink;
	const struct output_type *t = s->type;
	int store = d->sinks->store;
	b->dead_count = share->attempt_mark; /* what an undone attempt refused is refused anew */
	arena_rewind(&b->arena, share->arena_mark);
	sink_open(s, r);
	if (r->verdict == OUTPUT_OK && d->letters != NULL)
		letters_plan_moves(d, s, b, share->n, &share->move_count, r);
	if (r->verdict == OUTPUT_OK)
		t->begin(s->out, r);
	if (r->verdict == OUTPUT_OK && d->letters != NULL && (int)share->place == store)
		letters_take_out(d->letters, s, r);
	if (r->verdict == OUTPUT_OK && d->leave_known != IDENTITY_NONE)
		known_leave_out(s, d->leave_known, b, d->pick, &share->n, r);
	if (r->verdict == OUTPUT_OK && t->takes_events)
		write_events(d, b, share, r);
	if (r->verdict != OUTPUT_OK)
		return;
	if ((int)share->place == store && b->dead_count > 0) {
		complete_letters(d, b, 0);
		t->dead(s->out, b, b->dead, b->dead_count, r);
	} else if (store >= 0 && (size_t)store < share->place && b->dead_count > share->dead_mark &&
		   d->letters == NULL) {
		store_dead_apart(d, b, share->dead_mark, r);
	}
	if (r->verdict == OUTPUT_OK)
		t->commit(s->out, d->moves, share->move_count, r);
}

static void count_output(const struct batch *b, const struct share *share)
{
	struct output_stats *stats = share->sink->stats;
	uint64_t rejected = 0;
	if (!share->sink->type->takes_events)
		return;
	for (uint32_t i = share->dead_mark; i < b->dead_count; i++)
		rejected += b->dead[i].output == share->sink->config->name;
	size_t offered = share->n + share->filtered + share->raised;
	stats_add(&stats->offered, offered);
	stats_add(&stats->filtered, share->filtered);
	stats_add(&stats->rejected, rejected);
	stats_add(&stats->stored, share->n + share->raised - rejected);
	stats_add(&stats->skipped, b->event_count - offered);
}

static void drop_share(const struct delivery *d, struct batch *b, const struct share *share)
{
	char origin[LETTERS_ORIGIN_MAX] = "none";
	size_t dropped = share->n + share->raised;
	b->dead_count = share->dead_mark;
	stats_add(&share->sink->stats->offered, dropped + share->filtered);
	stats_add(&share->sink->stats->filtered, share->filtered);
	stats_add(&share->sink->stats->dropped, dropped);
	if (share->n > 0)
		letters_origin(batch_message_of(b, &b->events[d->pick[0]]), origin);
	log_error("output %s: %zu events dropped after %d attempts: it is best_effort; the first: %s",
		  share->sink->config->name, dropped, DELIVER_BEST_EFFORT_ATTEMPTS, origin);
}

/* Waits until the next attempt, or until new settings are there: then they may be what it waits for. */
static enum deliver_verdict back_off(const struct delivery *d, int64_t delay_ms)
{
	int64_t end = clock_mono_ms() + delay_ms;
	for (bool over = false; !over;) {
		int64_t until = d->renew != NULL ? clock_mono_ms() + RENEW_MS : end;
		over = until >= end;
		if (output_wait(d->host, -1, 0, over ? end : until) < 0)
			return DELIVER_GIVEN_UP;
		over = over || (d->renew != NULL && d->renew(d->host));
	}
	return DELIVER_DONE;
}

/* After an attempt that did not succeed. DELIVER_DONE: waited long enough, try again; or dropped, *dropped is
 * set. */
static enum deliver_verdict after_failure(struct delivery *d, struct batch *b, const struct share *share,
					  unsigned tries, const struct output_result *r, bool *dropped)
{
	struct sink *s = share->sink;
	bool planned_anew = d->letters != NULL && s->type->moves_only; /* what the next attempt does itself */
	if (r->verdict == OUTPUT_FENCED && !planned_anew) {
		log_warn("output %s: %s; the batch is forgotten and the position read anew", s->config->name,
			 r->why.msg);
		sink_undo(s, r);
		return DELIVER_FENCED;
	}
	stats_add(&d->stats->retries, 1);
	stats_add(&s->stats->retries, 1);
	if (output_wait(d->host, -1, 0, 0) < 0) {
		sink_undo(s, r);
		return DELIVER_GIVEN_UP;
	}
	int64_t delay = sink_failed(s, r);
	bool dropping =
		s->config->best_effort && d->letters == NULL; /* a letter leaves only for what has it */
	if (dropping && tries >= DELIVER_BEST_EFFORT_ATTEMPTS) {
		drop_share(d, b, share);
		*dropped = true;
		return DELIVER_DONE;
	}
	return back_off(d, delay);
}

static enum deliver_verdict deliver_to(struct delivery *d, struct batch *b, size_t place)
{
	struct share share = {.sink = &d->sinks->items[place], .place = place, .dead_mark = b->dead_count};
	share_pick(d, b, &share);
	share_mask(d, b, &share);
	share_plan_moves(d, &share);
	if (!share.sink->type->takes_events && b->dead_count == 0)
		return DELIVER_DONE;
	if (d->letters != NULL && share.n == 0 && (int)place != d->sinks->store)
		return DELIVER_DONE;
	share_ask(d, b, &share); /* once: a filter that remembers would answer each attempt differently */
	int64_t began_us = clock_mono_us();
	share.attempt_mark = b->dead_count;
	share.arena_mark = b->arena.len;
	for (unsigned tries = 1;; tries++) {
		struct output_result r;
		attempt(d, b, &share, &r);
		if (r.verdict == OUTPUT_OK)
			break;
		bool dropped = false;
		enum deliver_verdict v = after_failure(d, b, &share, tries, &r, &dropped);
		if (v != DELIVER_DONE || dropped)
			return v;
	}
	sink_worked(share.sink);
	count_output(b, &share);
	histogram_note(&share.sink->stats->latency, stats_latency_bounds, stats_latency_bound_count,
		       (uint64_t)(clock_mono_us() - began_us));
	for (size_t i = 0; i < d->parts->n; i++) {
		struct partition *p = d->parts->items[i];
		if (p->batch_end > p->taken[place])
			p->taken[place] = p->batch_end;
	}
	return DELIVER_DONE;
}

enum deliver_verdict deliver_batch(struct delivery *d, struct batch *b)
{
	size_t last = d->letters != NULL ? (size_t)d->sinks->store : SIZE_MAX;
	enum deliver_verdict v = DELIVER_DONE;
	for (size_t i = 0; i < d->sinks->n && v == DELIVER_DONE; i++)
		if (i != last)
			v = deliver_to(d, b, i);
	if (last != SIZE_MAX && v == DELIVER_DONE)
		v = deliver_to(d, b, last);
	if (v != DELIVER_DONE) {
		sinks_rest(d->sinks); /* the batch may be another worker's now */
		return v;
	}
	for (size_t i = 0; i < d->parts->n; i++) {
		struct partition *p = d->parts->items[i];
		if (p->batch_end <= p->settled)
			continue;
		p->settled = p->batch_end;
		p->settled_us = p->batch_newest;
	}
	return DELIVER_DONE;
}
