/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of Python as PCRE2 reads them: what is written otherwise, what is refused, and that each result is
 * one that PCRE2 takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/migrate_regex.h"
#include "event/regex.h"
#include "event/vocabulary.h"

static bool keeps(const char *name, void *ctx)
{
	(void)ctx;
	return strcmp(name, "direction") != 0 && strcmp(name, "x") != 0;
}

static void is_written(const char *python, const char *pcre2)
{
	struct strbuf out = {0};
	struct strbuf changes = {0};
	struct err e = {0};
	struct vocabulary words;
	vocabulary_init(&words);
	if (migrate_regex(python, keeps, NULL, &out, &changes, &e) != 0)
		fail_msg("%s: %s", python, e.msg);
	assert_string_equal(out.data != NULL ? out.data : "", pcre2);
	assert_int_equal(changes.len > 0, strcmp(python, pcre2) != 0);
	struct regex *r = regex_compile(pcre2, strlen(pcre2), -1, &words, &e);
	if (r == NULL)
		fail_msg("%s: %s", pcre2, e.msg);
	regex_free(r);
	strbuf_free(&out);
	strbuf_free(&changes);
}

static void is_refused(const char *python, const char *reason)
{
	struct strbuf out = {0};
	struct strbuf changes = {0};
	struct err e = {0};
	assert_int_equal(migrate_regex(python, keeps, NULL, &out, &changes, &e), -1);
	if (strstr(e.msg, reason) == NULL)
		fail_msg("%s: %s", python, e.msg);
	strbuf_free(&out);
	strbuf_free(&changes);
}

static void equal_patterns_stay(void **state)
{
	(void)state;
	static const char *const same[] = {
		"",
		"(?P<event>[AD]) VRF (?P<vrf_id>\\d+) INT (?P<src_ip>\\d+\\.\\d+) EXT (?P<x_ip>\\d+)$",
		"(?:a|b)(?=c)(?!d)(?<=e)(?<!f)(?>g)(?#note)(?i:h)",
		"a{2}b{2,}c{2,3}d*?e+?f??",
		"[]a\\]b-c^\\d\\b](x)\\1(?(1)y|z)",
		"(?P<src_ip>\\S+) (?P=src_ip)",
		"(?im)^line$",
		"(?x) a # (?P<x> not a group\n b",
		"{literal} a{} a{,}",
		"\\Astart\\n\\t\\x41\\.",
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		is_written(same[i], same[i]);
}

static void what_the_two_read_differently(void **state)
{
	(void)state;
	is_written("end\\Z", "end\\z");
	is_written("a\\vb[\\v]", "a\\x0bb[\\x0b]");
	is_written("a{,3}", "a{0,3}");
	is_written("[[:alpha:]]", "[\\[:alpha:]]");
	is_written("(?u)a(?a:b)(?ai)c", "a(?:b)(?i)c");
	is_written("\\u0041[\\u0042]", "\\x41[\\x42]");
	is_written("\\u00e4\\u20ac\\U0001F600", "\\xc3\\xa4\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80");
}

/* A group keeps its number when it loses its name, so that references still mean it. */
static void groups_that_are_no_fields(void **state)
{
	(void)state;
	is_written("(?P<src_ip>a) (?P<direction>OUT|IN)", "(?P<src_ip>a) (OUT|IN)");
	is_written("(a)(?P<x>b)?(?P=x)(?(x)c|d)", "(a)(b)?\\g{2}(?(2)c|d)");
	is_written("(\\()[(](?P<x>b)(?P=x)", "(\\()[(](b)\\g{2}");
}

static void what_only_python_knows(void **state)
{
	(void)state;
	is_refused("ab\\N{BULLET}", "byte 3: \\N{...} is Python's only");
	is_refused("(?L)a", "the flag L");
	is_refused("(?q:a)", "this kind of group");
	is_refused("(?", "this kind of group");
	is_refused("a\\", "a backslash at the end");
	is_refused("\\u12", "4 hexadecimal digits");
	is_refused("[\xc3\xa4]", "beyond ASCII");
	is_refused("[\\u00e4]", "beyond ASCII");
	is_refused("(?P<x", "a group's name");
	is_refused("(?P<>a)", "a group's name");
	is_refused("(?(x", "a group's name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_patterns_stay),
		cmocka_unit_test(what_the_two_read_differently),
		cmocka_unit_test(groups_that_are_no_fields),
		cmocka_unit_test(what_only_python_knows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
