/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `http`; see driver_http.h.
 */
#include "tests/contract/driver_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/http_server.h"
#include "tests/contract/nginx_server.h"

extern const struct output_type http_output;

void http_set(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	const struct option *row = option_find(f->type->options, name);
	assert_non_null(row);
	if (option_set(row, &f->options, value, &e) != 0)
		fail_msg("%s %s", name, e.msg);
}

void http_option(struct fixture *f, const char *name, const char *value)
{
	f->type->close(f->output);
	http_set(f, name, value);
	f->output = fixture_worker(f, &f->env);
}

static void to_server(struct fixture *f)
{
	char url[96];
	snprintf(url, sizeof url, "%s/in?key=s3cret", http_server_url());
	http_server_reset(NULL);
	http_set(f, "url", url);
}

static const struct driver scripted_driver = {.type = &http_output, .set_up = to_server};

struct fixture *http_fixture(const char *timeout)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &scripted_driver);
	if (timeout != NULL)
		http_option(f, "timeout", timeout);
	return f;
}

void http_fixture_close(struct fixture *f)
{
	http_server_reset(NULL);
	fixture_close(f);
	free(f);
}

static void to_nginx(struct fixture *f)
{
	char url[96];
	nginx_empty();
	snprintf(url, sizeof url, "%s/events", nginx_url());
	http_set(f, "url", url);
	http_set(f, "format", "lines");
	http_set(f, "request_events", "300");
}

static void read_nginx(struct fixture *f, struct strbuf *out)
{
	(void)f;
	nginx_bodies(out);
}

static void freeze(struct fixture *f)
{
	(void)f;
	nginx_freeze();
}

static void thaw(struct fixture *f)
{
	(void)f;
	nginx_thaw();
}

const struct driver http_driver = {
	.type = &http_output,
	.shared = true,
	.set_up = to_nginx,
	.read = read_nginx,
	.block = freeze,
	.unblock = thaw,
};
