/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of the contract: watermarks. Run by test_contract.c for each output that
 * has what they need; see cases.h.
 */
#include "tests/contract/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void positions_are_born_once(void **state)
{
	struct fixture *f = *state;
	bool born;
	assert_int_equal(fixture_position(f->output, f->type, 3, 42, &born), 42);
	assert_true(born);
	assert_int_equal(fixture_position(f->output, f->type, 3, 77, &born), 42);
	assert_false(born);
	assert_int_equal(fixture_position(f->output, f->type, 4, INT64_C(1) << 40, &born), INT64_C(1) << 40);
	assert_true(born);
}

/* Another name or cluster is another set of watermarks. */
static void positions_have_their_key(void **state)
{
	struct fixture *f = *state;
	bool born;
	struct output_env env = f->env;
	env.name = "other";
	struct output *other = fixture_worker(f, &env);
	fixture_position(f->output, f->type, 0, 1, NULL);
	assert_int_equal(fixture_position(other, f->type, 0, 2, &born), 2);
	assert_true(born);
	assert_int_equal(fixture_position(f->output, f->type, 0, 3, &born), 1);
	f->type->close(other);
}

static void positions_tell_the_topic_id(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC, .partition = 0, .offset = 5, .topic_id = ""};
	f->type->positions(f->output, &p, 1, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_string_equal(p.topic_id, "");
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 5, 6, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	struct position again = {.topic = FIXTURE_TOPIC, .partition = 0, .topic_id = "another"};
	f->type->positions(f->output, &again, 1, &r);
	assert_string_equal(again.topic_id, "topic-id-1");
	assert_int_equal(again.offset, 6);
}

static void commit_moves(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 10, NULL);
	fixture_position(f->output, f->type, 1, 20, NULL);
	fixture_fill(&f->batch, 0, 10, 5);
	fixture_deliver(f, 10, 15);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 15);
	assert_int_equal(fixture_position(f->output, f->type, 1, 0, NULL), 20);
}

static void add_mark(void *ctx, const struct output_mark *m)
{
	strbuf_printf(ctx, "%s %s %s %d %lld %lld\n", m->cluster, m->output, m->topic, m->partition,
		      (long long)m->offset, m->timestamp == EVENT_NO_TIME ? -1 : (long long)m->timestamp);
}

static void assert_marks(struct fixture *f, const char *text)
{
	struct output_result r;
	struct strbuf found = {0};
	struct strbuf expected = {0};
	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		strbuf_printf(&expected, "%s %.*s\n", f->env.cluster_id, (int)strcspn(line, "\n"), line);
	f->type->list_marks(f->output, add_mark, &found, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	fixture_assert_lines(&found, &expected);
}

static void marks_are_listed(void **state)
{
	struct fixture *f = *state;
	assert_marks(f, "");
	fixture_position(f->output, f->type, 0, 10, NULL);
	fixture_position(f->output, f->type, 1, 20, NULL);
	fixture_fill(&f->batch, 0, 10, 5);
	fixture_deliver(f, 10, 15);
	assert_marks(f, "out " FIXTURE_TOPIC " 0 15 1746185696870000\n"
			"out " FIXTURE_TOPIC " 1 20 -1\n");
}

/* A mark that was set is where the next owner starts, whatever the topic's id is today. */
static void marks_can_be_set(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC, .partition = 0, .offset = 3};
	f->type->set_mark(f->output, &p, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 0); /* there is no such row, and none is made */
	assert_marks(f, "");
	fixture_position(f->output, f->type, 0, 10, NULL);
	f->type->set_mark(f->output, &p, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 1);
	f->type->positions(f->output, &p, 1, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(p.offset, 3);
	assert_string_equal(p.topic_id, "");
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 10, 15, &r);
	cases_assert_verdict(&r, OUTPUT_FENCED); /* whoever was at work has to ask anew */
	f->type->abort(f->output);
}

/* A batch whose messages were all ignored. */
static void commit_of_moves_alone(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 0, 1000, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 1000);
	cases_assert_stored(f, NULL);
}

/* Two partitions, the second has been moved by another owner: nothing of the batch remains. */
static void moved_by_another_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position moves[2] = {{.topic = FIXTURE_TOPIC, .partition = 0, .offset = 9, .expected = 0},
				    {.topic = FIXTURE_TOPIC, .partition = 1, .offset = 9, .expected = 5}};
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_position(f->output, f->type, 1, 6, NULL);
	fixture_fill(&f->batch, 0, 0, 9);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->type->commit(f->output, moves, 2, &r);
	cases_assert_verdict(&r, OUTPUT_FENCED);
	cases_assert_stored(f, NULL);
	f->type->abort(f->output);
	assert_int_equal(fixture_position(f->output, f->type, 0, 1, NULL), 0);
	fixture_deliver(f, 0, 9);
	cases_assert_stored(f, &f->batch);
}

static void unknown_row_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 7, 0, 9, &r);
	cases_assert_verdict(&r, OUTPUT_FENCED);
	f->type->abort(f->output);
}

const struct contract_case cases_marks[] = {
	{"positions_are_born_once", positions_are_born_once, NEEDS_TRANSACTIONS},
	{"positions_have_their_key", positions_have_their_key, NEEDS_TRANSACTIONS | NEEDS_OWN_MARKS},
	{"positions_tell_the_topic_id", positions_tell_the_topic_id, NEEDS_TRANSACTIONS},
	{"commit_moves", commit_moves, NEEDS_TRANSACTIONS | NEEDS_EVENTS},
	{"marks_are_listed", marks_are_listed, NEEDS_TRANSACTIONS | NEEDS_EVENTS},
	{"marks_can_be_set", marks_can_be_set, NEEDS_TRANSACTIONS},
	{"commit_of_moves_alone", commit_of_moves_alone, NEEDS_TRANSACTIONS | NEEDS_EVENTS},
	{"moved_by_another_is_fenced", moved_by_another_is_fenced, NEEDS_TRANSACTIONS | NEEDS_EVENTS},
	{"unknown_row_is_fenced", unknown_row_is_fenced, NEEDS_TRANSACTIONS},
	{NULL, NULL, 0},
};
