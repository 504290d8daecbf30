/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: pieces of a script in Lua, for new_script.c and new_doubt.c. All add to a string of the
 * caller's.
 */
#ifndef NATMILL_CLI_NEW_LUA_H
#define NATMILL_CLI_NEW_LUA_H

#include "cli/new_draft.h"

/* The Lua name of the script: NAME, with what Lua does not take in a name replaced. */
void new_lua_local(struct strbuf *out, const char *name);

/* A text in quotes, as Lua has it. */
void new_lua_quoted(struct strbuf *out, const char *s, size_t n);

/* A key of a Lua table: as it is where Lua takes it so, else ["in-quotes"]; of a column its [number]. */
void new_lua_key(struct strbuf *out, const char *key, size_t n, bool column);

/* The cluster's first line as a comment. */
void new_lua_example(struct strbuf *out, const struct cluster *c);

/* "1 line", "2 lines". */
void new_lua_count(struct strbuf *out, uint64_t n, const char *what);

/* A rule of one template. front: "" or "-- ", so that it is a comment. action: the line does not tell it, so
 * the author must. */
void new_lua_template(struct strbuf *out, const char *front, const char *name, const char *rule,
		      const struct strbuf *text, bool action);

/* The rule of a draft. */
void new_lua_rule(struct strbuf *out, const char *front, const char *name, const struct draft *d,
		  bool action);

/* A comment with what the draft does not read; nothing when it reads all. */
void new_lua_left(struct strbuf *out, const struct draft *d);

#endif
