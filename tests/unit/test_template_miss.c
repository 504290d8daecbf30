/* SPDX-License-Identifier: Apache-2.0
 *
 * What engineers read when a template does not fit a line, or does not compile.
 */
#include <stdlib.h>

#include "template_help.h"

#define NFWARE_PORT "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port}"
#define NFWARE_SESSION NFWARE_PORT " DST {dst_ip}:{dst_port}[ DIR {*}]"
#define NFWARE_BLOCK "{action} VRF {vrf_id} INT {src_ip} EXT {x_ip}:{start_port}-{end_port}"
#define AT(column, rest) "it stopped at column " #column ": expected " rest
#define ACTIONS "an action (Allocated, DESTROY, Freed, NEW, A, D, C)"
#define PROTOCOL "a protocol (its name, or 0 to 255)"

static void tells_where_it_stopped(void **state)
{
	static const struct template_case cases[] = {
		{NFWARE_PORT, PORT, "X VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2", AT(1, ACTIONS ", found `X`")},
		{NFWARE_PORT, PORT, "AB VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2",
		 AT(1, ACTIONS ", found `AB`")},
		{NFWARE_PORT, PORT, "", AT(1, ACTIONS ", found the end of the line")},
		{NFWARE_PORT, PORT, "A", AT(2, "a blank and `VRF`, found the end of the line")},
		{NFWARE_PORT, PORT, "A  VRFX", AT(7, "a blank, found `X`")},
		{NFWARE_PORT, PORT, "A VRF 0", AT(7, "a text before a blank, found `0`")},
		{NFWARE_PORT, PORT, "A VRF 0 X INT 10.0.0.1:1 EXT 192.0.2.1:2",
		 AT(9, PROTOCOL ", found `X`")},
		{NFWARE_PORT, PORT, "A VRF 0 6 INX 1.1.1.1", AT(11, "`INT`, found `INX`")},
		{NFWARE_PORT, PORT, "A VRF 0 6 INT 10.0.0:57938 EXT",
		 AT(15, "an IPv4 or IPv6 address, found `10.0.0:57938`")},
		{NFWARE_PORT, PORT, "A VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:99999",
		 AT(40, "a port (0 to 65535), found `99999`")},
		{NFWARE_PORT, PORT, "A VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2   FOO",
		 AT(41, "the end of the line, found ` FOO`")},
		{NFWARE_SESSION, SESSION, "A VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2",
		 AT(41, "a blank and `DST`, found the end of the line")},
		{NFWARE_SESSION, SESSION, "A VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2 DST 9.9.9.9:53 DUR",
		 AT(57, "`DIR`, found `DUR`")},
		{NFWARE_SESSION, SESSION, "A VRF 0 6 INT 10.0.0.1:1 EXT 192.0.2.1:2 DST 9.9.9.9:53;",
		 AT(56, "a blank and `DIR` or the end of the line, found `;`")},
		{NFWARE_BLOCK, BLOCK, "A VRF 0 INT 10.0.0.1 EXT 100.64.0.300:1-2",
		 AT(26, "an IPv4 or IPv6 address, found `100.64.0.300:1-2`")},
		{"{src_ip}(<-->|->| -> ){x_ip}", ADDRESS, "1.1.1.1=>2.2.2.2",
		 AT(8, "`<-->`, `->` or a blank and `->`, found `=>2.2.2.2`")},
		{"(a|b|c|d|e|f|g|h)", IGNORE, "x", AT(1, "`a`, `b`, `c`, `d`, `e`, `f` or other, found `x`")},
		{"[{*} ]NAT-{protocol}-{action}: {*}", IGNORE, "host NAT-1 NAT-XX-C: 1",
		 AT(16, PROTOCOL ", found `XX-C:`")},
		{"{vrf_id};{*}", IGNORE, "abc def", AT(1, "a text before `;`, found `abc`")},
		{"{*};{vrf_id}", IGNORE, "abc def", AT(1, "(here or later) `;`, found `abc`")},
		{"x={vrf_id} y", IGNORE, "x= y", AT(3, "a text before a blank and `y`, found ` y`")},
		{"at {timestamp}", IGNORE, "at \x01\xff`~ noon", AT(4, "a time, found `\\x01\\xff`~`")},
		{"a{protocol}", IGNORE, "a123456789012345678901234567890123456789012345",
		 AT(2, PROTOCOL ", found `1234567890123456789012345678901234567890`")},
	};
	(void)state;
	CHECK_CASES(cases);
}

/* Of several templates the one that got furthest speaks, the first of equals. */
static void keeps_the_furthest(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		int type;
	} rules[] = {{"session_mapping", NFWARE_SESSION, SESSION},
		     {"port_mapping", NFWARE_PORT, PORT},
		     {"port_block_mapping", NFWARE_BLOCK, BLOCK}};
	static const char *const lines[][2] = {
		{"A VRF 0 INT 10.0.0.1 EXT 100.64.0.300:1-2",
		 "port_block_mapping stopped at column 26: expected an IPv4 or IPv6 address, found "
		 "`100.64.0.300:1-2`"},
		{"A VRF 0 6 INT 10.0.0",
		 "session_mapping stopped at column 15: expected an IPv4 or IPv6 address, found `10.0.0`"},
		{"A VRF 0 6 INT 10.0.0.1:1 EXT 100.64.0.1:1 DST 10.0",
		 "session_mapping stopped at column 47: expected an IPv4 or IPv6 address, found `10.0`"},
		{"hello", "session_mapping stopped at column 1: expected " ACTIONS ", found `hello`"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *line = lines[i][0];
		struct template *templates[3];
		struct miss m = {0};
		struct event ev;
		struct strbuf out;
		for (size_t r = 0; r < 3; r++) {
			templates[r] = must_compile(rules[r].text, rules[r].type);
			const struct template *before = m.from;
			assert_false(template_match(templates[r], line, strlen(line), 0, &ev, &m));
			if (m.from != before)
				m.rule = rules[r].name;
		}
		strbuf_init(&out);
		template_explain(&m, line, strlen(line), &out);
		assert_string_equal(out.data, lines[i][1]);
		strbuf_free(&out);
		for (size_t r = 0; r < 3; r++)
			template_free(templates[r]);
	}
}

static void says_nothing_when_nothing_was_tried(void **state)
{
	const struct miss m = {0};
	struct strbuf out;
	(void)state;
	strbuf_init(&out);
	template_explain(&m, "x", 1, &out);
	assert_int_equal(out.len, 0);
}

struct error_case {
	const char *template;
	int type;
	const char *expect;
};

static void refuses_what_it_does_not_know(void **state)
{
	static const struct error_case cases[] = {
		{"", IGNORE, "template: it is empty"},
		{" \t ", IGNORE, "template: it is empty"},
		{"a {src_pi}", IGNORE, "template column 3: unknown field \"src_pi\": did you mean src_ip?"},
		{"a {aktion}", IGNORE, "template column 3: unknown field \"aktion\": did you mean action?"},
		{"{qqq}", IGNORE,
		 "template column 1: unknown field \"qqq\": use one of src_ip, src_port (inside), "
		 "x_ip, x_port (outside, public), dst_ip, dst_port (destination), start_port, end_port (of a "
		 "block), "
		 "action (created, deleted), protocol, timestamp, host (address of the NAT device), "
		 "host_name, vrf_id, "
		 "subscriber; {word} and {*} skip what is no field"},
		{"a{src_ip", IGNORE,
		 "template column 2: { without }: close it, or write {{ for the character"},
		{"a}", IGNORE, "template column 2: } without {: write }} for the character"},
		{" a[b", IGNORE,
		 "template column 3: [ without ]: close it, write [[ for the character, and ]()] where two "
		 "close at once"},
		{"a(b", IGNORE,
		 "template column 2: ( without ): close it, write (( for the character, and )[]) where two "
		 "close at once"},
		{"a]", IGNORE, "template column 2: ] without [: write ]] for the character"},
		{"a)", IGNORE, "template column 2: ) without (: write )) for the character"},
		{"a|b", IGNORE, "template column 2: | outside of ( ): write || for the character"},
		{"(a]", IGNORE, "template column 3: ] before the ) of the alternative"},
		{"[a)", IGNORE, "template column 3: ) before the ] of the optional part"},
		{"[ a[ b[ c[ d[ e[ f[ g[ h[ i] ] ] ] ] ] ] ] ]", IGNORE,
		 "template column 25: brackets within brackets go deeper than 8"},
		{"{src_ip} {src_ip}", IGNORE,
		 "template column 10: {src_ip} stands twice on one way: keep one, or make them alternatives"},
		{"{action} [{event}]", IGNORE,
		 "template column 10: {action} stands twice on one way: keep one, or make them alternatives"},
		{"[a][b][c][d][e][f][g][h][i]", IGNORE,
		 "template column 25: more than 256 ways through the optional parts and alternatives: split "
		 "the template"},
		{"{*}{src_ip}", IGNORE,
		 "template column 4: {*} stands directly before {src_ip}, so its end cannot be found: put a "
		 "blank or other "
		 "text between them"},
		{"{vrf_id}[{host_name}]", IGNORE,
		 "template column 10: {vrf_id} stands directly before {host_name}, so its end cannot be "
		 "found: put a blank or "
		 "other text between them"},
		{"{src_ip}", BLOCK, "a port_block_mapping needs {x_ip}"},
		{"{src_ip} {x_ip}", BLOCK, "a port_block_mapping needs {start_port}"},
		{"{src_ip} {x_ip}:{x_port}", ADDRESS,
		 "an address_mapping has no {x_port}: skip that part of the text"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		size_t n = strlen(cases[i].template);
		assert_null(template_compile(guard_end(cases[i].template, n), n, cases[i].type, test_words(),
					     &e));
		assert_string_equal(e.msg, cases[i].expect);
		assert_int_equal(e.code, ERR_SCRIPT);
	}
}

static void takes_the_limits(void **state)
{
	struct err e = {0};
	char *longest = malloc(TEMPLATE_TEXT_MAX + 1);
	(void)state;
	assert_string_equal(outcome("[a][b][c][d][e][f][g][h]", IGNORE, "bdh"), "match");
	assert_string_equal(outcome("[ a[ b[ c[ d[ e[ f[ g[ h] ] ] ] ] ] ] ]", IGNORE, ""), "match");
	memset(longest, 'x', TEMPLATE_TEXT_MAX + 1);
	struct template *t = template_compile(longest, TEMPLATE_TEXT_MAX, IGNORE, test_words(), &e);
	assert_non_null(t);
	assert_string_equal(outcome_of(t, IGNORE, longest, TEMPLATE_TEXT_MAX), "match");
	assert_null(template_compile(longest, TEMPLATE_TEXT_MAX + 1, IGNORE, test_words(), &e));
	assert_string_equal(e.msg, "template: longer than 4096 bytes");
	template_free(t);
	free(longest);
}

static void limits_texts(void **state)
{
	char line[EVENT_TEXT_MAX + 10];
	struct template *t = must_compile("{vrf_id};", IGNORE);
	struct template *rest = must_compile(";{vrf_id}", IGNORE);
	(void)state;
	memset(line, 'x', sizeof(line));
	line[0] = ';';
	line[EVENT_TEXT_MAX + 1] = ';';
	assert_string_equal(outcome_of(t, IGNORE, line + 1, EVENT_TEXT_MAX + 1), "match");
	assert_string_equal(outcome_of(rest, IGNORE, line, EVENT_TEXT_MAX + 1), "match");
	line[EVENT_TEXT_MAX + 1] = 'x';
	line[EVENT_TEXT_MAX + 2] = ';';
	assert_non_null(
		strstr(outcome_of(t, IGNORE, line + 1, EVENT_TEXT_MAX + 2), "expected a text before `;`"));
	assert_non_null(
		strstr(outcome_of(rest, IGNORE, line, EVENT_TEXT_MAX + 2), "a text of at most 1024 bytes"));
	template_free(t);
	template_free(rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_where_it_stopped),
		cmocka_unit_test(keeps_the_furthest),
		cmocka_unit_test(says_nothing_when_nothing_was_tried),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(takes_the_limits),
		cmocka_unit_test(limits_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
