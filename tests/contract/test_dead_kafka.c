/* SPDX-License-Identifier: Apache-2.0
 *
 * What the dead-letter store `kafka` promises beyond the contract, on librdkafka's mock cluster: the original
 * record as it was, verdicts of broker errors, settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "outputs/dead_kafka.h"
#include "tests/contract/driver_dead.h"

#define PRODUCE 0 /* Kafka's number of the request */

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &dead_kafka_driver);
	fixture_fill(&f->batch, 0, 0, 2);
	batch_add_dead(&f->batch, 1, 3, "because");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static enum output_verdict store(struct fixture *f, struct output_result *r)
{
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, r);
	return r->verdict;
}

static void add_header(struct strbuf *out, const rd_kafka_headers_t *headers, size_t i)
{
	const char *name;
	const void *value;
	size_t len;
	assert_int_equal(rd_kafka_header_get_all(headers, i, &name, &value, &len), 0);
	strbuf_printf(out, "%s=%.*s;", name, value != NULL ? (int)len : 4,
		      value != NULL ? (const char *)value : "null");
}

static void see(rd_kafka_message_t *m, void *arg)
{
	struct strbuf *out = arg;
	rd_kafka_headers_t *headers = NULL;
	strbuf_add(out, m->key, m->key_len);
	strbuf_addc(out, '|');
	strbuf_add(out, m->payload, m->len);
	strbuf_addc(out, '|');
	assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
	for (size_t i = 0; i < rd_kafka_header_cnt(headers); i++)
		add_header(out, headers, i);
}

static void record_is_kept_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	const struct message_header headers[] = {{"trace", "1", 1},
						 {"natmill.reason", "old", 3},
						 {"none", NULL, 0}};
	struct message *m = &f->batch.messages[1];
	struct dead_letter *d = &f->batch.dead[0];
	struct strbuf found = {0};
	m->key = "k\xff";
	m->key_len = 2;
	m->headers = headers;
	m->header_count = 3;
	d->index = 2;
	d->column = 31;
	d->vendor = "nfware";
	d->rule = "session_mapping";
	d->output = "pg";
	d->script_hash = "abc";
	d->generation = 4;
	assert_int_equal(store(f, &r), OUTPUT_OK);
	mock_read(f->own, see, &found);
	assert_string_equal(
		found.data,
		"k\xff|raw value|trace=1;none=null;natmill.reason=because;natmill.cluster=cluster-1;"
		"natmill.topic=cgnat.syslog.nfware;natmill.partition=0;natmill.offset=1;natmill.record=3;"
		"natmill.index=2;natmill.output=pg;natmill.vendor=nfware;natmill.rule=session_mapping;"
		"natmill.column=31;natmill.script_hash=abc;natmill.generation=4;"
		"natmill.timestamp=2025-05-02T11:34:56.870Z;");
	strbuf_free(&found);
}

static void count(rd_kafka_message_t *m, void *arg)
{
	(void)m;
	++*(unsigned *)arg;
}

/* A new instance with one more property. */
static void set_property(struct fixture *f, const char *name, const char *value)
{
	f->type->close(f->output);
	option_put(option_find(f->type->options, "properties"), &f->options, name, value);
	f->output = fixture_worker(f, &f->env);
}

/* The producer asks for the topic's state from time to time: tries until it knows better, or 10 seconds. */
static void store_at_last(struct fixture *f)
{
	struct output_result r;
	int64_t deadline = clock_mono_ms() + 10000;
	while (store(f, &r) != OUTPUT_OK) {
		if (clock_mono_ms() > deadline)
			fail_msg("%s", r.why.msg);
		output_wait(&f->host.host, -1, 0, clock_mono_ms() + 20);
	}
}

static void refusal_is_an_alarm_until_mended(void **state)
{
	struct fixture *f = *state;
	const struct mock *mock = f->own;
	struct output_result r;
	unsigned n = 0;
	const struct {
		rd_kafka_resp_err_t error;
		const char *says;
	} refusals[] = {
		{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "max.message.bytes to 4105 or more"},
		{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "authorization"},
	};
	set_property(f, "topic.metadata.refresh.interval.ms", "100");
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		rd_kafka_mock_push_request_errors(mock->cluster, PRODUCE, 1, refusals[i].error);
		assert_int_equal(store(f, &r), OUTPUT_RETRY);
		assert_true(r.alarm);
		if (strstr(r.why.msg, refusals[i].says) == NULL)
			fail_msg("%s", r.why.msg);
	}
	store_at_last(f);
	mock_read(mock, count, &n);
	assert_int_equal(n, 1);
}

/* The producer's own limit, found before anything is sent. */
static void too_large_for_the_producer(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf value = {0};
	set_property(f, "message.max.bytes", "2000");
	while (value.len < 3000)
		strbuf_addc(&value, 'x');
	f->batch.messages[1].value = value.data;
	f->batch.messages[1].len = value.len;
	assert_int_equal(store(f, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "topic cgnat.dead"));
	strbuf_free(&value);
}

/* Letters of a call that was given up do not count for the next one. */
static void late_reports_do_not_count(void **state)
{
	struct fixture *f = *state;
	const struct mock *mock = f->own;
	struct output_result r;
	unsigned n = 0;
	assert_int_equal(store(f, &r), OUTPUT_OK);
	rd_kafka_mock_broker_set_rtt(mock->cluster, 1, 300);
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	if (store(f, &r) != OUTPUT_RETRY)
		fail_msg("not held up: %u waits", f->host.waits);
	assert_false(r.alarm);
	assert_in_range(clock_mono_ms() - start, 0, 499);
	rd_kafka_mock_broker_set_rtt(mock->cluster, 1, 0);
	f->host.give_up_after = UINT32_MAX;
	batch_add_dead(&f->batch, 0, 0, "another");
	assert_int_equal(store(f, &r), OUTPUT_OK);
	mock_read(mock, count, &n);
	assert_in_range(n, 3, 4); /* what was given up may have arrived all the same */
}

static void assert_refused(struct fixture *f, struct dead_kafka_options *options, const char *says)
{
	struct err e = {0};
	assert_null(f->type->create(options, &f->env, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	if (strstr(e.msg, says) == NULL)
		fail_msg("%s", e.msg);
}

static void settings_are_checked_at_once(void **state)
{
	struct fixture *f = *state;
	char topic[] = "t";
	char brokers[] = "localhost:1";
	char key[] = "compression.tipe";
	char value[] = "lz4";
	struct text_pair pair = {key, value};
	struct dead_kafka_options options = {.topic = topic};
	assert_refused(f, &options, "brokers");
	options.brokers = brokers;
	options.properties = (struct text_map){&pair, 1};
	assert_refused(f, &options, "compression.tipe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(record_is_kept_as_it_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusal_is_an_alarm_until_mended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_for_the_producer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_reports_do_not_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(settings_are_checked_at_once, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
