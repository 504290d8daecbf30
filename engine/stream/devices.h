/* SPDX-License-Identifier: Apache-2.0
 *
 * When a worker has last seen each NAT device: one that has fallen silent is an incident that no other figure
 * shows. Bounded: the first DEVICES_MAX devices are noted, events of further ones are counted. One writer,
 * its worker, when a batch is settled; anybody may read, without a lock: an entry never moves or goes.
 */
#ifndef NATMILL_STREAM_DEVICES_H
#define NATMILL_STREAM_DEVICES_H

#include "event/batch.h"
#include "event/ip.h"
#include "stream/stats.h"

#define DEVICES_MAX 10000
#define DEVICES_ROOM 16384 /* a power of two */

struct device {
	struct ip ip;            /* written before seen_us is no longer 0 */
	_Atomic int64_t seen_us; /* newest Kafka timestamp of its messages, microseconds UTC; 0 = no entry */
};

struct devices {
	struct device *items; /* DEVICES_ROOM of them, by the hash of the address */
	size_t n;
	_Atomic uint64_t overflow; /* runs of messages of devices for which there was no room */
};

void devices_init(struct devices *d);
void devices_free(struct devices *d); /* d may be zeroed */

void devices_note(struct devices *d, const struct ip *ip, int64_t seen_us);

/* Takes a settled batch: events, and dead letters whose device is known. */
void devices_settle(struct devices *d, const struct batch *b);

#endif
