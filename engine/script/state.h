/* SPDX-License-Identifier: Apache-2.0
 *
 * A Lua state with limits: memory always, instructions while a script loads or the JIT is off. It has the
 * libraries that the engine's own Lua needs (no io, os, debug, package); vendor scripts see only what
 * scripts/sandbox.lua lets through. Owner: the host.
 */
#ifndef NATMILL_SCRIPT_STATE_H
#define NATMILL_SCRIPT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define STATE_MEMORY_MAX (64u << 20) /* bytes of one state */
#define STATE_STEPS_MAX 100000000    /* instructions to load a script, or for one record: about a second */

struct lua_State;

struct state {
	struct lua_State *lua;
	size_t used;
	size_t limit;
	long steps;            /* instructions since state_count; counted only with the JIT off */
	bool jit;              /* the compiler is on */
	const char *under_way; /* what a limit on instructions ends: "script", "handler" or "filter" */
	bool refused;          /* an allocation was refused since this was last cleared */
	int loader;            /* Lua functions of scripts/boot.lua, in the registry */
	int loop;
	int filter_loader;
	int filter_loop;
};

struct host;

/* Starts the engine's Lua (scripts/boot.lua). -1 with e. state_free also after a failure. */
int state_open(struct state *s, struct host *h, struct err *e);
void state_free(struct state *s);

/* Runs a vendor script's text with the JIT off and a limit on instructions. label: "nfware.lua". */
int state_load(struct state *s, const char *name, const char *label, const char *text, size_t len,
	       struct err *e);

/* The same for the file of a filter. The first is number 1. */
int state_load_filter(struct state *s, const char *label, const char *text, size_t len, struct err *e);

/* The line of the script of that label which is under way; 0 when none is. */
int state_line(const struct state *s, const char *label);

/* Turns the JIT compiler on or off. It stays off where memory cannot be made executable. */
void state_jit(struct state *s, bool on);

/* A new record is under way: it may take STATE_STEPS_MAX instructions. */
static inline void state_count(struct state *s)
{
	s->steps = 0;
}

/* Calls the batch loop; with the JIT off, a handler that takes too many instructions is ended. -1 with e when
 * Lua raised outside of a handler. */
int state_loop(struct state *s, struct err *e);
int state_filter_loop(struct state *s, int number, struct err *e);

#endif
