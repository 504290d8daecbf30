/* SPDX-License-Identifier: Apache-2.0
 *
 * What a vendor script cannot reach, neither while it loads nor in its handler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <time.h>

#include "tests/unit/script_fixture.h"

#include "event/regex.h"

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

/* The checks take none of what Lua gives a script: 200 locals, of which a function may reach 60. */
static void all_of_lua_is_the_scripts(void **state)
{
	struct fixture *f = *state;
	struct strbuf body = {0};
	strbuf_adds(&body, "assert(select('#', ...) == 0)\n");
	for (int i = 1; i < 200; i++)
		strbuf_printf(&body, "local v%d = %d\n", i, i);
	strbuf_adds(&body, "t:handler(function(message)\nlocal n = 0\nwhile n == 0 do n = n");
	for (int i = 1; i <= 60; i++)
		strbuf_printf(&body, " + v%d", i);
	strbuf_adds(&body, " end\nif n == 1830 then message:ignore() end end)");
	fixture_script(f, body.data);
	assert_string_equal(fixture_line(f, "x"), "ignored\n");
	strbuf_free(&body);
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
		"(function() local l = {} table.insert(l, 3) return l[1] end)() == 3",
		"(function() local l = {2} table.insert(l, 1, 3) table.sort(l) return l[2] end)() == 3",
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

/* The same where LuaJIT has compiled the handler, and with the JIT off. */
static void nothing_to_reach_when_compiled(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
		struct strbuf body = {0};
		strbuf_printf(
			&body,
			"t:handler(function(message, event, emit)\n"
			"if message.text == 'x' then local x = %s if x then error('reached', 0) end end\n"
			"message:ignore() end)",
			forbidden[i]);
		fixture_script(f, body.data);
		for (int batch = 0; batch < 2; batch++) {
			batch_reset(&f->batch);
			for (int k = 0; k < 100; k++)
				fixture_add(f, "y", 1);
			fixture_run(f);
			assert_int_equal(f->batch.counts.ignored, 100);
		}
		batch_reset(&f->batch);
		for (int k = 0; k < 70; k++)
			fixture_add(f, "x", 1);
		if (strstr(fixture_run(f), "reached") != NULL)
			fail_msg("%s: %s", forbidden[i], f->shown.data);
		strbuf_free(&body);
	}
}

/* What a script keeps of a record works on the record under way, and never on another script's. */
static void what_is_kept_holds_nothing(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "local m, e, put, c\n"
			  "t:handler(function(message, event, emit)\n"
			  "if not m then m, e, put, c = message, event, emit, message:cursor() c:rest() "
			  "event.vrf_id = 'first' return end\n"
			  "if e.vrf_id or e ~= event or m ~= message or m.text ~= message.text then "
			  "error('kept', 0) end\n"
			  "error(tostring(c:position()) .. (c:word() or '-') .. (c:rest() or '-'), 0) end)");
	fixture_line(f, "a long line of many words that leaves the cursor far behind");
	assert_string_equal(fixture_line(f, "b"), "dead 0 t/handler 0: 1b-\n");
	assert_string_equal(fixture_line(f, "c d"), "dead 0 t/handler 0: 1c d\n");
}

/* Tables that a script gave away are its own again: changing them changes no rule. */
static void tables_given_away(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "local keys = { a = '{src_ip}', b = '{x_ip}' }\n"
			  "local values = { action = 'created' }\n"
			  "t:key_value('address_mapping', keys, values)\n"
			  "keys.a, keys.c, values.action = '{x_ip}', 'x', 'deleted'\n"
			  "t:handler(function(message) keys.b = nil keys = nil message:ignore() end)");
	const char *event = "{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\","
			    "\"x_ip\":\"192.0.2.1\"}\n";
	assert_string_equal(fixture_line(f, "a=10.0.0.1 b=192.0.2.1"), event);
	assert_string_equal(fixture_line(f, "x"), "ignored\n");
	assert_string_equal(fixture_line(f, "a=10.0.0.1 b=192.0.2.1"), event);
}

/* A script of this text must be refused with a message, or load. */
static void load_text(struct fixture *f, const char *text, size_t len, bool loads)
{
	fixture_write(f, "t.lua", text, len);
	if (fixture_load(f, false) != loads)
		fail_msg("%.60s: %s", text, loads ? f->errors.items[0].msg : "loads");
}

static void hostile_texts(void **state)
{
	struct fixture *f = *state;
	static const char *const repeated[] = {"(",  "{",  "do ",     "function f() ", "x = -",
					       "[[", "f(", "goto a ", "if x then "};
	static const char *const texts[] = {"\33LJ\2", "#!x\n\33LJ\2", "\xef\xbb\xbf\33LJ\2", "#",
					    "",        "return"};
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++) {
		struct strbuf text = {0};
		for (int k = 0; k < 50000; k++)
			strbuf_adds(&text, repeated[i]);
		load_text(f, text.data, text.len, false);
		strbuf_free(&text);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		load_text(f, texts[i], strlen(texts[i]), false);
	struct strbuf text = {0};
	strbuf_adds(&text, "local t = vendor 't'\n--");
	while (text.len < 1000000)
		strbuf_adds(&text, "while do function goto [[ ]] ");
	strbuf_adds(&text, "\nt:ignore 'x'\nreturn t");
	load_text(f, text.data, text.len, true);
	strbuf_free(&text);
	load_text(f, "local t = vendor 't'\0\nreturn t", 30, false);
}

/* A regex that takes for ever, by its line or by its size, costs its record or does not load. */
static void hostile_regexes(void **state)
{
	struct fixture *f = *state;
	static const char *const patterns[] = {
		"(a+)+$",         "(*NO_JIT)(a+)+$",    "(*NO_START_OPT)(*NO_AUTO_POSSESS)(a*)*b",
		"^(a|aa)+$",      "(?:a?){500}a{500}$", "(a(?1)?)+b",
		"(?:\\C+\\C+)+x", "(?C1)(?:a+(?C2))+$", "(?=(a+))*?b(?:\\1)+c",
		"a*a*a*a*a*b",    "(?<=a)(?:.*.*)*=",
	};
	struct strbuf line = {0};
	for (int i = 0; i < REGEX_TEXT_MAX - 1; i++)
		strbuf_addc(&line, 'a');
	strbuf_addc(&line, '!');
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct strbuf body = {0};
		strbuf_printf(&body, "t:regex('ignore', [==[%s]==])", patterns[i]);
		fixture_script(f, body.data);
		clock_t began = clock();
		fixture_line(f, line.data);
		if (clock() - began > 3 * CLOCKS_PER_SEC)
			fail_msg("%s takes %ld ms", patterns[i], (long)(clock() - began) / 1000);
		assert_string_equal(fixture_line(f, "b"), f->shown.data);
		strbuf_free(&body);
	}
	strbuf_free(&line);
	assert_non_null(strstr(fixture_error(f, "t:regex('ignore', '((((a{1,999}){1,999}){1,999}){1,999})')"),
			       "regex"));
	assert_non_null(
		strstr(fixture_error(f, "t:regex('ignore', ('('):rep(4000) .. (')'):rep(4000))"), "regex"));
	assert_non_null(
		strstr(fixture_error(f, "t:regex('ignore', ('a'):rep(8193))"), "longer than 8192 bytes"));
	assert_non_null(
		strstr(fixture_error(f, "for i = 1, 1e9 do t:regex('ignore', 'a' .. i) end"), "1000"));
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
		FIXTURE_TEST(all_of_lua_is_the_scripts),
		FIXTURE_TEST(allowed_works),
		FIXTURE_TEST(nothing_to_reach_when_compiled),
		FIXTURE_TEST(what_is_kept_holds_nothing),
		FIXTURE_TEST(tables_given_away),
		FIXTURE_TEST(hostile_texts),
		FIXTURE_TEST(hostile_regexes),
		FIXTURE_TEST(scripts_are_apart),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
