/* SPDX-License-Identifier: Apache-2.0
 *
 * Regexes: named groups become fields; hostile texts end at a limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/regex.h"
#include "event/timeparse.h"
#include "guard.h"

#define NFWARE                                                              \
	"^(?P<event>A|D|I) VRF (?P<vrf_id>\\d+)( (?P<protocol>\\d+))? INT " \
	"(?P<src_ip>\\d+\\.\\d+\\.\\d+\\.\\d+)"                             \
	"(:(?P<src_port>\\d+))? EXT (?P<x_ip>[^: ]+)(:(?P<x_port>\\d+))?$"

static struct regex_scratch *scratch;

static const struct vocabulary *words(void)
{
	static struct vocabulary v;
	if (v.action_count == 0) {
		vocabulary_init(&v);
		assert_int_equal(vocabulary_add_action(&v, "A", "created", NULL), 0);
		assert_int_equal(vocabulary_add_action(&v, "D", "deleted", NULL), 0);
	}
	return &v;
}

static struct regex *must_compile(const char *pattern, int type)
{
	struct err e = {0};
	struct regex *r = regex_compile(pattern, strlen(pattern), type, words(), &e);
	if (r == NULL)
		fail_msg("%s: %s", pattern, e.msg);
	return r;
}

static void assert_untouched(const struct event *ev)
{
	assert_int_equal(ev->type, EVENT_ABSENT);
	for (int f = 0; f < FIELD_COUNT; f++)
		assert_false(event_has(ev, (enum event_field)f));
}

/* What regex_match says, and the event's JSON form in out; an event that was not made is untouched. */
static enum regex_result match(const char *pattern, int type, const char *text, size_t n, struct strbuf *out)
{
	struct regex *r = must_compile(pattern, type);
	struct event ev;
	enum event_field bad = FIELD_COUNT;
	uint32_t pos = UINT32_MAX;
	const char *copy = guard_end(text, n);
	event_clear(&ev);
	strbuf_reset(out);
	enum regex_result result = regex_match(r, scratch, copy, n, 0, &ev, &bad, &pos);
	if (result != REGEX_MATCH || type < 0)
		assert_untouched(&ev);
	if (result == REGEX_MATCH && type >= 0)
		event_json(&ev, copy, (uint32_t)n, out);
	if (result == REGEX_BAD_VALUE)
		strbuf_printf(out, "%s %u", event_fields[bad].name, pos);
	regex_free(r);
	return result;
}

static void reads_groups(void **state)
{
	static const struct {
		const char *pattern;
		int type;
		const char *text;
		enum regex_result result;
		const char *expect;
	} cases[] = {
		{NFWARE, EVENT_PORT, "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475", REGEX_MATCH,
		 "{\"type\":\"port-mapping\",\"event\":1,\"vrf_id\":\"0\",\"protocol\":6,\"src_ip\":\"10.0.0."
		 "1\",\"src_port\":57938,"
		 "\"x_ip\":\"100.64.0.1\",\"x_port\":28475}"},
		{NFWARE, EVENT_PORT, "D VRF 12 INT 10.0.0.1 EXT 100.64.0.1", REGEX_MATCH,
		 "{\"type\":\"port-mapping\",\"event\":2,\"vrf_id\":\"12\",\"src_ip\":\"10.0.0.1\",\"x_ip\":"
		 "\"100.64.0.1\"}"},
		{NFWARE, EVENT_PORT, "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 ", REGEX_MISS, NULL},
		{NFWARE, EVENT_PORT, "", REGEX_MISS, NULL},
		{NFWARE, EVENT_PORT, "I VRF 0 INT 10.0.0.1 EXT 100.64.0.1", REGEX_BAD_VALUE, "event 0"},
		{NFWARE, EVENT_PORT, "A VRF 0 6 INT 10.0.0.1:70000 EXT 100.64.0.1:1", REGEX_BAD_VALUE,
		 "src_port 23"},
		{NFWARE, EVENT_PORT, "A VRF 0 INT 10.0.0.1 EXT 100.64.0", REGEX_BAD_VALUE, "x_ip 25"},
		/* Searches anywhere; `action` is the event; an empty group is absent; names may repeat with
		   (?J). */
		{"(?<action>[AD]) (?<src_ip>[\\d.]+)>(?<x_ip>[\\d.]+) (?<vrf_id>\\w*)", EVENT_ADDRESS,
		 "noise: D 10.0.0.1>192.0.2.1  and more", REGEX_MATCH,
		 "{\"type\":\"address-mapping\",\"event\":2,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\"}"},
		{"(?J)in (?<src_ip>\\S+) out (?<x_ip>\\S+)|out (?<x_ip>\\S+) in (?<src_ip>\\S+)",
		 EVENT_ADDRESS, "out 1.1.1.1 in 2::2", REGEX_MATCH,
		 "{\"type\":\"address-mapping\",\"src_ip\":\"2::2\",\"x_ip\":\"1.1.1.1\"}"},
		{"(?<src_ip>\\S+)", EVENT_ABSENT, "10.0.0", REGEX_BAD_VALUE, "src_ip 0"},
		{"(?<src_ip>\\S+)", EVENT_ABSENT, "10.0.0.1", REGEX_MATCH, NULL},
		/* Bytes, whatever they are. */
		{"^...\\x{ff}$", EVENT_ABSENT, "\x80\xfe\xc3\xff", REGEX_MATCH, NULL},
	};
	struct strbuf out;
	(void)state;
	strbuf_init(&out);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum regex_result got =
			match(cases[i].pattern, cases[i].type, cases[i].text, strlen(cases[i].text), &out);
		if (got != cases[i].result ||
		    (cases[i].expect != NULL && strcmp(out.data, cases[i].expect) != 0))
			fail_msg("%s: %d %s", cases[i].text, (int)got, out.len > 0 ? out.data : "");
	}
	strbuf_free(&out);
}

static void leaves_other_fields_alone(void **state)
{
	struct regex *r =
		must_compile("^(?<timestamp>\\w+ \\d+ [\\d:]+) (?<src_ip>\\S+) (?<x_ip>\\S+)", EVENT_ADDRESS);
	static const char text[] = "Mar 29 15:20:00 1.1.1.1 2.2.2.2";
	struct event ev;
	enum event_field bad;
	uint32_t pos;
	(void)state;
	event_clear(&ev);
	ev.timestamp = 42;
	ev.event = ACTION_UPDATED;
	assert_int_equal(regex_match(r, scratch, text, strlen(text), 0, &ev, &bad, &pos), REGEX_MATCH);
	assert_int_equal(ev.timestamp, 42);
	assert_int_equal(ev.event, ACTION_UPDATED);
	assert_int_equal(ev.type, EVENT_ADDRESS);
	regex_free(r);
}

static void places_texts_in_the_arena(void **state)
{
	struct regex *r = must_compile("vrf=(?<vrf_id>\\w+)", EVENT_ABSENT);
	struct regex *stored =
		must_compile("(?<src_ip>\\S+) (?<x_ip>\\S+) vrf=(?<vrf_id>\\w+)", EVENT_ADDRESS);
	static const char text[] = "1.1.1.1 2.2.2.2 vrf=red";
	struct event ev;
	enum event_field bad;
	uint32_t pos;
	(void)state;
	event_clear(&ev);
	assert_int_equal(regex_match(r, scratch, text, strlen(text), 500, &ev, &bad, &pos), REGEX_MATCH);
	assert_int_equal(ev.vrf_id.len, 0); /* a pattern to ignore lines stores nothing */
	assert_int_equal(regex_match(stored, scratch, text, strlen(text), 500, &ev, &bad, &pos), REGEX_MATCH);
	assert_int_equal(ev.vrf_id.off, 520);
	assert_int_equal(ev.vrf_id.len, 3);
	regex_free(r);
	regex_free(stored);
}

static void refuses_bad_patterns(void **state)
{
	static const struct {
		const char *pattern;
		int type;
		const char *expect;
	} cases[] = {
		{"a(b", EVENT_ABSENT, "regex byte 4: missing closing parenthesis"},
		{"(?P<src_pi>a)", EVENT_ABSENT,
		 "regex group: unknown field \"src_pi\": did you mean src_ip?"},
		{"(?<a>x)(?<a>y)", EVENT_ABSENT,
		 "regex byte 13: two named subpatterns have the same name (PCRE2_DUPNAMES not set)"},
		{"(?P<src_ip>a)", EVENT_ADDRESS, "an address_mapping needs {x_ip}"},
		{"(?P<src_ip>a)(?<x_ip>b)(?<x_port>c)", EVENT_ADDRESS,
		 "an address_mapping has no {x_port}: skip that part of the text"},
		{"(*UTF)a", EVENT_ABSENT, "regex byte 7: using UTF is disabled by the application"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		size_t n = strlen(cases[i].pattern);
		assert_null(regex_compile(guard_end(cases[i].pattern, n), n, cases[i].type, words(), &e));
		assert_string_equal(e.msg, cases[i].expect);
	}
}

static void limits_patterns(void **state)
{
	struct err e = {0};
	char *pattern = malloc(REGEX_PATTERN_MAX + 1);
	(void)state;
	memset(pattern, 'x', REGEX_PATTERN_MAX + 1);
	struct regex *r = regex_compile(pattern, REGEX_PATTERN_MAX, EVENT_ABSENT, words(), &e);
	assert_non_null(r);
	regex_free(r);
	assert_null(regex_compile(pattern, REGEX_PATTERN_MAX + 1, EVENT_ABSENT, words(), &e));
	assert_string_equal(e.msg, "regex: longer than 8192 bytes");
	for (size_t i = 0; i < 3 * (REGEX_GROUPS_MAX + 1); i += 3)
		memcpy(pattern + i, "(a)", 3);
	assert_null(regex_compile(pattern, 3 * (REGEX_GROUPS_MAX + 1), EVENT_ABSENT, words(), &e));
	assert_non_null(strstr(e.msg, "128 groups; at most 127 are allowed"));
	r = regex_compile(pattern, 3 * REGEX_GROUPS_MAX, EVENT_ABSENT, words(), &e);
	assert_non_null(r);
	regex_free(r);
	free(pattern);
}

/* Patterns that take for ever end at a limit; the scratch is fit for the next line. */
static void ends_at_a_limit(void **state)
{
	static const char *const patterns[] = {"(a+)+$",       "^(a|aa)+$",        "(.*)*x",
					       "(?:(a+)*b)*$", "^((a?){20}){20}x", "(a|b|ab)*c"};
	char *text = malloc(REGEX_TEXT_MAX + 1);
	struct strbuf out;
	(void)state;
	strbuf_init(&out);
	memset(text, 'a', REGEX_TEXT_MAX + 1);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		text[40] = '!';
		enum regex_result result = match(patterns[i], EVENT_ABSENT, text, 41, &out);
		if (result != REGEX_LIMIT && result != REGEX_MISS)
			fail_msg("%s: %d", patterns[i], (int)result);
		text[40] = 'a';
		assert_int_equal(match("^a+$", EVENT_ABSENT, text, 40, &out), REGEX_MATCH);
	}
	text[40] = '!';
	assert_int_equal(match("(a+)+$", EVENT_ABSENT, text, 41, &out), REGEX_LIMIT);
	text[40] = 'a';
	text[20] = '!'; /* about a million steps: below PCRE2's own limit, above ours */
	assert_int_equal(match("(a+)+$", EVENT_ABSENT, text, 21, &out), REGEX_LIMIT);
	text[20] = 'a';
	text[REGEX_TEXT_MAX - 1] = '!';
	(void)match("(a+)=(a+)", EVENT_ABSENT, text, REGEX_TEXT_MAX, &out);
	assert_int_equal(match("!", EVENT_ABSENT, text, REGEX_TEXT_MAX, &out), REGEX_MATCH);
	assert_int_equal(match("!", EVENT_ABSENT, text, REGEX_TEXT_MAX + 1, &out), REGEX_LIMIT);
	strbuf_free(&out);
	free(text);
}

/* Every part of a line, and every line with one byte changed, ends at a forbidden page. */
static void survives_cuts_and_changes(void **state)
{
	static const char line[] = "A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475";
	size_t n = strlen(line);
	struct regex *r = must_compile(NFWARE, EVENT_PORT);
	struct event ev;
	enum event_field bad;
	uint32_t pos = 0;
	(void)state;
	for (size_t from = 0; from < n; from++)
		for (size_t len = 0; from + len <= n; len++)
			(void)regex_match(r, scratch, guard_end(line + from, len), len, 0, &ev, &bad, &pos);
	for (size_t at = 0; at < n; at++) {
		for (int c = 0; c < 256; c++) {
			char changed[sizeof(line)];
			memcpy(changed, line, n);
			changed[at] = (char)c;
			if (regex_match(r, scratch, guard_end(changed, n), n, 0, &ev, &bad, &pos) ==
			    REGEX_BAD_VALUE)
				assert_true(pos < n && bad < FIELD_COUNT);
		}
	}
	regex_free(r);
}

static int make_scratch(void **state)
{
	(void)state;
	scratch = regex_scratch_new();
	return 0;
}

static int free_scratch(void **state)
{
	(void)state;
	regex_scratch_free(scratch);
	regex_scratch_free(NULL);
	regex_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_groups),
		cmocka_unit_test(leaves_other_fields_alone),
		cmocka_unit_test(places_texts_in_the_arena),
		cmocka_unit_test(refuses_bad_patterns),
		cmocka_unit_test(limits_patterns),
		cmocka_unit_test(ends_at_a_limit),
		cmocka_unit_test(survives_cuts_and_changes),
	};
	return cmocka_run_group_tests(tests, make_scratch, free_scratch);
}
