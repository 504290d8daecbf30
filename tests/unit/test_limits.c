/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers and filters that never return or take all memory, compiled and interpreted: each is ended and
 * costs its record; one that does it again and again is not asked any more for a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <time.h>

#include "tests/unit/script_fixture.h"

#include "script/limit.h"

#define LIMIT 20 /* ms, so that many can be tried */
#define FILL                                                                                 \
	"event.type = 'address_mapping' event.action = 'created' event.src_ip = '10.0.0.1' " \
	"event.x_ip = '192.0.2.1' "
#define EVENT "{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\"}\n"
#define HANDLER(body) "t:handler(function(message, event, emit)\n" body "\nend)"

static void reload(struct fixture *f, bool jit)
{
	struct host_options o = {.jit = jit, .limit_ms = LIMIT};
	host_free(f->host);
	f->host = host_new(f->generation, &o, &f->errors);
	if (f->host == NULL)
		fail_msg("%s", f->errors.items[0].msg);
	f->route = host_route_all(f->host);
}

/* Runs so many equal lines as one batch. */
static const char *run_lines(struct fixture *f, const char *line, int n)
{
	batch_reset(&f->batch);
	for (int i = 0; i < n; i++)
		fixture_add(f, line, strlen(line));
	return fixture_run(f);
}

static void warm_up(struct fixture *f)
{
	for (int i = 0; i < 5; i++)
		assert_non_null(strstr(run_lines(f, "good", 90), EVENT));
	assert_int_equal(f->batch.event_count, 90);
}

/* What stands in front of the handler, and what it does when the line is "bad". */
static const char *const endless[][2] = {
	{"", "while true do end"},
	{"", "while message.text do event.src_port = 1 end"},
	{"", "repeat until false"},
	{"", "for i = 1, math.huge do end"},
	{"", "for i = 1, 1, 0 do end"},
	{"", "for _ in function() return 1 end do end"},
	{"", "::again:: goto again"},
	{"local function f(...) local x = 1. ::a:: x = ... goto a end", "f()"},
	{"", "-- \r while true do end"},
	{"local function f() return f() end", "f()"},
	{"local function f(n) if n > 0 then f(n - 1) f(n - 1) end end", "f(60)"},
	{"local a, b function a() return b() end function b() return a() end", "a()"},
	{"local l = {} for i = 1, 9999 do l[i] = i end", "while true do table.sort(l) end"},
	{"", "local t = {} for i = 1, 9999 do t[i] = -i end "
	     "table.sort(t, function(a, b) local n = 0 while n < 1e5 do n = n + 1 end return a < b end)"},
	{"", "local s = ('x'):rep(60000) s = s .. s .. s .. s s = s .. s .. s .. s s = s .. s .. s .. s "
	     "while true do s:find('y') s:upper() end"},
	{"", "local c = message:cursor() while true do c:find('bad') c:rest() c = message:cursor() end"},
	{"", "while true do event.vrf_id = nil if event.vrf_id then return end end"},
	{"local l = {1, 2, 3}", "while true do for _, v in ipairs(l) do event.src_port = v end end"},
	{"local l = {}", "while true do l[1] = {} l[2] = message.text .. tostring(l[1]) end"},
};

static void ends(struct fixture *f, const char *const *attack, bool jit)
{
	struct strbuf body = {0};
	strbuf_printf(&body, "%s\n" HANDLER("if message.text == 'bad' then\n%s\nend " FILL "emit()"),
		      attack[0], attack[1]);
	fixture_script(f, body.data);
	reload(f, jit);
	if (jit)
		warm_up(f);
	const char *shown = run_lines(f, "bad", 2);
	if (f->batch.dead_count != 2 || f->batch.counts.ended != 2 ||
	    strstr(shown, "the handler does not come to an end on this record (limit: 20 ms)") == NULL ||
	    strstr(shown, "dead 0 t/handler 0: t.lua:") == NULL)
		fail_msg("%s\n%s", attack[1], shown);
	assert_string_equal(fixture_line(f, "good"), EVENT);
	strbuf_free(&body);
}

static void each_endless_one_is_ended(void **state)
{
	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
		ends(*state, endless[i], true);
		ends(*state, endless[i], false);
	}
}

static const char *const greedy[][2] = {
	{"", "local s = 'x' while true do s = s .. s end"},
	{"", "local t = {} while true do t[#t + 1] = {} end"},
	{"", "local t = {} while true do t[{}] = message.text end"},
	{"", "local t, s = {}, ('x'):rep(60000) for i = 1, 4000 do t[i] = s end table.concat(t)"},
	{"",
	 "local s, n = ('x'):rep(60000), 0 while true do s = string.format('%s%s%d', s, s, n) n = n + 1 end"},
	{"local kept = {}", "local n = 0 while true do n = n + 1 kept[n] = ('x'):rep(1000) .. n end"},
	{"local function f(...) return f(1, ...) end", "f()"},
};

static void each_greedy_one_is_ended(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < 2 * sizeof greedy / sizeof *greedy; i++) {
		struct strbuf body = {0};
		const char *const *attack = greedy[i / 2];
		bool jit = i % 2 == 0;
		strbuf_printf(&body, "%s\n" HANDLER("if message.text == 'bad' then\n%s\nend " FILL "emit()"),
			      attack[0], attack[1]);
		fixture_script(f, body.data);
		struct host_options o = {.jit = jit, .limit_ms = 120}; /* time enough to take the memory */
		host_free(f->host);
		f->host = host_new(f->generation, &o, &f->errors);
		f->route = host_route_all(f->host);
		if (jit)
			warm_up(f);
		const char *shown = run_lines(f, "bad", 2);
		if (f->batch.dead_count != 2)
			fail_msg("%s\n%s", attack[1], shown);
		if (strstr(shown, "took more memory than a script may") == NULL &&
		    strstr(shown, "stack overflow") == NULL && strstr(shown, "come to an end") == NULL)
			fail_msg("%s\n%s", attack[1], shown);
		strbuf_free(&body);
	}
}

static int64_t cpu_ms(clock_t since)
{
	return (int64_t)(clock() - since) * 1000 / CLOCKS_PER_SEC;
}

#define TURNS "local n = tonumber(message.text) while n > 0 do n = n - 1 end "

/* Rules that leave the record to the next one do not get a limit each: what is let through is short. */
static void the_record_has_one_limit(void **state)
{
	struct fixture *f = *state;
	struct strbuf body = {0};
	for (int i = 0; i < 24; i++)
		strbuf_adds(&body, HANDLER(TURNS) "\n");
	fixture_script(f, body.data);
	strbuf_free(&body);
	for (int turns = 1024; turns > 0; turns *= 2) {
		char line[16];
		snprintf(line, sizeof line, "%d", turns);
		reload(f, false);
		clock_t began = clock();
		run_lines(f, line, 1);
		assert_true(cpu_ms(began) < 5 * LIMIT);
		assert_int_equal(f->batch.counts.shut, 0); /* none is slow */
		if (f->batch.counts.ended == 1)
			return;
	}
	fail_msg("none was ended");
}

/* A handler below its limit: slow on a record, or little by little through a batch; that comes to its end
 * too. */
static void slow_ones_are_shut(void **state)
{
	struct fixture *f = *state;
	static const char good[] = HANDLER(TURNS FILL "emit()");
	int slow[2] = {0};
	fixture_script(f, good);
	batch_free(&f->batch);
	batch_init(&f->batch, 1000, 1 << 20);
	for (int turns = 1024; slow[0] == 0 || slow[1] == 0; turns += turns / 2) {
		char line[16];
		int few = slow[1] == 0 ? 1000 : 20; /* lines */
		snprintf(line, sizeof line, "%d", turns);
		reload(f, false);
		clock_t began = clock();
		run_lines(f, line, few);
		assert_int_equal(f->batch.counts.ended, 0);
		assert_int_equal(f->batch.event_count + f->batch.counts.shut, few);
		assert_true(f->batch.event_count >= LIMIT_STRIKES);
		assert_true(cpu_ms(began) < 2 * (LIMIT_BATCH + LIMIT_STRIKES) * LIMIT);
		if (f->batch.counts.shut > 0)
			slow[few == 1000] = turns;
	}
	assert_true(slow[1] < slow[0]);
}

/* What it kept is gone with the next line that needs the room, or it is a dead letter: others go on. */
static void another_vendor_goes_on(void **state)
{
	struct fixture *f = *state;
	static const char bad[] =
		"local bad = vendor 'bad'\n"
		"bad:handler(function(message) if message:cursor():skip('bad') then while true "
		"do end end end)\nreturn bad";
	static const char good[] = "local good = vendor 'good'\n"
				   "good:address_mapping '{action} {src_ip} {x_ip}'\nreturn good";
	fixture_write(f, "bad.lua", bad, sizeof bad - 1);
	fixture_write(f, "good.lua", good, sizeof good - 1);
	assert_true(fixture_load(f, false));
	reload(f, true);
	batch_reset(&f->batch);
	for (int i = 0; i < 40; i++)
		fixture_add(f, i % 2 == 0 ? "bad" : "created 10.0.0.1 192.0.2.1", i % 2 == 0 ? 3 : 26);
	const char *shown = fixture_run(f);
	assert_int_equal(f->batch.counts.ended, LIMIT_STRIKES);
	/* also the lines of others: whether its handler would take them, nobody knows */
	assert_int_equal(f->batch.counts.ended + f->batch.counts.shut + f->batch.event_count, 40);
	assert_int_equal(f->batch.event_count, LIMIT_STRIKES - 1);
	assert_non_null(
		strstr(shown, "bad/handler 0: not tried: the handler of bad was ended or slow 5 times"));
	clock_t began = clock();
	run_lines(f, "bad", 90);
	assert_true(clock() - began < CLOCKS_PER_SEC / 2);
	assert_int_equal(f->batch.counts.shut, 90);
	/* a topic that is not the bad one's does not notice */
	f->route = host_route_script(f->host, 1);
	run_lines(f, "created 10.0.0.1 192.0.2.1", 90);
	assert_int_equal(f->batch.event_count, 90);
}

struct asked {
	uint32_t pick[90];
	size_t raised;
	size_t unasked;
};

static void note_raised(void *ctx, uint32_t event, const char *reason)
{
	struct asked *a = ctx;
	(void)event;
	a->raised++;
	a->unasked += strstr(reason, "not tried: the filter some.filter was ended or slow 5 times") != NULL;
}

static void filters_too(void **state)
{
	struct fixture *f = *state;
	static const char filter[] = "return function(event)\n"
				     "while event.src_ip == '10.0.0.1' do end return true end";
	char path[256];
	fixture_script(f, "t:address_mapping '{action} {src_ip} {x_ip}'");
	snprintf(path, sizeof path, "%s/some.filter", f->dir);
	fixture_write(f, "some.filter", filter, sizeof filter - 1);
	const char *paths[] = {path};
	assert_int_equal(generation_add_filters(f->generation, paths, 1, &f->errors), 0);
	reload(f, true);
	run_lines(f, "created 10.0.0.2 192.0.2.1", 90);
	struct asked a = {.raised = 0};
	for (uint32_t i = 0; i < 90; i++)
		a.pick[i] = i;
	for (int i = 0; i < 5; i++)
		assert_int_equal(host_filter(f->host, path, &f->batch, 0, a.pick, 90, note_raised, &a), 90);
	run_lines(f, "created 10.0.0.1 192.0.2.1", 20);
	assert_int_equal(host_filter(f->host, path, &f->batch, 0, a.pick, 20, note_raised, &a), 0);
	assert_int_equal(a.raised, 20);
	assert_int_equal(a.unasked, 20 - LIMIT_STRIKES);
	assert_int_equal(f->batch.counts.ended, LIMIT_STRIKES);
	assert_int_equal(f->batch.counts.shut, 20 - LIMIT_STRIKES);
}

static void strikes_are_forgiven(void **state)
{
	struct strikes s = {0};
	(void)state;
	for (int i = 1; i < LIMIT_STRIKES; i++) {
		assert_false(strikes_add(&s, 1000));
		assert_false(strikes_out(&s, 1000));
	}
	assert_true(strikes_add(&s, 50000));
	assert_true(strikes_out(&s, 50000 + LIMIT_FORGIVE_MS - 1));
	assert_false(strikes_out(&s, 50000 + LIMIT_FORGIVE_MS));
	assert_true(strikes_add(&s, 50000 + LIMIT_FORGIVE_MS)); /* the one that is tried: out again at once */
	assert_true(strikes_out(&s, 50000 + LIMIT_FORGIVE_MS + 1));
	assert_false(strikes_out(&s, 50000 + 10 * (int64_t)LIMIT_FORGIVE_MS));
	assert_int_equal(s.count, 0);
	for (int i = 0; i < 100; i++) /* one in a while is never too many */
		assert_false(strikes_add(&s, (int64_t)(i + 20) * LIMIT_FORGIVE_MS));
}

/* A machine that stands still is not the script's fault. */
static void only_its_own_time_counts(void **state)
{
	struct limit l = {.most_us = 50000};
	(void)state;
	limit_begin(&l);
	for (int i = 0; i < 1000; i++)
		assert_false(limit_over(&l, 0));
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	for (int i = 0; i < 1000; i++)
		assert_false(limit_over(&l, 0));
	uint64_t turns = 0;
	while (!limit_over(&l, 0))
		turns++;
	assert_true(turns > 1000);
	limit_begin(&l);
	assert_false(l.over);
	assert_false(limit_over(&l, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(each_endless_one_is_ended), FIXTURE_TEST(each_greedy_one_is_ended),
		FIXTURE_TEST(the_record_has_one_limit),  FIXTURE_TEST(slow_ones_are_shut),
		FIXTURE_TEST(another_vendor_goes_on),    FIXTURE_TEST(filters_too),
		cmocka_unit_test(strikes_are_forgiven),  cmocka_unit_test(only_its_own_time_counts),
	};
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
