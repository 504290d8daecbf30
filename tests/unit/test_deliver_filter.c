/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter written in Lua that remembers what it saw: it is asked once of a batch, however many attempts its
 * output needs, so that no retry filters an event that was let through.
 */
#include "tests/unit/deliver_rig.h"

#include "control/yaml.h"
#include "tests/unit/script_fixture.h"

#define COUNT 6

/* Lets each address through once, and raises on one. */
static const char remembers[] = "local seen = {}\n"
				"return function(event)\n"
				"  local new = not seen[event.src_ip]\n"
				"  seen[event.src_ip] = true\n"
				"  if event.src_port == 2 then error('two') end\n"
				"  return new\n"
				"end\n";

static struct filter *load_filter(struct fixture *f)
{
	char text[256];
	fixture_script(f, "t:port_mapping '{action} {src_ip}:{src_port} {x_ip}:{x_port}'");
	fixture_write(f, "seen.filter", remembers, strlen(remembers));
	int n = snprintf(text, sizeof text, "- lua: { file: %s/seen.filter }\n", f->dir);
	struct node *list = yaml_parse(text, (size_t)n, "test", &f->errors);
	assert_non_null(list);
	struct filter *filter = filter_new(list, &f->errors);
	assert_non_null(filter);
	node_free(list);
	uint32_t hidden;
	const char *path = filter_script(filter, 0, &hidden);
	assert_int_equal(generation_add_filters(f->generation, &path, 1, &f->errors), 0);
	struct host_options o = {.jit = true};
	host_free(f->host);
	f->host = host_new(f->generation, &o, &f->errors);
	assert_non_null(f->host);
	f->route = host_route_all(f->host);
	return filter;
}

static void an_output_that_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct filter *filter = load_filter(f);
	static char lines[COUNT][64];
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	r.configs[0].filter = filter;
	rig_start(&r);
	r.d.scripts = f->host;
	for (int i = 0; i < COUNT; i++) {
		snprintf(lines[i], sizeof lines[i], "created 10.0.0.%d:%d 192.0.2.1:7", i, i);
		fixture_add(f, lines[i], strlen(lines[i]))->offset = i;
	}
	fixture_run(f);
	assert_int_equal(f->batch.event_count, COUNT);
	db->plan.retry_commit = 2;
	assert_int_equal(deliver_batch(&r.d, &f->batch), DELIVER_DONE);
	assert_int_equal(db->calls.commit, 3);
	for (int64_t i = 0; i < COUNT; i++)
		assert_int_equal(capture_count(db, "cgnat.test", 0, i, 0), i == 2 ? 0 : 1);
	assert_int_equal(db->letter_count, 1);
	assert_int_equal(db->letters[0].offset, 2);
	assert_int_equal(stats_get(&r.stats[0].rejected), 1);
	rig_assert_accounts(&r);
	rig_close(&r);
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {FIXTURE_TEST(an_output_that_is_tried_again)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
