/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of binary COPY against bytes written by hand after PostgreSQL's manual, and what is known of an event
 * before it is sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "outputs/postgresql.h"

struct column {
	unsigned source;
	enum postgresql_form form;
};

static void plan(struct postgresql_table *t, const struct column *columns, size_t n)
{
	*t = (struct postgresql_table){.name = "session_mapping", .column_count = n};
	for (size_t i = 0; i < n; i++) {
		unsigned source = columns[i].source;
		t->columns[i] = (struct postgresql_column){
			.name = source_name(source),
			.source = source,
			.form = columns[i].form,
			.offset = source < FIELD_COUNT ? event_fields[source].offset : 0,
		};
	}
	postgresql_plan_rows(t);
}

static struct event *one_event(struct batch *b)
{
	batch_init(b, 4, 1 << 16);
	b->messages[b->message_count++] =
		(struct message){.topic = "t", .partition = 7, .offset = INT64_C(0x0102030405060708)};
	struct event *ev = batch_add_event(b);
	event_clear(ev);
	ev->type = EVENT_SESSION;
	ev->index = 3;
	return ev;
}

static void assert_row(const struct column *columns, size_t n, const struct batch *b, const char *hex)
{
	struct postgresql_table t;
	struct strbuf row = {0};
	struct strbuf text = {0};
	plan(&t, columns, n);
	postgresql_add_row(&t, b, &b->events[0], &row);
	assert_true(row.len <= t.row_max);
	for (size_t i = 0; i < row.len; i++)
		strbuf_printf(&text, "%02x", (unsigned char)row.data[i]);
	assert_string_equal(text.data, hex);
	strbuf_free(&row);
	strbuf_free(&text);
}

#define COLUMNS(...)                          \
	(const struct column[]){__VA_ARGS__}, \
		sizeof((const struct column[]){__VA_ARGS__}) / sizeof(struct column)

static void times(void **state)
{
	struct batch b = {0};
	struct event *ev = one_event(&b);
	(void)state;
	ev->timestamp = INT64_C(946684800000001); /* 2000-01-01 and a microsecond */
	assert_row(COLUMNS({FIELD_timestamp, FORM_TIMESTAMP}), &b,
		   "0001"
		   "00000008"
		   "0000000000000001");
	ev->timestamp = INT64_C(946684799999999);
	assert_row(COLUMNS({FIELD_timestamp, FORM_TIMESTAMP}), &b,
		   "0001"
		   "00000008"
		   "ffffffffffffffff");
	ev->timestamp = EVENT_NO_TIME;
	assert_row(COLUMNS({FIELD_timestamp, FORM_TIMESTAMP}), &b,
		   "0001"
		   "ffffffff");
	batch_free(&b);
}

static void addresses(void **state)
{
	struct batch b = {0};
	struct event *ev = one_event(&b);
	(void)state;
	ev->src_ip = (struct ip){4, {192, 0, 2, 1}};
	ev->x_ip = (struct ip){6, {0x20, 1, 0x0d, 0xb8, [15] = 5}};
	assert_row(COLUMNS({FIELD_src_ip, FORM_INET}, {FIELD_x_ip, FORM_INET}, {FIELD_dst_ip, FORM_INET}), &b,
		   "0003"
		   "00000008"
		   "02200004"
		   "c0000201"
		   "00000014"
		   "03800010"
		   "20010db8000000000000000000000005"
		   "ffffffff");
	assert_row(COLUMNS({FIELD_src_ip, FORM_IP_TEXT}, {FIELD_x_ip, FORM_IP_TEXT},
			   {FIELD_dst_ip, FORM_IP_TEXT}),
		   &b,
		   "0003"
		   "00000009"
		   "3139322e302e322e31"
		   "0000000b"
		   "323030313a6462383a3a35"
		   "ffffffff");
	batch_free(&b);
}

static void numbers(void **state)
{
	struct batch b = {0};
	struct event *ev = one_event(&b);
	(void)state;
	ev->event = ACTION_UPDATED;
	ev->src_port = 65535;
	assert_row(COLUMNS({FIELD_event, FORM_INT2}, {FIELD_src_port, FORM_INT4}, {FIELD_src_port, FORM_INT8},
			   {FIELD_dst_port, FORM_INT4}),
		   &b,
		   "0004"
		   "00000002"
		   "0003"
		   "00000004"
		   "0000ffff"
		   "00000008"
		   "000000000000ffff"
		   "ffffffff");
	batch_free(&b);
}

static void identity(void **state)
{
	struct batch b = {0};
	one_event(&b);
	(void)state;
	assert_row(COLUMNS({SOURCE_TOPIC, FORM_TEXT}, {SOURCE_PARTITION, FORM_INT4},
			   {SOURCE_OFFSET, FORM_INT8}, {SOURCE_INDEX, FORM_INT2}),
		   &b,
		   "0004"
		   "00000001"
		   "74"
		   "00000004"
		   "00000007"
		   "00000008"
		   "0102030405060708"
		   "00000002"
		   "0003");
	batch_free(&b);
}

static void texts(void **state)
{
	struct batch b = {0};
	struct event *ev = one_event(&b);
	(void)state;
	ev->vrf_id = (struct text){arena_add(&b.arena, "red", 3), 3};
	ev->subscriber = (struct text){1 << 20, 3}; /* beyond the arena: as if absent */
	assert_row(COLUMNS({FIELD_vrf_id, FORM_TEXT}, {FIELD_host_name, FORM_TEXT},
			   {FIELD_subscriber, FORM_TEXT}),
		   &b,
		   "0003"
		   "00000003"
		   "726564"
		   "ffffffff"
		   "ffffffff");
	batch_free(&b);
}

static void set_vrf(struct batch *b, const char *text)
{
	uint32_t n = (uint32_t)strlen(text);
	b->events[0].vrf_id = (struct text){arena_add(&b->arena, text, n), n};
}

/* Older tables of the cgn-ec suite have vrf_id as smallint. */
static void texts_in_columns_of_numbers(void **state)
{
	struct batch b = {0};
	struct output_result r = {0};
	(void)state;
	one_event(&b);
	assert_row(COLUMNS({FIELD_vrf_id, FORM_INT2}), &b, "0001ffffffff");
	set_vrf(&b, "259");
	assert_row(COLUMNS({FIELD_vrf_id, FORM_INT2}), &b, "0001000000020103");
	assert_row(COLUMNS({FIELD_vrf_id, FORM_INT8}), &b, "0001000000080000000000000103");
	static const struct {
		const char *text;
		enum postgresql_form form;
		const char *why;
	} cases[] = {{"0", FORM_INT2, NULL},
		     {"32767", FORM_INT2, NULL},
		     {"32768", FORM_INT2, "takes numbers up to 32767, the event's vrf_id is 32768"},
		     {"2147483647", FORM_INT4, NULL},
		     {"2147483648", FORM_INT4, "takes numbers up to 2147483647"},
		     {"999999999999999999", FORM_INT8, NULL},
		     {"9999999999999999999", FORM_INT8, "takes numbers, the event's vrf_id is none"},
		     {"red", FORM_INT2, "takes numbers, the event's vrf_id is none"},
		     {"-1", FORM_INT8, "takes numbers, the event's vrf_id is none"},
		     {"1 ", FORM_INT4, "takes numbers, the event's vrf_id is none"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct postgresql_table t;
		const struct column column = {FIELD_vrf_id, cases[i].form};
		plan(&t, &column, 1);
		set_vrf(&b, cases[i].text);
		assert_int_equal(postgresql_check(&t, &b, &b.events[0], &r), cases[i].why == NULL);
		if (cases[i].why != NULL && strstr(r.why.msg, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].text, r.why.msg);
	}
	batch_free(&b);
}

static void frame(void **state)
{
	struct strbuf out = {0};
	(void)state;
	postgresql_add_header(&out);
	postgresql_add_trailer(&out);
	assert_int_equal(out.len, 21);
	assert_memory_equal(out.data, "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff", 21);
	strbuf_free(&out);
}

static void forms(void **state)
{
	(void)state;
	assert_int_equal(postgresql_form_of(FIELD_timestamp, "timestamptz"), FORM_TIMESTAMP);
	assert_int_equal(postgresql_form_of(FIELD_timestamp, "timestamp"), FORM_TIMESTAMP);
	assert_int_equal(postgresql_form_of(FIELD_timestamp, "text"), FORM_NONE);
	assert_int_equal(postgresql_form_of(FIELD_x_ip, "inet"), FORM_INET);
	assert_int_equal(postgresql_form_of(FIELD_x_ip, "varchar"), FORM_IP_TEXT);
	assert_int_equal(postgresql_form_of(FIELD_x_ip, "int4"), FORM_NONE);
	assert_int_equal(postgresql_form_of(FIELD_x_port, "int2"), FORM_INT2);
	assert_int_equal(postgresql_form_of(FIELD_x_port, "int8"), FORM_INT8);
	assert_int_equal(postgresql_form_of(FIELD_x_port, "text"), FORM_NONE);
	assert_int_equal(postgresql_form_of(FIELD_vrf_id, "text"), FORM_TEXT);
	assert_int_equal(postgresql_form_of(FIELD_vrf_id, "int2"), FORM_INT2);
	assert_int_equal(postgresql_form_of(FIELD_vrf_id, "bool"), FORM_NONE);
	assert_int_equal(postgresql_form_of(SOURCE_TOPIC, "varchar"), FORM_TEXT);
	assert_int_equal(postgresql_form_of(SOURCE_OFFSET, "int8"), FORM_INT8);
	assert_int_equal(postgresql_form_of(SOURCE_OFFSET, "text"), FORM_NONE);
}

/* Changes of the plan are made by f before the guards are counted. */
static bool passes(struct batch *b, unsigned source, enum postgresql_form form, bool not_null, bool zero,
		   uint32_t longest, struct output_result *r)
{
	struct postgresql_table t;
	plan(&t, COLUMNS({source, form}));
	t.columns[0].not_null = not_null;
	t.columns[0].zero = zero;
	t.columns[0].longest = longest;
	postgresql_plan_rows(&t);
	bool ok = postgresql_check(&t, b, &b->events[0], r);
	if (!ok) {
		assert_int_equal(r->verdict, OUTPUT_REJECT);
		assert_int_equal(r->n, 1);
		assert_non_null(strstr(r->why.msg, source_name(source)));
	}
	return ok;
}

static void known_before(void **state)
{
	struct batch b = {0};
	struct event *ev = one_event(&b);
	struct output_result r;
	(void)state;
	assert_true(passes(&b, FIELD_x_port, FORM_INT4, false, false, 0, &r));
	assert_false(passes(&b, FIELD_x_port, FORM_INT4, true, false, 0, &r));
	assert_true(passes(&b, FIELD_x_port, FORM_INT4, true, true, 0, &r));
	assert_false(passes(&b, FIELD_dst_ip, FORM_INET, true, false, 0, &r));
	assert_false(passes(&b, FIELD_vrf_id, FORM_TEXT, true, false, 0, &r));
	ev->x_port = 32767;
	assert_true(passes(&b, FIELD_x_port, FORM_INT2, true, false, 0, &r));
	ev->x_port = 32768;
	assert_false(passes(&b, FIELD_x_port, FORM_INT2, true, false, 0, &r));
	assert_true(passes(&b, SOURCE_PARTITION, FORM_INT2, true, false, 0, &r));
	assert_false(passes(&b, SOURCE_OFFSET, FORM_INT4, true, false, 0, &r));
	ev->vrf_id = (struct text){arena_add(&b.arena, "\xc3\xa4\xc3\xb6\xc3\xbc", 6), 6};
	assert_true(passes(&b, FIELD_vrf_id, FORM_TEXT, true, false, 0, &r));
	assert_true(passes(&b, FIELD_vrf_id, FORM_TEXT, true, false, 3, &r));
	assert_false(passes(&b, FIELD_vrf_id, FORM_TEXT, true, false, 2, &r));
	batch_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),        cmocka_unit_test(addresses),
		cmocka_unit_test(numbers),      cmocka_unit_test(identity),
		cmocka_unit_test(texts),        cmocka_unit_test(texts_in_columns_of_numbers),
		cmocka_unit_test(frame),        cmocka_unit_test(forms),
		cmocka_unit_test(known_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
