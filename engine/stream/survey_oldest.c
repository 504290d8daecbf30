/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the first message that each partition keeps, for its time: how far back a log really reaches, when
 * its bytes are bounded, the broker tells in no other way. Bounded; what has not come by then stays unknown.
 */
#include "base/clock.h"
#include "event/event.h"
#include "stream/survey.h"

#define READ_MS 3000
#define SLICE_MS 100

static rd_kafka_topic_partition_list_t *filled(const struct survey *s)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->topics[i].n; k++) {
			const struct survey_partition *p = &s->topics[i].parts[k];
			if (p->low >= 0 && p->end > p->low)
				rd_kafka_topic_partition_list_add(list, s->topics[i].name, (int32_t)k)
					->offset = p->low;
		}
	return list;
}

/* Is it the first of its partition? Then no more of that one is wanted. */
static bool take(struct survey *s, rd_kafka_t *rk, const rd_kafka_message_t *m)
{
	struct survey_topic *t = m->rkt != NULL ? survey_find(s, rd_kafka_topic_name(m->rkt)) : NULL;
	rd_kafka_timestamp_type_t type;
	if (t == NULL || m->partition < 0 || (size_t)m->partition >= t->n || m->err != 0)
		return false;
	struct survey_partition *p = &t->parts[m->partition];
	int64_t ms = rd_kafka_message_timestamp(m, &type);
	if (p->oldest_us != EVENT_NO_TIME || ms < 0 || ms > INT64_MAX / 1000)
		return false;
	p->oldest_us = ms * 1000;
	rd_kafka_topic_partition_list_t *seen = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(seen, t->name, m->partition);
	rd_kafka_pause_partitions(rk, seen);
	rd_kafka_topic_partition_list_destroy(seen);
	return true;
}

void survey_oldest(struct survey_link *l, struct survey *s)
{
	rd_kafka_t *rk = l->consumer.rk;
	rd_kafka_topic_partition_list_t *list = filled(s);
	int left = list->cnt;
	int64_t deadline = clock_mono_ms() + READ_MS;
	if (left > 0 && rd_kafka_assign(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		left = 0;
	while (left > 0 && clock_mono_ms() < deadline) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, SLICE_MS);
		if (m == NULL)
			continue;
		left -= take(s, rk, m);
		rd_kafka_message_destroy(m);
	}
	rd_kafka_assign(rk, NULL);
	rd_kafka_topic_partition_list_destroy(list);
}
