/* SPDX-License-Identifier: Apache-2.0
 *
 * How often a worker takes its name in the group back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/worker_consumer.h"

#define SESSION_MS 45000

static void the_third_time_in_a_row(void **state)
{
	struct fencings f = {0};
	(void)state;
	assert_true(worker_consumer_note_fenced(&f, 1000, SESSION_MS));
	assert_true(worker_consumer_note_fenced(&f, 4000, SESSION_MS));
	assert_false(worker_consumer_note_fenced(&f, 7000, SESSION_MS));
}

static void coordinators_that_die_now_and_then(void **state)
{
	struct fencings f = {0};
	(void)state;
	for (int64_t now = 1; now < 20 * SESSION_MS; now += SESSION_MS)
		assert_true(worker_consumer_note_fenced(&f, now, SESSION_MS));
}

static void within_two_sessions(void **state)
{
	(void)state;
	for (int64_t session_ms = 1000; session_ms <= 100000; session_ms += 9000) {
		int64_t within_ms = 2 * session_ms > 30000 ? 2 * session_ms : 30000;
		for (int64_t at = within_ms - 1; at <= within_ms; at++) {
			struct fencings f = {0};
			assert_true(worker_consumer_note_fenced(&f, 5, session_ms));
			assert_true(worker_consumer_note_fenced(&f, 6, session_ms));
			assert_int_equal(worker_consumer_note_fenced(&f, 5 + at, session_ms),
					 at == within_ms);
		}
	}
}

/* Each fences the other at its next heartbeat. */
static void of_two_the_first_one_fenced_ends(void **state)
{
	struct fencings two[2] = {{0}};
	int64_t now = 1;
	unsigned turn = 0;
	(void)state;
	while (worker_consumer_note_fenced(&two[turn % 2], now, SESSION_MS)) {
		turn++;
		now += 3000;
	}
	assert_int_equal(turn, 4); /* five times, the first one's third */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_third_time_in_a_row),
		cmocka_unit_test(coordinators_that_die_now_and_then),
		cmocka_unit_test(within_two_sessions),
		cmocka_unit_test(of_two_the_first_one_fenced_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
