/* SPDX-License-Identifier: Apache-2.0
 *
 * The partitions that a worker owns, and how far each has come. Filled by the consumer on assignment, read by
 * delivery. Owner: the consumer. One thread.
 */
#ifndef NATMILL_STREAM_PARTITIONS_H
#define NATMILL_STREAM_PARTITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

#define OUTPUTS_MAX 16

enum partition_state {
	PARTITION_WAITING,    /* ours, start not known yet */
	PARTITION_POSITIONED, /* start known, not handed to librdkafka yet */
	PARTITION_READING,
	PARTITION_STOPPED,  /* with an alarm: needs a human */
	PARTITION_LEFT_OUT, /* the scripts serve its topic no more: unread until the group takes it back, or
			     * a reload does */
};

/* For the watchdog. */
struct partition_watch {
	int64_t settled;  /* at the last sign of progress */
	int64_t moved_ms; /* when that was, by the watchdog's clock; 0 = not looked at yet */
	bool proven;      /* there was such a sign, since the partition is ours */
	bool behind;      /* at the last look: there are messages that it does not get */
};

struct partition {
	char *topic;
	int32_t id;
	enum partition_state state;
	bool revoked;               /* the group takes it back; given up at the next safe point */
	uint32_t route;             /* of its topic in the script host */
	int64_t next;               /* offset expected next from Kafka */
	int64_t settled;            /* every required output has everything below this offset; -1 not begun */
	int64_t committed;          /* last offset committed to the group; -1 none by us */
	int64_t taken[OUTPUTS_MAX]; /* watermark per output */
	int64_t read_to;            /* the log ended here, all before is read; 0 = not known (tell_ends) */
	int64_t end;                /* of the log, as Kafka told last; -1 = not yet */
	int64_t settled_us;         /* Kafka timestamp of the record before `settled`; 0 = not known */
	int64_t caught_up_us;       /* clock_wall_us: nothing lay behind `settled`; 0 = never seen */
	char topic_id[TOPIC_ID_MAX];
	struct partition_watch watch;
	/* Of the batch under way: */
	int64_t batch_end;    /* offset behind its last message; -1 = none of the batch is ours */
	int64_t batch_first;  /* Kafka timestamp of its first message, or EVENT_NO_TIME */
	int64_t batch_newest; /* newest Kafka timestamp, or EVENT_NO_TIME */
};

struct partitions {
	struct partition **items; /* stable addresses */
	size_t n;
};

/* Adds one, state WAITING; the topic is copied. An existing one is returned as it is. */
struct partition *partitions_add(struct partitions *p, const char *topic, int32_t id);

struct partition *partitions_find(const struct partitions *p, const char *topic, int32_t id);

/* Removes those marked revoked. */
void partitions_drop_revoked(struct partitions *p);

size_t partitions_count(const struct partitions *p, enum partition_state state);

/* Every partition that is not STOPPED goes back to WAITING; of those, LEFT_OUT ones become so again when the
 * worker takes up positions. */
void partitions_restart(struct partitions *p);

void partitions_free(struct partitions *p);

#endif
