/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers share: the record under way, and keeping a value. For event/reader*.c only.
 */
#ifndef NATMILL_EVENT_READER_SCAN_H
#define NATMILL_EVENT_READER_SCAN_H

#include <string.h>

#include "event/reader.h"

#define NO_PLACE SIZE_MAX

struct scan {
	const struct keys *keys;
	struct arena *arena;
	struct text text; /* of the record */
	const char *s;    /* its bytes: move when something is added to the arena */
	size_t n;
	struct reading *out;
};

/* A piece of the text. escapes: the characters that its mark (0 = a backslash) may stand before, NULL =
 * nothing is escaped in it. */
struct piece {
	size_t off;
	size_t len;
	const char *escapes;
	char mark;
};

/* Keeps the value if somebody asks for the key and has none yet. */
void scan_put(struct scan *sc, const char *key, size_t key_len, struct piece value);

/* The same for the number of a key. */
void scan_put_number(struct scan *sc, int key, struct piece value);

/* What stands before the first pair: n bytes without the blanks around. */
void scan_front(struct scan *sc, size_t n);

/* The next c at or behind from that no backslash stands before, or NO_PLACE; *escaped is set when one with a
 * backslash was passed. */
size_t scan_find(const struct scan *sc, size_t from, char c, bool *escaped);

static inline bool scan_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What bytes are to the readers, looked up since they look at each byte of a line. */
enum { SCAN_KEY = 1, SCAN_PARAM = 2, SCAN_END = 4 };
extern const unsigned char scan_bytes[256];

static inline bool scan_is(char c, int what)
{
	return (scan_bytes[(unsigned char)c] & what) != 0;
}

/* May the byte stand in a key? */
static inline bool scan_key_byte(char c)
{
	return scan_is(c, SCAN_KEY);
}

/* Where the key that ends at end begins; not before from. */
static inline size_t scan_key(const struct scan *sc, size_t from, size_t end)
{
	while (end > from && scan_key_byte(sc->s[end - 1]))
		end--;
	return end;
}

void reader_key_value(struct scan *sc);
void reader_structured_data(struct scan *sc);
void reader_cef(struct scan *sc);
void reader_csv(struct scan *sc);

#endif
