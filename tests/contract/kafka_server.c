/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops the server, and reads it; see kafka_server.h.
 */
#include "tests/contract/kafka_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/contract/server_process.h"

#define SETTLED_MS 30000

static char bootstrap[64];
static char cluster_id[64];
static int java; /* its pid */
static pid_t server;
static pid_t owner; /* children of the test inherit its atexit */
static int to_server;

static void stop(void)
{
	if (getpid() != owner)
		return;
	kill(java, SIGCONT);
	close(to_server);
	waitpid(server, NULL, 0);
}

static void start(void)
{
	int in[2];
	int out[2];
	if (pipe(in) != 0 || pipe(out) != 0)
		exit(2);
	owner = getpid();
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execl("build/venv/bin/python", "build/venv/bin/python", "tests/system/kafka_server.py", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to_server = in[1];
	FILE *answers = fdopen(out[0], "r");
	if (answers == NULL || fscanf(answers, "%63s %d", bootstrap, &java) != 2) {
		fprintf(stderr, "no Kafka for the tests; ./run set-up fetches it\n");
		exit(2);
	}
	fclose(answers);
	atexit(stop);
}

const char *kafka_server(void)
{
	if (server == 0)
		start();
	return bootstrap;
}

void kafka_server_freeze(void)
{
	server_freeze(java);
}

void kafka_server_thaw(void)
{
	server_thaw(java);
}

rd_kafka_t *kafka_client(rd_kafka_type_t type, const char *const (*properties)[2], size_t n)
{
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", kafka_server(), NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rd_kafka_conf_set(conf, properties[i][0], properties[i][1], why, sizeof why),
				 RD_KAFKA_CONF_OK);
	rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
	assert_non_null(rk);
	return rk;
}

const char *kafka_cluster_id(void)
{
	if (cluster_id[0] != '\0')
		return cluster_id;
	rd_kafka_t *rk = kafka_client(RD_KAFKA_PRODUCER, NULL, 0);
	char *id = rd_kafka_clusterid(rk, 10000);
	assert_non_null(id);
	snprintf(cluster_id, sizeof cluster_id, "%s", id);
	rd_kafka_mem_free(rk, id);
	rd_kafka_destroy(rk);
	return cluster_id;
}

void kafka_create_topic(const char *name, int partitions, const char *property, const char *value)
{
	rd_kafka_t *rk = kafka_client(RD_KAFKA_PRODUCER, NULL, 0);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, NULL, 0);
	if (property != NULL)
		rd_kafka_NewTopic_set_config(topic, property, value);
	rd_kafka_CreateTopics(rk, &topic, 1, NULL, q);
	rd_kafka_event_t *ev = rd_kafka_queue_poll(q, 30000);
	assert_non_null(ev);
	assert_int_equal(rd_kafka_event_error(ev), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_event_destroy(ev);
	rd_kafka_NewTopic_destroy(topic);
	rd_kafka_queue_destroy(q);
	rd_kafka_destroy(rk);
}

/* The end of the partition as the isolation level shows it. */
static int64_t end_of(rd_kafka_t *rk, const char *topic, int32_t partition, rd_kafka_IsolationLevel_t level)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = RD_KAFKA_OFFSET_SPEC_LATEST;
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
	rd_kafka_error_t *error = rd_kafka_AdminOptions_set_isolation_level(options, level);
	assert_null(error);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_ListOffsets(rk, list, options, q);
	rd_kafka_event_t *ev = rd_kafka_queue_poll(q, 30000);
	assert_non_null(ev);
	size_t count = 0;
	const rd_kafka_ListOffsetsResultInfo_t **infos =
		rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(ev), &count);
	assert_int_equal(count, 1);
	int64_t end = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[0])->offset;
	rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
	return end;
}

static void await_settled(rd_kafka_t *rk, const char *topic, int partitions)
{
	int64_t deadline = clock_mono_ms() + SETTLED_MS;
	for (int32_t i = 0; i < partitions; i++)
		while (end_of(rk, topic, i, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED) !=
		       end_of(rk, topic, i, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED)) {
			if (clock_mono_ms() > deadline)
				fail_msg("a transaction on %s [%d] does not end", topic, i);
			usleep(50000);
		}
}

static int partitions_of(rd_kafka_t *rk, const char *name)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
	assert_int_equal(rd_kafka_metadata(rk, 0, topic, &metadata, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
	int n = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(topic);
	return n;
}

void kafka_read_committed(const char *topic, void (*see)(rd_kafka_message_t *m, void *arg), void *arg)
{
	static const char *const properties[][2] = {{"group.id", "reader"},
						    {"isolation.level", "read_committed"},
						    {"enable.auto.commit", "false"},
						    {"enable.partition.eof", "true"}};
	rd_kafka_t *rk = kafka_client(RD_KAFKA_CONSUMER, properties, 4);
	int left = partitions_of(rk, topic);
	await_settled(rk, topic, left);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(left);
	for (int32_t i = 0; i < left; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_poll_set_consumer(rk);
	while (left > 0) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 30000);
		assert_non_null(m);
		if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			left--;
		else if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			see(m, arg);
		rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
}
