/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the text of a message that is clustered. Of keys and values, and of columns, only those that
 * may matter are in it, so that each combination of the others does not make a shape of its own.
 */
#ifndef NATMILL_CLI_NEW_FORM_H
#define NATMILL_CLI_NEW_FORM_H

#include "base/strbuf.h"
#include "cli/new_pairs.h"

/* The line that names the columns; empty when none was seen. */
struct new_header {
	struct strbuf line;                 /* as it came */
	struct strbuf text;                 /* of it, without header and envelope */
	struct strbuf words[NEW_PAIRS_MAX]; /* of the columns */
	struct strbuf names[NEW_PAIRS_MAX]; /* the same as keys: letters, digits, - and _ only */
	size_t count;
};

void new_header_free(struct new_header *h);

/* The kind of an open message, for clusters: its form, and for columns the number of that whose word tells
 * what the line is (0: none). Adds the text to be clustered to out: as it is, or what stands in front of the
 * first pair and the pairs that may matter as ` key="value"`, columns as ` c8_name="value"`. data: of the
 * arena. */
int new_form(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
	     const struct new_header *header, struct strbuf *out);

/* The form and the column of a kind. */
int new_form_reader(int kind);
size_t new_form_column(int kind);

/* Is the message the line that names the columns? Then h is filled, if it is empty;
 * a line with other names is none. value: as it came. */
bool new_form_header(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		     const struct strbuf *value, struct new_header *h);

/* Where the pairs of a text made by new_form() begin: n for FORM_TEXT. */
size_t new_form_front(int form, const char *text, size_t n);

#endif
