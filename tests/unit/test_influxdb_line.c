/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as line protocol: the exact text, hostile texts, points that must differ, and what is refused. That
 * a real InfluxDB reads it so: tests/contract/test_influxdb.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "outputs/influxdb.h"
#include "tests/contract/fixture.h"

static struct batch batch;
static struct strbuf line;
static struct influxdb_form form;

static void use_tags(const char *first, const char *second)
{
	char *items[] = {xstrdup(first), second != NULL ? xstrdup(second) : NULL};
	struct texts names = {items, second != NULL ? 2 : 1};
	struct err e;
	assert_int_equal(influxdb_form_tags(&names, &form, &e), 0);
	free(items[0]);
	free(items[1]);
}

static int set_up(void **state)
{
	(void)state;
	batch_init(&batch, 64, 1u << 20);
	strbuf_reset(&line);
	form.slots = 64;
	use_tags("host", "event");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	batch_free(&batch);
	strbuf_free(&line);
	return 0;
}

static const char *written(const struct event *ev)
{
	struct output_result r;
	strbuf_reset(&line);
	if (!influxdb_line(&form, &batch, ev, &line, &r))
		fail_msg("%s", r.why.msg);
	return line.data;
}

static void assert_refused(const struct event *ev, const char *words)
{
	struct output_result r;
	strbuf_reset(&line);
	strbuf_adds(&line, "before");
	assert_false(influxdb_line(&form, &batch, ev, &line, &r));
	assert_int_equal(r.verdict, OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.why.msg, words));
	assert_int_equal(line.len, 6);
}

static struct event *session(int64_t offset)
{
	struct event *ev = fixture_add(&batch, EVENT_SESSION, 3, offset);
	ev->timestamp = 1746185696870123;
	return ev;
}

static void whole_line(void **state)
{
	(void)state;
	struct event *ev = session(4711);
	ev->protocol = 6;
	ev->src_port = 0;
	ev->x_port = 65535;
	ev->vrf_id = fixture_text(&batch, "red");
	ev->x_ip = (struct ip){4, {203, 0, 113, 7}};
	assert_string_equal(written(ev),
			    "session_mapping,host=192.0.2.1,event=1,topic=" FIXTURE_TOPIC
			    ",partition=3 offset=4711i,vrf_id=\"red\",protocol=6i,"
			    "src_ip=\"10.0.18.103\",src_port=0i,x_ip=\"203.0.113.7\",x_port=65535i "
			    "1746185696870123711\n");
}

static void required_fields_only(void **state)
{
	(void)state;
	struct event *ev = fixture_add(&batch, EVENT_ADDRESS, 0, 0);
	ev->timestamp = 1;
	use_tags("protocol", "vrf_id"); /* absent tags are left out */
	assert_string_equal(written(ev),
			    "address_mapping,topic=" FIXTURE_TOPIC
			    ",partition=0 offset=0i,host=\"192.0.2.1\",event=1i,src_ip=\"10.0.0.0\","
			    "x_ip=\"2001:db8::\" 1000\n");
}

static void texts_are_escaped(void **state)
{
	(void)state;
	struct event *ev = session(0);
	ev->vrf_id = fixture_text(&batch, "a\"b\\c,d e=f\n\xc3\xbc");
	assert_non_null(strstr(written(ev), ",vrf_id=\"a\\\"b\\\\c,d e=f\n\xc3\xbc\","));
	ev->vrf_id = fixture_text(&batch, "\\");
	assert_non_null(strstr(written(ev), ",vrf_id=\"\\\\\","));
	ev->vrf_id = fixture_text(&batch, "\" 1\nfake,x=1 y=2 3");
	assert_non_null(strstr(written(ev), ",vrf_id=\"\\\" 1\nfake,x=1 y=2 3\","));
}

static void tags_are_escaped_or_refused(void **state)
{
	static const char *const bad[] = {"a\\", "a\\b", "\n", "x\nfake,a=b c=1 2", "\t", "\x7f", "\r"};
	(void)state;
	struct event *ev = session(0);
	use_tags("vrf_id", NULL);
	ev->vrf_id = fixture_text(&batch, "a,b c=d\"e\xc3\xbc");
	assert_int_equal(strncmp(written(ev), "session_mapping,vrf_id=a\\,b\\ c\\=d\"e\xc3\xbc,topic=", 44),
			 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ev->vrf_id = fixture_text(&batch, bad[i]);
		assert_refused(ev, "vrf_id cannot be a tag");
	}
	use_tags("host", NULL);
	written(ev); /* as a field it is fine */
}

static void times_out_of_range(void **state)
{
	(void)state;
	struct event *ev = session(999);
	ev->timestamp = INT64_MAX / 1000 - 1;
	assert_non_null(strstr(written(ev), " 9223372036854774999\n"));
	ev->timestamp = INT64_MAX / 1000;
	assert_refused(ev, "time");
	ev->timestamp = INT64_MAX / 1000 + 1;
	assert_refused(ev, "time");
	ev->timestamp = INT64_MIN / 1000;
	assert_non_null(strstr(written(ev), " -92233720368547"));
	ev->timestamp = INT64_MIN / 1000 - 1;
	assert_refused(ev, "time");
}

static void slots_by_the_time_s_grain(void **state)
{
	(void)state;
	assert_int_equal(influxdb_slots(1746185696870123, 64), 1);
	assert_int_equal(influxdb_slots(1746185696870000, 64), 4);
	assert_int_equal(influxdb_slots(1746185696000000, 64), 64);
	assert_int_equal(influxdb_slots(1746185696870000, 2), 2);
	assert_int_equal(influxdb_slots(1746185696000000, 1), 1);
	struct event *ev = session(64 * 1000 + 5007);
	ev->timestamp = 1746185696000000;
	assert_non_null(strstr(written(ev), ",partition=3,slot=5 "));
	assert_non_null(strstr(written(ev), " 1746185696000000007\n"));
	ev->timestamp += 870000;
	assert_non_null(strstr(written(ev), ",slot=1 ")); /* 69 modulo 4 */
	ev->index = 12;
	assert_non_null(strstr(written(ev), ",partition=3,index=12,slot=1 "));
}

/* What InfluxDB knows a point by: all but the fields. */
static void key_of(const struct event *ev, char *key, size_t size)
{
	const char *text = written(ev);
	snprintf(key, size, "%.*s%s", (int)strcspn(text, " "), text, strrchr(text, ' '));
}

static void points_of_one_time_differ(void **state)
{
	static char keys[60][200];
	(void)state;
	for (size_t i = 0; i < 60; i++) {
		static const int64_t steps[] = {1, 999, 1000, 1001, 63000, 63999};
		struct event *ev = session((int64_t)(i / 12) + steps[i % 6] * (i % 12 < 6 ? 1 : 2) % 64000);
		batch.messages[ev->message].partition = (int32_t)(i / 12);
		ev->timestamp = 1746185696000000;
		ev->index = (uint32_t)(i % 3);
		key_of(ev, keys[i], sizeof keys[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i], keys[k]);
	}
}

static void tags_by_name(void **state)
{
	struct influxdb_form f;
	struct err e;
	(void)state;
	static const char *const wrong[] = {"timestamp", "offset", "topic", "", "HOST"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char *items[] = {xstrdup(wrong[i])};
		struct texts names = {items, 1};
		assert_int_equal(influxdb_form_tags(&names, &f, &e), -1);
		assert_non_null(strstr(e.msg, "no field of events that can be a tag"));
		free(items[0]);
	}
}

static void meaning_of_answers(void **state)
{
	(void)state;
	assert_int_equal(influxdb_judge(204, ""), HTTP_TAKEN);
	assert_int_equal(influxdb_judge(400, "{\"error\":\"partial write: points beyond retention policy "
					     "dropped=1\"}"),
			 HTTP_REFUSED);
	assert_int_equal(influxdb_judge(400,
					"{\"error\":\"partial write: unable to parse 'x': missing fields "
					"dropped=0\"}"),
			 HTTP_REFUSED);
	assert_int_equal(influxdb_judge(400,
					"{\"error\":\"unable to parse 'nat,subscriber=bucket x': missing "
					"fields\"}"),
			 HTTP_REFUSED);
	assert_int_equal(influxdb_judge(400, "{\"error\":\"bucket name is required\"}"), HTTP_NEEDS_HUMAN);
	assert_int_equal(influxdb_judge(400, "{\"error\":\"partial write: field type conflict: input field "
					     "\\\"x\\\" ... dropped=1\"}"),
			 HTTP_NEEDS_HUMAN);
	assert_int_equal(influxdb_judge(400, "{\"error\":\"partial write: max-series-per-database limit "
					     "exceeded: (3) dropped=3\"}"),
			 HTTP_NEEDS_HUMAN);
	assert_int_equal(influxdb_judge(404, "{\"error\":\"database not found: \\\"x\\\"\"}"),
			 HTTP_NEEDS_HUMAN);
	assert_int_equal(influxdb_judge(500, "{\"error\":\"timeout\"}"), HTTP_LATER);
	assert_int_equal(influxdb_judge(413, ""), HTTP_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(required_fields_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(texts_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tags_are_escaped_or_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_out_of_range, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slots_by_the_time_s_grain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(points_of_one_time_differ, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tags_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(meaning_of_answers, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
