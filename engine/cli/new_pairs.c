/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: tells forms apart and cuts pairs; see new_pairs.h.
 */
#include "cli/new_pairs.h"

#include <stdio.h>
#include <string.h>

#include "event/shape.h"

#define PAIRS_MIN 3   /* fewer make no line of keys and values */
#define FRONT_MAX 120 /* bytes in front of the first pair; more is a text with pairs in it */

bool new_pairs_key_byte(char c)
{
	unsigned letter = (unsigned)((c | 0x20) - 'a');
	return letter <= 25 || (unsigned)(c - '0') <= 9 || c == '_' || c == '-' || c == '.';
}

static void add_pair(struct new_pairs *p, struct new_piece key, struct new_piece value)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].key.n == key.n && memcmp(p->items[i].key.s, key.s, key.n) == 0)
			p->twice = true;
	if (p->count < NEW_PAIRS_MAX)
		p->items[p->count++] = (struct new_pair){key, value};
}

/* The end of a value without quotes: at a blank, or at a comma or semicolon before the next key. */
static size_t plain_end(const char *s, size_t n, size_t at)
{
	for (; at < n && s[at] != ' ' && s[at] != '\t'; at++) {
		size_t key = at + 1;
		if (s[at] != ',' && s[at] != ';')
			continue;
		while (key < n && new_pairs_key_byte(s[key]))
			key++;
		if (key > at + 1 && key < n && s[key] == '=')
			break;
	}
	return at;
}

static void cut_key_value(const char *s, size_t n, struct new_pairs *p)
{
	size_t at = 0;
	const char *equals;
	while (at < n && (equals = memchr(s + at, '=', n - at)) != NULL) {
		size_t end = (size_t)(equals - s);
		size_t key = end;
		while (key > at && new_pairs_key_byte(s[key - 1]))
			key--;
		at = end + 1;
		if (key == end)
			continue;
		bool quoted = at < n && s[at] == '"';
		const char *close = quoted ? memchr(s + at + 1, '"', n - at - 1) : NULL;
		size_t from = quoted ? at + 1 : at;
		size_t to = quoted ? (close != NULL ? (size_t)(close - s) : n) : plain_end(s, n, at);
		if (p->count == 0)
			p->front = key;
		add_pair(p, (struct new_piece){s + key, end - key}, (struct new_piece){s + from, to - from});
		at = to + (quoted && close != NULL ? 1 : 0);
	}
}

/* The seven fields of the header, then key=value where a value may hold blanks. */
static void cut_cef(const char *s, size_t n, struct new_pairs *p)
{
	static const char *const header[NEW_CEF_HEADER] = {"vendor", "product", "version",
							   "class",  "name",    "severity"};
	const char *bar = memchr(s, '|', n);
	size_t at = bar != NULL ? (size_t)(bar - s) + 1 : n;
	for (size_t i = 0; i < NEW_CEF_HEADER && at < n; i++) {
		const char *end = memchr(s + at, '|', n - at);
		size_t to = end != NULL ? (size_t)(end - s) : n;
		add_pair(p, (struct new_piece){header[i], strlen(header[i])},
			 (struct new_piece){s + at, to - at});
		at = to + 1;
	}
	while (at < n) {
		const char *equals = memchr(s + at, '=', n - at);
		if (equals == NULL)
			return;
		size_t end = (size_t)(equals - s);
		size_t key = end;
		while (key > at && new_pairs_key_byte(s[key - 1]))
			key--;
		at = end + 1;
		const char *next = memchr(s + at, '=', n - at);
		size_t to = next != NULL ? (size_t)(next - s) : n;
		while (next != NULL && to > at && new_pairs_key_byte(s[to - 1]))
			to--;
		add_pair(p, (struct new_piece){s + key, end - key}, (struct new_piece){s + at, to - at});
		at = to;
	}
}

static void cut_json(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		     struct new_pairs *p)
{
	for (size_t i = 0; i < env->pair_count; i++) {
		struct new_piece key = {data + pairs[i].key.off, pairs[i].key.len};
		size_t good = 0;
		while (good < key.n && new_pairs_key_byte(key.s[good]))
			good++;
		if (good == key.n && good > 0)
			add_pair(p, key, (struct new_piece){data + pairs[i].value.off, pairs[i].value.len});
	}
}

struct new_piece new_piece_trimmed(struct new_piece v)
{
	while (v.n > 0 && (v.s[v.n - 1] == ' ' || v.s[v.n - 1] == '\t'))
		v.n--;
	for (; v.n > 0 && (*v.s == ' ' || *v.s == '\t'); v.s++)
		v.n--;
	return v;
}

void new_pairs_columns(struct new_pairs *p)
{
	const char *s = p->text.s;
	size_t n = p->text.n;
	p->count = 0;
	p->front = 0;
	p->twice = false;
	for (size_t at = 0; at <= n && p->count < NEW_PAIRS_MAX;) {
		bool quoted = at < n && s[at] == '"';
		const char *close = quoted ? memchr(s + at + 1, '"', n - at - 1) : NULL;
		size_t from = close != NULL ? at + 1 : at;
		size_t behind = close != NULL ? (size_t)(close - s) + 1 : at;
		const char *comma = behind < n ? memchr(s + behind, ',', n - behind) : NULL;
		size_t end = comma != NULL ? (size_t)(comma - s) : n;
		size_t to = close != NULL ? behind - 1 : end;
		char *number = p->numbers[p->count];
		int len = snprintf(number, sizeof p->numbers[0], "%zu", p->count + 1);
		struct new_piece value = new_piece_trimmed((struct new_piece){s + from, to - from});
		p->items[p->count++] = (struct new_pair){{number, (size_t)len}, value};
		at = end + 1;
	}
}

/* A sentence has commas, too, but blanks between them. */
static bool is_columns(const struct new_pairs *p)
{
	size_t blanks = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct shape shape;
		struct new_piece v = p->items[i].value;
		bool blank = memchr(v.s, ' ', v.n) != NULL && (v.s == p->text.s || v.s[-1] != '"');
		if (blank)
			shape_of(v.s, v.n, &shape);
		blanks += blank && (shape.count != 1 || shape.tokens[0].kind != SHAPE_TIME) ? 1 : 0;
	}
	return p->count >= NEW_COLUMNS_MIN && p->count < NEW_PAIRS_MAX && blanks * 4 <= p->count;
}

/* Keys and values, mostly: what is no pair is short. */
static bool is_pairs(const struct new_pairs *p)
{
	size_t bytes = p->front;
	for (size_t i = 0; i < p->count; i++)
		bytes += p->items[i].key.n + p->items[i].value.n + 2;
	return p->count >= PAIRS_MIN && !p->twice && p->front <= FRONT_MAX && bytes * 4 >= p->text.n * 3;
}

static int cut_text(struct new_pairs *p)
{
	cut_key_value(p->text.s, p->text.n, p);
	if (is_pairs(p)) {
		const char *open = memchr(p->text.s, '[', p->front);
		if (open == NULL || p->text.s[p->text.n - 1] != ']')
			return READER_KEY_VALUE;
		p->front = (size_t)(open - p->text.s);
		return READER_STRUCTURED_DATA;
	}
	new_pairs_columns(p);
	return is_columns(p) ? READER_CSV : FORM_TEXT;
}

int new_pairs_cut(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		  struct new_pairs *out)
{
	int form;
	memset(out, 0, sizeof *out);
	out->text = new_piece_trimmed((struct new_piece){data + env->text.off, env->text.len});
	const char *cef = memmem(out->text.s, out->text.n, "CEF:", 4);
	if (env->kind == ENVELOPE_RECORD) {
		cut_json(data, env, pairs, out);
		form = READER_JSON;
	} else if (cef != NULL && (size_t)(cef - out->text.s) <= FRONT_MAX) {
		out->front = (size_t)(cef - out->text.s);
		cut_cef(cef, out->text.n - out->front, out);
		form = READER_CEF;
	} else {
		form = cut_text(out);
	}
	if (form != FORM_TEXT && !out->twice)
		return form;
	out->count = 0;
	return FORM_TEXT;
}
