/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the logs of a worker's partitions end, for the lag. What librdkafka has seen with its last fetch is
 * not enough: it fetches nothing while an output is away and its prefetch is full. So the broker is asked now
 * and then, and nobody waits for the answer. Owner: the consumer. One thread.
 */
#ifndef NATMILL_STREAM_ENDS_H
#define NATMILL_STREAM_ENDS_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "stream/partitions.h"

struct ends {
	rd_kafka_queue_t *answers; /* NULL = never asked */
	int64_t next_ms;           /* clock_mono_ms: when the broker is asked again */
};

/* Sets `end` of each partition as far as it is known by now; asks if it is time. */
void ends_look(struct ends *e, rd_kafka_t *rk, struct partitions *parts);

/* Before the handle is destroyed. */
void ends_close(struct ends *e);

#endif
