/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the broker where partitions begin and end; see offsets.h.
 */
#include "stream/offsets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"

#define ASK_SLICE_MS 20
#define TOPIC_IDS_MS 1000
#define TOPICS_MAX 256 /* topic ids asked for at once; further topics go without the check */

/* Waits for one admin answer; NULL with e at the deadline or when disturbed. The caller destroys the event.
 */
static rd_kafka_event_t *await_answer(struct consumer *c, rd_kafka_queue_t *q, int64_t deadline,
				      const char *what, struct err *e)
{
	for (;;) {
		rd_kafka_event_t *ev = rd_kafka_queue_poll(q, ASK_SLICE_MS);
		if (ev != NULL && rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR_NO_ERROR)
			return ev;
		if (ev != NULL) {
			err_set(e, ERR_KAFKA, "Kafka: %s: %s", what, rd_kafka_event_error_string(ev));
			rd_kafka_event_destroy(ev);
			return NULL;
		}
		consumer_serve(c, 0);
		if (consumer_disturbed(c) || clock_mono_ms() >= deadline) {
			err_set(e, ERR_KAFKA, "Kafka: %s: no answer in time", what);
			return NULL;
		}
	}
}

static rd_kafka_AdminOptions_t *admin_options(struct consumer *c, rd_kafka_admin_op_t op, int64_t deadline)
{
	rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(c->rk, op);
	int64_t left = deadline - clock_mono_ms();
	char text[128];
	rd_kafka_AdminOptions_set_request_timeout(o, left > 1 ? (int)left : 1, text, sizeof text);
	return o;
}

static struct offsets *entry_of(struct offsets *all, size_t n, const char *topic, int32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].partition->id == id && strcmp(all[i].partition->topic, topic) == 0)
			return &all[i];
	return NULL;
}

/* END_READABLE: like END_HIGH, but not beyond an open transaction. */
enum end { END_LOW, END_HIGH, END_READABLE };

/* One end of the logs. */
static int ask_end(struct consumer *c, struct offsets *all, size_t n, enum end end, int64_t deadline,
		   struct err *e)
{
	bool high = end != END_LOW;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
	for (size_t i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, all[i].partition->topic, all[i].partition->id)
			->offset = high ? RD_KAFKA_OFFSET_SPEC_LATEST : RD_KAFKA_OFFSET_SPEC_EARLIEST;
	rd_kafka_queue_t *q = rd_kafka_queue_new(c->rk);
	rd_kafka_AdminOptions_t *options = admin_options(c, RD_KAFKA_ADMIN_OP_LISTOFFSETS, deadline);
	if (end == END_READABLE) {
		rd_kafka_error_t *error =
			rd_kafka_AdminOptions_set_isolation_level(options,
								  RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
		if (error != NULL)
			rd_kafka_error_destroy(error);
	}
	rd_kafka_ListOffsets(c->rk, list, options, q);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_event_t *ev = await_answer(c, q, deadline, "asking for the ends of the partitions", e);
	size_t count = 0;
	const rd_kafka_ListOffsetsResultInfo_t **infos = NULL;
	if (ev != NULL)
		infos = rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(ev), &count);
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_topic_partition_t *tp =
			rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
		struct offsets *entry = entry_of(all, n, tp->topic, tp->partition);
		if (entry == NULL)
			continue;
		if (high)
			entry->high = tp->offset;
		else
			entry->low = tp->offset;
		entry->known = entry->known && tp->err == RD_KAFKA_RESP_ERR_NO_ERROR && tp->offset >= 0;
	}
	if (ev != NULL)
		rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
	return ev != NULL ? 0 : -1;
}

static bool name_seen(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The ids of the topics: a topic that was deleted and made anew has another one. Brokers before 2.8 do not
 * tell. */
static void ask_topic_ids(struct consumer *c, struct offsets *all, size_t n, int64_t deadline)
{
	const char *names[TOPICS_MAX];
	size_t name_count = 0;
	for (size_t i = 0; i < n && name_count < TOPICS_MAX; i++)
		if (!name_seen(names, name_count, all[i].partition->topic))
			names[name_count++] = all[i].partition->topic;
	rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(names, name_count);
	rd_kafka_queue_t *q = rd_kafka_queue_new(c->rk);
	rd_kafka_AdminOptions_t *options = admin_options(c, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, deadline);
	rd_kafka_DescribeTopics(c->rk, topics, options, q);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_TopicCollection_destroy(topics);
	struct err e;
	rd_kafka_event_t *ev = await_answer(c, q, deadline, "asking for topic ids", &e);
	size_t count = 0;
	const rd_kafka_TopicDescription_t **found = NULL;
	if (ev != NULL)
		found = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev),
							      &count);
	else
		log_debug("%s", e.msg);
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(found[i]);
		const char *text = id != NULL ? rd_kafka_Uuid_base64str(id) : NULL;
		bool zero = id == NULL || (rd_kafka_Uuid_most_significant_bits(id) == 0 &&
					   rd_kafka_Uuid_least_significant_bits(id) == 0);
		for (size_t k = 0; k < n && !zero && text != NULL; k++)
			if (strcmp(all[k].partition->topic, rd_kafka_TopicDescription_name(found[i])) == 0)
				snprintf(all[k].topic_id, sizeof all[k].topic_id, "%s", text);
	}
	if (ev != NULL)
		rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
}

static int ask_committed(struct consumer *c, struct offsets *all, size_t n, int64_t deadline, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
	for (size_t i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, all[i].partition->topic, all[i].partition->id);
	int64_t left = deadline - clock_mono_ms();
	rd_kafka_resp_err_t code = rd_kafka_committed(c->rk, list, left > 1 ? (int)left : 1);
	for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *tp = &list->elems[i];
		struct offsets *entry = entry_of(all, n, tp->topic, tp->partition);
		if (entry == NULL)
			continue;
		entry->committed = tp->offset >= 0 ? tp->offset : -1;
		entry->known = entry->known && tp->err == RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	rd_kafka_topic_partition_list_destroy(list);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_KAFKA, "Kafka: asking for the group's offsets: %s",
			       rd_kafka_err2str(code));
	return 0;
}

/* Does the topic have another id than when the partition was taken up? */
static bool other_id(const struct offsets *o)
{
	return o->topic_id[0] != '\0' && o->partition->topic_id[0] != '\0' &&
	       strcmp(o->topic_id, o->partition->topic_id) != 0;
}

int offsets_ask(struct consumer *c, struct offsets *out, size_t max, int timeout_ms, struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < c->parts.n && n < max; i++)
		if (c->parts.items[i]->state == PARTITION_WAITING)
			out[n++] =
				(struct offsets){.partition = c->parts.items[i],
						 .low = -1,
						 .high = -1,
						 .committed = -1,
						 .settled = c->parts.items[i]->settled,
						 .added = former_added(&c->former, c->parts.items[i]->topic,
								       c->parts.items[i]->id),
						 .known = true};
	if (n == 0)
		return 0;
	int64_t deadline = clock_mono_ms() + timeout_ms;
	if (ask_end(c, out, n, END_LOW, deadline, e) != 0 || ask_end(c, out, n, END_HIGH, deadline, e) != 0 ||
	    ask_committed(c, out, n, deadline, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i].known = out[i].known && out[i].low >= 0 && out[i].high >= 0;
	/* Not every broker tells; the answer is not worth a long wait. */
	int64_t soon = clock_mono_ms() + TOPIC_IDS_MS;
	ask_topic_ids(c, out, n, soon < deadline ? soon : deadline);
	for (size_t i = 0; i < n; i++)
		if (other_id(&out[i])) { /* that was another log */
			out[i].settled = -1;
			out[i].added = true;
		}
	return (int)n;
}

int offsets_ask_ends(struct consumer *c, struct offsets *entries, size_t n, int timeout_ms, struct err *e)
{
	return ask_end(c, entries, n, END_READABLE, clock_mono_ms() + timeout_ms, e);
}

void offsets_check_topics(struct consumer *c)
{
	struct offsets *now = xcalloc(c->parts.n + 1, sizeof *now);
	size_t n = 0;
	for (size_t i = 0; i < c->parts.n; i++)
		if (c->parts.items[i]->state == PARTITION_READING && c->parts.items[i]->topic_id[0] != '\0')
			now[n++] = (struct offsets){.partition = c->parts.items[i]};
	if (n > 0)
		ask_topic_ids(c, now, n, clock_mono_ms() + TOPIC_IDS_MS);
	for (size_t i = 0; i < n; i++)
		c->out_of_place = c->out_of_place || other_id(&now[i]);
	free(now);
}
