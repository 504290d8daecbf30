/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers of key=value lines, and of RFC 5424 structured data, where values always stand in quotes; see
 * reader.h. Both go from mark to mark (scan_marks.h): what lies between belongs to a key or a value.
 */
#include "event/reader_scan.h"

/* Does key= begin here, behind blanks? */
static bool begins_pair(struct scan *sc, size_t at)
{
	while (at < sc->n && scan_blank(sc->s[at]))
		at++;
	size_t end = scan_next(sc, MARKS_NO_KEY, at);
	return end == sc->n ? end == at : end > at && sc->s[end] == '=';
}

/* A value without quotes ends at a blank, or at a comma or semicolon that another pair or the end follows. */
static inline size_t plain_end(struct scan *sc, size_t at)
{
	for (;; at++) {
		at = scan_next(sc, MARKS_NO_KEY, at);
		if (at == sc->n || scan_blank(sc->s[at]))
			return at;
		if ((sc->s[at] == ',' || sc->s[at] == ';') && begins_pair(sc, at + 1))
			return at;
	}
}

/* Up to the closing quote; *next is behind it. False where none is: the line was cut, and what is left of the
 * value could be taken for a whole one. */
static inline bool quoted(struct scan *sc, enum marks_kind kind, size_t at, const char *escapes, size_t *next,
			  struct piece *out)
{
	*out = (struct piece){.off = at};
	for (at = scan_next(sc, kind, at); at < sc->n; at = scan_next(sc, kind, at + 1)) {
		if (sc->s[at] == '"') {
			out->len = at - out->off;
			*next = at + 1;
			return true;
		}
		if (sc->s[at] == '\\') {
			out->escapes = escapes;
			at++;
		}
	}
	return false;
}

/* The next `=` at or behind from; *key is where its key begins, which is the same place when it has none. */
static inline size_t next_equals(struct scan *sc, size_t from, size_t *key)
{
	*key = from;
	for (size_t at = from;; at++) {
		at = scan_next(sc, MARKS_NO_KEY, at);
		if (at == sc->n || sc->s[at] == '=')
			return at;
		*key = at + 1;
	}
}

void reader_key_value(struct scan *sc)
{
	size_t at = 0;
	size_t key;
	size_t end;
	bool first = true;
	for (; (end = next_equals(sc, at, &key)) < sc->n;) {
		at = end + 1;
		if (key == end)
			continue;
		if (first)
			scan_front(sc, key);
		first = false;
		struct piece value = {.off = at};
		if (at < sc->n && sc->s[at] == '"') {
			if (!quoted(sc, MARKS_NO_KEY, at + 1, "\"\\", &at, &value))
				return;
		} else {
			at = plain_end(sc, at);
			value.len = at - value.off;
		}
		scan_put(sc, sc->s + key, end - key, &value);
	}
}

/* The next `="` at or behind from, with the name before it as next_equals() has the key. */
static inline size_t next_param(struct scan *sc, size_t from, size_t *name)
{
	*name = from;
	for (size_t at = from;; at++) {
		at = scan_next(sc, MARKS_NO_PARAM, at);
		if (at == sc->n || (sc->s[at] == '=' && at + 1 < sc->n && sc->s[at + 1] == '"'))
			return at;
		if (sc->s[at] != '\\')
			*name = at + 1;
	}
}

/* What stands behind the last closing bracket is no element: it may be one that was cut, and what is missing
 * could tell another event. */
void reader_structured_data(struct scan *sc)
{
	size_t at = 0;
	size_t name;
	size_t end;
	bool first = true;
	const char *bracket = memrchr(sc->s, ']', sc->n);
	size_t closed = bracket != NULL ? (size_t)(bracket - sc->s) : 0;
	for (; (end = next_param(sc, at, &name)) < sc->n;) {
		if (first) {
			bracket = memrchr(sc->s, '[', name);
			scan_front(sc, bracket != NULL ? (size_t)(bracket - sc->s) : name);
		}
		first = false;
		struct piece value;
		if (!quoted(sc, MARKS_NO_PARAM, end + 2, "\"\\]", &at, &value) || at > closed)
			return;
		scan_put(sc, sc->s + name, end - name, &value);
	}
}
