/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers: what a function can do with message, event and emit, and that whatever it does wrong costs one
 * record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

#define HANDLER(body) "t:handler(function(message, event, emit)\n" body "\nend)\n"
#define FILL \
	"event.type = 'address_mapping' event.event = 1 event.src_ip = '10.0.0.1' event.x_ip = '192.0.2.1' "
#define EVENT "{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\"}\n"

static void emits(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, HANDLER(FILL
				  "emit(event) event.action = 'deleted' event.vrf_id = message.text emit()"));
	assert_string_equal(
		fixture_line(f, "green"), EVENT
		"{\"type\":\"address-mapping\",\"event\":2,\"vrf_id\":\"green\",\"src_ip\":\"10.0.0.1\","
		"\"x_ip\":\"192.0.2.1\"}\n");
	assert_int_equal(f->batch.events[1].index, 1);
	assert_int_equal(f->batch.counts.parsed, 1);
}

/* What one record left behind is not there for the next. */
static void starts_clear(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "local kept\n" HANDLER(
				  "if kept then kept.type = 'address_mapping' kept.event = 1 emit(kept) end "
				  "kept = event " FILL "emit(event)"));
	assert_string_equal(fixture_line(f, "x"), EVENT);
	assert_string_equal(fixture_line(f, "x"), "dead 0 t/handler 0: t.lua:4: src_ip is missing\n");
}

static void next_rule(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f,
		HANDLER("event.x_ip = '192.0.2.99' if message.text == 'ignore' then return message:ignore() "
			"end") "t:address_mapping '{action} {src_ip} {x_ip}'\n" HANDLER(FILL "emit(event)"));
	assert_string_equal(fixture_line(f, "ignore"), "ignored\n");
	assert_string_equal(fixture_line(f, "other"), EVENT);
	assert_non_null(strstr(fixture_line(f, "deleted 10.0.0.7 192.0.2.7"), "10.0.0.7"));
}

/* Runs the body over one line; the reason of the dead letter that it must give, without file and line. */
static const char *dies(struct fixture *f, const char *body)
{
	struct strbuf script = {0};
	strbuf_printf(&script, HANDLER("%s"), body);
	fixture_script(f, script.data);
	strbuf_free(&script);
	const char *shown = fixture_line(f, "some line 42");
	const char *prefix = "dead 0 t/handler 0: ";
	if (strncmp(shown, prefix, strlen(prefix)) != 0)
		fail_msg("no dead letter: %s: %s", body, shown);
	assert_int_equal(f->batch.event_count, 0);
	const char *where = "t.lua:3: ";
	shown += strlen(prefix);
	return strncmp(shown, where, strlen(where)) == 0 ? shown + strlen(where) : shown;
}

static void errors_tell_where(void **state)
{
	struct fixture *f = *state;
	const struct {
		const char *body;
		const char *reason;
	} cases[] = {
		{"event.src_ip = '10.0.0'", "src_ip: expected an IPv4 or IPv6 address, found `10.0.0`\n"},
		{"event.src_port = 70000", "src_port: expected a port (0 to 65535), found `70000`\n"},
		{"event.src_port = -1", "src_port: expected a port (0 to 65535), found `-1`\n"},
		{"event.src_port = 1.5", "src_port: expected a port (0 to 65535), found `1.5`\n"},
		{"event.src_port = 0/0", "src_port: expected a port (0 to 65535), found `not a number`\n"},
		{"event.src_port = 1e300", "src_port: expected a port (0 to 65535), found `1e+300`\n"},
		{"event.src_port = '443 '", "src_port: expected a port (0 to 65535), found `443 `\n"},
		{"event.src_port = {}", "src_port: expected a text or a number, found table\n"},
		{"event.scr_port = 1", "an event has no scr_port; did you mean src_port?\n"},
		{"return event.scr_port", "an event has no scr_port; did you mean src_port?\n"},
		{"event.type = 'sesion'", "type: expected session_mapping"},
		{"event.type = nil emit()", "the event has no type\n"},
		{"event.action = 'Q'", "event: expected an action"},
		{"return message.txt", "a message has no txt; did you mean text?\n"},
		{"message.text = 'x'", "message.text cannot be changed; write to the event\n"},
		{"return message:cursor():skipp('x')", "a cursor has no skipp; did you mean skip?\n"},
		{"return message:cursor():read('scr_ip')", "an event has no scr_ip; did you mean src_ip?\n"},
		{"return message:cursor():skip()", "skip takes a text in quotes\n"},
		{"return message:get(7)", "message:get takes the name of a member in quotes\n"},
		{FILL "emit() error({})", "the handler raised an error that is no text\n"},
		{FILL "emit() error('broken', 0)", "broken\n"},
		{FILL "emit() message:ignore()", "an event of this message was emitted before\n"},
		{FILL "message:ignore() emit()", "this message was ignored before\n"},
		{FILL "emit() emit({})", "emit takes the event that the handler was given\n"},
		{FILL "for i = 1, 1001 do emit() end", "more than 1000 events of one record\n"},
		{"return nothing", "nothing is named nothing here; a text stands in quotes: \"nothing\"\n"},
		{"return strin", "nothing is named strin here; did you mean string?\n"},
		{"count = 1", "write `local count = ...`: scripts share no names\n"},
		{"return message.text:match('(%d+)')",
		 "there is no string.match: use a template, a regex rule or message:cursor()"},
		{"return string.fnd", "there is no string.fnd; did you mean find?\n"},
		{"return ('x'):rep(1e9)", "string.rep: would make more than 65536 bytes\n"},
		{"t:ignore 'x'", "only while the script loads, not in a handler\n"},
		{"event.vrf_id = 'a\\0b' " FILL "emit()", "vrf_id"},
		{"event.vrf_id = '\\255' " FILL "emit()", "vrf_id"},
		{"event.vrf_id = ('x'):rep(1025)", "vrf_id: longer than 1024 bytes\n"},
		{"for i = 1, 1025 do event.vrf_id = ('x'):rep(1024) end",
		 "vrf_id: the handler wrote more than 1048576 bytes"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *reason = dies(f, cases[i].body);
		if (strncmp(reason, cases[i].reason, strlen(cases[i].reason)) != 0)
			fail_msg("%s\n  expected %s  got      %s", cases[i].body, cases[i].reason, reason);
	}
}

/* Runaway recursion and memory end as dead letters; the next line is read as if nothing had been. */
static void limits(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f, HANDLER("local function deep() return 1 + deep() end\n"
			   "if message.text == 'deep' then deep() end\n"
			   "if message.text == 'memory' then local s = 'x' while true do s = s .. s end end\n"
			   "if message.text == 'table' then local t = {} while true do t[#t + 1] = {} end "
			   "end\n" FILL "emit()"));
	for (int i = 0; i < 2; i++) { /* before the handler is not asked any more */
		assert_non_null(strstr(fixture_line(f, "deep"), "stack overflow"));
		assert_string_equal(fixture_line(f, "x"), EVENT);
		assert_non_null(strstr(fixture_line(f, "memory"), "took more memory than a script may"));
		assert_string_equal(fixture_line(f, "x"), EVENT);
		assert_non_null(strstr(fixture_line(f, "table"), "took more memory than a script may"));
		assert_string_equal(fixture_line(f, "x"), EVENT);
	}
}

static void values(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:actions { A = 'created' }\n" HANDLER(
				  "event.type = 'session_mapping' event.event = 'A' event.protocol = 'tcp' "
				  "event.src_ip = "
				  "'2001:DB8:0:0::1' event.src_port = 443 event.x_ip = '192.0.2.1' "
				  "event.dst_port = '53' "
				  "event.timestamp = 1562092616.5 event.subscriber = 7\n"
				  "event.vrf_id = event.type .. event.event .. event.protocol .. "
				  "event.src_ip .. event.src_port "
				  ".. event.timestamp .. tostring(event.x_port) .. tostring(event.host) .. "
				  "event.subscriber\n"
				  "event.dst_port = nil emit(event)"));
	assert_string_equal(
		fixture_line(f, "x"),
		"{\"type\":\"session-mapping\",\"timestamp\":\"2019-07-02T18:36:56.500Z\",\"event\":1,"
		"\"vrf_id\":\"session_mapping162001:db8::14432019-07-02T18:36:56.500Znilnil7\",\"protocol\":"
		"6,"
		"\"src_ip\":\"2001:db8::1\",\"src_port\":443,\"x_ip\":\"192.0.2.1\",\"subscriber\":\"7\"}\n");
}

static void message_parts(void **state)
{
	struct fixture *f = *state;
	fixture_script(f,
		       HANDLER("error(tostring(message.text) .. '|' .. tostring(message.host) .. '|' .. "
			       "tostring(message.host_name) .. '|' .. tostring(message.program) .. '|' .. "
			       "tostring(message.topic) .. '|' .. tostring(message.timestamp) .. '|' .. "
			       "tostring(message:get('NAS')) .. '|' .. tostring(message:get('none')), 0)"));
	assert_string_equal(
		fixture_line(f, "{\"timestamp\":\"2025-05-02T11:34:56Z\",\"message\":\"hello\",\"ip\":"
				"\"192.0.2.9\",\"host\":\"nat1\",\"program\":\"cgn\"}"),
		"dead 0 t/handler 0: hello|192.0.2.9|nat1|cgn|cgnat.test|2025-05-02T11:34:56Z|nil|nil\n");
	assert_non_null(strstr(fixture_line(f, "{\"NAS\":\"a\\u0041\",\"x\":1}"), "|aA|nil\n"));
	assert_non_null(strstr(fixture_line(f, "raw"), "raw|nil|nil|nil|cgnat.test|nil|nil|nil\n"));
}

static void cursor(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, HANDLER("local c = message:cursor()\n"
				  "local seen = {}\n"
				  "local function see(v) seen[#seen + 1] = tostring(v) end\n"
				  "see(c:skip('B')) see(c:skip('A VRF ')) see(c:position()) see(c:number()) "
				  "see(c:number())\n"
				  "see(c:find('nowhere')) see(c:find('INT ')) see(c:endpoint('src_ip', "
				  "'src_port')) see(event.src_ip)\n"
				  "see(c:read('x_ip')) see(c:skip(' ')) see(c:read('x_ip')) see(event.x_ip) "
				  "see(c:skip(' '))\n"
				  "see(c:word()) see(c:rest()) see(c:rest()) see(c:word()) "
				  "see(c:read('vrf_id')) see(c:position())\n"
				  "error(table.concat(seen, ' '), 0)"));
	assert_string_equal(fixture_line(f, "A  VRF 17 x INT [2001:db8::1]:80 192.0.2.1 two words"),
			    "dead 0 t/handler 0: false true 8 17 nil false true true 2001:db8::1 false true "
			    "true 192.0.2.1 "
			    "true two  words nil nil false 53\n");
}

/* A handler without end costs its record; see also test_limits.c. */
static void endless(void **state)
{
	struct fixture *f = *state;
	struct host_options o = {.jit = false};
	fixture_script(f, HANDLER("if message.text == 'x' then while true do end end " FILL "emit(event)"));
	host_free(f->host);
	f->host = host_new(f->generation, &o, &f->errors);
	f->route = host_route_all(f->host);
	batch_reset(&f->batch);
	for (int i = 0; i < 3; i++)
		fixture_add(f, i == 1 ? "y" : "x", 1);
	const char *dead =
		"t/handler 0: t.lua:3: the handler does not come to an end on this record (limit: ";
	const char *shown = fixture_run(f);
	assert_int_equal(f->batch.event_count, 1);
	assert_int_equal(f->batch.dead_count, 2);
	assert_non_null(strstr(shown, dead));
	assert_string_equal(fixture_line(f, "y"), EVENT);
}

static void emit_at_load(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "local kept\n" HANDLER("kept = kept or {} kept.emit = emit " FILL "emit()"));
	assert_string_equal(fixture_line(f, "x"), EVENT);
}

static void siblings_survive(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:records ','\n" HANDLER(FILL
						    "emit() if message.text == 'bad' then error('bad') end"));
	const char *shown = fixture_line(f, "good,bad,good");
	assert_string_equal(shown, EVENT EVENT "dead 1 t/handler 0: t.lua:4: bad\n");
	assert_int_equal(f->batch.events[1].index, 2 * HOST_EVENTS_MAX);
	assert_int_equal(f->batch.events[1].record, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(emits),         FIXTURE_TEST(starts_clear),
		FIXTURE_TEST(next_rule),     FIXTURE_TEST(errors_tell_where),
		FIXTURE_TEST(limits),        FIXTURE_TEST(values),
		FIXTURE_TEST(message_parts), FIXTURE_TEST(cursor),
		FIXTURE_TEST(emit_at_load),  FIXTURE_TEST(siblings_survive),
		FIXTURE_TEST(endless),
	};
	return cmocka_run_group_tests_name("handler", tests, NULL, NULL);
}
