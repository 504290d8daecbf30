/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks for the cluster's topics and all offsets of the group; see former.h.
 */
#include "stream/former.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "stream/admin.h"

static struct former_topic *find(const struct former *f, const char *topic)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->items[i].name, topic) == 0)
			return &f->items[i];
	return NULL;
}

static int ask_topics(struct former *f, rd_kafka_t *rk, int timeout_ms, struct err *e)
{
	const struct rd_kafka_metadata *found = NULL;
	rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 1, NULL, &found, timeout_ms);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_KAFKA, "Kafka: asking for the topics: %s", rd_kafka_err2str(code));
	f->items = xcalloc((size_t)found->topic_cnt + 1, sizeof *f->items);
	for (int i = 0; i < found->topic_cnt; i++)
		f->items[f->n++] =
			(struct former_topic){.name = xstrdup(found->topics[i].topic),
					      .partitions = (int32_t)found->topics[i].partition_cnt};
	rd_kafka_metadata_destroy(found);
	return 0;
}

static void take_offsets(struct former *f, const rd_kafka_topic_partition_list_t *offsets)
{
	for (int i = 0; i < offsets->cnt; i++) {
		struct former_topic *t = find(f, offsets->elems[i].topic);
		if (t != NULL)
			t->known = t->known || offsets->elems[i].offset >= 0;
	}
}

/* The answer about the one group that was asked for. */
static int take_answer(struct former *f, rd_kafka_event_t *ev, const char *what, struct err *e)
{
	size_t count = 0;
	const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
		rd_kafka_event_ListConsumerGroupOffsets_result(ev), &count);
	const rd_kafka_error_t *error = count > 0 ? rd_kafka_group_result_error(groups[0]) : NULL;
	if (count == 0 || error != NULL)
		return err_set(e, ERR_KAFKA, "%s: %s", what,
			       error != NULL ? rd_kafka_error_string(error) : "an empty answer");
	const rd_kafka_topic_partition_list_t *offsets = rd_kafka_group_result_partitions(groups[0]);
	if (offsets != NULL)
		take_offsets(f, offsets);
	return 0;
}

static int ask_offsets(struct former *f, rd_kafka_t *rk, const char *group, int timeout_ms, struct err *e)
{
	static const char what[] = "Kafka: asking for all offsets of the group";
	struct admin a;
	rd_kafka_ListConsumerGroupOffsets_t *ask = rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
	admin_begin(&a, rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout_ms);
	rd_kafka_ListConsumerGroupOffsets(rk, &ask, 1, a.options, a.queue);
	rd_kafka_event_t *ev = admin_wait(&a, what, e);
	int rc = ev != NULL ? take_answer(f, ev, what, e) : -1;
	admin_end(&a);
	rd_kafka_ListConsumerGroupOffsets_destroy(ask);
	return rc;
}

int former_ask(struct former *f, rd_kafka_t *rk, const char *group, int timeout_ms, struct err *e)
{
	f->asked = ask_topics(f, rk, timeout_ms, e) == 0 && ask_offsets(f, rk, group, timeout_ms, e) == 0;
	if (!f->asked)
		former_free(f);
	return f->asked ? 0 : -1;
}

bool former_added(const struct former *f, const char *topic, int32_t partition)
{
	const struct former_topic *t = find(f, topic);
	return f->asked && (t == NULL || t->known || partition >= t->partitions);
}

void former_free(struct former *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].name);
	free(f->items);
	*f = (struct former){0};
}
