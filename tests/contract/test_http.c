/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `http` sends: bodies, headers, packing, identity; and what stays the same when a request is
 * sent again. What it makes of answers: test_http_answers.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/strbuf.h"
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

static void assert_header(size_t request, const char *name, const char *value)
{
	char text[256];
	http_server_header(http_server_seen(request), name, text, sizeof text);
	assert_string_equal(text, value);
}

static void assert_body(size_t request, const char *body)
{
	assert_string_equal(http_server_seen(request)->body, body);
}

/* The array that the batch's events [from, from + n) make. */
static void expect_array(const struct batch *b, uint32_t from, uint32_t n, struct strbuf *out)
{
	strbuf_addc(out, '[');
	for (uint32_t i = from; i < from + n; i++) {
		if (i > from)
			strbuf_addc(out, ',');
		event_json(&b->events[i], b->arena.data, b->arena.len, out);
	}
	strbuf_addc(out, ']');
}

static void json_array_by_default(void **state)
{
	struct fixture *f = *state;
	struct strbuf wanted = {0};
	fixture_fill(&f->batch, 0, 0, 20);
	fixture_deliver(f, 0, 20);
	assert_int_equal(http_server_count(), 1);
	expect_array(&f->batch, 0, 20, &wanted);
	assert_body(0, wanted.data);
	strbuf_free(&wanted);
	assert_int_equal(strncmp(http_server_seen(0)->head, "POST /in?key=s3cret HTTP/1.1\r\n", 30), 0);
	assert_header(0, "Content-Type", "application/json");
	assert_header(0, "Content-Encoding", "");
	assert_header(0, "Expect", "");
	assert_header(0, "Authorization", "");
}

static void json_lines(void **state)
{
	struct fixture *f = *state;
	struct strbuf wanted = {0};
	http_option(f, "format", "lines");
	http_option(f, "method", "put");
	fixture_fill(&f->batch, 0, 0, 20);
	fixture_deliver(f, 0, 20);
	fixture_expect(&f->batch, &wanted);
	assert_body(0, wanted.data);
	strbuf_free(&wanted);
	assert_int_equal(strncmp(http_server_seen(0)->head, "PUT /in", 7), 0);
	assert_header(0, "Content-Type", "application/x-ndjson");
}

static void requests_of_so_many_events(void **state)
{
	struct fixture *f = *state;
	http_option(f, "request_events", "8");
	fixture_fill(&f->batch, 0, 0, 20);
	fixture_deliver(f, 0, 20);
	assert_int_equal(http_server_count(), 3);
	for (uint32_t i = 0; i < 3; i++) {
		struct strbuf wanted = {0};
		expect_array(&f->batch, i * 8, i < 2 ? 8 : 4, &wanted);
		assert_body(i, wanted.data);
		strbuf_free(&wanted);
		assert_int_equal(http_server_seen(i)->connection, http_server_seen(0)->connection);
	}
}

/* No body is longer than that, but an event goes out alone whatever its length. */
static void requests_of_so_many_bytes(void **state)
{
	struct fixture *f = *state;
	struct strbuf all = {0};
	fixture_fill(&f->batch, 0, 0, 50);
	http_option(f, "request_bytes", "600");
	fixture_deliver(f, 0, 50);
	size_t n = http_server_count();
	assert_in_range(n, 10, 49);
	for (size_t i = 0; i < n; i++) {
		assert_in_range(http_server_seen(i)->len, 100, 600);
		strbuf_add(&all, http_server_seen(i)->body + 1, http_server_seen(i)->len - 2);
		strbuf_addc(&all, i + 1 < n ? ',' : ']');
	}
	struct strbuf wanted = {0};
	expect_array(&f->batch, 0, 50, &wanted);
	assert_string_equal(all.data, wanted.data + 1);
	http_server_reset(NULL);
	http_option(f, "request_bytes", "1");
	fixture_deliver(f, 0, 50);
	assert_int_equal(http_server_count(), 50);
	strbuf_free(&all);
	strbuf_free(&wanted);
}

static void unpack_gzip(const struct http_seen *seen, char *to, size_t size)
{
	z_stream z = {0};
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)seen->body;
	z.avail_in = (uInt)seen->len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)size;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	to[z.total_out] = '\0';
	inflateEnd(&z);
}

static void packed_bodies(void **state)
{
	struct fixture *f = *state;
	static char plain[1 << 20];
	fixture_fill(&f->batch, 0, 0, 1000);
	struct strbuf wanted = {0};
	expect_array(&f->batch, 0, 1000, &wanted);
	http_option(f, "compression", "gzip");
	fixture_deliver(f, 0, 1000);
	fixture_deliver(f, 0, 1000);
	for (size_t i = 0; i < 2; i++) {
		assert_header(i, "Content-Encoding", "gzip");
		assert_in_range(http_server_seen(i)->len, 100, wanted.len / 4);
		unpack_gzip(http_server_seen(i), plain, sizeof plain);
		assert_string_equal(plain, wanted.data);
	}
	http_server_reset(NULL);
	http_option(f, "compression", "zstd");
	fixture_deliver(f, 0, 1000);
	assert_header(0, "Content-Encoding", "zstd");
	assert_in_range(http_server_seen(0)->len, 100, wanted.len / 4);
	size_t n =
		ZSTD_decompress(plain, sizeof plain - 1, http_server_seen(0)->body, http_server_seen(0)->len);
	assert_int_equal(n, wanted.len);
	assert_memory_equal(plain, wanted.data, n);
	strbuf_free(&wanted);
}

static void identity_of_events(void **state)
{
	struct fixture *f = *state;
	struct strbuf wanted = {0};
	http_option(f, "identity", "true");
	fixture_add(&f->batch, EVENT_ADDRESS, 3, 77)->index = 2;
	fixture_deliver(f, 77, 78);
	expect_array(&f->batch, 0, 1, &wanted);
	wanted.len -= 2;
	strbuf_adds(&wanted, ",\"topic\":\"" FIXTURE_TOPIC "\",\"partition\":3,\"offset\":77,\"index\":2}]");
	assert_body(0, wanted.data);
	strbuf_free(&wanted);
}

/* The key is the events': the same for the same, another for any other. */
static void identity_of_requests(void **state)
{
	struct fixture *f = *state;
	char keys[6][64];
	fixture_fill(&f->batch, 4, 100, 10);
	fixture_deliver(f, 100, 110);
	struct output *anew = fixture_worker(f, &f->env); /* as after a restart */
	f->type->close(f->output);
	f->output = anew;
	fixture_deliver(f, 100, 110);
	f->batch.messages[5].offset = 105 + 1000;
	fixture_deliver(f, 100, 110);
	f->batch.messages[5].offset = 105;
	f->batch.events[5].index = 1;
	fixture_deliver(f, 100, 110);
	f->batch.events[5].index = 0;
	f->batch.messages[5].partition = 5;
	fixture_deliver(f, 100, 110);
	f->batch.messages[9].topic = "cgnat.other";
	fixture_deliver(f, 100, 110);
	assert_int_equal(http_server_count(), 6);
	for (size_t i = 0; i < 6; i++) {
		http_server_header(http_server_seen(i), "Idempotency-Key", keys[i], sizeof keys[i]);
		assert_int_equal(strlen(keys[i]), 32);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(strcmp(keys[i], keys[k]) == 0, i == 1 && k == 0);
	}
	assert_header(0, "Natmill-Range", FIXTURE_TOPIC "/4/100-109");
	assert_header(2, "Natmill-Range", FIXTURE_TOPIC "/4/100-1105");
	assert_header(5, "Natmill-Range",
		      FIXTURE_TOPIC "/4/100-108, " FIXTURE_TOPIC "/5/105-105, cgnat.other/4/109-109");
}

static void range_of_many_partitions(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	for (int32_t i = 0; i < 100; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, i, 5);
	fixture_deliver(f, 5, 6);
	http_server_header(http_server_seen(0), "Natmill-Range", text, sizeof text);
	assert_non_null(strstr(text, FIXTURE_TOPIC "/31/5-5, more"));
}

static void credentials_and_headers(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	http_option(f, "user", "ann");
	http_option(f, "password", "open:sesame");
	fixture_fill(&f->batch, 0, 0, 3);
	fixture_deliver(f, 0, 3);
	assert_header(0, "Authorization", "Basic YW5uOm9wZW46c2VzYW1l");
	http_server_reset(NULL);
	http_fixture_close(f);
	*state = f = http_fixture(NULL);
	http_option(f, "token", "abc.def");
	const struct option *headers = option_find(f->type->options, "headers");
	option_put(headers, &f->options, "X-Tenant", "isp 1");
	option_put(headers, &f->options, "content-type", "application/vnd.nat+json");
	http_option(f, "timeout", "2s");
	fixture_fill(&f->batch, 0, 0, 3);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_OK);
	assert_header(0, "Authorization", "Bearer abc.def");
	assert_header(0, "X-Tenant", "isp 1");
	assert_header(0, "Content-Type", "application/vnd.nat+json");
	assert_null(strstr(http_server_seen(0)->head, "application/json"));
}

static void assert_refused(struct fixture *f, const char *name, const char *value, const char *words)
{
	struct err e = {0};
	http_set(f, name, value);
	struct output *o = f->type->create(&f->options, &f->env, &e);
	if (o != NULL)
		fail_msg("%s: %s is taken", name, value);
	if (strstr(e.msg, words) == NULL)
		fail_msg("%s: %s: %s", name, value, e.msg);
	assert_null(strstr(e.msg, "s3cret"));
}

static void wrong_settings_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const urls[] = {"localhost:80",
					   "ftp://host/",
					   "file:///etc/passwd",
					   "http://",
					   "http://ann:s3cret@host/",
					   "http://host/a b",
					   "http://host/\r\nX: s3cret"};
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		assert_refused(f, "url", urls[i], "url must be like");
	http_set(f, "url", http_server_url());
	assert_refused(f, "token", "s3cret\nX: y", "control character");
	http_set(f, "token", "s3cret");
	assert_refused(f, "user", "ann", "either token or user");
	option_free(f->type->options, &f->options);
	option_defaults(f->type->options, &f->options);
	http_set(f, "url", http_server_url());
	assert_refused(f, "password", "s3cret", "no user");
	assert_refused(f, "user", "a:b", "colon");
	http_set(f, "user", "ann");
	assert_refused(f, "tls_key", "/k", "no tls_certificate");
	http_set(f, "tls_certificate", "/c");
	const struct option *headers = option_find(f->type->options, "headers");
	option_put(headers, &f->options, "X", "s3cret\r\nY: z");
	assert_refused(f, "timeout", "1s", "value of X has a line end");
	option_put(headers, &f->options, "X", "y");
	option_put(headers, &f->options, "X Y", "s3cret");
	assert_refused(f, "timeout", "1s", "no name of a header");
	option_clear(headers, &f->options);
	option_put(headers, &f->options, "content-length", "5");
	assert_refused(f, "timeout", "1s", "set by natmill itself");
	option_clear(headers, &f->options);
	option_put(headers, &f->options, "content-length_file", "/etc/hostname");
	assert_refused(f, "timeout", "1s", "content-length is set by natmill itself");
	option_clear(headers, &f->options);
	option_put(headers, &f->options, "X-Key_file", "/nonexistent/s3");
	assert_refused(f, "timeout", "1s", "X-Key_file: cannot read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_array_by_default, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(requests_of_so_many_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(requests_of_so_many_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packed_bodies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(identity_of_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(identity_of_requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(range_of_many_partitions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(credentials_and_headers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_settings_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
