/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's state for readers; see view.h.
 */
#include "stream/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define PUBLISH_MS 500

void view_init(struct view *v)
{
	*v = (struct view){0};
	pthread_mutex_init(&v->lock, NULL);
}

void view_free(struct view *v)
{
	free(v->items);
	pthread_mutex_destroy(&v->lock);
}

/* Since when is the partition behind, at the earliest? In the batch under way lies the record itself. Else it
 * is younger than the one before it, and than the moment when there was none. */
static int64_t behind_since(struct partition *p, int64_t now_us)
{
	if (p->end >= 0 && p->end <= p->settled)
		p->caught_up_us = now_us;
	if (p->batch_end > p->settled && p->batch_first > 0)
		return p->batch_first;
	return p->settled_us > p->caught_up_us ? p->settled_us : p->caught_up_us;
}

static void show_partition(struct partition_view *to, struct partition *p, int64_t now_us)
{
	*to = (struct partition_view){.id = p->id,
				      .state = p->state,
				      .settled = p->settled,
				      .committed = p->committed,
				      .end = p->end,
				      .behind_us = behind_since(p, now_us)};
	snprintf(to->topic, sizeof to->topic, "%s", p->topic);
	memcpy(to->taken, p->taken, sizeof to->taken);
}

static void show_sink(struct sink_view *to, const struct sink *s)
{
	*to = (struct sink_view){.open = s->open,
				 .alarm = s->alarm,
				 .failures = s->failures,
				 .failing_ms = s->failing_ms};
	if (s->failures > 0)
		snprintf(to->why, sizeof to->why, "%.*s", VIEW_WHY_MAX - 1, s->why);
}

void view_publish(struct view *v, struct consumer *c, const struct sinks *s, const struct batch *b,
		  uint64_t lua)
{
	int64_t now = clock_mono_ms();
	if (now < v->next_ms)
		return;
	ends_look(&c->ends, c->rk, &c->parts);
	if (pthread_mutex_trylock(&v->lock) != 0)
		return; /* the next turn will do */
	v->next_ms = now + PUBLISH_MS;
	if (c->parts.n > v->max) {
		v->max = c->parts.n * 2;
		v->items = xrealloc(v->items, v->max * sizeof *v->items);
	}
	v->n = c->parts.n;
	for (size_t i = 0; i < v->n; i++)
		show_partition(&v->items[i], c->parts.items[i], clock_wall_us());
	for (size_t i = 0; i < s->n; i++)
		show_sink(&v->sinks[i], &s->items[i]);
	v->memory = (struct memory_view){
		.lua = lua,
		.arena = b->arena.cap,
		.batch = b->message_max * sizeof *b->messages + b->event_max * sizeof *b->events +
			 b->dead_max * sizeof *b->dead,
	};
	pthread_mutex_unlock(&v->lock);
}

struct partition_view *view_partitions(struct view *v, size_t *n)
{
	pthread_mutex_lock(&v->lock);
	struct partition_view *copy = xcalloc(v->n + 1, sizeof *copy);
	*n = v->n;
	if (v->n > 0)
		memcpy(copy, v->items, v->n * sizeof *copy);
	pthread_mutex_unlock(&v->lock);
	return copy;
}

void view_sinks(struct view *v, struct sink_view out[OUTPUTS_MAX])
{
	pthread_mutex_lock(&v->lock);
	memcpy(out, v->sinks, sizeof v->sinks);
	pthread_mutex_unlock(&v->lock);
}

struct memory_view view_memory(struct view *v)
{
	pthread_mutex_lock(&v->lock);
	struct memory_view m = v->memory;
	pthread_mutex_unlock(&v->lock);
	return m;
}

bool view_holds(const struct sink_view *s, int64_t now_ms)
{
	return s->failures > 0 && (s->alarm || now_ms - s->failing_ms >= VIEW_PATIENCE_MS);
}

int64_t view_lag(const struct partition_view *p)
{
	if (p->settled < 0 || p->end < 0)
		return -1;
	return p->end > p->settled ? p->end - p->settled : 0;
}

int64_t view_lag_us(const struct partition_view *p, int64_t now_us)
{
	int64_t lag = view_lag(p);
	if (lag == 0)
		return 0;
	if (lag < 0 || p->behind_us <= 0)
		return -1;
	return now_us > p->behind_us ? now_us - p->behind_us : 0;
}
