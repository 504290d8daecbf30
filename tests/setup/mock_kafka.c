/* SPDX-License-Identifier: Apache-2.0
 *
 * A Kafka for tests on machines that cannot fetch the real one: librdkafka's mock cluster in a
 * process of its own. Prints its address, then obeys lines on standard input, each answered with
 * "ok" or a reason, until the input ends: "topic NAME PARTITIONS", "down", "up".
 * Started by tests/system/mock_kafka.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define BROKER 1

static const char *obey(rd_kafka_mock_cluster_t *cluster, const char *line)
{
	char topic[250];
	char partitions[12];
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__INVALID_ARG;

	if (sscanf(line, "topic %249s %11s", topic, partitions) == 2)
		err = rd_kafka_mock_topic_create(cluster, topic, (int)strtol(partitions, NULL, 10), 1);
	else if (strcmp(line, "down\n") == 0)
		err = rd_kafka_mock_broker_set_down(cluster, BROKER);
	else if (strcmp(line, "up\n") == 0)
		err = rd_kafka_mock_broker_set_up(cluster, BROKER);
	return err == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : rd_kafka_err2str(err);
}

int main(void)
{
	char errstr[256];
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), errstr, sizeof errstr);
	if (rk == NULL) {
		fprintf(stderr, "mock_kafka: %s\n", errstr);
		return 3;
	}
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, 1);
	if (cluster == NULL) {
		fputs("mock_kafka: librdkafka could not make the cluster\n", stderr);
		rd_kafka_destroy(rk);
		return 3;
	}
	/* Its default is longer than the sessions of the tests: their groups would never form. */
	rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 100);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);

	char line[512];
	while (fgets(line, sizeof line, stdin) != NULL) {
		printf("%s\n", obey(cluster, line));
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	return 0;
}
