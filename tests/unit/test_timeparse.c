/* SPDX-License-Identifier: Apache-2.0
 *
 * Times: every form that devices and collectors print, what is refused, and that what is written reads back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/timeparse.h"
#include "guard.h"

#define UNKNOWN TIME_ZONE_UNKNOWN
#define HOUR 3600

/* A `|` marks where the time ends. utc NULL: it counts as read, but year or zone are not known. */
static const struct {
	const char *text;
	int32_t zone_s;
	const char *utc;
} good[] = {
	{"2025-05-02T11:34:56Z|", UNKNOWN, "2025-05-02T11:34:56Z"},
	{"2025-05-02t11:34:56z|", UNKNOWN, "2025-05-02T11:34:56Z"},
	{"2025-05-02T11:34:56.87+00:00| 10.254.254.57", UNKNOWN, "2025-05-02T11:34:56.870Z"},
	{"2025-05-02T11:34:56.123456Z|", UNKNOWN, "2025-05-02T11:34:56.123456Z"},
	{"2025-05-02T11:34:56.1234567899Z|", UNKNOWN, "2025-05-02T11:34:56.123456Z"},
	{"2010-09-30T14:55:04.323+08:00| mrpp", UNKNOWN, "2010-09-30T06:55:04.323Z"},
	{"2018-06-26T17:23:06.269-07:00|", UNKNOWN, "2018-06-27T00:23:06.269Z"},
	{"2025-05-02 11:35:00+0530|", UNKNOWN, "2025-05-02T06:05:00Z"},
	{"2025-05-02 11:35:00 +0530|", UNKNOWN, "2025-05-02T06:05:00Z"},
	{"2025-05-02 11:35:00 -05:30|", UNKNOWN, "2025-05-02T17:05:00Z"},
	{"2025-05-02 11:35:00+02|", UNKNOWN, "2025-05-02T09:35:00Z"},
	{"2025-05-02 11:35:00 UTC|", UNKNOWN, "2025-05-02T11:35:00Z"},
	{"2025-05-02 11:35:00-00:00|", 9 * HOUR, "2025-05-02T11:35:00Z"},
	{"2024-02-29T00:00:00Z|", UNKNOWN, "2024-02-29T00:00:00Z"},
	{"2000-02-29T00:00:00Z|", UNKNOWN, "2000-02-29T00:00:00Z"},
	{"1969-12-31T23:59:59.999999Z|", UNKNOWN, "1969-12-31T23:59:59.999999Z"},
	{"0001-01-01T00:00:00Z|", UNKNOWN, "0001-01-01T00:00:00Z"},
	{"9999-12-31T23:59:59.999999Z|", UNKNOWN, "9999-12-31T23:59:59.999999Z"},
	{"2016-12-31T23:59:60Z|", UNKNOWN, "2016-12-31T23:59:59.999999Z"},
	{"2016-12-31T23:59:60.5Z|", UNKNOWN, "2016-12-31T23:59:59.999999Z"},
	{"2025-05-02 11:35:00.870000|", 0, "2025-05-02T11:35:00.870Z"},
	{"2025-05-02 11:35:00|", 2 * HOUR, "2025-05-02T09:35:00Z"},
	{"2025-05-02 11:35:00|", -HOUR, "2025-05-02T12:35:00Z"},
	{"2025-05-02 11:35:00|", UNKNOWN, NULL},
	{"2016-01-08 10:21:48| USG6000E %%01", 0, "2016-01-08T10:21:48Z"},
	{"2016-01-08 10:21:48| Zone", 0, "2016-01-08T10:21:48Z"},
	{"2016-01-08 10:21:48| Z", 0, "2016-01-08T10:21:48Z"},
	{"2016-01-08 10:21:48| -05", 0, "2016-01-08T10:21:48Z"},
	{"2026-07-19 16:13:02|: CGN-KTA", 0, "2026-07-19T16:13:02Z"},
	{"2025-05-02T11:34:56|.", 0, "2025-05-02T11:34:56Z"},
	{"2025-05-02T11:34:56|.x", 0, "2025-05-02T11:34:56Z"},
	{"Mar 29 2023 15:20:00 UTC|", UNKNOWN, "2023-03-29T15:20:00Z"},
	{"Jul  6 2012 15:28:23 gmt|", UNKNOWN, "2012-07-06T15:28:23Z"},
	{"Mar 29 2023 15:20:00| CEST", UNKNOWN, NULL},
	{"Oct 10 2018 12:34:56| localhost", 0, "2018-10-10T12:34:56Z"},
	{"Oct 10 2018 12:34:56| localhost", UNKNOWN, NULL},
	{"Oct  5 23:29:33| 172.16.200.26", 0, NULL},
	{"Oct 5 23:29:33| 172.16.200.26", 0, NULL},
	{"Feb 29 23:29:33|", 0, NULL},
	{"May 21 12:00:01.123|: %IPNAT", 0, NULL},
	{"2015/4/8 16:13:2 (GMT)| - Mapped", UNKNOWN, "2015-04-08T16:13:02Z"},
	{"2015/04/08 16:13:02 (UTC)|", UNKNOWN, "2015-04-08T16:13:02Z"},
	{"2015/04/08 16:13:02| (CET)", 0, "2015-04-08T16:13:02Z"},
	{"2018/11/30 16:09:07|,0128", 0, "2018-11-30T16:09:07Z"},
	{"2005/07/07 04:20:03|-0000/00/00 00:00:00", 0, "2005-07-07T04:20:03Z"},
	{"2020 Jan 17 11:05:55| 68.1.1.1", 0, "2020-01-17T11:05:55Z"},
	{"2020 Jan 17 11:05:55 UTC|", UNKNOWN, "2020-01-17T11:05:55Z"},
	{"20260706140537| 3e2d", 0, "2026-07-06T14:05:37Z"},
	{"20260706140537|", UNKNOWN, NULL},
	{"1000000000|", UNKNOWN, "2001-09-09T01:46:40Z"},
	{"1562092616|", UNKNOWN, "2019-07-02T18:36:56Z"},
	{"1677577561.000000|", UNKNOWN, "2023-02-28T09:46:01Z"},
	{"1677577561.25| x", UNKNOWN, "2023-02-28T09:46:01.250Z"},
	{"624b0492|", UNKNOWN, "2022-04-04T14:45:38Z"},
	{"0x6A44007a| x", UNKNOWN, "2026-06-30T17:44:26Z"},
	{"0x00000000624b0492|", UNKNOWN, "2022-04-04T14:45:38Z"},
	{"0x6a5cf84e|", UNKNOWN, "2026-07-19T16:16:14Z"},
	{"6a5cf84e|", UNKNOWN, "2026-07-19T16:16:14Z"},
	{"2025-05-02   11:34:56.5  +02:00|", UNKNOWN, "2025-05-02T09:34:56.500Z"},
	{"2015/4/8  16:13:2  (GMT)|", UNKNOWN, "2015-04-08T16:13:02Z"},
	{"2013  Nov  26  11:43:16|", 0, "2013-11-26T11:43:16Z"},
	{"1562092616047|\"", UNKNOWN, "2019-07-02T18:36:56.047Z"},
	{"1562092616047123|", UNKNOWN, "2019-07-02T18:36:56.047123Z"},
	{"1562092616047123456|", UNKNOWN, "2019-07-02T18:36:56.047123Z"},
	{"9223372036854775807|", UNKNOWN, "2262-04-11T23:47:16.854775Z"},
};

static const char *const bad[] = {
	"",
	"2",
	"2025-05-02",
	"2025-05-02T11:34",
	"2025-05-02T11:34:5",
	"2025-05-02T11:34:567",
	"2025-13-02T11:34:56Z",
	"2025-00-02T11:34:56Z",
	"2025-02-30T11:34:56Z",
	"2025-02-29T11:34:56Z",
	"1900-02-29T11:34:56Z",
	"2200-02-29T11:34:56Z",
	"2025-04-31T11:34:56Z",
	"2025-05-00T11:34:56Z",
	"2025-05-32T11:34:56Z",
	"2025-05-02T24:00:00Z",
	"2025-05-02T11:60:00Z",
	"2025-05-02T11:34:61Z",
	"0000-05-02T11:34:56Z",
	"0000-00-00 00:00:00",
	"2025-05-02T11:34:56+24:00",
	"2025-05-02T11:34:56+10:60",
	"2025-05-02 11:35:00 GMT+8",
	"2025-05-02_11:34:56Z",
	"2025-05-02T11-34-56Z",
	"2025/5/2",
	"2025/5/32 1:1:1",
	"2025/13/2 1:1:1",
	"0000/00/00 00:00:00",
	"2025/5/2 1:1",
	"Foo 10 12:00:00",
	"Oct 32 12:00:00",
	"Oct 00 12:00:00",
	"Feb 30 12:00:00",
	"Oct 10 25:00:00",
	"Oct 10 12:00",
	"Oct10 12:00:00",
	"Oct 10 0000 12:00:00",
	"Oct 10 2018",
	"2020 Jan 17",
	"2020 Jan",
	"0000 Jan 17 11:05:55",
	"12345678",
	"100000000",
	"156209261604",
	"156209261604712",
	"156209261604712345",
	"12345678901",
	"12345678901234",
	"12345678901234567",
	"12345678901234567890",
	"9223372036854775808",
	"624b049",
	"20250502",
	"624b04921",
	"624b049g",
	"0x624b049",
	"0x1624b0492",
	"1562092616047a",
	"1562092616b",
	"-1562092616",
	"20261306140537",
	"A VRF 0 INT 10.0.0.1",
	"192.168.100.200 x",
	"Start of a line",
};

static size_t until_mark(const char *text)
{
	return (size_t)(strchr(text, '|') - text);
}

/* The text without its mark. */
static size_t without_mark(const char *marked, char *text)
{
	size_t mark = until_mark(marked);
	memcpy(text, marked, mark);
	strcpy(text + mark, marked + mark + 1);
	return strlen(text);
}

static void reads_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char text[80];
		char utc[TIME_TEXT_MAX];
		int64_t us = 77;
		size_t n = without_mark(good[i].text, text);
		size_t used = time_read(text, n, good[i].zone_s, &us);
		if (used != until_mark(good[i].text))
			fail_msg("`%s`: %zu bytes read", good[i].text, used);
		if (good[i].utc == NULL) {
			assert_true(us == EVENT_NO_TIME);
			continue;
		}
		assert_int_equal(time_format(us, utc), strlen(good[i].utc));
		assert_string_equal(utc, good[i].utc);
	}
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		int64_t us = 77;
		if (time_read(bad[i], strlen(bad[i]), 0, &us) != 0)
			fail_msg("read `%s`", bad[i]);
		assert_int_equal(us, 77);
	}
}

static void cut_everywhere(const char *text, size_t len)
{
	for (size_t n = 0; n <= len; n++) {
		int64_t us;
		int32_t zone;
		assert_true(time_read(guard_end(text, n), n, 0, &us) <= n);
		assert_true(time_read(guard_begin(text, n), n, UNKNOWN, &us) <= n);
		time_zone_parse(guard_end(text, n), n, &zone);
	}
}

static void never_reads_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char text[80];
		size_t n = without_mark(good[i].text, text);
		cut_everywhere(text, n);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cut_everywhere(bad[i], strlen(bad[i]));
}

/* Every day of 800 years against libc, and back. */
static void agrees_with_libc_on_every_day(void **state)
{
	(void)state;
	for (int64_t day = -135140; day < 157060; day++) { /* 1600 to 2400 */
		int64_t s = day * 86400 + 45296;
		time_t t = (time_t)s;
		struct tm tm;
		char theirs[TIME_TEXT_MAX];
		char ours[TIME_TEXT_MAX];
		int64_t us;
		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
		size_t n = time_format(s * 1000000, ours);
		if (strcmp(ours, theirs) != 0)
			fail_msg("%s is not %s", ours, theirs);
		assert_int_equal(time_read(ours, n, UNKNOWN, &us), n);
		assert_true(us == s * 1000000);
	}
}

static void writes_fractions_as_needed(void **state)
{
	(void)state;
	char text[TIME_TEXT_MAX];
	time_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	time_format(1000, text);
	assert_string_equal(text, "1970-01-01T00:00:00.001Z");
	time_format(100, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000100Z");
	time_format(999, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000999Z");
	time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void writes_nothing_outside_of_its_years(void **state)
{
	(void)state;
	char text[TIME_TEXT_MAX] = "x";
	assert_int_equal(time_format(EVENT_NO_TIME, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(time_format(INT64_MAX, text), 0);
	assert_int_equal(time_format(INT64_C(253402300799999999), text),
			 strlen("9999-12-31T23:59:59.999999Z"));
	assert_int_equal(time_format(INT64_C(253402300800000000), text), 0);
	assert_int_equal(time_format(INT64_C(-62135596800000000), text), strlen("0001-01-01T00:00:00Z"));
	assert_int_equal(time_format(INT64_C(-62135596800000001), text), 0);
}

static void reads_zones(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int32_t s;
	} zones[] = {{"UTC", 0},       {"utc", 0},        {"GMT", 0},    {"Z", 0},
		     {"+02:00", 7200}, {"-0530", -19800}, {"+09", 32400}};
	static const char *const none[] = {"",       "CET",    "Europe/Berlin", "+",     "+2",
					   "+24:00", "+01:60", "+02:00x",       "02:00", "UTC+1",
					   "UT",     "ZZ",     " UTC",          "+02:0"};
	int32_t s;
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
		assert_int_equal(time_zone_parse(zones[i].text, strlen(zones[i].text), &s), 0);
		assert_int_equal(s, zones[i].s);
	}
	s = 77;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		if (time_zone_parse(none[i], strlen(none[i]), &s) != -1)
			fail_msg("read `%s`", none[i]);
		assert_int_equal(s, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(never_reads_beyond),
		cmocka_unit_test(agrees_with_libc_on_every_day),
		cmocka_unit_test(writes_fractions_as_needed),
		cmocka_unit_test(writes_nothing_outside_of_its_years),
		cmocka_unit_test(reads_zones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
