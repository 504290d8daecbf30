/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte string for text that is not on the hot path's per-event budget or whose memory is
 * kept between batches (reset, not freed). Owner: whoever called strbuf_init. Out of memory ends
 * the process: a collector's consumer that cannot allocate a line has no better answer, and Kafka keeps the
 * data.
 */
#ifndef NATMILL_BASE_STRBUF_H
#define NATMILL_BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *data; /* NUL-terminated behind len once anything was added; NULL before */
	size_t len;
	size_t cap;
};

void strbuf_init(struct strbuf *b);
void strbuf_free(struct strbuf *b);  /* b may be zeroed; leaves it empty and usable */
void strbuf_reset(struct strbuf *b); /* empty, memory kept */

/* Makes room for n more bytes (and a NUL) and returns where they go; raise len yourself. */
char *strbuf_reserve(struct strbuf *b, size_t n);

void strbuf_add(struct strbuf *b, const void *data, size_t n);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_add_int(struct strbuf *b, int64_t v); /* decimal; printf would take most of an event's time */
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds text as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void strbuf_add_json(struct strbuf *b, const char *text, size_t n);

/* malloc and realloc that never return NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

#endif
