/* SPDX-License-Identifier: Apache-2.0
 *
 * The librdkafka properties of a consumer: natmill's defaults, the memory budget, those of the configuration,
 * and those that the delivery guarantee rests on. Called by consumer_open.c and, to check a configuration, by
 * cli/config.c.
 */
#ifndef NATMILL_STREAM_CONSUMER_CONF_H
#define NATMILL_STREAM_CONSUMER_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/consumer.h"

/* -1 with e when librdkafka or natmill refuses a property. conf stays the caller's. */
int consumer_conf_fill(rd_kafka_conf_t *conf, const struct consumer_config *config, struct err *e);

/* The value of a property that is a number; 0 when there is none. */
int64_t consumer_conf_number(const rd_kafka_conf_t *conf, const char *key);

/* Is the option kafka.instance a name that Kafka takes? -1 with e. */
int consumer_conf_check_instance(const char *instance, struct err *e);

/* One pair of kafka.properties by itself: does librdkafka know it, take its value, and may it be set? -1 with
 * e, which names the property and, where one is near, the one that was meant. */
int consumer_conf_check(const struct text_pair *property, struct err *e);

#endif
