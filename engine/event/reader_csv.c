/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of lines with commas (RFC 4180): the keys are the numbers of the columns. A value may stand in
 * quotes, which are doubled within; see reader.h.
 */
#include "event/reader_scan.h"

#define COLUMN_DIGITS 3 /* columns up to 999 */

/* The number of a column as a text, since keys are texts. */
struct column {
	char text[COLUMN_DIGITS];
	size_t len;
};

/* Counts up; false behind the last column. */
static bool next_column(struct column *c)
{
	size_t at = c->len;
	while (at > 0 && c->text[at - 1] == '9')
		c->text[--at] = '0';
	if (at > 0) {
		c->text[at - 1]++;
		return true;
	}
	if (c->len == COLUMN_DIGITS)
		return false;
	memset(c->text, '0', ++c->len);
	c->text[0] = '1';
	return true;
}

/* Up to the closing quote; a doubled one is a character. False where none is: the line was cut. */
static bool quoted(const struct scan *sc, size_t at, struct piece *out)
{
	struct piece value = {.off = at, .mark = '"'};
	for (; at < sc->n; at++) {
		if (sc->s[at] != '"')
			continue;
		if (at + 1 == sc->n || sc->s[at + 1] != '"')
			break;
		value.escapes = "\"";
		at++;
	}
	value.len = at - value.off;
	*out = value;
	return at < sc->n;
}

void reader_csv(struct scan *sc)
{
	size_t at = 0;
	size_t left = sc->keys->count; /* columns that somebody asks for */
	struct column column = {.len = 0};
	while (left > 0 && at <= sc->n && next_column(&column)) {
		struct piece value = {.off = at};
		if (at < sc->n && sc->s[at] == '"') {
			if (!quoted(sc, at + 1, &value))
				return;
			at = value.off + value.len;
		}
		const char *comma = at < sc->n ? memchr(sc->s + at, ',', sc->n - at) : NULL;
		size_t end = comma != NULL ? (size_t)(comma - sc->s) : sc->n;
		if (value.mark == 0)
			value.len = end - value.off;
		left -= scan_put(sc, column.text, column.len, value);
		at = end + 1;
	}
}
