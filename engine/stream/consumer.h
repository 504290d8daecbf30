/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's Kafka consumer. Two queues: each assigned partition's messages go to the data queue, rebalances
 * and errors stay on the control queue, so that the group's protocol is served while no message is read.
 * Positions are set only by explicit offsets in the assignment; librdkafka's own offset store is not used.
 * Rebalances are only noted by the callback and acted upon by the worker at a safe point. One thread.
 */
#ifndef NATMILL_STREAM_CONSUMER_H
#define NATMILL_STREAM_CONSUMER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "event/batch.h"
#include "stream/ends.h"
#include "stream/former.h"
#include "stream/partitions.h"
#include "stream/settings.h"
#include "stream/stats.h"

enum rebalance { REBALANCE_NONE, REBALANCE_ASSIGN, REBALANCE_REVOKE };

/* Messages taken from the data queue and not yet put into a batch. */
struct leftovers {
	rd_kafka_message_t **items;
	size_t first;
	size_t n; /* of items, from first to n */
};

struct consumer {
	rd_kafka_t *rk;
	rd_kafka_queue_t *control;
	rd_kafka_queue_t *data;
	struct partitions parts;
	struct leftovers leftovers;
	enum rebalance asked; /* by the group, not answered yet */
	rd_kafka_topic_partition_list_t *asked_list;
	bool lost;        /* the asked revocation came too late: the partitions are others' already */
	bool cooperative; /* protocol of the group, known at the first assignment */
	bool closing;
	bool out_of_place;                 /* a partition's position is not readable any more: take up anew */
	bool commit_failed;                /* since the last commit; it is sent again */
	struct err fatal;                  /* code ERR_NONE: none */
	bool fenced;                       /* that is why: another member has its group.instance.id */
	bool others_commit;                /* the group's offsets: an output does it */
	void *membership;                  /* of consumer_membership() */
	const struct text_map *properties; /* the configuration's, of librdkafka */
	struct worker_stats *stats;
	const _Atomic int64_t *stop; /* not 0: the process is to end */
	char cluster_id[64];
	struct former former;      /* asked only for `start: latest`, which needs it */
	int64_t session_ms;        /* session.timeout.ms */
	int64_t prefetch_messages; /* librdkafka stops to fetch when so many wait, */
	int64_t prefetch_bytes;    /* or so many bytes */
	struct ends ends;
	int64_t mean; /* bytes of a message in the last batch */
};

/* What consumer_open needs; all but the struct itself outlives the consumer. */
struct consumer_config {
	const struct kafka_settings *settings;
	int64_t prefetch;          /* bytes */
	int64_t fetch;             /* bytes of one answer */
	const char *const *topics; /* names and ^regexes */
	unsigned worker;           /* tells the consumers of one process apart in the group */
	size_t topic_count;        /* 0: no group is joined; partitions are added by the caller */
	struct worker_stats *stats;
	const _Atomic int64_t *stop;
	bool others_commit; /* an output commits the group's offsets: consumer_commit does nothing */
	bool tell_ends;     /* partitions learn their read_to; only without a group, see consumer_open.c */
};

/* Creates the handle, waits until a broker answers (kafka.connect_timeout), subscribes. -1 with e:
 * nothing is left open; e has no code when *stop ended the wait. */
int consumer_open(struct consumer *c, const struct consumer_config *config, struct err *e);

/* Commits what is settled, leaves the group and frees everything, within a few seconds: a handle whose broker
 * does not answer is left to the end of the process. Call with the batch released. */
void consumer_close(struct consumer *c);

/* Have the brokers become those of another cluster? Then `fatal` is set: watermarks and identities are of the
 * old one. */
void consumer_check_cluster(struct consumer *c);

/* Subscribes to other topics, names and ^regexes, without leaving the group: it asks for a rebalance. -1 with
 * e: the former ones hold. */
int consumer_subscribe(struct consumer *c, const char *const *topics, size_t count, struct err *e);

/* Serves the control queue, waiting up to timeout_ms for the first item. Does nothing while a rebalance that
 * was asked for is not answered: what comes next would be taken for it. */
void consumer_serve(struct consumer *c, int timeout_ms);

/* True when messages wait that have been fetched before, about as many as there may be: then librdkafka
 * fetches little, and from the first partitions of a broker first (its issue 1854), so that others may stand
 * still until those are read. */
bool consumer_backlogged(const struct consumer *c);

/* True when work under way must be given up: partitions revoked, or a fatal error. */
bool consumer_disturbed(const struct consumer *c);

/* Takes the asked partitions into the table, state WAITING; answers the group at once with what can be read
 * now. */
void consumer_accept(struct consumer *c);

/* Gives the revoked partitions up and answers the group. */
void consumer_release(struct consumer *c);

/* Hands all partitions that are POSITIONED to librdkafka at their offset `next`. */
int consumer_assign(struct consumer *c, struct err *e);

/* Stops reading and puts all partitions back to WAITING (the group keeps them ours). What is settled is
 * committed before. */
void consumer_restart(struct consumer *c);

/* What was sent is not committed after all: it is sent again with the next commit. For consumer*.c. */
void consumer_forget_commit(struct consumer *c, const rd_kafka_topic_partition_list_t *list);

/* Commits `settled` of each partition that moved since the last commit. wait_ms > 0: waits for the answer
 * that long. */
void consumer_commit(struct consumer *c, int wait_ms);

/* This member's standing in its group, as librdkafka writes it for producers; valid until the next call. NULL
 * when it is no member just now: a commit without member is checked by no broker. */
const void *consumer_membership(struct consumer *c, size_t *len);

/* Fills the batch until it holds max messages, bytes of values, or the deadline (clock_mono_ms) has passed.
 * Sets batch_end and batch_newest of the partitions. Returns the number of messages. */
struct fetch_limits {
	uint32_t messages;
	int64_t bytes;
	int64_t deadline_ms;
};
size_t consumer_fetch(struct consumer *c, struct batch *b, const struct fetch_limits *limits);

/* Fills in the headers of a message of the batch; they are freed with it. */
void consumer_headers(struct message *m);

/* Destroys the librdkafka messages of the batch and resets it. */
void consumer_release_batch(struct batch *b);

/* Forgets what was fetched and is not in a batch; all of it or that of partitions marked revoked. For
 * consumer.c. */
void consumer_forget_leftovers(struct consumer *c, bool all);

#endif
