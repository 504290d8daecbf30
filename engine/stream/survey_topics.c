/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks for partitions with their replicas, and for the settings of topics; see survey.h. DescribeTopics tells
 * a topic that is missing from one that may not be described, and makes none, whatever the broker's
 * auto.create.topics.enable.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "stream/admin.h"
#include "stream/survey.h"

static void take_partitions(struct survey_topic *t, const rd_kafka_TopicDescription_t *d)
{
	const rd_kafka_TopicPartitionInfo_t **infos = rd_kafka_TopicDescription_partitions(d, &t->n);
	t->parts = xcalloc(t->n + 1, sizeof *t->parts);
	for (size_t i = 0; i < t->n; i++)
		t->parts[i] = (struct survey_partition){.low = -1,
							.end = -1,
							.committed = -1,
							.oldest_us = EVENT_NO_TIME};
	for (size_t i = 0; i < t->n; i++) {
		int id = rd_kafka_TopicPartitionInfo_partition(infos[i]);
		size_t count;
		if (id < 0 || (size_t)id >= t->n)
			continue;
		struct survey_partition *p = &t->parts[id];
		p->led = rd_kafka_TopicPartitionInfo_leader(infos[i]) != NULL;
		rd_kafka_TopicPartitionInfo_replicas(infos[i], &count);
		p->replicas = (int32_t)count;
		rd_kafka_TopicPartitionInfo_isr(infos[i], &count);
		p->in_sync = (int32_t)count;
	}
}

/* -1 with e: the broker said neither that it is there nor that it is not. */
static int take_topic(struct survey *s, const rd_kafka_TopicDescription_t *d, struct err *e)
{
	const char *name = rd_kafka_TopicDescription_name(d);
	struct survey_topic *t = survey_find(s, name);
	const rd_kafka_error_t *error = rd_kafka_TopicDescription_error(d);
	rd_kafka_resp_err_t code = error != NULL ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
	if (t == NULL || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return 0;
	t->refused = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		return t->refused ? 0
				  : err_set(e, ERR_KAFKA, "Kafka: topic %s: %s", name,
					    rd_kafka_error_string(error));
	t->there = true;
	take_partitions(t, d);
	return 0;
}

int survey_topics(struct survey_link *l, struct survey *s, struct err *e)
{
	struct admin a;
	const char **names = xcalloc(s->n + 1, sizeof *names);
	for (size_t i = 0; i < s->n; i++)
		names[i] = s->topics[i].name;
	rd_kafka_TopicCollection_t *asked = rd_kafka_TopicCollection_of_topic_names(names, s->n);
	int rc = 0;
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, ADMIN_MS);
	rd_kafka_DescribeTopics(l->consumer.rk, asked, a.options, a.queue);
	rd_kafka_event_t *ev = admin_wait(&a, "Kafka: asking for the topics' partitions", e);
	size_t n = 0;
	const rd_kafka_TopicDescription_t **found =
		ev != NULL
			? rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &n)
			: NULL;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_topic(s, found[i], e);
	admin_end(&a);
	rd_kafka_TopicCollection_destroy(asked);
	free(names);
	return found != NULL ? rc : -1;
}

static void take_setting(struct survey_settings *to, const char *name, const char *value)
{
	const struct {
		const char *name;
		int64_t *number;
	} numbers[] = {{"min.insync.replicas", &to->min_in_sync},
		       {"retention.ms", &to->retention_ms},
		       {"retention.bytes", &to->retention_bytes},
		       {"max.message.bytes", &to->max_bytes}};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (strcmp(name, numbers[i].name) == 0)
			*numbers[i].number = strtoll(value, NULL, 10);
	if (strcmp(name, "cleanup.policy") == 0)
		to->compact = strstr(value, "compact") != NULL;
	else if (strcmp(name, "unclean.leader.election.enable") == 0)
		to->unclean = strcmp(value, "true") == 0;
	else if (strcmp(name, "message.timestamp.type") == 0)
		to->broker_time = strcmp(value, "LogAppendTime") == 0;
}

/* The first refusal is told for all. */
static void take_resource(struct survey *s, const rd_kafka_ConfigResource_t *r, bool *told)
{
	const char *name = rd_kafka_ConfigResource_name(r);
	struct survey_topic *t = survey_find(s, name);
	size_t n = 0;
	if (t == NULL)
		return;
	if (rd_kafka_ConfigResource_error(r) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (!*told)
			errlist_add(&s->untold, ERR_KAFKA,
				    "settings of topic %s: %s; it takes the right DescribeConfigs on the "
				    "topics",
				    name, rd_kafka_err2str(rd_kafka_ConfigResource_error(r)));
		*told = true;
		return;
	}
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(r, &n);
	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		if (value != NULL)
			take_setting(&t->settings, rd_kafka_ConfigEntry_name(entries[i]), value);
	}
	t->settings.known = true;
}

void survey_settings(struct survey_link *l, struct survey *s)
{
	struct admin a;
	struct err e;
	bool told = false;
	size_t n = 0;
	rd_kafka_ConfigResource_t **asked = xcalloc(s->n + 1, sizeof *asked);
	for (size_t i = 0; i < s->n; i++)
		if (s->topics[i].there)
			asked[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, s->topics[i].name);
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, ADMIN_MS);
	if (n > 0) {
		rd_kafka_DescribeConfigs(l->consumer.rk, asked, n, a.options, a.queue);
		rd_kafka_event_t *ev = admin_wait(&a, "settings of topics", &e);
		size_t count = 0;
		const rd_kafka_ConfigResource_t **found =
			ev != NULL ? rd_kafka_DescribeConfigs_result_resources(
					     rd_kafka_event_DescribeConfigs_result(ev), &count)
				   : NULL;
		for (size_t i = 0; i < count; i++)
			take_resource(s, found[i], &told);
		if (ev == NULL)
			errlist_add(&s->untold, e.code, "%s", e.msg);
	}
	admin_end(&a);
	rd_kafka_ConfigResource_destroy_array(asked, n);
	free(asked);
}
