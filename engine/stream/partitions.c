/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of owned partitions; see partitions.h. A worker owns tens of them, seldom hundreds: a list
 * serves.
 */
#include "stream/partitions.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

struct partition *partitions_find(const struct partitions *p, const char *topic, int32_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i]->id == id && strcmp(p->items[i]->topic, topic) == 0)
			return p->items[i];
	return NULL;
}

struct partition *partitions_add(struct partitions *p, const char *topic, int32_t id)
{
	struct partition *found = partitions_find(p, topic, id);
	if (found != NULL)
		return found;
	struct partition *new = xcalloc(1, sizeof *new);
	new->topic = xstrdup(topic);
	new->id = id;
	new->settled = -1;
	new->committed = -1;
	new->batch_end = -1;
	new->end = -1;
	p->items = xrealloc(p->items, (p->n + 1) * sizeof *p->items);
	p->items[p->n++] = new;
	return new;
}

static void partition_free(struct partition *p)
{
	free(p->topic);
	free(p);
}

void partitions_drop_revoked(struct partitions *p)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i]->revoked)
			partition_free(p->items[i]);
		else
			p->items[kept++] = p->items[i];
	}
	p->n = kept;
}

size_t partitions_count(const struct partitions *p, enum partition_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < p->n; i++)
		count += p->items[i]->state == state;
	return count;
}

void partitions_restart(struct partitions *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i]->state != PARTITION_STOPPED)
			p->items[i]->state = PARTITION_WAITING;
}

void partitions_free(struct partitions *p)
{
	for (size_t i = 0; i < p->n; i++)
		partition_free(p->items[i]);
	free(p->items);
	*p = (struct partitions){0};
}
