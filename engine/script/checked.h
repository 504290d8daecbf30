/* SPDX-License-Identifier: Apache-2.0
 *
 * Adds a check to each loop, function and goto of a script's text, before it is compiled. LuaJIT calls no
 * hook from compiled code, so a function that never returns can only be ended by what it does itself.
 * script/state.c calls it; script/limit.h is what the checks ask. Pure.
 */
#ifndef NATMILL_SCRIPT_CHECKED_H
#define NATMILL_SCRIPT_CHECKED_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Of the function, a global of each script's environment: a local would be one of the 200 and upvalues that
 * the script may have. No script may use the name. */
#define CHECKED_NAME "natmill_check"

/* Adds the text with its checks to out; lines keep their numbers. The text must be one that LuaJIT compiles.
 * -1 with e ("LABEL:LINE: ...") when it uses
 * CHECKED_NAME. */
int checked_text(const char *label, const char *text, size_t len, struct strbuf *out, struct err *e);

#endif
