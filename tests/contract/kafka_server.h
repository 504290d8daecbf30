/* SPDX-License-Identifier: Apache-2.0
 *
 * A real Apache Kafka for the contract tests: one node, started by tests/system/kafka_server.py with the
 * first call and stopped when the program ends. Errors end the program.
 */
#ifndef NATMILL_TESTS_KAFKA_SERVER_H
#define NATMILL_TESTS_KAFKA_SERVER_H

#include <librdkafka/rdkafka.h>

/* "127.0.0.1:port" */
const char *kafka_server(void);

/* Stops it as it stands, with all connections, and lets it go on. */
void kafka_server_freeze(void);
void kafka_server_thaw(void);

/* A client of the tests' own. */
rd_kafka_t *kafka_client(rd_kafka_type_t type, const char *const (*properties)[2], size_t n);

/* The cluster's id. */
const char *kafka_cluster_id(void);

/* With so many partitions; it may be there. properties: a pair, or NULL. */
void kafka_create_topic(const char *name, int partitions, const char *property, const char *value);

/* Reads the topic from its begin to its end, as whoever reads committed; waits for the end of transactions
 * that are under way, 30 seconds at most. */
void kafka_read_committed(const char *topic, void (*see)(rd_kafka_message_t *m, void *arg), void *arg);

#endif
