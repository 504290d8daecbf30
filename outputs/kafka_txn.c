/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka transactions in slices, so that the engine can be asked between them; see kafka.h. A commit that was
 * sent is brought to its answer: until then nothing is told about it. Where that does not work, a new
 * producer with the same transactional id makes the broker end it, and the marks are read anew.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "output/aside.h"
#include "outputs/kafka.h"

#define SEND_MS 5000
#define PAUSE_MS 20 /* after an answer that came at once, and is none */

int kafka_go_on(struct kafka *s, int64_t deadline, const char *what, struct output_result *r)
{
	rd_kafka_poll(s->rk, 0);
	int64_t now = clock_mono_ms();
	if (now >= deadline)
		output_retry(r, s->cause_alarm, "%s: no answer in time%s%s", what,
			     s->cause[0] != '\0' ? ": " : "", s->cause);
	else if (output_wait(s->env->host, -1, 0, now) < 0)
		output_retry(r, false, "%s: stopped by the engine", what);
	else
		return 0;
	return -1;
}

/* After a call that returned error: 0 = call it again, error is destroyed; -1 = r says why not. */
static int again(struct kafka *s, rd_kafka_error_t *error, int64_t deadline, const char *what,
		 struct output_result *r)
{
	if (!rd_kafka_error_is_retriable(error) || rd_kafka_error_is_fatal(error)) {
		kafka_judge(s, error, what, r);
		return -1;
	}
	bool timed_out = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (!timed_out) /* a time-out has the reason elsewhere */
		snprintf(s->cause, sizeof s->cause, "%s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	if (kafka_go_on(s, deadline, what, r) != 0)
		return -1;
	if (!timed_out && output_wait(s->env->host, -1, 0, clock_mono_ms() + PAUSE_MS) < 0) {
		output_retry(r, false, "%s: stopped by the engine", what);
		return -1;
	}
	return 0;
}

int kafka_txn_init(struct kafka *s, int64_t deadline, struct output_result *r)
{
	rd_kafka_error_t *error;
	while ((error = rd_kafka_init_transactions(s->rk, KAFKA_SLICE_MS)) != NULL)
		if (again(s, error, deadline, "initialising transactions", r) != 0)
			return -1;
	return 0;
}

void kafka_txn_begin(struct kafka *s, struct output_result *r)
{
	rd_kafka_error_t *error = rd_kafka_begin_transaction(s->rk);
	if (error != NULL) {
		kafka_judge(s, error, "beginning a transaction", r);
		return;
	}
	s->state = KAFKA_OPEN;
	output_ok(r, 0);
}

static int finish_abort(struct kafka *s, int64_t deadline, struct output_result *r)
{
	rd_kafka_error_t *error;
	s->state = KAFKA_ABORTING;
	while ((error = rd_kafka_abort_transaction(s->rk, KAFKA_SLICE_MS)) != NULL)
		if (again(s, error, deadline, "aborting a transaction", r) != 0) {
			/* What cannot be aborted is left to the initialisation of the next producer. */
			if (r->alarm || r->reopen || r->verdict == OUTPUT_FENCED)
				kafka_drop_producer(s);
			return -1;
		}
	s->state = KAFKA_IDLE;
	return 0;
}

/* -1: not known (state COMMITTING, or no producer any more), or refused (state OPEN, to be aborted). */
static int finish_commit(struct kafka *s, int64_t deadline, struct output_result *r)
{
	rd_kafka_error_t *error;
	s->state = KAFKA_COMMITTING;
	s->unsure = true;
	while ((error = rd_kafka_commit_transaction(s->rk, KAFKA_SLICE_MS)) != NULL) {
		bool refused = rd_kafka_error_txn_requires_abort(error) != 0;
		if (again(s, error, deadline, "committing a transaction", r) == 0)
			continue;
		if (refused && s->rk != NULL)
			s->state = KAFKA_OPEN;
		else if (s->rk != NULL &&
			 r->alarm) /* neither retriable nor abortable: librdkafka is done with it */
			kafka_drop_producer(s);
		return -1;
	}
	s->state = KAFKA_IDLE;
	return 0;
}

int kafka_settle(struct kafka *s, int64_t deadline, struct output_result *r)
{
	if (s->rk == NULL || s->state == KAFKA_IDLE)
		return 0;
	if (s->state == KAFKA_COMMITTING && finish_commit(s, deadline, r) == 0)
		return 0;
	if (s->rk == NULL)
		return 0;
	if (s->state == KAFKA_COMMITTING)
		return -1;
	return finish_abort(s, deadline, r) == 0 || s->rk == NULL ? 0 : -1;
}

/* Sending offsets is the one call of librdkafka that does not keep to its time-out, so it has a thread of its
 * own. When nobody waits for it any more, the producer is that thread's, too. */
struct sending {
	rd_kafka_t *rk;
	rd_kafka_topic_partition_list_t *offsets;
	rd_kafka_consumer_group_metadata_t *group;
	rd_kafka_error_t *error;
};

static void sending_work(void *arg)
{
	struct sending *g = arg;
	g->error = rd_kafka_send_offsets_to_transaction(g->rk, g->offsets, g->group, SEND_MS);
}

static void sending_free(struct sending *g)
{
	rd_kafka_topic_partition_list_destroy(g->offsets);
	rd_kafka_consumer_group_metadata_destroy(g->group);
	free(g);
}

static void sending_drop(void *arg)
{
	struct sending *g = arg;
	if (g->error != NULL)
		rd_kafka_error_destroy(g->error);
	rd_kafka_purge(g->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_destroy(g->rk);
	sending_free(g);
}

static struct sending *sending_new(struct kafka *s, const rd_kafka_topic_partition_list_t *offsets,
				   struct output_result *r)
{
	rd_kafka_consumer_group_metadata_t *group = NULL;
	size_t len;
	const void *bytes = output_membership(s->env->host, &len);
	if (bytes == NULL) {
		output_fenced(r, "the worker is no member of its group any more");
		return NULL;
	}
	rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_read(&group, bytes, len);
	if (error != NULL) {
		kafka_judge(s, error, "the group's membership", r);
		return NULL;
	}
	struct sending *g = xcalloc(1, sizeof *g);
	g->rk = s->rk;
	g->offsets = rd_kafka_topic_partition_list_copy(offsets);
	g->group = group;
	return g;
}

static int send_offsets(struct kafka *s, const rd_kafka_topic_partition_list_t *offsets, int64_t deadline,
			struct output_result *r)
{
	static const char what[] = "the group's offsets";
	rd_kafka_error_t *error;
	do {
		struct sending *g = sending_new(s, offsets, r);
		if (g == NULL)
			return -1;
		int rc = aside_run(s->env->host, sending_work, sending_drop, g, deadline);
		if (rc == 0 || rc == -1) {
			kafka_forget_producer(s);
			output_retry(r, false, "%s: %s", what,
				     rc == 0 ? "no answer in time" : "stopped by the engine");
			r->reopen = true;
			return -1;
		}
		error = g->error;
		sending_free(g);
		if (rc == -2) {
			output_retry(r, true, "%s: no thread to be had", what);
			return -1;
		}
	} while (error != NULL && again(s, error, deadline, what, r) == 0);
	return error == NULL ? 0 : -1;
}

int kafka_txn_commit(struct kafka *s, const rd_kafka_topic_partition_list_t *offsets, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + s->report_ms;
	if (offsets->cnt > 0 && send_offsets(s, offsets, deadline, r) != 0)
		return -1;
	if (kafka_flush(s, r) != 0)
		return -1;
	if (finish_commit(s, deadline, r) != 0)
		return -1;
	s->unsure = false;
	return 0;
}
