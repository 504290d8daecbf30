/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates against texts that nobody meant: cut, changed and huge ones. Every text ends at a forbidden page.
 */
#include <stdlib.h>

#include "template_help.h"

#define MEGABYTE GUARD_MAX

static const struct {
	const char *template;
	const char *text;
} pairs[] = {
	{"[{*} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST "
	 "{dst_ip}:{dst_port}[ DIR {*}]",
	 "test A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT"},
	{"[{*} ]NAT-{protocol}-{action}: {src_ip}:{src_port}( -> |->| <--> |<-->){x_ip}:[ ]{x_port}[ to {*}]",
	 "NAT-UDP-C: 2001:db8::5:10000 -> [64:ff9b::1]: 10000 to 1.1.1.1"},
	{"{timestamp} {host_name} USER {src_ip} (({*})): {action} BLOCK ((pool \"{*}\", ip public {x_ip}, "
	 "port {start_port} - "
	 "{end_port}))",
	 "2025-05-02T11:34:56.87+00:00 r4 USER 1::1 (rule 1): NEW BLOCK (pool \"p\", ip public 192.0.2.33, "
	 "port 1 - 512)"},
	{"{*} Added session {src_ip}#{src_port}||{*}||{x_ip}#{x_port}||({dst_ip}#{dst_port}||)[{protocol}]",
	 "a - Added session 1::5#47073|64:ff9b::c000:205#80|192.0.2.2#63527|192.0.2.5#80|TCP"},
};

#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

/* Spans lie in the text and agree with the match. */
static void check(const struct template *t, const char *text, size_t n)
{
	struct field_span spans[FIELD_COUNT];
	struct event ev;
	struct miss m = {0};
	const char *copy = guard_end(text, n);
	bool matched = template_match(t, copy, n, 0, &ev, &m);
	size_t count = template_spans(t, copy, n, spans, FIELD_COUNT);
	assert_true(matched || (count == 0 && m.set && m.pos <= n));
	for (size_t i = 0; i < count; i++)
		assert_true(spans[i].len > 0 && spans[i].off + spans[i].len <= n);
	const char *begin = guard_begin(text, n);
	assert_int_equal(template_match(t, begin, n, 0, &ev, NULL), matched);
}

static void survives_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		struct template *t = must_compile(pairs[i].template, IGNORE);
		size_t n = strlen(pairs[i].text);
		assert_string_equal(outcome_of(t, IGNORE, pairs[i].text, n), "match");
		for (size_t from = 0; from < n; from++)
			for (size_t len = 0; from + len <= n; len++)
				check(t, pairs[i].text + from, len);
		template_free(t);
	}
}

static void survives_changes(void **state)
{
	static const char bytes[] = "\0\xff 0:.-[]A\t\n~";
	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		struct template *t = must_compile(pairs[i].template, IGNORE);
		size_t n = strlen(pairs[i].text);
		char line[256];
		for (size_t at = 0; at < n * sizeof(bytes); at++) {
			memcpy(line, pairs[i].text, n);
			line[at / sizeof(bytes)] = bytes[at % sizeof(bytes)];
			check(t, line, n);
		}
		template_free(t);
	}
}

/* Any prefix of a template compiles or says why not. */
static void survives_cut_templates(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		for (size_t n = 0; n <= strlen(pairs[i].template); n++) {
			struct err e = {0};
			const char *copy = guard_end(pairs[i].template, n);
			struct template *t = template_compile(copy, n, IGNORE, test_words(), &e);
			assert_true(t != NULL || e.msg[0] != '\0');
			if (t != NULL)
				check(t, pairs[i].text, strlen(pairs[i].text));
			template_free(t);
		}
	}
}

/* So many bytes of the pattern, against the template; the test's time limit is the measure. */
static void repeat(const char *template, const char *pattern, size_t n)
{
	struct template *t = must_compile(template, IGNORE);
	size_t len = strlen(pattern);
	char *text = malloc(n);
	for (size_t i = 0; i < n; i++)
		text[i] = pattern[i % len];
	struct event ev;
	struct miss m = {0};
	assert_false(template_match(t, guard_end(text, n), n, 0, &ev, &m));
	assert_true(m.set);
	free(text);
	template_free(t);
}

static void huge(const char *template, const char *pattern)
{
	repeat(template, pattern, MEGABYTE);
}

/* A megabyte of blanks, and then the text. */
static void blanks_before(const char *template, const char *text)
{
	char *blanks = malloc(MEGABYTE);
	struct template *t = must_compile(template, IGNORE);
	struct event ev;
	struct miss m = {0};
	memset(blanks, ' ', MEGABYTE);
	memcpy(blanks + MEGABYTE - strlen(text), text, strlen(text));
	assert_false(template_match(t, guard_end(blanks, MEGABYTE), MEGABYTE, 0, &ev, &m));
	template_free(t);
	free(blanks);
}

static void stays_linear(void **state)
{
	(void)state;
	/* What makes regexes explode: runs behind runs, each with many places to end. */
	huge("{*}a{*}a{*}a{*}a{*}a{*}a{*}a{*}b", "a");
	huge("{*} {*} {*} {*} {*} {*} {src_ip}", "1 ");
	huge("{vrf_id} {host_name} {subscriber} x", "a ");
	huge("{*} {src_ip} {x_ip} x", "1.1.1.1 ");
	/* Blanks are one run, not a place each. */
	huge("{*} x {*} y", " ");
	huge("{*}a b a b a b c", "a        b ");
	blanks_before("{*} xy", "xz");
	/* A run that has ended stays, whatever choices come behind it. */
	huge("{*} [1 ]x{*} y", "x 1 ");
	/* Words that are skipped, begun again at each end of a run. */
	huge("{*}={word}:{src_ip} {x_ip}", "=");
	huge("{*}={word}:{src_ip} {x_ip}", "=:");
	huge("{*}={word} {src_ip}", "=");
	/* Long words that nearly repeat. */
	huge("{*}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "a");
	huge("{*}aaaaaaaaaaaaaaab", "a");
	/* All the ways that a template may have: each is as long as the text, so 256 times the work is the
	 * worst. */
	huge("[x][x][x][x][x][x][x][x]{*} {src_ip} y", "xxxxxxxx 1 1");
	repeat("{*} (1|1|1|1|1|1|1|1)(1|1)(1|1)(1|1)(1|1)(1|1) y", "1111111111 ", MEGABYTE / 8);
	repeat("{*} [ 1][ 1][ 1][ 1][ 1][ 1][ 1][ 1] y", "1 ", MEGABYTE / 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_cuts),
		cmocka_unit_test(survives_changes),
		cmocka_unit_test(survives_cut_templates),
		cmocka_unit_test(stays_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
