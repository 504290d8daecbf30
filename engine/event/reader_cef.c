/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of the Common Event Format: [CEF:]version|vendor|product|version|class|name|severity|extension; see
 * reader.h. Some senders leave `CEF:` to the syslog tag. In the header a backslash stands before `|`, in the
 * extension before `=` (source: ArcSight's Common Event Format, as FORMATS of the vendors quote it).
 */
#include "event/reader_scan.h"

static const char *const header[] = {"version", "vendor", "product", "device_version",
				     "class",   "name",   "severity"};

#define HEADER_FIELDS (sizeof header / sizeof *header)

/* Where `CEF:0|` or `0|` begins, given its bar. */
static size_t start_of(const struct scan *sc, size_t bar)
{
	size_t at = bar;
	while (at > 0 && (unsigned)(sc->s[at - 1] - '0') <= 9)
		at--;
	return at >= 4 && memcmp(sc->s + at - 4, "CEF:", 4) == 0 ? at - 4 : at;
}

/* The next bar that no backslash stands before, as next_equals() below. */
static size_t next_bar(struct scan *sc, size_t at, bool *escaped)
{
	for (; (at = scan_next(sc, MARKS_NO_KEY, at)) < sc->n; at++) {
		if (sc->s[at] == '|')
			return at;
		if (sc->s[at] == '\\') {
			*escaped = true;
			at++;
		}
	}
	return NO_PLACE;
}

/* The fields of the header; where the extension begins, NO_PLACE when it is no CEF. */
static size_t read_header(struct scan *sc)
{
	const char *bar = memchr(sc->s, '|', sc->n);
	if (bar == NULL)
		return NO_PLACE;
	size_t at = start_of(sc, (size_t)(bar - sc->s));
	scan_front(sc, at);
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		bool escaped = false;
		size_t end = next_bar(sc, at, &escaped);
		if (end == NO_PLACE && i + 1 < HEADER_FIELDS)
			return NO_PLACE;
		if (end == NO_PLACE)
			end = sc->n;
		struct piece value = {.off = at, .len = end - at, .escapes = escaped ? "|\\" : NULL};
		scan_put(sc, header[i], strlen(header[i]), &value);
		at = end + 1;
	}
	return at;
}

/* The next `=` at or behind from that no backslash stands before, NO_PLACE if there is none. *key is where
 * its key begins; *escaped is set when a backslash was passed. */
static size_t next_equals(struct scan *sc, size_t from, size_t *key, bool *escaped)
{
	*key = from;
	for (size_t at = from; (at = scan_next(sc, MARKS_NO_KEY, at)) < sc->n; at++) {
		if (sc->s[at] == '=')
			return at;
		*key = at + 1;
		if (sc->s[at] != '\\')
			continue;
		*escaped = true;
		at++;
		*key += at < sc->n && marks_has(MARKS_NO_KEY, (unsigned char)sc->s[at]);
	}
	return NO_PLACE;
}

/* A value may hold blanks: it ends before the key that the next `=` has. */
void reader_cef(struct scan *sc)
{
	bool escaped = false;
	size_t key = 0;
	size_t at = read_header(sc);
	size_t equals = at == NO_PLACE ? NO_PLACE : next_equals(sc, at, &key, &escaped);
	while (equals != NO_PLACE) {
		size_t key_end = equals;
		size_t key_at = key;
		at = equals + 1;
		escaped = false;
		equals = next_equals(sc, at, &key, &escaped);
		size_t end = equals == NO_PLACE ? sc->n : key;
		while (end > at && scan_blank(sc->s[end - 1]))
			end--;
		struct piece value = {.off = at, .len = end - at, .escapes = escaped ? "=\\n" : NULL};
		scan_put(sc, sc->s + key_at, key_end - key_at, &value);
	}
}
