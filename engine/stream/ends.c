/* SPDX-License-Identifier: Apache-2.0
 *
 * Ends of logs, asked for without waiting; see ends.h.
 */
#include "stream/ends.h"

#include "base/clock.h"

#define ASK_EVERY_MS 2000
#define ANSWER_MS 10000 /* no answer counts after that */

static void take_answer(struct ends *e, struct partitions *parts)
{
	rd_kafka_event_t *ev = rd_kafka_queue_poll(e->answers, 0);
	if (ev == NULL)
		return;
	size_t n = 0;
	const rd_kafka_ListOffsetsResultInfo_t **infos = NULL;
	if (rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR_NO_ERROR)
		infos = rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(ev), &n);
	for (size_t i = 0; i < n; i++) {
		const rd_kafka_topic_partition_t *tp =
			rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
		struct partition *p = partitions_find(parts, tp->topic, tp->partition);
		if (p != NULL && tp->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			p->end = tp->offset;
	}
	rd_kafka_event_destroy(ev);
	e->next_ms = clock_mono_ms() + ASK_EVERY_MS;
}

static void ask(struct ends *e, rd_kafka_t *rk, const struct partitions *parts)
{
	char why[128];
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)parts->n);
	for (size_t i = 0; i < parts->n; i++)
		rd_kafka_topic_partition_list_add(list, parts->items[i]->topic, parts->items[i]->id)->offset =
			RD_KAFKA_OFFSET_SPEC_LATEST;
	rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
	rd_kafka_AdminOptions_set_request_timeout(o, ANSWER_MS, why, sizeof why);
	rd_kafka_error_t *error =
		rd_kafka_AdminOptions_set_isolation_level(o, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
	if (error != NULL)
		rd_kafka_error_destroy(error);
	rd_kafka_ListOffsets(rk, list, o, e->answers);
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_topic_partition_list_destroy(list);
}

void ends_look(struct ends *e, rd_kafka_t *rk, struct partitions *parts)
{
	int64_t now = clock_mono_ms();
	if (parts->n == 0)
		return;
	if (e->answers == NULL)
		e->answers = rd_kafka_queue_new(rk);
	take_answer(e, parts);
	if (now < e->next_ms)
		return;
	e->next_ms = now + ANSWER_MS + ASK_EVERY_MS; /* the answer brings it forward */
	ask(e, rk, parts);
}

void ends_close(struct ends *e)
{
	if (e->answers != NULL)
		rd_kafka_queue_destroy(e->answers);
	*e = (struct ends){0};
}
