/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of lines with commas (RFC 4180): the keys are the numbers of the columns. A value may stand in
 * quotes, which are doubled within; see reader.h.
 */
#include "event/reader_scan.h"

/* Up to the closing quote; a doubled one is a character. False where none is: the line was cut. */
static bool quoted(struct scan *sc, size_t at, struct piece *out)
{
	struct piece value = {.off = at, .mark = '"'};
	for (; (at = scan_next(sc, MARKS_COLUMN, at)) < sc->n; at++) {
		if (sc->s[at] != '"')
			continue;
		if (at + 1 == sc->n || sc->s[at + 1] != '"')
			break;
		value.escapes = "\"";
		at++;
	}
	value.len = (at < sc->n ? at : sc->n) - value.off;
	*out = value;
	return at < sc->n;
}

static inline size_t next_comma(struct scan *sc, size_t at)
{
	while ((at = scan_next(sc, MARKS_COLUMN, at)) < sc->n && sc->s[at] != ',')
		at++;
	return at;
}

/* Is there nothing between the closing quote and the comma? Else the value is broken, and left out. */
static bool only_blanks(const struct scan *sc, size_t at, size_t end)
{
	while (at < end && scan_blank(sc->s[at]))
		at++;
	return at >= end;
}

void reader_csv(struct scan *sc)
{
	size_t at = 0;
	size_t left = sc->keys->count; /* columns that somebody asks for */
	for (size_t column = 1; left > 0 && at <= sc->n && column <= COLUMNS_MAX; column++) {
		struct piece value = {.off = at};
		if (at < sc->n && sc->s[at] == '"') {
			if (!quoted(sc, at + 1, &value))
				return;
			at = value.off + value.len;
		}
		size_t end = next_comma(sc, at);
		if (value.mark == 0)
			value.len = end - value.off;
		int key = sc->keys->columns[column] - 1;
		left -= key >= 0;
		if (key >= 0 && (value.mark == 0 || only_blanks(sc, at + 1, end)))
			scan_put_number(sc, key, &value);
		at = end + 1;
	}
}
