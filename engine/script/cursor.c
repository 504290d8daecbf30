/* SPDX-License-Identifier: Apache-2.0
 *
 * The cursor of handlers: a place in the record's text that moves over literals and values. Every call stays
 * within the text. A blank in a literal stands for one or more blanks and tabs, as in templates.
 */
#include <math.h>
#include <string.h>

#include "script/walk.h"

struct span {
	const char *at;
	uint32_t n;
};

/* What lies before the cursor; empty outside of a handler. */
static struct span ahead(const struct host *h)
{
	const struct walk *w = &h->walk;
	if (!w->handling || w->cursor > w->text.len)
		return (struct span){.at = "", .n = 0};
	return (struct span){.at = w->batch->arena.data + w->text.off + w->cursor,
			     .n = w->text.len - w->cursor};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const struct nm_text *answer(struct host *h, struct span s)
{
	h->answer = (struct nm_text){.data = s.at, .len = s.n};
	return s.n > 0 ? &h->answer : NULL;
}

/* Bytes that the literal covers at the start of s; -1 when it does not stand there. */
static int64_t literal(struct span s, const char *text, uint32_t len)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < len; i++) {
		if (used == s.n)
			return -1;
		if (!is_blank(text[i])) {
			if (s.at[used++] != text[i])
				return -1;
			continue;
		}
		if (!is_blank(s.at[used]))
			return -1;
		while (used < s.n && is_blank(s.at[used]))
			used++;
		while (i + 1 < len && is_blank(text[i + 1]))
			i++;
	}
	return used;
}

void nm_cursor_start(struct host *h)
{
	h->walk.cursor = 0;
}

int nm_cursor_skip(struct host *h, const char *text, uint32_t len)
{
	int64_t used = literal(ahead(h), text, len);
	if (used < 0)
		return 0;
	h->walk.cursor += (uint32_t)used;
	return 1;
}

int nm_cursor_find(struct host *h, const char *text, uint32_t len)
{
	struct span s = ahead(h);
	bool jump = len > 0 && !is_blank(text[0]); /* to the next place of its first byte */
	for (uint32_t i = 0; i <= s.n; i++) {
		const char *next = jump ? memchr(s.at + i, text[0], s.n - i) : s.at + i;
		if (next == NULL)
			return 0;
		i = (uint32_t)(next - s.at);
		int64_t used = literal((struct span){.at = s.at + i, .n = s.n - i}, text, len);
		if (used < 0)
			continue;
		h->walk.cursor += i + (uint32_t)used;
		return 1;
	}
	return 0;
}

static struct span word(struct span s)
{
	uint32_t n = 0;
	while (n < s.n && !is_blank(s.at[n]))
		n++;
	return (struct span){.at = s.at, .n = n};
}

/* Reads a value of the field at the cursor; a text takes the word. */
int nm_cursor_read(struct host *h, int field)
{
	struct walk *w = &h->walk;
	struct span s = ahead(h);
	enum event_field f = (enum event_field)field;
	if (s.n == 0 || field == NM_FIELD_TYPE)
		return 0;
	if (event_fields[f].kind == KIND_TEXT)
		s = word(s);
	uint32_t off = (uint32_t)(s.at - w->batch->arena.data);
	size_t used = vocabulary_read(&w->script->words, f, s.at, s.n, off, &w->event);
	w->cursor += (uint32_t)used;
	return used > 0;
}

static bool is_endpoint(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
	       c == '.' || c == '[' || c == ']';
}

/* address:port, cut at the last colon; an IPv6 address may stand in brackets. */
int nm_cursor_endpoint(struct host *h, int ip_field, int port_field)
{
	struct walk *w = &h->walk;
	struct span s = ahead(h);
	struct event read = w->event;
	uint32_t n = 0;
	while (n < s.n && is_endpoint(s.at[n]))
		n++;
	const char *colon = memrchr(s.at, ':', n);
	if (colon == NULL || ip_field == NM_FIELD_TYPE || port_field == NM_FIELD_TYPE)
		return 0;
	const char *ip = s.at;
	size_t ip_len = (size_t)(colon - ip);
	if (ip_len >= 2 && ip[0] == '[' && ip[ip_len - 1] == ']') {
		ip++;
		ip_len -= 2;
	}
	const struct vocabulary *words = &w->script->words;
	if (vocabulary_parse(words, (enum event_field)ip_field, ip, ip_len, 0, &read) != 0 ||
	    vocabulary_parse(words, (enum event_field)port_field, colon + 1, (size_t)(s.at + n - colon - 1),
			     0, &read) != 0)
		return 0;
	w->event = read;
	w->cursor += n;
	return 1;
}

const struct nm_text *nm_cursor_word(struct host *h)
{
	struct span s = word(ahead(h));
	h->walk.cursor += s.n;
	return answer(h, s);
}

/* A whole number, of at most 15 digits so that Lua holds it exactly. */
double nm_cursor_number(struct host *h)
{
	struct span s = ahead(h);
	double value = 0;
	uint32_t n = 0;
	for (; n < s.n && s.at[n] >= '0' && s.at[n] <= '9'; n++)
		value = value * 10 + (s.at[n] - '0');
	if (n == 0 || n > 15)
		return NAN;
	h->walk.cursor += n;
	return value;
}

const struct nm_text *nm_cursor_rest(struct host *h)
{
	struct span s = ahead(h);
	h->walk.cursor += s.n;
	return answer(h, s);
}

int nm_cursor_position(struct host *h)
{
	return (int)h->walk.cursor + 1;
}
