/* SPDX-License-Identifier: Apache-2.0
 *
 * Where does a partition start? Watermarks of the transactional outputs, else the group's committed offset,
 * else the option `start`. Refuses what would skip or repeat in silence: a topic made anew, a position above
 * the end of the log.
 */
#ifndef NATMILL_STREAM_START_H
#define NATMILL_STREAM_START_H

#include "stream/consumer.h"
#include "stream/offsets.h"
#include "stream/sinks.h"

/* Gives every WAITING partition its position (state POSITIONED) or stops it with an alarm (STOPPED). 0, or -1
 * with e: the broker or an output did not answer; those partitions stay WAITING, try again later. */
int start_partitions(struct consumer *c, struct sinks *s, const struct kafka_settings *settings,
		     struct err *e);

/* The decision for one partition, pure. rows: what the transactional outputs hold, in out-state of
 * positions(). */
struct start_choice {
	enum partition_state state; /* POSITIONED or STOPPED */
	int64_t offset;             /* where to read from */
	int64_t gap; /* offsets that are gone below the log's start, at most so many messages */
	const struct position *row; /* that decided; NULL = the group's offset or `start` */
	const char *alarm;          /* why STOPPED */
};
struct start_choice start_choose(const struct offsets *kafka, const struct position *const *rows,
				 size_t row_count, bool others, enum start_at start);

enum start_from {
	START_FROM_GROUP,    /* its offset, or what this worker has settled */
	START_FROM_OUTPUTS,  /* their watermarks; the group has no offset */
	START_FROM_EARLIEST, /* the option `start` */
	START_FROM_LATEST,
	START_FROM_ADDED, /* the beginning of a partition that was added to a known topic */
};
/* By what a partition starts, pure. */
enum start_from start_from(const struct offsets *kafka, const struct start_choice *choice,
			   enum start_at start);

/* Where a partition starts that no row knows: `latest` is for topics of which neither group nor outputs knew
 * a partition; of others a partition was added, and its first messages are not skipped. */
int64_t start_without_row(const struct offsets *kafka, enum start_at start);

#endif
