/* SPDX-License-Identifier: Apache-2.0
 *
 * What Kafka knows of the partitions that wait for a position: ids of their topics, first and last offset,
 * the group's committed offset. Asks the broker, serving the control queue meanwhile. Called on assignment.
 */
#ifndef NATMILL_STREAM_OFFSETS_H
#define NATMILL_STREAM_OFFSETS_H

#include "stream/consumer.h"

struct offsets {
	struct partition *partition;
	int64_t low;                 /* first offset of the log */
	int64_t high;                /* offset behind the last message */
	int64_t committed;           /* of the group; -1 = none */
	int64_t settled;             /* by this worker since the partition is its own; -1 = not begun */
	bool added;                  /* to a topic that was known before: `latest` does not hold */
	bool known;                  /* the broker answered for this partition */
	char topic_id[TOPIC_ID_MAX]; /* "" = the broker does not tell */
};

/* Fills one entry for each partition in state WAITING, at most max. Returns their number, or -1 with e when
 * the broker did not answer within timeout_ms or the work was disturbed: try again later. */
int offsets_ask(struct consumer *c, struct offsets *out, size_t max, int timeout_ms, struct err *e);

/* Fills `high` of the entries, as far as a consumer may read: not beyond an open transaction. -1 with e
 * as above. `known` (true before) tells for which the broker answered. */
int offsets_ask_ends(struct consumer *c, struct offsets *entries, size_t n, int timeout_ms, struct err *e);

/* Have the topics that are read the same ids still? One that was deleted and made anew is read on by
 * librdkafka at the old offset, if the new log is long enough: out_of_place is set then. */
void offsets_check_topics(struct consumer *c);

#endif
