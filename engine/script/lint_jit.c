/* SPDX-License-Identifier: Apache-2.0
 *
 * Which lines of a script's handlers does the JIT compiler leave to the interpreter? The script runs over its
 * samples until everything that can be is compiled; then a count hook, which compiled code does not call,
 * sees what is left. See lint.h.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/executable.h"
#include "script/generation_data.h"
#include "script/lint.h"
#include "script/sample_file.h"
#include "script/walk.h"

#define BATCH 1000
#define WARM_UP 40
#define MEASURED 5
#define ATTEMPTS 4 /* chance decides what LuaJIT gives up: a line counts when it is left every time */
#define LINES_MAX 4000
#define STOPS_MAX 20 /* lines told of one script */

struct seen {
	const char *file;             /* as Lua calls it */
	uint32_t counts[LINES_MAX];   /* interpreted instructions of each line */
	uint32_t smallest[LINES_MAX]; /* of all attempts */
	int stops[STOPS_MAX];         /* where the compiler stopped in the last attempt, ascending */
	int stop_count;
};

static char seen_key; /* its address is the key in the registry */

static void count_line(lua_State *L, lua_Debug *ar)
{
	lua_pushlightuserdata(L, &seen_key);
	lua_rawget(L, LUA_REGISTRYINDEX);
	struct seen *seen = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (lua_getinfo(L, "Sl", ar) != 0 && ar->currentline > 0 && ar->currentline < LINES_MAX &&
	    strcmp(ar->short_src, seen->file) == 0)
		seen->counts[ar->currentline]++;
}

static void run_batches(struct host *h, struct batch *b, const struct message *messages, size_t n,
			int batches)
{
	struct err e;
	for (int k = 0; k < batches; k++) {
		batch_reset(b);
		for (size_t i = 0; i < BATCH; i++)
			b->messages[b->message_count++] = messages[i % n];
		if (host_run(h, b, &e) != 0)
			return;
	}
}

/* Calls scripts/watch.lua; what it returns stays on the stack. */
static bool watch_start(lua_State *L, const char *file)
{
	lua_settop(L, 0);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "watch");
	if (lua_pcall(L, 1, 1, 0) != 0)
		return false;
	lua_getfield(L, LUA_REGISTRYINDEX, "_PRELOAD");
	lua_getfield(L, -1, "jit.util");
	lua_remove(L, -2);
	lua_pushliteral(L, "jit.util");
	if (lua_pcall(L, 1, 1, 0) != 0)
		return false;
	lua_pushstring(L, file);
	return lua_pcall(L, 2, 1, 0) == 0;
}

static void watch_end(lua_State *L, struct seen *seen)
{
	seen->stop_count = 0;
	if (lua_pcall(L, 0, LUA_MULTRET, 0) == 0)
		for (int k = 1; k <= lua_gettop(L) && seen->stop_count < STOPS_MAX; k++)
			seen->stops[seen->stop_count++] = (int)lua_tointeger(L, k);
	lua_settop(L, 0);
}

static void measure(struct host *h, const struct message *messages, size_t n, struct seen *seen)
{
	struct batch b;
	lua_State *L = host_lua(h);
	batch_init(&b, BATCH, 64 << 20);
	bool watched = watch_start(L, seen->file);
	run_batches(h, &b, messages, n, WARM_UP);
	if (watched)
		watch_end(L, seen);
	lua_settop(L, 0);
	memset(seen->counts, 0, sizeof seen->counts);
	lua_pushlightuserdata(L, &seen_key);
	lua_pushlightuserdata(L, seen);
	lua_rawset(L, LUA_REGISTRYINDEX);
	lua_sethook(L, count_line, LUA_MASKCOUNT, 1);
	run_batches(h, &b, messages, n, MEASURED);
	lua_sethook(L, NULL, 0, 0);
	batch_free(&b);
}

/* Those that a handler takes without raising, which is never compiled, and to an end: each that is ended
 * takes a second. */
static size_t take_samples(struct generation *g, size_t i, const struct sample_file *f, struct message *out)
{
	struct host_options plain = {.jit = false};
	struct host *h = host_new(g, &plain, NULL);
	uint32_t route = (uint32_t)host_route_script(h, i);
	struct batch b;
	size_t n = 0;
	batch_init(&b, 1, HOST_ARENA_NEED(SAMPLE_FILE_MAX));
	for (size_t k = 0; k < f->count && n < BATCH; k++) {
		struct err e;
		if (f->samples[k].verdict == SAMPLE_DEAD)
			continue;
		out[n] = (struct message){.topic = "",
					  .timestamp = EVENT_NO_TIME,
					  .value = f->samples[k].value,
					  .len = f->samples[k].len,
					  .route = route};
		batch_reset(&b);
		b.messages[b.message_count++] = out[n];
		bool ended = host_run(h, &b, &e) == 0;
		for (uint32_t d = 0; d < b.dead_count; d++) {
			const char *reason = b.arena.data + b.dead[d].reason.off;
			ended = ended && memmem(reason, b.dead[d].reason.len, "come to an end", 14) == NULL;
		}
		n += ended ? 1 : 0;
	}
	batch_free(&b);
	host_free(h);
	return n;
}

/* True while some line is left to the interpreter. */
static bool attempt(struct generation *g, size_t i, const struct message *messages, size_t n,
		    struct seen *seen)
{
	struct host_options options = {.jit = true};
	struct host *h = host_new(g, &options, NULL);
	bool some = false;
	host_route_script(h, i);
	measure(h, messages, n, seen);
	host_free(h);
	/* half of the times that one sample came: a line of a rare sample counts as much as any */
	uint32_t limit = (uint32_t)(BATCH * MEASURED / n / 2);
	for (size_t line = 0; line < LINES_MAX; line++) {
		if (seen->counts[line] < seen->smallest[line])
			seen->smallest[line] = seen->counts[line] > limit ? seen->counts[line] : 0;
		some = some || seen->smallest[line] > 0;
	}
	return some;
}

static void tell(const struct generation *g, size_t i, int line, struct strbuf *report)
{
	strbuf_printf(report,
		      "%s:%d: warning: handler: this line is not compiled, and that makes it slow; often "
		      "table.sort, "
		      "pairs, or a function made in the handler is the reason\n",
		      generation_script_path(g, i), line);
}

/* Traces that begin behind the culprit are given up where the handler ends: that line is not to blame. */
static bool is_way_out(const struct strbuf *source, int line)
{
	const char *at = source->data;
	const char *end = at + source->len;
	for (; line > 1 && at != NULL; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	while (at != NULL && at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at != NULL && ((end - at >= 3 && memcmp(at, "end", 3) == 0) ||
			      (end - at >= 7 && memcmp(at, "return\n", 7) == 0));
}

/* What is left to the interpreter begins behind the line where the compiler stopped. */
static size_t tell_all(const struct generation *g, size_t i, const struct seen *seen, struct strbuf *report)
{
	size_t told = 0;
	for (int k = 0; k < seen->stop_count; k++) {
		if (is_way_out(&g->sources[i].text, seen->stops[k]))
			continue;
		tell(g, i, seen->stops[k], report);
		told++;
	}
	if (told > 0)
		return told;
	int line = 1;
	while (line < LINES_MAX - 1 && seen->smallest[line] == 0)
		line++;
	tell(g, i, line, report);
	return 1;
}

size_t lint_jit(struct generation *g, size_t i, struct strbuf *report)
{
	struct sample_file f;
	struct strbuf path = {0};
	struct err e;
	size_t warnings = 0;
	sample_file_path(generation_script_path(g, i), &path);
	if (executable_memory() && access(path.data, F_OK) == 0 && sample_file_read(&f, path.data, &e) == 0) {
		struct message *messages = xcalloc(f.count + 1, sizeof *messages);
		struct seen *seen = xcalloc(1, sizeof *seen);
		const char *slash = strrchr(generation_script_path(g, i), '/');
		seen->file = slash != NULL ? slash + 1 : generation_script_path(g, i);
		memset(seen->smallest, 0xff, sizeof seen->smallest);
		size_t n = take_samples(g, i, &f, messages);
		int attempts = n > 0 ? ATTEMPTS : 0;
		while (attempts > 0 && attempt(g, i, messages, n, seen))
			attempts--;
		if (n > 0 && attempts == 0)
			warnings = tell_all(g, i, seen, report);
		free(seen);
		free(messages);
		sample_file_free(&f);
	}
	strbuf_free(&path);
	return warnings;
}
