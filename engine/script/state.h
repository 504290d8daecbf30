/* SPDX-License-Identifier: Apache-2.0
 *
 * A Lua state with limits: memory always, instructions while a script loads. It has the libraries that the
 * engine's own Lua needs (no io, os, debug, package); vendor scripts see only what scripts/sandbox.lua lets
 * through. Owner: the host.
 */
#ifndef NATMILL_SCRIPT_STATE_H
#define NATMILL_SCRIPT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define STATE_MEMORY_MAX (64u << 20) /* bytes of one state */
#define STATE_LOAD_STEPS 100000000   /* instructions that loading one script may take: about a second */

struct lua_State;

struct state {
	struct lua_State *lua;
	size_t used;
	size_t limit;
	long steps;   /* instructions of the script that loads */
	bool refused; /* an allocation was refused since this was last cleared */
	int loader;   /* Lua functions of scripts/boot.lua, in the registry */
	int loop;
};

struct host;

/* Starts the engine's Lua (scripts/boot.lua). -1 with e. state_free also after a failure. */
int state_open(struct state *s, struct host *h, struct err *e);
void state_free(struct state *s);

/* Runs a vendor script's text with the JIT off and a limit on instructions. label: "nfware.lua". */
int state_load(struct state *s, const char *name, const char *label, const char *text, size_t len,
	       struct err *e);

/* Turns the JIT compiler on or off. */
void state_jit(struct state *s, bool on);

/* Calls the batch loop. -1 with e when Lua raised outside of a handler. */
int state_loop(struct state *s, struct err *e);

#endif
