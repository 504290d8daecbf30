/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `redis` does when things go wrong: a full, frozen, restarted, read-only or silent server,
 * half an answer, one refused key. On a real server, and on a double for what that never says.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_redis.h"
#include "tests/contract/redis_double.h"
#include "tests/contract/redis_server.h"
#include "tests/contract/steps.h"

extern const struct output_type redis_output;

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define EVENTS 2000
#define BAD_KEY "cgnat:events:addressmapping:10.0.0.77"

static int set_up_real(void **state)
{
	return steps_set_up(state, &redis_driver);
}

static const char *always_ok(struct redis_double *d, const char *key)
{
	(void)d;
	(void)key;
	return "+OK\r\n";
}

static void start_double(struct fixture *f)
{
	struct redis_double *d = xcalloc(1, sizeof *d);
	f->own = d;
	d->answer = always_ok;
	redis_double_start(d, f->path);
	fixture_option(f, "address", d->address);
}

static const struct driver on_double = {.type = &redis_output, .set_up = start_double};

static int set_up_double(void **state)
{
	return steps_set_up(state, &on_double);
}

/* The output's connection ends before its server is waited for. */
static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct redis_double *d = f->own;
	fixture_close(f);
	if (d != NULL)
		redis_double_stop(d);
	free(d);
	free(f);
	return 0;
}

static void fill(struct fixture *f, int n)
{
	batch_reset(&f->batch);
	for (int i = 0; i < n; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, 0, i);
}

static void full_server_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fill(f, EVENTS);
	redis_run(WORDS("CONFIG", "SET", "maxmemory", "1"));
	steps_attempt(f, &r);
	redis_run(WORDS("CONFIG", "SET", "maxmemory", "0"));
	steps_assert_retry(&r, true, false, "OOM");
	assert_non_null(strstr(r.why.msg, "maxmemory"));
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void replica_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fill(f, EVENTS);
	redis_run(WORDS("REPLICAOF", "127.0.0.1", "1"));
	steps_attempt(f, &r);
	redis_run(WORDS("REPLICAOF", "NO", "ONE"));
	steps_assert_retry(&r, true, true, "READONLY");
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void restarted_server(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fill(f, EVENTS);
	fixture_deliver(f, 0, EVENTS);
	redis_server_stop();
	steps_attempt(f, &r);
	steps_assert_retry(&r, false, true, "connection");
	f->type->open(f->output, &r);
	steps_assert_retry(&r, false, true, "connecting: Connection refused");
	steps_attempt(f, &r);
	steps_assert_retry(&r, false, true, "lost");
	redis_server_start();
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void frozen_server(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_option(f, "timeout", "300ms");
	fixture_option(f, "connect_timeout", "300ms");
	fill(f, EVENTS);
	f->driver->block(f);
	int64_t start = clock_mono_ms();
	steps_attempt(f, &r);
	bool late = clock_mono_ms() - start >= 290;
	struct output_result opened;
	f->type->open(f->output, &opened);
	f->driver->unblock(f);
	assert_true(late);
	steps_assert_retry(&r, false, true, "no answer in time");
	steps_assert_retry(&opened, false, true, "no answer in time");
	fixture_option(f, "timeout", "10s");
	fixture_option(f, "connect_timeout", "5s");
	steps_try_again(f, &opened);
	cases_assert_stored(f, &f->batch);
}

static void connection_closed_between_batches(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fill(f, EVENTS);
	redis_run(WORDS("CLIENT", "KILL", "TYPE", "normal"));
	fixture_begin(f->output, f->type, &r);
	steps_assert_retry(&r, false, true, "the connection is lost");
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void password_set_while_it_runs(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fill(f, EVENTS);
	redis_run(WORDS("CONFIG", "SET", "requirepass", "secret"));
	f->type->open(f->output, &r);
	redisContext *c = redisConnectUnix(redis_server_socket() + strlen("unix:"));
	freeReplyObject(redisCommand(c, "AUTH secret"));
	freeReplyObject(redisCommand(c, "CONFIG SET requirepass %s", ""));
	redisFree(c);
	steps_assert_retry(&r, true, true, "NOAUTH");
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static const char *refuse_one(struct redis_double *d, const char *key)
{
	(void)d;
	return strcmp(key, BAD_KEY) == 0
		       ? "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
		       : "+OK\r\n";
}

/* The one that is refused is found by its place, without bisecting. */
static void one_refused_key(void **state)
{
	struct fixture *f = *state;
	struct redis_double *d = f->own;
	struct output_result r;
	uint32_t *pick;
	d->answer = refuse_one;
	fill(f, EVENTS);
	struct output_range range = fixture_range(&f->batch, &pick);
	f->type->begin(f->output, &r);
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 77);
	range.pick += 77;
	range.n -= 77;
	unsigned before = d->sets;
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.why.msg, "WRONGTYPE"));
	assert_int_equal(d->sets - before, 1); /* tried alone */
	range.pick++;
	range.n--;
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, range.n);
	assert_int_equal(d->opened, 1);
	free(pick);
}

/* One answer among many: from the event of that number on. */
static const char *special;

static const char *say_special(struct redis_double *d, const char *key)
{
	(void)key;
	return d->sets == 100 ? special : "+OK\r\n";
}

static void what_errors_mean(void **state)
{
	static const struct {
		const char *answer;
		bool alarm;
		bool reopen;
		const char *word;
	} rows[] = {
		{"-LOADING Redis is loading the dataset in memory\r\n", false, false, "LOADING"},
		{"-BUSY Redis is busy running a script\r\n", false, false, "BUSY"},
		{"-MASTERDOWN Link with MASTER is down\r\n", false, true, "MASTERDOWN"},
		{"-NOREPLICAS Not enough good replicas to write.\r\n", true, false, "NOREPLICAS"},
		{"-MISCONF Redis is configured to save RDB snapshots\r\n", true, false, "MISCONF"},
		{"-CLUSTERDOWN The cluster is down\r\n", true, false, "cluster mode is not supported"},
		{"-MOVED 3999 127.0.0.1:6381\r\n", true, false, "cluster mode is not supported"},
		{"-ASK 3999 127.0.0.1:6381\r\n", true, false, "cluster mode is not supported"},
		{"-NOAUTH Authentication required.\r\n", true, true, "NOAUTH"},
		{"-ERR Protocol error: too big bulk count string\r\n", true, true, "Protocol error"},
		{"-ERR no server connection available\r\n", true, true, "no server connection"},
		{":1\r\n", true, true, "is this a Redis server?"},
		{"+QUEUED\r\n", true, true, "is this a Redis server?"},
		{"HTTP/1.1 400 Bad Request\r\n", false, true, "Protocol error"},
	};
	struct fixture *f = *state;
	struct redis_double *d = f->own;
	struct output_result r;
	fill(f, EVENTS);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		special = rows[i].answer;
		d->sets = 0;
		d->answer = say_special;
		steps_attempt(f, &r);
		steps_assert_retry(&r, rows[i].alarm, rows[i].reopen, rows[i].word);
		f->type->abort(f->output);
		if (r.reopen) {
			f->type->open(f->output, &r);
			cases_assert_verdict(&r, OUTPUT_OK);
		}
	}
	d->answer = always_ok;
	steps_attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}

static const char *half_an_answer(struct redis_double *d, const char *key)
{
	(void)key;
	return d->sets < 50 ? "+OK\r\n" : d->sets == 50 ? "+O" : REDIS_CUT;
}

/* The reader must not go on with the former connection's half. */
static void cut_within_an_answer(void **state)
{
	struct fixture *f = *state;
	struct redis_double *d = f->own;
	struct output_result r;
	d->answer = half_an_answer;
	fill(f, EVENTS);
	steps_attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_true(r.reopen);
	assert_false(r.alarm);
	d->sets = 0;
	d->answer = always_ok;
	steps_try_again(f, &r);
	assert_int_equal(d->sets, EVENTS);
}

static const char *one_too_many(struct redis_double *d, const char *key)
{
	(void)key;
	return d->sets == EVENTS ? "+OK\r\n+OK\r\n" : "+OK\r\n";
}

/* An answer too many must not be taken for the next event's. */
static void answer_nobody_asked_for(void **state)
{
	struct fixture *f = *state;
	struct redis_double *d = f->own;
	struct output_result r;
	d->answer = one_too_many;
	fill(f, EVENTS);
	steps_attempt(f, &r);
	if (r.verdict == OUTPUT_OK)
		fixture_begin(f->output, f->type, &r); /* it came a little later */
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_true(r.reopen);
	assert_null(strstr(r.why.msg, "in time"));
}

int main(void)
{
#define REAL(name) cmocka_unit_test_setup_teardown(name, set_up_real, tear_down)
#define DOUBLE(name) cmocka_unit_test_setup_teardown(name, set_up_double, tear_down)
	const struct CMUnitTest tests[] = {
		REAL(full_server_is_an_alarm),    REAL(replica_is_an_alarm),
		REAL(restarted_server),           REAL(frozen_server),
		REAL(password_set_while_it_runs), REAL(connection_closed_between_batches),
		DOUBLE(one_refused_key),          DOUBLE(what_errors_mean),
		DOUBLE(cut_within_an_answer),     DOUBLE(answer_nobody_asked_for),
	};
#undef REAL
#undef DOUBLE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
