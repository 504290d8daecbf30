/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of the contract: several workers, and a process that dies. Run by test_contract.c for each output
 * that has what they need; see cases.h.
 */
#include "tests/contract/cases.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"

/* A process that dies between write and commit. */
static void crash_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 500);
	f->type->close(f->output);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct output_result r;
		struct output *o = fixture_worker(f, &f->env);
		fixture_begin(o, f->type, &r);
		_exit(fixture_write(o, f->type, &f->batch, &r) == OUTPUT_OK ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	f->output = fixture_worker(f, &f->env);
	cases_assert_stored(f, NULL);
	assert_int_equal(fixture_position(f->output, f->type, 0, 9, NULL), 0);
	fixture_deliver(f, 0, 500);
	cases_assert_stored(f, &f->batch);
}

#define WORKERS 3
#define ROUNDS 8
#define PER_ROUND 200

struct worker {
	pthread_t thread;
	struct fixture *f;
	int32_t partition;
	struct fixture_host host;
	struct batch batch; /* the last round's */
	struct strbuf expected;
	char why[ERR_MSG_MAX]; /* assertions belong to the main thread */
};

static bool try_round(struct worker *w, struct output *o, int64_t at, struct output_result *r)
{
	const struct output_type *type = w->f->type;
	return fixture_begin(o, type, r) == OUTPUT_OK && fixture_write(o, type, &w->batch, r) == OUTPUT_OK &&
	       fixture_commit(o, type, w->partition, at, at + PER_ROUND, r) == OUTPUT_OK;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct output_env env = w->f->env;
	struct output_result r;
	fixture_host_init(&w->host);
	w->host.membership = w->f->host.membership;
	w->host.membership_len = w->f->host.membership_len;
	env.host = &w->host.host;
	batch_init(&w->batch, PER_ROUND, 1u << 20);
	struct output *o = fixture_worker(w->f, &env);
	fixture_position(o, w->f->type, w->partition, 0, NULL);
	for (int64_t at = 0; at < ROUNDS * PER_ROUND && w->why[0] == '\0'; at += PER_ROUND) {
		fixture_fill(&w->batch, w->partition, at, PER_ROUND);
		fixture_expect(&w->batch, &w->expected);
		if (!try_round(w, o, at, &r))
			snprintf(w->why, sizeof w->why, "%s", r.why.msg);
	}
	w->f->type->close(o);
	batch_free(&w->batch);
	return NULL;
}

static void workers_side_by_side(void **state)
{
	struct fixture *f = *state;
	static struct worker workers[WORKERS];
	struct strbuf found = {0};
	struct strbuf expected = {0};
	memset(workers, 0, sizeof workers);
	for (int i = 0; i < WORKERS; i++) {
		workers[i].f = f;
		workers[i].partition = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_string_equal(workers[i].why, "");
		strbuf_add(&expected, workers[i].expected.data, workers[i].expected.len);
		strbuf_free(&workers[i].expected);
		if (f->type->transactional)
			assert_int_equal(fixture_position(f->output, f->type, i, 0, NULL),
					 ROUNDS * PER_ROUND);
	}
	if (!f->driver->forgets)
		f->driver->read(f, &found);
	else
		strbuf_add(&found, expected.data, expected.len);
	fixture_assert_lines(&found, &expected);
}

const struct contract_case cases_workers[] = {
	{"crash_leaves_no_trace", crash_leaves_no_trace, NEEDS_EVENTS | NEEDS_TRANSACTIONS | NEEDS_SHARED},
	{"workers_side_by_side", workers_side_by_side, NEEDS_EVENTS},
	{NULL, NULL, 0},
};
