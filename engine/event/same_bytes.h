/* SPDX-License-Identifier: Apache-2.0
 *
 * Are two short texts the same? For lengths that differ from call to call, where memcmp() spends more on
 * getting ready than on comparing. Inline: called many times a record. Nothing is read beyond the n bytes.
 */
#ifndef NATMILL_EVENT_SAME_BYTES_H
#define NATMILL_EVENT_SAME_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* In pieces of a fixed size, for which compilers make no call; the last overlaps the one before. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	if (n >= 16) {
		for (size_t i = 0; i + 16 < n; i += 16)
			if (memcmp(a + i, b + i, 16) != 0)
				return false;
		return memcmp(a + n - 16, b + n - 16, 16) == 0;
	}
	if (n >= 8)
		return memcmp(a, b, 8) == 0 && memcmp(a + n - 8, b + n - 8, 8) == 0;
	if (n >= 4)
		return memcmp(a, b, 4) == 0 && memcmp(a + n - 4, b + n - 4, 4) == 0;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

#endif
