/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes and ends the librdkafka handle of a worker; see consumer.h.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "output/broker_login.h"
#include "stream/consumer.h"
#include "stream/consumer_conf.h"

#define CONNECT_SLICE_MS 100 /* how soon a stop is noticed while no broker answers */
#define FORMER_MS 1000       /* one attempt to ask what the group had */
#define CLOSE_SLICE_MS 50
#define CLOSE_MS 3000 /* how long leaving the group may take */

/* Only notes what the group asks; the worker acts at a safe point. One at a time: the yield ends the call
 * that serves the queue. While closing there is no safe point any more. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
			 void *opaque)
{
	struct consumer *c = opaque;
	const char *protocol = rd_kafka_rebalance_protocol(rk);
	c->cooperative = protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
	if (c->asked_list != NULL)
		rd_kafka_topic_partition_list_destroy(c->asked_list);
	c->asked_list = rd_kafka_topic_partition_list_copy(list);
	c->asked = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? REBALANCE_ASSIGN : REBALANCE_REVOKE;
	c->lost = c->asked == REBALANCE_REVOKE && rd_kafka_assignment_lost(rk);
	if (c->stats != NULL)
		stats_add(&c->stats->rebalances, 1);
	if (c->closing)
		consumer_release(c);
	else
		rd_kafka_yield(rk);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	if (broker_login_alarm("Kafka", facility, text))
		return;
	if (level <= 3 && strcmp(facility, "FAIL") != 0) /* a failed connection comes to on_error() too */
		log_warn("librdkafka: %s: %s", facility, text);
	else
		log_debug("librdkafka: %s: %s", facility, text);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct consumer *c = opaque;
	bool login = broker_login_renew(rk, (rd_kafka_resp_err_t)code, c->properties);
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		return; /* comes as a message too, see consumer_serve() */
	if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		c->out_of_place = true; /* should the topic be made anew, it is another one */
	/* Before the first contact the one clear line comes from connect(). */
	if (c->cluster_id[0] != '\0' && login)
		log_error("ALARM: Kafka: %s (mend kafka.properties: sasl.*, ssl.*)", reason);
	else if (c->cluster_id[0] != '\0')
		log_warn("Kafka: %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
	else
		snprintf(c->fatal.msg, sizeof c->fatal.msg, "%s", reason);
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
		      void *opaque)
{
	(void)rk;
	struct consumer *c = opaque;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET)
		return;
	log_warn("Kafka: commit: %s", rd_kafka_err2str(code));
	if (list != NULL)
		consumer_forget_commit(c, list);
}

/* A handle that nobody has asked for anything looks for a broker once a second only. A question has it
 * connect at once; nobody waits for the answer. */
static void look_for_broker(rd_kafka_t *rk)
{
	const struct rd_kafka_metadata *found;
	if (rd_kafka_metadata(rk, 0, NULL, &found, 0) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(found);
}

/* Waits until a broker answers and keeps the cluster's id. */
static int connect_broker(struct consumer *c, const struct kafka_settings *s, struct err *e)
{
	int64_t deadline = clock_mono_ms() + s->connect_timeout_ms;
	look_for_broker(c->rk);
	for (;;) {
		int64_t left = deadline - clock_mono_ms();
		stats_add(&c->stats->beats, 1);
		if (atomic_load(c->stop) != 0)
			return -1;
		if (left <= 0)
			break;
		char *id = rd_kafka_clusterid(c->rk, left < CONNECT_SLICE_MS ? (int)left : CONNECT_SLICE_MS);
		rd_kafka_poll(c->rk, 0);
		if (id == NULL)
			continue;
		snprintf(c->cluster_id, sizeof c->cluster_id, "%s", id);
		rd_kafka_mem_free(c->rk, id);
		c->fatal.msg[0] = '\0';
		return 0;
	}
	return err_set(
		e, ERR_KAFKA,
		"Kafka: no broker of %s answered within %lld s (%s); check kafka.brokers and the network",
		s->brokers, (long long)(s->connect_timeout_ms + 999) / 1000,
		c->fatal.msg[0] != '\0' ? c->fatal.msg : "no error told");
}

int consumer_subscribe(struct consumer *c, const char *const *topics, size_t count, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t code = rd_kafka_subscribe(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_KAFKA, "Kafka: cannot subscribe: %s; check the topic names",
			       rd_kafka_err2str(code));
	return 0;
}

/* Joins the group; where `start: latest` needs it not before it is known what the group had. */
static int join(struct consumer *c, const struct consumer_config *config, struct err *e)
{
	const struct kafka_settings *s = config->settings;
	int64_t deadline = clock_mono_ms() + s->connect_timeout_ms;
	while (s->start == START_LATEST && former_ask(&c->former, c->rk, s->group, FORMER_MS, e) != 0) {
		stats_add(&c->stats->beats, 1);
		if (atomic_load(c->stop) != 0 || clock_mono_ms() >= deadline)
			return -1;
		rd_kafka_poll(c->rk, CONNECT_SLICE_MS);
	}
	*e = (struct err){0};
	return consumer_subscribe(c, config->topics, config->topic_count, e);
}

void consumer_check_cluster(struct consumer *c)
{
	char *id = rd_kafka_clusterid(c->rk, 0); /* as the last answer about topics has told */
	if (id != NULL && strcmp(id, c->cluster_id) != 0)
		err_set(&c->fatal, ERR_KAFKA,
			"ALARM: Kafka: the brokers are of another cluster now (%s, was %s); start natmill "
			"again if that is meant",
			id, c->cluster_id);
	if (id != NULL)
		rd_kafka_mem_free(c->rk, id);
}

int consumer_open(struct consumer *c, const struct consumer_config *config, struct err *e)
{
	*c = (struct consumer){.stats = config->stats,
			       .properties = &config->settings->properties,
			       .stop = config->stop,
			       .others_commit = config->others_commit};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	if (consumer_conf_fill(conf, config, e) != 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	c->session_ms = consumer_conf_number(conf, "session.timeout.ms");
	c->prefetch_messages = consumer_conf_number(conf, "queued.min.messages");
	c->prefetch_bytes = consumer_conf_number(conf, "queued.max.messages.kbytes") * 1024;
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	broker_login_explain(conf);
	char text[256];
	c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
	if (c->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		return err_set(e, ERR_CONFIG, "kafka: %s", text);
	}
	c->data = rd_kafka_queue_new(c->rk);
	if (connect_broker(c, config->settings, e) != 0) {
		consumer_close(c);
		return -1;
	}
	rd_kafka_poll_set_consumer(c->rk);
	c->control = rd_kafka_queue_get_consumer(c->rk);
	if (config->topic_count > 0 && join(c, config, e) != 0) {
		consumer_close(c);
		return -1;
	}
	return 0;
}

/* True when librdkafka has left the group and may be destroyed. Its own consumer_close() has no bound: it
 * waits for commits that no broker answers. */
static bool leave_group(struct consumer *c)
{
	int64_t deadline = clock_mono_ms() + CLOSE_MS;
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(c->rk, c->control);
	if (error != NULL) { /* a fatal error was before: there is no group to leave */
		rd_kafka_error_destroy(error);
		return true;
	}
	while (!rd_kafka_consumer_closed(c->rk)) {
		if (clock_mono_ms() >= deadline)
			return false;
		rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, CLOSE_SLICE_MS);
		if (m != NULL)
			rd_kafka_message_destroy(m);
	}
	return true;
}

void consumer_close(struct consumer *c)
{
	if (c->rk == NULL)
		return;
	bool left = true;
	consumer_forget_leftovers(c, true);
	if (c->asked == REBALANCE_REVOKE)
		consumer_release(c);
	else if (c->asked == REBALANCE_ASSIGN)
		consumer_accept(c);
	c->closing = true;
	if (c->control != NULL) {
		left = leave_group(c);
		rd_kafka_queue_destroy(c->control);
	}
	rd_kafka_queue_destroy(c->data);
	ends_close(&c->ends);
	if (c->asked_list != NULL)
		rd_kafka_topic_partition_list_destroy(c->asked_list);
	free(c->leftovers.items);
	former_free(&c->former);
	rd_kafka_mem_free(NULL, c->membership);
	c->membership = NULL;
	partitions_free(&c->parts);
	if (left)
		rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	else
		log_warn("Kafka: no answer; the group misses this member when its session has run out");
	c->rk = NULL;
}
