/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules over keys, as a vendor script writes them: what fits, what is optional, what a dead letter says, and
 * what is refused while the script loads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

static const char pairs[] =
	"t:actions { NEW = 'created', END = 'deleted' }\n"
	"t:key_value('ignore', { kind = 'flow', nat = '!snat' })\n"
	"local both = { 'N: {action}', kind = 'flow', src = '{src_ip}', ['xip|pub'] = '{x_ip}' }\n"
	"t:key_value('session_mapping', { both, dst = '{dst_ip}:{dst_port}', sp = '[{src_port}]' })\n"
	"t:key_value('port_mapping', { both, sp = '{src_port}', gone = '' })\n";

static void fits(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, pairs);
	assert_string_equal(
		fixture_line(f, "N: NEW kind=flow nat=snat src=10.0.0.1 xip=192.0.2.1 dst=198.51.100.1:80"),
		"{\"type\":\"session-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\","
		"\"dst_ip\":\"198.51.100.1\",\"dst_port\":80}\n");
	assert_string_equal(fixture_line(f, "N: END sp=7 nat=snat xip= pub=192.0.2.1 src=10.0.0.1 kind=flow"),
			    "{\"type\":\"port-mapping\",\"event\":2,\"src_ip\":\"10.0.0.1\",\"src_port\":7,"
			    "\"x_ip\":\"192.0.2.1\"}\n");
	assert_string_equal(fixture_line(f, "N: NEW kind=flow nat=dnat src=10.0.0.1"), "ignored\n");
	assert_string_equal(fixture_line(f, "N: NEW kind=flow src=10.0.0.1"), "ignored\n");
}

static void says_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, pairs);
	assert_string_equal(
		fixture_line(f, "N: NEW kind=flow nat=snat src=10.0.0 xip=192.0.2.1 dst=198.51.100.1:80"),
		"dead 0 t/session_mapping 31: session_mapping: key `src` stopped at column 31: expected an "
		"IPv4 or IPv6 address, found `10.0.0`\n");
	assert_string_equal(fixture_line(f,
					 "N: NEW kind=flow nat=snat src=10.0.0.1 xip=192.0.2.1 sp=9 gone=x"),
			    "dead 0 t/session_mapping 0: session_mapping: the key `dst` is missing\n");
	assert_string_equal(fixture_line(f, "N: NEW kind=flow nat=snat src=10.0.0.1 xip=192.0.2.1 sp=70000"),
			    "dead 0 t/port_mapping 57: port_mapping: key `sp` stopped at column 57: expected "
			    "a port (0 to "
			    "65535), found `70000`\n");
	assert_string_equal(fixture_line(f, "N: OLD kind=flow nat=snat src=10.0.0.1 xip=192.0.2.1 sp=70"),
			    "dead 0 t/port_mapping 4: port_mapping: the text in front of the first key "
			    "stopped at column 4: expected an action "
			    "(END, NEW), found `OLD`\n");
}

static void others_are_not_held_up(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f, "t:cef('port_mapping', { class = '7', src = '{src_ip}', x = '{x_ip}' }, { action = "
		   "'created' })\n"
		   "t:csv('port_mapping', { 'made', [3] = '{src_ip}', [5] = '{x_ip}' }, { action = 'created' "
		   "})\n"
		   "t:json('port_mapping', { a = '{src_ip}', ['b.c'] = '{x_ip}' }, { action = 'deleted' })\n"
		   "t:port_mapping('{src_ip} as {x_ip}', { action = 'updated' })");
	char one[] =
		"{\"type\":\"port-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\"}\n";
	char *action = strstr(one, "event\":") + strlen("event\":");
	assert_string_equal(fixture_line(f, "CEF:0|v|p|1|7|n|5|src=10.0.0.1 x=192.0.2.1"), one);
	assert_string_equal(fixture_line(f, "made,,10.0.0.1,\"a,b\",\"192.0.2.1\""), one);
	*action = '2';
	assert_string_equal(fixture_line(f, "{\"a\":\"10.0.0.1\",\"b.c\":\"192.0.2.1\",\"z\":[1]}"), one);
	assert_string_equal(fixture_line(f, "{\"message\":\"{\\\"a\\\": \\\"10.0.0.1\\\", \\\"b.c\\\": "
					    "\\\"192.0\\\\u002e2.1\\\"}\"}"),
			    one);
	*action = '3';
	assert_string_equal(fixture_line(f, "10.0.0.1 as 192.0.2.1"), one);
}

static void parts_of_the_envelope(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:key_value('address_mapping', { ['@program'] = 'natd', ['@front|@host_name'] = "
			  "'{host_name}/{vrf_id}', a = '{src_ip}', b = '{x_ip}' }, { action = 'created' })");
	const char *wanted =
		"{\"type\":\"address-mapping\",\"event\":1,\"vrf_id\":\"red\",\"src_ip\":\"10.0.0.1\","
		"\"x_ip\":\"192.0.2.1\",\"host_name\":\"n\"}\n";
	assert_string_equal(fixture_line(f,
					 "{\"program\":\"natd\",\"host\":\"n/red\",\"message\":\"a=10.0.0.1 "
					 "b=192.0.2.1\"}"),
			    wanted);
	assert_string_equal(
		fixture_line(f, "{\"program\":\"natd\",\"host\":\"x\",\"message\":\"n/red a=10.0.0.1 "
				"b=192.0.2.1\"}"),
		wanted);
}

static void untranslated(void **state)
{
	struct fixture *f = *state;
	fixture_script(f,
		       "t:ignore_untranslated()\n"
		       "t:port_mapping('{src_ip}[:{src_port}] {x_ip}[:{x_port}]', { action = 'created' })");
	assert_string_equal(fixture_line(f, "10.0.0.1 10.0.0.1"), "ignored\n");
	assert_string_equal(fixture_line(f, "10.0.0.1:7 10.0.0.1:7"), "ignored\n");
	assert_string_equal(fixture_line(f, "10.0.0.1:7 10.0.0.1"), "ignored\n");
	assert_string_equal(fixture_line(f, "10.0.0.1:7 0.0.0.0:0"), "ignored\n");
	assert_string_equal(fixture_line(f, "2001:db8::1 ::"), "ignored\n");
	assert_non_null(strstr(fixture_line(f, "10.0.0.1:7 10.0.0.1:8"), "\"x_port\":8"));
	assert_non_null(strstr(fixture_line(f, "10.0.0.1:7 10.0.0.2:7"), "\"x_ip\":\"10.0.0.2\""));
}

static void refused_at_load(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *body;
		const char *wanted;
	} cases[] = {
		{"t:csv('port_mapping', { src = '{src_ip}', [2] = '{x_ip}' })",
		 "t.lua:2: port_mapping: needs {action}"},
		{"t:key_value('nothing', { a = '{src_ip}' })", "t.lua:2: \"nothing\" is no kind of event"},
		{"t:key_value('port_mapping', { a = '{src}' })",
		 "t.lua:2: port_mapping: key a: template column 1: unknown"},
		{"t:key_value('port_mapping', { a = '{src_ip}', b = '{src_ip}', c = '{x_ip}{action}' })",
		 "t.lua:2: port_mapping: key b: {src_ip} comes from another key too"},
		{"t:key_value('port_mapping', { a = '{src_ip}', b = '[{x_ip}]', c = '{action}' })",
		 "t.lua:2: port_mapping: needs {x_ip} in every line"},
		{"t:key_value('port_mapping', { a = '!{src_ip}' })", "reads no fields"},
		{"t:key_value('address_mapping', { a = '{src_ip}', b = '{x_ip}', c = '{src_port}' })",
		 "an address_mapping has no {src_port}"},
		{"t:json('port_mapping', 'a')", "t.lua:2: json: write the keys"},
		{"t:json('port_mapping', {})", "t.lua:2: json: write it as"},
		{"t:json('port_mapping', { 'front', a = '{src_ip}' })", "t.lua:2: json: write the keys"},
		{"t:json('port_mapping', { a = 7 })", "t.lua:2: json: write the keys"},
		{"t:json('port_mapping', { ['a|b|c|d|e'] = '{src_ip}' })", "more than 4 keys"},
		{"t:json('port_mapping', { a = '{src_ip}', b = '{x_ip}' }, { action = 'made' })",
		 "action must be"},
		{"local l = { a = '{src_ip}' } l[1] = l t:cef('port_mapping', l)",
		 "t.lua:2: cef: write the keys"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *error = fixture_error(f, cases[i].body);
		if (strstr(error, cases[i].wanted) == NULL)
			fail_msg("%s: %s", cases[i].body, error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(fits),
		FIXTURE_TEST(says_what_is_wrong),
		FIXTURE_TEST(others_are_not_held_up),
		FIXTURE_TEST(parts_of_the_envelope),
		FIXTURE_TEST(untranslated),
		FIXTURE_TEST(refused_at_load),
	};
	return cmocka_run_group_tests_name("reader_rule", tests, NULL, NULL);
}
