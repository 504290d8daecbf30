/* SPDX-License-Identifier: Apache-2.0
 *
 * What the flags of each output promise is there: callers ask the flag, and then call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/registry.h"

static void flags_are_kept(void **state)
{
	(void)state;
	for (const struct output_type *const *at = registry_outputs; *at != NULL; at++) {
		const struct output_type *t = *at;
		print_message("%s\n", t->name);
		assert_int_equal(t->takes_events, t->write != NULL);
		assert_int_equal(t->keeps_dead, t->dead != NULL);
		assert_int_equal(t->keeps_dead, t->dead_read != NULL);
		assert_int_equal(t->transactional, t->positions != NULL);
		assert_true(t->dead_remove == NULL || (t->keeps_dead && t->transactional));
		assert_int_equal(t->dead_claim != NULL, t->dead_remove != NULL);
		assert_int_equal(t->identity != NULL, t->known != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(flags_are_kept)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
