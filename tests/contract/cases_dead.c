/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of the contract: dead letters, and waits that the engine ends. Run by test_contract.c for each output
 * that has what they need; see cases.h.
 */
#include "tests/contract/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"

static void add_letters(struct batch *b)
{
	batch_reset(b);
	fixture_fill(b, 0, 100, 4);
	struct dead_letter *d = batch_add_dead(b, 1, 2, "no \"template\" fits");
	d->vendor = "nfware";
	d->rule = "session_mapping";
	d->column = 31;
	d = batch_add_dead(b, 1, 2, "refused");
	d->output = "out";
	d->index = 3;
	batch_add_dead(b, 2, 0, "");
}

static const char letters[] = "101 2 0  no \"template\" fits raw value\n101 2 3 out refused raw value\n"
			      "102 0 0   raw value\n";

static void deliver_letters(struct fixture *f, int64_t expected, int64_t next)
{
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	fixture_commit(f->output, f->type, 0, expected, next, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}

static void assert_letters(struct fixture *f, const char *text, int times)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	f->driver->read_dead(f, &found);
	for (int i = 0; i < times; i++)
		strbuf_adds(&expected, text);
	fixture_assert_lines(&found, &expected);
}

static void dead_letters_are_kept(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	deliver_letters(f, 100, 104);
	assert_letters(f, letters, 1);
}

static void dead_letters_twice(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	deliver_letters(f, 100, 104);
	deliver_letters(f, 104, 104);
	assert_letters(f, letters, f->type->transactional ? 1 : 2);
}

static void aborted_letters_leave_no_trace(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	add_letters(&f->batch);
	fixture_begin(f->output, f->type, &r);
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output);
	assert_letters(f, "", 1);
}

/* One try at the whole batch or its dead letters; how it ended. */
static enum output_verdict attempt(struct fixture *f, struct output_result *r)
{
	if (fixture_begin(f->output, f->type, r) != OUTPUT_OK)
		return r->verdict;
	if (f->type->takes_events)
		fixture_write(f->output, f->type, &f->batch, r);
	else
		f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, r);
	return r->verdict == OUTPUT_OK ? fixture_commit(f->output, f->type, 0, 100, 104, r) : r->verdict;
}

static void assert_all_there(struct fixture *f)
{
	if (f->type->takes_events && f->type->transactional)
		cases_assert_stored(f, &f->batch);
	else if (!f->type->takes_events)
		assert_letters(f, letters, 1);
}

/* Something holds the output up and the engine wants it back: retry at once, and nothing of it remains. */
static void given_up_wait_is_a_retry(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	f->driver->block(f);
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 0, 1000);
	f->type->abort(f->output);
	f->driver->unblock(f);
	f->host.give_up_after = UINT32_MAX;
	if (r.reopen)
		f->type->open(f->output, &r);
	attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_all_there(f);
}

const struct contract_case cases_dead[] = {
	{"dead_letters_are_kept", dead_letters_are_kept, NEEDS_LETTERS},
	{"dead_letters_twice", dead_letters_twice, NEEDS_LETTERS},
	{"aborted_letters_leave_no_trace", aborted_letters_leave_no_trace,
	 NEEDS_LETTERS | NEEDS_TRANSACTIONS},
	{"given_up_wait_is_a_retry", given_up_wait_is_a_retry, NEEDS_HOLD_UP},
	{NULL, NULL, 0},
};
