/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat JSON objects of ASCII; see json_flat.h. Called once or twice a message by envelope_record.c. From
 * value to value: what stands between two is compared with what stood there the last time, and only taken
 * apart when it differs; strings are passed over by bits of where they may end. As strict as RFC 8259: what
 * is taken here, any JSON parser takes, with the same members.
 */
#include "event/json_flat.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "event/same_bytes.h"

#define BLOCK 64

/* An object whose last byte is its closing brace, and how far it was looked through. */
struct object {
	const char *s;
	uint32_t n;
	uint32_t seen;     /* bytes looked through, in whole blocks */
	uint64_t specials; /* of the block seen last: a bit for each byte, as specials_of() finds them */
	bool escapes;
};

/* A bit for each of the 64 bytes that is not simply part of a string: a quote, a backslash, a control
 * character or a byte beyond ASCII. */
static inline uint64_t specials_of(const char *s)
{
	uint64_t found = 0;
#ifdef __SSE2__
#pragma GCC unroll 4
	for (int i = 0; i < BLOCK; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		/* Quotes and blanks change places: what is looked for is then less than a blank, or equal.
		 * Bytes beyond ASCII are less, too, and stay so by saturation. */
		bytes = _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ ' '));
		__m128i less = _mm_subs_epi8(bytes, _mm_set1_epi8(' ' + 1));
		__m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\' ^ '"' ^ ' '));
		uint32_t any = (uint32_t)_mm_movemask_epi8(_mm_or_si128(less, backslash)); /* signs */
		found |= (uint64_t)any << i;
	}
#else
	for (int i = 0; i < BLOCK; i++)
		found |= (uint64_t)(s[i] == '"' || s[i] == '\\' || (signed char)s[i] < ' ') << i;
#endif
	return found;
}

/* Those of the last bytes, fewer than a block: nothing behind them is read. */
static uint64_t last_specials(const struct object *o)
{
	uint32_t left = o->n - o->seen;
	if (o->n >= BLOCK)
		return specials_of(o->s + o->n - BLOCK) >> (BLOCK - left);
	char block[BLOCK];
	memset(block, ' ', sizeof block);
	memcpy(block, o->s, left);
	return specials_of(block);
}

/* The place of the next one from at on, or 0, where the opening brace is, if there is none. Places are asked
 * for in ascending order. */
static inline uint32_t next_special(struct object *o, uint32_t at)
{
	for (;;) {
		uint64_t found = at < o->seen ? o->specials >> (at % BLOCK) : 0;
		if (found != 0)
			return at + (uint32_t)__builtin_ctzll(found);
		if (o->seen >= o->n)
			return 0;
		at = at < o->seen ? o->seen : at;
		o->specials = o->n - o->seen >= BLOCK ? specials_of(o->s + o->seen) : last_specials(o);
		o->seen += BLOCK;
	}
}

/* The closing quote of the string whose first byte is at at; another byte if it has none or is no ASCII. */
static inline uint32_t string_end(struct object *o, uint32_t at)
{
	at = next_special(o, at);
	while (o->s[at] == '\\') {
		bool hidden = o->s[at + 1] == '"' || o->s[at + 1] == '\\'; /* what is escaped ends nothing */
		o->escapes = true;
		at = next_special(o, at + (hidden ? 2 : 1));
	}
	return at;
}

/* The functions below look at no byte behind the closing brace, as each stops at it. */

static inline uint32_t skip_blanks(const char *s, uint32_t at)
{
	while (s[at] == ' ')
		at++;
	return at;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind the digits at s[at]; 0 if there are none. */
static uint32_t skip_digits(const char *s, uint32_t at)
{
	uint32_t start = at;
	while (is_digit(s[at]))
		at++;
	return at > start ? at : 0;
}

/* Behind the number at s[at]; 0 if there is none. */
static uint32_t skip_number(const char *s, uint32_t at)
{
	at += s[at] == '-' ? 1 : 0;
	if (s[at] == '0' && is_digit(s[at + 1]))
		return 0;
	at = skip_digits(s, at);
	if (at > 0 && s[at] == '.')
		at = skip_digits(s, at + 1);
	if (at == 0 || (s[at] | 0x20) != 'e')
		return at;
	at++;
	return skip_digits(s, at + (s[at] == '+' || s[at] == '-' ? 1 : 0));
}

/* Behind the value at s[at], which is no string; 0 if there is none. strncmp stops at the brace, too. */
static uint32_t skip_plain(const char *s, uint32_t at, enum json_kind *kind)
{
	*kind = s[at] == 'n' ? JSON_NULL : JSON_PLAIN;
	if (s[at] == 'n')
		return strncmp(s + at, "null", 4) == 0 ? at + 4 : 0;
	if (s[at] == 't')
		return strncmp(s + at, "true", 4) == 0 ? at + 4 : 0;
	if (s[at] == 'f')
		return strncmp(s + at, "false", 5) == 0 ? at + 5 : 0;
	return skip_number(s, at);
}

/* Takes the value at at into m. Returns the place behind it, 0 if it is none for us. */
static inline uint32_t take_value(struct object *o, uint32_t at, struct json_member *m)
{
	if (o->s[at] == ' ')
		at = skip_blanks(o->s, at);
	if (o->s[at] == '"') {
		uint32_t quote = string_end(o, ++at);
		m->kind = JSON_STRING;
		m->value = at;
		m->value_len = quote - at;
		return o->s[quote] == '"' ? quote + 1 : 0;
	}
	uint32_t behind = skip_plain(o->s, at, &m->kind);
	m->value = at;
	m->value_len = behind - at;
	return behind;
}

/* Takes `{"key":` or `,"key":` at at apart. Returns the place behind it, 0 if it is something else. */
static uint32_t take_key(struct object *o, uint32_t at, struct json_member *m)
{
	bool escapes = o->escapes;
	uint32_t start = skip_blanks(o->s, at);
	if (o->s[start] != (at == 0 ? '{' : ','))
		return 0;
	start = skip_blanks(o->s, start + 1);
	if (o->s[start] != '"')
		return 0;
	o->escapes = false;
	uint32_t quote = string_end(o, start + 1);
	if (o->s[quote] != '"' || o->escapes)
		return 0;
	o->escapes = escapes;
	m->key = start + 1;
	m->key_len = quote - m->key;
	uint32_t colon = skip_blanks(o->s, quote + 1);
	return o->s[colon] == ':' ? colon + 1 : 0;
}

static void keep_gap(struct json_gap *g, const char *s, uint32_t at, uint32_t behind,
		     const struct json_member *m)
{
	uint32_t len = behind - at;
	g->len = 0;
	if (len > sizeof g->text)
		return;
	g->len = (uint8_t)len;
	g->key = (uint8_t)(m->key - at);
	g->key_len = (uint8_t)m->key_len;
	memcpy(g->text, s + at, len);
}

/* Takes what stands at at in front of a value, another thing than the last time, and keeps it. Returns the
 * place behind it, 0 if no value follows. */
static uint32_t learn_gap(struct json_flat *flat, struct object *o, uint32_t at, struct json_gap *g,
			  struct json_member *m)
{
	uint32_t behind = take_key(o, at, m);
	flat->same_keys = false;
	if (behind != 0)
		keep_gap(g, o->s, at, behind, m);
	return behind;
}

/* Fills members; their number, or -1. What stood here the last time is looked for first: it has the comma,
 * the key and the colon in it. */
static int take_members(struct json_flat *flat, struct object *o, struct json_member *members, size_t max)
{
	uint32_t at = 0;
	for (size_t count = 0;; count++) {
		struct json_member *m = &members[count];
		struct json_gap *g = &flat->gaps[count];
		if (count < max && g->len > 0 && g->len < o->n - at &&
		    same_bytes(o->s + at, g->text, g->len)) {
			m->key = at + g->key;
			m->key_len = g->key_len;
			at += g->len;
		} else if (skip_blanks(o->s, at) == o->n - 1) {
			return (int)count;
		} else if (count == max || (at = learn_gap(flat, o, at, g, m)) == 0) {
			return -1;
		}
		at = take_value(o, at, m);
		if (at == 0)
			return -1;
	}
}

int json_flat_object(struct json_flat *flat, const char *value, size_t n, struct json_member *members,
		     size_t max)
{
	int before = flat->count;
	flat->count = 0;
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	if (n < 2 || max > JSON_FLAT_PLACES || value[0] != '{' || value[n - 1] != '}')
		return -1;
	struct object o = {.s = value, .n = (uint32_t)n};
	flat->same_keys = true;
	int count = take_members(flat, &o, members, max);
	if (count < 0)
		return -1;
	flat->same_keys = flat->same_keys && count == before;
	flat->escapes = o.escapes;
	flat->count = count;
	return count;
}
