/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker: one thread with its own consumer, script host, batch and outputs. Workers share nothing but what
 * is read-only. Started and stopped by control/engine.
 */
#ifndef NATMILL_STREAM_WORKER_H
#define NATMILL_STREAM_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "stream/accounts.h"
#include "stream/deliver.h"
#include "stream/devices.h"
#include "stream/handover.h"
#include "stream/tap.h"
#include "stream/unmatched.h"
#include "stream/view.h"
#include "stream/watchdog.h"

/* What all workers read; outlives them. */
struct worker_config {
	const struct kafka_settings *kafka;
	const struct engine_settings *engine;
	const struct setup *first; /* what workers start with */
	struct account_names *names;
	struct unmatched *unmatched; /* these two: NULL = nobody asks */
	struct taps *taps;
	int done_fd;                   /* eventfd: told when a worker ends */
	int told_fd;                   /* eventfd: told when one has taken what a reload offered */
	_Atomic int64_t stop_deadline; /* clock_mono_ms; 0 = go on; afterwards: stop, give up at this time */
};

/* When another member had the worker's name in the group: clock_mono_ms of the last two times, 0 = never. */
struct fencings {
	int64_t last_ms;
	int64_t before_ms;
};

struct worker {
	struct output_host output_host; /* first: the wait finds its worker by it */
	struct worker_config *config;
	unsigned number;
	pthread_t thread;
	struct consumer consumer;
	struct sinks sinks;
	struct delivery delivery;
	const struct setup *setup; /* whose scripts and filters it runs */
	struct host *host;         /* of them */
	struct handover handover;  /* what it is to run with next */
	bool subscribe;            /* to the setup's topics: they have changed */
	struct fencings fencings;
	struct batch batch;
	struct worker_stats stats;
	struct accounts accounts;
	struct devices devices;
	struct view view;
	struct output_stats output_stats[OUTPUTS_MAX]; /* in the order of delivery */
	int64_t next_start_ms;                         /* when positions are asked for again */
	unsigned start_failures;
	int64_t next_commit_ms;
	int64_t next_serve_ms;     /* the control queue, while an output waits */
	int64_t next_topics_ms;    /* are the topics the same still? */
	int64_t next_subscribe_ms; /* after one that failed */
	int64_t next_wake_ms;      /* of stopped partitions */
	int64_t delivering_ms;     /* since when the delivery under way lasts; 0 = none */
	struct watchdog watchdog;  /* others may read its readiness */
	uint32_t arena_max;        /* bytes for the texts of a batch */
	_Atomic bool joined;       /* it has been a member of its group, with the consumer that it has */
	_Atomic int partitions_reading;
	_Atomic int64_t first_us; /* clock_mono_us of the first assignment; 0 = none yet */
	_Atomic int64_t last_us;  /* of the batch settled last */
	_Atomic bool running;
	struct err why; /* code ERR_NONE: ended as asked. Read after the thread ended */
};

/* Starts the thread. -1 with e when it cannot be made. w is zeroed or used before. */
int worker_start(struct worker *w, struct worker_config *config, unsigned number, struct err *e);

/* A host as a worker runs it. Any thread. NULL with errors. */
struct host *worker_host(struct generation *g, struct errlist *errors);

/* Waits for its end. What it counted can be read until worker_free(). */
void worker_join(struct worker *w);

/* Frees what others may have left for it. After it was joined. */
void worker_free(struct worker *w);

#endif
