/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters written in Lua: which events stay, what a filter sees, and what one costs that raises, never ends
 * or is no filter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <lauxlib.h>

#include "script/walk.h"
#include "tests/unit/script_fixture.h"

#define RULE "t:port_mapping '{action} {src_ip}:{src_port} {x_ip}:{x_port}[ in {vrf_id}]'"

struct asked {
	uint32_t pick[16];
	size_t n;
	char raised[512]; /* "EVENT: REASON\n" of each */
};

static void note_raised(void *ctx, uint32_t event, const char *reason)
{
	struct asked *a = ctx;
	size_t len = strlen(a->raised);
	snprintf(a->raised + len, sizeof a->raised - len, "%u: %s\n", event, reason);
}

/* Makes five events, source ports 1 to 5, the even ones in VRF "even"; asks the filter of all but the first.
 */
static struct asked ask(struct fixture *f, const char *filter, uint32_t hidden, bool jit)
{
	struct asked a = {.pick = {1, 2, 3, 4}};
	char path[256];
	char lines[5][96];
	struct host_options o = {.jit = jit};
	snprintf(path, sizeof path, "%s/some.filter", f->dir);
	fixture_write(f, "some.filter", filter, strlen(filter));
	const char *twice[] = {path, path};
	assert_int_equal(generation_add_filters(f->generation, twice, 2, &f->errors), 0);
	host_free(f->host);
	f->host = host_new(f->generation, &o, &f->errors);
	assert_non_null(f->host);
	f->route = host_route_all(f->host);
	batch_reset(&f->batch);
	for (int i = 1; i <= 5; i++) {
		char *line = lines[i - 1];
		snprintf(line, sizeof *lines, "created 10.0.0.%d:%d 192.0.2.1:7%s", i, i,
			 i % 2 == 0 ? " in even" : "");
		fixture_add(f, line, strlen(line));
	}
	fixture_run(f);
	assert_int_equal(f->batch.event_count, 5);
	a.n = host_filter(f->host, path, &f->batch, hidden, a.pick, 4, note_raised, &a);
	return a;
}

static void what_is_true_stays(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, RULE);
	struct asked a =
		ask(f, "return function(event) return event.src_port ~= 3 and event.src_ip ~= '10.0.0.4' end",
		    0, true);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.pick[0], 1);
	assert_int_equal(a.pick[1], 4);
	assert_string_equal(a.raised, "");
}

static void absent_and_hidden_is_nil(void **state)
{
	struct fixture *f = *state;
	const char *filter =
		"return function(event) return event.type == 'port_mapping' and event.vrf_id == nil end";
	fixture_script(f, RULE);
	struct asked a = ask(f, filter, 0, true);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.pick[0], 2);
	assert_int_equal(a.pick[1], 4);
	fixture_script(f, RULE);
	assert_int_equal(ask(f, filter, UINT32_C(1) << FIELD_vrf_id, true).n, 4);
}

static void a_filter_that_raises_costs_its_event(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, RULE);
	struct asked a =
		ask(f,
		    "local function of(event) return event.vrf_id == 'even' and event.source or true end\n"
		    "return function(event) return of(event) end",
		    0, true);
	assert_int_equal(a.n, 2);
	assert_non_null(strstr(a.raised, "1: filter some.filter:1: an event has no source"));
	assert_non_null(strstr(a.raised, "\n3: filter some.filter:1: "));
	fixture_script(f, RULE);
	a = ask(f, "return function(event) event.src_port = 1 return true end", 0, true);
	assert_int_equal(a.n, 0);
	assert_non_null(strstr(a.raised, "a filter cannot change src_port"));
}

static void a_filter_that_takes_all_costs_its_event(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, RULE);
	struct asked a = ask(f,
			     "return function(event)\n"
			     "  while event.src_port == 4 do end\n"
			     "  local all = {}\n"
			     "  while event.src_port == 3 do all[#all + 1] = ('x'):rep(60000) .. #all end\n"
			     "  return true\n"
			     "end",
			     0, false);
	assert_int_equal(a.n, 2);
	assert_non_null(strstr(a.raised, "the filter does not come to an end"));
	if (strstr(a.raised, "2: the filter took more memory") == NULL)
		fail_msg("%s", a.raised);
}

static void what_is_no_filter(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"return 7", "/some.filter: must return a function: return function(event)"},
		{"return function(event", "/some.filter:1: "},
		{"vendor 't'", "/some.filter:1: nothing is named vendor here"},
		{NULL, "/none"},
	};
	fixture_script(f, RULE);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", f->dir, cases[i].text != NULL ? "some.filter" : "none");
		if (cases[i].text != NULL)
			fixture_write(f, "some.filter", cases[i].text, strlen(cases[i].text));
		struct generation *g = generation_load(f->dir, NULL, 0, 1, &f->errors);
		assert_non_null(g);
		const char *one = path;
		assert_int_equal(generation_add_filters(g, &one, 1, &f->errors), -1);
		assert_non_null(strstr(f->errors.items[f->errors.n - 1].msg, cases[i].expected));
		generation_unref(g);
	}
	errlist_free(&f->errors);
}

/* All are tried together, so that each error is told, and once. */
static void each_wrong_filter_is_told_once(void **state)
{
	struct fixture *f = *state;
	char paths[3][256];
	const char *list[3];
	fixture_script(f, RULE);
	for (int i = 0; i < 3; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d.filter", i);
		snprintf(paths[i], sizeof paths[i], "%s/%s", f->dir, name);
		fixture_write(f, name, i == 1 ? "return print" : "return 7", i == 1 ? 12 : 8);
		list[i] = paths[i];
	}
	assert_int_equal(generation_add_filters(f->generation, list, 3, &f->errors), -1);
	assert_int_equal(f->errors.n, 3);
	for (int i = 0; i < 3; i++)
		assert_memory_equal(f->errors.items[i].msg, paths[i], strlen(paths[i]));
}

static int raise_always(lua_State *lua)
{
	return luaL_error(lua, "the loop is broken");
}

/* The loop itself fails before it has taken an event: each costs one, and it ends. */
static void a_loop_that_fails_comes_to_an_end(void **state)
{
	struct fixture *f = *state;
	fixture_script(f, RULE);
	ask(f, "return function(event) return true end", 0, true);
	lua_pushcfunction(host_lua(f->host), raise_always);
	lua_rawseti(host_lua(f->host), LUA_REGISTRYINDEX, f->host->state.filter_loop);
	struct asked a = {.pick = {1, 2, 4}};
	char path[256];
	snprintf(path, sizeof path, "%s/some.filter", f->dir);
	alarm(60); /* instead of spinning for ever */
	a.n = host_filter(f->host, path, &f->batch, 0, a.pick, 3, note_raised, &a);
	alarm(0);
	assert_int_equal(a.n, 0);
	assert_string_equal(a.raised,
			    "1: the loop is broken\n2: the loop is broken\n4: the loop is broken\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(what_is_true_stays),
		FIXTURE_TEST(absent_and_hidden_is_nil),
		FIXTURE_TEST(a_filter_that_raises_costs_its_event),
		FIXTURE_TEST(a_filter_that_takes_all_costs_its_event),
		FIXTURE_TEST(what_is_no_filter),
		FIXTURE_TEST(each_wrong_filter_is_told_once),
		FIXTURE_TEST(a_loop_that_fails_comes_to_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
