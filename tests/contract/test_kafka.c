/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `kafka` promises beyond the contract, on a real Kafka: the record, refusals known before
 * sending, alarms, and that a worker without the group's present generation writes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "outputs/kafka.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_kafka.h"
#include "tests/contract/kafka_server.h"

static int set_up_with(void **state, const struct driver *driver)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, driver);
	*state = f;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, &kafka_driver);
}

static int set_up_plain(void **state)
{
	return set_up_with(state, &kafka_plain_driver);
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static const struct option *row(const struct fixture *f, const char *name)
{
	return option_find(f->type->options, name);
}

static void set_option(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	assert_int_equal(option_set(row(f, name), &f->options, value, &e), 0);
}

/* The output anew, with the options as they are now. */
static void renew(struct fixture *f)
{
	f->type->close(f->output);
	f->output = fixture_worker(f, &f->env);
}

static void see(rd_kafka_message_t *m, void *arg)
{
	struct strbuf *out = arg;
	rd_kafka_headers_t *headers = NULL;
	const void *value = NULL;
	size_t len = 0;
	assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
	assert_int_equal(rd_kafka_header_cnt(headers), 1);
	assert_int_equal(rd_kafka_header_get_last(headers, "natmill.id", &value, &len), 0);
	strbuf_add(out, m->key, m->key_len);
	strbuf_addc(out, '|');
	strbuf_add(out, value, len);
	strbuf_addc(out, '|');
	strbuf_add(out, m->payload, m->len);
	strbuf_addc(out, '\n');
}

static void record_of_each_type(void **state)
{
	static const char *const words[] = {"sessionmapping", "portmapping", "portblockmapping",
					    "addressmapping"};
	struct fixture *f = *state;
	char base[64];
	snprintf(base, sizeof base, "by-type-%d", (int)clock_mono_ms());
	option_free(f->type->options, &f->options);
	option_defaults(f->type->options, &f->options);
	set_option(f, "brokers", kafka_server());
	set_option(f, "default_topic", base);
	set_option(f, "key_field", "src_ip");
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		char name[96];
		snprintf(name, sizeof name, "%s.%s", base, words[type]);
		kafka_create_topic(name, 1, NULL, NULL);
	}
	renew(f);
	fixture_position(f->output, f->type, 0, 40, NULL);
	batch_reset(&f->batch);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		fixture_add(&f->batch, type, 0, 40 + type)->index = 3;
	fixture_deliver(f, 40, 44);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct strbuf found = {0};
		struct strbuf expected = {0};
		char name[96];
		snprintf(name, sizeof name, "%s.%s", base, words[type]);
		kafka_read_committed(name, see, &found);
		strbuf_printf(&expected, "10.0.0.%d|%s:" FIXTURE_TOPIC ":0:%d:3|", 40 + type,
			      kafka_cluster_id(), 40 + type);
		event_json(&f->batch.events[type], f->batch.arena.data, f->batch.arena.len, &expected);
		strbuf_addc(&expected, '\n');
		fixture_assert_lines(&found, &expected);
	}
}

/* Known before anything is sent: the events around it are stored. */
static void assert_too_large(struct fixture *f, const char *property, const char *value, const char *why)
{
	char longest[EVENT_TEXT_MAX + 1];
	uint32_t *pick;
	struct output_result r;
	memset(longest, 'x', EVENT_TEXT_MAX);
	longest[EVENT_TEXT_MAX] = '\0';
	option_put(row(f, "properties"), &f->options, property, value);
	renew(f);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 5);
	f->batch.events[2].host_name = fixture_text(&f->batch, longest);
	struct output_range range = fixture_range(&f->batch, &pick);
	fixture_begin(f->output, f->type, &r);
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 2);
	range.pick += 2;
	range.n = 3;
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.why.msg, why));
	range.pick++;
	range.n = 2;
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(fixture_commit(f->output, f->type, 0, 0, 5, &r), OUTPUT_OK);
	free(pick);
	struct strbuf found = {0};
	struct strbuf expected = {0};
	f->driver->read(f, &found);
	for (int i = 0; i < 5; i++) {
		if (i == 2)
			continue;
		event_json(&f->batch.events[i], f->batch.arena.data, f->batch.arena.len, &expected);
		strbuf_addc(&expected, '\n');
	}
	fixture_assert_lines(&found, &expected);
}

static void too_large_is_refused(void **state)
{
	assert_too_large(*state, "message.max.bytes", "1000",
			 "larger than 1000: the property message.max.bytes");
}

/* Two fit together; the third has no room though they are gone. */
static void larger_than_the_queue_is_refused(void **state)
{
	assert_too_large(*state, "queue.buffering.max.kbytes", "1",
			 "larger than 1024: the property message.max.bytes, or what the option memory");
}

static enum output_verdict attempt(struct fixture *f, struct output_result *r)
{
	if (fixture_begin(f->output, f->type, r) == OUTPUT_OK &&
	    fixture_write(f->output, f->type, &f->batch, r) == OUTPUT_OK)
		fixture_commit(f->output, f->type, 0, 0, 10, r);
	return r->verdict;
}

static void missing_topic_is_an_alarm_until_mended(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char name[64];
	snprintf(name, sizeof name, "missing-%d", (int)clock_mono_ms());
	set_option(f, "topic", name);
	option_put(row(f, "properties"), &f->options, "topic.metadata.refresh.interval.ms", "200");
	renew(f);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 10);
	attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_true(r.alarm);
	if (strstr(r.why.msg, name) == NULL || strstr(r.why.msg, "create the topic") == NULL)
		fail_msg("%s", r.why.msg);
	f->type->abort(f->output);
	kafka_create_topic(name, 1, NULL, NULL);
	int64_t deadline = clock_mono_ms() + 20000;
	while (attempt(f, &r) != OUTPUT_OK) {
		if (clock_mono_ms() > deadline)
			fail_msg("%s", r.why.msg);
		f->type->abort(f->output);
		output_wait(&f->host.host, -1, 0, clock_mono_ms() + 50);
	}
	snprintf(((struct kafka_names *)f->own)->topic, sizeof name, "%s", name);
	cases_assert_stored(f, &f->batch);
}

/* A real member of the group, by the time it has partitions. */
static rd_kafka_t *join(struct fixture *f, void **bytes)
{
	const char *const properties[][2] = {{"group.id", f->env.group}, {"auto.offset.reset", "earliest"}};
	rd_kafka_t *rk = kafka_client(RD_KAFKA_CONSUMER, properties, 2);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, FIXTURE_TOPIC, RD_KAFKA_PARTITION_UA);
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_subscribe(rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	int64_t deadline = clock_mono_ms() + 30000;
	for (int owned = 0; owned == 0;) {
		assert_true(clock_mono_ms() < deadline);
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 50);
		if (m != NULL)
			rd_kafka_message_destroy(m);
		rd_kafka_assignment(rk, &list);
		owned = list->cnt;
		rd_kafka_topic_partition_list_destroy(list);
	}
	rd_kafka_consumer_group_metadata_t *m = rd_kafka_consumer_group_metadata(rk);
	assert_null(rd_kafka_consumer_group_metadata_write(m, bytes, &f->host.membership_len));
	f->host.membership = *bytes;
	rd_kafka_consumer_group_metadata_destroy(m);
	return rk;
}

static void thrown_out_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	void *bytes = NULL;
	rd_kafka_t *member = join(f, &bytes);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 10);
	fixture_deliver(f, 0, 10);
	rd_kafka_consumer_close(member);
	rd_kafka_destroy(member);
	struct kafka *s = (struct kafka *)f->output;
	assert_int_equal(s->marks[0].offset, 10);
	fixture_fill(&f->batch, 0, 10, 10);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	fixture_commit(f->output, f->type, 0, 10, 20, &r);
	cases_assert_verdict(&r, OUTPUT_FENCED);
	f->type->abort(f->output);
	fixture_fill(&f->batch, 0, 0, 10);
	cases_assert_stored(f, &f->batch);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 10);
	rd_kafka_mem_free(NULL, bytes);
}

/* Without a member the broker would take the offsets from anybody. */
static void no_member_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 10);
	f->host.membership = NULL;
	attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_FENCED);
	f->type->abort(f->output);
	cases_assert_stored(f, NULL);
}

static void another_cluster_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_env env = f->env;
	struct output_result r;
	struct err e;
	env.cluster_id = "another";
	struct output *o = f->type->create(&f->options, &env, &e);
	assert_non_null(o);
	f->type->open(o, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "transactional: false"));
	f->type->close(o);
}

static void settings_are_checked_at_once(void **state)
{
	static const char *const wrong[][2] = {{"transactional.id", "mine"},
					       {"acks", "1"},
					       {"linger.sec", "1"}};
	struct fixture *f = *state;
	struct err e;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		option_clear(row(f, "properties"), &f->options);
		option_put(row(f, "properties"), &f->options, wrong[i][0], wrong[i][1]);
		assert_null(f->type->create(&f->options, &f->env, &e));
		assert_non_null(strstr(e.msg, wrong[i][0]));
	}
	option_clear(row(f, "properties"), &f->options);
	set_option(f, "key_field", "source");
	assert_null(f->type->create(&f->options, &f->env, &e));
	assert_non_null(strstr(e.msg, "'source'"));
}

/* What was given up does not come with the next batch. */
static void plain_given_up_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 10);
	fixture_deliver(f, 0, 10);
	kafka_server_freeze();
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 0, 500);
	f->type->abort(f->output);
	assert_in_range(clock_mono_ms() - start, 0, 2000);
	f->host.give_up_after = UINT32_MAX;
	kafka_server_thaw();
	fixture_deliver(f, 0, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(record_of_each_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_is_refused, set_up_plain, tear_down),
		cmocka_unit_test_setup_teardown(larger_than_the_queue_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(larger_than_the_queue_is_refused, set_up_plain, tear_down),
		cmocka_unit_test_setup_teardown(missing_topic_is_an_alarm_until_mended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_topic_is_an_alarm_until_mended, set_up_plain,
						tear_down),
		cmocka_unit_test_setup_teardown(thrown_out_is_fenced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_member_is_fenced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_cluster_is_an_alarm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(settings_are_checked_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_given_up_is_taken_back, set_up_plain, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
