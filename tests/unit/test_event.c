/* SPDX-License-Identifier: Apache-2.0
 *
 * Events: the field table, each rule of the event model with the reason it gives, and the JSON form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "guard.h"

/* The batch's texts: a VRF at 0, no UTF-8 at 8, a NUL within at 16, e acute and a quote at 24. */
static const char texts[] = "VRF-red\0"
			    "a\xff"
			    "bcdef\0"
			    "vr\0f....\xc3\xa9\"\n....";
#define TEXTS_LEN ((uint32_t)sizeof texts - 1)

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_int_equal(ip_parse(text, strlen(text), &ip), 0);
	return ip;
}

/* A valid event of the type with every field it may have. */
static struct event full(int type)
{
	struct event ev;
	event_clear(&ev);
	ev.type = type;
	ev.timestamp = INT64_C(1746185696870000);
	ev.host = ip_of("192.0.2.1");
	ev.event = ACTION_CREATED;
	ev.vrf_id = (struct text){0, 7};
	ev.src_ip = ip_of("10.0.0.1");
	ev.x_ip = ip_of("2001:db8::1");
	ev.host_name = (struct text){24, 4};
	ev.subscriber = (struct text){0, 3};
	if (type == EVENT_SESSION || type == EVENT_PORT) {
		ev.protocol = 17;
		ev.src_port = 0;
		ev.x_port = 65535;
	}
	if (type == EVENT_SESSION) {
		ev.dst_ip = ip_of("198.51.100.9");
		ev.dst_port = 443;
	}
	if (type == EVENT_PORT_BLOCK) {
		ev.start_port = 1024;
		ev.end_port = 1024;
	}
	return ev;
}

static void is_valid(const struct event *ev)
{
	struct err e = {0};
	if (event_validate(ev, texts, TEXTS_LEN, true, &e) != 0)
		fail_msg("%s", e.msg);
}

static void is_refused(const struct event *ev, const char *reason)
{
	struct err e = {0};
	assert_int_equal(event_validate(ev, texts, TEXTS_LEN, true, &e), -1);
	assert_string_equal(e.msg, reason);
	assert_int_equal(e.code, ERR_DATA);
}

static void full_events_are_valid(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct event ev = full(type);
		is_valid(&ev);
	}
}

/* Each field of each type made absent: the table says whether the event may still pass. */
static void missing_fields_are_named(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		for (int f = 0; f < FIELD_COUNT; f++) {
			struct event ev = full(type);
			char reason[80];
			event_unset(&ev, (enum event_field)f);
			assert_false(event_has(&ev, (enum event_field)f));
			snprintf(reason, sizeof reason, "%s is missing", event_fields[f].name);
			if ((event_fields[f].required >> type & 1) != 0)
				is_refused(&ev, reason);
			else
				is_valid(&ev);
		}
}

/* Gives the event field f of another event that has it. */
static void copy_field(struct event *to, const struct event *from, int f)
{
	static const size_t sizes[] = {
		[KIND_TIME] = sizeof(event_TIME),     [KIND_IP] = sizeof(event_IP),
		[KIND_ACTION] = sizeof(event_ACTION), [KIND_PROTOCOL] = sizeof(event_PROTOCOL),
		[KIND_PORT] = sizeof(event_PORT),     [KIND_TEXT] = sizeof(event_TEXT),
	};
	size_t at = event_fields[f].offset;
	memcpy((char *)to + at, (const char *)from + at, sizes[event_fields[f].kind]);
}

static void foreign_fields_are_named(void **state)
{
	(void)state;
	struct event session = full(EVENT_SESSION);
	struct event block = full(EVENT_PORT_BLOCK);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		for (int f = 0; f < FIELD_COUNT; f++) {
			struct event ev = full(type);
			copy_field(&ev, event_has(&session, (enum event_field)f) ? &session : &block, f);
			assert_true(event_has(&ev, (enum event_field)f));
			if ((event_fields[f].allowed >> type & 1) != 0)
				is_valid(&ev);
		}
	struct event ev = full(EVENT_ADDRESS);
	ev.x_port = 0;
	is_refused(&ev, "x_port is not allowed in an address-mapping");
	ev = full(EVENT_PORT);
	ev.dst_ip = ip_of("::");
	is_refused(&ev, "dst_ip is not allowed in a port-mapping");
	ev = full(EVENT_SESSION);
	ev.end_port = 1;
	is_refused(&ev, "end_port is not allowed in a session-mapping");
	ev = full(EVENT_PORT_BLOCK);
	ev.protocol = 6;
	is_refused(&ev, "protocol is not allowed in a port-block-mapping");
}

static void numbers_stay_in_range(void **state)
{
	(void)state;
	struct event ev = full(EVENT_SESSION);
	ev.src_port = 65536;
	is_refused(&ev, "src_port 65536 is not in 0..65535");
	ev.src_port = -2;
	is_refused(&ev, "src_port -2 is not in 0..65535");
	ev = full(EVENT_SESSION);
	ev.protocol = 256;
	is_refused(&ev, "protocol 256 is not in 0..255");
	ev.protocol = 0;
	is_valid(&ev);
	ev.event = 0;
	is_refused(&ev, "event 0 is not in 1..3");
	ev.event = 4;
	is_refused(&ev, "event 4 is not in 1..3");
	ev.event = ACTION_UPDATED;
	is_valid(&ev);
	ev.type = EVENT_TYPE_COUNT;
	is_refused(&ev, "the event has no type");
	ev.type = EVENT_ABSENT;
	is_refused(&ev, "the event has no type");
	ev = full(EVENT_SESSION);
	ev.dst_ip.family = 5;
	is_refused(&ev, "dst_ip has the unknown address family 5");
	ev = full(EVENT_SESSION);
	ev.x_ip = ip_of("0.0.0.0");
	is_refused(&ev, "x_ip is 0.0.0.0: no public address");
	ev.x_ip = ip_of("::");
	is_refused(&ev, "x_ip is ::: no public address");
	ev = full(EVENT_PORT_BLOCK);
	ev.start_port = 2000;
	ev.end_port = 1000;
	is_refused(&ev, "start_port 2000 is above end_port 1000");
}

static void times_lie_in_1970_to_9999(void **state)
{
	(void)state;
	struct event ev = full(EVENT_ADDRESS);
	ev.timestamp = 0;
	is_valid(&ev);
	ev.timestamp = INT64_C(253402300799999999);
	is_valid(&ev);
	ev.timestamp++;
	is_refused(&ev, "timestamp lies outside of the years 1970 to 9999");
	ev.timestamp = -1;
	is_refused(&ev, "timestamp lies outside of the years 1970 to 9999");
	ev.timestamp = INT64_MAX;
	is_refused(&ev, "timestamp lies outside of the years 1970 to 9999");
}

static void texts_are_checked(void **state)
{
	(void)state;
	struct event ev = full(EVENT_SESSION);
	ev.vrf_id = (struct text){8, 7};
	is_refused(&ev, "vrf_id is not valid UTF-8");
	ev.vrf_id = (struct text){16, 4};
	is_refused(&ev, "vrf_id contains a NUL byte");
	ev.vrf_id = (struct text){0, 8};
	is_refused(&ev, "vrf_id contains a NUL byte");
	ev.vrf_id = (struct text){24, 1};
	is_refused(&ev, "vrf_id is not valid UTF-8"); /* half a character */
	ev.vrf_id = (struct text){TEXTS_LEN, 1};
	is_refused(&ev, "vrf_id lies outside of the texts of its batch");
	ev.vrf_id = (struct text){1, TEXTS_LEN};
	is_refused(&ev, "vrf_id lies outside of the texts of its batch");
	ev.vrf_id = (struct text){UINT32_MAX, UINT32_MAX};
	is_refused(&ev, "vrf_id lies outside of the texts of its batch");
	ev.vrf_id = (struct text){UINT32_MAX, 0};
	is_valid(&ev); /* absent */
	ev.subscriber = (struct text){16, 4};
	is_refused(&ev, "subscriber contains a NUL byte");
}

/* Valid to the last byte and not beyond: the fast path takes eight at a time. */
static void texts_are_read_to_their_end_only(void **state)
{
	(void)state;
	char text[EVENT_TEXT_MAX + 1];
	memset(text, 'v', sizeof text);
	struct event ev = full(EVENT_SESSION);
	struct err e;
	ev.host_name = ev.subscriber = (struct text){0};
	for (uint32_t n = 1; n <= 40; n++) {
		ev.vrf_id = (struct text){0, n};
		assert_int_equal(event_validate(&ev, guard_end(text, n), n, true, &e), 0);
		text[n - 1] = '\0';
		assert_int_equal(event_validate(&ev, guard_end(text, n), n, true, &e), -1);
		text[n - 1] = '\x80';
		assert_int_equal(event_validate(&ev, guard_end(text, n), n, true, &e), -1);
		text[n - 1] = 'v';
	}
	ev.vrf_id = (struct text){0, EVENT_TEXT_MAX};
	assert_int_equal(event_validate(&ev, text, sizeof text, true, &e), 0);
	ev.vrf_id.len++;
	assert_int_equal(event_validate(&ev, text, sizeof text, true, &e), -1);
	assert_string_equal(e.msg, "vrf_id is 1025 bytes long; 1024 are allowed");
}

static void try_does_without_host_and_time(void **state)
{
	(void)state;
	struct event ev = full(EVENT_SESSION);
	struct err e;
	ev.host.family = 0;
	ev.timestamp = EVENT_NO_TIME;
	assert_int_equal(event_validate(&ev, texts, TEXTS_LEN, false, &e), 0);
	ev.src_ip.family = 0;
	assert_int_equal(event_validate(&ev, texts, TEXTS_LEN, false, &e), -1);
	assert_string_equal(e.msg, "src_ip is missing");
}

static void names_are_found(void **state)
{
	(void)state;
	for (int f = 0; f < FIELD_COUNT; f++)
		assert_int_equal(event_field_of(event_fields[f].name, strlen(event_fields[f].name)), f);
	assert_int_equal(event_field_of("src_ipx", 6), FIELD_src_ip);
	assert_int_equal(event_field_of("src_ip", 5), -1);
	assert_int_equal(event_field_of("", 0), -1);
	assert_string_equal(event_type_json(EVENT_PORT_BLOCK), "port-block-mapping");
	assert_string_equal(event_type_script(EVENT_PORT_BLOCK), "port_block_mapping");
	assert_int_equal(event_type_of("address_mapping"), EVENT_ADDRESS);
	assert_int_equal(event_type_of("address-mapping"), -1);
	assert_null(event_type_json(-1));
	assert_null(event_type_script(EVENT_TYPE_COUNT));
}

static void clear_leaves_nothing(void **state)
{
	(void)state;
	struct event ev;
	memset(&ev, 1, sizeof ev);
	event_clear(&ev);
	for (int f = 0; f < FIELD_COUNT; f++)
		assert_false(event_has(&ev, (enum event_field)f));
	assert_int_equal(ev.type, EVENT_ABSENT);
}

static void json_is(const struct event *ev, const char *expected)
{
	struct strbuf out = {0};
	strbuf_adds(&out, ">");
	event_json(ev, texts, TEXTS_LEN, &out);
	assert_string_equal(out.data + 1, expected);
	strbuf_free(&out);
}

static void json_has_its_keys_in_order(void **state)
{
	(void)state;
	struct event ev = full(EVENT_SESSION);
	json_is(&ev,
		"{\"type\":\"session-mapping\",\"timestamp\":\"2025-05-02T11:34:56.870Z\",\"host\":\"192.0.2."
		"1\","
		"\"event\":1,\"vrf_id\":\"VRF-red\",\"protocol\":17,\"src_ip\":\"10.0.0.1\",\"src_port\":0,"
		"\"x_ip\":\"2001:db8::1\",\"x_port\":65535,\"dst_ip\":\"198.51.100.9\",\"dst_port\":443,"
		"\"host_name\":\"\xc3\xa9\\\"\\n\",\"subscriber\":\"VRF\"}");
	ev = full(EVENT_PORT_BLOCK);
	event_unset(&ev, FIELD_host_name);
	event_unset(&ev, FIELD_vrf_id);
	event_unset(&ev, FIELD_timestamp);
	json_is(&ev,
		"{\"type\":\"port-block-mapping\",\"host\":\"192.0.2.1\",\"event\":1,\"src_ip\":\"10.0.0.1\","
		"\"x_ip\":\"2001:db8::1\",\"start_port\":1024,\"end_port\":1024,\"subscriber\":\"VRF\"}");
}

static void json_leaves_out_wild_texts(void **state)
{
	(void)state;
	struct event ev;
	event_clear(&ev);
	ev.type = EVENT_ADDRESS;
	ev.vrf_id = (struct text){5, UINT32_MAX};
	ev.event = INT32_MIN;
	json_is(&ev, "{\"type\":\"address-mapping\",\"event\":-2147483648}");
	ev.event = -70;
	json_is(&ev, "{\"type\":\"address-mapping\",\"event\":-70}");
}

static void values_have_no_quotes(void **state)
{
	(void)state;
	struct event ev = full(EVENT_SESSION);
	struct strbuf b = {0};
	static const struct {
		enum event_field field;
		const char *value;
	} rows[] = {{FIELD_src_ip, "10.0.0.1"}, {FIELD_event, "1"}, {FIELD_vrf_id, "VRF-red"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		strbuf_reset(&b);
		assert_true(event_value(&ev, rows[i].field, texts, TEXTS_LEN, &b));
		assert_string_equal(b.data, rows[i].value);
	}
	strbuf_reset(&b);
	event_unset(&ev, FIELD_x_port);
	assert_false(event_value(&ev, FIELD_x_port, texts, TEXTS_LEN, &b));
	ev.vrf_id = (struct text){TEXTS_LEN, 1};
	assert_false(event_value(&ev, FIELD_vrf_id, texts, TEXTS_LEN, &b));
	assert_int_equal(b.len, 0);
	strbuf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_events_are_valid),
		cmocka_unit_test(missing_fields_are_named),
		cmocka_unit_test(foreign_fields_are_named),
		cmocka_unit_test(numbers_stay_in_range),
		cmocka_unit_test(times_lie_in_1970_to_9999),
		cmocka_unit_test(texts_are_checked),
		cmocka_unit_test(texts_are_read_to_their_end_only),
		cmocka_unit_test(try_does_without_host_and_time),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(clear_leaves_nothing),
		cmocka_unit_test(json_has_its_keys_in_order),
		cmocka_unit_test(json_leaves_out_wild_texts),
		cmocka_unit_test(values_have_no_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
