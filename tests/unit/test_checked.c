/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks that are put into a script's text: at each loop, function and goto, nowhere else, whatever the
 * text looks like; and the lines keep their numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/guard.h"

#include "script/checked.h"

#define CHECK " natmill_check(); "

/* In what is expected `@` stands for a check. */
static void expand(const char *from, struct strbuf *to)
{
	for (; *from != '\0'; from++) {
		if (*from == '@')
			strbuf_adds(to, CHECK);
		else
			strbuf_addc(to, *from);
	}
	strbuf_addc(to, '\0');
	to->len--;
}

static void assert_checked(const char *text, const char *expected)
{
	struct strbuf out = {0};
	struct strbuf want = {0};
	struct err e;
	assert_int_equal(checked_text("t.lua", text, strlen(text), &out, &e), 0);
	expand(expected, &want);
	assert_string_equal(out.data, want.data);
	strbuf_free(&out);
	strbuf_free(&want);
}

static void each_way_to_go_on(void **state)
{
	static const char *const cases[][2] = {
		{"while a do b() end", "while a do@ b() end"},
		{"for i=1,2 do(f)()end", "for i=1,2 do@(f)()end"},
		{"for k in x do\nend", "for k in x do@\nend"},
		{"repeat until a", "repeat@ until a"},
		{"local function f() end", "local function f()@ end"},
		{"function a.b:c(...)return ... end", "function a.b:c(...)@return ... end"},
		{"f(function(x, y) return (x) end)", "f(function(x, y)@ return (x) end)"},
		{"f(function --[[)]] (x --)\n) end)", "f(function --[[)]] (x --)\n)@ end)"},
		{"::a:: goto a", "::a:: @goto a"},
		{"x = 1. goto a", "x = 1. @goto a"},
		{"x = 0x1. goto a", "x = 0x1. @goto a"},
		{"x = .5 goto a", "x = .5 @goto a"},
		{"x = ... goto a", "x = ... @goto a"},
		{"::a:: goto--[[ {\n]]--\n\ta", "::a:: @goto--[[ {\n]]--\n\ta"},
		{"::ende:: goto ende", "::ende:: @goto ende"},
		{"do do end end", "do@ do@ end end"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_checked(cases[i][0], cases[i][1]);
}

static void nothing_else(void **state)
{
	static const char *const same[] = {
		"",
		"a.goto = b.c:goto()",
		"a . --[[x]] goto = 1",
		"x = { goto = 5, \"a\" }", /* a name, as LuaJIT has it */
		"local goto = 1 x = a..goto goto = goto",
		"if x == goto then x = goto end return goto",
		"x = goto --[[a]] -- a\n == 1 x = goto",
		"goto 1",
		"local window, dodo, _do, do1, undo = 1, repeated, functions",
		"x = 'while do' y = \"function()\" z = [[repeat]] w = [==[ do ]] ]=] ]==]",
		"x = 'it\\'s do' y = \"\\\"do\\\"\" z = '\\\\' w = '\\\n do'",
		"-- while true do\n--[[ do\n do ]]\n--[==[ ]] do ]==] x = 1",
		"x = a[b[1]] y = {[1] = 2, ['do'] = 3} z = a[ [[do]] ]",
		"\303\244do = 1 do\303\244 = 2",
		"x = 0xdo",
		"x = [[ do",
		"x = 'do",
		"--[==[ do",
		"f()()(g)",
	};
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_checked(same[i], same[i]);
	/* a comment ends with its line, however that ends */
	assert_checked("-- x\rwhile a do end", "-- x\rwhile a do@ end");
	assert_checked("--[ x\nwhile a do end", "--[ x\nwhile a do@ end");
	assert_checked("x = [[\\]] while a do end", "x = [[\\]] while a do@ end");
	assert_checked("x = 'a\\z  \n b' while a do end", "x = 'a\\z  \n b' while a do@ end");
}

static void starts_as_luajit_reads_them(void **state)
{
	static const char *const cases[][2] = {
		{"\xef\xbb\xbf"
		 "do end",
		 "\xef\xbb\xbf"
		 "do@ end"},
		{"#!/bin/do\ndo end", "#!/bin/do\ndo@ end"},
		{"# do\r\ndo end", "# do\r\ndo@ end"},
		{"\xef\xbb\xbf# 'do\ndo end", "\xef\xbb\xbf# 'do\ndo@ end"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_checked(cases[i][0], cases[i][1]);
}

static void the_name_is_taken(void **state)
{
	static const char *const cases[] = {"\nlocal natmill_check = f",
					    "x = 1\nfunction natmill_check() end", "\nx.natmill_check = 1"};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct strbuf out = {0};
		struct err e;
		assert_int_equal(checked_text("t.lua", cases[i], strlen(cases[i]), &out, &e), -1);
		assert_string_equal(e.msg, "t.lua:2: natmill_check is natmill's own name; take another");
		strbuf_free(&out);
	}
}

/* Every cut of a text ends at a forbidden page. */
static void never_reads_beyond(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf#!\r\nlocal x = 'a\\'' .. [=[ ]] ]=] --[[ ]] while x do goto a "
		"::a:: end function f(...) return 1.5e-3 end -- \\";
	(void)state;
	for (size_t n = 0; n < sizeof text; n++) {
		struct strbuf out = {0};
		struct err e;
		assert_int_equal(checked_text("t.lua", guard_end(text, n), n, &out, &e), 0);
		strbuf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_go_on),           cmocka_unit_test(nothing_else),
		cmocka_unit_test(starts_as_luajit_reads_them), cmocka_unit_test(the_name_is_taken),
		cmocka_unit_test(never_reads_beyond),
	};
	return cmocka_run_group_tests_name("checked", tests, NULL, NULL);
}
