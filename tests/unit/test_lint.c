/* SPDX-License-Identifier: Apache-2.0
 *
 * The warnings of natmill check: each is given with its line, and good scripts get none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "script/lint.h"
#include "tests/unit/script_fixture.h"

/* The warnings about script "t", without the folder's name. samples may be NULL. */
static const char *warnings(struct fixture *f, const char *body, const char *samples)
{
	static char shown[4000];
	struct strbuf report = {0};
	char *to = shown;
	if (samples != NULL)
		fixture_write(f, "t.samples", samples, strlen(samples));
	fixture_script(f, body);
	size_t n = lint_run(f->generation, 0, &report);
	*to = '\0';
	for (char *line = report.data; n > 0; n--) {
		char *end = strchr(line, '\n');
		assert_non_null(end);
		assert_memory_equal(line, f->dir, strlen(f->dir));
		line += strlen(f->dir) + 1;
		assert_true(to + (end - line) + 2 < shown + sizeof shown);
		to += sprintf(to, "%.*s\n", (int)(end - line), line);
		line = end + 1;
	}
	strbuf_free(&report);
	return shown;
}

static void habits_of_other_languages(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		warnings(f, "t:ignore '${src_ip} a'", NULL),
		"t.lua:2: warning: ignore: the $ of ${...} must stand in the line, too; write {...} for a "
		"field\n");
	assert_string_equal(
		warnings(f, "t:ignore 'a'\nt:json('ignore', { a = 'x.*' })", NULL),
		"t.lua:3: warning: ignore: .* must stand in the line as it is; write {*} to skip anything\n");
	assert_string_equal(warnings(f, "t:ignore '$ {src_ip}. {*} $a. *'\nt:regex('ignore', '^x.*')", NULL),
			    "");
}

static void rules_without_lines(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *body;
		const char *warning; /* begins so; NULL = none */
	} cases[] = {
		{"t:ignore 'a {*}'\nt:ignore 'a b {*}'", "t.lua:3: warning: ignore can never match: the "
							 "ignore of line 2 comes first and takes its lines, "
							 "such as `a b zq7`\n"},
		{"t:ignore 'a b {*}'\nt:ignore 'a {*}'", NULL},
		{"t:ignore { 'a b', 'a b' }",
		 "t.lua:2: warning: ignore can never match: the ignore of line 2 "},
		{"t:ignore 'a (b|c) {x_port}'\n\nt:ignore 'a b {x_port}'", "t.lua:4: warning: "},
		{"t:ignore 'a b {x_port}'\nt:ignore 'a (b|c) {x_port}'", NULL},
		{"t:ignore 'a b {x_port}'\nt:ignore 'a c {x_port}'\nt:ignore 'a (b|c) {x_port}'",
		 "t.lua:4: warning: ignore can never match: the ignore of line 2 "},
		{"t:ignore '{src_ip} {x_ip}'\nt:ignore '{src_ip} {vrf_id}'", NULL},
		{"t:ignore '{src_ip} {vrf_id}'\nt:ignore '{src_ip} {x_ip}'", "t.lua:3: "},
		{"t:ignore '{src_ip} {protocol}'\nt:ignore '{src_ip} {word}'", NULL},
		{"t:actions { A = 'created', D = 'deleted' }\nt:ignore 'A {src_ip}'\nt:ignore '{action} "
		 "{src_ip}'",
		 NULL},
		{"t:actions { A = 'created' }\nt:ignore 'A {src_ip}'\nt:ignore '{action} {src_ip}'",
		 "t.lua:4: "},
		{"t:regex('ignore', '^a ')\nt:ignore 'a {src_ip}'", "t.lua:3: "},
		{"t:regex('ignore', '^a [0-9.]+$')\nt:ignore 'a {src_ip}'", NULL},
		{"t:ignore 'a {timestamp}'\nt:ignore 'a {start_port}-{end_port}'", NULL},
		{"t:ignore '{src_ip}:{src_port}'\nt:ignore '[[{src_ip}]]:{src_port}'", NULL},
		{"t:ignore '{*}'\nt:regex('ignore', 'x')",
		 "t.lua:3: warning: ignore is never reached: the ignore of line 2 takes every line\n"},
		{"t:ignore '{*}='\nt:regex('ignore', 'x')", NULL},
		{"t:handler(function() end)\nt:ignore 'a'", NULL},
		{"t:key_value('ignore', { a = '{src_ip}' })\nt:key_value('ignore', { a = '{src_ip}', b = "
		 "'(x|y)' })",
		 "t.lua:3: warning: ignore can never match: the ignore of line 2 comes first and takes its "
		 "records\n"},
		{"t:key_value('ignore', { a = '{src_ip}', b = '(x|y)' })\nt:key_value('ignore', { a = "
		 "'{src_ip}' })",
		 NULL},
		{"t:key_value('ignore', { a = '(1|2)', b = '' })\nt:key_value('ignore', { a = '(1|2)' })",
		 NULL},
		{"t:key_value('ignore', { a = '(1|2)' })\nt:key_value('ignore', { a = '(1|2|3)', b = '' })",
		 NULL},
		{"t:key_value('ignore', { a = '(1|2)' })\nt:cef('ignore', { a = '(1|2)' })", NULL},
		{"t:ignore 'a b'\nt:key_value('ignore', { a = 'b' })", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = warnings(f, cases[i].body, NULL);
		const char *expected = cases[i].warning != NULL ? cases[i].warning : "";
		if (strncmp(got, expected, strlen(expected)) != 0 || (expected[0] == '\0' && got[0] != '\0'))
			fail_msg("%s\n: %s", cases[i].body, got);
	}
}

static void fields_that_nothing_sets(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		warnings(f, "t:regex('address_mapping', '(?P<src_ip>\\\\S+) (?P<x_ip>\\\\S+)')", NULL),
		"t.lua:2: warning: address_mapping: no group sets action, so that all its lines become dead "
		"letters: add (?P<action>...), or { action = ... } as the last argument\n");
	assert_string_equal(warnings(f,
				     "t:regex('address_mapping', '(?P<src_ip>\\\\S+) (?P<x_ip>\\\\S+)', "
				     "{ action = 'created' })",
				     NULL),
			    "");
	const char *lacking =
		"\nt:handler(function(message, event, emit)\n"
		"local c = message:cursor()\n"
		"if c:read('src_ip') then event.type = 'port_block_mapping' event.event = 'created'\n"
		"event.start_port = 1 event.x_ip = event.src_ip emit(event) end end)";
	assert_string_equal(
		warnings(f, lacking, NULL),
		"t.lua:3: warning: handler: nothing sets end_port, which every port_block_mapping "
		"needs\n");
	assert_string_equal(
		warnings(f,
			 "t:handler(function(message, event, emit) event.x_ip = '::' emit(event) "
			 "end)",
			 NULL),
		"t.lua:2: warning: handler: nothing sets event.type before emit(event); write, for "
		"instance, event.type = \"port_mapping\"\n");
	assert_string_equal(warnings(f, "t:handler(function(message) message:ignore() end)", NULL), "");
}

#define HANDLER(body) "t:handler(function(message, event, emit)\n" body "\nmessage:ignore()\nend)"
#define SAMPLES "> a 1\nignored\n> b 2\nignored\n"

static void handlers_that_are_not_compiled(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(warnings(f, HANDLER("local c = message:cursor() c:skip('a ') c:number()"),
				     SAMPLES),
			    "");
	const char *sorts = HANDLER("local c = message:cursor()\nif c:skip('a ') then\nlocal l = { 2, 1 }\n"
				    "table.sort(l)\nend");
	assert_memory_equal(warnings(f, sorts, SAMPLES),
			    "t.lua:6: warning: handler: this line is not compiled, ", 54);
	assert_string_equal(warnings(f, sorts, "> b 2\nignored\n"),
			    ""); /* what no sample reaches is not seen */
	assert_non_null(strstr(warnings(f, HANDLER("\nlocal f = function() return event end\nf()"), SAMPLES),
			       "t.lua:4: warning: handler: this line is not compiled, "));
	assert_string_equal(warnings(f, HANDLER("while message.text == 'a 1' do end"), SAMPLES), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(habits_of_other_languages),
		FIXTURE_TEST(rules_without_lines),
		FIXTURE_TEST(fields_that_nothing_sets),
		FIXTURE_TEST(handlers_that_are_not_compiled),
	};
	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
