/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for a short text in a longer one, 16 bytes at a time by its first and last byte. Inline: called
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

#define FIND_BYTES_BLOCK \
	16 /* also the longest text for which that is worth while: work is at most text x n */

#ifdef __SSE2__
/* Does it begin at one of the 16 places from s on? Reads 15 + len bytes. */
static inline bool find_bytes_block(const char *s, const char *text, size_t len)
{
	__m128i head = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i tail = _mm_loadu_si128((const __m128i *)(const void *)(s + len - 1));
	head = _mm_cmpeq_epi8(head, _mm_set1_epi8(text[0]));
	tail = _mm_cmpeq_epi8(tail, _mm_set1_epi8(text[len - 1]));
	unsigned places = (unsigned)_mm_movemask_epi8(_mm_and_si128(head, tail));
	for (; places != 0; places &= places - 1)
		if (memcmp(s + __builtin_ctz(places), text, len) == 0)
			return true;
	return false;
}
#endif

/* Does the text of len bytes, at least one, stand anywhere in the n bytes at s? */
static inline bool find_bytes(const char *s, size_t n, const char *text, size_t len)
{
	if (len == 1)
		return memchr(s, text[0], n) != NULL;
#ifdef __SSE2__
	size_t reach = FIND_BYTES_BLOCK - 1 + len;
	if (len <= FIND_BYTES_BLOCK && n >= reach) {
		for (size_t at = 0; at + reach < n; at += FIND_BYTES_BLOCK)
			if (find_bytes_block(s + at, text, len))
				return true;
		return find_bytes_block(s + n - reach, text, len);
	}
#endif
	return memmem(s, n, text, len) != NULL;
}

#endif
