/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of a batch by vendor; see accounts.h.
 */
#include "stream/accounts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

const uint64_t account_batch_bounds[] = ACCOUNT_BATCH_BOUNDS;
const size_t account_batch_bound_count = sizeof account_batch_bounds / sizeof account_batch_bounds[0];

struct account_names {
	pthread_mutex_t lock; /* of whoever adds */
	_Atomic size_t count;
	char *names[ACCOUNT_VENDORS]; /* below count they stay as they are */
};

struct account_names *account_names_new(void)
{
	struct account_names *n = xcalloc(1, sizeof *n);
	pthread_mutex_init(&n->lock, NULL);
	n->names[0] = xstrdup("");
	atomic_store(&n->count, 1);
	return n;
}

void account_names_free(struct account_names *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

size_t account_names_count(const struct account_names *n)
{
	return atomic_load_explicit(&n->count, memory_order_acquire);
}

const char *account_name(const struct account_names *n, size_t place)
{
	return n->names[place];
}

static uint16_t place_of(struct account_names *n, const char *name)
{
	pthread_mutex_lock(&n->lock);
	size_t count = atomic_load_explicit(&n->count, memory_order_relaxed);
	size_t i = 0;
	while (i < count && strcmp(n->names[i], name) != 0)
		i++;
	if (i == count && count < ACCOUNT_VENDORS) {
		n->names[i] = xstrdup(name);
		atomic_store_explicit(&n->count, count + 1, memory_order_release);
	}
	pthread_mutex_unlock(&n->lock);
	return (uint16_t)(i < ACCOUNT_VENDORS ? i : 0);
}

void accounts_prepare(struct accounts *a, struct account_names *names, const struct generation *g)
{
	if (a->generation == generation_number(g))
		return;
	a->generation = generation_number(g);
	for (size_t i = 0; i < generation_script_count(g); i++)
		a->places[i] = place_of(names, generation_script_name(g, i));
}

/* Neighbours are mostly of one script and type: a run of them is added at once. */
static void add_events(struct accounts *a, const struct batch *b, size_t scripts)
{
	uint32_t next;
	for (uint32_t i = 0; i < b->event_count; i = next) {
		const struct event *run = &b->events[i];
		for (next = i + 1; next < b->event_count; next++)
			if (b->events[next].script != run->script || b->events[next].type != run->type)
				break;
		if (run->script < scripts && (uint32_t)run->type < EVENT_TYPE_COUNT)
			stats_add(&a->vendors[a->places[run->script]].events[run->type], next - i);
	}
}

/* The letters' vendors are the generation's own texts. */
static void add_dead(struct accounts *a, const struct batch *b, const struct generation *g, size_t scripts)
{
	const char *vendor = NULL;
	uint16_t place = 0;
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		if (d->vendor != vendor) {
			size_t s = 0;
			while (s < scripts && generation_script_name(g, s) != d->vendor)
				s++;
			place = s < scripts ? a->places[s] : 0;
			vendor = d->vendor;
		}
		stats_add(&a->vendors[place].dead[d->kind], 1);
	}
}

void accounts_settle(struct accounts *a, struct account_names *names, const struct generation *g,
		     const struct batch *b)
{
	size_t scripts = generation_script_count(g);
	uint64_t nobodys = b->counts.ignored;
	accounts_prepare(a, names, g);
	for (size_t s = 0; s < scripts; s++) {
		struct account *of = &a->vendors[a->places[s]];
		stats_add(&of->parsed, b->counts.parsed_by[s]);
		stats_add(&of->ignored, b->counts.ignored_by[s]);
		nobodys -= b->counts.ignored_by[s];
	}
	stats_add(&a->vendors[0].ignored, nobodys);
	add_events(a, b, scripts);
	add_dead(a, b, g, scripts);
	histogram_note(&a->batches, account_batch_bounds, account_batch_bound_count, b->counts.messages);
}
