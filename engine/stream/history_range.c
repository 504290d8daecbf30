/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks Kafka for the offsets of two times, and the target for its watermarks; see history_range.h.
 */
#include "stream/history_range.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define ASK_MS 10000
#define OPEN_MS 15000

/* How many partitions the topic has; -1 with e. */
static int count_partitions(struct consumer *c, const char *topic, struct err *e)
{
	const struct rd_kafka_metadata *all = NULL;
	rd_kafka_topic_t *one = rd_kafka_topic_new(c->rk, topic, NULL);
	rd_kafka_resp_err_t code = rd_kafka_metadata(c->rk, 0, one, &all, ASK_MS);
	rd_kafka_topic_destroy(one);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_KAFKA, "Kafka: partitions of %s: %s", topic, rd_kafka_err2str(code));
	int n = all->topic_cnt > 0 && all->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR
			? all->topics[0].partition_cnt
			: 0;
	rd_kafka_metadata_destroy(all);
	if (n == 0)
		return err_set(e, ERR_CONFIG, "topic %s is not on the cluster; check --topic", topic);
	return n;
}

/* One question about partitions: by a time in milliseconds, or RD_KAFKA_OFFSET_END. Fills the list's offsets;
 * each negative one is a time that no message reaches. */
static int ask_list(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(c->rk, list, ASK_MS);
	for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		code = list->elems[i].err;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return err_set(e, ERR_KAFKA, "Kafka: offsets of %s by time: %s", list->elems[0].topic,
		       rd_kafka_err2str(code));
}

/* The first offset of each partition whose message is not older; behind the log's last message there is
 * none: then its end. Not rd_kafka_query_watermark_offsets(): when one of its two questions fails, the answer
 * of the other stands for both (librdkafka 2.8), and messages would be left out without a word. */
static int ask_time(struct consumer *c, const char *topic, int64_t us, int64_t *offsets, size_t n,
		    struct err *e)
{
	int64_t ms = us / 1000 + (us % 1000 > 0); /* Kafka's times are milliseconds */
	for (size_t i = 0; i < n; i++)
		offsets[i] = -1;
	for (int round = 0; round < 2; round++) {
		rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
		for (size_t i = 0; i < n; i++)
			if (offsets[i] < 0)
				rd_kafka_topic_partition_list_add(list, topic, (int32_t)i)->offset =
					round == 0 ? ms : RD_KAFKA_OFFSET_END;
		int rc = list->cnt > 0 ? ask_list(c, list, e) : 0;
		for (int i = 0; i < list->cnt && rc == 0; i++)
			offsets[list->elems[i].partition] = list->elems[i].offset;
		rd_kafka_topic_partition_list_destroy(list);
		if (rc != 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (offsets[i] < 0)
			return err_set(e, ERR_KAFKA,
				       "Kafka: %s [%zu]: the broker does not tell its end; try again", topic,
				       i);
	return 0;
}

int history_range_ask(const struct history_config *config, struct sink *target, history_call *call, void *ctx,
		      struct err *e)
{
	int64_t deadline = clock_mono_ms() + OPEN_MS;
	for (;;) {
		struct output_result r;
		sink_open(target, &r);
		if (r.verdict == OUTPUT_OK)
			call(target, ctx, &r);
		if (r.verdict == OUTPUT_OK) {
			sink_worked(target);
			return 0;
		}
		int64_t delay = sink_failed(target, &r);
		if (!r.alarm && clock_mono_ms() < deadline &&
		    output_wait(config->host, -1, 0, clock_mono_ms() + delay) >= 0)
			continue;
		*e = r.why;
		return err_prefix(e, "output %s", target->config->name);
	}
}

/* What the target itself has taken of the topic. */
struct live {
	const char *cluster;
	const char *topic;
	int64_t *marks; /* 0 = none */
	size_t n;
	bool any;
	enum output_identity identity;
};

static void take_mark(void *ctx, const struct output_mark *m)
{
	struct live *live = ctx;
	if (strcmp(m->topic, live->topic) != 0 || strcmp(m->cluster, live->cluster) != 0)
		return;
	live->any = true;
	if (m->partition >= 0 && (size_t)m->partition < live->n)
		live->marks[m->partition] = m->offset;
}

static void ask_live(struct sink *s, void *ctx, struct output_result *r)
{
	struct live *live = ctx;
	output_ok(r, 0);
	if (s->type->identity != NULL)
		s->type->identity(s->out, &live->identity, r);
	if (r->verdict == OUTPUT_OK)
		s->type->list_marks(s->out, take_mark, live, r);
}

struct rows {
	struct position *items;
	size_t n;
};

static void ask_rows(struct sink *s, void *ctx, struct output_result *r)
{
	struct rows *rows = ctx;
	s->type->positions(s->out, rows->items, rows->n, r);
}

/* A live target gets what lies behind its watermark by itself: nothing of that is replayed, so that both
 * never store the same. */
static int cut_live(struct history_range *range, const struct history_config *config, struct consumer *c,
		    struct sink *target, struct err *e)
{
	struct live live = {.cluster = c->cluster_id,
			    .topic = config->topic,
			    .marks = xcalloc(range->n, sizeof *live.marks),
			    .n = range->n};
	int rc = history_range_ask(config, target, ask_live, &live, e);
	for (size_t i = 0; i < range->n && live.any; i++)
		if (live.marks[i] < range->ends[i])
			range->ends[i] = live.marks[i];
	free(live.marks);
	range->live = live.any;
	range->identity = live.identity;
	if (rc == 0 && live.any && target->type->known == NULL)
		return err_set(e, ERR_CONFIG,
			       "output %s has taken topic %s itself, and type %s cannot tell which events it "
			       "holds: a replay would write events twice; name another target",
			       config->target->name, config->topic, target->type->name);
	if (rc == 0 && live.any && live.identity == IDENTITY_NONE)
		return err_set(e, ERR_CONFIG,
			       "output %s has taken topic %s itself, and its tables lack the columns topic, "
			       "partition, offset and idx that tell what they hold: a replay would store "
			       "events twice; name another target, or add these columns before the next time",
			       config->target->name, config->topic);
	return rc;
}

/* Where each partition begins: the time's offset, or where an earlier run stopped. */
static int take_rows(struct history_range *range, const struct history_config *config, struct consumer *c,
		     struct sink *target, const int64_t *starts, struct err *e)
{
	struct rows rows = {.items = xcalloc(range->n, sizeof *rows.items), .n = range->n};
	for (size_t i = 0; i < range->n; i++)
		rows.items[i] = (struct position){.topic = config->topic,
						  .partition = (int32_t)i,
						  .offset = starts[i],
						  .timestamp = EVENT_NO_TIME};
	target->env.name = config->name;
	int rc = history_range_ask(config, target, ask_rows, &rows, e);
	for (size_t i = 0; i < range->n && rc == 0; i++) {
		struct partition *p = partitions_add(&c->parts, config->topic, (int32_t)i);
		p->next = p->settled = p->committed = rows.items[i].offset;
		for (size_t k = 0; k < OUTPUTS_MAX; k++)
			p->taken[k] = p->next;
		p->state = p->next < range->ends[i] ? PARTITION_POSITIONED : PARTITION_STOPPED;
		range->resumed = range->resumed || !rows.items[i].born;
	}
	free(rows.items);
	return rc;
}

int history_range_find(struct history_range *range, const struct history_config *config, struct consumer *c,
		       struct sink *target, struct err *e)
{
	int n = count_partitions(c, config->topic, e);
	*range = (struct history_range){0};
	if (n < 0)
		return -1;
	range->n = (size_t)n;
	range->ends = xcalloc(range->n, sizeof *range->ends);
	int64_t *starts = xcalloc(range->n, sizeof *starts);
	int rc = ask_time(c, config->topic, config->from, starts, range->n, e);
	if (rc == 0)
		rc = ask_time(c, config->topic, config->to, range->ends, range->n, e);
	if (rc == 0)
		rc = cut_live(range, config, c, target, e);
	if (rc == 0)
		rc = take_rows(range, config, c, target, starts, e);
	free(starts);
	return rc;
}

void history_range_free(struct history_range *range)
{
	free(range->ends);
	*range = (struct history_range){0};
}
