/* SPDX-License-Identifier: Apache-2.0
 *
 * When the service manager's watchdog is fed, and how long a loop stands still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/pulse.h"

/* A tick at which each worker's counter stands so. */
static bool tick(struct pulse pulses[2], uint64_t first, uint64_t second)
{
	pulse_note(&pulses[0], first, 1000);
	pulse_note(&pulses[1], second, 1000);
	return pulses_feed(pulses, 2);
}

/* Each turns every other second, never both in the same one. */
static void out_of_phase_is_alive(void **state)
{
	struct pulse pulses[2] = {{.turned = false}};
	unsigned fed = 0;
	(void)state;
	for (uint64_t t = 1; t <= 20; t++)
		fed += tick(pulses, (t + 1) / 2, t / 2);
	assert_int_equal(fed, 10);
}

static void one_that_hangs_starves_the_watchdog(void **state)
{
	struct pulse pulses[2] = {{.turned = false}};
	(void)state;
	assert_true(tick(pulses, 1, 1));
	for (uint64_t t = 2; t <= 20; t++)
		assert_false(tick(pulses, t, 1));
	assert_int_equal(pulses[0].still_ms, 0);
	assert_int_equal(pulses[1].still_ms, 19000);
	assert_true(tick(pulses, 20, 2)); /* the other one has turned meanwhile */
	assert_int_equal(pulses[1].still_ms, 0);
	assert_false(tick(pulses, 20, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_phase_is_alive),
		cmocka_unit_test(one_that_hangs_starves_the_watchdog),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
