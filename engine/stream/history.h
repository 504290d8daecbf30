/* SPDX-License-Identifier: Apache-2.0
 *
 * History processed anew: the messages of one topic between two times, through today's scripts, into one
 * output, under a watermark of its own name. No group is joined and none of its offsets is touched. Called by
 * the command `replay`. One thread.
 */
#ifndef NATMILL_STREAM_HISTORY_H
#define NATMILL_STREAM_HISTORY_H

#include <stdatomic.h>

#include "script/generation.h"
#include "stream/settings.h"
#include "stream/sinks.h"

struct history_config {
	const struct kafka_settings *kafka;
	const struct batch_settings *batch;
	const struct engine_settings *engine;
	struct generation *generation;
	const struct sink_config *target; /* its type keeps watermarks of its own */
	const char *topic;
	int64_t from; /* microseconds UTC: Kafka's times of the first message, and of the first one not */
	int64_t to;
	const char *name;         /* of the watermarks, the same for a run that goes on */
	struct output_host *host; /* a wait that answers -1 ends the work */
	const _Atomic int64_t *stop;
};

struct history_counts {
	uint64_t messages; /* read, and settled */
	uint64_t events;
	uint64_t dead; /* records that today's scripts cannot read */
	bool live;     /* the target takes the topic by itself: dead letters were not stored, and it was
			* replayed just as far as it had come */
	bool keeps;    /* the target keeps dead letters */
	bool resumed;  /* an earlier run of that name had begun */
	struct output_stats output;
};

/* 0 when all is in the target, -1 with e; what was settled until then stays, and a later run goes on behind
 * it. */
int history_run(const struct history_config *config, struct history_counts *counts, struct err *e);

#endif
