/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a word, wherever it lies in a text of any length, with nobody's memory on both sides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/word_end.h"
#include "guard.h"

#define LENGTH_MAX 70

/* From each place of the text. end: where its only blank stands, or its length. */
static void ends_are(const char *text, size_t n, size_t end)
{
	for (size_t from = 0; from <= n; from++)
		assert_int_equal(word_end(text, n, from), from <= end ? end : n);
}

static void ends_at_the_first_blank(void **state)
{
	char text[LENGTH_MAX];
	(void)state;
	for (size_t n = 0; n <= LENGTH_MAX; n++) {
		for (size_t end = 0; end <= n; end++) {
			memset(text, end % 2 == 0 ? '!' : '\xa0', sizeof text);
			if (end < n)
				text[end] = n % 2 == 0 ? ' ' : '\t';
			ends_are(guard_end(text, n), n, end);
			ends_are(guard_begin(text, n), n, end);
		}
	}
}

static void the_first_of_many(void **state)
{
	(void)state;
	ends_are(guard_end("aaaa", 4), 4, 4);
	assert_int_equal(word_end(guard_end("abc def ghi jkl mno pqr", 23), 23, 0), 3);
	assert_int_equal(word_end(guard_end("abc def ghi jkl mno pqr", 23), 23, 4), 7);
	assert_int_equal(word_end(guard_end("abc def ghi jkl mno pqr", 23), 23, 16), 19);
	assert_int_equal(word_end(guard_end("abc def ghi jkl mno pqr", 23), 23, 20), 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_at_the_first_blank),
		cmocka_unit_test(the_first_of_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
