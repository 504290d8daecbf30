/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of one log line. Whatever the text holds, it stays one line, moves no terminal's cursor, is
 * UTF-8, and in the JSON form parses. Used by log.c only.
 */
#ifndef NATMILL_BASE_LOG_LINE_H
#define NATMILL_BASE_LOG_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/strbuf.h"

#define LOG_LINE_MAX 4096 /* bytes with the line end: what a pipe takes whole or not at all */

/* Appends to the empty out. A text that would make the line too long is cut, which "..." shows. held: how
 * many lines like it were held back; level: its name. */
void log_line_make(struct strbuf *out, bool json, const struct timespec *at, const char *level,
		   const char *text, uint32_t held);

#endif
