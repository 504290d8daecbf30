/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `kafka` share: kafka.c (life, writing), _settings, _record (an event as a
 * record), _txn (transactions), _marks (the group's offsets as watermarks), _judge (what an error means). One
 * struct kafka per worker, on its thread only, librdkafka's callbacks too: they are served by calls of that
 * thread.
 */
#ifndef NATMILL_OUTPUTS_KAFKA_H
#define NATMILL_OUTPUTS_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/option.h"
#include "base/strbuf.h"
#include "output/by_type.h"
#include "output/output.h"

#define KAFKA_SLICE_MS 200 /* a blocking call of librdkafka; between two the engine is asked */

struct kafka_options {
	char *topic; /* NULL = by type */
	char *default_topic;
	struct text_map topic_event_map;
	char *key_field;
	char *brokers; /* NULL: those that messages come from; filled in by whoever joins the settings */
	struct text_map properties; /* likewise */
	bool transactional;
};

/* Of the transaction. What has begun to end must be brought to its end, or the producer given up. */
enum kafka_state { KAFKA_IDLE, KAFKA_OPEN, KAFKA_ABORTING, KAFKA_COMMITTING };

/* The group's offset of a partition, as this output has read or written it last. */
struct kafka_mark {
	char *topic;
	int32_t partition;
	int64_t offset;
};

struct kafka {
	const struct kafka_options *options;
	const struct output_env *env;
	rd_kafka_conf_t *conf; /* checked; each producer gets a copy */
	struct by_type topics;
	int key_field;       /* enum event_field; -1 = records have no key */
	int64_t report_ms;   /* after that nobody waits for a report any more */
	int64_t max_bytes;   /* of a record, with its key and headers */
	char cluster_id[64]; /* of the brokers that it writes to; "" unknown */
	rd_kafka_t *rk;      /* NULL: none, or given up */
	bool ready;          /* transactions are initialised */
	rd_kafka_t *reader;  /* asks for the group's offsets; NULL while nobody asks */
	rd_kafka_topic_t *rkt[EVENT_TYPE_COUNT];
	struct strbuf value; /* of the event under way, as the next two */
	struct strbuf key;
	struct strbuf id;
	/* Since the last begin: */
	rd_kafka_resp_err_t failed; /* the first report of a failure */
	char failed_topic[256];
	char cause[256]; /* what the producer last complained of */
	bool cause_alarm;
	enum kafka_state state;
	bool unsure; /* a commit's answer did not come: the marks must be read anew */
	struct kafka_mark *marks;
	size_t mark_count;
};

/* The registered type, and what it is with transactional: false. */
extern const struct output_type kafka_output;
extern const struct output_type kafka_plain_output;

/* _settings: the rows, and what follows from them and env; -1 with e. */
extern const struct option kafka_settings_rows[];
int kafka_settings_apply(struct kafka *s, struct err *e);

/* topics of the contract. */
void kafka_topics(struct output *o, output_topic_fn *row, void *ctx);

/* kafka.c: a producer that may begin a transaction (or just send); also finishes what is left over from
 * before. 0, or -1 with r. */
int kafka_ready(struct kafka *s, struct output_result *r);

/* Gives the producer up: the next kafka_ready makes one with the same transactional id, whose initialisation
 * waits for the end of the old one's transaction. */
void kafka_drop_producer(struct kafka *s);

/* Lets go of it, for somebody else to destroy: what drop_producer does without destroying. */
void kafka_forget_producer(struct kafka *s);

/* Serves callbacks and asks the engine. 0 = go on; -1 = r says why not. `what` begins the sentence. */
int kafka_go_on(struct kafka *s, int64_t deadline, const char *what, struct output_result *r);

/* Waits until each record has its report. 0, or -1 with r. */
int kafka_flush(struct kafka *s, struct output_result *r);

/* _record: hands one event to the producer, which copies it. The error must be destroyed; NULL = done. */
rd_kafka_error_t *kafka_send(struct kafka *s, const struct batch *b, const struct event *ev);

/* _judge: fills r from an error of librdkafka and destroys it; a fatal one costs the producer. */
void kafka_judge(struct kafka *s, rd_kafka_error_t *error, const char *what, struct output_result *r);

/* The same from the first report of a failure, if there is one: -1 then. */
int kafka_judge_reports(struct kafka *s, struct output_result *r);

/* _txn. kafka_settle ends what is left of a transaction: 0 when there is none any more, -1 with r. */
int kafka_txn_init(struct kafka *s, int64_t deadline, struct output_result *r);
void kafka_txn_begin(struct kafka *s, struct output_result *r);
int kafka_settle(struct kafka *s, int64_t deadline, struct output_result *r);

/* Sends the offsets (none: does not) and commits. 0, or -1 with r. */
int kafka_txn_commit(struct kafka *s, const rd_kafka_topic_partition_list_t *offsets,
		     struct output_result *r);

/* _marks: functions of the contract, and what close() must free. */
void kafka_positions(struct output *o, struct position *p, size_t n, struct output_result *r);
void kafka_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r);
void kafka_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r);
void kafka_set_mark(struct output *o, const struct position *position, struct output_result *r);
void kafka_forget_marks(struct kafka *s);

#endif
