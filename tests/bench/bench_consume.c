/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of ./run bench: a bare librdkafka consumer that only counts. Batch API, the same
 * properties as natmill's consumer, N consumers of one group, each on its own thread. Prints the line
 * "assigned" when it may begin, and one JSON object: messages, and the seconds from the first assignment
 * to the last message.
 * usage: bench_consume BROKERS GROUP TOPIC EXPECTED CONSUMERS KEY=VALUE...
 */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define CHUNK 10000

static int arg_count;
static char **args;
static _Atomic int64_t counted;
static _Atomic int64_t first_us;
static _Atomic int64_t last_us;

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
			 void *opaque)
{
	(void)opaque;
	int64_t none = 0;
	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && list->cnt > 0 &&
	    atomic_compare_exchange_strong(&first_us, &none, clock_mono_us())) {
		puts("assigned");
		fflush(stdout);
	}
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = 0;
	rd_kafka_assign(rk, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? list : NULL);
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
	char text[256];
	if (rd_kafka_conf_set(conf, key, value, text, sizeof text) == RD_KAFKA_CONF_OK)
		return;
	fprintf(stderr, "bench_consume: %s\n", text);
	exit(2);
}

static rd_kafka_t *open_consumer(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	set(conf, "bootstrap.servers", args[1]);
	set(conf, "group.id", args[2]);
	set(conf, "enable.auto.commit", "false");
	set(conf, "enable.auto.offset.store", "false");
	for (int i = 6; i < arg_count; i++) {
		char *eq = strchr(args[i], '=');
		*eq = '\0';
		set(conf, args[i], eq + 1);
		*eq = '=';
	}
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	char text[256];
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
	if (rk == NULL) {
		fprintf(stderr, "bench_consume: %s\n", text);
		exit(2);
	}
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(topics, args[3], RD_KAFKA_PARTITION_UA);
	rd_kafka_subscribe(rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return rk;
}

static void *consume(void *rk)
{
	int64_t expected = atoll(args[4]);
	rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(rk);
	rd_kafka_message_t **m = calloc(CHUNK, sizeof *m);
	while (atomic_load(&counted) < expected) {
		ssize_t n = rd_kafka_consume_batch_queue(q, 50, m, CHUNK);
		int64_t good = 0;
		for (ssize_t i = 0; i < n; i++) {
			good += m[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
			rd_kafka_message_destroy(m[i]);
		}
		if (good > 0) {
			atomic_store(&last_us, clock_mono_us());
			atomic_fetch_add(&counted, good);
		}
	}
	free(m);
	rd_kafka_queue_destroy(q);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fprintf(stderr, "usage: bench_consume BROKERS GROUP TOPIC EXPECTED CONSUMERS KEY=VALUE...\n");
		return 2;
	}
	arg_count = argc;
	args = argv;
	int n = atoi(argv[5]);
	rd_kafka_t *rk[8];
	pthread_t threads[8];
	for (int i = 0; i < n && i < 8; i++)
		rk[i] = open_consumer();
	for (int i = 0; i < n && i < 8; i++)
		pthread_create(&threads[i], NULL, consume, rk[i]);
	for (int i = 0; i < n && i < 8; i++)
		pthread_join(threads[i], NULL);
	printf("{\"messages\":%lld,\"seconds\":%.6f}\n", (long long)atomic_load(&counted),
	       (double)(atomic_load(&last_us) - atomic_load(&first_us)) / 1e6);
	for (int i = 0; i < n && i < 8; i++) {
		rd_kafka_consumer_close(rk[i]);
		rd_kafka_destroy(rk[i]);
	}
	return 0;
}
