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
	return start == START_LATEST ? kafka->high : kafka->low;
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

/* Rows of all transactional outputs for all partitions: rows[k * n + i] is output k's row of entry i. */
struct row_table {
	struct position *rows;
	size_t sink[OUTPUTS_MAX]; /* place of output k among the sinks */
	size_t outputs;
};

/* Reads (and where missing makes) the rows. */
static int read_rows(struct sinks *s, const struct offsets *entries, size_t n, enum start_at start,
		     struct row_table *t, struct err *e)
{
	t->rows = xcalloc(n * s->n + 1, sizeof *t->rows);
	for (size_t k = 0; k < s->n; k++) {
		struct sink *sink = &s->items[k];
		if (!sink->type->transactional)
			continue;
		struct position *rows = t->rows + t->outputs * n;
		for (size_t i = 0; i < n; i++) {
			rows[i] = (struct position){.topic = entries[i].partition->topic,
						    .partition = entries[i].partition->id,
						    .offset = start_without_row(&entries[i], start),
						    .timestamp = EVENT_NO_TIME};
			snprintf(rows[i].topic_id, sizeof rows[i].topic_id, "%s", entries[i].topic_id);
		}
		struct output_result r;
		sink_open(sink, &r);
		if (r.verdict == OUTPUT_OK)
			sink->type->positions(sink->out, rows, n, &r);
		if (r.verdict != OUTPUT_OK) {
			sink_failed(sink, &r);
			*e = r.why;
			return err_prefix(e, "output %s", sink->config->name);
		}
		sink_worked(sink);
		t->sink[t->outputs++] = k;
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

static void apply(struct consumer *c, const struct sinks *s, const struct offsets *entries, size_t n,
		  size_t i, const struct row_table *t, enum start_at start)
{
	const struct position *rows[OUTPUTS_MAX];
	bool others = false;
	for (size_t k = 0; k < s->n; k++)
		others = others || (s->items[k].type->takes_events && !s->items[k].type->transactional &&
				    !s->items[k].config->best_effort);
	for (size_t k = 0; k < t->outputs; k++)
		rows[k] = &t->rows[k * n + i];
	struct start_choice choice = start_choose(&entries[i], rows, t->outputs, others, start);
	report(c, &entries[i], &choice);

	struct partition *p = entries[i].partition;
	p->state = choice.state;
	p->next = choice.offset;
	p->settled = choice.state == PARTITION_POSITIONED ? choice.offset : -1;
	p->committed = entries[i].committed;
	memcpy(p->topic_id, entries[i].topic_id, sizeof p->topic_id);
	for (size_t k = 0; k < OUTPUTS_MAX; k++)
		p->taken[k] = choice.offset;
	for (size_t k = 0; k < t->outputs; k++)
		p->taken[t->sink[k]] = rows[k]->offset;
}

int start_partitions(struct consumer *c, struct sinks *s, enum start_at start, struct err *e)
{
	size_t max = partitions_count(&c->parts, PARTITION_WAITING);
	if (max == 0)
		return 0;
	struct offsets *entries = xcalloc(max, sizeof *entries);
	struct row_table table = {0};
	int n = offsets_ask(c, entries, max, ASK_MS, e);
	int known = 0;
	for (int i = 0; i < n; i++) /* those without a leader just now are asked for again */
		if (entries[i].known)
			entries[known++] = entries[i];
	int rc = n < 0 ? -1 : read_rows(s, entries, (size_t)known, start, &table, e);
	if (rc == 0)
		for (int i = 0; i < known; i++)
			apply(c, s, entries, (size_t)known, (size_t)i, &table, start);
	if (rc == 0 && known < n)
		rc = err_set(e, ERR_KAFKA, "Kafka: %d partitions have no leader or cannot be read just now",
			     n - known);
	free(table.rows);
	free(entries);
	return rc;
}
