/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides where partitions start; see start.h.
 */
#include "stream/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"

#define ASK_MS 3000

int64_t start_without_row(const struct offsets *kafka, enum start_at start)
{
	/* A commit may have failed: what this worker knows to be settled is neither repeated nor, with
	 * `latest`, skipped. */
	int64_t known = kafka->settled > kafka->committed ? kafka->settled : kafka->committed;
	if (known >= 0)
		return known;
	return start == START_LATEST && !kafka->added ? kafka->high : kafka->low;
}

enum start_from start_from(const struct offsets *kafka, const struct start_choice *choice,
			   enum start_at start)
{
	if (kafka->committed >= 0 || kafka->settled >= 0)
		return START_FROM_GROUP;
	if (choice->row != NULL && !choice->row->born)
		return START_FROM_OUTPUTS;
	if (kafka->added)
		return START_FROM_ADDED;
	return start == START_LATEST ? START_FROM_LATEST : START_FROM_EARLIEST;
}

static bool other_topic(const struct offsets *kafka, const struct position *row)
{
	return kafka->topic_id[0] != '\0' && row->topic_id[0] != '\0' &&
	       strcmp(kafka->topic_id, row->topic_id) != 0;
}

struct start_choice start_choose(const struct offsets *kafka, const struct position *const *rows,
				 size_t row_count, bool others, enum start_at start)
{
	struct start_choice choice = {.state = PARTITION_POSITIONED, .offset = INT64_MAX};
	if (others || row_count == 0)
		choice.offset = start_without_row(kafka, start);
	for (size_t i = 0; i < row_count; i++) {
		const struct position *row = rows[i];
		if (row->offset < choice.offset) {
			choice.offset = row->offset;
			choice.row = row;
		}
		if (!row->born && other_topic(kafka, row)) {
			choice.state = PARTITION_STOPPED;
			choice.row = row;
			choice.alarm = "the topic was deleted and made anew since";
			return choice;
		}
		if (row->offset > kafka->high) {
			choice.state = PARTITION_STOPPED;
			choice.row = row;
			choice.alarm =
				"the watermark lies above the end of the log: the topic was made anew or cut";
			return choice;
		}
	}
	if (choice.offset > kafka->high) {
		choice.state = PARTITION_STOPPED;
		choice.alarm =
			"the group's offset lies above the end of the log: the topic was made anew or cut";
		return choice;
	}
	if (choice.offset < kafka->low) {
		choice.gap = kafka->low - choice.offset;
		choice.offset = kafka->low;
	}
	return choice;
}

/* The partitions that are asked for now, and how they are decided. */
struct taking {
	struct consumer *consumer;
	struct sinks *sinks;
	const struct kafka_settings *settings;
	struct offsets *entries;
	enum start_from *from; /* one an entry; of stopped ones START_FROM_GROUP */
	size_t n;
};

static enum start_at option_start(const struct taking *t)
{
	return (enum start_at)t->settings->start;
}

/* An output knows one of these partitions: the others of its topic, if unknown, were added since. */
static void note_mark(void *ctx, const struct output_mark *mark)
{
	const struct taking *t = ctx;
	bool ours = false;
	for (size_t i = 0; i < t->n && !ours; i++)
		ours = t->entries[i].partition->id == mark->partition &&
		       strcmp(t->entries[i].partition->topic, mark->topic) == 0 &&
		       strcmp(t->consumer->cluster_id, mark->cluster) == 0;
	for (size_t i = 0; i < t->n && ours; i++)
		if (strcmp(t->entries[i].partition->topic, mark->topic) == 0)
			t->entries[i].added = true;
}

/* Rows of all transactional outputs for all partitions: rows[k * n + i] is output k's row of entry i. */
struct row_table {
	struct position *rows;
	size_t sink[OUTPUTS_MAX]; /* place of output k among the sinks */
	size_t outputs;
};

static int failed(struct sink *sink, const struct output_result *r, struct err *e)
{
	sink_failed(sink, r);
	*e = r->why;
	return err_prefix(e, "output %s", sink->config->name);
}

/* For `latest`, before rows are made: marks the entries of topics that an output knows. */
static int read_marks(struct taking *t, struct err *e)
{
	for (size_t k = 0; option_start(t) == START_LATEST && k < t->sinks->n; k++) {
		struct sink *sink = &t->sinks->items[k];
		struct output_result r;
		if (!sink->type->transactional || sink->type->group_marks)
			continue;
		sink_open(sink, &r);
		if (r.verdict == OUTPUT_OK)
			sink->type->list_marks(sink->out, note_mark, t, &r);
		if (r.verdict != OUTPUT_OK)
			return failed(sink, &r, e);
	}
	return 0;
}

/* Reads (and where missing makes) the rows. */
static int read_rows(struct taking *t, struct row_table *table, struct err *e)
{
	table->rows = xcalloc(t->n * t->sinks->n + 1, sizeof *table->rows);
	for (size_t k = 0; k < t->sinks->n; k++) {
		struct sink *sink = &t->sinks->items[k];
		if (!sink->type->transactional)
			continue;
		struct position *rows = table->rows + table->outputs * t->n;
		for (size_t i = 0; i < t->n; i++) {
			const struct offsets *entry = &t->entries[i];
			rows[i] = (struct position){.topic = entry->partition->topic,
						    .partition = entry->partition->id,
						    .offset = start_without_row(entry, option_start(t)),
						    .timestamp = EVENT_NO_TIME};
			snprintf(rows[i].topic_id, sizeof rows[i].topic_id, "%s", entry->topic_id);
		}
		struct output_result r;
		sink_open(sink, &r);
		if (r.verdict == OUTPUT_OK)
			sink->type->positions(sink->out, rows, t->n, &r);
		if (r.verdict != OUTPUT_OK)
			return failed(sink, &r, e);
		sink_worked(sink);
		table->sink[table->outputs++] = k;
	}
	return 0;
}

static void report(struct consumer *c, const struct offsets *kafka, const struct start_choice *choice)
{
	const struct partition *p = kafka->partition;
	if (choice->state == PARTITION_STOPPED) {
		stats_add(&c->stats->stopped, 1);
		log_error("ALARM: topic %s partition %d stopped: %s (watermark or group's offset %lld, log "
			  "%lld to %lld); see \"Stopped partitions\" in docs/operating.md",
			  p->topic, p->id, choice->alarm, (long long)choice->offset, (long long)kafka->low,
			  (long long)kafka->high);
		return;
	}
	if (choice->gap > 0) {
		stats_add(&c->stats->gaps, 1);
		stats_add(&c->stats->gap_messages, (uint64_t)choice->gap);
		log_error("ALARM: topic %s partition %d: offsets %lld to %lld were deleted by the topic's "
			  "retention before they were read: at most %lld messages are lost",
			  p->topic, p->id, (long long)(choice->offset - choice->gap),
			  (long long)choice->offset - 1, (long long)choice->gap);
	}
	if (choice->row != NULL && kafka->committed >= 0 && kafka->committed != choice->offset)
		log_info("topic %s partition %d: starts at the output's watermark %lld; the group's offset "
			 "%lld is not used",
			 p->topic, p->id, (long long)choice->offset, (long long)kafka->committed);
	else
		log_debug("topic %s partition %d: starts at %lld", p->topic, p->id,
			  (long long)choice->offset);
}

static void apply(struct taking *t, size_t i, const struct row_table *table)
{
	const struct sinks *s = t->sinks;
	const struct offsets *entry = &t->entries[i];
	const struct position *rows[OUTPUTS_MAX];
	bool others = false;
	for (size_t k = 0; k < s->n; k++)
		others = others || (s->items[k].type->takes_events && !s->items[k].type->transactional &&
				    !s->items[k].config->best_effort);
	for (size_t k = 0; k < table->outputs; k++)
		rows[k] = &table->rows[k * t->n + i];
	struct start_choice choice = start_choose(entry, rows, table->outputs, others, option_start(t));
	report(t->consumer, entry, &choice);
	t->from[i] = choice.state == PARTITION_STOPPED ? START_FROM_GROUP
						       : start_from(entry, &choice, option_start(t));

	struct partition *p = entry->partition;
	p->state = choice.state;
	p->next = choice.offset;
	p->settled = choice.state == PARTITION_POSITIONED ? choice.offset : -1;
	p->committed = entry->committed;
	memcpy(p->topic_id, entry->topic_id, sizeof p->topic_id);
	for (size_t k = 0; k < OUTPUTS_MAX; k++)
		p->taken[k] = choice.offset;
	for (size_t k = 0; k < table->outputs; k++)
		p->taken[table->sink[k]] = rows[k]->offset;
}

/* One line a topic and reason, for the first entry i of both: a group that was renamed, or a cluster that was
 * replaced, reads everything again, or skips it, without any other sign. */
static void tell(const struct taking *t, size_t i)
{
	static const char *const where[] = {
		[START_FROM_OUTPUTS] = "at the outputs' watermarks",
		[START_FROM_EARLIEST] = "at the earliest message (option start)",
		[START_FROM_LATEST] = "behind the latest message (option start)",
		[START_FROM_ADDED] = "at the earliest message, since the topic was known before",
	};
	const char *topic = t->entries[i].partition->topic;
	size_t count = 0;
	for (size_t k = 0; k < t->n; k++) {
		if (t->from[k] != t->from[i] || strcmp(t->entries[k].partition->topic, topic) != 0)
			continue;
		if (k < i)
			return;
		count++;
	}
	log_info("Kafka: group %s has no offset of topic %s in cluster %s: %zu of its partitions start %s",
		 t->settings->group, topic, t->consumer->cluster_id, count, where[t->from[i]]);
}

/* All of them: each gets its position, or none does. */
static int take(struct taking *t, struct err *e)
{
	struct row_table table = {0};
	int rc = read_marks(t, e);
	if (rc == 0)
		rc = read_rows(t, &table, e);
	t->from = xcalloc(t->n + 1, sizeof *t->from);
	for (size_t i = 0; rc == 0 && i < t->n; i++)
		apply(t, i, &table);
	for (size_t i = 0; rc == 0 && i < t->n; i++)
		if (t->from[i] != START_FROM_GROUP)
			tell(t, i);
	free(t->from);
	free(table.rows);
	return rc;
}

int start_partitions(struct consumer *c, struct sinks *s, const struct kafka_settings *settings,
		     struct err *e)
{
	size_t max = partitions_count(&c->parts, PARTITION_WAITING);
	if (max == 0)
		return 0;
	struct taking t = {.consumer = c, .sinks = s, .settings = settings};
	t.entries = xcalloc(max, sizeof *t.entries);
	int n = offsets_ask(c, t.entries, max, ASK_MS, e);
	for (int i = 0; i < n; i++) /* those without a leader just now are asked for again */
		if (t.entries[i].known)
			t.entries[t.n++] = t.entries[i];
	int rc = n < 0 ? -1 : take(&t, e);
	if (rc == 0 && (int)t.n < n)
		rc = err_set(e, ERR_KAFKA, "Kafka: %d partitions have no leader or cannot be read just now",
			     n - (int)t.n);
	free(t.entries);
	return rc;
}
