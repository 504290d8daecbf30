/* SPDX-License-Identifier: Apache-2.0
 *
 * Stars over secrets; the forms of writing are tried in tests/contract/test_http_secrets.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "output/hide.h"

static void hidden(const char *word, const char *text, const char *want)
{
	char got[256];
	snprintf(got, sizeof got, "%s", text);
	hide_one(got, word);
	assert_string_equal(got, want);
}

static void whole_words(void **state)
{
	(void)state;
	hidden("S3cretPw!", "with args beginning with: 'S3cretPw!' ",
	       "with args beginning with: '*********' ");
	hidden("aaaa", "aaaaaa b", "****** b"); /* wherever it may begin */
	hidden("abc", "abcd", "abcd");
	hidden(NULL, "abcd", "abcd");
	hidden("abcd", "", "");
	hidden("two\nlines\x01", "'two lines ' two-lines",
	       "'**********' two-lines"); /* as some servers show it */
}

static void words_cut_off(void **state)
{
	(void)state;
	hidden("0123456789", "ends 01234567", "ends ********");
	hidden("0123456789", "'01234567' and more", "'********' and more");
	hidden("0123456789", "\"01234567\"", "\"********\"");
	hidden("0123456789", "'0123456'", "'0123456'");
	hidden("0123456789", "01234567 is no end", "01234567 is no end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_words),
		cmocka_unit_test(words_cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
