/* SPDX-License-Identifier: Apache-2.0
 *
 * Each output opened, used, given up and closed again and again, and where its server or folder is away. It
 * is here for what watches it: valgrind in ./run test --all (tests/setup/suite.py), and the sanitizers
 * always.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/drivers.h"

#define ROUNDS 12
#define EVENTS 40
#define TESTS_MAX 64

/* Where nothing answers. An output without a row has nowhere to be away. */
static const char *const nowhere[][3] = {
	{"postgresql", "url", "postgresql://nobody@127.0.0.1:1/none"},
	{"sqlite", "path", "/nonexistent/natmill.db"},
	{"file", "folder", "/nonexistent"},
	{"redis", "address", "127.0.0.1:1"},
	{"amqp", "address", "127.0.0.1:1"},
	{"http", "url", "http://127.0.0.1:1/"},
	{"influxdb", "url", "http://127.0.0.1:1/"},
};

static int set_up(void **state)
{
	const struct driver *const *driver = *state;
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, *driver);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

/* Every third batch is given up in its middle; all are tried on a connection that is new. */
static void again_and_again(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_env other = f->env; /* a second worker comes and goes */
	int64_t at = 0;
	other.worker = 1;
	fixture_position(f->output, f->type, 0, 0, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		f->type->open(f->output, &r);
		assert_int_equal(r.verdict, OUTPUT_OK);
		fixture_fill(&f->batch, 0, at, EVENTS);
		assert_int_equal(fixture_begin(f->output, f->type, &r), OUTPUT_OK);
		if (f->type->takes_events)
			assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_OK);
		if (i % 3 == 0) {
			f->type->abort(f->output);
		} else {
			fixture_commit(f->output, f->type, 0, at, at + EVENTS, &r);
			assert_int_equal(r.verdict, OUTPUT_OK);
			at += EVENTS;
		}
		f->type->close(fixture_worker(f, &other));
	}
}

static void try_nowhere(struct fixture *f, struct output *o)
{
	struct output_result r;
	f->type->open(o, &r);
	if (r.verdict == OUTPUT_OK && fixture_begin(o, f->type, &r) == OUTPUT_OK)
		fixture_write(o, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	f->type->abort(o);
}

static void while_it_is_away(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	fixture_fill(&f->batch, 0, 0, EVENTS);
	for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
		if (strcmp(f->type->name, nowhere[i][0]) == 0)
			fixture_option(f, nowhere[i][1], nowhere[i][2]);
	for (int i = 0; i < ROUNDS; i++) {
		struct output *o = f->type->create(&f->options, &f->env, &e);
		assert_non_null(o);
		try_nowhere(f, o);
		try_nowhere(f, o);
		f->type->close(o);
	}
}

static bool can_be_away(const struct driver *d)
{
	for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
		if (d->type->takes_events && strcmp(d->type->name, nowhere[i][0]) == 0)
			return true;
	return false;
}

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;

static void add(const char *what, CMUnitTestFunction run, const struct driver *const *driver, void *state)
{
	static char names[TESTS_MAX][64];
	assert_true(test_count < TESTS_MAX);
	snprintf(names[test_count], sizeof names[0], "%s: %s", (*driver)->type->name, what);
	tests[test_count] = (struct CMUnitTest){names[test_count], run, set_up, tear_down, state};
	test_count++;
}

/* test_reconnect [OUTPUT] */
int main(int argc, char **argv)
{
	static const struct driver *chosen[TESTS_MAX];
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (argc > 1 && strcmp(argv[1], drivers[i]->type->name) != 0)
			continue;
		chosen[i] = drivers[i];
		add("again_and_again", again_and_again, &drivers[i], &chosen[i]);
		if (can_be_away(drivers[i]))
			add("while_it_is_away", while_it_is_away, &drivers[i], &chosen[i]);
	}
	return _cmocka_run_group_tests("reconnect", tests, test_count, NULL, NULL);
}
