/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics by partition that this process owns. What is not known yet has no sample.
 */
#include <stdio.h>

#include "control/exposition.h"
#include "control/metrics.h"

struct place {
	char number[12];
	struct label labels[4];
};

static const struct label *labels_of(struct place *at, const struct figures_partition *p, const char *name,
				     const char *value)
{
	snprintf(at->number, sizeof at->number, "%d", p->view.id);
	at->labels[0] = (struct label){"topic", p->view.topic};
	at->labels[1] = (struct label){"partition", at->number};
	at->labels[2] = (struct label){name, value};
	at->labels[3] = (struct label){NULL, NULL};
	return at->labels;
}

/* An int64_t of the view at row->offset; negative = not known. */
static void write_offset(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct place at;
	for (size_t i = 0; i < f->partition_count; i++) {
		const struct figures_partition *p = &f->partitions[i];
		const char *view = (const char *)&p->view;
		int64_t value = *(const int64_t *)(const void *)(view + row->offset);
		if (value >= 0)
			exposition_count(out, row->name, labels_of(&at, p, NULL, NULL), (uint64_t)value);
	}
}

static void write_reading(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct place at;
	for (size_t i = 0; i < f->partition_count; i++)
		exposition_count(out, row->name, labels_of(&at, &f->partitions[i], NULL, NULL),
				 f->partitions[i].view.state == PARTITION_READING);
}

static void write_lag(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct place at;
	for (size_t i = 0; i < f->partition_count; i++) {
		int64_t lag = view_lag(&f->partitions[i].view);
		if (lag >= 0)
			exposition_count(out, row->name, labels_of(&at, &f->partitions[i], NULL, NULL),
					 (uint64_t)lag);
	}
}

static void write_lag_seconds(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct place at;
	for (size_t i = 0; i < f->partition_count; i++) {
		int64_t lag_us = view_lag_us(&f->partitions[i].view, f->now_us);
		if (lag_us >= 0)
			exposition_us(out, row->name, labels_of(&at, &f->partitions[i], NULL, NULL), lag_us);
	}
}

static void write_watermarks(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct place at;
	for (size_t i = 0; i < f->partition_count; i++)
		for (size_t o = 0; o < f->output_count; o++) {
			const struct figures_partition *p = &f->partitions[i];
			const struct sink_config *sink = f->outputs[o].config;
			if (sink->type->takes_events && p->view.settled >= 0 && p->view.taken[o] >= 0)
				exposition_count(out, row->name, labels_of(&at, p, "output", sink->name),
						 (uint64_t)p->view.taken[o]);
		}
}

const struct metric metrics_partitions[] = {
	{"natmill_partition_reading", "gauge", "topic, partition",
	 "1 = it is read; 0 = its position is not known yet, or it is stopped with an alarm", write_reading,
	 0},
	{"natmill_partition_position", "gauge", "topic, partition",
	 "offset below which every required output has everything", write_offset,
	 offsetof(struct partition_view, settled)},
	{"natmill_partition_watermark", "gauge", "topic, partition, output",
	 "offset below which this output has everything", write_watermarks, 0},
	{"natmill_partition_committed", "gauge", "topic, partition", "offset committed to the group last",
	 write_offset, offsetof(struct partition_view, committed)},
	{"natmill_partition_end", "gauge", "topic, partition", "offset behind the last message in Kafka",
	 write_offset, offsetof(struct partition_view, end)},
	{"natmill_partition_lag_messages", "gauge", "topic, partition",
	 "messages in Kafka that are not settled", write_lag, 0},
	{"natmill_partition_lag_seconds", "gauge", "topic, partition",
	 "age of the oldest message that is not settled, by Kafka's time; 0 = there is none",
	 write_lag_seconds, 0},
	{.name = NULL},
};
