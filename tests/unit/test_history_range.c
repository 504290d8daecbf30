/* SPDX-License-Identifier: Apache-2.0
 *
 * The range of a history against librdkafka's mock cluster, which knows no times: all lie behind its logs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "stream/history_range.h"
#include "tests/contract/capture.h"

#define TOPIC "cgnat.syslog.nfware"
#define WAIT_MS 20000
#define LIST_OFFSETS 2 /* number of the request in Kafka's protocol */
#define MESSAGES 10

struct world {
	rd_kafka_t *producer;
	rd_kafka_mock_cluster_t *cluster;
	struct kafka_settings settings;
	struct consumer consumer;
	struct worker_stats stats;
	_Atomic int64_t stop;
	struct capture *capture;
	struct capture_options options;
	struct output_type target;
	struct sink_config sink;
	struct output_stats output_stats[1];
	struct sinks sinks;
};

/* The double does not say what its tables hold. */
static void tell_columns(struct output *o, enum output_identity *kept, struct output_result *r)
{
	(void)o;
	*kept = IDENTITY_COLUMNS;
	output_ok(r, 0);
}

static void open_world(struct world *w)
{
	char why[256];
	struct err e;
	*w = (struct world){.target = capture_output};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "2", why, sizeof why);
	w->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	w->cluster = rd_kafka_mock_cluster_new(w->producer, 1);
	rd_kafka_mock_topic_create(w->cluster, TOPIC, 2, 1);
	rd_kafka_brokers_add(w->producer, rd_kafka_mock_cluster_bootstraps(w->cluster));
	for (int i = 0; i < MESSAGES; i++)
		rd_kafka_producev(w->producer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(i % 2),
				  RD_KAFKA_V_VALUE(why, 1), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				  RD_KAFKA_V_END);
	assert_int_equal(rd_kafka_flush(w->producer, WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
	option_defaults(kafka_options, &w->settings);
	option_set(option_find(kafka_options, "brokers"), &w->settings,
		   rd_kafka_mock_cluster_bootstraps(w->cluster), NULL);
	w->settings.connect_timeout_ms = WAIT_MS;
	const struct consumer_config config = {.settings = &w->settings,
					       .prefetch = 1 << 20,
					       .fetch = 1 << 18,
					       .stats = &w->stats,
					       .stop = &w->stop};
	if (consumer_open(&w->consumer, &config, &e) != 0)
		fail_msg("%s", e.msg);
	w->capture = capture_new();
	w->options = (struct capture_options){w->capture};
	w->target.identity = tell_columns;
	w->sink = (struct sink_config){.type = &w->target, .name = "db", .options = &w->options};
	const struct output_env env = {.cluster_id = w->consumer.cluster_id};
	assert_int_equal(sinks_create(&w->sinks, &w->sink, 1, w->output_stats, &env, &e), 0);
}

static void close_world(struct world *w)
{
	sinks_close(&w->sinks);
	consumer_close(&w->consumer);
	capture_free(w->capture);
	option_free(kafka_options, &w->settings);
	rd_kafka_mock_cluster_destroy(w->cluster);
	rd_kafka_destroy(w->producer);
}

static int find(struct world *w, struct history_range *range, struct err *e)
{
	const struct history_config config = {.target = &w->sink,
					      .topic = TOPIC,
					      .from = 1000,
					      .to = 2000,
					      .name = "replay:t"};
	return history_range_find(range, &config, &w->consumer, &w->sinks.items[0], e);
}

static void behind_the_log_is_its_end(void **state)
{
	(void)state;
	struct world w;
	struct history_range range;
	struct err e;
	open_world(&w);
	if (find(&w, &range, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(range.n, 2);
	assert_int_equal(range.ends[0], MESSAGES / 2);
	assert_int_equal(range.ends[1], MESSAGES / 2);
	history_range_free(&range);
	close_world(&w);
}

/* Whichever of the questions the broker refuses: no range is made up out of the others. */
static void no_answer_stands_for_another(void **state)
{
	(void)state;
	for (int nth = 0; nth < 4; nth++) {
		struct world w;
		struct history_range range;
		struct err e;
		open_world(&w);
		rd_kafka_resp_err_t errors[4] = {RD_KAFKA_RESP_ERR_NO_ERROR};
		errors[nth] = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
		rd_kafka_mock_push_request_errors_array(w.cluster, LIST_OFFSETS, (size_t)nth + 1, errors);
		assert_int_equal(find(&w, &range, &e), -1);
		assert_non_null(strstr(e.msg, "authorization failed"));
		history_range_free(&range);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_the_log_is_its_end),
		cmocka_unit_test(no_answer_stands_for_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
