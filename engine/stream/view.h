/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker shows of itself to others: its partitions and outputs as they were at most half a second ago;
 * while its consumer is made anew, as they were before, so that an alarm about their lag stays. The worker
 * copies them in; it never waits for a reader: while one copies them out, it leaves them as they
 * are.
 */
#ifndef NATMILL_STREAM_VIEW_H
#define NATMILL_STREAM_VIEW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "stream/consumer.h"
#include "stream/sinks.h"

#define VIEW_TOPIC_MAX 250 /* Kafka allows 249 */
#define VIEW_WHY_MAX 200

struct partition_view {
	char topic[VIEW_TOPIC_MAX];
	int32_t id;
	enum partition_state state;
	int64_t settled;   /* -1 = not known yet */
	int64_t committed; /* -1 = none by this worker */
	int64_t end;       /* of the log; -1 = not known */
	int64_t behind_us; /* the record at `settled` is at least that young, microseconds UTC; 0 = not
			    * known. Exactly so old while it is in the batch under way */
	int64_t taken[OUTPUTS_MAX]; /* in the order of delivery */
};

/* So long an output may fail before the worker is not ready: a lock or a lost connection passes sooner. */
#define VIEW_PATIENCE_MS 5000

struct sink_view {
	bool open;
	bool alarm;
	unsigned failures;      /* attempts in a row */
	int64_t failing_ms;     /* clock_mono_ms of the first of them */
	char why[VIEW_WHY_MAX]; /* of the last; "" when there are none */
};

/* Bytes. */
struct memory_view {
	uint64_t lua;
	uint64_t arena;
	uint64_t batch; /* messages, events, dead letters: their tables */
};

struct view {
	pthread_mutex_t lock;
	int64_t next_ms; /* the worker's: when it is time again */
	struct partition_view *items;
	size_t n;
	size_t max;
	struct sink_view sinks[OUTPUTS_MAX];
	struct memory_view memory;
};

void view_init(struct view *v);
void view_free(struct view *v);

/* Of the worker, at each turn: mostly nothing. lua: bytes. */
void view_publish(struct view *v, struct consumer *c, const struct sinks *s, const struct batch *b,
		  uint64_t lua);

/* A reader's copy, which it frees with free(). Any thread. */
struct partition_view *view_partitions(struct view *v, size_t *n);
void view_sinks(struct view *v, struct sink_view out[OUTPUTS_MAX]);
struct memory_view view_memory(struct view *v);

/* Does the output hold its worker up: by an alarm, or by failing for VIEW_PATIENCE_MS? now_ms: clock_mono_ms.
 */
bool view_holds(const struct sink_view *s, int64_t now_ms);

/* Messages that Kafka has behind `settled`; -1 = not known. */
int64_t view_lag(const struct partition_view *p);

/* How old the oldest of them is, microseconds; 0 when there is none, -1 = not known. */
int64_t view_lag_us(const struct partition_view *p, int64_t now_us);

#endif
