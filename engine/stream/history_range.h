/* SPDX-License-Identifier: Apache-2.0
 *
 * From which offset to which one a history goes: what Kafka says of two times, cut where a live target
 * stands, and taken up where an earlier run stopped. Used by history.c only.
 */
#ifndef NATMILL_STREAM_HISTORY_RANGE_H
#define NATMILL_STREAM_HISTORY_RANGE_H

#include "stream/consumer.h"
#include "stream/history.h"

struct history_range {
	int64_t *ends; /* by partition: the first offset that is not read */
	size_t n;
	bool live;
	bool resumed;
	enum output_identity identity; /* of the target's tables */
};

/* Fills the consumer's partitions: those with something to read are POSITIONED, the others STOPPED. The sink
 * is opened, and named after the watermarks. 0, or -1 with e; free it in both cases. */
int history_range_find(struct history_range *range, const struct history_config *config, struct consumer *c,
		       struct sink *target, struct err *e);

/* One call of the target, opened, again while it only asks for patience. 0, or -1 with e. */
typedef void history_call(struct sink *target, void *ctx, struct output_result *r);
int history_range_ask(const struct history_config *config, struct sink *target, history_call *call, void *ctx,
		      struct err *e);

void history_range_free(struct history_range *range);

#endif
