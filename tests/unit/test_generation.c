/* SPDX-License-Identifier: Apache-2.0
 *
 * Generations: which files are taken, hashes, topics to subscribe, errors of the configuration's topics,
 * references.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "event/timeparse.h"
#include "script/topics.h"
#include "tests/unit/script_fixture.h"

static const char *load_error(struct fixture *f, const char *dir, const struct topic_config *topics, size_t n)
{
	fixture_unload(f);
	f->generation = generation_load(dir, topics, n, 1, &f->errors);
	assert_null(f->generation);
	return f->errors.items[0].msg;
}

static void write_vendor(struct fixture *f, const char *name, const char *topics)
{
	struct strbuf text = {0};
	struct strbuf file = {0};
	strbuf_printf(&text, "local v = vendor '%s'\n%s\nreturn v\n", name, topics);
	strbuf_printf(&file, "%s.lua", name);
	fixture_write(f, file.data, text.data, text.len);
	strbuf_free(&text);
	strbuf_free(&file);
}

static void folder(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(load_error(f, "/nowhere", NULL, 0),
			    "cannot read the folder of vendor scripts '/nowhere': No such file or directory");
	assert_string_equal(load_error(f, "", NULL, 0),
			    "cannot read the folder of vendor scripts '': it has no name");
	assert_non_null(strstr(load_error(f, f->dir, NULL, 0),
			       "no vendor scripts (NAME.lua) in '/tmp/natmill-test-"));
	fixture_write(f, ".hidden.lua", "x", 1);
	fixture_write(f, "b.lua~", "x", 1);
	fixture_write(f, "b.samples", "x", 1);
	write_vendor(f, "b", "v:topics 'one'");
	write_vendor(f, "a-1", "");
	write_vendor(f, "b_2", "");
	assert_true(fixture_load(f, false));
	assert_int_equal(generation_script_count(f->generation), 3);
	assert_string_equal(generation_script_name(f->generation, 0), "a-1");
	assert_string_equal(generation_script_name(f->generation, 1), "b");
	assert_string_equal(generation_script_name(f->generation, 2), "b_2");
	assert_int_equal(generation_number(f->generation), 7);
	struct err e;
	assert_int_equal(generation_script_find(f->generation, "b", &e), 1);
	assert_int_equal(generation_script_find(f->generation, "b_3", &e), -1);
	assert_string_equal(e.msg, "no vendor script 'b_3'; did you mean 'b_2'?");
	fixture_write(f, "Big Name.lua", "x", 1);
	assert_non_null(
		strstr(load_error(f, f->dir, NULL, 0), "Big Name.lua: a vendor's name has small letters"));
}

static void hashes(void **state)
{
	struct fixture *f = *state;
	fixture_write(f, "t.lua", "local t = vendor 't' return t", 29);
	assert_true(fixture_load(f, false));
	/* printf "local t = vendor 't' return t" | sha256sum */
	assert_string_equal(generation_script_hash(f->generation, 0),
			    "3c9738f5c44c9a1e98e15c31ec8ce3eec7812ec9f434992ccb8c6db81ac67402");
}

static void too_big(void **state)
{
	struct fixture *f = *state;
	char *text = xmalloc(GENERATION_SCRIPT_MAX + 1);
	memset(text, ' ', GENERATION_SCRIPT_MAX + 1);
	fixture_write(f, "t.lua", text, GENERATION_SCRIPT_MAX + 1);
	free(text);
	assert_non_null(strstr(load_error(f, f->dir, NULL, 0), "larger than 1048576 bytes"));
}

static void subscription(void **state)
{
	struct fixture *f = *state;
	const char *const *names;
	write_vendor(f, "a", "v:topics { 'one', '^two[.]' }");
	write_vendor(f, "b", "v:topics 'one'\nv:topics 'three'");
	assert_true(fixture_load(f, false));
	assert_int_equal(generation_topics(f->generation, &names), 3);
	assert_string_equal(names[0], "one");
	assert_string_equal(names[1], "^two[.]");
	assert_string_equal(names[2], "three");
	assert_true(host_route(f->host, "two.x") >= 0);
	assert_int_equal(host_route(f->host, "two"), -1);
	struct topic_config topics[] = {{.pattern = "^x", .zone_s = TIME_ZONE_UNKNOWN},
					{.pattern = "one", .zone_s = TIME_ZONE_UNKNOWN}};
	fixture_unload(f);
	f->generation = generation_load(f->dir, topics, 2, 1, &f->errors);
	assert_int_equal(generation_topics(f->generation, &names), 2);
	assert_string_equal(names[0], "^x");
	struct host_options o = {.jit = false};
	f->host = host_new(f->generation, &o, &f->errors);
	assert_true(host_route(f->host, "one") >= 0); /* no vendors given: those that declare it */
	assert_int_equal(host_route(f->host, "three"), -1);
	assert_int_equal(host_route(f->host, "x1"), -1);
}

/* "*": what scripts declare and no other row names, with its own options. */
static void declared_topics(void **state)
{
	struct fixture *f = *state;
	const char *const *names;
	write_vendor(f, "a", "v:topics { 'one', '^two[.]' }\nv:address_mapping '{src_ip} {x_ip} {action}'");
	write_vendor(f, "b", "v:topics 'three'");
	struct topic_config topics[] = {{.pattern = "*", .zone_s = TIME_ZONE_UNKNOWN},
					{.pattern = "three", .zone_s = TIME_ZONE_UNKNOWN}};
	assert_int_equal(ip_parse("192.0.2.9", 9, &topics[0].host), 0);
	f->generation = generation_load(f->dir, topics, 2, 1, &f->errors);
	assert_int_equal(generation_topics(f->generation, &names), 3);
	assert_string_equal(names[0], "one");
	assert_string_equal(names[1], "^two[.]");
	assert_string_equal(names[2], "three");
	struct host_options o = {.jit = false};
	f->host = host_new(f->generation, &o, &f->errors);
	assert_true(host_route(f->host, "three") >= 0);
	f->route = host_route(f->host, "two.x");
	assert_true(f->route >= 0);
	assert_non_null(strstr(fixture_line(f, "10.0.0.1 192.0.2.1 created"), "\"host\":\"192.0.2.9\""));
	const char *const a[] = {"a"};
	topics[0].vendors = a;
	topics[0].vendor_count = 1;
	fixture_unload(f);
	f->generation = generation_load(f->dir, topics, 1, 1, &f->errors);
	f->host = host_new(f->generation, &o, &f->errors);
	assert_true(host_route(f->host, "three") >= 0);
	assert_int_equal(host_route(f->host, "four"), -1); /* nobody declares it */
}

static const char *lint(struct fixture *f, const struct topic_config *topics, size_t n, size_t warnings)
{
	static struct strbuf report;
	strbuf_free(&report);
	fixture_unload(f);
	f->generation = generation_load(f->dir, topics, n, 1, &f->errors);
	assert_int_equal(topics_lint(f->generation, &report), warnings);
	return report.len > 0 ? report.data : "";
}

/* Scripts that no topic reaches. */
static void unreached(void **state)
{
	struct fixture *f = *state;
	const char *const bare[] = {"bare"};
	const char *const c[] = {"c"};
	write_vendor(f, "b", "v:topics 'one'");
	write_vendor(f, "c", "v:topics '^two[.]'");
	assert_string_equal(lint(f, NULL, 0, 0), "");
	write_vendor(f, "bare", "");
	write_vendor(f, "6-x", "");
	const char *got = lint(f, NULL, 0, 2);
	assert_non_null(
		strstr(got, "/6-x.lua: warning: 6-x reads no topic: add :topics \"cgnat.syslog.6-x\","));
	assert_non_null(strstr(got, "/bare.lua: warning: bare reads no topic: add bare:topics "
				    "\"cgnat.syslog.bare\", or name it in the configuration's `topics`\n"));
	struct topic_config topics[] = {{.pattern = "x", .vendors = bare, .vendor_count = 1},
					{.pattern = "two.y"}};
	got = lint(f, topics, 2, 2);
	assert_null(strstr(got, "bare reads"));
	assert_non_null(
		strstr(got, "\nwarning: 1 script has no topic in the configuration's `topics`: b; an "));
	assert_non_null(strstr(lint(f, topics, 1, 2),
			       "\nwarning: 2 scripts have no topic in the configuration's "
			       "`topics`: b, c; an "));
	topics[1].pattern = "*";
	assert_null(strstr(lint(f, topics, 2, 1), "no topic in"));
	topics[1].pattern = "^";
	assert_null(strstr(lint(f, topics, 2, 1), "no topic in"));
	const struct topic_host host = {.host = "cgn-1", .vendors = c, .vendor_count = 1};
	topics[0].hosts = &host;
	topics[0].host_count = 1;
	assert_non_null(strstr(lint(f, topics, 1, 2), "`topics`: b; an "));
	assert_string_equal(topics_declaring(f->generation, "two.z"), "c");
	assert_null(topics_declaring(f->generation, "two"));
}

static void wrong_topics(void **state)
{
	struct fixture *f = *state;
	const char *const vendors[] = {"nfwar"};
	write_vendor(f, "nfware", "");
	struct topic_config topic = {.pattern = "one", .vendors = vendors, .vendor_count = 1};
	assert_string_equal(load_error(f, f->dir, &topic, 1),
			    "topics: one: no vendor script 'nfwar'; did you mean 'nfware'?");
	const char *const places[] = {"n.yaml:3:9"};
	struct topic_host hosts[] =
		{{.host = "10.0.0.1", .vendors = vendors, .vendor_count = 1, .vendor_places = places},
		 {.host = "10.0.0", .where = "n.yaml:4:5"}};
	topic = (struct topic_config){.pattern = "one", .hosts = hosts, .host_count = 1};
	assert_string_equal(load_error(f, f->dir, &topic, 1),
			    "n.yaml:3:9: topics: one: no vendor script 'nfwar'; did you mean 'nfware'?");
	topic.hosts++;
	assert_string_equal(load_error(f, f->dir, &topic, 1),
			    "n.yaml:4:5: topics: one: host '10.0.0' is no IPv4 or IPv6 address or prefix");
	topic = (struct topic_config){.pattern = "^["};
	assert_non_null(strstr(load_error(f, f->dir, &topic, 1), "topics: topic \"^[\": "));
	topic.pattern = "a/b";
	assert_non_null(strstr(load_error(f, f->dir, &topic, 1), "topics: topic \"a/b\": letters, digits"));
}

/* A host keeps its generation alive. */
static void references(void **state)
{
	struct fixture *f = *state;
	write_vendor(f, "a", "v:ignore 'x'");
	assert_true(fixture_load(f, false));
	generation_unref(f->generation);
	f->generation = NULL;
	assert_string_equal(fixture_line(f, "x"), "ignored\n");
	generation_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(folder),       FIXTURE_TEST(hashes),          FIXTURE_TEST(too_big),
		FIXTURE_TEST(subscription), FIXTURE_TEST(declared_topics), FIXTURE_TEST(unreached),
		FIXTURE_TEST(wrong_topics), FIXTURE_TEST(references),
	};
	return cmocka_run_group_tests_name("generation", tests, NULL, NULL);
}
