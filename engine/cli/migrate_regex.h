/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: a pattern of Python's `re` as PCRE2 reads it. Most are equal; what the two read
 * differently is rewritten and told, what only Python knows is refused. Pure. Called by migrate_script.c.
 */
#ifndef NATMILL_CLI_MIGRATE_REGEX_H
#define NATMILL_CLI_MIGRATE_REGEX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the pattern to out. Groups whose name `keeps` refuses lose it and stay groups. Each change is
 * appended to changes, separated by "; ". 0, or -1 with e: PCRE2 cannot say it, with the byte. */
int migrate_regex(const char *python, bool (*keeps)(const char *name, void *ctx), void *ctx,
		  struct strbuf *out, struct strbuf *changes, struct err *e);

#endif
