/* SPDX-License-Identifier: Apache-2.0
 *
 * A Lua state with limits on memory and time. It has the libraries that the engine's own Lua needs (no io,
 * os, debug, package); vendor scripts see only what scripts/sandbox.lua lets through. Owner: the host.
 */
#ifndef NATMILL_SCRIPT_STATE_H
#define NATMILL_SCRIPT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "script/limit.h"

#define STATE_MEMORY_MAX (64u << 20) /* bytes of one state */
#define STATE_LOADING "script"       /* limit.under_way while a file loads */

struct lua_State;

struct state {
	struct lua_State *lua;
	size_t used;
	bool jit;           /* the compiler is on */
	struct limit limit; /* of what is under way */
	int loader;         /* Lua functions of scripts/boot.lua, in the registry */
	int loop;
	int filter_loader;
	int filter_loop;
};

struct host;

/* Starts the engine's Lua (scripts/boot.lua). -1 with e. state_free also after a failure. */
int state_open(struct state *s, struct host *h, struct err *e);
void state_free(struct state *s);

/* Runs a vendor script's text with the JIT off. label: "nfware.lua". */
int state_load(struct state *s, const char *name, const char *label, const char *text, size_t len,
	       struct err *e);

/* The same for the file of a filter. The first is number 1. */
int state_load_filter(struct state *s, const char *label, const char *text, size_t len, struct err *e);

/* The line of the script of that label which is under way; 0 when none is. */
int state_line(const struct state *s, const char *label);

/* Turns the JIT compiler on or off. It stays off where memory cannot be made executable. */
void state_jit(struct state *s, bool on);

/* Calls the batch loop. -1 with e when Lua raised outside of a handler. */
int state_loop(struct state *s, struct err *e);
int state_filter_loop(struct state *s, int number, struct err *e);

#endif
