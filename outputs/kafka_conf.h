/* SPDX-License-Identifier: Apache-2.0
 *
 * What all that produces to Kafka has in common: settings of a producer in their order, what librdkafka says
 * of itself, and which errors pass. For dead_kafka*.c and kafka*.c.
 */
#ifndef NATMILL_OUTPUTS_KAFKA_CONF_H
#define NATMILL_OUTPUTS_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/option.h"

/* A property and its value; an array ends with a name NULL. */
struct kafka_property {
	const char *name;
	const char *value;
};

struct kafka_conf_plan {
	const char *who;                     /* for messages */
	const struct kafka_property *before; /* defaults; the user's properties win */
	const struct text_map *properties;   /* the user's */
	const struct kafka_property *after;  /* what the guarantee needs; wins over the user's */
	const char *brokers;                 /* NULL: bootstrap.servers must be among the user's */
};

/* Fills conf; acks=all and enable.idempotence are always set. -1 with e: a property is unknown or wrong. */
int kafka_conf_fill(rd_kafka_conf_t *conf, const struct kafka_conf_plan *plan, struct err *e);

/* A property that is a number; 0: there is none. */
int64_t kafka_conf_number(const rd_kafka_conf_t *conf, const char *name);

/* A line of librdkafka's log, for log_cb. */
void kafka_conf_log(const char *who, int level, const char *facility, const char *text);

/* Does the error pass without a human? */
bool kafka_passes(rd_kafka_resp_err_t error);

#endif
