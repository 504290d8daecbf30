/* SPDX-License-Identifier: Apache-2.0
 *
 * Swaps a worker's outputs and scripts; see swap.h.
 */
#include "stream/swap.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define SUBSCRIBE_AGAIN_MS 5000

static void tell(const struct handover *h)
{
	uint64_t one = 1;
	ssize_t told = write(h->told_fd, &one, sizeof one);
	(void)told; /* an eventfd takes it as long as its counter does not overflow */
}

/* Under the lock: the reload must not take a setup for unused in between. */
static void renew_outputs(struct worker *w, const struct setup *next)
{
	const struct sink_config *order[OUTPUTS_MAX];
	sinks_order(next->outputs, next->output_count, order);
	for (size_t k = 0; k < w->sinks.n; k++) {
		struct sink *s = &w->sinks.items[k];
		struct err e = {0};
		int renewed = sink_renew(s, order[k]->options, &e);
		if (renewed > 0) {
			w->handover.uses[k] = next;
			log_info("output %s: takes up its new settings", s->config->name);
		} else if (renewed < 0) {
			log_error("output %s keeps its old settings: %s; reload again", s->config->name,
				  e.msg);
		}
	}
}

static bool swap_outputs(struct worker *w)
{
	struct handover *h = &w->handover;
	if (!atomic_load_explicit(&h->outputs_wait, memory_order_acquire))
		return false;
	pthread_mutex_lock(&h->lock);
	renew_outputs(w, h->outputs);
	h->outputs = NULL;
	atomic_store_explicit(&h->outputs_wait, false, memory_order_relaxed);
	pthread_mutex_unlock(&h->lock);
	w->next_start_ms = 0; /* whoever waits for positions asks at once */
	tell(h);
	return true;
}

static bool has_topic(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool same_topics(const struct generation *a, const struct generation *b)
{
	const char *const *of_a;
	const char *const *of_b;
	size_t n = generation_topics(a, &of_a);
	if (n != generation_topics(b, &of_b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!has_topic(of_b, n, of_a[i]))
			return false;
	return true;
}

/* What is read already goes on under the new scripts. When topics come or go that the group has not given or
 * taken back yet, all positions are read anew: what librdkafka has fetched of them is thrown away. */
static void route_partitions(struct worker *w)
{
	bool changed = false;
	for (size_t i = 0; i < w->consumer.parts.n; i++) {
		struct partition *p = w->consumer.parts.items[i];
		bool reads = generation_reads(w->setup->generation, p->topic);
		int route = host_route(w->host, p->topic);
		p->route = route < 0 ? UINT32_MAX : (uint32_t)route;
		changed = changed || (p->state == PARTITION_LEFT_OUT) == reads;
	}
	if (changed)
		consumer_restart(&w->consumer);
}

static void swap_scripts(struct worker *w)
{
	struct handover *h = &w->handover;
	if (!atomic_load_explicit(&h->scripts_wait, memory_order_acquire))
		return;
	const struct sink_config *order[OUTPUTS_MAX];
	pthread_mutex_lock(&h->lock);
	const struct setup *old = w->setup;
	w->setup = h->scripts;
	h->left = w->host;
	w->host = h->host;
	h->scripts = NULL;
	h->host = NULL;
	sinks_order(w->setup->outputs, w->setup->output_count, order);
	for (size_t k = 0; k < w->sinks.n; k++)
		w->sinks.items[k].config = order[k];
	w->subscribe = w->subscribe || !same_topics(old->generation, w->setup->generation);
	h->runs = w->setup; /* from here on the reload may free the old one */
	atomic_store_explicit(&h->scripts_wait, false, memory_order_relaxed);
	pthread_mutex_unlock(&h->lock);
	w->delivery.generation = w->setup->generation;
	w->delivery.scripts = w->host;
	accounts_prepare(&w->accounts, w->config->names, w->setup->generation);
	route_partitions(w);
	tell(h);
}

/* To the topics of the scripts, when those have changed. */
static void subscribe(struct worker *w)
{
	struct err e = {0};
	const char *const *topics;
	size_t n = generation_topics(w->setup->generation, &topics);
	w->subscribe = consumer_subscribe(&w->consumer, topics, n, &e) != 0;
	if (!w->subscribe)
		return;
	w->next_subscribe_ms = clock_mono_ms() + SUBSCRIBE_AGAIN_MS;
	log_error("%s; tried again", e.msg);
}

bool swap_between_attempts(struct output_host *h)
{
	return swap_outputs((struct worker *)h);
}

void swap_between_batches(struct worker *w)
{
	swap_outputs(w);
	swap_scripts(w);
	if (w->subscribe && clock_mono_ms() >= w->next_subscribe_ms)
		subscribe(w);
}

void swap_leave_out(struct worker *w)
{
	struct partitions *parts = &w->consumer.parts;
	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i]->state == PARTITION_WAITING &&
		    !generation_reads(w->setup->generation, parts->items[i]->topic))
			parts->items[i]->state = PARTITION_LEFT_OUT;
}
