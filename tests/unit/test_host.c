/* SPDX-License-Identifier: Apache-2.0
 *
 * The batch loop with declared rules: what becomes of records, where fields come from, how everything is
 * accounted for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

#include "event/timeparse.h"
#include "script/walk.h"

#define ADDRESS "t:actions { A = 'created', D = 'deleted' }\nt:address_mapping '{action} {src_ip} {x_ip}'\n"
#define EVENT(inside) \
	"{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"" inside "\",\"x_ip\":\"192.0.2.1\"}\n"

static void declared_rules(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, ADDRESS "t:ignore 'keepalive {*}'");
	assert_string_equal(fixture_line(f, "A 10.0.0.1 192.0.2.1"), EVENT("10.0.0.1"));
	assert_string_equal(fixture_line(f, "  A  10.0.0.1\t192.0.2.1 \r\n"), EVENT("10.0.0.1"));
	assert_string_equal(fixture_line(f, "keepalive 17"), "ignored\n");
	assert_string_equal(
		fixture_line(f, "A 10.0.0 192.0.2.1"),
		"dead 0 t/address_mapping 3: address_mapping stopped at column 3: expected an IPv4 or IPv6 "
		"address, found `10.0.0`\n");
	const struct dead_letter *d = &f->batch.dead[0];
	assert_int_equal(d->generation, 7);
	assert_string_equal(d->script_hash, generation_script_hash(f->generation, 0));
	assert_string_equal(d->output, "");
}

static void first_rule_wins(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:ignore 'created 10.9.{*}'\nt:address_mapping '{action} {src_ip} {x_ip}'");
	assert_string_equal(fixture_line(f, "created 10.9.0.1 192.0.2.1"), "ignored\n");
	assert_string_equal(fixture_line(f, "created 10.0.0.1 192.0.2.1"), EVENT("10.0.0.1"));
}

static void whole_messages(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, ADDRESS);
	batch_reset(&f->batch);
	fixture_add(f, NULL, 0)->tombstone = true;
	fixture_add(f, "", 0);
	fixture_add(f, " \t ", 3);
	fixture_add(f, "{\"message\": 7", 13);
	fixture_add(f, "A 10.0.0.1 192.0.2.1", 20)->route = 99;
	fixture_add(f, "A 10.0.0.1 192.0.2.1", 20);
	const char *shown = fixture_run(f);
	assert_int_equal(f->batch.counts.messages, 6);
	assert_int_equal(f->batch.counts.tombstones, 1);
	assert_int_equal(f->batch.counts.ignored, 1);
	assert_int_equal(f->batch.counts.dead, 4);
	assert_int_equal(f->batch.counts.parsed, 1);
	assert_int_equal(f->batch.counts.bytes, 0 + 0 + 3 + 13 + 20 + 20);
	assert_int_equal(f->batch.events[0].message, 5);
	assert_int_equal(f->batch.dead[3].message, 4);
	assert_non_null(strstr(shown, "dead 0 / 0: no vendor script serves this topic\n"));
	assert_non_null(strstr(shown, EVENT("10.0.0.1")));
}

/* One bad record does not discard its siblings; blank lines are no records. */
static void records(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:records '\\n'\n" ADDRESS);
	const char *shown = fixture_line(f, "A 10.0.0.1 192.0.2.1\n\nbroken\r\nA 10.0.0.3 192.0.2.1\n");
	assert_non_null(strstr(shown, EVENT("10.0.0.1") EVENT("10.0.0.3") "dead 1 t/"));
	assert_int_equal(f->batch.counts.records, 3);
	const struct event *ev = f->batch.events;
	assert_int_equal(ev[0].record, 0);
	assert_int_equal(ev[0].index, 0);
	assert_int_equal(ev[1].record, 2);
	assert_int_equal(ev[1].index, 2 * HOST_EVENTS_MAX); /* as if the record before had been read */
	assert_int_equal(f->batch.dead[0].index, 1);        /* more came behind it */
	assert_int_equal(f->batch.messages[0].records, 3);
	fixture_line(f, "A 10.0.0.1 192.0.2.1\nbroken\n \n");
	assert_int_equal(f->batch.dead[0].index, 0);
	fixture_script(f, "t:records '||'\n" ADDRESS);
	fixture_line(f, "A 10.0.0.1 192.0.2.1||A 10.0.0.3 192.0.2.1|");
	assert_int_equal(f->batch.counts.parsed, 1);
	assert_int_equal(f->batch.counts.dead, 1);
	assert_string_equal(fixture_line(f, "||"), "dead 0 / 0: empty message\n");
	assert_string_equal(fixture_line(f, " || ||\n"), "dead 0 / 0: empty message\n");
	assert_int_equal(f->batch.counts.records, 1);
}

static void too_many_records(void **state)
{
	struct fixture *f = *state;
	size_t len = 2 * (HOST_RECORDS_MAX + 10);
	char *text = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 2 == 0 ? 'x' : '\n';
	text[len] = '\0';
	fixture_script(f, "t:records '\\n'\nt:ignore 'x'");
	const char *shown = fixture_line(f, text);
	assert_int_equal(f->batch.counts.ignored, HOST_RECORDS_MAX);
	assert_int_equal(f->batch.counts.dead, 1);
	assert_non_null(strstr(shown, "dead 65536 / 0: more records in one message"));
	free(text);
}

#define SYSLOG(message)                                                  \
	"{\"timestamp\":\"2025-05-02T11:34:56Z\",\"message\":\"" message \
	"\",\"ip\":\"203.0.113.9\",\"host\":\"nat1\"}"

/* The envelope knows better who sent it, the line knows better when. */
static void origin(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f,
		"t:address_mapping '{action} {src_ip} {x_ip}[ on {timestamp}][ by {host}][ at {host_name}]'");
	const char *rest = "\"event\":1,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\",\"host_name\":";
	const char *shown = fixture_line(f, SYSLOG("created 10.0.0.1 192.0.2.1"));
	assert_non_null(strstr(shown, "\"timestamp\":\"2025-05-02T11:34:56Z\",\"host\":\"203.0.113.9\","));
	assert_non_null(strstr(shown, rest));
	assert_non_null(strstr(shown, "\"nat1\""));
	shown = fixture_line(
		f, SYSLOG("created 10.0.0.1 192.0.2.1 on 2024-01-01T00:00:00Z by 192.0.2.7 at nat2"));
	assert_non_null(strstr(shown, "\"timestamp\":\"2024-01-01T00:00:00Z\",\"host\":\"203.0.113.9\","));
	assert_non_null(strstr(shown, "\"nat2\""));
	shown = fixture_line(f, "created 10.0.0.1 192.0.2.1 by 192.0.2.7");
	assert_non_null(strstr(shown, "\"host\":\"192.0.2.7\","));
	assert_null(strstr(shown, "timestamp"));
	batch_reset(&f->batch);
	fixture_add(f, "created 10.0.0.1 192.0.2.1", 26)->timestamp = 1000000;
	assert_non_null(strstr(fixture_run(f), "\"timestamp\":\"1970-01-01T00:00:01Z\""));
}

static void host_and_time_needed(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:address_mapping '{action} {src_ip} {x_ip}'");
	assert_true(fixture_load(f, true));
	assert_non_null(strstr(fixture_line(f, "created 10.0.0.1 192.0.2.1"),
			       "dead 0 t/address_mapping 0: address_mapping: "));
	batch_reset(&f->batch);
	fixture_add(f, "created 10.0.0.1 192.0.2.1", 26)->timestamp = 1000000;
	assert_non_null(strstr(fixture_run(f), "host is missing: neither envelope nor header tells it; set "
					       "topics.cgnat.test.host\n"));
	assert_null(strstr(fixture_line(f, SYSLOG("created 10.0.0.1 192.0.2.1")), "dead"));
}

static void zones(void **state)
{
	struct fixture *f = *state;
	const char *line = "created 10.0.0.1 192.0.2.1 on 2025-05-02 11:00:00";
	const char *vendors[] = {"t"};
	struct topic_config topic = {.pattern = "cgnat.test",
				     .vendors = vendors,
				     .vendor_count = 1,
				     .zone_s = 3600};
	assert_int_equal(ip_parse("192.0.2.77", 10, &topic.host), 0);
	struct host_options o = {.jit = true, .need_host_time = true};
	for (int declared = 0; declared < 2; declared++) {
		fixture_script(f, declared ? "t:zone '+02:00'\nt:address_mapping '{action} {src_ip} {x_ip} "
					     "on {timestamp}'"
					   : "t:address_mapping '{action} {src_ip} {x_ip} on {timestamp}'");
		assert_null(strstr(fixture_line(f, line), declared ? "dead" : "timestamp"));
		fixture_unload(f);
		f->generation = generation_load(f->dir, &topic, 1, 7, &f->errors);
		f->host = host_new(f->generation, &o, &f->errors);
		f->route = host_route(f->host, "cgnat.test");
		const char *shown = fixture_line(f, line);
		assert_non_null(strstr(shown, declared ? "T09:00:00Z" : "T10:00:00Z"));
		assert_non_null(strstr(shown, "\"host\":\"192.0.2.77\""));
	}
}

static void constants(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:port_mapping('FIX {src_ip}[ {vrf_id}] -> {x_ip}', "
			  "{ action = 'created', protocol = 'udp', src_port = 53, vrf_id = 'blue' })");
	assert_string_equal(fixture_line(f, "FIX 10.0.0.1 -> 192.0.2.1"),
			    "{\"type\":\"port-mapping\",\"event\":1,\"vrf_id\":\"blue\",\"protocol\":17,"
			    "\"src_ip\":\"10.0.0.1\","
			    "\"src_port\":53,\"x_ip\":\"192.0.2.1\"}\n");
	assert_non_null(strstr(fixture_line(f, "FIX 10.0.0.1 green -> 192.0.2.1"), "\"vrf_id\":\"green\""));
}

/* An event that the line tells wrong is a dead letter of the rule that read it, not of the last one tried. */
static void invalid_event(void **state)
{
	struct fixture *f = *state;
	fixture_script(
		f, "t:port_block_mapping '{action} {src_ip} {x_ip} {start_port}-{end_port}'\nt:ignore '{*}'");
	const char *shown = fixture_line(f, "created 10.0.0.1 192.0.2.1 2000-1000");
	assert_non_null(strstr(shown, "dead 0 t/port_block_mapping 0: port_block_mapping: "));
}

static void regexes(void **state)
{
	struct fixture *f = *state;
	fixture_script(f,
		       "t:regex('ignore', '^debug')\n"
		       "t:regex('address_mapping', [[^(?P<action>\\w+) (?P<src_ip>\\S+) (?P<x_ip>\\S+)$]])\n"
		       "t:regex('ignore', '^(a+)+$')\n");
	assert_string_equal(fixture_line(f, "created 10.0.0.1 192.0.2.1"), EVENT("10.0.0.1"));
	assert_string_equal(fixture_line(f, "debug me"), "ignored\n");
	assert_string_equal(fixture_line(f, "created 10.0.0.1 nobody"),
			    "dead 0 t/address_mapping 18: address_mapping stopped at column 18: x_ip: "
			    "expected an IPv4 or "
			    "IPv6 address, found `nobody`\n");
	assert_string_equal(fixture_line(f, "other"), "dead 0 t/ 0: no rule of t fits\n");
	assert_non_null(strstr(fixture_line(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
			       "the regex takes too many steps"));
}

static void several_scripts(void **state)
{
	struct fixture *f = *state;
	const char *b = "local b = vendor 'b'\nb:topics { 'shared', '^only%.b' }\nb:address_mapping 'B "
			"{action} {src_ip} "
			"{x_ip}'\nreturn b";
	const char *a = "local a = vendor 'a'\na:topics 'shared'\na:address_mapping '(A|B) {action} {src_ip} "
			"{x_ip}'\n"
			"return a";
	fixture_write(f, "b.lua", b, strlen(b));
	fixture_write(f, "a.lua", a, strlen(a));
	assert_true(fixture_load(f, false));
	f->route = host_route(f->host, "shared");
	fixture_line(f, "B created 10.0.0.1 192.0.2.1");
	assert_string_equal(generation_script_name(f->generation, f->batch.events[0].script), "a");
	assert_non_null(strstr(fixture_line(f, "B created x"), "dead 0 a/address_mapping 11: "));
	assert_int_equal(host_route(f->host, "nobody"), -1);
	assert_int_equal(host_route(f->host, "nobody"), -1);
	assert_int_equal(host_route(f->host, "shared"), f->route);
	const char *const order[] = {"b", "a"};
	struct topic_config topics[] = {
		{.pattern = "^s", .vendors = order, .vendor_count = 1, .zone_s = TIME_ZONE_UNKNOWN},
		{.pattern = "shared", .vendors = order, .vendor_count = 2, .zone_s = TIME_ZONE_UNKNOWN},
	};
	struct host_options o = {.jit = false};
	fixture_unload(f);
	f->generation = generation_load(f->dir, topics, 2, 1, &f->errors);
	f->host = host_new(f->generation, &o, &f->errors);
	f->route = host_route(f->host, "shared"); /* the name before the pattern */
	fixture_line(f, "B created 10.0.0.1 192.0.2.1");
	assert_string_equal(generation_script_name(f->generation, f->batch.events[0].script), "b");
	fixture_line(f, "A created 10.0.0.1 192.0.2.1");
	assert_int_equal(f->batch.event_count, 1);
	f->route = host_route(f->host, "some");
	fixture_line(f, "A created 10.0.0.1 192.0.2.1");
	assert_int_equal(f->batch.event_count, 0);
}

/* An arena that is too small costs memory, never a message. */
static void small_arena(void **state)
{
	struct fixture *f = *state;
	static char big[200000];
	fixture_script(f, ADDRESS "t:ignore 'x {*}'");
	batch_free(&f->batch);
	batch_init(&f->batch, 100, 16);
	memset(big, 'x', sizeof big);
	big[1] = ' ';
	for (int i = 0; i < 50; i++)
		fixture_add(f, i % 2 == 0 ? big : "A 10.0.0.1 192.0.2.1", i % 2 == 0 ? sizeof big : 20);
	fixture_run(f);
	assert_int_equal(f->batch.counts.ignored, 25);
	assert_int_equal(f->batch.counts.parsed, 25);
}

static void loop_survives_batches(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, ADDRESS);
	for (int i = 0; i < 300; i++) {
		batch_reset(&f->batch);
		for (int k = 0; k < 100; k++)
			fixture_add(f, k % 3 == 0 ? "junk" : "A 10.0.0.1 192.0.2.1", k % 3 == 0 ? 4 : 20);
		fixture_run(f);
		assert_int_equal(f->batch.counts.parsed, 66);
		assert_int_equal(f->batch.counts.dead, 34);
	}
}

/* A template that fits record after record is tried before its words are looked for: that changes nothing of
 * what becomes of the lines behind. */
static void the_usual_template(void **state)
{
	static const char *const lines[] = {"A 10.0.0.1 EXT 192.0.2.1",
					    "A 10.0.0.1 EXT 192.0.2",
					    "gone 7 EXT",
					    "B 10.0.0.1 192.0.2.1",
					    "A 10.0.0.1 192.0.2.1",
					    "junk"};
	struct fixture *f = *state;
	struct strbuf alone = {0};
	fixture_script(f, "t:actions { A = 'created', B = 'deleted' }\n"
			  "t:address_mapping '{action} {src_ip} EXT {x_ip}'\n"
			  "t:address_mapping '{action} {src_ip} {x_ip}'\nt:ignore 'gone {*}'");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		strbuf_reset(&alone);
		strbuf_adds(&alone, fixture_line(f, lines[i]));
		batch_reset(&f->batch);
		for (int k = 0; k < 3 * WALK_USUAL; k++)
			fixture_add(f, lines[0], strlen(lines[0]));
		fixture_add(f, lines[i], strlen(lines[i]));
		const char *last = fixture_run(f);
		for (int k = 0; k < 3 * WALK_USUAL; k++)
			last = strchr(last, '\n') + 1;
		assert_string_equal(last, alone.data);
	}
	strbuf_free(&alone);
}

/* A collector took the word that tells the event for the program. */
static void program_in_front(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:actions { MADE = 'created', GONE = 'deleted' }\n"
			  "t:address_mapping '%NAT-{action}: {src_ip} {x_ip}'\n"
			  "t:port_mapping('{src_ip}:{src_port} {x_ip}', { action = 'created' })");
	assert_string_equal(fixture_line(f, "{\"program\":\"%NAT-GONE\",\"message\":\"10.0.0.1 192.0.2.1\"}"),
			    "{\"type\":\"address-mapping\",\"event\":2,\"src_ip\":\"10.0.0.1\",\"x_ip\":"
			    "\"192.0.2.1\"}\n");
	assert_string_equal(
		fixture_line(f, "{\"program\":\"%NAT-GONE\",\"message\":\"10.0.0.1:7 192.0.2.1\"}"),
		"{\"type\":\"port-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\",\"src_port\":7,\"x_ip\":"
		"\"192.0.2.1\"}\n");
	assert_string_equal(fixture_line(f, "{\"program\":\"%NAT-LOST\",\"message\":\"10.0.0.1 192.0.2\"}"),
			    "dead 0 t/port_mapping 9: port_mapping stopped at column 9: expected `:`, found "
			    "` 192.0.2`\n");
}

/* The text stands in the way of the first record only, and what is tried in vain is given back. */
static void program_costs_nothing(void **state)
{
	struct fixture *f = *state;
	struct strbuf value = {0};
	fixture_script(f, "t:records ';'\nt:address_mapping('P: {src_ip} {x_ip}', { action = 'created' })");
	batch_reset(&f->batch);
	strbuf_adds(&value, "{\"program\":\"P\",\"message\":\"bad;10.0.0.1 192.0.2.1");
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&value, ";x");
	strbuf_adds(&value, "\"}");
	fixture_add(f, value.data, value.len);
	fixture_add(f, "P: 10.0.0.2 192.0.2.2", 21);
	const char *shown = fixture_run(f);
	assert_non_null(strstr(shown, "\"src_ip\":\"10.0.0.2\""));
	assert_int_equal(f->batch.event_count, 1);
	/* A hundred letters, then one for the rest. */
	assert_int_equal(f->batch.dead_count, 101);
	assert_non_null(strstr(shown, "the rest of a message of which 100 records could not be read"));
	assert_true(f->batch.arena.len < 64 << 10);
	strbuf_free(&value);
}

/* The members of a JSON record belong together, whatever separates records of text. */
static void records_are_not_cut(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, "t:records ';'\nt:json('address_mapping', { a = '{src_ip}', b = '{x_ip}' }, { "
			  "action = 'created' })");
	fixture_line(f, "{\"note\":\"1;2;3\",\"a\":\"10.0.0.1\",\"b\":\"192.0.2.1\"}");
	assert_int_equal(f->batch.event_count, 1);
	assert_int_equal(f->batch.dead_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(program_costs_nothing),
		FIXTURE_TEST(records_are_not_cut),
		FIXTURE_TEST(program_in_front),
		FIXTURE_TEST(declared_rules),
		FIXTURE_TEST(first_rule_wins),
		FIXTURE_TEST(whole_messages),
		FIXTURE_TEST(records),
		FIXTURE_TEST(too_many_records),
		FIXTURE_TEST(origin),
		FIXTURE_TEST(host_and_time_needed),
		FIXTURE_TEST(zones),
		FIXTURE_TEST(constants),
		FIXTURE_TEST(invalid_event),
		FIXTURE_TEST(regexes),
		FIXTURE_TEST(several_scripts),
		FIXTURE_TEST(small_arena),
		FIXTURE_TEST(loop_survives_batches),
		FIXTURE_TEST(the_usual_template),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
