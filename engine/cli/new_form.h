/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: is a message plain text, or keys and values? Of the latter only the keys that may matter are
 * clustered, so that each combination of the others does not make a shape of its own.
 */
#ifndef NATMILL_CLI_NEW_FORM_H
#define NATMILL_CLI_NEW_FORM_H

#include "base/strbuf.h"
#include "event/envelope.h"
#include "event/reader.h"

#define FORM_TEXT READER_COUNT /* no reader: templates */

/* The form of an open message (enum reader, or FORM_TEXT). Adds the text to be clustered to out: as it is, or
 * what stands in front of the first pair and the pairs that may matter as ` key="value"`. data: of the arena.
 */
int new_form(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
	     struct strbuf *out);

/* Where the pairs of a text made by new_form() begin: n for FORM_TEXT. */
size_t new_form_front(int form, const char *text, size_t n);

#endif
