/* SPDX-License-Identifier: Apache-2.0
 *
 * What the dead-letter store `kafka` promises of letters read back, beyond the contract, on librdkafka's mock
 * cluster: answer by answer over all partitions to the end there was, strangers' records, verdicts.
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

#define FETCH 1 /* Kafka's numbers of the requests */
#define LIST_OFFSETS 2
#define TOPIC "letters"
#define PARTITIONS 3

static void choose_topic(struct fixture *f, const char *topic)
{
	struct err e;
	f->type->close(f->output);
	assert_int_equal(option_set(option_find(f->type->options, "topic"), &f->options, topic, &e), 0);
	f->output = fixture_worker(f, &f->env);
}

static rd_kafka_t *writer; /* somebody else's producer */

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &dead_kafka_driver);
	const struct mock *mock = f->own;
	rd_kafka_mock_topic_create(mock->cluster, TOPIC, PARTITIONS, 1);
	choose_topic(f, TOPIC);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster), NULL,
			  0);
	rd_kafka_conf_set(conf, "linger.ms", "0", NULL, 0);
	writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	assert_non_null(writer);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	rd_kafka_destroy(writer);
	fixture_close(*state);
	free(*state);
	return 0;
}

/* A record of the topic, with headers name, value, name, value, ..., NULL. */
static void put(int32_t partition, const char *value, const char *const *headers)
{
	rd_kafka_headers_t *list = rd_kafka_headers_new(8);
	for (; *headers != NULL; headers += 2)
		rd_kafka_header_add(list, headers[0], -1, headers[1],
				    headers[1] != NULL ? (ssize_t)strlen(headers[1]) : 0);
	char *copy = xstrdup(value);
	assert_int_equal(rd_kafka_producev(writer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(partition),
					   RD_KAFKA_V_VALUE(copy, strlen(copy)), RD_KAFKA_V_HEADERS(list),
					   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
			 0);
	assert_int_equal(rd_kafka_flush(writer, 10000), 0);
	free(copy);
}

static void put_letter(int32_t partition, const char *offset)
{
	const char *const headers[] = {"natmill.reason",
				       "because",
				       "natmill.topic",
				       "t",
				       "natmill.partition",
				       "0",
				       "natmill.offset",
				       offset,
				       "natmill.record",
				       "0",
				       NULL};
	put(partition, "value", headers);
}

struct seen {
	struct strbuf offsets; /* "7 8 " */
	struct dead_key last;
};

static void see(void *ctx, const struct stored_letter *l)
{
	struct seen *seen = ctx;
	strbuf_printf(&seen->offsets, "%lld ", (long long)l->at.offset);
	assert_true(l->at.place > seen->last.place);
	seen->last = (struct dead_key){.cluster = "", .topic = "", .output = "", .place = l->at.place};
}

static enum output_verdict ask(struct fixture *f, const struct dead_query *q, struct seen *seen,
			       struct output_result *r)
{
	f->type->dead_read(f->output, q, see, seen, r);
	return r->verdict;
}

/* A new reading, in one answer. */
static void assert_all(struct fixture *f, const char *offsets)
{
	struct seen seen = {0};
	struct dead_query q = dead_all(1000);
	struct output_result r;
	strbuf_adds(&seen.offsets, "");
	if (ask(f, &q, &seen, &r) != OUTPUT_OK)
		fail_msg("%s", r.why.msg);
	assert_string_equal(seen.offsets.data, offsets);
	strbuf_free(&seen.offsets);
}

/* Partition 1 is empty; what is written behind the first answer belongs to the next reading. */
static void answers_go_on_to_the_end_there_was(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct dead_query q = dead_all(2);
	struct output_result r;
	put_letter(2, "5");
	put_letter(0, "7");
	put_letter(0, "3");
	put_letter(0, "9");
	put_letter(2, "4");
	assert_int_equal(ask(f, &q, &seen, &r), OUTPUT_OK);
	assert_int_equal(r.n, 2);
	put_letter(0, "11");
	put_letter(1, "12");
	q.after = &seen.last;
	while (ask(f, &q, &seen, &r) == OUTPUT_OK && r.n > 0)
		;
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string_equal(seen.offsets.data, "7 3 9 5 4 ");
	strbuf_free(&seen.offsets);
	assert_all(f, "7 3 9 11 12 5 4 ");
}

/* Another instance finds the place again, too; the bytes asked for end an answer behind one letter. */
static void places_hold_for_another_reader(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct dead_query q = dead_all(100);
	struct output_result r;
	put_letter(0, "1");
	put_letter(2, "2");
	put_letter(2, "3");
	q.bytes = 1;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(f, &q, &seen, &r), OUTPUT_OK);
		assert_int_equal(r.n, 1);
		q.after = &seen.last;
		choose_topic(f, TOPIC);
	}
	assert_int_equal(ask(f, &q, &seen, &r), OUTPUT_OK);
	assert_int_equal(r.n, 0);
	assert_string_equal(seen.offsets.data, "1 2 3 ");
	strbuf_free(&seen.offsets);
}

static void strangers_are_left_out(void **state)
{
	struct fixture *f = *state;
	static const char *const numbers[] = {"",   "-1", "12x", " 1",   "9223372036854775808",
					      "1.", "0x", "+1",  "\xff", "99999999999999999999999999"};
	const char *headers[] = {"natmill.topic",
				 "t",
				 "natmill.partition",
				 "0",
				 "natmill.offset",
				 "1",
				 "natmill.record",
				 "0",
				 NULL};
	put(0, "plain", headers + 8);
	put_letter(0, "1");
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		put_letter(0, numbers[i]);
	headers[1] = NULL; /* null: no topic */
	put(0, "x", headers);
	headers[1] = "t";
	headers[3] = "2147483648";
	put(0, "x", headers);
	headers[3] = "2147483647";
	headers[7] = "4294967296";
	put(0, "x", headers);
	headers[7] = NULL;
	put(0, "x", headers);
	headers[6] = NULL; /* no record */
	put(0, "x", headers);
	put(0, "x", headers + 2);
	put_letter(0, "9223372036854775807");
	assert_all(f, "1 9223372036854775807 ");
}

static void check_original(void *ctx, const struct stored_letter *l)
{
	++*(unsigned *)ctx;
	assert_null(l->key);
	assert_null(l->value);
	assert_int_equal(l->len, 0);
	assert_string_equal(l->at.output, "pg");
	assert_string_equal(l->headers, "[{\"name\":\"natmil\",\"value_base64\":\"/w==\"},"
					"{\"name\":\"none\",\"value\":null}]");
}

/* A value that is null stays so, as do null and binary headers; natmill's own are not among them. */
static void originals_come_back(void **state)
{
	struct fixture *f = *state;
	static const struct message_header headers[] = {{"natmil", "\xff", 1},
							{"natmill.reason", "old", 3},
							{"none", NULL, 0}};
	struct dead_query q = dead_all(10);
	struct output_result r;
	unsigned n = 0;
	fixture_fill(&f->batch, 0, 0, 1);
	f->batch.messages[0].value = NULL;
	f->batch.messages[0].len = 0;
	f->batch.messages[0].headers = headers;
	f->batch.messages[0].header_count = 3;
	batch_add_dead(&f->batch, 0, 0, "because")->output = "pg";
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	f->type->dead_read(f->output, &q, check_original, &n, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(n, 1);
}

static void a_missing_topic_holds_none(void **state)
{
	struct fixture *f = *state;
	choose_topic(f, "nowhere");
	assert_all(f, "");
	assert_all(f, ""); /* asking has not made it */
}

static void given_up_and_read_again(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct dead_query q = dead_all(100);
	struct output_result r;
	put_letter(0, "1");
	dead_kafka_driver.block(f);
	f->host.give_up_after = f->host.waits + 1;
	int64_t start = clock_mono_ms();
	assert_int_equal(ask(f, &q, &seen, &r), OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 0, 1500);
	assert_false(r.alarm);
	assert_non_null(strstr(r.why.msg, TOPIC));
	dead_kafka_driver.unblock(f);
	f->host.give_up_after = UINT32_MAX;
	assert_all(f, "1 ");
}

static void refused_is_an_alarm_and_passing_is_asked_again(void **state)
{
	struct fixture *f = *state;
	const struct mock *mock = f->own;
	struct seen seen = {0};
	struct dead_query q = dead_all(100);
	struct output_result r;
	put_letter(0, "1");
	for (int16_t request = FETCH; request <= LIST_OFFSETS; request++) {
		rd_kafka_mock_push_request_errors(mock->cluster, request, 1,
						  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
		assert_int_equal(ask(f, &q, &seen, &r), OUTPUT_RETRY);
		assert_true(r.alarm);
		if (strstr(r.why.msg, "authorization") == NULL)
			fail_msg("%s", r.why.msg);
		assert_null(seen.offsets.data);
		assert_all(f, "1 ");
		rd_kafka_mock_push_request_errors(mock->cluster, request, 1,
						  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
		assert_all(f, "1 ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_go_on_to_the_end_there_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(places_hold_for_another_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strangers_are_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(originals_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_missing_topic_holds_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(given_up_and_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_is_an_alarm_and_passing_is_asked_again, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
