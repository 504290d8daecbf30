/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers share: the record under way, and keeping a value. For event/reader*.c only.
 */
#ifndef NATMILL_EVENT_READER_SCAN_H
#define NATMILL_EVENT_READER_SCAN_H

#include <string.h>

#include "event/reader.h"
#include "event/scan_marks.h"

#define NO_PLACE SIZE_MAX

struct scan {
	const struct keys *keys;
	struct arena *arena;
	struct text text; /* of the record */
	const char *s;    /* its bytes: move when something is added to the arena */
	size_t n;
	struct marks marks; /* of one kind for the whole record */
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
void scan_put(struct scan *sc, const char *key, size_t key_len, const struct piece *value);

/* The same for the number of a key. */
void scan_put_number(struct scan *sc, int key, const struct piece *value);

/* What stands before the first pair: n bytes without the blanks around. */
void scan_front(struct scan *sc, size_t n);

static inline bool scan_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first marked byte at or behind from; n if there is none. */
static inline size_t scan_next(struct scan *sc, enum marks_kind kind, size_t from)
{
	return marks_next(&sc->marks, kind, sc->s, sc->n, from);
}

void reader_key_value(struct scan *sc);
void reader_structured_data(struct scan *sc);
void reader_cef(struct scan *sc);
void reader_csv(struct scan *sc);

#endif
