/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotation of the output `file`, and its names: they tell every offset once, and nothing is overwritten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_file.h"

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &file_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void move(struct fixture *f, int64_t from, int64_t to)
{
	struct output_result r;
	assert_int_equal(fixture_begin(f->output, f->type, &r), OUTPUT_OK);
	assert_int_equal(fixture_commit(f->output, f->type, 0, from, to, &r), OUTPUT_OK);
}

static enum output_verdict attempt(struct fixture *f, int64_t from, int64_t to, struct output_result *r)
{
	fixture_fill(&f->batch, 0, from, (uint32_t)(to - from));
	if (fixture_begin(f->output, f->type, r) == OUTPUT_OK &&
	    fixture_write(f->output, f->type, &f->batch, r) == OUTPUT_OK)
		fixture_commit(f->output, f->type, 0, from, to, r);
	if (r->verdict != OUTPUT_OK)
		f->type->abort(f->output);
	return r->verdict;
}

/* Files of the asked size, whose names tell every offset once. */
static void rotation_by_size(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	file_option(f, "rotate_size", "20000"); /* 100 events are about 17000 bytes */
	for (int64_t at = 0; at < 500; at += 100)
		file_deliver(f, at, at + 100, &expected);
	assert_int_equal(file_count(f), 3);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000199.jsonl");
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000200-000000000399.jsonl");
	file_assert_name(f, 2, FIXTURE_TOPIC "-0-000000000400.jsonl.open");
	file_assert_found(f, &expected);
}

/* Names leave no gap for messages that were no events: between two files, and behind an open one. */
static void names_follow_on_each_other(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	move(f, 0, 5);
	file_option(f, "rotate_size", "1");
	file_deliver(f, 5, 10, &expected);
	move(f, 10, 20);
	file_option(f, "rotate_size", "1MB");
	file_deliver(f, 20, 30, &expected);
	move(f, 30, 40);
	file_shell(f, "UPDATE natmill_files SET begun = 0");
	file_reopen(f);
	file_deliver(f, 40, 41, &expected);
	assert_int_equal(file_count(f), 3);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000010-000000000039.jsonl");
	file_assert_name(f, 2, FIXTURE_TOPIC "-0-000000000040.jsonl.open");
	file_assert_found(f, &expected);
}

/* No more comes: the open file is finished, once; what comes all the same begins another. */
static void the_end_finishes_what_is_open(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	file_deliver(f, 0, 10, &expected);
	move(f, 10, 20);
	for (int twice = 0; twice < 2; twice++) {
		struct output_result r;
		f->type->finish(f->output, &r);
		assert_int_equal(r.verdict, OUTPUT_OK);
		assert_int_equal(file_count(f), 1);
		file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000019.jsonl");
	}
	file_deliver(f, 20, 30, &expected);
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000020.jsonl.open");
	file_assert_found(f, &expected);
}

/* Set back by the operator: what comes again is in files of its own. */
static void set_back(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf expected = {0};
	struct position p = {.topic = FIXTURE_TOPIC, .offset = 3};
	file_deliver(f, 0, 10, &expected);
	f->type->set_mark(f->output, &p, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	file_deliver(f, 3, 8, &expected);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000003.jsonl.open");
	file_assert_found(f, &expected);
}

/* A file whose time has come is finished by the next look, although its partition is silent. */
static void rotation_by_time(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	file_deliver(f, 0, 10, &expected);
	file_shell(f, "UPDATE natmill_files SET begun = begun - 3599000");
	file_reopen(f);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000.jsonl.open");
	file_shell(f, "UPDATE natmill_files SET begun = begun - 2000");
	file_reopen(f);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	file_deliver(f, 10, 20, &expected);
	file_shell(f, "UPDATE natmill_files SET begun = begun - 3601000");
	file_deliver(f, 20, 30, &expected); /* or by the batch with which it is old */
	assert_int_equal(file_count(f), 2);
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000010-000000000029.jsonl");
	file_assert_found(f, &expected);
}

/* A finished file is gone before its partition goes on: somebody has fetched it. */
static void finished_files_may_go(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	file_option(f, "rotate_size", "1");
	file_deliver(f, 0, 10, &expected);
	file_command(f, "rm *.jsonl");
	strbuf_reset(&expected);
	file_deliver(f, 10, 20, &expected);
	file_reopen(f);
	file_deliver(f, 20, 30, &expected);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000010-000000000019.jsonl");
	file_assert_found(f, &expected);
}

static void nothing_is_overwritten(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	struct output_result r;
	file_option(f, "rotate_size", "1");
	file_command(f, "echo mine > " FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	file_deliver(f, 0, 10, &expected); /* stored, under its open name */
	assert_int_equal(attempt(f, 10, 20, &r), OUTPUT_RETRY);
	file_assert_alarm(&r, "move that file away");
	file_command(f, "test \"$(cat *9.jsonl)\" = mine && mv *9.jsonl mine");
	f->type->open(f->output, &r);
	file_deliver(f, 10, 20, &expected);
	assert_int_equal(file_count(f), 2);
	file_assert_found(f, &expected);
}

/* The lines are stored; but somebody who looks for finished files would miss them. */
static void what_cannot_be_finished_is_told(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	struct output_result r;
	file_deliver(f, 0, 10, &expected);
	file_command(f, "echo mine > " FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	for (int twice = 0; twice < 2; twice++) {
		f->type->finish(f->output, &r);
		assert_int_equal(r.verdict, OUTPUT_RETRY);
		file_assert_alarm(&r, "not each open file could be finished");
	}
	file_command(f, "test \"$(cat *9.jsonl)\" = mine && mv *9.jsonl mine");
	f->type->finish(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	file_assert_found(f, &expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rotation_by_size),
		TEST(names_follow_on_each_other),
		TEST(set_back),
		TEST(rotation_by_time),
		TEST(finished_files_may_go),
		TEST(the_end_finishes_what_is_open),
		TEST(nothing_is_overwritten),
		TEST(what_cannot_be_finished_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
