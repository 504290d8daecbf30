/* SPDX-License-Identifier: Apache-2.0
 *
 * Which cluster the brokers are of: the first thing that the consumer and the outputs ask a new handle for.
 */
#ifndef NATMILL_OUTPUT_BROKER_CLUSTER_H
#define NATMILL_OUTPUT_BROKER_CLUSTER_H

#include <librdkafka/rdkafka.h>

/* The cluster's id, waited for at most timeout_ms, about; NULL when no broker has answered. The caller frees
 * it with rd_kafka_mem_free(). Any thread. */
char *broker_cluster_id(rd_kafka_t *rk, int timeout_ms);

#endif
