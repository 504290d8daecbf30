/* SPDX-License-Identifier: Apache-2.0
 *
 * The dead-letter store `kafka`: letters as records of a topic, acknowledged by all replicas before they
 * count. At least once: the headers natmill.topic, .partition, .offset, .record, .index and .output tell
 * repeated letters. The producer is made for the first letter, so a worker without any costs nothing.
 */
#include "outputs/dead_kafka.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "output/broker_login.h"
#include "outputs/kafka_conf.h"

#define HEADERS_BYTES 4096 /* for what natmill adds to a record and Kafka to a batch, generously */
#define REPORT_MS 15000    /* message.timeout.ms below, and some: then every letter has its report */

static void take_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	kafka_conf_log("dead letters", level, facility, text);
}

static int fill_conf(rd_kafka_conf_t *conf, const struct dead_kafka_options *options, struct err *e)
{
	static const struct kafka_property before[] = {{"message.timeout.ms", "10000"},
						       {"linger.ms", "2"},
						       {NULL, NULL}};
	return kafka_conf_fill(conf,
			       &(struct kafka_conf_plan){.who = "dead_letters",
							 .before = before,
							 .properties = &options->properties,
							 .brokers = options->brokers},
			       e);
}

static void kafka_close(struct output *o);

static struct output *kafka_create(const void *options, const struct output_env *env, struct err *e)
{
	struct dead_kafka *s = xcalloc(1, sizeof *s);
	s->options = options;
	s->env = env;
	s->conf = rd_kafka_conf_new();
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rd_kafka_conf_set_events(s->conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	rd_kafka_conf_set_log_cb(s->conf, take_log);
	if (s->fd < 0)
		err_set(e, ERR_SYSTEM, "dead_letters: %s", strerror(errno));
	if (s->fd >= 0 && fill_conf(s->conf, s->options, e) == 0)
		return (struct output *)s;
	kafka_close((struct output *)s);
	return NULL;
}

static void drop_producer(struct dead_kafka *s)
{
	if (s->rk == NULL)
		return;
	rd_kafka_queue_io_event_enable(s->queue, -1, NULL, 0);
	rd_kafka_queue_destroy(s->queue);
	rd_kafka_destroy(s->rk);
	s->queue = NULL;
	s->rk = NULL;
}

/* Takes back what has no report yet, and waits until it is: the purge must not meet the next letters.
 * Destroying the producer would do too, but takes up to a second. */
static void give_up(struct dead_kafka *s)
{
	rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	if (rd_kafka_fatal_error(s->rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
		drop_producer(s);
}

static void kafka_close(struct output *o)
{
	struct dead_kafka *s = (struct dead_kafka *)o;
	if (s->rk != NULL)
		give_up(s);
	drop_producer(s);
	dead_kafka_reader_free(s->reader);
	rd_kafka_conf_destroy(s->conf);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static void kafka_topics(struct output *o, output_topic_fn *row, void *ctx)
{
	const struct dead_kafka *s = (const struct dead_kafka *)o;
	row(ctx, &(struct output_topic){.name = s->options->topic,
					.bytes = kafka_conf_number(s->conf, "batch.size")});
}

static int make_producer(struct dead_kafka *s, struct output_result *r)
{
	static const uint64_t one = 1;
	char why[256];
	if (s->rk != NULL)
		return 0;
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);
	s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (s->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		output_retry(r, true, "dead letters: cannot make a Kafka producer: %s", why);
		return -1;
	}
	broker_login_renew(s->rk, RD_KAFKA_RESP_ERR_NO_ERROR, &s->options->properties);
	s->queue = rd_kafka_queue_get_main(s->rk);
	rd_kafka_queue_io_event_enable(s->queue, s->fd, &one, sizeof one);
	return 0;
}

static void take_reports(struct dead_kafka *s, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *m;
	while ((m = rd_kafka_event_message_next(event)) != NULL) {
		if (m->_private != s->attempt.opaque)
			continue;
		s->waiting--;
		if (s->error == RD_KAFKA_RESP_ERR_NO_ERROR)
			s->error = m->err;
	}
}

static void take_error(struct dead_kafka *s, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);
	broker_login_renew(s->rk, error, &s->options->properties);
	snprintf(s->cause, sizeof s->cause, "%s", rd_kafka_event_error_string(event));
	s->cause_alarm = !kafka_passes(error) && error != RD_KAFKA_RESP_ERR__RESOLVE;
	if (error == RD_KAFKA_RESP_ERR__FATAL)
		s->error = error;
}

/* Takes what the queue holds. */
static void serve(struct dead_kafka *s)
{
	uint64_t count;
	rd_kafka_event_t *event;
	while (read(s->fd, &count, sizeof count) > 0)
		; /* first the signal, then the queue: what comes later signals again */
	while ((event = rd_kafka_queue_poll(s->queue, 0)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
			take_reports(s, event);
		else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
			take_error(s, event);
		rd_kafka_event_destroy(event);
	}
}

/* Hands over all letters; a full queue of the producer is waited for. False when the engine wants an end. */
static bool send_all(struct dead_kafka *s, const struct batch *b, const struct dead_letter *letters, size_t n,
		     int64_t deadline)
{
	for (size_t i = 0; i < n && s->error == RD_KAFKA_RESP_ERR_NO_ERROR;) {
		rd_kafka_resp_err_t error = dead_kafka_send(s, b, &letters[i]);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
			s->waiting++;
			i++;
		} else if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_mono_ms() >= deadline) {
			s->error = error;
		} else {
			if (output_wait(s->env->host, s->fd, POLLIN, deadline) < 0)
				return false;
			serve(s);
		}
	}
	return true;
}

static size_t largest(const struct batch *b, const struct dead_letter *letters, size_t n)
{
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		const struct message *m = &b->messages[letters[i].message];
		most = m->len + m->key_len > most ? m->len + m->key_len : most;
	}
	return most;
}

static void answer(struct dead_kafka *s, const struct batch *b, const struct dead_letter *letters, size_t n,
		   struct output_result *r)
{
	const char *topic = s->options->topic;
	if (s->error == RD_KAFKA_RESP_ERR_NO_ERROR && s->waiting == 0) {
		output_ok(r, n);
	} else if (s->error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
		output_retry(r, true,
			     "dead letters: one is too large for topic %s: set its max.message.bytes to %zu "
			     "or more",
			     topic, largest(b, letters, n) + HEADERS_BYTES);
	} else {
		rd_kafka_resp_err_t error = s->waiting > 0 && s->error == RD_KAFKA_RESP_ERR_NO_ERROR
						    ? RD_KAFKA_RESP_ERR__TIMED_OUT
						    : s->error;
		output_retry(r, !kafka_passes(error) || s->cause_alarm, "dead letters: topic %s: %s%s%s",
			     topic, rd_kafka_err2str(error), s->cause[0] != '\0' ? ": " : "", s->cause);
	}
}

static void kafka_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters,
		       size_t n, struct output_result *r)
{
	struct dead_kafka *s = (struct dead_kafka *)o;
	int64_t deadline = clock_mono_ms() + REPORT_MS;
	if (make_producer(s, r) != 0)
		return;
	s->attempt.number++;
	s->waiting = 0;
	s->error = RD_KAFKA_RESP_ERR_NO_ERROR;
	s->cause[0] = '\0';
	s->cause_alarm = false;
	bool go_on = send_all(s, batch, letters, n, deadline);
	serve(s);
	while (go_on && s->waiting > 0 && s->error == RD_KAFKA_RESP_ERR_NO_ERROR &&
	       clock_mono_ms() < deadline) {
		go_on = output_wait(s->env->host, s->fd, POLLIN, deadline) >= 0;
		serve(s);
	}
	answer(s, batch, letters, n, r);
	if (r->verdict != OUTPUT_OK)
		give_up(s);
}

#define FIELD(name) offsetof(struct dead_kafka_options, name)
static const struct option kafka_options[] = {
	{.name = "topic",
	 .type = OPTION_TEXT,
	 .offset = FIELD(topic),
	 .fallback = "cgnat.dead",
	 .reloadable = true,
	 .help = "The topic; its max.message.bytes must be a little larger than that of the topics read."},
	{.name = "brokers",
	 .type = OPTION_TEXT,
	 .offset = FIELD(brokers),
	 .reloadable = true,
	 .help = "Brokers of the cluster that keeps the letters; without it the one that messages come "
		 "from."},
	{.name = "properties",
	 .type = OPTION_MAP,
	 .offset = FIELD(properties),
	 .reloadable = true,
	 .help = "Any librdkafka property of a producer; without brokers those of the section kafka hold "
		 "too."},
	{.name = NULL},
};

const struct output_type dead_kafka_output = {
	.name = "kafka",
	.help = "Dead letters as records of a Kafka topic.",
	.keeps_dead = true,
	.options = kafka_options,
	.options_size = sizeof(struct dead_kafka_options),
	.create = kafka_create,
	.close = kafka_close,
	.topics = kafka_topics,
	.open = output_nothing,
	.begin = output_nothing,
	.dead = kafka_dead,
	.dead_read = dead_kafka_read,
	.commit = output_no_commit,
	.abort = output_no_abort,
};
