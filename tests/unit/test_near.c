/* SPDX-License-Identifier: Apache-2.0
 *
 * Nearest names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/near.h"

static const char *const names[] = {"brokers", "group", "properties", NULL, "password", "ip"};

static const char *nearest(const char *name)
{
	return near_name(name, names, sizeof names / sizeof names[0]);
}

static void finds_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(nearest("brokes"), "brokers");   /* left out */
	assert_string_equal(nearest("brookers"), "brokers"); /* too many */
	assert_string_equal(nearest("bsokers"), "brokers");  /* wrong */
	assert_string_equal(nearest("gruop"), "group");      /* swapped: one edit, two would be too many */
	assert_string_equal(nearest("Properties"), "properties");
	assert_string_equal(nearest("PASSWORD"), "password");
	assert_string_equal(nearest("ip"), "ip");
	assert_string_equal(nearest("op"), "ip");
}

static void finds_nothing_far(void **state)
{
	(void)state;
	assert_null(nearest("timeout"));
	assert_null(nearest("x"));
	assert_null(nearest("xy"));
	assert_null(nearest(""));
	assert_null(near_name("brokers", names, 0));
}

static void long_names_are_never_near(void **state)
{
	(void)state;
	char fits[NEAR_MAX + 1];
	char more[NEAR_MAX + 2];
	memset(fits, 'a', NEAR_MAX);
	fits[NEAR_MAX] = '\0';
	memset(more, 'a', NEAR_MAX + 1);
	more[NEAR_MAX + 1] = '\0';
	const char *const both[] = {more, fits};
	assert_ptr_equal(near_name(fits, both, 2), fits);
	assert_null(near_name(more, both, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_meant),
		cmocka_unit_test(finds_nothing_far),
		cmocka_unit_test(long_names_are_never_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
