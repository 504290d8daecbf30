/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the cluster to make topics; see survey_make.h.
 */
#include "stream/survey_make.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "stream/admin.h"

#define LED_MS 10000
#define LOOK_MS 100

static rd_kafka_NewTopic_t *new_topic(const struct survey_plan *p, struct err *e)
{
	char why[256];
	rd_kafka_NewTopic_t *t =
		rd_kafka_NewTopic_new(p->name, p->partitions, p->replication, why, sizeof why);
	if (t == NULL) {
		err_set(e, ERR_CONFIG, "topic %s: %s", p->name, why);
		return NULL;
	}
	for (size_t i = 0; i < p->setting_count; i++)
		rd_kafka_NewTopic_set_config(t, p->settings[i].name, p->settings[i].value);
	return t;
}

static enum survey_made judge(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return SURVEY_MADE;
	case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
		return SURVEY_WAS;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		return SURVEY_RIGHTS;
	case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
	case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
		return SURVEY_REFUSED;
	default:
		return SURVEY_FAILED;
	}
}

static void take_results(rd_kafka_event_t *ev, struct survey_plan *plans, size_t n)
{
	size_t count;
	const rd_kafka_topic_result_t **results =
		rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < n; k++) {
			if (strcmp(plans[k].name, rd_kafka_topic_result_name(results[i])) != 0)
				continue;
			rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
			const char *words = rd_kafka_topic_result_error_string(results[i]);
			plans[k].made = judge(code);
			snprintf(plans[k].why, sizeof plans[k].why, "%s",
				 words != NULL ? words : rd_kafka_err2str(code));
		}
}

/* Has each topic that was made all its leaders? */
static bool all_led(const struct survey *s, const struct survey_plan *plans, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct survey_topic *t = &s->topics[i];
		if (plans[i].made != SURVEY_MADE)
			continue;
		if (t->n < (size_t)plans[i].partitions)
			return false;
		for (size_t k = 0; k < t->n; k++)
			if (!t->parts[k].led)
				return false;
	}
	return true;
}

/* It is made, be it led within the time or not. */
static void await_leaders(struct survey_link *l, const struct survey_plan *plans, size_t n)
{
	int64_t deadline = clock_mono_ms() + LED_MS;
	const char **names = xcalloc(n + 1, sizeof *names);
	bool led = false;
	for (size_t i = 0; i < n; i++)
		names[i] = plans[i].name;
	while (!led && clock_mono_ms() < deadline) {
		struct survey s;
		struct err e;
		survey_init(&s, names, n);
		led = survey_topics(l, &s, &e) == 0 && all_led(&s, plans, n);
		survey_free(&s);
		if (!led)
			poll(NULL, 0, LOOK_MS);
	}
	free(names);
}

int survey_make(struct survey_link *l, struct survey_plan *plans, size_t n, bool check_only, struct err *e)
{
	struct admin a;
	char why[128];
	size_t made = 0;
	rd_kafka_event_t *ev = NULL;
	rd_kafka_NewTopic_t **topics = xcalloc(n + 1, sizeof(rd_kafka_NewTopic_t *));
	while (made < n && (topics[made] = new_topic(&plans[made], e)) != NULL) {
		plans[made].made = SURVEY_FAILED;
		snprintf(plans[made].why, sizeof plans[made].why, "the broker's answer lacks it");
		made++;
	}
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_CREATETOPICS, ADMIN_MS);
	rd_kafka_AdminOptions_set_operation_timeout(a.options, ADMIN_MS, why, sizeof why);
	if (check_only)
		rd_kafka_AdminOptions_set_validate_only(a.options, 1, why, sizeof why);
	if (made == n) {
		rd_kafka_CreateTopics(l->consumer.rk, topics, n, a.options, a.queue);
		ev = admin_wait(&a, "Kafka: making topics", e);
	}
	if (ev != NULL)
		take_results(ev, plans, n);
	admin_end(&a);
	rd_kafka_NewTopic_destroy_array(topics, made);
	free(topics);
	if (ev != NULL && !check_only)
		await_leaders(l, plans, n);
	return ev != NULL ? 0 : -1;
}
