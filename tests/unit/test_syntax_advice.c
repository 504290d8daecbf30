/* SPDX-License-Identifier: Apache-2.0
 *
 * What the author of a vendor script is told when its text is no Lua: the line, what was probably meant, and
 * the line itself. One case for each guess of scripts/syntax.lua.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

/* The body stands on line 2, `return t` behind it. The error must begin so. */
static const struct {
	const char *body;
	const char *error;
} cases[] = {
	{"t:topics \"nat",
	 "t.lua:2: the text that begins with `\"nat` has no closing quote \"; line 2: `t:topics "
	 "\"nat` (Lua: unfinished string near '\"nat')"},
	{"t:topics 'it's'", "t.lua:2: a quote too many or too few in this line"},
	{"t:topics [[nat\n\n", "t.lua:2: this [[ has no ]]; line 2: `t:topics [[nat` (Lua:"},
	{"t:topics nat\"",
	 "t.lua:2: a quote is missing in this line: a text stands in straight quotes, \"...\"; line 2"},
	{"t:topics nat", "t.lua:2: a text stands in straight quotes: write t:topics \"...\"; line 2"},
	{"t:topics \xe2\x80\x9cnat\xe2\x80\x9d",
	 "t.lua:2: a text stands in straight quotes, as in \"nat\", not in \xe2\x80\x9c; line 2"},
	{"t:topics \"x\" \xc2\xa0 t",
	 "t.lua:2: there is a no-break space (U+00A0) in this line: write a plain one, or none"},
	{"t:topics = \"x\"",
	 "t.lua:2: no = after t:topics: write t:topics \"...\" or t:topics { ... }; line 2"},
	{"t:json(\"ignore\", {\n\ta = \"x\" -- what\n\n\t[\"b\"] = \"y\"\n})",
	 "t.lua:3: is a comma missing at the end of line 3? line 3: `a = \"x\" -- what`, line 5: `[\"b\"] = "
	 "\"y\"` "
	 "(Lua: '}' expected (to close '{' at line 2) near '[')"},
	{"t:topics { \"a\" \"b\" }", "t.lua:2: is a comma missing before \"b\"? line 2"},
	{"t:json(\"ignore\" { a = \"x\" })", "t.lua:2: is a comma missing before {? line 2"},
	{"t:json(\"ignore\", {\n\tin-port = \"x\" })", "t.lua:3: write [\"in-port\"] =; line 3"},
	{"t:json(\"ignore\", { in = \"x\" })", "t.lua:2: write [\"in\"] =; in is a word of Lua; line 2"},
	{"t:actions { A = \"created\", nat-open = \"created\" }", "t.lua:2: write [\"nat-open\"] =; line 2"},
	{"t:actions { \"open\" = \"created\" }", "t.lua:2: write [\"open\"] =; line 2"},
	{"t:actions { 1 = \"created\" }", "t.lua:2: write [1] =; line 2"},
	{"t:actions { 3com = \"created\" }", "t.lua:2: write [\"3com\"] =; line 2"},
	{"t:actions { open: \"created\" }",
	 "t.lua:2: write = between key and value, as in open = \"...\"; line 2"},
	{"t:actions { \"open\": \"created\" }",
	 "t.lua:2: write = between key and value, as in [\"open\"] = \"...\"; line 2"},
	{"topics: \"x\"", "t.lua:2: a declaration begins with the vendor's name: write t:topics; line 2"},
	{"t:actions { open => \"created\" }", "t.lua:2: write = between the two, not =>; line 2"},
	{"t:actions { \"open\" => \"created\" }", "t.lua:2: write = between the two, not =>; line 2"},
	{"t:port_mapping \"x\", { action = \"created\" }",
	 "t.lua:2: two arguments need ( ): write t:port_mapping(\"...\", { ... }); line 2"},
	{"t:port_mapping(\"x\", action = \"created\")",
	 "t.lua:2: values with names stand in braces: write { action = ... }; line 2"},
	{"// a comment", "t.lua:2: comments begin with --; line 2"},
	{"# a comment", "t.lua:2: comments begin with --; line 2"},
	{"t:regex(\"port_mapping\", \"\\d\")",
	 "t.lua:2: a text with \\ in it stands in [[...]], not in quotes; line 2"},
	{"t:port_mapping(\n-- \"x\",\n-- { action = \"created\" })",
	 "t.lua:2: ( is open since line 2: where is its )? Line 3 stands behind --; line 2: "
	 "`t:port_mapping(`, line 5: "
	 "`return t`"},
	{"t:json(\"ignore\", {\n-- a = \"x\"\n-- })\nt:ignore \"y\"",
	 "t.lua:2: { is open since line 2: where is its }?"},
	{"-- t:json(\"ignore\", {\na = \"x\",\nb = \"y\" })",
	 "t.lua:2: this line belongs to line 2, which stands behind --: take that -- away, or put -- before "
	 "this line, "
	 "too; line 2: `-- t:json(\"ignore\", {`, line 4"},
	{"t:port_mapping(\"x\", { action = \"created\" )",
	 "t.lua:2: { is open since line 2: close it before this )"},
	{"t:topics(\"x\"))", "t.lua:2: this ) closes nothing: is it one too many?"},
	{"local my-box = 1",
	 "t.lua:2: a name has letters, digits and _ only: write my_box for my-box; line 2"},
	{"my-box:topics \"x\"",
	 "t.lua:2: a name has letters, digits and _ only: write my_box for my-box; line 2"},
	{"local 6box = 1", "t.lua:2: a name does not begin with a digit; write box6; line 2"},
	{"t topics \"x\"", "t.lua:2: write a colon: t:topics; line 2"},
	{"t:topics\n",
	 "t.lua:2: nothing stands behind t:topics: write a text in quotes, or { ... }; line 2: `t:topics`, "
	 "line 4: `return t`"},
	{"t:", "t.lua:2: `t:` at the end of this line says nothing"},
	{"t:handler(function(m)\nif m.text != \"x\" then end end)",
	 "t.lua:3: `is not` is written ~=; line 3"},
	{"t:handler(function(m)\nif m.text = \"x\" then end end)", "t.lua:3: == compares, = sets; line 3"},
	{"t:handler(function(m) {})", "t.lua:2: a function begins without { and ends with `end`; line 2"},
	{"t:handler(function(m)\nelse if 1 then end end)", "t.lua:3: write elseif, in one word; line 3"},
	{"local a = 1\na += 1", "t.lua:3: write count = count + 1; line 3"},
	{"if 1 then", "t.lua:2: the `if` of line 2 has no `end`; line 2: `if 1 then` (Lua:"},
	{"end", "t.lua:2: this `end` ends nothing: is it one too many? line 2"},
	{"do return end end", "t.lua:2: this `end` ends nothing"},
	{"return t\nt:topics 'x'", "t.lua:3: `return` ends the script: nothing may stand behind it; line 3"},
	{"local x =\n= 1",
	 "t.lua:3: Lua does not understand this line after the one before; line 2: `local x =`, "
	 "line 3: `= 1` (Lua: unexpected symbol near '=')"},
	{"local x = = 1",
	 "t.lua:2: Lua does not understand this line; line 2: `local x = = 1` (Lua: unexpected symbol "
	 "near '=')"},
};

static void guesses(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *error = fixture_error(f, cases[i].body);
		if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("%s\n  expected %s\n  got      %s", cases[i].body, cases[i].error, error);
	}
}

/* Of a long line what is around the mistake. */
static void long_line(void **state)
{
	struct fixture *f = *state;
	struct strbuf body = {0};
	strbuf_adds(&body, "local x = '");
	for (int i = 0; i < 5000; i++)
		strbuf_adds(&body, "ab");
	strbuf_adds(&body, "' ~ 1");
	const char *error = fixture_error(f, body.data);
	assert_true(strlen(error) < 300);
	assert_non_null(strstr(error, "line 2: `...ab"));
	assert_non_null(strstr(error, "b' ~ 1`"));
	strbuf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(guesses),
		FIXTURE_TEST(long_line),
	};
	return cmocka_run_group_tests_name("syntax advice", tests, NULL, NULL);
}
