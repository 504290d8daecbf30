/* SPDX-License-Identifier: Apache-2.0
 *
 * How natmill try shows what became of one line: as a JSON object, or for people. The batch holds just that
 * line.
 */
#ifndef NATMILL_CLI_TRY_SHOW_H
#define NATMILL_CLI_TRY_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "event/batch.h"
#include "script/host.h"

/* Adds one JSON object and a line end: the form of the command-line contract. Where some records of a message
 * gave events and others are dead, the verdict is "events", and reason, template and column tell of the first
 * dead one. */
void try_show_json(uint64_t line, const struct batch *b, struct strbuf *out);

/* Adds the form for people; colour: with escape sequences for a terminal. */
void try_show_text(uint64_t line, const struct batch *b, const struct host_last *last, bool colour,
		   struct strbuf *out);

/* Parts of it, for natmill tap. An event of its JSON object, as event_json() writes it; text made harmless
 * for a terminal; a text and under it a caret at the column (0 = none), of long ones only what is around it.
 */
void try_show_event(const char *json, size_t n, bool colour, struct strbuf *out);
void try_show_safe(const char *text, size_t n, struct strbuf *out);
void try_show_caret(const char *text, size_t n, uint32_t column, bool colour, struct strbuf *out);

/* Events of the batch without a host, and the closing note about all of them (none: nothing). */
uint64_t try_show_hostless(const struct batch *b);
void try_show_note(uint64_t hostless, struct strbuf *out);

/* Closing notes about times of lines that are not used. */
void try_show_times(const struct host_times *times, struct strbuf *out);

#endif
