/* SPDX-License-Identifier: Apache-2.0
 *
 * The watchdog of a worker's partitions; see watchdog.h.
 */
#include "stream/watchdog.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "stream/offsets.h"

#define LOOKS 8          /* within the time until the alarm */
#define LOOK_MAX_MS 5000 /* between two looks */
/* Markers of transactions and what was aborted take offsets at the end of a log, and nobody tells them from
 * messages. So many offsets are no stall; new messages soon make them more. */
#define MARKERS_MAX 16
#define ASK_MS 1000 /* for the ends of the logs */

void watchdog_init(struct watchdog *w, const struct kafka_settings *limits)
{
	*w = (struct watchdog){.limits = limits, .now_ms = 1};
}

void watchdog_pass(struct watchdog *w, int64_t ms, bool held, bool backlogged)
{
	w->held_ms = held ? w->held_ms + ms : 0;
	w->now_ms += held || backlogged ? 0 : ms;
}

void watchdog_note(const struct watchdog *w, struct partition *p, enum watch_sight sight)
{
	struct partition_watch *m = &p->watch;
	bool first = m->moved_ms == 0;
	m->behind = sight == WATCH_BEHIND;
	bool excused =
		sight == WATCH_CAUGHT_UP || p->state == PARTITION_STOPPED || p->state == PARTITION_LEFT_OUT;
	if (first || excused || p->settled != m->settled) {
		m->proven = !first || excused;
		m->settled = p->settled;
		m->moved_ms = w->now_ms;
	}
}

void watchdog_sum(const struct watchdog *w, const struct partitions *parts, struct watch_view *v)
{
	*v = (struct watch_view){.worst_since_ms = INT64_MAX};
	for (size_t i = 0; i < parts->n; i++) {
		const struct partition *p = parts->items[i];
		const struct partition_watch *m = &p->watch;
		if (p->state == PARTITION_LEFT_OUT)
			continue;
		if (p->state == PARTITION_STOPPED) {
			v->stopped++;
			continue;
		}
		v->partitions++;
		v->behind += m->behind;
		v->unproven += !m->proven || m->moved_ms < w->mark_ms;
		if (m->moved_ms < w->now_ms && m->moved_ms < v->worst_since_ms) {
			v->worst = p;
			v->worst_since_ms = m->moved_ms;
		}
	}
}

static void set_readiness(struct watchdog *w, const struct watch_view *v)
{
	enum readiness r = READY;
	if (v->stopped > 0)
		r = NOT_READY_STOPPED;
	if (w->held_ms >= w->limits->stall_alarm_ms)
		r = NOT_READY_OUTPUT;
	if (w->since_ms != 0)
		r = NOT_READY_STALLED;
	atomic_store_explicit(&w->readiness, (int)r, memory_order_relaxed);
}

/* While a stall is under way. */
static enum watch_verdict decide_stalled(struct watchdog *w, const struct watch_view *v)
{
	int64_t restart = w->limits->stall_restart_ms;
	bool due = w->anew ? w->now_ms - w->mark_ms >= w->limits->stall_exit_ms - restart
			   : w->now_ms - w->since_ms >= restart;
	bool moves = v->partitions > 0 && v->unproven == 0;
	bool gone = w->anew && v->partitions == 0 && due; /* to others, it seems: theirs to watch */
	if (moves || gone) {
		w->since_ms = 0;
		return WATCH_RECOVERED;
	}
	/* A fresh handle hears nothing either: Kafka is away, and ending would not bring it back. */
	if (w->anew && v->partitions > 0 && v->behind == 0)
		w->mark_ms = w->now_ms;
	else if (due)
		return w->anew ? WATCH_END : WATCH_ANEW;
	return WATCH_GO_ON;
}

enum watch_verdict watchdog_decide(struct watchdog *w, const struct watch_view *v)
{
	enum watch_verdict verdict = WATCH_GO_ON;
	bool held = w->held_ms != 0; /* nothing can move meanwhile */
	if (!held && w->since_ms != 0) {
		verdict = decide_stalled(w, v);
	} else if (!held && v->worst != NULL && w->now_ms - v->worst_since_ms >= w->limits->stall_alarm_ms) {
		w->since_ms = v->worst_since_ms;
		w->mark_ms = w->now_ms;
		w->anew = false;
		verdict = WATCH_ALARM;
	}
	set_readiness(w, v);
	return verdict;
}

void watchdog_made_anew(struct watchdog *w)
{
	w->anew = true;
	w->mark_ms = w->now_ms;
	w->looked_ms = 0; /* what the remaking took does not count */
}

/* Is the partition behind its log? Kafka is asked before only where nothing moved. */
static enum watch_sight sight_of(const struct partition *p, const struct offsets *asked)
{
	if (p->state != PARTITION_READING || asked == NULL || !asked->known || asked->high < 0)
		return WATCH_UNKNOWN;
	return asked->high > p->settled + MARKERS_MAX ? WATCH_BEHIND : WATCH_CAUGHT_UP;
}

static bool moves(const struct partition *p)
{
	return p->watch.moved_ms == 0 || p->settled != p->watch.settled;
}

/* Asks for the ends of the logs of those that have not moved for half the time until the alarm. */
static size_t ask_ends(const struct watchdog *w, struct consumer *c, struct offsets *out)
{
	size_t n = 0;
	for (size_t i = 0; i < c->parts.n; i++) {
		struct partition *p = c->parts.items[i];
		if (p->state == PARTITION_READING && !moves(p) &&
		    w->now_ms - p->watch.moved_ms >= w->limits->stall_alarm_ms / 2)
			out[n++] = (struct offsets){.partition = p, .high = -1, .known = true};
	}
	struct err e;
	if (n > 0 && offsets_ask_ends(c, out, n, ASK_MS, &e) != 0)
		log_debug("%s", e.msg);
	return n;
}

static void note_all(const struct watchdog *w, struct consumer *c)
{
	struct offsets *asked = xcalloc(c->parts.n + 1, sizeof *asked);
	size_t n = ask_ends(w, c, asked);
	for (size_t i = 0; i < c->parts.n; i++) {
		struct partition *p = c->parts.items[i];
		const struct offsets *found = NULL;
		for (size_t k = 0; k < n && found == NULL; k++)
			found = asked[k].partition == p ? &asked[k] : NULL;
		watchdog_note(w, p, sight_of(p, found));
	}
	free(asked);
}

static void tell(const struct watchdog *w, struct consumer *c, const struct watch_view *v,
		 enum watch_verdict verdict)
{
	const struct partition *p = v->worst;
	long long s = (long long)(w->now_ms - w->since_ms) / 1000;
	if (verdict == WATCH_ALARM) {
		stats_add(&c->stats->stalls, 1);
		log_error("ALARM: topic %s partition %d stands at offset %lld for %lld s, %s; the consumer "
			  "is made anew after %lld s",
			  p->topic, p->id, (long long)p->settled, s,
			  p->watch.behind ? "there are newer messages and no cause is known"
					  : "and Kafka does not tell the end of its log",
			  (long long)w->limits->stall_restart_ms / 1000);
	} else if (verdict == WATCH_ANEW) {
		log_error("Kafka: no progress for %lld s: the consumer is made anew, positions are read "
			  "anew",
			  s);
	} else if (verdict == WATCH_RECOVERED) {
		log_info("Kafka: %s", v->partitions > 0 ? "the partitions move again"
							: "the partitions that stood still are others' now");
	}
}

enum watch_verdict watchdog_look(struct watchdog *w, struct consumer *c, const struct sinks *s,
				 int64_t delivering_ms)
{
	int64_t every = w->limits->stall_alarm_ms / LOOKS;
	int64_t now = clock_mono_ms();
	int64_t passed = now - w->looked_ms;
	every = every > LOOK_MAX_MS ? LOOK_MAX_MS : every;
	if (w->looked_ms != 0 && passed < every)
		return WATCH_GO_ON;
	bool held = (delivering_ms != 0 && now - delivering_ms >= every) || sinks_fail(s);
	if (delivering_ms != 0 && !held)
		return WATCH_GO_ON;        /* as usual: the worker looks when it is done */
	int64_t most = 2 * every + ASK_MS; /* longer between two looks: the process was frozen */
	watchdog_pass(w, w->looked_ms == 0 ? 0 : passed > most ? most : passed, held, consumer_backlogged(c));
	w->looked_ms = now;
	if (!held)
		note_all(w, c);
	struct watch_view view;
	watchdog_sum(w, &c->parts, &view);
	enum watch_verdict verdict = watchdog_decide(w, &view);
	tell(w, c, &view, verdict);
	return verdict;
}
