/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `http` before a real nginx with TLS: whom it trusts, whom it shows itself to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_http.h"
#include "tests/contract/nginx_server.h"

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &http_driver);
	fixture_fill(&f->batch, 0, 0, 50);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void send_to(struct fixture *f, const char *server, const char *ca)
{
	char url[96];
	snprintf(url, sizeof url, "%s/events", server);
	if (ca != NULL)
		http_set(f, "tls_ca", nginx_file(ca));
	http_option(f, "url", url);
}

static void assert_alarm(struct fixture *f, const char *words)
{
	struct output_result r;
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	if (!r.alarm || strstr(r.why.msg, words) == NULL)
		fail_msg("alarm %d: %s", r.alarm, r.why.msg);
	cases_assert_stored(f, NULL);
}

static void trusted_server(void **state)
{
	struct fixture *f = *state;
	send_to(f, nginx_tls_url(), "ca.crt");
	fixture_deliver(f, 0, 50);
	cases_assert_stored(f, &f->batch);
}

static void unknown_authority(void **state)
{
	struct fixture *f = *state;
	send_to(f, nginx_tls_url(), NULL);
	assert_alarm(f, "certificate");
	send_to(f, nginx_tls_url(), "other.crt");
	assert_alarm(f, "certificate");
	http_option(f, "tls_verify", "false");
	fixture_deliver(f, 0, 50);
	cases_assert_stored(f, &f->batch);
}

/* The certificate is for localhost. */
static void wrong_name(void **state)
{
	struct fixture *f = *state;
	char url[64];
	snprintf(url, sizeof url, "https://127.0.0.1%s", strrchr(nginx_tls_url(), ':'));
	send_to(f, url, "ca.crt");
	assert_alarm(f, "127.0.0.1");
}

static void missing_files(void **state)
{
	struct fixture *f = *state;
	send_to(f, nginx_tls_url(), "nowhere.crt");
	assert_alarm(f, "nowhere.crt");
	http_set(f, "tls_ca", nginx_file("ca.crt"));
	http_option(f, "tls_certificate", nginx_file("nowhere.crt"));
	assert_alarm(f, "nowhere.crt");
}

static void client_certificate(void **state)
{
	struct fixture *f = *state;
	send_to(f, nginx_mutual_url(), "ca.crt");
	assert_alarm(f, "400"); /* nginx says so, and no event is to blame */
	http_set(f, "tls_certificate", nginx_file("client.crt"));
	http_option(f, "tls_key", nginx_file("client.key"));
	fixture_deliver(f, 0, 50);
	cases_assert_stored(f, &f->batch);
}

static void plain_server(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char url[64];
	snprintf(url, sizeof url, "https://localhost%s", strrchr(nginx_url(), ':'));
	send_to(f, url, "ca.crt");
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	cases_assert_stored(f, NULL);
	snprintf(url, sizeof url, "http://localhost%s", strrchr(nginx_tls_url(), ':'));
	send_to(f, url, NULL);
	assert_alarm(f, "400");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(trusted_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_authority, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(client_certificate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_server, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
