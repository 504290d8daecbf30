/* SPDX-License-Identifier: Apache-2.0
 *
 * A tapped message for people, in the way of natmill try: where it was, what became of it, its text, its
 * events or where it stopped. Made of a line of GET /tap. Owner: whoever called tap_show_new(); one thread.
 */
#ifndef NATMILL_CLI_TAP_SHOW_H
#define NATMILL_CLI_TAP_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct tap_show;

struct tap_show *tap_show_new(bool colour);
void tap_show_free(struct tap_show *s); /* NULL is legal */

/* Adds what the n bytes of a line tell. False when it is no message of a tap. */
bool tap_show(struct tap_show *s, const char *line, size_t n, struct strbuf *out);

#endif
