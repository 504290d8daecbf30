/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two files of the dead-letter store `kafka` share: dead_kafka.c (settings, verdicts, waiting) and
 * dead_kafka_letter.c (one letter as a record). One struct dead_kafka per worker, on its thread only.
 */
#ifndef NATMILL_OUTPUTS_DEAD_KAFKA_H
#define NATMILL_OUTPUTS_DEAD_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

struct dead_kafka_options {
	char *topic;
	char *brokers; /* NULL: those that messages come from; filled in by whoever joins the settings */
	struct text_map properties; /* likewise */
};

struct dead_kafka {
	const struct dead_kafka_options *options;
	const struct output_env *env;
	rd_kafka_conf_t *conf;   /* checked; each producer gets a copy */
	rd_kafka_t *rk;          /* NULL until the first letter, and after a failure */
	rd_kafka_queue_t *queue; /* delivery reports and errors */
	int fd;                  /* eventfd: the queue is no longer empty */
	/* number of this call, as librdkafka carries it: reports of letters given up in former ones do not
	 * count */
	union {
		uintptr_t number;
		void *opaque;
	} attempt;
	size_t waiting;            /* letters of this call without a report */
	rd_kafka_resp_err_t error; /* first failure of this call */
	char cause[256];           /* what the producer last complained of */
	bool cause_alarm;
};

/* Hands one letter to the producer, which copies it. */
rd_kafka_resp_err_t dead_kafka_send(struct dead_kafka *s, const struct batch *b, const struct dead_letter *d);

#endif
