/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for a text in a longer one, 16 bytes at a time by its first and last byte. Inline: called
 * several times a record, where memmem() spends more on getting ready. Nothing is read beyond the n bytes.
 */
#ifndef NATMILL_EVENT_FIND_BYTES_H
#define NATMILL_EVENT_FIND_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "event/same_bytes.h"

#define FIND_BYTES_BLOCK 16 /* also the longest text that is looked for so: work is at most text x n */
#define FIND_BYTES_TRIES \
	8 /* so often may a longer one begin and not go on; memmem() is linear whatever it is */

#ifdef __SSE2__
/* The first of the 16 places from s on where it begins, NULL = none. Reads 15 + len bytes. */
static inline const char *find_bytes_block(const char *s, const char *text, size_t len)
{
	__m128i head = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i tail = _mm_loadu_si128((const __m128i *)(const void *)(s + len - 1));
	head = _mm_cmpeq_epi8(head, _mm_set1_epi8(text[0]));
	tail = _mm_cmpeq_epi8(tail, _mm_set1_epi8(text[len - 1]));
	unsigned places = (unsigned)_mm_movemask_epi8(_mm_and_si128(head, tail));
	for (; places != 0; places &= places - 1) {
		const char *place = s + __builtin_ctz(places);
		if (same_bytes(place, text, len))
			return place;
	}
	return NULL;
}
#endif

/* A text of at most 16 bytes in few. */
static inline const char *find_bytes_in_few(const char *s, size_t n, const char *text, size_t len)
{
	for (; n >= len; s++, n--)
		if (s[0] == text[0] && memcmp(s, text, len) == 0)
			return s;
	return NULL;
}

static inline const char *find_bytes_short(const char *s, size_t n, const char *text, size_t len)
{
#ifdef __SSE2__
	size_t reach = FIND_BYTES_BLOCK - 1 + len;
	if (n < reach)
		return find_bytes_in_few(s, n, text, len);
	const char *place = NULL;
	for (size_t at = 0; at + reach < n && place == NULL; at += FIND_BYTES_BLOCK)
		place = find_bytes_block(s + at, text, len);
	return place != NULL ? place : find_bytes_block(s + n - reach, text, len);
#else
	return memmem(s, n, text, len);
#endif
}

/* Where the text of len bytes, at least one, stands first in the n bytes at s; NULL = nowhere. */
static inline const char *find_bytes(const char *s, size_t n, const char *text, size_t len)
{
	if (len > n)
		return NULL;
	if (len == 1)
		return memchr(s, text[0], n);
	if (len <= FIND_BYTES_BLOCK)
		return find_bytes_short(s, n, text, len);
	const char *end = s + n - (len - FIND_BYTES_BLOCK); /* of what its first bytes may be */
	for (int tries = 0; tries < FIND_BYTES_TRIES; tries++) {
		s = find_bytes_short(s, (size_t)(end - s), text, FIND_BYTES_BLOCK);
		if (s == NULL ||
		    memcmp(s + FIND_BYTES_BLOCK, text + FIND_BYTES_BLOCK, len - FIND_BYTES_BLOCK) == 0)
			return s;
		s++;
	}
	return memmem(s, (size_t)(end - s) + len - FIND_BYTES_BLOCK, text, len);
}

#endif
