/* SPDX-License-Identifier: Apache-2.0
 *
 * Watches that a worker's partitions move: one that lags behind its log and makes no progress, without a
 * known cause, is a stall. First an alarm, then the consumer is made anew, then the process ends with a
 * fault. Known causes (an output that retries, a stopped partition) have alarms of their own: they only take
 * the readiness away. The decision is pure; watchdog_look() gathers what it decides upon. Owner: the worker.
 * One thread; readiness may be read by others.
 */
#ifndef NATMILL_STREAM_WATCHDOG_H
#define NATMILL_STREAM_WATCHDOG_H

#include <stdatomic.h>

#include "stream/consumer.h"
#include "stream/sinks.h"

enum readiness {
	READY,
	NOT_READY_STOPPED, /* a partition is stopped with an alarm */
	NOT_READY_OUTPUT,  /* an output retries, or takes long */
	NOT_READY_STALLED, /* no progress, without a known cause */
};

enum watch_sight {
	WATCH_CAUGHT_UP,
	WATCH_BEHIND,  /* there are messages that it does not get */
	WATCH_UNKNOWN, /* Kafka does not tell: no position yet, or no end of the log */
};

/* What is to be done. */
enum watch_verdict { WATCH_GO_ON, WATCH_ALARM, WATCH_RECOVERED, WATCH_ANEW, WATCH_END };

/* The worst of a worker's partitions at one moment, by the watchdog's own clock. */
struct watch_view {
	const struct partition *worst; /* longest without progress, not caught up; NULL = none */
	int64_t worst_since_ms;        /* its last progress */
	size_t behind;                 /* partitions that are certainly behind */
	size_t unproven;               /* partitions without a sign of life since the alarm or the remaking */
	size_t partitions;             /* watched: those not stopped */
	size_t stopped;
};

struct watchdog {
	const struct kafka_settings *limits; /* stall_alarm_ms, stall_restart_ms, stall_exit_ms */
	int64_t looked_ms;                   /* clock_mono_ms of the last look; 0 = none yet */
	/* Its own clock. It stands still while the process does, so that one that was frozen wakes up and
	 * finds no stall; while outputs hold, since nothing can move then; and while the worker is behind
	 * what is fetched: others may have to wait. */
	int64_t now_ms;
	int64_t held_ms;  /* how long they hold by now, without a break; 0 = they do not */
	int64_t since_ms; /* last progress before the stall under way; 0 = no stall */
	int64_t mark_ms;  /* of the alarm or of the remaking: signs of life must be younger */
	bool anew;        /* the consumer was made anew for this stall */
	_Atomic int readiness;
};

void watchdog_init(struct watchdog *w, const struct kafka_settings *limits);

/* So much time has passed; held: an output is under way for long, or retries; backlogged: see
 * consumer_backlogged(). */
void watchdog_pass(struct watchdog *w, int64_t ms, bool held, bool backlogged);

/* Notes what is seen of a partition at w->now_ms. */
void watchdog_note(const struct watchdog *w, struct partition *p, enum watch_sight sight);

/* Sums up what was noted of all partitions. */
void watchdog_sum(const struct watchdog *w, const struct partitions *parts, struct watch_view *v);

/* Pure but for w: what the view at w->now_ms calls for. The caller does it, and after WATCH_ANEW calls
 * watchdog_made_anew(). */
enum watch_verdict watchdog_decide(struct watchdog *w, const struct watch_view *v);

void watchdog_made_anew(struct watchdog *w);

/* One look, seldom enough to be called at every turn: notes, decides, logs, counts. delivering_ms: since when
 * (clock_mono_ms) the delivery under way lasts; 0 = none is. Asks Kafka for ends of logs where nothing has
 * moved, for a second at most. */
enum watch_verdict watchdog_look(struct watchdog *w, struct consumer *c, const struct sinks *s,
				 int64_t delivering_ms);

#endif
