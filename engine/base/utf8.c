/* SPDX-License-Identifier: Apache-2.0
 *
 * Well-formedness of UTF-8; the table is RFC 3629 section 4.
 */
#include "base/utf8.h"

#include <stdint.h>

static bool continues(const char *s, unsigned lo, unsigned hi)
{
	unsigned c = (unsigned char)*s;
	return c >= lo && c <= hi;
}

size_t utf8_sequence(const char *s, size_t n)
{
	unsigned c = (unsigned char)s[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	/* Bounds of the second byte keep out overlong forms, surrogates and what lies above U+10FFFF. */
	unsigned lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	unsigned hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (!continues(s + 1, lo, hi))
		return 0;
	for (size_t i = 2; i < len; i++)
		if (!continues(s + i, 0x80, 0xbf))
			return 0;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		size_t step = utf8_sequence(s + i, n - i);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}
