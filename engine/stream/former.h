/* SPDX-License-Identifier: Apache-2.0
 *
 * What the group and the cluster knew before a worker joined: which topics the group has offsets of, how many
 * partitions each had. Tells partitions that were added since from those that `start: latest` is for. Asked
 * before the join, so that what other members of the same first generation commit is not taken for a past.
 * Owner: the consumer. One thread.
 */
#ifndef NATMILL_STREAM_FORMER_H
#define NATMILL_STREAM_FORMER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct former_topic {
	char *name;
	int32_t partitions; /* then */
	bool known;         /* the group had an offset of one of them */
};

struct former {
	struct former_topic *items;
	size_t n;
	bool asked; /* false: nothing counts as added */
};

/* Fills f, which is empty, within timeout_ms for each of two questions. -1 with e: f stays empty. */
int former_ask(struct former *f, rd_kafka_t *rk, const char *group, int timeout_ms, struct err *e);

/* Was the partition added to a topic that the group had known, or made since? */
bool former_added(const struct former *f, const char *topic, int32_t partition);

void former_free(struct former *f);

#endif
