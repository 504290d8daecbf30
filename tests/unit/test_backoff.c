/* SPDX-License-Identifier: Apache-2.0
 *
 * Backoff: doubles, is bounded, never less than half.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/backoff.h"

static void doubles_up_to_the_bound(void **state)
{
	(void)state;
	static const int64_t full[] = {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
	for (unsigned i = 0; i < sizeof full / sizeof full[0]; i++) {
		assert_int_equal(backoff_ms(i + 1, 0), full[i] / 2);
		assert_int_equal(backoff_ms(i + 1, (uint32_t)(full[i] / 2)), full[i]);
	}
	assert_int_equal(backoff_ms(UINT32_MAX, 2500), BACKOFF_MAX_MS);
}

static void jitter_stays_within(void **state)
{
	(void)state;
	int64_t least = INT64_MAX;
	int64_t most = 0;
	for (uint32_t random = 0; random < 100000; random += 7) {
		int64_t ms = backoff_ms(5, random * 2654435761u);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 400);
	assert_int_equal(most, 800);
	assert_in_range(backoff_ms(3, UINT32_MAX), 100, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_up_to_the_bound),
		cmocka_unit_test(jitter_stays_within),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
