/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat JSON objects of plain ASCII; see json_flat.h. Called once a message by envelope_record.c. First the
 * places of all quotes, 64 bytes at a time; nothing can hide one, as there is no backslash. Then the members,
 * from quote to quote. As strict as RFC 8259: what is taken here, any JSON parser takes, with the same
 * members.
 */
#include "event/json_flat.h"

#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 64
#define QUOTES_MAX 256 /* more members than a collector writes */

/* A bit for each quote of the block. *odd is set when it has a backslash, a control character or a byte
 * beyond ASCII. */
static inline uint64_t quotes_of(const char *block, bool *odd)
{
	uint64_t quotes = 0;
#ifdef __SSE2__
	__m128i found = _mm_setzero_si128();
#pragma GCC unroll 4
	for (int i = 0; i < BLOCK; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + i));
		__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
		__m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')); /* signed: beyond ASCII, too */
		__m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
		quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(quote) << i;
		found = _mm_or_si128(found, _mm_or_si128(low, backslash));
	}
	*odd |= _mm_movemask_epi8(found) != 0;
#else
	for (int i = 0; i < BLOCK; i++) {
		quotes |= (uint64_t)(block[i] == '"') << i;
		*odd |= (signed char)block[i] < ' ' || block[i] == '\\';
	}
#endif
	return quotes;
}

/* Places of all quotes in the n bytes; their number, or -1: too many, or bytes that may mean more. */
static int find_quotes(const char *value, size_t n, uint32_t places[QUOTES_MAX + BLOCK])
{
	int count = 0;
	bool odd = false;
	for (size_t from = 0; from < n; from += BLOCK) {
		const char *block = value + from;
		char last[BLOCK];
		if (n - from < BLOCK) {
			memset(last, ' ', BLOCK);
			memcpy(last, block, n - from);
			block = last;
		}
		for (uint64_t quotes = quotes_of(block, &odd); quotes != 0; quotes &= quotes - 1)
			places[count++] = (uint32_t)from + (uint32_t)__builtin_ctzll(quotes);
		if (odd || count > QUOTES_MAX)
			return -1;
	}
	return count;
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

/* The member whose key begins at quotes[0]. Returns the place behind it, 0 if it is none; *used counts its
 * quotes, which come in pairs: their number is even, and a quote at s[at] is one of them, so that what is
 * read of quotes was written (clang-tidy does not see that). */
static inline uint32_t take_member(const char *s, const uint32_t *quotes, struct json_member *m, int *used)
{
	m->key = quotes[0] + 1; /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	m->key_len = quotes[1] - m->key;
	uint32_t at = skip_blanks(s, quotes[1] + 1);
	if (s[at] != ':')
		return 0;
	at = skip_blanks(s, at + 1);
	if (s[at] == '"') {
		m->kind = JSON_STRING;
		m->value = at + 1;
		m->value_len =
			quotes[3] - m->value; /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult) */
		*used = 4;
		return quotes[3] + 1;
	}
	*used = 2;
	m->value = at;
	at = skip_plain(s, at, &m->kind);
	m->value_len = at - m->value;
	return at;
}

static int take_members(const char *s, uint32_t n, const uint32_t *quotes, struct json_member *members,
			size_t max)
{
	uint32_t at = 0;
	size_t count = 0;
	do {
		int used;
		at = skip_blanks(s, at + 1);
		if (s[at] != '"' || count == max)
			return -1;
		at = take_member(s, quotes, &members[count++], &used);
		if (at == 0)
			return -1;
		quotes += used;
		at = skip_blanks(s, at);
	} while (s[at] == ',');
	return s[at] == '}' && at == n - 1 ? (int)count : -1;
}

int json_flat_object(const char *value, size_t n, struct json_member *members, size_t max)
{
	uint32_t quotes[QUOTES_MAX + BLOCK];
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	if (n < 2 || value[0] != '{' || value[n - 1] != '}')
		return -1;
	int count = find_quotes(value, n, quotes);
	return count >= 0 && count % 2 == 0 ? take_members(value, (uint32_t)n, quotes, members, max) : -1;
}
