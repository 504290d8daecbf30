/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server answers is shown without the client's secrets, in whatever form the server repeats them; and
 * a token of a file is checked whenever it is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/contract/driver_http.h"
#include "tests/contract/http_server.h"

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

/* Parts of the request in an answer, as a server may write them. */
static const char *repeated;

static struct http_reply repeat(const struct http_seen *seen, size_t number)
{
	(void)seen;
	(void)number;
	return (struct http_reply){.status = 500, .body = repeated};
}

static void shown_as(struct fixture *f, const char *answer, const char *words)
{
	struct output_result r;
	repeated = answer;
	http_server_reset(repeat);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	const char *at = strstr(r.why.msg, "answers 500: ");
	assert_non_null(at);
	assert_string_equal(at + strlen("answers 500: "), words);
}

static void secrets_in_any_form(void **state)
{
	struct fixture *f = *state;
	fixture_fill(&f->batch, 0, 0, 3);
	http_set(f, "user", "ann");
	http_option(f, "password", "open \"ses\xc3\xa4me/");
	shown_as(f, "open \"ses\xc3\xa4me/", "**************");
	shown_as(f, "Basic YW5uOm9wZW4gInNlc8OkbWUv", "Basic ************************");
	shown_as(f, "b3BlbiAic2Vzw6RtZS8", "*******************"); /* the password alone, without = */
	shown_as(f, "p=open%20%22ses%C3%A4me%2F&x", "p=************************&x");
	shown_as(f, "p=open+%22ses%c3%a4me%2f&x", "p=**********************&x");
	shown_as(f, "{\"p\":\"open \\\"ses\xc3\xa4me/\"}", "{\"p\":\"***************\"}");
	shown_as(f, "/in?key=s3cret", "/in?key=******"); /* the fixture's url */
	shown_as(f, "opened", "opened");
}

/* What is kept of a body may end within a secret; and one secret may lie within another's stars. */
static void secrets_cut_off_or_overlapping(void **state)
{
	struct fixture *f = *state;
	const struct option *headers = option_find(f->type->options, "headers");
	fixture_fill(&f->batch, 0, 0, 3);
	option_put(headers, &f->options, "X-One", "abcdefghij");
	option_put(headers, &f->options, "X-Two", "ghijklmnop");
	http_option(f, "token", "0123456789");
	shown_as(f, "abcdefghijklmnop", "****************");
	shown_as(f, "the end is 01234567", "the end is ********");
	shown_as(f, "the end is 0123456", "the end is 0123456");
	shown_as(f, "01234567 is no end", "01234567 is no end");
}

static void token_file_with_a_line_end(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct err e = {0};
	char path[128];
	snprintf(path, sizeof path, "%s/token", f->folder);
	FILE *file = fopen(path, "we");
	fputs("s3cret-token", file);
	fclose(file);
	const struct option *token = option_find(f->type->options, "token");
	assert_int_equal(option_set_file(token, &f->options, path, &e), 0);
	http_option(f, "timeout", "2s");
	fixture_fill(&f->batch, 0, 0, 3);
	fixture_deliver(f, 0, 3);
	fixture_fill(&f->batch, 0, 3, 3);
	file = fopen(path, "we");
	fputs("s3cret\r\nX-Forged: 1", file);
	fclose(file);
	size_t before = http_server_count();
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "token_file names a file with a line end"));
	assert_null(strstr(r.why.msg, "s3cret"));
	assert_int_equal(http_server_count(), before);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Read anew for each request; hidden as all secrets are. */
static void header_from_a_file(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char path[128];
	char text[256];
	snprintf(path, sizeof path, "%s/key", f->folder);
	write_file(path, "first-s3cret\n");
	option_put(option_find(f->type->options, "headers"), &f->options, "X-Api-Key_file", path);
	http_option(f, "timeout", "2s");
	fixture_fill(&f->batch, 0, 0, 3);
	fixture_deliver(f, 0, 3);
	http_server_header(http_server_seen(0), "X-Api-Key", text, sizeof text);
	assert_string_equal(text, "first-s3cret");
	fixture_fill(&f->batch, 0, 3, 3);
	write_file(path, "other-s3cret");
	shown_as(f, "you sent other-s3cret", "you sent ************");
	write_file(path, "s3cret\r\nX-Forged: 1");
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "X-Api-Key_file names a file with a line end"));
	assert_null(strstr(r.why.msg, "s3cret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(secrets_in_any_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(secrets_cut_off_or_overlapping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(token_file_with_a_line_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(header_from_a_file, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
