/* SPDX-License-Identifier: Apache-2.0
 *
 * Where does a word end? 16 bytes at a time. Inline: headers and templates ask several times a line. Nothing
 * is read beyond the n bytes.
 */
#ifndef NATMILL_EVENT_WORD_END_H
#define NATMILL_EVENT_WORD_END_H

#include <stddef.h>
#ifdef __SSE2__
#include <emmintrin.h>

/* Which of the 16 bytes at s are blanks. */
static inline unsigned blanks_of(const char *s)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i blank = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
				     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')));
	return (unsigned)_mm_movemask_epi8(blank);
}
#endif

/* The first blank at or behind from, or n. */
static inline size_t word_end(const char *s, size_t n, size_t from)
{
#ifdef __SSE2__
	for (; n - from >= sizeof(__m128i); from += sizeof(__m128i)) {
		unsigned places = blanks_of(s + from);
		if (places != 0)
			return from + (size_t)__builtin_ctz(places);
	}
	size_t last = n - sizeof(__m128i);
	if (from < n && n >= sizeof(__m128i)) {
		unsigned places = blanks_of(s + last) >> (from - last);
		return places != 0 ? from + (size_t)__builtin_ctz(places) : n;
	}
#endif
	while (from < n && s[from] != ' ' && s[from] != '\t')
		from++;
	return from;
}

#endif
