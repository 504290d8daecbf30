/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `kafka`: events as JSON records of topics. With transactions (the default) the events of a batch
 * and the group's offsets are one Kafka transaction: exactly once for whoever reads committed. Without: each
 * record acknowledged by all replicas before it counts, at least once. The group's generation is what fences
 * a worker that was thrown out (KIP-447), so the transactional id may be random; it only has to stay the same
 * as long as this instance lives, so that a new producer ends the transaction of the one before it.
 */
#include "outputs/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "output/broker_login.h"
#include "outputs/kafka_conf.h"

#define READY_MS 10000
#define FULL_MS 5 /* wait when the producer's queue is full */

static const struct output_type *variant(const void *options)
{
	const struct kafka_options *own = options;
	return own->transactional ? &kafka_output : &kafka_plain_output;
}

/* A producer may outlive its output: see send_offsets() in kafka_txn.c. So without its name. Warnings come
 * with the verdict. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	kafka_conf_log("output kafka", level <= 3 ? level : 7, facility, text);
}

/* Only failures are reported; what was purged was meant so. */
static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka *s = opaque;
	(void)rk;
	if (m->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || m->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
	    s->failed != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	s->failed = m->err;
	snprintf(s->failed_topic, sizeof s->failed_topic, "%s", rd_kafka_topic_name(m->rkt));
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka *s = opaque;
	rd_kafka_resp_err_t error = (rd_kafka_resp_err_t)code;
	broker_login_renew(rk, error, &s->options->properties);
	snprintf(s->cause, sizeof s->cause, "%s", reason);
	s->cause_alarm = !kafka_passes(error) && error != RD_KAFKA_RESP_ERR__RESOLVE &&
			 error != RD_KAFKA_RESP_ERR__FATAL;
}

static void kafka_close(struct output *o)
{
	struct kafka *s = (struct kafka *)o;
	struct output_result r;
	if (s->rk != NULL && s->ready && s->state != KAFKA_IDLE)
		kafka_settle(s, clock_mono_ms() + 2 * KAFKA_SLICE_MS, &r);
	kafka_drop_producer(s);
	kafka_forget_marks(s);
	by_type_free(&s->topics);
	rd_kafka_conf_destroy(s->conf);
	strbuf_free(&s->value);
	strbuf_free(&s->key);
	strbuf_free(&s->id);
	free(s);
}

static struct output *kafka_create(const void *options, const struct output_env *env, struct err *e)
{
	struct kafka *s = xcalloc(1, sizeof *s);
	s->options = options;
	s->env = env;
	s->conf = rd_kafka_conf_new();
	rd_kafka_conf_set_opaque(s->conf, s);
	rd_kafka_conf_set_log_cb(s->conf, on_log);
	rd_kafka_conf_set_error_cb(s->conf, on_error);
	rd_kafka_conf_set_dr_msg_cb(s->conf, on_report);
	if (kafka_settings_apply(s, e) == 0)
		return (struct output *)s;
	kafka_close((struct output *)s);
	return NULL;
}

void kafka_forget_producer(struct kafka *s)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		if (s->rkt[type] != NULL)
			rd_kafka_topic_destroy(s->rkt[type]);
		s->rkt[type] = NULL;
	}
	s->rk = NULL;
	s->ready = false;
	s->state = KAFKA_IDLE;
}

void kafka_drop_producer(struct kafka *s)
{
	rd_kafka_t *rk = s->rk;
	kafka_forget_producer(s);
	if (rk == NULL)
		return;
	rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_destroy(rk);
}

static int make_producer(struct kafka *s, struct output_result *r)
{
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);
	s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (s->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		output_retry(r, true, "cannot make a Kafka producer: %s", why);
		return -1;
	}
	broker_login_renew(s->rk, RD_KAFKA_RESP_ERR_NO_ERROR, &s->options->properties);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		s->rkt[type] = rd_kafka_topic_new(s->rk, s->topics.names[type], NULL);
	return 0;
}

/* Offsets of one cluster cannot be in a transaction of another. */
static int check_cluster(struct kafka *s, int64_t deadline, struct output_result *r)
{
	char *id;
	while ((id = rd_kafka_clusterid(s->rk, KAFKA_SLICE_MS)) == NULL)
		if (kafka_go_on(s, deadline, "connecting", r) != 0)
			return -1;
	snprintf(s->cluster_id, sizeof s->cluster_id, "%s", id);
	rd_kafka_mem_free(s->rk, id);
	if (s->env->cluster_id[0] == '\0' || strcmp(s->cluster_id, s->env->cluster_id) == 0)
		return 0;
	output_retry(r, true,
		     "brokers are of cluster %s, messages come from cluster %s: a transaction cannot have "
		     "both; set transactional: false",
		     s->cluster_id, s->env->cluster_id);
	return -1;
}

int kafka_ready(struct kafka *s, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + READY_MS;
	s->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
	s->cause[0] = '\0';
	s->cause_alarm = false;
	if (kafka_settle(s, deadline, r) != 0)
		return -1;
	if (s->rk == NULL && make_producer(s, r) != 0)
		return -1;
	if (s->ready || !s->options->transactional)
		return 0;
	if (check_cluster(s, deadline, r) != 0 || kafka_txn_init(s, deadline, r) != 0)
		return -1;
	s->ready = true;
	return 0;
}

static void kafka_open(struct output *o, struct output_result *r)
{
	if (kafka_ready((struct kafka *)o, r) == 0)
		output_ok(r, 0);
}

static void kafka_begin(struct output *o, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	if (kafka_ready(s, r) != 0)
		return;
	output_ok(r, 0);
	if (s->options->transactional && s->unsure)
		output_fenced(r, "the answer of the last commit was lost");
	else if (s->options->transactional)
		kafka_txn_begin(s, r);
}

int kafka_flush(struct kafka *s, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + s->report_ms;
	while (rd_kafka_flush(s->rk, KAFKA_SLICE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR &&
	       s->failed == RD_KAFKA_RESP_ERR_NO_ERROR)
		if (kafka_go_on(s, deadline, "reports of delivery", r) != 0)
			return -1;
	return kafka_judge_reports(s, r);
}

/* Also what the queue has no room for though there is nothing in it. */
static bool is_too_large(const struct kafka *s, rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && rd_kafka_outq_len(s->rk) == 0);
}

/* Hands over the first events of the range, until one needs a verdict of its own. Returns their number; -1
 * with r = the attempt has failed; *refused: the next one is too large. */
static ssize_t send_range(struct kafka *s, const struct output_range *range, bool *refused,
			  struct output_result *r)
{
	const struct batch *b = range->batch;
	int64_t deadline = clock_mono_ms() + s->report_ms;
	for (size_t i = 0; i < range->n;) {
		rd_kafka_error_t *error = kafka_send(s, b, &b->events[range->pick[i]]);
		if (error == NULL) {
			i++;
			continue;
		}
		rd_kafka_resp_err_t code = rd_kafka_error_code(error);
		*refused = is_too_large(s, code);
		if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL && !*refused) {
			kafka_judge(s, error, "writing", r);
			return -1;
		}
		rd_kafka_error_destroy(error);
		if (*refused)
			return (ssize_t)i;
		rd_kafka_poll(s->rk, 0);
		if (kafka_judge_reports(s, r) != 0 || kafka_go_on(s, deadline, "writing", r) != 0)
			return -1;
		output_wait(s->env->host, -1, 0, clock_mono_ms() + FULL_MS);
	}
	return (ssize_t)range->n;
}

static void kafka_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct kafka *s = (struct kafka *)o;
	bool refused = false;
	ssize_t n = send_range(s, range, &refused, r);
	if (n < 0)
		return;
	if (refused && n == 0)
		output_reject(
			r, 1,
			"its record of %zu bytes is larger than %lld: the property message.max.bytes, or "
			"what the option memory leaves for the producer's queue",
			s->value.len + s->key.len, (long long)s->max_bytes);
	else if (s->options->transactional || kafka_flush(s, r) == 0)
		output_ok(r, (size_t)n);
}

static void kafka_abort(struct output *o)
{
	struct kafka *s = (struct kafka *)o;
	struct output_result r;
	if (s->rk != NULL)
		kafka_settle(s, clock_mono_ms() + 2 * KAFKA_SLICE_MS, &r);
}

/* Takes back what has no report yet; a producer that keeps some all the same must not meet the next batch. */
static void plain_abort(struct output *o)
{
	struct kafka *s = (struct kafka *)o;
	if (s->rk == NULL)
		return;
	if (rd_kafka_outq_len(s->rk) > 0) {
		rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(s->rk, KAFKA_SLICE_MS);
	}
	if (rd_kafka_outq_len(s->rk) > 0 ||
	    rd_kafka_fatal_error(s->rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_drop_producer(s);
}

const struct output_type kafka_output = {
	.name = "kafka",
	.help = "Events as JSON records of Kafka topics.",
	.transactional = true,
	.group_marks = true,
	.takes_events = true,
	.options = kafka_settings_rows,
	.options_size = sizeof(struct kafka_options),
	.variant = variant,
	.create = kafka_create,
	.close = kafka_close,
	.topics = kafka_topics,
	.open = kafka_open,
	.positions = kafka_positions,
	.begin = kafka_begin,
	.write = kafka_write,
	.commit = kafka_commit,
	.abort = kafka_abort,
	.list_marks = kafka_list_marks,
	.set_mark = kafka_set_mark,
};

const struct output_type kafka_plain_output = {
	.name = "kafka",
	.help = "Events as JSON records of Kafka topics, without transactions.",
	.takes_events = true,
	.options = kafka_settings_rows,
	.options_size = sizeof(struct kafka_options),
	.create = kafka_create,
	.close = kafka_close,
	.topics = kafka_topics,
	.open = kafka_open,
	.begin = kafka_begin,
	.write = kafka_write,
	.commit = output_no_commit,
	.abort = plain_abort,
};
