/* SPDX-License-Identifier: Apache-2.0
 *
 * Where are the bytes at which a reader must look? One bit a byte, 64 bytes at a time, so that what lies
 * between is passed without looking at each of them. For event/reader*.c only; the bytes are the caller's,
 * and none behind them is read.
 */
#ifndef NATMILL_EVENT_SCAN_MARKS_H
#define NATMILL_EVENT_SCAN_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MARKS_BLOCK 64

/* What is marked. */
enum marks_kind {
	MARKS_NO_KEY,   /* bytes that cannot stand in a key: all but letters, digits, `_`, `-`, `.` */
	MARKS_NO_PARAM, /* bytes that cannot stand in the name of a parameter (RFC 5424), and the backslash */
	MARKS_COLUMN    /* `,` and `"` */
};

/* The block that was looked at last. Before the first: MARKS_NONE. */
struct marks {
	size_t start; /* of the block */
	uint64_t bits;
};

#define MARKS_NONE ((struct marks){.start = SIZE_MAX - MARKS_BLOCK})

static inline bool marks_has(enum marks_kind kind, unsigned char c)
{
	if (kind == MARKS_COLUMN)
		return c == ',' || c == '"';
	if (kind == MARKS_NO_PARAM)
		return c <= ' ' || c >= 0x7f || c == '=' || c == '"' || (c >= '[' && c <= ']');
	unsigned letter = (c | 0x20U) - 'a';
	return letter > 'z' - 'a' && (c < '-' || c > '9' || c == '/') && c != '_';
}

#ifdef __SSE2__
/* Bytes from low to low + span. */
static inline __m128i marks_range(__m128i bytes, char low, char span)
{
	__m128i place = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
	return _mm_cmpeq_epi8(_mm_min_epu8(place, _mm_set1_epi8(span)), place);
}

/* As marks_has, for 16 bytes. */
static inline uint64_t marks_of_16(enum marks_kind kind, const char *s)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	if (kind == MARKS_COLUMN)
		return (uint32_t)_mm_movemask_epi8(
			_mm_or_si128(quote, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(','))));
	if (kind == MARKS_NO_PARAM) {
		__m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8('!')); /* signed: beyond ASCII, too */
		__m128i one = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('=')),
					   _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
		return (uint32_t)_mm_movemask_epi8(
			_mm_or_si128(_mm_or_si128(low, quote),
				     _mm_or_si128(one, marks_range(bytes, '[', 2))));
	}
	__m128i letter = marks_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z' - 'a');
	__m128i digit = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')),
					 marks_range(bytes, '-', '9' - '-'));
	__m128i key = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
	return (uint32_t)_mm_movemask_epi8(key) ^ 0xffff;
}
#endif

/* Of the bytes from at on, up to 16, of the n at s. */
static inline uint64_t marks_of_some(enum marks_kind kind, const char *s, size_t n, size_t at)
{
	uint64_t bits = 0;
#ifdef __SSE2__
	if (at + 16 <= n)
		return marks_of_16(kind, s + at);
	if (at < n && n >= 16)
		return marks_of_16(kind, s + n - 16) >> (at + 16 - n);
#endif
	for (size_t i = at; i < n && i < at + 16; i++)
		bits |= (uint64_t)marks_has(kind, (unsigned char)s[i]) << (i - at);
	return bits;
}

static inline uint64_t marks_of_block(enum marks_kind kind, const char *s, size_t n, size_t start)
{
	uint64_t bits = 0;
#pragma GCC unroll 4
	for (size_t i = 0; i < MARKS_BLOCK; i += 16)
		bits |= marks_of_some(kind, s, n, start + i) << i;
	return bits;
}

/* As marks_next, when the block that was looked at has no more. */
static inline size_t marks_next_block(struct marks *m, enum marks_kind kind, const char *s, size_t n,
				      size_t from)
{
	while (from < n) {
		size_t start = from - from % MARKS_BLOCK;
		if (start != m->start)
			*m = (struct marks){.start = start, .bits = marks_of_block(kind, s, n, start)};
		uint64_t left = m->bits >> (from % MARKS_BLOCK);
		if (left != 0)
			return from + (size_t)__builtin_ctzll(left);
		from = start + MARKS_BLOCK;
	}
	return n;
}

/* The first marked byte at or behind from; n if there is none. */
static inline size_t marks_next(struct marks *m, enum marks_kind kind, const char *s, size_t n, size_t from)
{
	size_t at = from - m->start;
	uint64_t left = at < MARKS_BLOCK ? m->bits >> at : 0;
	if (__builtin_expect(left != 0, 1))
		return from + (size_t)__builtin_ctzll(left);
	return marks_next_block(m, kind, s, n, from);
}

#endif
