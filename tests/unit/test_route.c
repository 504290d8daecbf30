/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes: which scripts, in whose zone, for a message of this topic and host?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "event/timeparse.h"
#include "tests/unit/script_fixture.h"

/* What header and collector tell: the topic's zone, else that of the first script that declares one. */
static void zones_of_envelopes(void **state)
{
	struct fixture *f = *state;
	const char *collector = "{\"message\":\"created 10.0.0.1 192.0.2.1\",\"timestamp\":\"2025-05-02 "
				"11:00:00\"}";
	const char *header = "<13>2025-05-02 11:00:00 192.0.2.9 created 10.0.0.1 192.0.2.1";
	const char *b = "local b = vendor 'b'\nb:zone '+03:00'\nreturn b\n";
	fixture_write(f, "b.lua", b, strlen(b));
	fixture_script(f, "t:zone '+02:00'\nt:address_mapping '{action} {src_ip} {x_ip}'");
	assert_non_null(strstr(fixture_line(f, collector), "T08:00:00Z"));
	assert_non_null(strstr(fixture_line(f, header), "T08:00:00Z"));
	f->route = host_route_script(f->host, 1);
	assert_non_null(strstr(fixture_line(f, collector), "T09:00:00Z"));
	struct topic_config topic = {.pattern = "x", .zone_s = 3600};
	struct host_options o = {.jit = true};
	const char *t[] = {"t"};
	topic.vendors = t;
	topic.vendor_count = 1;
	fixture_unload(f);
	f->generation = generation_load(f->dir, &topic, 1, 7, &f->errors);
	f->host = host_new(f->generation, &o, &f->errors);
	f->route = host_route(f->host, "x");
	assert_non_null(strstr(fixture_line(f, collector), "T10:00:00Z"));
	assert_non_null(strstr(fixture_line(f, header), "T10:00:00Z"));
}

#define FROM(ip, name)                                                                           \
	"{\"message\":\"A created 10.0.0.1 192.0.2.1\",\"ip\":\"" ip "\",\"host\":\"" name "\"," \
	"\"timestamp\":\"2025-05-02 11:00:00\"}"

/* Devices choose their scripts, whose zone then holds for the collector's time too. */
static void scripts_by_host(void **state)
{
	struct fixture *f = *state;
	const char *a = "local a = vendor 'a'\na:address_mapping 'A {action} {src_ip} {x_ip}'\nreturn a";
	const char *b = "local b = vendor 'b'\nb:zone '+02:00'\nb:address_mapping '{*} {action} {src_ip} "
			"{x_ip}'\nb:records ';'\nreturn b";
	fixture_write(f, "a.lua", a, strlen(a));
	fixture_write(f, "b.lua", b, strlen(b));
	const char *const script_a[] = {"a"};
	const char *const script_b[] = {"b"};
	const struct topic_host hosts[] = {
		{.host = "10.1.0.0/16", .vendors = script_b, .vendor_count = 1},
		{.host = "cgn-3", .vendors = script_b, .vendor_count = 1},
		{.host = "10.1.0.1", .vendors = script_a, .vendor_count = 1},
	};
	struct topic_config topics[] = {
		{.pattern = "t", .vendors = script_a, .vendor_count = 1, .hosts = hosts, .host_count = 3},
		{.pattern = "only", .hosts = hosts, .host_count = 2},
	};
	topics[0].zone_s = topics[1].zone_s = TIME_ZONE_UNKNOWN;
	struct host_options o = {.jit = true};
	f->generation = generation_load(f->dir, topics, 2, 1, &f->errors);
	f->host = host_new(f->generation, &o, &f->errors);
	f->route = host_route(f->host, "t");
	static const struct {
		const char *line;
		uint32_t script;
	} cases[] = {
		{FROM("10.1.2.3", "x"), 1},
		{FROM("192.0.2.1", "CGN-3"), 1},
		{FROM("10.1.0.1", "x"), 0},
		{FROM("192.0.2.1", "x"), 0},
		{"<13>2025-05-02 11:00:00 cgn-3 A created 10.0.0.1 192.0.2.1", 1},
		{"A created 10.0.0.1 192.0.2.1", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *shown = fixture_line(f, cases[i].line);
		assert_int_equal(f->batch.event_count, 1);
		assert_int_equal(f->batch.events[0].script, cases[i].script);
		assert_true((strstr(shown, "T09:00:00Z") != NULL) == (cases[i].script == 1));
	}
	assert_int_equal(host_route(f->host, "t"), f->route);
	f->route = host_route(f->host, "only");
	fixture_line(f, FROM("10.1.2.3", "x"));
	assert_int_equal(f->batch.event_count, 1);
	assert_non_null(strstr(fixture_line(f, FROM("192.0.2.1", "x")),
			       "no vendor script serves this host; see topics.NAME.hosts"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(zones_of_envelopes),
		FIXTURE_TEST(scripts_by_host),
	};
	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
