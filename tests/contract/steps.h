/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of single outputs do with a fixture again and again: the output made anew, settings that are
 * refused, attempts and what must come of them. They fail the test that calls them.
 */
#ifndef NATMILL_TESTS_STEPS_H
#define NATMILL_TESTS_STEPS_H

#include "tests/contract/fixture.h"

/* cmocka's set-up and tear-down around a fixture with that driver. */
int steps_set_up(void **state, const struct driver *driver);
int steps_tear_down(void **state);

/* The output anew with the options as they are now; the answer of opening it. */
struct output_result steps_reopen(struct fixture *f);
void steps_reopen_well(struct fixture *f);

/* With these options it cannot be made; the message has `why` in it. */
void steps_refused(struct fixture *f, const char *why);

/* begin, and write of the whole batch. */
enum output_verdict steps_attempt(struct fixture *f, struct output_result *r);

/* RETRY that has the word in its message. */
void steps_assert_retry(const struct output_result *r, bool alarm, bool reopen, const char *word);

/* What the engine does after that answer: abort, open if it was asked for; then the attempt must succeed. */
void steps_try_again(struct fixture *f, const struct output_result *before);

#endif
