/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the dead-letter store `kafka` share: dead_kafka.c (settings, verdicts, waiting),
 * dead_kafka_letter.c (one letter as a record), dead_kafka_read.c (the topic read back), dead_kafka_decode.c
 * (a record as a letter). One struct dead_kafka per worker, on its thread only.
 */
#ifndef NATMILL_OUTPUTS_DEAD_KAFKA_H
#define NATMILL_OUTPUTS_DEAD_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
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
	struct dead_kafka_reader *reader; /* NULL until letters are asked for, and after a failure */
};

/* Hands one letter to the producer, which copies it. */
rd_kafka_resp_err_t dead_kafka_send(struct dead_kafka *s, const struct batch *b, const struct dead_letter *d);

/* dead_read of the contract. Letters come by partition and offset of the topic, as far as it reached when
 * reading began; one that was written twice comes twice. A missing topic holds no letters, which the log
 * tells, as it tells how many records are no letters. The same query behind the last letter given goes on
 * with the same consumer, to the same end. */
void dead_kafka_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
		     struct output_result *r);
void dead_kafka_reader_free(struct dead_kafka_reader *re); /* NULL is legal */

/* Zeroed at first; used again for each record. */
struct dead_kafka_decoder {
	struct stored_letter letter; /* of the last record; valid while the record is and until the next */
	struct strbuf texts;
	struct strbuf headers;
	struct message_header *others; /* the original's */
	size_t other_count;
	size_t other_max;
};

/* Fills d->letter, but not its place; brief: without key, value and headers. False: it is no letter. */
bool dead_kafka_decode(struct dead_kafka_decoder *d, const rd_kafka_message_t *m, bool brief);
void dead_kafka_decoder_free(struct dead_kafka_decoder *d);

#endif
