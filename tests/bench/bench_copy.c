/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of ./run bench kafka-kafka: a bare librdkafka loop that reads records and writes them as they
 * are to another topic, with the offsets in the same transactions. The same properties as natmill's consumer
 * and producer, N streams of one group, each a consumer and a producer on a thread of its own. Prints one
 * JSON object: messages, and the seconds from the first assignment to the last commit. usage: bench_copy
 * BROKERS GROUP FROM TO EXPECTED STREAMS BATCH [consumer.]KEY=VALUE... [producer.]KEY=VALUE...
 */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define STREAMS_MAX 8
#define PARTITIONS_MAX 64
#define WAIT_MS 50 /* a batch that does not fill; natmill's in this row */

static int arg_count;
static char **args;
static _Atomic int64_t counted;
static _Atomic int64_t first_us;
static _Atomic int64_t last_us;

struct stream {
	pthread_t thread;
	int number;
	rd_kafka_t *in;
	rd_kafka_t *out;
	rd_kafka_topic_t *to;
	int64_t next[PARTITIONS_MAX]; /* offset to commit of each partition; 0 = none in this batch */
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench_copy: %s: %s\n", what, why);
	exit(2);
}

static void check(rd_kafka_error_t *error, const char *what)
{
	if (error != NULL)
		die(what, rd_kafka_error_string(error));
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
	char text[256];
	if (rd_kafka_conf_set(conf, key, value, text, sizeof text) != RD_KAFKA_CONF_OK)
		die("settings", text);
}

static void set_given(rd_kafka_conf_t *conf, const char *prefix)
{
	size_t n = strlen(prefix);
	for (int i = 8; i < arg_count; i++) {
		if (strncmp(args[i], prefix, n) != 0)
			continue;
		char *key = strdup(args[i] + n);
		char *eq = strchr(key, '=');
		*eq = '\0';
		set(conf, key, eq + 1);
		free(key);
	}
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
			 void *opaque)
{
	(void)opaque;
	int64_t none = 0;
	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && list->cnt > 0)
		atomic_compare_exchange_strong(&first_us, &none, clock_mono_us());
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = 0;
	rd_kafka_assign(rk, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? list : NULL);
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char text[256];
	set(conf, "bootstrap.servers", args[1]);
	rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
	if (rk == NULL)
		die("client", text);
	return rk;
}

static void open_stream(struct stream *s)
{
	char id[128];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	snprintf(id, sizeof id, "%s-%d", args[2], s->number);
	set(conf, "transactional.id", id);
	set(conf, "delivery.report.only.error", "true");
	set_given(conf, "producer.");
	s->out = make(RD_KAFKA_PRODUCER, conf);
	check(rd_kafka_init_transactions(s->out, 30000), "init");
	s->to = rd_kafka_topic_new(s->out, args[4], NULL);

	conf = rd_kafka_conf_new();
	set(conf, "group.id", args[2]);
	set(conf, "enable.auto.commit", "false");
	set(conf, "enable.auto.offset.store", "false");
	set_given(conf, "consumer.");
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	s->in = make(RD_KAFKA_CONSUMER, conf);
	rd_kafka_poll_set_consumer(s->in);
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(topics, args[3], RD_KAFKA_PARTITION_UA);
	rd_kafka_subscribe(s->in, topics);
	rd_kafka_topic_partition_list_destroy(topics);
}

static void copy(struct stream *s, const rd_kafka_message_t *m)
{
	while (rd_kafka_produce(s->to, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, m->payload, m->len, NULL,
				0, NULL) != 0) {
		if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("produce", rd_kafka_err2str(rd_kafka_last_error()));
		rd_kafka_poll(s->out, 5);
	}
	s->next[m->partition % PARTITIONS_MAX] = m->offset + 1;
}

static void commit(struct stream *s)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
	for (int32_t i = 0; i < PARTITIONS_MAX; i++)
		if (s->next[i] > 0)
			rd_kafka_topic_partition_list_add(list, args[3], i)->offset = s->next[i];
	memset(s->next, 0, sizeof s->next);
	rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(s->in);
	check(rd_kafka_send_offsets_to_transaction(s->out, list, group, 30000), "offsets");
	check(rd_kafka_commit_transaction(s->out, 30000), "commit");
	rd_kafka_consumer_group_metadata_destroy(group);
	rd_kafka_topic_partition_list_destroy(list);
}

/* One batch, at most `most` messages; how many. */
static int64_t turn(struct stream *s, rd_kafka_queue_t *q, rd_kafka_message_t **m, size_t most)
{
	ssize_t n = rd_kafka_consume_batch_queue(q, WAIT_MS, m, most);
	int64_t good = 0;
	for (ssize_t i = 0; i < n; i++)
		good += m[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (good > 0)
		check(rd_kafka_begin_transaction(s->out), "begin");
	for (ssize_t i = 0; i < n; i++) {
		if (m[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			copy(s, m[i]);
		rd_kafka_message_destroy(m[i]);
	}
	if (good > 0)
		commit(s);
	return good;
}

static void *run(void *arg)
{
	struct stream *s = arg;
	int64_t expected = atoll(args[5]);
	size_t most = (size_t)atoll(args[7]);
	rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(s->in);
	rd_kafka_message_t **m = calloc(most, sizeof *m);
	while (atomic_load(&counted) < expected) {
		int64_t good = turn(s, q, m, most);
		if (good == 0)
			continue;
		atomic_store(&last_us, clock_mono_us());
		atomic_fetch_add(&counted, good);
	}
	free(m);
	rd_kafka_queue_destroy(q);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct stream streams[STREAMS_MAX];
	if (argc < 8 || atoi(argv[6]) > STREAMS_MAX) {
		fprintf(stderr,
			"usage: bench_copy BROKERS GROUP FROM TO EXPECTED STREAMS BATCH KEY=VALUE...\n");
		return 2;
	}
	arg_count = argc;
	args = argv;
	int n = atoi(argv[6]);
	for (int i = 0; i < n; i++) {
		streams[i].number = i;
		open_stream(&streams[i]);
	}
	for (int i = 0; i < n; i++)
		pthread_create(&streams[i].thread, NULL, run, &streams[i]);
	for (int i = 0; i < n; i++)
		pthread_join(streams[i].thread, NULL);
	printf("{\"messages\":%lld,\"seconds\":%.6f}\n", (long long)atomic_load(&counted),
	       (double)(atomic_load(&last_us) - atomic_load(&first_us)) / 1e6);
	for (int i = 0; i < n; i++) {
		rd_kafka_consumer_close(streams[i].in);
		rd_kafka_destroy(streams[i].in);
		rd_kafka_topic_destroy(streams[i].to);
		rd_kafka_destroy(streams[i].out);
	}
	return 0;
}
