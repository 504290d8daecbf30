/* SPDX-License-Identifier: Apache-2.0
 *
 * What one output gets of a batch: its events by watermark and filters, how its watermarks move; see share.h.
 * Called by deliver.c only. Scratch memory is the delivery's.
 */
#include "stream/share.h"

#include <string.h>

#include "base/strbuf.h"

/* Has the output at this place the event already, by its watermark? */
static bool is_taken(const struct delivery *d, const struct batch *b, uint32_t event, size_t place)
{
	const struct message *m = batch_message_of(b, &b->events[event]);
	const struct partition *p = partitions_find(d->parts, m->topic, m->partition);
	return p != NULL && m->offset < p->taken[place];
}

/* Of letters that come back: another output had refused the event, this one has it. */
static bool is_for_another(const struct delivery *d, uint32_t event, const struct share *share)
{
	const char *only = d->letters != NULL ? d->letters->only[event] : NULL;
	return only != NULL && strcmp(only, share->sink->config->name) != 0;
}

/* The events that the output does not have yet and that its filters let through. */
void share_pick(struct delivery *d, const struct batch *b, struct share *share)
{
	if (d->pick_max < b->event_count) {
		d->pick_max = b->event_count;
		d->pick = xrealloc(d->pick, d->pick_max * sizeof *d->pick);
	}
	bool ahead = false; /* has the output some of these messages already? */
	for (size_t i = 0; i < d->parts->n; i++) {
		const struct partition *p = d->parts->items[i];
		ahead = ahead || (p->batch_end >= 0 && p->taken[share->place] > p->settled);
	}
	const struct filter *filter = share->sink->config->filter;
	share->n = 0;
	share->filtered = 0;
	for (uint32_t i = 0; i < b->event_count; i++) {
		if ((ahead && is_taken(d, b, i, share->place)) || is_for_another(d, i, share))
			continue;
		if (filter != NULL && !filter_passes(filter, &b->events[i], b->arena.data, b->arena.len))
			share->filtered++;
		else
			d->pick[share->n++] = i;
	}
}

/* Copies of the picked events without the fields that the filters hide, so that no output need know of
 * filters. */
void share_mask(struct delivery *d, const struct batch *b, struct share *share)
{
	const struct filter *filter = share->sink->config->filter;
	uint32_t hides = filter != NULL ? filter_hides(filter) : 0;
	share->masked = hides != 0;
	if (!share->masked)
		return;
	if (d->masked_max < b->event_count) {
		d->masked_max = b->event_count;
		d->masked = xrealloc(d->masked, d->masked_max * sizeof *d->masked);
	}
	for (size_t i = 0; i < share->n; i++) {
		struct event *ev = &d->masked[d->pick[i]];
		*ev = b->events[d->pick[i]];
		for (uint32_t rest = hides; rest != 0; rest &= rest - 1)
			event_unset(ev, (enum event_field)__builtin_ctz(rest));
	}
}

/* How the watermarks move when this output has the batch. */
void share_plan_moves(struct delivery *d, struct share *share)
{
	if (d->moves_max < d->parts->n) {
		d->moves_max = d->parts->n;
		d->moves = xrealloc(d->moves, d->moves_max * sizeof *d->moves);
	}
	share->move_count = 0;
	for (size_t i = 0; i < d->parts->n; i++) {
		const struct partition *p = d->parts->items[i];
		if (p->batch_end < 0 || p->batch_end <= p->taken[share->place])
			continue;
		struct position *m = &d->moves[share->move_count++];
		*m = (struct position){.topic = p->topic,
				       .partition = p->id,
				       .offset = p->batch_end,
				       .expected = p->taken[share->place],
				       .timestamp = p->batch_newest};
		memcpy(m->topic_id, p->topic_id, sizeof m->topic_id);
	}
}

void share_refuse(const struct delivery *d, struct batch *b, const struct share *share, enum dead_kind kind,
		  uint32_t event, const struct output_result *r)
{
	const struct event *ev = &b->events[event];
	struct dead_letter *letter = batch_add_dead(b, ev->message, ev->record, r->why.msg);
	letter->kind = kind;
	letter->index = ev->index;
	letter->output = share->sink->config->name;
	if (d->generation == NULL || ev->script >= generation_script_count(d->generation))
		return;
	letter->vendor = generation_script_name(d->generation, ev->script);
	letter->script_hash = generation_script_hash(d->generation, ev->script);
	letter->generation = generation_number(d->generation);
}

struct raising {
	const struct delivery *d;
	struct batch *b;
	struct share *share;
};

static void refuse_raised(void *ctx, uint32_t event, const char *reason)
{
	struct raising *r = ctx;
	struct output_result why;
	output_reject(&why, 1, "%s", reason);
	share_refuse(r->d, r->b, r->share, DEAD_FILTER, event, &why);
	r->share->raised++;
}

void share_ask(struct delivery *d, struct batch *b, struct share *share)
{
	const struct filter *filter = share->sink->config->filter;
	uint32_t hidden;
	if (filter == NULL || filter_script(filter, 0, &hidden) == NULL)
		return;
	struct raising raising = {.d = d, .b = b, .share = share};
	const char *path;
	for (size_t i = 0; (path = filter_script(filter, i, &hidden)) != NULL; i++) {
		size_t before = share->n + share->raised;
		share->n =
			host_filter(d->scripts, path, b, hidden, d->pick, share->n, refuse_raised, &raising);
		share->filtered += before - share->n - share->raised;
	}
}
