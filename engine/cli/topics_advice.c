/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with topics, or may be; see topics.h. Pure: one rule a function, over one row and what the
 * brokers told. How it is said stands in topics_words.c.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quantity.h"
#include "cli/topics.h"
#include "event/event.h"

#define PARTITIONS_LEAST 16 /* 15 and more serve large installations; 16 is shared evenly by 2, 4 and 8 */
#define DAY_MS 86400000
#define SENT_AT_ONCE 1000000 /* bytes: batch.size of librdkafka, which the collectors are made with */
#define BROKER_BYTES 1048588 /* the broker's max.message.bytes, where no topic tells another */
#define LETTER_MORE 4096     /* bytes that a dead letter's headers add to its message */
#define UNEVEN_PERCENT 10    /* the busiest consumer has so much more than its share */

struct advice {
	const struct topics_view *v;
	struct topics_findings found;
};

static struct topics_finding *find_fault(struct advice *a, enum topics_kind kind,
					 const struct topics_row *row, const char *figure, ...)
	__attribute__((format(printf, 4, 5)));

static struct topics_finding *find_fault(struct advice *a, enum topics_kind kind,
					 const struct topics_row *row, const char *figure, ...)
{
	struct topics_findings *all = &a->found;
	va_list ap;
	all->items = xrealloc(all->items, (all->n + 1) * sizeof *all->items);
	struct topics_finding *f = &all->items[all->n++];
	*f = (struct topics_finding){.kind = kind, .topic = row != NULL ? row->name : NULL};
	va_start(ap, figure);
	vsnprintf(f->figure, sizeof f->figure, figure, ap);
	va_end(ap);
	return f;
}

static void set(struct topics_finding *f, const char *name, int64_t value)
{
	snprintf(f->setting, sizeof f->setting, "%s=%" PRId64, name, value);
}

/* Is there nothing at all to read? */
static bool reads_nothing(const struct topics_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->rows[i].readers != NULL && v->rows[i].topic != NULL && v->rows[i].topic->there)
			return false;
	return true;
}

/* What is not there: true, and there is nothing more to say. */
static bool check_presence(struct advice *a, const struct topics_row *row)
{
	if (row->elsewhere)
		return false;
	if (row->pattern)
		find_fault(a, TOPICS_NO_MATCH, row, "%s", "");
	else if (row->topic->refused)
		find_fault(a, TOPICS_REFUSED, row, "%s", "");
	else if (!row->topic->there)
		find_fault(a, row->named || reads_nothing(a->v) ? TOPICS_MISSING : TOPICS_UNUSED, row, "%s",
			   "");
	else
		return true;
	return false;
}

static void check_replicas(struct advice *a, const struct topics_row *row)
{
	const struct survey_topic *t = row->topic;
	int32_t least = survey_replication(t);
	size_t leaderless = 0;
	size_t behind = 0;
	for (size_t i = 0; i < t->n; i++) {
		leaderless += !t->parts[i].led;
		behind += t->parts[i].led && t->parts[i].in_sync < t->parts[i].replicas;
	}
	if (leaderless > 0)
		find_fault(a, TOPICS_LEADER, row, "%zu of %zu partitions", leaderless, t->n);
	if (behind > 0)
		find_fault(a, TOPICS_IN_SYNC, row, "%zu of %zu partitions", behind, t->n);
	if (least == 1)
		find_fault(a, TOPICS_SINGLE, row, "%s", "");
	if (least == 2 && a->v->survey->brokers + a->v->survey->away > 2)
		find_fault(a, TOPICS_DOUBLE, row, "%s", "");
}

static void check_in_sync(struct advice *a, const struct topics_row *row)
{
	int64_t least = row->topic->settings.min_in_sync;
	int32_t replicas = survey_replication(row->topic);
	if (replicas > 1 && least >= replicas)
		set(find_fault(a, TOPICS_WRITES, row, "%" PRId64 " of %d", least, replicas),
		    "min.insync.replicas", replicas - 1);
	if (replicas > 2 && least < 2)
		set(find_fault(a, TOPICS_ONE_COPY, row, "%" PRId64 " of %d", least, replicas),
		    "min.insync.replicas", 2);
	if (row->topic->settings.unclean)
		snprintf(find_fault(a, TOPICS_UNCLEAN, row, "%s", "")->setting, 64,
			 "unclean.leader.election.enable=false");
}

static void check_kept(struct advice *a, const struct topics_row *row)
{
	const struct survey_settings *s = &row->topic->settings;
	char text[QUANTITY_MAX];
	if (s->compact)
		snprintf(find_fault(a, TOPICS_COMPACT, row, "%s", "")->setting, 64, "cleanup.policy=delete");
	if (row->readers == NULL)
		return;
	if (s->retention_ms >= 0 && s->retention_ms < a->v->outage_ms)
		set(find_fault(a, TOPICS_RETENTION, row, "%s", quantity_duration_text(s->retention_ms, text)),
		    "retention.ms", topics_retention(a->v));
	if (s->broker_time)
		snprintf(find_fault(a, TOPICS_TIME, row, "%s", "")->setting, 64,
			 "message.timestamp.type=CreateTime");
}

/* The youngest of the oldest messages of partitions that have lost some already: so far back the log reaches
 * there. EVENT_NO_TIME: nothing was deleted yet. */
static int64_t reaches_back(const struct survey_topic *t)
{
	int64_t newest = EVENT_NO_TIME;
	for (size_t i = 0; i < t->n; i++)
		if (t->parts[i].low > 0 && t->parts[i].oldest_us != EVENT_NO_TIME &&
		    (newest == EVENT_NO_TIME || t->parts[i].oldest_us > newest))
			newest = t->parts[i].oldest_us;
	return newest;
}

/* Is retention.bytes what ends the messages' time? Only the past can tell. */
static void check_bytes(struct advice *a, const struct topics_row *row)
{
	const struct survey_settings *s = &row->topic->settings;
	int64_t since = reaches_back(row->topic);
	int64_t covers_ms = since != EVENT_NO_TIME ? (a->v->now_us - since) / 1000 : -1;
	char text[QUANTITY_MAX];
	if (row->readers == NULL || s->retention_bytes < 0 || covers_ms >= a->v->outage_ms)
		return;
	if (covers_ms >= 0 && (s->retention_ms < 0 || covers_ms < s->retention_ms))
		set(find_fault(a, TOPICS_CUT, row, "%" PRId64 " min", covers_ms / 60000), "retention.bytes",
		    -1);
	else
		find_fault(a, TOPICS_BYTES, row, "%s a partition",
			   quantity_size_text(s->retention_bytes, text));
}

static void check_lost(struct advice *a, const struct topics_row *row)
{
	const struct survey_topic *t = row->topic;
	int64_t lost = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->parts[i].committed >= 0 && t->parts[i].low > t->parts[i].committed)
			lost += t->parts[i].low - t->parts[i].committed;
	if (lost > 0)
		find_fault(a, TOPICS_LOST, row, "at most %" PRId64, lost);
}

int64_t topics_letter_bytes(const struct topics_view *v)
{
	int64_t most = 0;
	for (size_t i = 0; i < v->n; i++) {
		const struct topics_row *row = &v->rows[i];
		if (row->readers != NULL && row->topic != NULL && row->topic->settings.max_bytes > most)
			most = row->topic->settings.max_bytes;
	}
	return (most > 0 ? most : BROKER_BYTES) + LETTER_MORE;
}

static void check_size(struct advice *a, const struct topics_row *row)
{
	int64_t most = row->topic->settings.max_bytes;
	int64_t sent = row->bytes > 0 ? row->bytes : SENT_AT_ONCE;
	int64_t letter = row->letters ? topics_letter_bytes(a->v) : 0;
	if (most < sent)
		set(find_fault(a, TOPICS_SMALL, row, "%" PRId64 " of %" PRId64, most, sent),
		    "max.message.bytes", sent + LETTER_MORE);
	else if (most < letter)
		set(find_fault(a, TOPICS_LETTERS, row, "%" PRId64 " of %" PRId64, most, letter),
		    "max.message.bytes", letter);
}

/* The next multiple of the consumers. */
static int64_t round_up(int64_t partitions, int64_t consumers)
{
	int64_t over = consumers > 0 ? partitions % consumers : 0;
	return over > 0 ? partitions + consumers - over : partitions;
}

static void check_share(struct advice *a, const struct topics_row *row)
{
	int64_t n = (int64_t)row->topic->n;
	int64_t consumers = topics_consumers(a->v);
	int64_t most = (n + consumers - 1) / consumers;
	if (row->readers == NULL || n == 0)
		return;
	if (n < consumers)
		find_fault(a, TOPICS_NARROW, row, "%" PRId64 " for %" PRId64, n, consumers)->partitions =
			round_up(n, consumers);
	else if (most * consumers * 100 > n * (100 + UNEVEN_PERCENT))
		find_fault(a, TOPICS_UNEVEN, row, "%" PRId64 " for %" PRId64, n, consumers)->partitions =
			round_up(n, consumers);
}

static void check_idle(struct advice *a)
{
	const struct topics_view *v = a->v;
	int64_t partitions = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->rows[i].readers != NULL && v->rows[i].topic != NULL)
			partitions += (int64_t)v->rows[i].topic->n;
	if (!v->partial && partitions > 0 && partitions < topics_consumers(v))
		find_fault(a, TOPICS_IDLE, NULL, "%" PRId64 " of %" PRId64, topics_consumers(v) - partitions,
			   topics_consumers(v));
}

static void check_row(struct advice *a, const struct topics_row *row)
{
	if (!check_presence(a, row))
		return;
	check_replicas(a, row);
	if (row->offsets)
		return;
	check_lost(a, row);
	check_share(a, row);
	if (!row->topic->settings.known)
		return;
	check_in_sync(a, row);
	check_kept(a, row);
	check_bytes(a, row);
	check_size(a, row);
}

static int by_kind(const void *a, const void *b)
{
	const struct topics_finding *x = a;
	const struct topics_finding *y = b;
	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : (x->place > y->place) - (x->place < y->place);
}

struct topics_findings topics_advise(const struct topics_view *v)
{
	struct advice a = {.v = v};
	for (size_t i = 0; i < v->n; i++)
		check_row(&a, &v->rows[i]);
	check_idle(&a);
	for (size_t i = 0; i < a.found.n; i++)
		a.found.items[i].place = i;
	if (a.found.n > 0)
		qsort(a.found.items, a.found.n, sizeof *a.found.items, by_kind);
	return a.found;
}

bool topics_is_warning(enum topics_kind kind)
{
	static const bool warnings[] = {
#define X(name, warning) warning,
		TOPICS_KINDS(X)
#undef X
	};
	return warnings[kind];
}

int64_t topics_consumers(const struct topics_view *v)
{
	int64_t members = (int64_t)v->survey->members;
	int64_t most = members > v->workers ? members : v->workers;
	return most > 0 ? most : 1;
}

int64_t topics_partitions(const struct topics_view *v)
{
	return round_up(PARTITIONS_LEAST, topics_consumers(v));
}

int64_t topics_retention(const struct topics_view *v)
{
	return 2 * v->outage_ms > 7 * (int64_t)DAY_MS ? 2 * v->outage_ms : 7 * (int64_t)DAY_MS;
}
