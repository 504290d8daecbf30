/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters within a delivery; see letters.h.
 */
#include "stream/letters.h"

#include <string.h>

#include "base/strbuf.h"

void letters_take_out(const struct deliver_return *letters, struct sink *store, struct output_result *r)
{
	if (letters->apart)
		store->type->dead_note(store->out, letters->keys, letters->n, r);
	else
		store->type->dead_remove(store->out, letters->keys, letters->n, r);
	if (r->verdict == OUTPUT_OK && r->n != letters->n)
		output_fenced(r, "%zu of %zu dead letters are gone: they came back by another hand",
			      letters->n - r->n, letters->n);
}

struct standing {
	struct position *moves;
	size_t n;
	const char *cluster;
};

static struct position *find(const struct standing *s, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->moves[i].partition == partition && strcmp(s->moves[i].topic, topic) == 0)
			return &s->moves[i];
	return NULL;
}

static void take_mark(void *ctx, const struct output_mark *m)
{
	const struct standing *s = ctx;
	struct position *p = strcmp(m->cluster, s->cluster) == 0 ? find(s, m->topic, m->partition) : NULL;
	if (p != NULL)
		p->offset = p->expected = m->offset;
}

/* A move for each partition of the picked events, its place not known yet. */
static void add_partitions(struct delivery *d, const struct batch *b, size_t picked, struct standing *s)
{
	for (size_t i = 0; i < picked; i++) {
		const struct message *m = batch_message_of(b, &b->events[d->pick[i]]);
		if (find(s, m->topic, m->partition) != NULL)
			continue;
		if (s->n == d->moves_max) {
			d->moves_max = d->moves_max * 2 + 16;
			d->moves = xrealloc(d->moves, d->moves_max * sizeof *d->moves);
			s->moves = d->moves;
		}
		s->moves[s->n++] = (struct position){.topic = m->topic,
						     .partition = m->partition,
						     .offset = -1,
						     .expected = -1,
						     .timestamp = EVENT_NO_TIME};
	}
}

void letters_plan_moves(struct delivery *d, struct sink *s, const struct batch *b, size_t picked,
			size_t *moves, struct output_result *r)
{
	struct standing standing = {.moves = d->moves, .cluster = s->env.cluster_id};
	output_ok(r, 0);
	if (!s->type->moves_only)
		return;
	add_partitions(d, b, picked, &standing);
	s->type->list_marks(s->out, take_mark, &standing, r);
	for (size_t i = 0; i < standing.n && r->verdict == OUTPUT_OK; i++)
		if (standing.moves[i].offset < 0)
			output_retry(r, true,
				     "it has never taken %s [%d], and takes dead letters only where it has: "
				     "run natmill first",
				     standing.moves[i].topic, standing.moves[i].partition);
	*moves = standing.n;
}
