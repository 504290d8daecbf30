/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection, names, and the order of the questions; see survey.h.
 */
#include "stream/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "stream/admin.h"

#define PREFETCH (1 << 20) /* bytes: one message of each partition is looked at */
#define FETCH (256 << 10)
#define AWAY_MAX 64 /* brokers that are counted as away */

int survey_open(struct survey_link *l, const struct kafka_settings *settings, struct err *e)
{
	static const _Atomic int64_t never;
	*l = (struct survey_link){.settings = settings};
	const struct consumer_config config = {.settings = settings,
					       .prefetch = PREFETCH,
					       .fetch = FETCH,
					       .stats = &l->stats,
					       .stop = &never};
	return consumer_open(&l->consumer, &config, e);
}

void survey_close(struct survey_link *l)
{
	consumer_close(&l->consumer);
}

static int ask_metadata(struct survey_link *l, const struct rd_kafka_metadata **found, struct err *e)
{
	rd_kafka_resp_err_t code = rd_kafka_metadata(l->consumer.rk, 1, NULL, found, ADMIN_MS);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return err_set(e, ERR_KAFKA, "Kafka: asking %s for the topics: %s", l->settings->brokers,
		       rd_kafka_err2str(code));
}

int survey_names(struct survey_link *l, struct texts *names, struct err *e)
{
	const struct rd_kafka_metadata *found = NULL;
	*names = (struct texts){0};
	if (ask_metadata(l, &found, e) != 0)
		return -1;
	names->items = xcalloc((size_t)found->topic_cnt + 1, sizeof *names->items);
	for (int i = 0; i < found->topic_cnt; i++)
		names->items[names->n++] = xstrdup(found->topics[i].topic);
	rd_kafka_metadata_destroy(found);
	return 0;
}

void survey_names_free(struct texts *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct texts){0};
}

struct survey_topic *survey_find(struct survey *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->topics[i].name, name) == 0)
			return &s->topics[i];
	return NULL;
}

void survey_init(struct survey *s, const char *const *names, size_t n)
{
	*s = (struct survey){.topics = xcalloc(n + 1, sizeof *s->topics), .n = n};
	for (size_t i = 0; i < n; i++)
		s->topics[i].name = xstrdup(names[i]);
}

static bool is_up(const struct rd_kafka_metadata *m, int32_t id)
{
	for (int i = 0; i < m->broker_cnt; i++)
		if (m->brokers[i].id == id)
			return true;
	return false;
}

/* Adds the broker if it is away and new; returns how many there are. */
static int add_away(const struct rd_kafka_metadata *m, int32_t id, int32_t away[AWAY_MAX], int n)
{
	for (int i = 0; i < n; i++)
		if (away[i] == id)
			return n;
	if (n == AWAY_MAX || is_up(m, id))
		return n;
	away[n] = id;
	return n + 1;
}

/* Brokers that are away are known only by what they should hold. */
static int count_away(const struct rd_kafka_metadata *m)
{
	int32_t away[AWAY_MAX];
	int n = 0;
	for (int i = 0; i < m->topic_cnt; i++)
		for (int k = 0; k < m->topics[i].partition_cnt; k++) {
			const struct rd_kafka_metadata_partition *p = &m->topics[i].partitions[k];
			for (int r = 0; r < p->replica_cnt; r++)
				n = add_away(m, p->replicas[r], away, n);
		}
	return n;
}

int survey_ask(struct survey_link *l, const char *const *names, size_t n, struct survey *s, struct err *e)
{
	const struct rd_kafka_metadata *found = NULL;
	survey_init(s, names, n);
	memcpy(s->cluster, l->consumer.cluster_id, sizeof s->cluster);
	if (ask_metadata(l, &found, e) != 0)
		return -1;
	s->brokers = found->broker_cnt;
	s->away = count_away(found);
	rd_kafka_metadata_destroy(found);
	if (survey_topics(l, s, e) != 0)
		return -1;
	survey_settings(l, s);
	survey_members(l, s);
	survey_offsets(l, s);
	survey_oldest(l, s);
	return 0;
}

void survey_free(struct survey *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->topics[i].name);
		free(s->topics[i].parts);
	}
	free(s->topics);
	errlist_free(&s->untold);
	*s = (struct survey){0};
}

int32_t survey_replication(const struct survey_topic *t)
{
	int32_t least = t->n > 0 ? t->parts[0].replicas : 0;
	for (size_t i = 1; i < t->n; i++)
		if (t->parts[i].replicas < least)
			least = t->parts[i].replicas;
	return least;
}

int64_t survey_lag(const struct survey_topic *t)
{
	int64_t lag = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct survey_partition *p = &t->parts[i];
		if (p->low < 0 || p->end < 0)
			return -1;
		int64_t from = p->committed > p->low ? p->committed : p->low;
		lag += p->end > from ? p->end - from : 0;
	}
	return lag;
}
