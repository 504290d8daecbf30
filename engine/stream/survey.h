/* SPDX-License-Identifier: Apache-2.0
 *
 * What the brokers tell of topics and of natmill's group: partitions, replicas, settings, offsets, members. A
 * plain struct, asked for once, without joining the group or changing anything. For natmill topics. One
 * thread.
 */
#ifndef NATMILL_STREAM_SURVEY_H
#define NATMILL_STREAM_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errlist.h"
#include "base/option.h"
#include "stream/consumer.h"
#include "stream/settings.h"

struct survey_partition {
	bool led; /* some broker leads it */
	int32_t replicas;
	int32_t in_sync;
	int64_t low;       /* first offset that is kept; -1 unknown, as the next three */
	int64_t end;       /* the next one that readers of committed records will get */
	int64_t committed; /* the group's */
	int64_t oldest_us; /* time of the first message that is kept, EVENT_NO_TIME unknown or none */
};

/* Settings of a topic, the broker's defaults included. */
struct survey_settings {
	bool known;
	int64_t min_in_sync;
	int64_t retention_ms;    /* negative: for ever */
	int64_t retention_bytes; /* of a partition; negative: no bound */
	int64_t max_bytes;       /* max.message.bytes */
	bool compact;            /* cleanup.policy has it */
	bool unclean;            /* unclean.leader.election.enable */
	bool broker_time;        /* message.timestamp.type is LogAppendTime */
};

struct survey_topic {
	char *name;
	bool there;
	bool refused; /* the broker does not tell whether it is there: no right to describe it */
	struct survey_partition *parts;
	size_t n;
	struct survey_settings settings;
	size_t consumers; /* members of the group that have a partition of it */
};

struct survey {
	char cluster[64];
	int brokers;                 /* that are up */
	int away;                    /* that hold replicas and are not */
	struct survey_topic *topics; /* as asked for, in that order */
	size_t n;
	bool group_known;
	char group_state[24];  /* as Kafka calls it: "Stable", "Empty" */
	size_t members;        /* consumers in the group, of all processes */
	size_t hosts;          /* they are on so many */
	struct errlist untold; /* what could not be learnt, and which right that takes */
};

/* The connection: a consumer that joins no group. */
struct survey_link {
	struct consumer consumer;
	struct worker_stats stats;
	const struct kafka_settings *settings;
};

/* Waits for a broker at most settings->connect_timeout_ms. -1 with e: nothing is open. */
int survey_open(struct survey_link *l, const struct kafka_settings *settings, struct err *e);
void survey_close(struct survey_link *l);

/* Adds the names of all topics on the cluster, free with survey_names_free(). Those that natmill may not
 * describe are not among them. */
int survey_names(struct survey_link *l, struct texts *names, struct err *e);
void survey_names_free(struct texts *names);

/* Asks for these topics and the group. Fills s; survey_free() after both. 0, or -1 with e: no answer about
 * the topics. What else is not learnt is in s->untold. */
void survey_init(struct survey *s, const char *const *names, size_t n); /* nothing asked yet */
int survey_ask(struct survey_link *l, const char *const *names, size_t n, struct survey *s, struct err *e);
void survey_free(struct survey *s);

/* The topic's partitions, 0 when it is not there; the least that any of them has of replicas. */
int32_t survey_replication(const struct survey_topic *t);

/* Messages that the group has not read yet; -1 unknown. Where it has no offset the log's start counts. */
int64_t survey_lag(const struct survey_topic *t);

/* Parts of survey_ask: survey_topics.c, survey_group.c, survey_oldest.c. */
int survey_topics(struct survey_link *l, struct survey *s, struct err *e);
void survey_settings(struct survey_link *l, struct survey *s);
void survey_members(struct survey_link *l, struct survey *s);
void survey_offsets(struct survey_link *l, struct survey *s);
void survey_oldest(struct survey_link *l, struct survey *s);

/* The topic of that name, or NULL. */
struct survey_topic *survey_find(struct survey *s, const char *name);

#endif
