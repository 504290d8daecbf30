/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the consumer: librdkafka's mock cluster in this process with one topic, and members of the
 * group that read it as a worker does. Include after cmocka's headers.
 */
#ifndef NATMILL_TESTS_CONSUMER_RIG_H
#define NATMILL_TESTS_CONSUMER_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/clock.h"
#include "stream/consumer.h"

#define TOPIC "cgnat.syslog.nfware"
#define WAIT_MS 20000
#define HELPER __attribute__((unused))

struct world {
	rd_kafka_t *producer;
	rd_kafka_mock_cluster_t *cluster;
	struct kafka_settings settings;
	_Atomic int64_t stop;
	const char *topics[1];
};

/* One worker's part. */
struct member {
	struct world *world;
	struct consumer c;
	struct worker_stats stats;
	struct batch batch;
	uint64_t got[4]; /* messages of each partition */
};

HELPER static void open_world(struct world *w, enum strategy strategy)
{
	char why[256];
	*w = (struct world){.topics = {TOPIC}};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "2", why, sizeof why);
	rd_kafka_conf_set(conf, "reconnect.backoff.ms", "10", why, sizeof why);
	rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "20", why, sizeof why);
	w->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	w->cluster = rd_kafka_mock_cluster_new(w->producer, 1);
	rd_kafka_mock_group_initial_rebalance_delay_ms(w->cluster, 100);
	rd_kafka_mock_topic_create(w->cluster, TOPIC, 4, 1);
	rd_kafka_brokers_add(w->producer, rd_kafka_mock_cluster_bootstraps(w->cluster));
	option_defaults(kafka_options, &w->settings);
	option_set(option_find(kafka_options, "brokers"), &w->settings,
		   rd_kafka_mock_cluster_bootstraps(w->cluster), NULL);
	w->settings.strategy = (int)strategy;
	w->settings.connect_timeout_ms = WAIT_MS;
	const struct option *properties = option_find(kafka_options, "properties");
	option_put(properties, &w->settings, "heartbeat.interval.ms", "50");
	option_put(properties, &w->settings, "session.timeout.ms", "700");
	option_put(properties, &w->settings, "fetch.wait.max.ms", "20");
}

HELPER static void close_world(struct world *w)
{
	option_free(kafka_options, &w->settings);
	rd_kafka_mock_cluster_destroy(w->cluster);
	rd_kafka_destroy(w->producer);
}

HELPER static void produce_long(struct world *w, int32_t partition, int n, size_t len)
{
	char *line = malloc(len);
	memset(line, 'x', len);
	for (int i = 0; i < n; i++)
		rd_kafka_producev(w->producer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(partition),
				  RD_KAFKA_V_VALUE(line, len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				  RD_KAFKA_V_END);
	free(line);
	assert_int_equal(rd_kafka_flush(w->producer, WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

HELPER static void produce(struct world *w, int32_t partition, int n)
{
	produce_long(w, partition, n, 4);
}

HELPER static void join(struct world *w, struct member *m)
{
	struct err e;
	*m = (struct member){.world = w};
	const struct consumer_config config = {.settings = &w->settings,
					       .prefetch = 1 << 20,
					       .fetch = 1 << 18,
					       .topics = w->topics,
					       .topic_count = 1,
					       .stats = &m->stats,
					       .stop = &w->stop};
	if (consumer_open(&m->c, &config, &e) != 0)
		fail_msg("%s", e.msg);
	batch_init(&m->batch, 1000, 1 << 20);
}

HELPER static void leave(struct member *m)
{
	consumer_close(&m->c);
	batch_free(&m->batch);
}

/* As the worker's turn, without positions: those stay WAITING until a test places them. */
HELPER static void turn(struct member *m)
{
	consumer_serve(&m->c, 10);
	if (m->c.asked == REBALANCE_REVOKE)
		consumer_release(&m->c);
	else if (m->c.asked == REBALANCE_ASSIGN)
		consumer_accept(&m->c);
	if (m->c.out_of_place)
		consumer_restart(&m->c);
	struct fetch_limits limits = {.messages = 1000,
				      .bytes = 1 << 20,
				      .deadline_ms = clock_mono_ms() + 10};
	size_t n = consumer_fetch(&m->c, &m->batch, &limits);
	for (size_t i = 0; i < n; i++)
		m->got[m->batch.messages[i].partition]++;
	for (size_t i = 0; i < m->c.parts.n; i++)
		if (m->c.parts.items[i]->batch_end >= 0)
			m->c.parts.items[i]->settled = m->c.parts.items[i]->batch_end;
	consumer_release_batch(&m->batch);
}

HELPER static void until_assigned(struct member *m, size_t n)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	while (m->c.parts.n != n) {
		assert_true(clock_mono_ms() < deadline);
		turn(m);
	}
}

HELPER static void place(struct member *m, int32_t partition, int64_t offset)
{
	struct partition *p = partitions_find(&m->c.parts, TOPIC, partition);
	assert_non_null(p);
	p->state = PARTITION_POSITIONED;
	p->next = p->settled = offset;
}

HELPER static void assign(struct member *m)
{
	struct err e;
	if (consumer_assign(&m->c, &e) != 0)
		fail_msg("%s", e.msg);
}

HELPER static void until_got(struct member *m, int32_t partition, uint64_t n)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	while (m->got[partition] < n) {
		if (clock_mono_ms() >= deadline)
			fail_msg("partition %d stands still at %llu of %llu", partition,
				 (unsigned long long)m->got[partition], (unsigned long long)n);
		turn(m);
	}
	assert_int_equal(m->got[partition], n);
}

#endif
