/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a topic for ./run bench: NFWare session lines in the collectors' syslog envelope, about 230 bytes
 * each, lz4, spread over the partitions in turn. Waits for every delivery report; prints how many were
 * delivered. usage: bench_produce BROKERS TOPIC COUNT PARTITIONS
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

static long delivered;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	(void)rk;
	(void)opaque;
	delivered += m->err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static int make_message(char *buf, size_t size, long i)
{
	return snprintf(
		buf, size,
		"{\"version\":\"1\",\"type\":\"generic\",\"timestamp\":\"2025-05-02T11:%02ld:%02ld.%03ld+00:"
		"00\","
		"\"program\":\"\",\"message\":\"%c VRF %ld 6 INT 10.%ld.%ld.%ld:%ld EXT 100.64.%ld.%ld:%ld "
		"DST 185.165.%ld.%ld:443 DIR OUT\",\"ip\":\"192.0.2.%ld\",\"host\":\"cgn%ld\"}",
		i / 60000 % 60, i / 1000 % 60, i % 1000, i % 2 ? 'A' : 'D', i % 10, i / 65536 % 256,
		i / 256 % 256, i % 256, 1024 + i * 7 % 64000, i / 512 % 256, i % 256, 1024 + i * 13 % 64000,
		i / 3 % 256, i / 5 % 256, 1 + i % 4, 1 + i % 4);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: bench_produce BROKERS TOPIC COUNT PARTITIONS\n");
		return 2;
	}
	static const char *const properties[][2] = {{"compression.codec", "lz4"},
						    {"linger.ms", "20"},
						    {"batch.num.messages", "10000"}};
	char text[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], text, sizeof text);
	for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
		rd_kafka_conf_set(conf, properties[i][0], properties[i][1], text, sizeof text);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (rk == NULL) {
		fprintf(stderr, "bench_produce: %s\n", text);
		return 2;
	}
	rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
	long count = atol(argv[3]);
	int partitions = atoi(argv[4]);
	for (long i = 0; i < count; i++) {
		int len = make_message(text, sizeof text, i);
		while (rd_kafka_produce(topic, (int32_t)(i / 1000 % partitions), RD_KAFKA_MSG_F_COPY, text,
					(size_t)len, NULL, 0, NULL) != 0)
			rd_kafka_poll(rk, 20);
		if (i % 1000 == 0)
			rd_kafka_poll(rk, 0);
	}
	rd_kafka_flush(rk, 60000);
	printf("%ld\n", delivered);
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(rk);
	return delivered == count ? 0 : 1;
}
