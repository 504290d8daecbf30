/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps of the tests of single outputs; see steps.h.
 */
#include "tests/contract/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/cases.h"

int steps_set_up(void **state, const struct driver *driver)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, driver);
	*state = f;
	return 0;
}

int steps_tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

struct output_result steps_reopen(struct fixture *f)
{
	struct output_result r;
	struct err e = {0};
	f->type->close(f->output);
	f->output = f->type->create(&f->options, &f->env, &e);
	if (f->output == NULL)
		fail_msg("create: %s", e.msg);
	f->type->open(f->output, &r);
	return r;
}

void steps_reopen_well(struct fixture *f)
{
	struct output_result r = steps_reopen(f);
	cases_assert_verdict(&r, OUTPUT_OK);
}

static void assert_tells(const char *message, const char *word)
{
	if (strstr(message, word) == NULL)
		fail_msg("'%s' does not tell '%s'", message, word);
}

void steps_refused(struct fixture *f, const char *why)
{
	struct err e = {0};
	assert_null(f->type->create(&f->options, &f->env, &e));
	assert_tells(e.msg, why);
}

enum output_verdict steps_attempt(struct fixture *f, struct output_result *r)
{
	if (fixture_begin(f->output, f->type, r) != OUTPUT_OK)
		return r->verdict;
	return fixture_write(f->output, f->type, &f->batch, r);
}

void steps_assert_retry(const struct output_result *r, bool alarm, bool reopen, const char *word)
{
	cases_assert_verdict(r, OUTPUT_RETRY);
	assert_tells(r->why.msg, word);
	assert_int_equal(r->alarm, alarm);
	assert_int_equal(r->reopen, reopen);
}

void steps_try_again(struct fixture *f, const struct output_result *before)
{
	struct output_result r;
	f->type->abort(f->output);
	if (before->reopen) {
		f->type->open(f->output, &r);
		cases_assert_verdict(&r, OUTPUT_OK);
	}
	steps_attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}
