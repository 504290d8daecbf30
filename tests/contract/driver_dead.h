/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers of the dead-letter stores: the file, read with SQLite's JSON functions, and the Kafka topic, on
 * librdkafka's mock cluster, read with a consumer.
 */
#ifndef NATMILL_TESTS_DRIVER_DEAD_H
#define NATMILL_TESTS_DRIVER_DEAD_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/contract/fixture.h"

extern const struct driver dead_file_driver;
extern const struct driver dead_kafka_driver;

/* The driver's own part of a fixture of dead_kafka. */
struct mock {
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
};

/* Reads the whole topic cgnat.dead and calls see for each record. */
void mock_read(const struct mock *mock, void (*see)(rd_kafka_message_t *m, void *arg), void *arg);

#endif
