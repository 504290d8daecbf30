/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of the contract: opening, storing events, undoing. Run by test_contract.c for each output that
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

static void open_again(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->type->open(f->output, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output); /* without a transaction: harmless */
	struct err e;
	struct output *never_open = f->type->create(&f->options, &f->env, &e);
	assert_non_null(never_open);
	f->type->close(never_open);
}

static void flags_and_functions_agree(void **state)
{
	struct fixture *f = *state;
	const struct output_type *t = f->type;
	assert_true(t->name != NULL && t->help != NULL && t->options != NULL);
	assert_true(t->create != NULL && t->close != NULL && t->open != NULL && t->begin != NULL);
	assert_true(t->commit != NULL && t->abort != NULL);
	assert_int_equal(t->positions != NULL, t->transactional);
	assert_int_equal(t->list_marks != NULL, t->transactional);
	assert_int_equal(t->set_mark != NULL, t->transactional);
	assert_int_equal(t->dead != NULL, t->keeps_dead);
	assert_int_equal(t->write != NULL, t->takes_events);
	assert_true(t->takes_events || t->keeps_dead);
}

static void stores_every_type(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 1000);
	fixture_deliver(f, 0, 1000);
	cases_assert_stored(f, &f->batch);
}

/* Only the picked events of a batch. */
static void stores_what_is_picked(void **state)
{
	struct fixture *f = *state;
	const uint32_t pick[] = {1, 2, 5};
	struct output_range range = {.batch = &f->batch, .pick = pick, .n = 3};
	struct output_result r;
	struct strbuf found = {0};
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 8);
	fixture_begin(f->output, f->type, &r);
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 3);
	fixture_commit(f->output, f->type, 0, 0, 8, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	if (f->driver->forgets)
		return;
	f->driver->read(f, &found);
	struct strbuf expected = {0};
	for (size_t i = 0; i < 3; i++) {
		event_json(&f->batch.events[pick[i]], f->batch.arena.data, f->batch.arena.len, &expected);
		strbuf_addc(&expected, '\n');
	}
	fixture_assert_lines(&found, &expected);
}

static void stores_odd_texts(void **state)
{
	struct fixture *f = *state;
	char longest[EVENT_TEXT_MAX + 1];
	memset(longest, 'x', EVENT_TEXT_MAX);
	longest[EVENT_TEXT_MAX] = '\0';
	const char *const texts[] = {"'; DROP TABLE session_mapping; --",
				     "\"",
				     "\\",
				     "\t\r\n",
				     "%s%n",
				     "\xef\xbb\xbf",
				     "\xf4\x8f\xbf\xbf",
				     " ",
				     "NULL",
				     longest};
	fixture_position(f->output, f->type, 0, 0, NULL);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct event *ev = fixture_add(&f->batch, (int)(i % EVENT_TYPE_COUNT), 0, (int64_t)i);
		ev->vrf_id = fixture_text(&f->batch, texts[i]);
		ev->subscriber = fixture_text(&f->batch, texts[i]);
		ev->host_name = fixture_text(&f->batch, longest);
	}
	fixture_deliver(f, 0, 10);
	cases_assert_stored(f, &f->batch);
}

/* Fields that are absent after events that had them: nothing may be left over from the row before. */
static void absent_stays_absent(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 8);
	for (int i = 0; i < 8; i++)
		fixture_add(&f->batch, i % EVENT_TYPE_COUNT, 0, 8 + i);
	fixture_deliver(f, 0, 16);
	cases_assert_stored(f, &f->batch);
}

static void empty_write(void **state)
{
	struct fixture *f = *state;
	struct output_range range = {.batch = &f->batch};
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	f->type->write(f->output, &range, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 0);
	f->type->abort(f->output);
	cases_assert_stored(f, NULL);
}

static void abort_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output);
	cases_assert_stored(f, NULL);
	fixture_deliver(f, 0, 100);
	cases_assert_stored(f, &f->batch);
}

static void reopen_undoes(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 10);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->type->abort(f->output);
	f->type->open(f->output, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	cases_assert_stored(f, NULL);
	fixture_deliver(f, 0, 10);
	cases_assert_stored(f, &f->batch);
}

const struct contract_case cases_events[] = {
	{"flags_and_functions_agree", flags_and_functions_agree, 0},
	{"open_again", open_again, 0},
	{"stores_every_type", stores_every_type, NEEDS_EVENTS},
	{"stores_what_is_picked", stores_what_is_picked, NEEDS_EVENTS},
	{"stores_odd_texts", stores_odd_texts, NEEDS_EVENTS},
	{"absent_stays_absent", absent_stays_absent, NEEDS_EVENTS},
	{"empty_write", empty_write, NEEDS_EVENTS},
	{"abort_leaves_no_trace", abort_leaves_no_trace, NEEDS_EVENTS | NEEDS_TRANSACTIONS},
	{"reopen_undoes", reopen_undoes, NEEDS_EVENTS | NEEDS_TRANSACTIONS},
	{NULL, NULL, 0},
};
