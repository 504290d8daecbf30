/* SPDX-License-Identifier: Apache-2.0
 *
 * What a vendor script cannot reach, neither while it loads nor in its handler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

/* Expressions that must raise, or be nil or false. */
static const char *const forbidden[] = {
	"io",
	"os",
	"debug",
	"package",
	"require",
	"ffi",
	"jit",
	"coroutine",
	"load",
	"loadstring",
	"loadfile",
	"dofile",
	"getfenv",
	"setfenv",
	"pcall",
	"xpcall",
	"rawget",
	"rawset",
	"rawequal",
	"getmetatable",
	"setmetatable",
	"collectgarbage",
	"newproxy",
	"print",
	"module",
	"gcinfo",
	"_G",
	"_VERSION",
	"arg",
	"string.dump",
	"('').dump",
	"string.gfind",
	"string.match",
	"string.gmatch",
	"string.gsub",
	"('x').match",
	"('x'):gsub('x', 'y')",
	"('abc'):find('%a')",
	"('abc'):find('.', 1, false)",
	"table.foreach",
	"math.random",
	"math.randomseed",
	"bit.nothing",
	"message.metatable",
	"event.__index",
	"next(message)",
	"next(event)",
	"next(string)",
	"next(t)",
	"t.handlers",
	"t.topics == nil",
	"message == event",
	"tostring(message):find('cdata')",
	"tostring(event):find('cdata')",
	"type(message) ~= 'table'",
	"(function() string.find = 1 end)()",
	"(function() table.x = 1 end)()",
	"(function() emit.x = 1 end)()",
	"(function() message.get = 1 end)()",
	"(function() t.handler = 1 end)()",
	"(function() vendor = 1 end)()",
	"(function() ('').x = 1 end)()",
	"(function() bit.band = 1 end)()",
	"string.rep('x', 70000)",
	"('x'):rep(10, ('y'):rep(60000))",
	"string.format(message)",
	"event[1]",
	"event[{}]",
	"message[nil]",
	"message.get()",
	"message.cursor():find()",
	"select(-9, 1)",
	"string.rep('x', '70000')",
	"string.rep({}, 1e9)",
	"string.find('x', ('y'):rep(1025))",
	"message:cursor():find(('y'):rep(1025))",
	"message:cursor():skip(('y'):rep(1025))",
	"table.insert({}, -2e9, 1)",
	"table.insert({}, '-2000000000', 1)",
	"table.insert({}, 0 / 0, 1)",
	"table.insert({}, 2, 1)",
	"unpack({}, -2e9, 2e9)",
	"table.concat({}, 'x', -2e9, 2e9)",
	"(function() local l = {} for i = 1, 10001 do l[i] = i end table.sort(l) return true end)()",
	"('x'):byte(-2e9, 2e9) == nil",
	"natmill_check2",
};

static void nothing_to_reach(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
		struct strbuf body = {0};
		strbuf_printf(&body,
			      "t:handler(function(message, event, emit) local x = %s if x then "
			      "error('reached', 0) end end)",
			      forbidden[i]);
		fixture_script(f, body.data);
		const char *shown = fixture_line(f, "x");
		if (strstr(shown, "reached") != NULL)
			fail_msg("%s: %s", forbidden[i], shown);
		strbuf_free(&body);
	}
}

static void allowed_works(void **state)
{
	struct fixture *f = *state;
	static const char *const allowed[] = {
		"('abc'):upper() == 'ABC'",
		"string.format('%d', 3) == '3'",
		"math.floor(2.5) == 2",
		"bit.band(6, 3) == 2",
		"table.concat({1, 2}, ',') == '1,2'",
		"tonumber('12') == 12",
		"select('#', 1, 2) == 2",
		"('x'):rep(3) == 'xxx'",
		"type(nil) == 'nil'",
		"#('abc') == 3",
		"ipairs ~= nil",
		"unpack({7}) == 7",
		"(function() local l = {2} table.insert(l, 3) table.insert(l, 1, 1) table.sort(l) return "
		"l[3] end)() "
		"== 3",
		"('a=b%d'):find('%d') == 4",
		"string.find('a.b.', '.', 3) == 4",
		"('abc'):find('c', 1, true) == 3",
		"math.huge > 1",
	};
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
		struct strbuf body = {0};
		strbuf_printf(&body,
			      "assert(%s)\nt:handler(function(message) if %s then message:ignore() end end)",
			      allowed[i], allowed[i]);
		fixture_script(f, body.data);
		assert_string_equal(fixture_line(f, "x"), "ignored\n");
		strbuf_free(&body);
	}
}

/* Two scripts in one state share nothing. */
static void scripts_are_apart(void **state)
{
	struct fixture *f = *state;
	static const char a[] = "local a = vendor 'a'\na:handler(function(m, e, emit) local ok = "
				"string.len('x') end)\nreturn a";
	static const char b[] =
		"local b = vendor 'b'\nb:handler(function(m) m:ignore() end)\nlocal a = a\nreturn b";
	fixture_write(f, "a.lua", a, sizeof a - 1);
	fixture_write(f, "b.lua", b, sizeof b - 1);
	assert_false(fixture_load(f, false));
	assert_non_null(strstr(f->errors.items[0].msg, "b.lua:3: nothing is named a here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(nothing_to_reach),
		FIXTURE_TEST(allowed_works),
		FIXTURE_TEST(scripts_are_apart),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
