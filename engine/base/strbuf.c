/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing byte string and the allocation calls that never fail; see strbuf.h.
 */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static void *alloc_checked(void *p)
{
	if (p == NULL) {
		fputs("natmill: out of memory; give the process more or lower the option `memory`\n", stderr);
		_Exit(3);
	}
	return p;
}

void *xmalloc(size_t n)
{
	return alloc_checked(malloc(n > 0 ? n : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return alloc_checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
	return alloc_checked(realloc(p, n > 0 ? n : 1));
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(xmalloc(n), s, n);
}

void strbuf_init(struct strbuf *b)
{
	*b = (struct strbuf){0};
}

void strbuf_free(struct strbuf *b)
{
	free(b->data);
	*b = (struct strbuf){0};
}

void strbuf_reset(struct strbuf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *strbuf_reserve(struct strbuf *b, size_t n)
{
	size_t need = b->len + n + 1;
	if (need > b->cap) {
		size_t cap = b->cap > 0 ? b->cap : 64;
		while (cap < need)
			cap *= 2;
		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void strbuf_add(struct strbuf *b, const void *data, size_t n)
{
	char *to = strbuf_reserve(b, n);
	if (n > 0)
		memcpy(to, data, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void strbuf_add_int(struct strbuf *b, int64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		digits[--at] = '-';
	strbuf_add(b, digits + at, sizeof digits - at);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	va_list again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		char *to = strbuf_reserve(b, (size_t)n);
		vsnprintf(to, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

/* Adds one character that JSON must escape. */
static void add_escape(struct strbuf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char esc[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	switch (c) {
	case '"':
	case '\\':
		esc[1] = (char)c;
		strbuf_add(b, esc, 2);
		break;
	case '\n':
		strbuf_add(b, "\\n", 2);
		break;
	case '\t':
		strbuf_add(b, "\\t", 2);
		break;
	default:
		strbuf_add(b, esc, 6);
	}
}

void strbuf_add_json(struct strbuf *b, const char *text, size_t n)
{
	strbuf_addc(b, '"');
	size_t plain = 0; /* start of the run that needs no escape */
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)text[i];
		size_t step = c < 0x80 ? 1 : utf8_sequence(text + i, n - i);
		bool c1 = c == 0xc2 && step == 2 && (unsigned char)text[i + 1] < 0xa0; /* moves cursors */
		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f && step > 0 && !c1) {
			i += step;
			continue;
		}
		strbuf_add(b, text + plain, i - plain);
		if (step == 0)
			strbuf_adds(b, "\xef\xbf\xbd");
		else
			add_escape(b, c1 ? (unsigned char)text[++i] : c);
		plain = ++i;
	}
	strbuf_add(b, text + plain, n - plain);
	strbuf_addc(b, '"');
}
