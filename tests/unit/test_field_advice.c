/* SPDX-License-Identifier: Apache-2.0
 *
 * What the author of a vendor script is told about fields, keys and brackets that are probably not what was
 * meant; and that each advice names a field there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/err.h"
#include "event/field_synonym.h"
#include "event/rule_fields.h"
#include "tests/unit/script_fixture.h"

/* The public side of the translation must never be taken for the destination. */
static void words_of_vendors(void **state)
{
	static const char *const words[][2] = {
		{"nat_ip", "x_ip"},
		{"public_ip", "x_ip"},
		{"outside_ip", "x_ip"},
		{"post_nat_ip", "x_ip"},
		{"translated_ip", "x_ip"},
		{"mapped_ip", "x_ip"},
		{"NAT_IP", "x_ip"},
		{"nat_port", "x_port"},
		{"public_port", "x_port"},
		{"outside_port", "x_port"},
		{"translated_port", "x_port"},
		{"inside_ip", "src_ip"},
		{"private_ip", "src_ip"},
		{"client_ip", "src_ip"},
		{"internal_ip", "src_ip"},
		{"inside_port", "src_port"},
		{"private_port", "src_port"},
		{"sport", "src_port"},
		{"proto", "protocol"},
		{"vrf", "vrf_id"},
		{"user", "subscriber"},
		{"username", "subscriber"},
		{"msisdn", "subscriber"},
		{"time", "timestamp"},
		{"date", "timestamp"},
		{"datetime", "timestamp"},
		{"dport", "dst_port"},
		{"dest_port", "dst_port"},
		{"destination_port", "dst_port"},
		{"dest_ip", "dst_ip"},
		{"destination_ip", "dst_ip"},
		{"destination", "dst_ip"},
		{"first_port", "start_port"},
		{"port_start", "start_port"},
		{"low_port", "start_port"},
		{"last_port", "end_port"},
		{"port_end", "end_port"},
		{"high_port", "end_port"},
		{"event", "action"},
		{"device", "host_name"},
		{"hostname", "host_name"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *field = field_synonym(words[i][0]);
		assert_non_null(field);
		assert_string_equal(field, words[i][1]);
		assert_true(rule_field_of(field, strlen(field), NULL) >= 0);
	}
	assert_null(field_synonym(""));
	assert_null(field_synonym(" "));
	assert_null(field_synonym("nat"));
	assert_null(field_synonym("nat_ip x"));
}

/* The sentence that lists the fields has them all, and room for file and rule in front of it. */
static void all_fields(void **state)
{
	struct err e = {0};
	(void)state;
	assert_int_equal(rule_field_of("qqqqqqqqq", 9, &e), -1);
	for (enum event_field f = 0; f < FIELD_COUNT; f++)
		assert_non_null(strstr(e.msg, rule_field_name(f)));
	assert_true(strlen(e.msg) < ERR_MSG_MAX - 160);
}

static void scripts(void **state)
{
	static const struct {
		const char *body;
		const char *error;
	} cases[] = {
		{"t:port_mapping '{action} {src_ip} {nat_ip}'",
		 "t.lua:2: port_mapping: template column 19: unknown field \"nat_ip\": did you mean x_ip? "
		 "That is: "
		 "outside (public) address"},
		{"t:port_mapping '{action} {src_ip} x_ip'",
		 "t.lua:2: port_mapping: a port_mapping needs {x_ip}: you "
		 "wrote x_ip without { }"},
		{"t:port_mapping '{action} (src_ip) {x_ip}'",
		 "t.lua:2: port_mapping: a port_mapping needs {src_ip}: "
		 "you wrote src_ip without { }"},
		{"t:port_mapping '{action} %src_ip% {x_ip}'",
		 "t.lua:2: port_mapping: a port_mapping needs {src_ip}: "
		 "you wrote src_ip without { }"},
		{"t:port_mapping '{action} {{src_ip}} {x_ip}'",
		 "t.lua:2: port_mapping: a port_mapping needs {src_ip}: you wrote {{src_ip}}, which is a "
		 "text; a field "
		 "stands in single braces"},
		{"t:port_mapping '{action} {src_ip} my_x_ip'",
		 "t.lua:2: port_mapping: a port_mapping needs {x_ip}"},
		{"t:port_mapping 'action {src_ip} {x_ip}'",
		 "t.lua:2: port_mapping: needs {action} in every line it fits: you wrote action without { }; "
		 "where the "
		 "line does not tell it, give it as a second argument: { action = ... }"},
		{"t:key_value('port_mapping', { 'nat {action}', src = '{src_ip}', out = 'x_ip' })",
		 "t.lua:2: port_mapping: a port_mapping needs {x_ip}: you wrote x_ip without { }"},
		{"t:csv('ignore', { [0] = 'x' })", "t.lua:2: csv: columns count from 1, so there is no [0]"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *error = fixture_error(f, cases[i].body);
		if (strcmp(error, cases[i].error) != 0)
			fail_msg("%s\n  expected %s\n  got      %s", cases[i].body, cases[i].error, error);
	}
}

static void handlers(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:handler(function(message, event, emit) event.nat_ip = '192.0.2.1' end)");
	assert_non_null(strstr(fixture_line(f, "a"), "an event has no nat_ip; did you mean x_ip?"));
}

/* One template and a line that it does not fit. */
static void brackets_of_the_line(void **state)
{
	static const struct {
		const char *template;
		const char *line;
		const char *told;
	} cases[] = {
		{"a ({src_ip}) {x_ip}", "a (10.0.0.1) 192.0.2.1",
		 "found `(10.0.0.1)`; write (( )) for parentheses that stand in the line\n"},
		{"a ({src_ip}|none {src_ip}) {x_ip}", "a (10.0.0.1) 192.0.2.1",
		 "; write (( )) for parentheses"},
		{"a [user {subscriber} ]{src_ip} {x_ip}", "a [user bob] 10.0.0.1 192.0.2.1",
		 "found `[user`; write [[ ]] for brackets that stand in the line\n"},
		{"a {src_ip} {x_ip}", "a {10.0.0.1} 192.0.2.1",
		 "found `{10.0.0.1}`; write {{ }} for braces that stand in the line\n"},
		{"a {src_ip} {x_ip}", "a (10.0.0.1) 192.0.2.1", "found `(10.0.0.1)`\n"},
		{"a ({src_ip}) {x_ip}", "a [10.0.0.1) 192.0.2.1", "found `[10.0.0.1)`\n"},
		{"a (({src_ip})) {x_ip}", "a [10.0.0.1] 192.0.2.1", "found `[10.0.0.1]`\n"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char body[256];
		snprintf(body, sizeof body, "t:port_mapping('%s', { action = 'created' })",
			 cases[i].template);
		fixture_script(f, body);
		const char *told = fixture_line(f, cases[i].line);
		if (strstr(told, cases[i].told) == NULL)
			fail_msg("%s\n  expected %s\n  got      %s", cases[i].template, cases[i].told, told);
	}
}

static void keys_by_their_names(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f, "t:csv('address_mapping', { [1] = '{action}', [2] = '{src_ip}', [8] = '{x_ip}' })\n"
		   "t:key_value('address_mapping', { 'N: {action}', src = '{src_ip}', x = '{x_ip}[;]' })");
	assert_non_null(
		strstr(fixture_line(f, "created,10.0.0.1"), ": address_mapping: column 8 is missing\n"));
	assert_non_null(strstr(fixture_line(f, "created,10.0.0,,,,,,192.0.2.1"),
			       ": address_mapping: column 2 stopped at column 9: expected an IPv4"));
	assert_non_null(
		strstr(fixture_line(f, "N: seen src=10.0.0.1 x=192.0.2.1"),
		       ": address_mapping: the text in front of the first key stopped at column 4: "));
	assert_non_null(strstr(fixture_line(f, "N: created src=10.0.0.1 x=\"192.0.2.1 b\""),
			       "or the end of the value, found ` b`\n"));
}

static void unknown_lines(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:ignore { 'pool {*}', 'port {*}', 'pool end {*}' }\n"
			  "t:address_mapping '[{word} ]{src_ip} {x_ip} {action}'");
	assert_string_equal(
		fixture_line(f, "block 1"),
		"dead 0 t/ 1: no rule begins so, each stopped at column 1: expected `pool`, `port` or an "
		"IPv4 or IPv6 address, found `block`\n");
	assert_non_null(strstr(fixture_line(f, "pool"), "/ignore 5: ignore stopped at column 5"));
	fixture_script(f, "t:ignore { 'pool {*}' }");
	assert_non_null(strstr(fixture_line(f, "block 1"), "/ignore 1: ignore stopped at column 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_vendors),
		cmocka_unit_test(all_fields),
		FIXTURE_TEST(scripts),
		FIXTURE_TEST(handlers),
		FIXTURE_TEST(brackets_of_the_line),
		FIXTURE_TEST(keys_by_their_names),
		FIXTURE_TEST(unknown_lines),
	};
	return cmocka_run_group_tests_name("field advice", tests, NULL, NULL);
}
