/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table that only grows; see devices.h.
 */
#include "stream/devices.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void devices_init(struct devices *d)
{
	*d = (struct devices){.items = xcalloc(DEVICES_ROOM, sizeof *d->items)};
}

void devices_free(struct devices *d)
{
	free(d->items);
	d->items = NULL;
}

/* In two parts, which compilers turn into a few instructions; of all 17 bytes they make a call. */
static bool same(const struct ip *a, const struct ip *b)
{
	static_assert(sizeof *a == 17, "the family and 16 bytes");
	return memcmp(a, b, 16) == 0 && a->bytes[15] == b->bytes[15];
}

static size_t hash_of(const struct ip *ip)
{
	uint64_t half[2];
	memcpy(half, ip->bytes, sizeof half);
	uint64_t h = (half[0] ^ (half[1] + ip->family) * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return (size_t)(h >> 40) % DEVICES_ROOM;
}

void devices_note(struct devices *d, const struct ip *ip, int64_t seen_us)
{
	if (ip->family == 0 || seen_us <= 0)
		return;
	for (size_t i = hash_of(ip);; i = (i + 1) % DEVICES_ROOM) {
		struct device *at = &d->items[i];
		int64_t seen = atomic_load_explicit(&at->seen_us, memory_order_relaxed);
		if (seen == 0 && d->n == DEVICES_MAX) {
			stats_add(&d->overflow, 1);
			return;
		}
		if (seen == 0) {
			at->ip = *ip;
			d->n++;
		}
		if (seen == 0 || same(&at->ip, ip)) {
			if (seen_us > seen)
				atomic_store_explicit(&at->seen_us, seen_us, memory_order_release);
			return;
		}
	}
}

/* Neighbours are mostly of one device: a run of them is looked up once. */
void devices_settle(struct devices *d, const struct batch *b)
{
	const struct event *run = NULL;
	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		if (run != NULL && !same(&run->host, &ev->host))
			devices_note(d, &run->host, b->messages[run->message].timestamp);
		run = ev;
	}
	if (run != NULL)
		devices_note(d, &run->host, b->messages[run->message].timestamp);
	for (uint32_t i = 0; i < b->dead_count; i++)
		devices_note(d, &b->dead[i].host, b->messages[b->dead[i].message].timestamp);
}
