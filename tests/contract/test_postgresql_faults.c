/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `postgresql` does when connections break, hang or are refused, when the answer to COMMIT is
 * lost and when its process freezes: nothing is lost, nothing is stored twice, nobody else is held up.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/driver_postgresql.h"
#include "tests/contract/postgres_server.h"

#define BATCH 100

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &postgresql_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, BATCH);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void assert_stored_once(struct fixture *f)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	f->driver->read(f, &found);
	fixture_expect(&f->batch, &expected);
	fixture_assert_lines(&found, &expected);
}

static void assert_retry(const struct output_result *r, bool alarm)
{
	if (r->verdict != OUTPUT_RETRY || r->alarm != alarm)
		fail_msg("verdict %d, alarm %d: %s", (int)r->verdict, r->alarm, r->why.msg);
	assert_true(r->reopen);
}

static void open_anew(struct fixture *f)
{
	struct output_result r;
	f->type->open(f->output, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
}

static void end_sessions(void)
{
	postgres_run(
		NULL,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'natmill'");
}

/* The row of the watermark is held by somebody, so the move has to wait. */
static PGconn *hold_row(struct fixture *f)
{
	PGconn *conn = postgres_connect(postgresql_schema(f));
	PGresult *res = PQexec(conn, "BEGIN; SELECT 1 FROM natmill_watermarks FOR UPDATE");
	assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
	PQclear(res);
	return conn;
}

/* Until a commit that nobody hears of has happened. */
static void wait_for_mark(struct fixture *f)
{
	while (postgres_number(postgresql_schema(f), "SELECT next_offset FROM natmill_watermarks") != BATCH)
		usleep(5000);
}

static void connection_ends_between_calls(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	end_sessions();
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_retry(&r, false);
	f->type->abort(f->output);
	open_anew(f);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	end_sessions();
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	assert_retry(&r, false);
	f->type->abort(f->output);
	fixture_begin(f->output, f->type, &r); /* without open */
	assert_retry(&r, false);
	f->type->abort(f->output);
	open_anew(f);
	fixture_deliver(f, 0, BATCH);
	assert_stored_once(f);
}

/* The engine wants its worker back just when COMMIT is under way, and it happens all the same. */
static void lost_answer_of_a_commit_that_happened(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	PGconn *holder = hold_row(f);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	f->host.give_up_after = f->host.waits; /* the next wait is the one for COMMIT */
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	assert_retry(&r, false);
	f->type->abort(f->output);
	f->host.give_up_after = UINT32_MAX;
	PQfinish(holder);
	wait_for_mark(f);
	open_anew(f);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(r.verdict, OUTPUT_FENCED);
	f->type->abort(f->output);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), BATCH);
	assert_stored_once(f);
	fixture_begin(f->output, f->type, &r); /* the doubt is over */
	assert_int_equal(r.verdict, OUTPUT_OK);
}

/* The same, and it fails: the lock is not to be had within lock_timeout. */
static void lost_answer_of_a_commit_that_failed(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	PGconn *holder = hold_row(f);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->host.give_up_after = f->host.waits;
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	assert_retry(&r, false);
	f->type->abort(f->output);
	f->host.give_up_after = UINT32_MAX;
	while (postgres_number(NULL,
			       "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'natmill'") >
	       0)
		usleep(5000);
	PQfinish(holder);
	open_anew(f);
	fixture_deliver(f, 0, BATCH);
	assert_stored_once(f);
}

/* The server is still at the COMMIT of the lost connection when the batch comes again: only one of them wins.
 */
static void old_commit_overtakes_the_new_one(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	postgresql_option(f, "session_bound", "20s"); /* locks are waited for */
	open_anew(f);
	PGconn *holder = hold_row(f);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->host.give_up_after = f->host.waits;
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	f->host.give_up_after = UINT32_MAX;
	open_anew(f);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(r.verdict, OUTPUT_OK); /* by the rows it has not happened */
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	PQfinish(holder);
	wait_for_mark(f);
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	assert_int_equal(r.verdict, OUTPUT_FENCED);
	f->type->abort(f->output);
	assert_stored_once(f);
}

/* An owner that stops for longer than the session bound loses its transaction, and holds nobody up meanwhile.
 */
static void frozen_owner(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output *other = fixture_worker(f, &f->env);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	int64_t start = clock_mono_ms();
	assert_int_equal(fixture_position(other, f->type, 0, 0, NULL), 0);
	fixture_begin(other, f->type, &r);
	fixture_write(other, f->type, &f->batch, &r);
	fixture_commit(other, f->type, 0, 0, BATCH, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_in_range(clock_mono_ms() - start, 0, 400);
	while (postgres_number(NULL,
			       "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") >
	       0)
		usleep(10000);
	assert_in_range(clock_mono_ms() - start, 0, 5000);
	fixture_commit(f->output, f->type, 0, 0, BATCH, &r);
	assert_retry(&r, false);
	f->type->abort(f->output);
	open_anew(f);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(r.verdict, OUTPUT_FENCED);
	f->type->abort(f->output);
	assert_stored_once(f);
	f->type->close(other);
}

static void statement_takes_too_long(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	postgres_run(
		postgresql_schema(f),
		"CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60);"
		" RETURN NEW; END';"
		"CREATE TRIGGER nap BEFORE INSERT ON port_mapping FOR EACH STATEMENT EXECUTE FUNCTION nap()");
	postgresql_option(f, "statement_timeout", "200ms");
	open_anew(f);
	fixture_begin(f->output, f->type, &r);
	int64_t start = clock_mono_ms();
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 150, 1500);
	f->type->abort(f->output);
	postgres_run(postgresql_schema(f), "DROP TRIGGER nap ON port_mapping");
	fixture_deliver(f, 0, BATCH);
	assert_stored_once(f);
}

static void try_url(struct fixture *f, const char *url, const char *password, bool alarm, const char *words)
{
	struct output_result r;
	postgresql_option(f, "url", url);
	if (password != NULL)
		postgresql_option(f, "password", password);
	f->type->open(f->output, &r);
	assert_retry(&r, alarm);
	if (strstr(r.why.msg, words) == NULL || strstr(r.why.msg, "secret") != NULL)
		fail_msg("%s", r.why.msg);
}

static void refused_logins(void **state)
{
	struct fixture *f = *state;
	struct strbuf url = {0};
	postgres_run(NULL,
		     "DO $$ BEGIN CREATE ROLE nobody NOLOGIN; EXCEPTION WHEN duplicate_object THEN END $$");
	strbuf_printf(&url, "%s?user=nobody", postgres_url());
	try_url(f, url.data, "secret", true, "28000");
	strbuf_reset(&url);
	strbuf_printf(&url, "%s?dbname=nowhere", postgres_url());
	try_url(f, url.data, NULL, true, "3D000");
	strbuf_free(&url);
	try_url(f, "host=127.0.0.1 port=1 user=postgres", NULL, false, "refused");
}

/* A port that takes connections and never says a word. */
static void server_that_hangs(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	char url[96];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(url, sizeof url, "postgresql://postgres@127.0.0.1:%d/postgres", ntohs(a.sin_port));
	postgresql_option(f, "url", url);
	postgresql_option(f, "connect_timeout", "200ms");
	int64_t start = clock_mono_ms();
	f->type->open(f->output, &r);
	assert_retry(&r, false);
	assert_in_range(clock_mono_ms() - start, 150, 1000);
	f->host.give_up_after = f->host.waits;
	postgresql_option(f, "connect_timeout", "60s");
	start = clock_mono_ms();
	f->type->open(f->output, &r);
	assert_retry(&r, false);
	assert_in_range(clock_mono_ms() - start, 0, 200);
	f->host.give_up_after = UINT32_MAX;
	close(fd);
}

/* In place of libc's, for natmill and libpq alike: one name whose server does not answer for a while. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&real, &symbol, sizeof real);
	if (name != NULL && strcmp(name, "slow.test") == 0)
		usleep(700000);
	if (name != NULL && strstr(name, ".test") != NULL)
		return EAI_NONAME;
	return real(name, service, hints, found);
}

static void name_server_that_hangs(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf url = {0};
	postgresql_option(f, "url", "postgresql://postgres@slow.test:5432/postgres");
	struct err e;
	struct output *o = f->type->create(&f->options, &f->env, &e);
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	f->type->open(o, &r); /* the engine wants its worker back at once */
	assert_retry(&r, false);
	assert_in_range(clock_mono_ms() - start, 0, 300);
	f->host.give_up_after = UINT32_MAX;
	f->type->open(o, &r);
	assert_retry(&r, false);
	assert_non_null(strstr(r.why.msg, "slow.test"));
	f->type->close(o);
	/* One dead name does not keep it from the other host. */
	const char *port = strrchr(postgres_url(), ':');
	strbuf_printf(&url, "postgresql://postgres@none.test:1,localhost%s?gssencmode=disable", port);
	postgresql_option(f, "url", url.data);
	strbuf_free(&url);
	o = f->type->create(&f->options, &f->env, &e);
	f->type->open(o, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("%s", r.why.msg);
	f->type->close(o);
}

static void url_that_is_none(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	postgresql_option(f, "url", "postgresql://postgres:secret@[/db");
	assert_null(f->type->create(&f->options, &f->env, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_null(strstr(e.msg, "secret"));
}

/* Whatever login and database say. */
static void commits_are_flushed(void **state)
{
	struct fixture *f = *state;
	struct strbuf url = {0};
	char text[32];
	strbuf_printf(&url,
		      "%s?options=-c%%20synchronous_commit%%3Doff%%20-c%%20default_transaction_isolation%%"
		      "3Dserializable",
		      postgres_url());
	postgresql_option(f, "url", url.data);
	strbuf_free(&url);
	open_anew(f);
	postgres_run(postgresql_schema(f),
		     "CREATE TABLE seen (v text); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS"
		     " 'BEGIN INSERT INTO seen VALUES (current_setting(''synchronous_commit'') || '' '' ||"
		     " current_setting(''transaction_isolation'')); RETURN NULL; END';"
		     "CREATE TRIGGER look AFTER UPDATE ON natmill_watermarks FOR EACH STATEMENT"
		     " EXECUTE FUNCTION look()");
	fixture_deliver(f, 0, BATCH);
	assert_string_equal(postgres_string(postgresql_schema(f), "SELECT v FROM seen", text, sizeof text),
			    "on read committed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		CASE(connection_ends_between_calls),
		CASE(lost_answer_of_a_commit_that_happened),
		CASE(lost_answer_of_a_commit_that_failed),
		CASE(old_commit_overtakes_the_new_one),
		CASE(frozen_owner),
		CASE(statement_takes_too_long),
		CASE(refused_logins),
		CASE(server_that_hangs),
		CASE(name_server_that_hangs),
		CASE(url_that_is_none),
		CASE(commits_are_flushed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
