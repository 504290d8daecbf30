/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `influxdb` before a real server: no two events are one point, repeats are; what its refusals
 * mean; a server that goes and comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_http.h"
#include "tests/contract/driver_influxdb.h"
#include "tests/contract/http_server.h"
#include "tests/contract/influxdb_server.h"

#define SERIES_MAX 2000 /* as influxdb_server.c sets it */

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &influxdb_driver);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static long long count(const struct fixture *f, const char *measurement)
{
	char statement[96];
	snprintf(statement, sizeof statement, "SELECT count(\"offset\") FROM %s", measurement);
	return influxdb_number(influxdb_database(f), statement);
}

static void __attribute__((format(printf, 2, 3))) ask(const struct fixture *f, const char *fmt, ...)
{
	struct strbuf out = {0};
	char statement[256];
	va_list args;
	va_start(args, fmt);
	vsnprintf(statement, sizeof statement, fmt, args);
	va_end(args);
	influxdb_ask(f != NULL ? influxdb_database(f) : NULL, statement, &out);
	strbuf_free(&out);
}

/* A device with whole seconds: thousands of events that differ in nothing InfluxDB knows a point by but their
 * place in Kafka. */
static void events_of_one_second(void **state)
{
	struct fixture *f = *state;
	for (int64_t i = 0; i < 4000; i++) {
		struct event *ev = fixture_add(&f->batch, EVENT_SESSION, (int32_t)(i % 2), 100000 + i / 2);
		ev->timestamp = 1746185696000000;
		ev->protocol = 6;
	}
	for (int64_t i = 0; i < 30; i++) { /* three of each message */
		struct event *ev = fixture_add(&f->batch, EVENT_SESSION, 0, 200000 + i / 3);
		ev->index = (uint32_t)(i % 3);
		ev->timestamp = 1746185696000000;
	}
	fixture_deliver(f, 0, 4000);
	assert_int_equal(count(f, "session_mapping"), 4030);
	cases_assert_stored(f, &f->batch);
	fixture_deliver(f, 0, 4000); /* again: each overwrites itself */
	assert_int_equal(count(f, "session_mapping"), 4030);
	cases_assert_stored(f, &f->batch);
}

static void hostile_tags(void **state)
{
	static const char *const texts[] =
		{"a,b", "a b", "a=b", "\"", "'", "a,b=c d=1 2", "\xf0\x9f\x8c\xb2", "#x", "a \" b", " "};
	struct fixture *f = *state;
	struct output_result r;
	http_option(f, "tags", "vrf_id,subscriber,host_name,host");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct event *ev = fixture_add(&f->batch, EVENT_ADDRESS, 0, (int64_t)i);
		ev->vrf_id = fixture_text(&f->batch, texts[i]);
		ev->subscriber = fixture_text(&f->batch, texts[i]);
	}
	fixture_deliver(f, 0, 10);
	cases_assert_stored(f, &f->batch);
	struct event *ev = fixture_add(&f->batch, EVENT_ADDRESS, 0, 11);
	ev->vrf_id = fixture_text(&f->batch, "x\nfake,a=b c=1 2");
	const uint32_t pick[] = {0, 10, 1};
	struct output_range range = {.batch = &f->batch, .pick = pick, .n = 3};
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 1); /* the next needs a verdict of its own */
	range.pick++;
	range.n--;
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
}

static void assert_alarm(struct fixture *f, const char *words)
{
	struct output_result r;
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	if (!r.alarm || strstr(r.why.msg, words) == NULL)
		fail_msg("alarm %d: %s", r.alarm, r.why.msg);
	f->type->abort(f->output);
	if (r.reopen)
		f->type->open(f->output, &r);
}

static void missing_database(void **state)
{
	struct fixture *f = *state;
	fixture_fill(&f->batch, 0, 0, 20);
	http_option(f, "create_database", "false");
	ask(NULL, "DROP DATABASE \"%s\"", influxdb_database(f));
	assert_alarm(f, "database not found");
	http_option(f, "create_database", "true"); /* open makes it */
	ask(NULL, "DROP DATABASE \"%s\"", influxdb_database(f));
	assert_alarm(f, "database not found"); /* and asks to be opened again */
	fixture_deliver(f, 0, 20);
	cases_assert_stored(f, &f->batch);
}

static void odd_database_name(void **state)
{
	struct fixture *f = *state;
	http_option(f, "database", "a \"b & c=d;f");
	fixture_fill(&f->batch, 0, 0, 20);
	fixture_deliver(f, 0, 20);
	struct strbuf found = {0};
	influxdb_ask(NULL, "SHOW DATABASES", &found);
	assert_non_null(strstr(found.data, ",\"a \"\"b & c=d;f\"\n"));
	strbuf_free(&found);
	ask(NULL, "DROP DATABASE \"%s\"", "a \\\"b & c=d;f");
}

/* The measurement knows a field by another type: nothing is wrong with the events. */
static void conflict_of_types(void **state)
{
	struct fixture *f = *state;
	char command[256];
	fixture_fill(&f->batch, 0, 0, 20);
	snprintf(command, sizeof command,
		 "curl -s '%s/write?db=%s' --data-binary 'session_mapping src_port=\"443\" "
		 "1746185696000000000'",
		 influxdb_server_url(), influxdb_database(f));
	assert_int_equal(system(command), 0);
	assert_alarm(f, "field type conflict");
	ask(f, "DROP MEASUREMENT session_mapping");
	fixture_deliver(f, 0, 20);
	cases_assert_stored(f, &f->batch);
}

static void too_many_series(void **state)
{
	struct fixture *f = *state;
	http_option(f, "tags", "src_ip");
	for (int64_t i = 0; i < SERIES_MAX + 10; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, 0, i);
	assert_alarm(f, "max-series-per-database limit exceeded");
}

/* Too old for the database: such an event is refused, and only such. */
static void beyond_retention(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	uint32_t refused = 0;
	ask(NULL, "ALTER RETENTION POLICY autogen ON \"%s\" DURATION 1h SHARD DURATION 1h",
	    influxdb_database(f));
	int64_t now = clock_wall_us();
	fixture_fill(&f->batch, 0, 0, 40);
	for (uint32_t i = 0; i < 40; i++)
		f->batch.events[i].timestamp = i % 10 == 3 ? 1746185696870123 : now + i;
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_REJECT);
	assert_int_equal(r.n, 40);
	for (uint32_t i = 0; i < 40; i++) {
		struct output_range one = {.batch = &f->batch, .pick = &i, .n = 1};
		f->type->write(f->output, &one, &r);
		assert_int_equal(r.n, 1);
		refused += r.verdict == OUTPUT_REJECT && strstr(r.why.msg, "retention policy") != NULL;
		assert_int_equal(r.verdict == OUTPUT_REJECT, i % 10 == 3);
	}
	assert_int_equal(refused, 4);
}

/* The server takes 100000 bytes a request. */
static void too_large_is_halved(void **state)
{
	struct fixture *f = *state;
	http_option(f, "request_events", "4000");
	fixture_fill(&f->batch, 0, 0, 4000);
	fixture_deliver(f, 0, 4000);
	cases_assert_stored(f, &f->batch);
}

static void packed(void **state)
{
	struct fixture *f = *state;
	http_option(f, "compression", "gzip");
	fixture_fill(&f->batch, 0, 0, 1000);
	fixture_deliver(f, 0, 1000);
	cases_assert_stored(f, &f->batch);
}

static void server_goes_and_comes(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 1000);
	fixture_deliver(f, 0, 1000);
	http_option(f, "timeout", "300ms");
	influxdb_server_freeze();
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_false(r.alarm);
	influxdb_server_thaw();
	influxdb_server_stop();
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_false(r.alarm);
	influxdb_server_start();
	http_option(f, "timeout", "5s");
	cases_assert_stored(f, &f->batch); /* it has kept what it had acknowledged */
	fixture_deliver(f, 0, 1000);
	cases_assert_stored(f, &f->batch);
}

/* The interface of version 2, as its reference has it; the server is scripted. */
static void version_2(void **state)
{
	struct fixture *f = *state;
	char text[256];
	http_server_url();
	http_server_reset(NULL);
	http_set(f, "create_database", "false");
	http_set(f, "bucket", "nat/logs");
	http_set(f, "organization", "isp one");
	http_set(f, "token", "s3cret");
	snprintf(text, sizeof text, "%s/", http_server_url());
	http_option(f, "url", text);
	fixture_fill(&f->batch, 0, 0, 3);
	fixture_deliver(f, 0, 3);
	const struct http_seen *seen = http_server_seen(0);
	static const char line[] =
		"POST /api/v2/write?precision=ns&org=isp%20one&bucket=nat%2Flogs HTTP/1.1\r\n";
	assert_memory_equal(seen->head, line, sizeof line - 1);
	assert_string_equal(http_server_header(seen, "Authorization", text, sizeof text), "Token s3cret");
	assert_int_equal(strncmp(seen->body, "session_mapping,host=192.0.2.1,event=1,", 39), 0);
	http_server_reset(NULL);
}

static void assert_refused(struct fixture *f, const char *words)
{
	struct err e = {0};
	struct output *o = f->type->create(&f->options, &f->env, &e);
	assert_null(o);
	if (strstr(e.msg, words) == NULL)
		fail_msg("%s", e.msg);
}

static void wrong_settings_are_refused(void **state)
{
	struct fixture *f = *state;
	http_set(f, "tags", "host,nothing");
	assert_refused(f, "'nothing'");
	http_set(f, "tags", "host");
	http_set(f, "url", "http://h:8086/?u=s3cret");
	assert_refused(f, "without a query");
	http_set(f, "url", influxdb_server_url());
	http_set(f, "organization", "o");
	assert_refused(f, "no bucket");
	http_set(f, "bucket", "b");
	assert_refused(f, "create_database is for 1.x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_of_one_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_tags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_database, set_up, tear_down),
		cmocka_unit_test_setup_teardown(odd_database_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(conflict_of_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_series, set_up, tear_down),
		cmocka_unit_test_setup_teardown(beyond_retention, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_is_halved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(server_goes_and_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(version_2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_settings_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
