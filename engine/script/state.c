/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and limits the Lua state; see state.h.
 */
#include "script/state.h"

#include <lauxlib.h>
#include <lua.h>
#include <luajit.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "base/executable.h"
#include "base/strbuf.h"
#include "script/checked.h"
#include "script/embedded.h"

/* Everything of the state comes from here, so that a script cannot take the worker's memory. */
static void *allocate(void *ud, void *p, size_t old, size_t size)
{
	struct state *s = ud;
	if (size == 0) {
		free(p);
		s->used -= old;
		return NULL;
	}
	if (size > old && s->used + (size - old) > STATE_MEMORY_MAX) {
		s->limit.refused = true;
		return NULL;
	}
	void *fresh = realloc(p, size);
	if (fresh != NULL)
		s->used += size - old;
	return fresh;
}

static struct state *state_of(lua_State *L)
{
	void *ud;
	lua_getallocf(L, &ud);
	return ud;
}

static const struct embedded_file *embedded_find(const char *name)
{
	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* require(name) of the engine's own Lua: an embedded file, run once. Upvalue 1 keeps what they returned. */
static int require_embedded(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	lua_pushvalue(L, 1);
	lua_rawget(L, lua_upvalueindex(1));
	if (!lua_isnil(L, -1))
		return 1;
	const char *file = lua_pushfstring(L, "%s.lua", name);
	const struct embedded_file *f = embedded_find(file);
	if (f == NULL)
		return luaL_error(L, "the program carries no %s", file);
	const char *label = lua_pushfstring(L, "@scripts/%s", file);
	if (luaL_loadbufferx(L, (const char *)f->data, f->len, label, "t") != 0)
		return lua_error(L);
	lua_call(L, 0, 1);
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, lua_upvalueindex(1));
	return 1;
}

static void open_library(lua_State *L, const char *name, lua_CFunction open, int results)
{
	lua_pushcfunction(L, open);
	lua_pushstring(L, name);
	lua_call(L, 1, results);
}

/* Protected: opens the libraries, runs boot.lua and keeps the functions that it returns. */
static int boot(lua_State *L)
{
	void *host = lua_touserdata(L, 1);
	struct state *s = state_of(L);
	open_library(L, "", luaopen_base, 0);
	open_library(L, LUA_TABLIBNAME, luaopen_table, 0);
	open_library(L, LUA_STRLIBNAME, luaopen_string, 0);
	open_library(L, LUA_MATHLIBNAME, luaopen_math, 0);
	open_library(L, LUA_BITLIBNAME, luaopen_bit, 0);
	open_library(L, LUA_JITLIBNAME, luaopen_jit, 0); /* starts the compiler: off until state_jit() */
	luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
	lua_newtable(L);
	open_library(L, LUA_FFILIBNAME, luaopen_ffi, 1);
	lua_setfield(L, -2, "ffi");
	lua_pushcclosure(L, require_embedded, 1);
	lua_setglobal(L, "require");

	lua_getglobal(L, "require");
	lua_pushliteral(L, "boot");
	lua_call(L, 1, 1);
	const struct embedded_file *cdef = embedded_find("ffi.cdef");
	if (cdef == NULL)
		return luaL_error(L, "the program carries no ffi.cdef");
	lua_pushlightuserdata(L, host);
	lua_pushlstring(L, (const char *)cdef->data, cdef->len);
	lua_call(L, 2, 4);
	s->filter_loop = luaL_ref(L, LUA_REGISTRYINDEX);
	s->filter_loader = luaL_ref(L, LUA_REGISTRYINDEX);
	s->loop = luaL_ref(L, LUA_REGISTRYINDEX);
	s->loader = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int fail(lua_State *L, struct err *e)
{
	const char *text = lua_tostring(L, -1);
	err_set(e, ERR_SCRIPT, "%s", text != NULL ? text : "the script raised an error that is no text");
	lua_settop(L, 0);
	return -1;
}

int state_open(struct state *s, struct host *h, struct err *e)
{
	*s = (struct state){.limit = {.most_us = LIMIT_MS * 1000, .under_way = STATE_LOADING}};
	s->lua = lua_newstate(allocate, s);
	if (s->lua == NULL)
		return err_set(e, ERR_SYSTEM, "cannot start LuaJIT: it needs a build with GC64 and memory");
	if (lua_cpcall(s->lua, boot, h) != 0) {
		fail(s->lua, e);
		return err_prefix(e, "cannot start the script host");
	}
	return 0;
}

void state_free(struct state *s)
{
	if (s->lua != NULL)
		lua_close(s->lua);
	s->lua = NULL;
}

void state_jit(struct state *s, bool on)
{
	s->jit = on && executable_memory();
	luaJIT_setmode(s->lua, 0, LUAJIT_MODE_ENGINE | (s->jit ? LUAJIT_MODE_ON : LUAJIT_MODE_OFF));
}

struct load {
	int loader;
	const char *name;
	const char *label;
	const char *text;
	size_t len;
	struct strbuf checked; /* with the checks */
	struct err error;
};

/* The text is no Lua: LuaJIT's message is on the stack, and scripts/syntax.lua knows what was meant. */
static int syntax_error(lua_State *L, const struct load *load)
{
	lua_getglobal(L, "require");
	lua_pushliteral(L, "syntax");
	lua_call(L, 1, 1);
	lua_insert(L, -2);
	lua_pushlstring(L, load->text, load->len);
	lua_call(L, 2, 1);
	return lua_error(L);
}

/* Compiles the text as it is, for the errors of people, then with the checks of checked.c. */
static void compile(lua_State *L, struct load *load)
{
	const char *chunk = lua_pushfstring(L, "@%s", load->label);
	int rc = luaL_loadbufferx(L, load->text, load->len, chunk, "t");
	if (rc == LUA_ERRSYNTAX)
		syntax_error(L, load);
	if (rc == 0 && checked_text(load->label, load->text, load->len, &load->checked, &load->error) != 0)
		luaL_error(L, "%s", load->error.msg);
	if (rc == 0)
		rc = luaL_loadbufferx(L, load->checked.data, load->checked.len, chunk, "t");
	if (rc != 0)
		lua_error(L);
}

/* Protected: compiles the text (never bytecode) and hands it to the loader of boot.lua. */
static int load_protected(lua_State *L)
{
	struct load *load = lua_touserdata(L, 1);
	struct state *s = state_of(L);
	compile(L, load);
	lua_rawgeti(L, LUA_REGISTRYINDEX, load->loader);
	lua_insert(L, -2);
	lua_pushstring(L, load->name);
	lua_pushstring(L, load->label);
	limit_begin(&s->limit);
	lua_call(L, 3, 0);
	return 0;
}

/* What some editors of Windows write: it begins with a byte order mark of two bytes. */
static bool is_utf16(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static int load_text(struct state *s, struct load *load, struct err *e)
{
	const char *label = load->label;
	if (load->len > 0 && load->text[0] == LUA_SIGNATURE[0])
		return err_set(e, ERR_SCRIPT, "%s: is compiled Lua; natmill takes only its text", label);
	if (is_utf16(load->text, load->len))
		return err_set(e, ERR_SCRIPT, "%s: is UTF-16: save the file as UTF-8 in your editor", label);
	state_jit(s, false);
	s->limit.under_way = STATE_LOADING;
	int rc = lua_cpcall(s->lua, load_protected, load);
	strbuf_free(&load->checked);
	if (rc == LUA_ERRMEM)
		err_set(e, ERR_SCRIPT, "%s: the script takes more than %u MB of memory while it loads", label,
			STATE_MEMORY_MAX >> 20);
	else if (rc != 0)
		fail(s->lua, e);
	lua_settop(s->lua, 0);
	if (rc != 0)
		lua_gc(s->lua, LUA_GCCOLLECT, 0);
	return rc == 0 ? 0 : -1;
}

int state_load(struct state *s, const char *name, const char *label, const char *text, size_t len,
	       struct err *e)
{
	struct load load = {.loader = s->loader, .name = name, .label = label, .text = text, .len = len};
	return load_text(s, &load, e);
}

int state_load_filter(struct state *s, const char *label, const char *text, size_t len, struct err *e)
{
	struct load load = {.loader = s->filter_loader,
			    .name = label,
			    .label = label,
			    .text = text,
			    .len = len};
	return load_text(s, &load, e);
}

int state_line(const struct state *s, const char *label)
{
	lua_Debug ar;
	for (int level = 0; lua_getstack(s->lua, level, &ar) != 0; level++)
		if (lua_getinfo(s->lua, "Sl", &ar) != 0 && ar.currentline > 0 &&
		    strcmp(ar.short_src, label) == 0)
			return ar.currentline;
	return 0;
}

/* Calls a loop; number 0: without argument. */
static int call_loop(struct state *s, int loop, int number, struct err *e)
{
	s->limit.under_way = number != 0 ? "filter" : "handler";
	limit_begin(&s->limit);
	lua_rawgeti(s->lua, LUA_REGISTRYINDEX, loop);
	if (number != 0)
		lua_pushinteger(s->lua, number);
	int rc = lua_pcall(s->lua, number != 0, 0, 0);
	if (rc != 0)
		fail(s->lua, e);
	if (s->limit.refused)
		lua_gc(s->lua, LUA_GCCOLLECT, 0);
	return rc == 0 ? 0 : -1;
}

int state_loop(struct state *s, struct err *e)
{
	return call_loop(s, s->loop, 0, e);
}

int state_filter_loop(struct state *s, int number, struct err *e)
{
	return call_loop(s, s->filter_loop, number, e);
}
