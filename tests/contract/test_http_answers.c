/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `http` makes of a server's answers: every status, answers that are not whole, late or
 * missing, requests that are too large, Retry-After; and that it says so without telling secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/driver_http.h"
#include "tests/contract/http_server.h"

#define SLACK_MS 4000 /* of a loaded machine */

static struct http_reply reply; /* what the server answers, unless a test decides */

static struct http_reply always(const struct http_seen *seen, size_t number)
{
	(void)seen;
	(void)number;
	return reply;
}

static int set_up(void **state)
{
	*state = http_fixture(NULL);
	return 0;
}

static int tear_down(void **state)
{
	http_fixture_close(*state);
	return 0;
}

static enum output_verdict write_from(struct fixture *f, size_t from, size_t n, struct output_result *r)
{
	uint32_t *pick;
	struct output_range range = fixture_range(&f->batch, &pick);
	range.pick += from;
	range.n = n;
	memset(r, 0x5a, sizeof *r);
	f->type->write(f->output, &range, r);
	free(pick);
	return r->verdict;
}

static enum output_verdict answered(struct fixture *f, struct http_reply with, struct output_result *r)
{
	http_server_reset(always);
	reply = with;
	return write_from(f, 0, f->batch.event_count, r);
}

static void verdict_by_status(void **state)
{
	static const struct {
		int status;
		enum output_verdict verdict;
		bool alarm;
	} table[] = {
		{200, OUTPUT_OK, false},    {201, OUTPUT_OK, false},     {202, OUTPUT_OK, false},
		{204, OUTPUT_OK, false},    {207, OUTPUT_OK, false},     {299, OUTPUT_OK, false},
		{301, OUTPUT_RETRY, true},  {302, OUTPUT_RETRY, true},   {304, OUTPUT_RETRY, true},
		{307, OUTPUT_RETRY, true},  {308, OUTPUT_RETRY, true},   {400, OUTPUT_REJECT, false},
		{401, OUTPUT_RETRY, true},  {402, OUTPUT_RETRY, true},   {403, OUTPUT_RETRY, true},
		{404, OUTPUT_RETRY, true},  {405, OUTPUT_RETRY, true},   {406, OUTPUT_RETRY, true},
		{407, OUTPUT_RETRY, true},  {408, OUTPUT_RETRY, false},  {409, OUTPUT_RETRY, false},
		{410, OUTPUT_RETRY, true},  {411, OUTPUT_RETRY, true},   {415, OUTPUT_RETRY, true},
		{421, OUTPUT_RETRY, true},  {422, OUTPUT_REJECT, false}, {423, OUTPUT_RETRY, false},
		{425, OUTPUT_RETRY, false}, {429, OUTPUT_RETRY, false},  {431, OUTPUT_RETRY, true},
		{451, OUTPUT_RETRY, true},  {499, OUTPUT_RETRY, true},   {500, OUTPUT_RETRY, false},
		{501, OUTPUT_RETRY, true},  {502, OUTPUT_RETRY, false},  {503, OUTPUT_RETRY, false},
		{504, OUTPUT_RETRY, false}, {505, OUTPUT_RETRY, true},   {507, OUTPUT_RETRY, true},
		{511, OUTPUT_RETRY, true},  {599, OUTPUT_RETRY, false},  {600, OUTPUT_RETRY, true},
		{999, OUTPUT_RETRY, true},
	};
	struct fixture *f = *state;
	struct output_result r;
	char words[64];
	fixture_fill(&f->batch, 0, 0, 20);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		enum output_verdict v =
			answered(f, (struct http_reply){.status = table[i].status, .body = "why it is"}, &r);
		if (v != table[i].verdict || r.alarm != table[i].alarm)
			fail_msg("%d: verdict %d, alarm %d: %s", table[i].status, v, r.alarm, r.why.msg);
		assert_int_equal(http_server_count(), 1);
		f->type->commit(f->output, NULL, 0, &r);
		assert_int_equal(write_from(f, 0, 0, &r), OUTPUT_OK);
		if (v == OUTPUT_OK)
			continue;
		answered(f, reply, &r);
		snprintf(words, sizeof words, "answers %d%s", table[i].status,
			 table[i].status == 304 ? "" : ": why it is"); /* a 304 has no body */
		assert_non_null(strstr(r.why.msg, words));
		assert_true(v != OUTPUT_REJECT || r.n == 20);
	}
}

/* nginx says 400 where TLS is set up wrongly: no event is to blame. */
static void refusals_of_the_connection(void **state)
{
	static const char *const pages[] =
		{"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>",
		 "<html>\r\n<head><title>400 The SSL certificate error</title></head>",
		 "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>"};
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(answered(f, (struct http_reply){.status = 400, .body = pages[i]}, &r),
				 OUTPUT_RETRY);
		assert_true(r.alarm);
	}
}

/* Not followed: the place that it names gets nothing. */
static void redirects_are_not_followed(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char location[128];
	snprintf(location, sizeof location, "Location: %s/elsewhere\r\n", http_server_url());
	fixture_fill(&f->batch, 0, 0, 3);
	assert_int_equal(answered(f, (struct http_reply){.status = 302, .headers = location}, &r),
			 OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_int_equal(http_server_count(), 1);
}

static void answers_that_are_not_whole(void **state)
{
	static const enum http_mood moods[] = {HTTP_HALF_BODY, HTTP_HALF_HEAD, HTTP_SILENT, HTTP_HANG,
					       HTTP_STALL,     HTTP_TORN,      HTTP_CRAWL};
	struct fixture *f = *state;
	struct output_result r;
	http_option(f, "timeout", "1s");
	fixture_fill(&f->batch, 0, 0, 3);
	for (size_t i = 0; i < sizeof moods / sizeof moods[0]; i++) {
		int64_t start = clock_mono_ms();
		struct http_reply half = {.status = 200, .mood = moods[i], .body = "0123456789"};
		if (answered(f, half, &r) != OUTPUT_RETRY || r.alarm)
			fail_msg("mood %d: verdict %d", moods[i], r.verdict);
		assert_in_range(clock_mono_ms() - start, 0, 1000 + SLACK_MS);
		assert_int_equal(answered(f, (struct http_reply){.status = 200}, &r), OUTPUT_OK);
		f->type->commit(f->output, NULL, 0, &r);
	}
}

static void answers_that_are_whole(void **state)
{
	static const enum http_mood moods[] = {HTTP_WHOLE, HTTP_LAST, HTTP_SHORT, HTTP_CHUNKED};
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 3);
	for (size_t i = 0; i < sizeof moods / sizeof moods[0]; i++) {
		struct http_reply whole = {.status = 200, .mood = moods[i], .body = "0123456789"};
		if (answered(f, whole, &r) != OUTPUT_OK)
			fail_msg("mood %d: %s", moods[i], r.why.msg);
		f->type->commit(f->output, NULL, 0, &r);
	}
	http_option(f, "timeout", "30s");
	struct http_reply slow = {.status = 200, .mood = HTTP_CRAWL, .body = "0123456789"};
	assert_int_equal(answered(f, slow, &r), OUTPUT_OK);
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 3);
	fixture_deliver(f, 0, 3);
	http_server_refuse();
	http_server_reset(NULL);
	enum output_verdict refused = write_from(f, 0, 3, &r);
	http_server_accept();
	assert_int_equal(refused, OUTPUT_RETRY);
	assert_false(r.alarm);
	assert_non_null(strstr(r.why.msg, "http://127.0.0.1:"));
	assert_null(strstr(r.why.msg, "s3cret"));
	assert_int_equal(write_from(f, 0, 3, &r), OUTPUT_OK);
}

/* A kept connection that the server has closed meanwhile is no error. */
static void closed_connection_is_replaced(void **state)
{
	struct fixture *f = *state;
	fixture_fill(&f->batch, 0, 0, 3);
	for (int i = 0; i < 5; i++) {
		fixture_deliver(f, 0, 3);
		http_server_reset(NULL);
	}
}

#define LIMIT 900

/* Also remembers how often it said no. */
static size_t too_large;
static struct strbuf taken;

static struct http_reply limited(const struct http_seen *seen, size_t number)
{
	(void)number;
	if (seen->len > LIMIT) {
		too_large++;
		return (struct http_reply){.status = 413};
	}
	strbuf_add(&taken, seen->body, seen->len);
	return (struct http_reply){.status = 200};
}

static void too_large_is_halved(void **state)
{
	struct fixture *f = *state;
	struct strbuf wanted = {0};
	http_option(f, "format", "lines");
	http_server_reset(limited);
	strbuf_reset(&taken);
	too_large = 0;
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_expect(&f->batch, &wanted);
	fixture_deliver(f, 0, 100);
	assert_string_equal(taken.data, wanted.data);
	assert_in_range(too_large, 3, 8);
	too_large = 0;
	strbuf_reset(&taken);
	fixture_deliver(f, 0, 100); /* it has learned */
	assert_string_equal(taken.data, wanted.data);
	assert_int_equal(too_large, 0);
	strbuf_free(&wanted);
	strbuf_free(&taken);
}

/* One event that is too large by itself is refused, the ones around it are not. */
static void too_large_event_is_refused(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char text[EVENT_TEXT_MAX + 1];
	memset(text, 'x', EVENT_TEXT_MAX);
	text[EVENT_TEXT_MAX] = '\0';
	http_server_reset(limited);
	fixture_fill(&f->batch, 0, 0, 3);
	f->batch.events[1].subscriber = fixture_text(&f->batch, text);
	assert_int_equal(write_from(f, 0, 3, &r), OUTPUT_OK);
	assert_int_equal(r.n, 1);
	assert_int_equal(write_from(f, 1, 2, &r), OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.why.msg, "413"));
	assert_int_equal(write_from(f, 2, 1, &r), OUTPUT_OK);
	strbuf_free(&taken);
}

static struct http_reply third_fails(const struct http_seen *seen, size_t number)
{
	(void)seen;
	return (struct http_reply){.status = number == 2 ? 503 : 200};
}

/* A batch whose third request fails is begun again; what was acknowledged is not sent again. */
static void acknowledged_is_not_repeated(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char first[64];
	char again[64];
	http_option(f, "request_events", "10");
	http_server_reset(third_fails);
	fixture_fill(&f->batch, 0, 0, 50);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_int_equal(http_server_count(), 3);
	f->type->abort(f->output);
	fixture_deliver(f, 0, 50);
	assert_int_equal(http_server_count(), 3 + 3);
	http_server_header(http_server_seen(2), "Idempotency-Key", first, sizeof first);
	http_server_header(http_server_seen(3), "Idempotency-Key", again, sizeof again);
	assert_string_equal(first, again);
	assert_string_equal(http_server_seen(2)->body, http_server_seen(3)->body);
	fixture_deliver(f, 0, 50); /* the batch was settled: the same events would be new ones */
	assert_int_equal(http_server_count(), 6 + 5);
}

static void retry_after_is_kept(void **state)
{
	static const char *const headers[] = {"Retry-After: 1\r\n",
					      "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
					      "Retry-After: -5\r\n", "Retry-After: soon\r\n"};
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 3);
	for (size_t i = 0; i < 4; i++) {
		struct http_reply later = {.status = i % 2 == 0 ? 429 : 503, .headers = headers[i]};
		assert_int_equal(answered(f, later, &r), OUTPUT_RETRY);
		int64_t asked = clock_mono_ms();
		assert_int_equal(answered(f, (struct http_reply){.status = 200}, &r),
				 i < 2 ? OUTPUT_RETRY : OUTPUT_OK);
		assert_int_equal(http_server_count(), i < 2 ? 0 : 1);
		if (i >= 2) {
			f->type->commit(f->output, NULL, 0, &r);
			continue;
		}
		assert_non_null(
			strstr(r.why.msg, i == 0 ? "no request for 1 s more" : "no request for 300 s"));
		assert_in_range(clock_mono_ms() - asked, 0, 900); /* it does not wait itself */
		http_option(f, "timeout", i == 0 ? "2s" : "3s");  /* forgets, as a new one does */
	}
}

static void retry_after_ends(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct http_reply later = {.status = 503, .headers = "Retry-After: 1\r\n"};
	fixture_fill(&f->batch, 0, 0, 3);
	assert_int_equal(answered(f, later, &r), OUTPUT_RETRY);
	int64_t start = clock_mono_ms();
	http_server_reset(NULL);
	while (write_from(f, 0, 3, &r) != OUTPUT_OK)
		output_wait(f->env.host, -1, 0, clock_mono_ms() + 20);
	assert_in_range(clock_mono_ms() - start, 900, 1000 + SLACK_MS);
}

static struct http_reply echo(const struct http_seen *seen, size_t number)
{
	static char text[4096];
	snprintf(text, sizeof text, "%s \x01\xff\r\n%0*d", strstr(seen->head, "Authorization"),
		 number == 0 ? 1 : 2000, 7);
	return (struct http_reply){.status = 500, .body = text};
}

static void secrets_stay_secret(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	const struct option *headers = option_find(f->type->options, "headers");
	option_put(headers, &f->options, "X-Api-Key", "key-of-s3cret");
	http_option(f, "token", "s3cret-token");
	http_server_reset(echo);
	fixture_fill(&f->batch, 0, 0, 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write_from(f, 0, 3, &r), OUTPUT_RETRY);
		assert_non_null(strstr(r.why.msg, "answers 500: Authorization: Bearer ****"));
		assert_null(strstr(r.why.msg, "s3cret"));
		assert_in_range(strlen(r.why.msg), 20, 300);
		for (const char *c = r.why.msg; *c != '\0'; c++)
			assert_in_range(*c, 0x20, 0x7e);
	}
}

/* The engine wants the output back while it connects, sends and waits: each time it has it at once. */
static void given_up_at_any_wait(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 1000);
	reply = (struct http_reply){.status = 200, .mood = HTTP_HANG};
	http_option(f, "timeout", "60s");
	for (unsigned i = 0; i < 4; i++) {
		http_server_reset(always);
		f->host.waits = 0;
		f->host.give_up_after = i;
		int64_t start = clock_mono_ms();
		assert_int_equal(write_from(f, 0, 1000, &r), OUTPUT_RETRY);
		assert_in_range(clock_mono_ms() - start, 0, SLACK_MS);
	}
	f->host.give_up_after = UINT32_MAX;
	http_server_reset(NULL);
	assert_int_equal(write_from(f, 0, 1000, &r), OUTPUT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(verdict_by_status, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_of_the_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(redirects_are_not_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_that_are_not_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_that_are_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_listens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(closed_connection_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_is_halved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_large_event_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(acknowledged_is_not_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(retry_after_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(retry_after_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secrets_stay_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(given_up_at_any_wait, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
