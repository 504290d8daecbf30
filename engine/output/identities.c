/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorted identities of events; see identities.h.
 */
#include "output/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

static int by_group(const struct identity_place *a, const struct identity_place *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	int topics = strcmp(a->topic, b->topic);
	if (topics != 0)
		return topics;
	return (a->partition > b->partition) - (a->partition < b->partition);
}

static int by_place(const struct identity_place *a, int64_t offset, int64_t index)
{
	if (a->offset != offset)
		return a->offset < offset ? -1 : 1;
	return ((int64_t)a->index > index) - ((int64_t)a->index < index);
}

static int compare(const void *x, const void *y)
{
	const struct identity_place *a = x;
	const struct identity_place *b = y;
	int group = by_group(a, b);
	return group != 0 ? group : by_place(a, b->offset, b->index);
}

void identities_init(struct identities *ids, const struct output_range *range)
{
	*ids = (struct identities){.items = xcalloc(range->n + 1, sizeof *ids->items)};
	for (size_t i = 0; i < range->n; i++) {
		const struct event *ev = &range->batch->events[range->pick[i]];
		const struct message *m = batch_message_of(range->batch, ev);
		if ((uint32_t)ev->type < EVENT_TYPE_COUNT)
			ids->items[ids->n++] = (struct identity_place){.type = ev->type,
								       .topic = m->topic,
								       .partition = m->partition,
								       .offset = m->offset,
								       .index = ev->index,
								       .place = i};
	}
	qsort(ids->items, ids->n, sizeof *ids->items, compare);
}

void identities_free(struct identities *ids)
{
	free(ids->items);
	*ids = (struct identities){0};
}

const struct identity_place *identities_group(struct identities *ids, size_t *n)
{
	const struct identity_place *group = &ids->items[ids->next];
	for (*n = 0; ids->next < ids->n && by_group(group, &ids->items[ids->next]) == 0; ids->next++)
		++*n;
	return *n > 0 ? group : NULL;
}

void identities_mark(const struct identity_place *group, size_t n, int64_t offset, int64_t index, bool *there)
{
	while (n > 0) {
		const struct identity_place *middle = &group[n / 2];
		int side = by_place(middle, offset, index);
		if (side == 0) {
			there[middle->place] = true;
			return;
		}
		if (side < 0) {
			group = middle + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
}
