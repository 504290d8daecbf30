/* SPDX-License-Identifier: Apache-2.0
 *
 * What the author of a vendor script is told when it is wrong: file, line, what, and what to write instead.
 * The texts are the interface here, so they are compared whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

/* The body stands on line 2. */
static const struct {
	const char *body;
	const char *error;
} cases[] = {
	{"\n\nt:session_mapping '{action} {scr_ip}'",
	 "t.lua:4: session_mapping: template column 10: unknown field \"scr_ip\": did you mean "
	 "src_ip?"},
	{"t:sesion_mapping 'x'",
	 "t.lua:2: a vendor script declares no sesion_mapping; did you mean session_mapping?"},
	{"t.topics 'x'", "t.lua:2: write a colon: t:topics"},
	{"t.topics = 'x'", "t.lua:2: write a colon: t:topics \"...\""},
	{"t:topics(7)", "t.lua:2: topics: expected a text in quotes, found number"},
	{"t:topics {}", "t.lua:2: topics: expected a text in quotes, or a list: { \"...\", \"...\" }"},
	{"t:topics 'a b'",
	 "t.lua:2: topics: topic \"a b\": letters, digits, '.', '_' and '-' only; a pattern begins "
	 "with ^"},
	{"t:topics '^('", "t.lua:2: topics: topic \"^(\": Unmatched ( or \\("},
	{"t:actions 'A'", "t.lua:2: actions: write it as { A = \"created\", D = \"deleted\" }"},
	{"t:actions { A = 'create' }", "t.lua:2: action word \"A\": unknown action \"create\" (did "
				       "you mean created?): use created, deleted or "
				       "updated"},
	{"t:actions { A = 1 }", "t.lua:2: actions: A must be \"created\", \"deleted\" or \"updated\""},
	{"t:ignore 'x'\nt:actions { A = 'created' }",
	 "t.lua:3: actions: must stand before the first template, regex or handler"},
	{"t:protocols { X = 256 }", "t.lua:2: protocol word \"X\": must be a number from 0 to 255"},
	{"t:zone 'Europe/Berlin'",
	 "t.lua:2: zone \"Europe/Berlin\": must be UTC, or hours and minutes east of it: +02:00"},
	{"t:records ''", "t.lua:2: records: the separator must have 1 to 16 bytes"},
	{"t:address_mapping '{src_ip} {x_ip}'",
	 "t.lua:2: address_mapping: needs {action} in every line it fits; where the line does not "
	 "tell it, give it as "
	 "a second argument: { action = ... }"},
	{"t:address_mapping '{action} {src_ip} [{x_ip}]'",
	 "t.lua:2: address_mapping: needs {x_ip} in every line it fits (here {x_ip} is optional: write [[ ]] "
	 "for brackets that stand in the line); where the line does not tell it, give it as "
	 "a second argument: { x_ip = ... }"},
	{"t:address_mapping('{src_ip} {x_ip}', { action = 'made' })",
	 "t.lua:2: address_mapping: action must be an action (created, deleted, updated), is "
	 "\"made\""},
	{"t:address_mapping('{src_ip} {x_ip}', { acton = 'created' })",
	 "t.lua:2: address_mapping: unknown field \"acton\": did you mean action?"},
	{"t:address_mapping('{src_ip} {x_ip}', { src_port = 1 })",
	 "t.lua:2: address_mapping: has no src_port"},
	{"t:address_mapping('{src_ip} {x_ip}', 'created')",
	 "t.lua:2: address_mapping: write the values after the template as { action = \"created\" }"},
	{"t:regex('address_mapping', '(?P<scr_ip>x)')", NULL},
	{"t:regex('adress_mapping', 'x')", "t.lua:2: \"adress_mapping\" is no kind of event: "
					   "session_mapping, port_mapping, port_block_mapping, "
					   "address_mapping or ignore"},
	{"t:handler 'x'", "t.lua:2: handler: expected a function (message, event, emit), found string"},
	{"x = 1", "t.lua:2: write `local x = ...`: scripts share no names"},
	{"local\xe2\x80\x8bx = 1",
	 "t.lua:2: write `local local\xe2\x80\x8bx = ...`: scripts share no names; there is "
	 "a zero-width space (U+200B) in it: take it away"},
	{"local x = vender", "t.lua:2: nothing is named vender here; did you mean vendor?"},
	{"local x = vendor 'u'", "t.lua:2: write `vendor \"t\"`: the name is that of the file"},
	{"while true do end", "t.lua:2: the script does not come to an end while it loads (limit: 1000 ms)"},
	{"local s = 'x' while true do s = s .. s end",
	 "t.lua: the script takes more than 64 MB of memory while it loads"},
	{"local function f() return f() end f()",
	 "t.lua:2: the script does not come to an end while it loads (limit: 1000 ms)"},
	{"t:actions { A = created }", "t.lua:2: nothing is named created here; a text stands in quotes: "
				      "\"created\""},
	{"t:topics\xc2\xa0'x'",
	 "t.lua:2: a vendor script declares no topics\xc2\xa0; there is a no-break space "
	 "(U+00A0) in it: take it away; did you mean topics?"},
	{"error({})", "t.lua: the script raised an error that is no text"},
};

static void declarations(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *error = fixture_error(f, cases[i].body);
		if (cases[i].error == NULL)
			assert_non_null(strstr(error, "did you mean src_ip?"));
		else if (strcmp(error, cases[i].error) != 0)
			fail_msg("%s\n  expected %s\n  got      %s", cases[i].body, cases[i].error, error);
	}
}

static const char *file_error(struct fixture *f, const char *text, size_t len)
{
	fixture_write(f, "t.lua", text, len);
	assert_false(fixture_load(f, false));
	return f->errors.items[0].msg + strlen(f->dir) + 1;
}

static void files(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(file_error(f, "local t = vendor 't'", 20),
			    "t.lua: the last line must be `return` and the name of the vendor's variable, as "
			    "in: return t");
	assert_string_equal(file_error(f, "", 0), "t.lua: the last line must be `return` and the name of the "
						  "vendor's variable, as in: return t");
	assert_string_equal(file_error(f, "\033LJ\002\010", 5),
			    "t.lua: is compiled Lua; natmill takes only its text");
	assert_string_equal(file_error(f, "\033Lua", 4),
			    "t.lua: is compiled Lua; natmill takes only its text");
	assert_non_null(strstr(file_error(f, "return \0", 8), "t.lua:1:"));
	assert_string_equal(file_error(f, "\xff\xfel\0o\0", 6),
			    "t.lua: is UTF-16: save the file as UTF-8 in your editor");
	assert_string_equal(file_error(f, "\xfe\xff\0l", 4),
			    "t.lua: is UTF-16: save the file as UTF-8 in your editor");
	assert_non_null(strstr(file_error(f, "\xef\xbb\xbfreturn 1", 11), "the last line must be"));
}

/* Every wrong script is told at once. */
static void all_errors(void **state)
{
	struct fixture *f = *state;
	fixture_write(f, "a.lua", "x", 1);
	fixture_write(f, "b.lua", "local b = vendor 'b' return b", 29);
	fixture_write(f, "c.lua", "y", 1);
	assert_false(fixture_load(f, false));
	assert_int_equal(f->errors.n, 2);
	assert_non_null(strstr(f->errors.items[0].msg, "a.lua:1:"));
	assert_non_null(strstr(f->errors.items[1].msg, "c.lua:1:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(declarations),
		FIXTURE_TEST(files),
		FIXTURE_TEST(all_errors),
	};
	return cmocka_run_group_tests_name("script errors", tests, NULL, NULL);
}
