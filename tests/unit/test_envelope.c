/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes: what is the text, when was it and from whom?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "envelope_case.h"
#include "event/timeparse.h"

#define NFWARE "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475"

static void opens_what_syslog_ng_writes(void **state)
{
	(void)state;
	opens("{\"version\":\"1\",\"type\":\"generic\",\"timestamp\":\"2025-05-02T11:34:56.870+02:00\","
	      "\"program\":\"nfware\",\"message\":\"" NFWARE
	      "\",\"ip\":\"10.254.254.57\",\"host\":\"cgnat-1\"}");
	assert_int_equal(env.kind, ENVELOPE_SYSLOG);
	text_is(env.text, NFWARE);
	time_is("2025-05-02T09:34:56.870Z");
	host_is("10.254.254.57");
	text_is(env.host_name, "cgnat-1");
	text_is(env.program, "nfware");
	opens(" { \"ip\" : \"2001:db8::1\" ,\r\n\t\"message\" : \"x\" } \n");
	text_is(env.text, "x");
	host_is("2001:db8::1");
	time_is("");
	text_is(env.host_name, "");
	text_is(env.program, "");
}

static void unescapes(void **state)
{
	(void)state;
	opens("{\"message\":\"a\\tb\\\"c\\\\d\\/ \\u00e9\\ud83d\\ude00\\n\",\"host\":\"\\u0031.2.3.4\","
	      "\"program\":\"p\\u0041\",\"time\\u0073tamp\":\"2025-05-02T11:34:56\\u005a\"}");
	text_is(env.text, "a\tb\"c\\d/ \xc3\xa9\xf0\x9f\x98\x80\n");
	host_is("1.2.3.4");
	text_is(env.host_name, "");
	text_is(env.program, "pA");
	time_is("2025-05-02T11:34:56Z");
	opens("{\"m\\u0065ssage\":\"x\\u0000y\"}");
	assert_int_equal(env.text.len, 3);
	assert_memory_equal(arena.data + env.text.off, "x\0y", 3);
	assert_int_equal(arena.len, env.text.off + 3); /* the room for unescaping is given back */
	opens("{\"message\":\"\"}");
	assert_int_equal(env.kind, ENVELOPE_SYSLOG);
	assert_int_equal(env.text.len, 0);
	opens("{\"message\":\"\xc3\xa9\"}");
	text_is(env.text, "\xc3\xa9");
}

/* The reader keeps the last time: not beyond its zone. */
static void takes_times_in_the_zone(void **state)
{
	(void)state;
	const char *value = "{\"message\":\"x\",\"timestamp\":\"2025-05-02 11:00:00\"}";
	opens(value);
	time_is("");
	zone_s = 7200;
	opens(value);
	time_is("2025-05-02T09:00:00Z");
	opens("<13>2025-05-02T11:00:00 fw x");
	time_is("2025-05-02T09:00:00Z");
	opens("{\"message\":\"<13>Oct 11 2025 12:00:00 fw x\",\"timestamp\":\"Oct 11 12:00:00\"}");
	time_is("2025-10-11T10:00:00Z");
	zone_s = -3600;
	opens(value);
	time_is("2025-05-02T12:00:00Z");
	zone_s = TIME_ZONE_UNKNOWN;
	opens(value);
	time_is("");
}

static void chooses_host(void **state)
{
	(void)state;
	static const struct {
		const char *members;
		const char *host;
		const char *name;
	} cases[] = {
		{"\"ip\":\"192.0.2.1\",\"host\":\"fw\"", "192.0.2.1", "fw"},
		{"\"ip\":\"192.0.2.1\",\"host\":\"192.0.2.2\"", "192.0.2.1", ""},
		{"\"host\":\"192.0.2.2\"", "192.0.2.2", ""},
		{"\"ip\":\"\",\"host\":\"192.0.2.2\"", "192.0.2.2", ""},
		{"\"ip\":\"nonsense\",\"host\":\"192.0.2.2\"", "192.0.2.2", ""},
		{"\"ip\":\"192.0.2.300\",\"host\":\"fw\"", "", "fw"},
		{"\"ip\":null,\"host\":null", "", ""},
		{"\"host\":\"cgn0.thn2/cgn-demo\"", "", "cgn0.thn2/cgn-demo"},
		{"\"host\":\"\"", "", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char value[200];
		snprintf(value, sizeof value, "{\"message\":\"x\",%s}", cases[i].members);
		opens(value);
		host_is(cases[i].host);
		text_is(env.host_name, cases[i].name);
	}
}

/* The same and other texts in turn: what is kept of the last message must never be taken for this one's. */
static void remembers_only_equal_texts(void **state)
{
	(void)state;
	static const char *const times[] = {"2025-05-02T11:34:56Z",
					    "2025-05-02T11:34:56Z",
					    "2025-05-02T11:34:57Z",
					    "2025-05-02T11:34:57",
					    "",
					    "2025-05-02T11:34:57Z",
					    "2025-05-02T11:34:57"};
	static const char *const read[] = {"2025-05-02T11:34:56Z",
					   "2025-05-02T11:34:56Z",
					   "2025-05-02T11:34:57Z",
					   "",
					   "",
					   "2025-05-02T11:34:57Z",
					   ""};
	static const char *const hosts[] = {"192.0.2.1", "192.0.2.10", "192.0.2.1", "192.0.2.",
					    "192.0.2.1", "",           "fw"};
	static const char *const host_read[] = {"192.0.2.1", "192.0.2.10", "192.0.2.1", "",
						"192.0.2.1", "",           ""};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		char value[200];
		snprintf(value, sizeof value, "{\"message\":\"x\",\"timestamp\":\"%s\",\"ip\":\"%s\"}",
			 times[i], hosts[i]);
		opens(value);
		time_is(read[i]);
		host_is(host_read[i]);
		snprintf(value, sizeof value, "{\"message\":\"x\",\"host\":\"%s\"}", hosts[i]);
		opens(value);
		host_is(host_read[i]);
	}
	char longer[300];
	memset(longer, '1', sizeof longer);
	memcpy(longer, "{\"message\":\"x\",\"ip\":\"", 21);
	strcpy(longer + 250, "\"}");
	opens(longer);
	host_is("");
}

/* Nor beyond its second: of what only the fraction differs in is the rest kept. */
static void times_of_a_second(void **state)
{
	(void)state;
	static const char *const times[] = {
		"2025-05-02T11:34:56.870+02:00",  "2025-05-02T11:34:56.001+02:00",
		"2025-05-02T11:34:57.001+02:00",  "2025-05-02T11:34:57.001+03:00",
		"2025-05-02T11:34:57.1+03:00",    "2025-05-02T11:34:57.9+03:00",
		"2025-05-02T11:34:57.999999Z",    "2025-05-02T11:34:57.000000Z",
		"2025-05-02T11:34:57.000001Z",    "1969-12-31T23:59:59.250000Z",
		"1969-12-31T23:59:59.750000Z",    "2016-12-31T23:59:60.100Z",
		"2016-12-31T23:59:60.200Z",       "2025-05-02 11:34:56.123456789Z",
		"2025-05-02 11:34:56.987654321Z",
	};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		char value[200];
		snprintf(value, sizeof value, "{\"message\":\"x\",\"timestamp\":\"%s\"}", times[i]);
		int64_t us;
		assert_int_equal(time_read(times[i], strlen(times[i]), 0, &us), strlen(times[i]));
		opens(value);
		assert_int_equal(env.timestamp, us);
	}
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870Z\"}");
	is_dead("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.8x0Z\"}", "`timestamp` is no time");
	is_dead("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870z0\"}", "`timestamp` is no time");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.871Z\"}");
	time_is("2025-05-02T11:34:56.871Z");
}

/* A text that is read by another means than its fraction must not leave one behind. */
static void no_times_of_a_second(void **state)
{
	(void)state;
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870\"}"); /* no zone: no time */
	time_is("");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.871\"}");
	time_is("");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870Z\"}");
	is_dead("{\"message\":\"x\",\"timestamp\":\"x1\"}", "`timestamp` is no time");
	is_dead("{\"message\":\"x\",\"timestamp\":\"x2\"}", "`timestamp` is no time");
	is_dead("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.8x0Z\"}", "`timestamp` is no time");
	is_dead("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.8x1Z\"}", "`timestamp` is no time");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.123456789Z\"}");
	is_dead("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.1234567x9Z\"}",
		"`timestamp` is no time");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870\\u005a\"}"); /* an escaped Z */
	time_is("2025-05-02T11:34:56.870Z");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.871\\u005a\"}");
	time_is("2025-05-02T11:34:56.871Z");
}

static void times_need_a_zone(void **state)
{
	(void)state;
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56.870\"}");
	time_is("");
	opens("{\"message\":\"x\",\"timestamp\":\"May  2 11:34:56\"}");
	time_is("");
	opens("{\"message\":\"x\",\"timestamp\":\"\"}");
	time_is("");
	opens("{\"message\":\"x\",\"timestamp\":null}");
	time_is("");
}

/* What is no time must not silently become Kafka's. */
static void no_time_is_dead(void **state)
{
	(void)state;
	static const char *const wrong[] = {"2020-02-30T11:34:56Z",
					    "2025-05-02T25:00:00Z",
					    "2025-13-02T11:34:56Z",
					    "2025-05-02T11:34:5",
					    "2025-05-02T11:34:56Z ",
					    "yesterday",
					    " ",
					    "2025-05-02T11:34:56Z, or so",
					    "\\u0000",
					    "-"};
	for (size_t i = 0; i < 2 * (sizeof wrong / sizeof wrong[0]); i++) {
		char value[200];
		char reason[100];
		snprintf(value, sizeof value, "{\"message\":\"x\",\"timestamp\":\"%s\"}", wrong[i / 2]);
		snprintf(reason, sizeof reason, "`timestamp` is no time: `%s`", wrong[i / 2]);
		is_dead(value, reason); /* twice: the second time as it is remembered */
	}
	is_dead("{\"message\":\"x\",\"timestamp\":\"1234567890123456789012345678901234567890123\"}",
		": `1234567890123456789012345678901234567890`");
	is_dead("{\"message\":\"x\",\"timestamp\":\"1234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890\"}",
		": `1234567890123456789012345678901234567890`");
	opens("{\"message\":\"x\",\"timestamp\":\"2025-05-02T11:34:56Z\"}");
	time_is("2025-05-02T11:34:56Z");
}

static void takes_headers_off(void **state)
{
	(void)state;
	opens("{\"message\":\"<134>1 2025-05-02T11:34:56Z 192.0.2.7 nat - - - " NFWARE "\"}");
	text_is(env.text, NFWARE);
	time_is("2025-05-02T11:34:56Z");
	host_is("192.0.2.7");
	text_is(env.program, "nat");
	opens("{\"message\":\"<134>1 2025-05-02T11:34:56Z other nat - - - "
	      "x\",\"ip\":\"192.0.2.8\",\"host\":\"fw\","
	      "\"program\":\"p\",\"timestamp\":\"2024-01-01T00:00:00Z\"}");
	text_is(env.text, "x"); /* the envelope knows who sent it, the header when */
	time_is("2025-05-02T11:34:56Z");
	host_is("192.0.2.8");
	text_is(env.host_name, "fw");
	text_is(env.program, "p");
	opens("Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6");
	assert_int_equal(env.kind, ENVELOPE_RAW);
	text_is(env.text, "NEW CONN: fwd proto 6");
	text_is(env.host_name, "dut-vm");
	text_is(env.program, "fp-cgnat");
	time_is("");
}

static void raw_text_stays(void **state)
{
	(void)state;
	static const char *const lines[] = {NFWARE,
					    "{service_set_3}MSVCS_LOG_SESSION_OPEN: App:none",
					    "{",
					    "{ x",
					    "[DESTROY] udp 17",
					    "[1,2]",
					    "\"text\"",
					    "17",
					    "null",
					    "{'a':1}",
					    "x\xff\n"};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		opens(lines[i]);
		assert_int_equal(env.kind, ENVELOPE_RAW);
		text_is(env.text, lines[i]);
		host_is("");
	}
	is_dead("", "empty");
	is_dead(" \t\r\n", "empty");
}

static void opens_records(void **state)
{
	(void)state;
	static const char record[] =
		"{\"a\": \"x\", \"n\": -12.5e3, \"t\" :true , \"f\":false,\"z\":null,\"o\":{\"p\":"
		"[1, {\"q\":\"]}\"}]} ,\"l\": [ ] , \"\\u00e9\":\"q\\\"r\",\"\":\"\",\"host\":1,"
		"\"timestamp\":[2],\"big\":123456789012345678901234567890}";
	opens(record);
	assert_int_equal(env.kind, ENVELOPE_RECORD);
	assert_int_equal(env.pair_count, 12);
	text_is(env.text, record);
	pair_is(0, "a", "x");
	pair_is(1, "n", "-12.5e3");
	pair_is(2, "t", "true");
	pair_is(3, "f", "false");
	pair_is(4, "z", "");
	pair_is(5, "o", "{\"p\":[1, {\"q\":\"]}\"}]}");
	pair_is(6, "l", "[ ]");
	pair_is(7, "\xc3\xa9", "q\"r");
	pair_is(8, "", "");
	pair_is(9, "host", "1");
	pair_is(10, "timestamp", "[2]");
	pair_is(11, "big", "123456789012345678901234567890");
	time_is("");
	host_is("");
	opens("{}");
	assert_int_equal(env.kind, ENVELOPE_RECORD);
	assert_int_equal(env.pair_count, 0);
}

/* A quote within a key does not end it, wherever it stands in a group of eight bytes. */
static void keys_end_at_their_quote(void **state)
{
	(void)state;
	char value[400];
	char key[300];
	for (int before = 0; before < 20; before++) {
		snprintf(value, sizeof value, "{\"%.*s\\\"%0200d\":1,\"b\":\"c\"}", before,
			 "aaaaaaaaaaaaaaaaaaaa", 7);
		snprintf(key, sizeof key, "%.*s\"%0200d", before, "aaaaaaaaaaaaaaaaaaaa", 7);
		opens(value);
		assert_int_equal(env.pair_count, 2);
		pair_is(0, key, "1");
		pair_is(1, "b", "c");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_syslog_ng_writes),
		cmocka_unit_test(unescapes),
		cmocka_unit_test(takes_times_in_the_zone),
		cmocka_unit_test(chooses_host),
		cmocka_unit_test(remembers_only_equal_texts),
		cmocka_unit_test(times_of_a_second),
		cmocka_unit_test(no_times_of_a_second),
		cmocka_unit_test(times_need_a_zone),
		cmocka_unit_test(no_time_is_dead),
		cmocka_unit_test(takes_headers_off),
		cmocka_unit_test(raw_text_stays),
		cmocka_unit_test(opens_records),
		cmocka_unit_test(keys_end_at_their_quote),
	};
	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
