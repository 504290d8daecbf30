/* SPDX-License-Identifier: Apache-2.0
 *
 * The batch loop of every shipped vendor script stays compiled: after a warm-up on its samples no trace is
 * aborted, none ever ends in a stitch, and next to nothing is interpreted. A count hook tells the last: it
 * sees the interpreter's instructions only. That the test can fail is tested, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>

#include "tests/unit/script_fixture.h"

#include "script/sample_file.h"

#define BATCH 1000
#define WARM_UP 100
#define MEASURED 20

/* Called with jit.util; returns a function that gives aborts, stitches and loops of scripts/loop.lua since it
 * was called last. LuaJIT also tries to compile functions from their first instruction on, and gives up
 * because a handler returns to the pcall outside and the batch function has a loop in it. That is no abort
 * that counts: the loop's trace holds it all. */
static const char watch_code[] =
	"local util = ...\n"
	"local aborts, stitches, loops, counts, in_loop = 0, 0, 0, false, false\n"
	"jit.attach(function(what, trace, func, pc, parent)\n"
	"	if what == 'start' then\n"
	"		in_loop = util.funcinfo(func, pc).loc:find('loop.lua', 1, true)\n"
	"		counts = (in_loop and pc > 0) or parent\n"
	"	elseif what == 'abort' and counts then\n"
	"		aborts = aborts + 1\n"
	"	elseif what == 'stop' then\n"
	"		if util.traceinfo(trace).linktype == 'stitch' then stitches = stitches + 1 end\n"
	"		if in_loop then loops = loops + 1 end\n"
	"	end\n"
	"end, 'trace')\n"
	"return function() local a, s, l = aborts, stitches, loops aborts, stitches, loops = 0, 0, 0 return "
	"a, s, l end\n";

struct watched {
	int aborts;
	int stitches;
	int loops;
};

static long interpreted;

static void count_interpreted(lua_State *L, lua_Debug *ar)
{
	(void)L;
	(void)ar;
	interpreted++;
}

static void watch_start(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "_PRELOAD");
	assert_int_equal(luaL_loadbuffer(L, watch_code, sizeof watch_code - 1, "=watch"), 0);
	lua_getfield(L, -2, "jit.util");
	assert_false(lua_isnil(L, -1));
	lua_pushliteral(L, "jit.util");
	lua_call(L, 1, 1);
	lua_call(L, 1, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "watch");
	lua_settop(L, 0);
}

static struct watched watch_read(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "watch");
	lua_call(L, 0, 3);
	struct watched w = {(int)lua_tointeger(L, -3), (int)lua_tointeger(L, -2), (int)lua_tointeger(L, -1)};
	lua_settop(L, 0);
	return w;
}

struct outcome {
	struct watched warm_up;
	struct watched after;
	double interpreted; /* instructions a message */
};

static void run_batches(struct host *h, struct batch *b, const struct message *messages, size_t n,
			int batches)
{
	struct err e;
	for (int k = 0; k < batches; k++) {
		batch_reset(b);
		for (size_t i = 0; i < BATCH; i++)
			b->messages[b->message_count++] = messages[i % n];
		assert_int_equal(host_run(h, b, &e), 0);
		assert_int_equal(b->counts.records, b->counts.parsed + b->counts.ignored + b->counts.dead);
	}
}

static struct outcome measure(struct host *h, const struct message *messages, size_t n)
{
	struct outcome o;
	struct batch b;
	lua_State *L = host_lua(h);
	batch_init(&b, BATCH, 64 << 20);
	watch_start(L);
	run_batches(h, &b, messages, n, WARM_UP);
	o.warm_up = watch_read(L);
	run_batches(h, &b, messages, n, MEASURED);
	o.after = watch_read(L);
	interpreted = 0;
	lua_sethook(L, count_interpreted, LUA_MASKCOUNT, 1);
	run_batches(h, &b, messages, n, MEASURED);
	lua_sethook(L, NULL, 0, 0);
	o.interpreted = (double)interpreted / (BATCH * MEASURED);
	batch_free(&b);
	return o;
}

static bool is_compiled(const struct outcome *o)
{
	return o->warm_up.stitches == 0 && o->after.stitches == 0 && o->after.aborts == 0 &&
	       o->interpreted < 0.5;
}

/* Chance decides which traces LuaJIT gives up for good: another state then has another fate. */
static struct outcome measure_again(struct generation *g, size_t place, const struct message *messages,
				    size_t n)
{
	struct host_options options = {.jit = true};
	struct errlist errors = {0};
	struct outcome o;
	int attempts = 4;
	do {
		struct host *h = host_new(g, &options, &errors);
		assert_int_equal(host_route_script(h, place), 0);
		o = measure(h, messages, n);
		host_free(h);
	} while (!is_compiled(&o) && --attempts > 0);
	return o;
}

/* Without the dead letters: raising is never compiled, and not worth it. */
static void stays_compiled(struct generation *g, size_t place)
{
	struct sample_file f;
	struct strbuf path = {0};
	struct err e;
	sample_file_path(generation_script_path(g, place), &path);
	if (sample_file_read(&f, path.data, &e) != 0)
		fail_msg("%s", e.msg);
	struct message *messages = xcalloc(f.count, sizeof *messages);
	size_t n = 0;
	for (size_t i = 0; i < f.count; i++)
		if (f.samples[i].verdict != SAMPLE_DEAD)
			messages[n++] = (struct message){.topic = "",
							 .timestamp = EVENT_NO_TIME,
							 .value = f.samples[i].value,
							 .len = f.samples[i].len};
	struct outcome o = measure_again(g, place, messages, n);
	print_message("%s: %zu samples, %d traces of the loop, %d aborts in the warm-up, %.4f interpreted a "
		      "message\n",
		      generation_script_name(g, place), n, o.warm_up.loops, o.warm_up.aborts, o.interpreted);
	assert_true(o.warm_up.loops > 0);
	assert_int_equal(o.warm_up.stitches, 0);
	assert_int_equal(o.after.stitches, 0);
	assert_int_equal(o.after.aborts, 0);
	assert_true(o.interpreted < 0.5);
	free(messages);
	sample_file_free(&f);
	strbuf_free(&path);
}

static void shipped_scripts(void **state)
{
	struct errlist errors = {0};
	struct generation *g = generation_load("vendors", NULL, 0, 1, &errors);
	(void)state;
	if (g == NULL)
		fail_msg("%s", errors.items[0].msg);
	for (size_t i = 0; i < generation_script_count(g); i++)
		stays_compiled(g, i);
	generation_unref(g);
}

static struct outcome measure_script(struct fixture *f, const char *body)
{
	fixture_script(f, body);
	struct message m = {.topic = "", .timestamp = EVENT_NO_TIME, .value = "x 17 192.0.2.1", .len = 14};
	m.route = (uint32_t)f->route;
	return measure(f->host, &m, 1);
}

#define HANDLER(body) "t:handler(function(message, event, emit) " body " end)"

/* Everything that a handler is offered compiles. */
static void handler_calls(void **state)
{
	struct outcome o = measure_script(
		*state, HANDLER("local c = message:cursor() c:skip('x ') event.src_port = c:number() "
				"c:skip(' ') c:read('src_ip') "
				"event.x_ip = event.src_ip event.action = 'created' event.protocol = 6 "
				"event.dst_port = nil "
				"event.vrf_id = message.text .. (message.host or '-') .. (message:get('x') "
				"or '-') .. c:position() "
				"c:find('x') c:word() c:rest() c:endpoint('dst_ip', 'dst_port') "
				"event.type = 'port_mapping' if event.src_port == 17 then emit(event) end"));
	assert_int_equal(o.warm_up.stitches, 0);
	assert_int_equal(o.after.aborts, 0);
	assert_true(o.warm_up.loops > 0);
	assert_true(o.interpreted < 0.5);
}

/* Sorting cannot be compiled: just this must be noticed. */
static void sorting_is_noticed(void **state)
{
	struct outcome o = measure_script(
		*state, HANDLER("local l = {2, 1} table.sort(l) if l[1] == 1 then message:ignore() end"));
	assert_true(o.warm_up.stitches > 0);
	assert_true(o.interpreted > 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_scripts),
		FIXTURE_TEST(handler_calls),
		FIXTURE_TEST(sorting_is_noticed),
	};
	return cmocka_run_group_tests_name("jit", tests, NULL, NULL);
}
