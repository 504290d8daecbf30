/* SPDX-License-Identifier: Apache-2.0
 *
 * Are two short texts the same? For lengths that differ from call to call, where memcmp() spends more on
 * getting ready than on comparing. Inline: called many times a record. Nothing is read beyond the n bytes.
 */
#ifndef NATMILL_EVENT_SAME_BYTES_H
#define NATMILL_EVENT_SAME_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool same_eight(const char *a, const char *b)
{
	uint64_t x;
	uint64_t y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x == y;
}

static inline bool same_four(const char *a, const char *b)
{
	uint32_t x;
	uint32_t y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x == y;
}

/* In pieces of a fixed size; the last overlaps the one before. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8)
			if (!same_eight(a + i, b + i))
				return false;
		return same_eight(a + n - 8, b + n - 8);
	}
	if (n >= 4)
		return same_four(a, b) && same_four(a + n - 4, b + n - 4);
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

#endif
