/* SPDX-License-Identifier: Apache-2.0
 *
 * The group's side of the consumer: assignments, revocations, commits; see consumer.h. The handle itself is
 * made in consumer_open.c, reading is in consumer_fetch.c.
 */
#include "stream/consumer.h"

#include "base/clock.h"
#include "base/log.h"

#define RELEASE_COMMIT_MS 2000 /* how long a revocation waits for its last commit */

bool consumer_disturbed(const struct consumer *c)
{
	return c->asked == REBALANCE_REVOKE || c->fatal.code != ERR_NONE;
}

static void note_fatal(struct consumer *c)
{
	char text[256];
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(c->rk, text, sizeof text);
	c->fenced = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
	if (c->fenced)
		/* A configuration's error, so that nobody starts it again: both would end each other. */
		err_set(&c->fatal, ERR_CONFIG,
			"Kafka: another natmill of the group has the same kafka.instance and has taken this "
			"one's place; nothing is lost; give each process an instance of its own");
	else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		err_set(&c->fatal, ERR_KAFKA, "Kafka: %s", text);
}

void consumer_serve(struct consumer *c, int timeout_ms)
{
	rd_kafka_message_t *m;
	while (c->asked == REBALANCE_NONE && (m = rd_kafka_consumer_poll(c->rk, timeout_ms)) != NULL) {
		timeout_ms = 0;
		if (m->err == RD_KAFKA_RESP_ERR__FATAL)
			note_fatal(c);
		else if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			log_warn("Kafka: %s", rd_kafka_message_errstr(m));
		else
			c->out_of_place = true; /* a record on the wrong queue must not get lost */
		rd_kafka_message_destroy(m);
	}
}

/* The table as a list for librdkafka: those in the state (or any, with want < 0). */
static rd_kafka_topic_partition_list_t *list_of(const struct consumer *c, int want)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->parts.n + 1);
	for (size_t i = 0; i < c->parts.n; i++) {
		const struct partition *p = c->parts.items[i];
		if (want >= 0 && p->state != (enum partition_state)want)
			continue;
		rd_kafka_topic_partition_list_add(list, p->topic, p->id)->offset = p->next;
	}
	return list;
}

/* Waits until librdkafka's main thread has done all that was asked of it before. */
static void barrier(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *now = NULL;
	if (rd_kafka_assignment(c->rk, &now) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_topic_partition_list_destroy(now);
}

/* Each partition's messages must go to the data queue before the first of them is fetched. The end of an
 * earlier fetch takes the forwarding away, later than the call that asked for it returns: hence the barrier.
 * Without it a partition taken up again would stand still for ever. */
static void forward_queues(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
	if (list->cnt > 0)
		barrier(c);
	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_queue_t *q =
			rd_kafka_queue_get_partition(c->rk, list->elems[i].topic, list->elems[i].partition);
		if (q == NULL)
			continue;
		rd_kafka_queue_forward(q, c->data);
		rd_kafka_queue_destroy(q);
	}
}

/* Answers librdkafka with the list; adds to the assignment (cooperative) or replaces it (eager). */
static int assign_list(struct consumer *c, const rd_kafka_topic_partition_list_t *list, struct err *e)
{
	forward_queues(c, list);
	if (c->cooperative) {
		rd_kafka_error_t *error = rd_kafka_incremental_assign(c->rk, list);
		if (error == NULL)
			return 0;
		err_set(e, ERR_KAFKA, "Kafka: assignment: %s", rd_kafka_error_string(error));
		rd_kafka_error_destroy(error);
		return -1;
	}
	rd_kafka_resp_err_t code = rd_kafka_assign(c->rk, list);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_KAFKA, "Kafka: assignment: %s", rd_kafka_err2str(code));
	return 0;
}

/* Takes everything out of librdkafka's assignment; the group is not told. */
static void stop_reading(struct consumer *c)
{
	if (c->cooperative) {
		rd_kafka_topic_partition_list_t *reading = list_of(c, PARTITION_READING);
		rd_kafka_error_t *error = rd_kafka_incremental_unassign(c->rk, reading);
		if (error != NULL)
			rd_kafka_error_destroy(error);
		rd_kafka_topic_partition_list_destroy(reading);
	} else {
		rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
		rd_kafka_assign(c->rk, none);
		rd_kafka_topic_partition_list_destroy(none);
	}
	consumer_forget_leftovers(c, true);
}

int consumer_assign(struct consumer *c, struct err *e)
{
	if (!c->cooperative) { /* the whole assignment is replaced, each partition at its next offset */
		stop_reading(c);
		for (size_t i = 0; i < c->parts.n; i++)
			if (c->parts.items[i]->state == PARTITION_READING)
				c->parts.items[i]->state = PARTITION_POSITIONED;
	}
	rd_kafka_topic_partition_list_t *list = list_of(c, PARTITION_POSITIONED);
	int rc = assign_list(c, list, e);
	rd_kafka_topic_partition_list_destroy(list);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < c->parts.n; i++)
		if (c->parts.items[i]->state == PARTITION_POSITIONED)
			c->parts.items[i]->state = PARTITION_READING;
	return 0;
}

static void asked_done(struct consumer *c)
{
	if (c->asked_list != NULL)
		rd_kafka_topic_partition_list_destroy(c->asked_list);
	c->asked_list = NULL;
	c->asked = REBALANCE_NONE;
}

void consumer_accept(struct consumer *c)
{
	for (int i = 0; i < c->asked_list->cnt; i++)
		partitions_add(&c->parts, c->asked_list->elems[i].topic, c->asked_list->elems[i].partition);
	/* The group must not wait for our outputs: take the assignment at once, empty, and hand over each
	 * partition as soon as its position is known. */
	rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
	struct err e;
	if (assign_list(c, none, &e) != 0)
		log_warn("%s", e.msg);
	rd_kafka_topic_partition_list_destroy(none);
	log_info("Kafka: assigned %d partitions, %zu in all", c->asked_list->cnt, c->parts.n);
	asked_done(c);
}

/* Answers a revocation with those of the asked partitions that librdkafka reads: a list with any other would
 * be refused as a whole, and the group would wait for the answer for ever. */
static void unassign_list(struct consumer *c, const rd_kafka_topic_partition_list_t *reading)
{
	if (!c->cooperative) {
		rd_kafka_assign(c->rk, NULL);
		return;
	}
	rd_kafka_error_t *error = rd_kafka_incremental_unassign(c->rk, reading);
	if (error == NULL)
		return;
	log_warn("Kafka: revocation: %s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
}

void consumer_release(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *reading = rd_kafka_topic_partition_list_new(c->asked_list->cnt);
	if (!c->lost)
		consumer_commit(c, RELEASE_COMMIT_MS);
	for (int i = 0; i < c->asked_list->cnt; i++) {
		const rd_kafka_topic_partition_t *tp = &c->asked_list->elems[i];
		struct partition *p = partitions_find(&c->parts, tp->topic, tp->partition);
		if (p == NULL)
			continue;
		p->revoked = true;
		if (p->state == PARTITION_READING)
			rd_kafka_topic_partition_list_add(reading, p->topic, p->id);
	}
	consumer_forget_leftovers(c, false);
	partitions_drop_revoked(&c->parts);
	unassign_list(c, reading);
	rd_kafka_topic_partition_list_destroy(reading);
	log_info("Kafka: %s %d partitions, %zu left", c->lost ? "lost" : "gave up", c->asked_list->cnt,
		 c->parts.n);
	c->lost = false;
	asked_done(c);
}

void consumer_restart(struct consumer *c)
{
	consumer_commit(c, 0);
	stop_reading(c);
	partitions_restart(&c->parts);
	c->out_of_place = false;
}

/* Waits for the answer of a commit that was sent with the queue q; true when it is done. */
static bool await_commit(rd_kafka_queue_t *q, int wait_ms)
{
	rd_kafka_event_t *ev = rd_kafka_queue_poll(q, wait_ms);
	bool done = ev != NULL && rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (ev == NULL)
		log_warn("Kafka: no answer to a commit within %d ms; the next owner may read some messages "
			 "again",
			 wait_ms);
	else if (!done)
		log_warn("Kafka: commit: %s", rd_kafka_event_error_string(ev));
	if (ev != NULL)
		rd_kafka_event_destroy(ev);
	return done;
}

void consumer_forget_commit(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
	c->commit_failed = true;
	for (int i = 0; i < list->cnt; i++) {
		struct partition *p =
			partitions_find(&c->parts, list->elems[i].topic, list->elems[i].partition);
		if (p != NULL)
			p->committed = -1;
	}
}

void consumer_commit(struct consumer *c, int wait_ms)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->parts.n + 1);
	for (size_t i = 0; i < c->parts.n; i++) {
		struct partition *p = c->parts.items[i];
		if (p->state != PARTITION_READING || p->settled == p->committed || c->others_commit)
			continue;
		rd_kafka_topic_partition_list_add(list, p->topic, p->id)->offset = p->settled;
		p->committed = p->settled;
	}
	if (list->cnt > 0 && wait_ms > 0) {
		rd_kafka_queue_t *q = rd_kafka_queue_new(c->rk);
		rd_kafka_commit_queue(c->rk, list, q, NULL, NULL);
		if (!await_commit(q, wait_ms))
			consumer_forget_commit(c, list);
		rd_kafka_queue_destroy(q);
	} else if (list->cnt > 0) {
		rd_kafka_commit(c->rk, list, 1); /* the answer comes to on_commit() */
	}
	if (list->cnt > 0)
		stats_add(&c->stats->commits, 1);
	rd_kafka_topic_partition_list_destroy(list);
}

const void *consumer_membership(struct consumer *c, size_t *len)
{
	rd_kafka_mem_free(NULL, c->membership);
	c->membership = NULL;
	*len = 0;
	rd_kafka_consumer_group_metadata_t *m = rd_kafka_consumer_group_metadata(c->rk);
	if (m == NULL)
		return NULL;
	/* Thrown out, librdkafka has neither; the broker takes offsets without a member from anybody. */
	bool member = rd_kafka_consumer_group_metadata_generation_id(m) >= 0 &&
		      rd_kafka_consumer_group_metadata_member_id(m)[0] != '\0';
	rd_kafka_error_t *error = NULL;
	if (member)
		error = rd_kafka_consumer_group_metadata_write(m, &c->membership, len);
	rd_kafka_consumer_group_metadata_destroy(m);
	if (error != NULL)
		rd_kafka_error_destroy(error);
	return c->membership;
}
