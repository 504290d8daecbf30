/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer of a reload for a person, or as JSON. Called by cmd_reload.c; keeps nothing.
 */
#ifndef NATMILL_CLI_RELOAD_SHOW_H
#define NATMILL_CLI_RELOAD_SHOW_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Adds the answer's lines in groups, with colours: what has changed, what the trial on messages seen showed,
 * what is live, what is pending; or why it was refused. Does a terminal no harm. */
void reload_show_person(const char *answer, bool done, struct strbuf *out);

/* Adds one JSON object and a line end: "outcome" ("done" or "refused"), "generation" that is the newest,
 * "live" and "pending" workers, and "lines", the answer as it came. */
void reload_show_json(const char *answer, bool done, struct strbuf *out);

#endif
