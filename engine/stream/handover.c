/* SPDX-License-Identifier: Apache-2.0
 *
 * The reload's side of a worker's swap; see handover.h. The worker's own is swap.c.
 */
#include "stream/handover.h"

#include <stddef.h>

void handover_init(struct handover *h, const struct setup *first, int told_fd)
{
	*h = (struct handover){.told_fd = told_fd, .runs = first};
	for (size_t i = 0; i < OUTPUTS_MAX; i++)
		h->uses[i] = first;
	seen_init(&h->seen);
	pthread_mutex_init(&h->lock, NULL);
}

void handover_end(struct handover *h)
{
	host_free(h->host);
	host_free(h->left);
	seen_free(&h->seen);
	pthread_mutex_destroy(&h->lock);
}

void handover_offer(struct handover *h, const struct setup *next, struct host *host)
{
	pthread_mutex_lock(&h->lock);
	struct host *never_taken = h->host;
	struct host *left = h->left;
	h->left = NULL; /* so that the worker can leave another one */
	h->host = host;
	h->scripts = next;
	h->outputs = next;
	atomic_store_explicit(&h->outputs_wait, true, memory_order_release);
	atomic_store_explicit(&h->scripts_wait, true, memory_order_release);
	pthread_mutex_unlock(&h->lock);
	host_free(never_taken);
	host_free(left);
}

void handover_clear(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	struct host *left = h->left;
	h->left = NULL;
	pthread_mutex_unlock(&h->lock);
	host_free(left);
}

struct handover_pending handover_pending(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	struct handover_pending p = {.outputs = h->outputs != NULL, .scripts = h->scripts != NULL};
	pthread_mutex_unlock(&h->lock);
	return p;
}

bool handover_holds(struct handover *h, const struct setup *s)
{
	pthread_mutex_lock(&h->lock);
	bool holds = h->outputs == s || h->scripts == s || h->runs == s;
	for (size_t i = 0; i < OUTPUTS_MAX; i++)
		holds = holds || h->uses[i] == s;
	pthread_mutex_unlock(&h->lock);
	return holds;
}
