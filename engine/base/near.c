/* SPDX-License-Identifier: Apache-2.0
 *
 * Nearest name by edit distance; see near.h.
 */
#include "base/near.h"

#include <stdbool.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t min2(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One cell of the table: the cheapest way from a[0..i] to b[0..j]. */
static size_t cell(const char *a, const char *b, size_t i, size_t j, size_t rows[3][NEAR_MAX + 1])
{
	bool same = lower(a[i - 1]) == lower(b[j - 1]);
	size_t best = rows[1][j - 1] + (same ? 0 : 1);
	best = min2(best, min2(rows[1][j], rows[2][j - 1]) + 1);
	if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
		best = min2(best, rows[0][j - 2] + 1);
	return best;
}

/* Edits between two names of at most NEAR_MAX bytes. Keeps three rows of the table: a swap looks
 * two rows back. */
static size_t distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t rows[3][NEAR_MAX + 1] = {{0}};
	for (size_t j = 0; j <= blen; j++)
		rows[2][j] = j;
	for (size_t i = 1; i <= alen; i++) {
		memcpy(rows[0], rows[1], sizeof rows[0]);
		memcpy(rows[1], rows[2], sizeof rows[1]);
		rows[2][0] = i;
		for (size_t j = 1; j <= blen; j++)
			rows[2][j] = cell(a, b, i, j, rows);
	}
	return rows[2][blen];
}

const char *near_name(const char *name, const char *const *names, size_t n)
{
	size_t len = strnlen(name, NEAR_MAX + 1);
	if (len == 0 || len > NEAR_MAX)
		return NULL;
	const char *best = NULL;
	size_t limit = len < 3 ? 1 : len / 3;
	size_t best_edits = limit + 1;
	for (size_t i = 0; i < n; i++) {
		size_t other = names[i] != NULL ? strnlen(names[i], NEAR_MAX + 1) : 0;
		if (other == 0 || other > NEAR_MAX)
			continue;
		size_t edits = distance(name, len, names[i], other);
		/* a short name that shares no letter is not near, however few its edits */
		if (edits < best_edits && edits < (len > other ? len : other)) {
			best_edits = edits;
			best = names[i];
		}
	}
	return best;
}
