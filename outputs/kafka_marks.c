/* SPDX-License-Identifier: Apache-2.0
 *
 * The group's offsets as watermarks: moved within the producer's transactions, asked for with a consumer's
 * handle that never joins the group (librdkafka 2.8 ends the process when a producer's asks and the
 * coordinator is just not there). The time and the topic's id stand in the offset's metadata. Kafka knows no
 * condition on an offset; what holds others off is the group's generation, and an offset that is not where
 * this worker has put it is found by the marks it remembers. See kafka.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "output/broker_login.h"
#include "outputs/kafka.h"

#define ASK_MS 5000
#define ASK_AGAIN_MS 20
#define METADATA_MAX 80

/* "natmill TIME ID" */
static void put_metadata(rd_kafka_topic_partition_t *tp, int64_t timestamp, const char *topic_id)
{
	char *text = xmalloc(METADATA_MAX);
	int n = snprintf(text, METADATA_MAX, "natmill %" PRId64 " %s", timestamp, topic_id);
	tp->metadata = text;
	tp->metadata_size = (size_t)n;
}

/* Somebody else's, or none: both stay unknown. */
static void read_metadata(const rd_kafka_topic_partition_t *tp, int64_t *timestamp,
			  char topic_id[TOPIC_ID_MAX])
{
	static const char mine[] = "natmill ";
	char text[METADATA_MAX];
	char *end;
	*timestamp = EVENT_NO_TIME;
	topic_id[0] = '\0';
	if (tp->metadata == NULL || tp->metadata_size >= sizeof text)
		return;
	memcpy(text, tp->metadata, tp->metadata_size);
	text[tp->metadata_size] = '\0';
	if (strncmp(text, mine, sizeof mine - 1) != 0)
		return;
	*timestamp = strtoll(text + sizeof mine - 1, &end, 10);
	if (*end == ' ' && strlen(end + 1) < TOPIC_ID_MAX)
		memcpy(topic_id, end + 1, strlen(end + 1) + 1);
}

static rd_kafka_topic_partition_t *add(rd_kafka_topic_partition_list_t *list, const struct position *p,
				       int64_t timestamp)
{
	rd_kafka_topic_partition_t *tp = rd_kafka_topic_partition_list_add(list, p->topic, p->partition);
	tp->offset = p->offset;
	put_metadata(tp, timestamp, p->topic_id);
	return tp;
}

static struct kafka_mark *find_mark(const struct kafka *s, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < s->mark_count; i++)
		if (s->marks[i].partition == partition && strcmp(s->marks[i].topic, topic) == 0)
			return &s->marks[i];
	return NULL;
}

static void remember(struct kafka *s, const char *topic, int32_t partition, int64_t offset)
{
	struct kafka_mark *m = find_mark(s, topic, partition);
	if (m == NULL) {
		s->marks = xrealloc(s->marks, (s->mark_count + 1) * sizeof *s->marks);
		m = &s->marks[s->mark_count++];
		*m = (struct kafka_mark){.topic = xstrdup(topic), .partition = partition};
	}
	m->offset = offset;
}

/* 0, or -1 with r. */
static int make_reader(struct kafka *s, struct output_result *r)
{
	char why[256];
	if (s->reader != NULL)
		return 0;
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);
	rd_kafka_conf_set(conf, "group.id", s->env->group, NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
	s->reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
	if (s->reader != NULL) {
		broker_login_renew(s->reader, RD_KAFKA_RESP_ERR_NO_ERROR, &s->options->properties);
		return 0;
	}
	rd_kafka_conf_destroy(conf);
	output_retry(r, true, "cannot make a Kafka consumer: %s", why);
	return -1;
}

static void drop_reader(struct kafka *s)
{
	if (s->reader != NULL)
		rd_kafka_destroy_flags(s->reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	s->reader = NULL;
}

void kafka_forget_marks(struct kafka *s)
{
	drop_reader(s);
	for (size_t i = 0; i < s->mark_count; i++)
		free(s->marks[i].topic);
	free(s->marks);
	s->marks = NULL;
	s->mark_count = 0;
}

/* Waits for the answer of an admin call; NULL with r. The caller destroys the event. */
static rd_kafka_event_t *await_answer(struct kafka *s, rd_kafka_queue_t *q, const char *what,
				      struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + 2 * ASK_MS; /* the request's own time-out comes before */
	for (;;) {
		rd_kafka_event_t *ev = rd_kafka_queue_poll(q, KAFKA_SLICE_MS / 10);
		if (ev == NULL && kafka_go_on(s, deadline, what, r) != 0)
			return NULL;
		if (ev == NULL)
			continue;
		rd_kafka_resp_err_t code = rd_kafka_event_error(ev);
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			return ev;
		kafka_judge(s, rd_kafka_error_new(code, "%s", rd_kafka_event_error_string(ev)), what, r);
		rd_kafka_event_destroy(ev);
		return NULL;
	}
}

static rd_kafka_AdminOptions_t *admin_options(struct kafka *s, rd_kafka_admin_op_t op)
{
	char text[128];
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(s->reader, op);
	rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, text, sizeof text);
	return options;
}

/* One question for the group's offsets of the partitions (NULL: all there are). NULL with r; else the event
 * that owns *found. */
static rd_kafka_event_t *ask_once(struct kafka *s, const rd_kafka_topic_partition_list_t *asked,
				  const rd_kafka_topic_partition_list_t **found, struct output_result *r)
{
	static const char what[] = "asking for the group's offsets";
	size_t count;
	rd_kafka_ListConsumerGroupOffsets_t *list =
		rd_kafka_ListConsumerGroupOffsets_new(s->env->group, asked);
	rd_kafka_AdminOptions_t *options = admin_options(s, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
	rd_kafka_error_t *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
	if (error != NULL)
		rd_kafka_error_destroy(error);
	rd_kafka_queue_t *q = rd_kafka_queue_new(s->reader);
	rd_kafka_ListConsumerGroupOffsets(s->reader, &list, 1, options, q);
	rd_kafka_event_t *ev = await_answer(s, q, what, r);
	rd_kafka_queue_destroy(q);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ListConsumerGroupOffsets_destroy(list);
	if (ev == NULL)
		return NULL;
	const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
		rd_kafka_event_ListConsumerGroupOffsets_result(ev), &count);
	const rd_kafka_error_t *of_group = count > 0 ? rd_kafka_group_result_error(groups[0]) : NULL;
	*found = count > 0 && of_group == NULL ? rd_kafka_group_result_partitions(groups[0]) : NULL;
	if (*found != NULL)
		return ev;
	kafka_judge(s,
		    rd_kafka_error_new(of_group != NULL ? rd_kafka_error_code(of_group)
							: RD_KAFKA_RESP_ERR__BAD_MSG,
				       "%s", of_group != NULL ? rd_kafka_error_string(of_group) : "no group"),
		    what, r);
	rd_kafka_event_destroy(ev);
	return NULL;
}

static bool stable(const rd_kafka_topic_partition_list_t *found)
{
	for (int i = 0; i < found->cnt; i++)
		if (found->elems[i].err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
			return false;
	return true;
}

/* The same, and while a transaction is under way that moves one of them, its end is waited for: it may be
 * that of a worker that was killed, which the broker aborts when its time is up, or our own just now. */
static rd_kafka_event_t *ask_offsets(struct kafka *s, const rd_kafka_topic_partition_list_t *asked,
				     const rd_kafka_topic_partition_list_t **found, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + ASK_MS;
	if (make_reader(s, r) != 0)
		return NULL;
	for (;;) {
		rd_kafka_event_t *ev = ask_once(s, asked, found, r);
		if (ev != NULL && stable(*found))
			return ev;
		if (ev != NULL)
			rd_kafka_event_destroy(ev);
		else if (r->verdict != OUTPUT_RETRY || r->alarm || r->reopen)
			return NULL;
		/* else the coordinator moves just now */
		if (kafka_go_on(s, deadline, "waiting for the group's offsets, or a transaction on them",
				r) != 0)
			return NULL;
		if (output_wait(s->env->host, -1, 0, clock_mono_ms() + ASK_AGAIN_MS) < 0) {
			output_retry(r, false, "stopped by the engine");
			return NULL;
		}
	}
}

/* What the broker has said of one partition into p. -1 with r: nothing certain. */
static int take_offset(struct position *p, const rd_kafka_topic_partition_list_t *found,
		       struct output_result *r)
{
	int64_t timestamp;
	const rd_kafka_topic_partition_t *tp =
		rd_kafka_topic_partition_list_find((rd_kafka_topic_partition_list_t *)(uintptr_t)found,
						   p->topic, p->partition);
	if (tp != NULL && tp->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		output_retry(r, false, "the group's offset of %s [%d]: %s", p->topic, p->partition,
			     rd_kafka_err2str(tp->err));
		return -1;
	}
	p->born = tp == NULL || tp->offset < 0;
	if (p->born)
		return 0;
	p->offset = tp->offset;
	read_metadata(tp, &timestamp, p->topic_id);
	return 0;
}

/* Offsets that were not there are written at once: else `start: latest` would skip what comes until the first
 * batch is done. */
static int write_born(struct kafka *s, const struct position *p, size_t n, struct output_result *r)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
	for (size_t i = 0; i < n; i++)
		if (p[i].born)
			add(list, &p[i], EVENT_NO_TIME);
	output_ok(r, 0);
	int rc = 0;
	if (list->cnt > 0) {
		kafka_txn_begin(s, r);
		rc = r->verdict == OUTPUT_OK ? kafka_txn_commit(s, list, r) : -1;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

void kafka_positions(struct output *o, struct position *p, size_t n, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	const rd_kafka_topic_partition_list_t *found;
	int rc = 0;
	if (kafka_ready(s, r) != 0)
		return;
	rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new((int)n + 1);
	for (size_t i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(asked, p[i].topic, p[i].partition);
	rd_kafka_event_t *ev = ask_offsets(s, asked, &found, r);
	rd_kafka_topic_partition_list_destroy(asked);
	if (ev == NULL)
		return;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_offset(&p[i], found, r);
	rd_kafka_event_destroy(ev);
	if (rc != 0 || write_born(s, p, n, r) != 0)
		return;
	drop_reader(s);
	s->unsure = false;
	for (size_t i = 0; i < n; i++)
		remember(s, p[i].topic, p[i].partition, p[i].offset);
	output_ok(r, n);
}

void kafka_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n + 1);
	bool fits = true;
	for (size_t i = 0; i < n; i++) {
		const struct kafka_mark *m = find_mark(s, moves[i].topic, moves[i].partition);
		fits = fits && m != NULL && m->offset == moves[i].expected;
		add(list, &moves[i], moves[i].timestamp);
	}
	if (!fits)
		output_fenced(r, "the group's offset is not where it was left");
	else if (kafka_txn_commit(s, list, r) == 0) {
		for (size_t i = 0; i < n; i++)
			remember(s, moves[i].topic, moves[i].partition, moves[i].offset);
		output_ok(r, n);
	}
	rd_kafka_topic_partition_list_destroy(list);
}

void kafka_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	const rd_kafka_topic_partition_list_t *found;
	size_t n = 0;
	rd_kafka_event_t *ev = ask_offsets(s, NULL, &found, r);
	if (ev == NULL)
		return;
	for (int i = 0; i < found->cnt; i++) {
		const rd_kafka_topic_partition_t *tp = &found->elems[i];
		char topic_id[TOPIC_ID_MAX];
		struct output_mark mark = {.cluster = s->cluster_id,
					   .output = s->env->name,
					   .topic = tp->topic,
					   .partition = tp->partition,
					   .offset = tp->offset};
		if (tp->err != RD_KAFKA_RESP_ERR_NO_ERROR || tp->offset < 0)
			continue;
		read_metadata(tp, &mark.timestamp, topic_id);
		row(ctx, &mark);
		n++;
	}
	rd_kafka_event_destroy(ev);
	output_ok(r, n);
}

/* 1 = there is such an offset, 0 = none, -1 with r. */
static int is_there(struct kafka *s, const rd_kafka_topic_partition_list_t *list, struct output_result *r)
{
	const rd_kafka_topic_partition_list_t *found;
	rd_kafka_event_t *ev = ask_offsets(s, list, &found, r);
	if (ev == NULL)
		return -1;
	int there = found->cnt > 0 && found->elems[0].offset >= 0;
	rd_kafka_event_destroy(ev);
	return there;
}

static int alter(struct kafka *s, const rd_kafka_topic_partition_list_t *list, struct output_result *r)
{
	size_t count;
	rd_kafka_AlterConsumerGroupOffsets_t *change =
		rd_kafka_AlterConsumerGroupOffsets_new(s->env->group, list);
	rd_kafka_AdminOptions_t *options = admin_options(s, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
	rd_kafka_queue_t *q = rd_kafka_queue_new(s->reader);
	rd_kafka_AlterConsumerGroupOffsets(s->reader, &change, 1, options, q);
	rd_kafka_event_t *ev = await_answer(s, q, "setting the group's offset", r);
	rd_kafka_queue_destroy(q);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_AlterConsumerGroupOffsets_destroy(change);
	if (ev == NULL)
		return -1;
	const rd_kafka_group_result_t **groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
		rd_kafka_event_AlterConsumerGroupOffsets_result(ev), &count);
	const rd_kafka_topic_partition_list_t *done =
		count > 0 ? rd_kafka_group_result_partitions(groups[0]) : NULL;
	rd_kafka_resp_err_t code =
		done != NULL && done->cnt > 0 ? done->elems[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		output_retry(r, true,
			     "setting the offset of group %s: %s; the group must have no members: stop "
			     "every natmill of it first",
			     s->env->group, rd_kafka_err2str(code));
	rd_kafka_event_destroy(ev);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -1;
}

void kafka_set_mark(struct output *o, const struct position *position, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, position->topic, position->partition)->offset =
		position->offset;
	int there = is_there(s, list, r);
	if (there == 0) {
		output_ok(r, 0);
	} else if (there > 0 && alter(s, list, r) == 0) {
		remember(s, position->topic, position->partition, position->offset);
		output_ok(r, 1);
	}
	rd_kafka_topic_partition_list_destroy(list);
}
