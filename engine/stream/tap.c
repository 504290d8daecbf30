/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the taps and hands them messages of settled batches; see tap.h. What a line looks like: tap_line.c.
 */
#include "stream/tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stream/tap_line.h"

#define SECOND_MS 1000
#define STEP 7919 /* a prime: where the next batch is looked at first */

struct tap {
	char *vendor; /* these three: NULL = any */
	char *topic;
	char *device;
	struct ip address; /* of device, when it is one */
	bool dead;
	struct strbuf lines; /* for the reader */
	struct tap_counts counts;
	int64_t second_ms;
	uint32_t second_taken;
};

struct taps {
	_Atomic int open; /* looked at without the lock */
	pthread_mutex_t lock;
	struct tap *items[TAPS_MAX];
	uint32_t turn;
};

struct taps *taps_new(void)
{
	struct taps *taps = xcalloc(1, sizeof *taps);
	pthread_mutex_init(&taps->lock, NULL);
	return taps;
}

void taps_free(struct taps *taps)
{
	if (taps == NULL)
		return;
	pthread_mutex_destroy(&taps->lock);
	free(taps);
}

static char *copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void free_tap(struct tap *tap)
{
	free(tap->vendor);
	free(tap->topic);
	free(tap->device);
	strbuf_free(&tap->lines);
	free(tap);
}

struct tap *tap_open(struct taps *taps, const struct tap_filter *filter, struct err *e)
{
	struct tap *tap = xcalloc(1, sizeof *tap);
	size_t place = 0;
	tap->vendor = copy(filter->vendor);
	tap->topic = copy(filter->topic);
	tap->device = copy(filter->device);
	tap->dead = filter->dead;
	if (tap->device != NULL)
		ip_parse(tap->device, strlen(tap->device), &tap->address);
	pthread_mutex_lock(&taps->lock);
	while (place < TAPS_MAX && taps->items[place] != NULL)
		place++;
	if (place < TAPS_MAX) {
		taps->items[place] = tap;
		atomic_fetch_add(&taps->open, 1);
	}
	pthread_mutex_unlock(&taps->lock);
	if (place < TAPS_MAX)
		return tap;
	free_tap(tap);
	err_set(e, ERR_CONFIG, "%d taps are open already; end one of them", TAPS_MAX);
	return NULL;
}

void tap_close(struct taps *taps, struct tap *tap)
{
	pthread_mutex_lock(&taps->lock);
	for (size_t i = 0; i < TAPS_MAX; i++)
		if (taps->items[i] == tap)
			taps->items[i] = NULL;
	atomic_fetch_sub(&taps->open, 1);
	pthread_mutex_unlock(&taps->lock);
	free_tap(tap);
}

struct tap_counts tap_take(struct taps *taps, struct tap *tap, struct strbuf *out)
{
	strbuf_reset(out);
	pthread_mutex_lock(&taps->lock);
	struct strbuf lines = tap->lines;
	struct tap_counts counts = tap->counts;
	tap->lines = *out;
	pthread_mutex_unlock(&taps->lock);
	*out = lines;
	return counts;
}

static bool is_device(const struct tap *tap, const struct ip *host, struct text name, const struct batch *b)
{
	const char *text = event_text(name, b->arena.data, b->arena.len);
	if (tap->address.family != 0)
		return host->family == tap->address.family &&
		       memcmp(host->bytes, tap->address.bytes, sizeof host->bytes) == 0;
	return text != NULL && strlen(tap->device) == name.len && memcmp(text, tap->device, name.len) == 0;
}

static bool is_wanted(const struct tap *tap, const struct batch *b, const struct tap_sight *s)
{
	const struct event *ev = s->events > 0 ? &b->events[s->first] : NULL;
	const struct dead_letter *d = s->dead;
	if (tap->dead && d == NULL)
		return false;
	if (tap->topic != NULL && strcmp(tap->topic, b->messages[s->message].topic) != 0)
		return false;
	if (tap->vendor != NULL && strcmp(tap->vendor, tap_vendor(s)) != 0 &&
	    (d == NULL || strcmp(tap->vendor, d->vendor) != 0))
		return false;
	return tap->device == NULL || (ev != NULL && is_device(tap, &ev->host, ev->host_name, b)) ||
	       (d != NULL && is_device(tap, &d->host, d->host_name, b));
}

/* So many messages of this batch. */
static uint32_t allowance(struct tap *tap, int64_t now_ms)
{
	if (now_ms - tap->second_ms >= SECOND_MS) {
		tap->second_ms = now_ms;
		tap->second_taken = 0;
	}
	uint32_t left = TAP_SECOND - tap->second_taken;
	return left < TAP_BATCH ? left : TAP_BATCH;
}

static void take(struct tap *tap, const struct batch *b, const struct tap_sight *s)
{
	size_t before = tap->lines.len;
	tap->counts.taken++;
	tap->second_taken++;
	tap_line(tap->counts.taken, b, s, &tap->lines);
	if (tap->lines.len <= TAP_BUFFER)
		return;
	tap->lines.len = before;
	tap->counts.lost++;
}

/* Once round the batch, from another place each time, so that its beginning is not all that is ever seen. */
static void offer(struct tap *tap, const struct batch *b, const struct generation *g,
		  const struct tap_letters *letters, uint32_t from)
{
	struct tap_walk walk;
	struct tap_sight s;
	tap->counts.passed += b->message_count;
	uint32_t left = allowance(tap, clock_mono_ms());
	tap_walk_begin(&walk, b, g, letters, from);
	while (left > 0 && tap_walk_next(&walk, &s)) {
		if (!is_wanted(tap, b, &s))
			continue;
		take(tap, b, &s);
		left--;
	}
}

void taps_offer(struct taps *taps, const struct batch *b, const struct generation *g)
{
	if (taps == NULL || atomic_load_explicit(&taps->open, memory_order_relaxed) == 0 ||
	    b->message_count == 0)
		return;
	struct tap_letters letters;
	tap_letters_sort(&letters, b); /* not under the lock of all workers */
	pthread_mutex_lock(&taps->lock);
	uint32_t from = taps->turn % b->message_count;
	taps->turn += STEP;
	for (size_t i = 0; i < TAPS_MAX; i++)
		if (taps->items[i] != NULL)
			offer(taps->items[i], b, g, &letters, from);
	pthread_mutex_unlock(&taps->lock);
	tap_letters_free(&letters);
}
