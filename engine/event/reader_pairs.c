/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers of key=value lines, and of RFC 5424 structured data, where values always stand in quotes; see
 * reader.h.
 */
#include "event/reader_scan.h"

/* Does key= begin here, behind blanks? */
static bool begins_pair(const struct scan *sc, size_t at)
{
	while (at < sc->n && scan_blank(sc->s[at]))
		at++;
	size_t key = at;
	while (at < sc->n && scan_key_byte(sc->s[at]))
		at++;
	return at == sc->n ? at == key : at > key && sc->s[at] == '=';
}

/* A value without quotes ends at a blank, or at a comma or semicolon that another pair or the end follows. */
static size_t plain_end(const struct scan *sc, size_t at)
{
	for (; at < sc->n; at++)
		if (scan_is(sc->s[at], SCAN_END) && (scan_blank(sc->s[at]) || begins_pair(sc, at + 1)))
			break;
	return at;
}

/* Up to the closing quote; *next is behind it. False where none is: the line was cut, and what is left of the
 * value could be taken for a whole one. */
static bool quoted(const struct scan *sc, size_t at, const char *escapes, size_t *next, struct piece *out)
{
	bool escaped = false;
	size_t end = scan_find(sc, at, '"', &escaped);
	if (end == NO_PLACE)
		return false;
	*next = end + 1;
	*out = (struct piece){.off = at, .len = end - at, .escapes = escaped ? escapes : NULL};
	return true;
}

void reader_key_value(struct scan *sc)
{
	size_t at = 0;
	bool first = true;
	const char *equals;
	while (at < sc->n && (equals = memchr(sc->s + at, '=', sc->n - at)) != NULL) {
		size_t end = (size_t)(equals - sc->s);
		size_t key = scan_key(sc, at, end);
		at = end + 1;
		if (key == end)
			continue;
		if (first)
			scan_front(sc, key);
		first = false;
		struct piece value = {.off = at};
		if (at < sc->n && sc->s[at] == '"') {
			if (!quoted(sc, at + 1, "\"\\", &at, &value))
				return;
		} else {
			at = plain_end(sc, at);
			value.len = at - value.off;
		}
		scan_put(sc, sc->s + key, end - key, value);
	}
}

/* What stands behind the last closing bracket is no element: it may be one that was cut, and what is missing
 * could tell another event. */
void reader_structured_data(struct scan *sc)
{
	size_t at = 0;
	bool first = true;
	const char *equals;
	const char *bracket = memrchr(sc->s, ']', sc->n);
	size_t closed = bracket != NULL ? (size_t)(bracket - sc->s) : 0;
	while (at < sc->n && (equals = memchr(sc->s + at, '=', sc->n - at)) != NULL) {
		size_t end = (size_t)(equals - sc->s);
		size_t key = end;
		if (end + 1 == sc->n || sc->s[end + 1] != '"') {
			at = end + 1;
			continue;
		}
		while (key > at && scan_is(sc->s[key - 1], SCAN_PARAM))
			key--;
		if (first) {
			bracket = memrchr(sc->s, '[', key);
			scan_front(sc, bracket != NULL ? (size_t)(bracket - sc->s) : key);
		}
		first = false;
		struct piece value;
		if (!quoted(sc, end + 2, "\"\\]", &at, &value) || at > closed)
			return;
		scan_put(sc, sc->s + key, end - key, value);
	}
}
